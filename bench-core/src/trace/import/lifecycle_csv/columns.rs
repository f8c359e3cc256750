//! Which columns of a pod list hold what, and one row of it by them.

use serde::Serialize;

use crate::trace::import::ImportError;
use crate::trace::import::interner::hash_of;

/// Which column holds what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Columns {
    /// Name of the preset, or `csv`.
    pub format: String,
    /// The pod's name.
    pub name: String,
    /// Creation. Seconds.
    pub create: String,
    /// Deletion. Seconds. Without it every pod outlives the recording.
    pub delete: Option<String>,
    /// Binding. Seconds. Without it every pod is bound when it is created.
    pub schedule: Option<String>,
}

impl Columns {
    /// Names of the presets.
    pub const PRESETS: [&'static str; 2] = ["openb-2023", "csv"];

    /// The columns of a known data set; of `csv`, which a mapping makes any other, only those that
    /// it must have.
    pub fn preset(name: &str) -> Option<Columns> {
        let columns = |name_: &str, create: &str| Columns {
            format: name.to_owned(),
            name: name_.to_owned(),
            create: create.to_owned(),
            delete: None,
            schedule: None,
        };
        match name {
            "openb-2023" => Some(Columns {
                delete: Some("deletion_time".to_owned()),
                schedule: Some("scheduled_time".to_owned()),
                ..columns("name", "creation_time")
            }),
            "csv" => Some(columns("name", "create")),
            _ => None,
        }
    }

    /// The same columns, but for those in a mapping such as `name=instance_sn,create=created`.
    pub fn mapped(mut self, mapping: &str) -> Result<Columns, ImportError> {
        for part in mapping.split(',') {
            let error = || ImportError::Mapping { text: part.to_owned() };
            let (role, column) = part.split_once('=').ok_or_else(error)?;
            let column = column.trim().to_owned();
            match role.trim() {
                "name" => self.name = column,
                "create" => self.create = column,
                "delete" => self.delete = Some(column),
                "schedule" => self.schedule = Some(column),
                _ => return Err(error()),
            }
        }
        Ok(self)
    }
}

/// A row as it stands.
pub(super) struct Row {
    /// What is kept of its name.
    pub(super) name: Option<u64>,
    pub(super) created_ms: Option<i64>,
    pub(super) deleted_ms: Option<i64>,
    pub(super) bound_ms: Option<i64>,
}

/// Where the columns are.
pub(super) struct Places {
    name: usize,
    create: usize,
    delete: Option<usize>,
    schedule: Option<usize>,
}

impl Places {
    pub(super) fn find(
        header: &csv::StringRecord,
        label: &str,
        columns: &Columns,
    ) -> Result<Places, ImportError> {
        let place = |role: &'static str, column: &str| {
            header.iter().position(|found| found == column).ok_or_else(|| {
                ImportError::MissingColumn {
                    label: label.to_owned(),
                    role,
                    missing: column.to_owned(),
                    found: header.iter().map(str::to_owned).collect(),
                }
            })
        };
        Ok(Places {
            name: place("name", &columns.name)?,
            create: place("create", &columns.create)?,
            delete: columns.delete.as_ref().map(|column| place("delete", column)).transpose()?,
            schedule: columns
                .schedule
                .as_ref()
                .map(|column| place("schedule", column))
                .transpose()?,
        })
    }

    pub(super) fn row(
        &self,
        record: &csv::StringRecord,
        label: &str,
        line: u64,
        columns: &Columns,
    ) -> Result<Row, ImportError> {
        let time = |place: usize| match record.get(place).unwrap_or("") {
            "" => Ok(None),
            cell => cell.parse().ok().and_then(milliseconds).map(Some).ok_or_else(|| {
                ImportError::BadCell {
                    label: label.to_owned(),
                    line,
                    column: self.column_at(place, columns),
                    cell: cell.chars().take(40).collect(),
                }
            }),
        };
        let name = record.get(self.name).filter(|name| !name.is_empty());
        let created_ms = time(self.create)?;
        Ok(Row {
            name: name.map(|name| hash_of(name.as_bytes())),
            created_ms,
            deleted_ms: self.delete.map_or(Ok(None), time)?,
            bound_ms: self.schedule.map_or(Ok(created_ms), time)?,
        })
    }

    fn column_at(&self, place: usize, columns: &Columns) -> String {
        let column = if Some(place) == self.delete {
            columns.delete.as_ref()
        } else if Some(place) == self.schedule {
            columns.schedule.as_ref()
        } else {
            None
        };
        column.unwrap_or(&columns.create).clone()
    }
}

/// Seconds, as they stand in a cell, in milliseconds; `None` beyond some thirty thousand years.
pub(super) fn milliseconds(seconds: f64) -> Option<i64> {
    (seconds.abs() < 1e12).then(|| (seconds * 1_000.0).round() as i64)
}
