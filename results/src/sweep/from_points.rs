//! Points that somebody else measured, from comma-separated values with a header: `adapter`, `x`,
//! `ops_per_sec` and, if there are several visits to a point, `fork` or `visit`; without either the
//! n-th row of an adapter at an x is visit n. A column `placement` keeps rows that say `near` apart
//! from those that say `far`. Rows whose column `status` says anything but `ok` are passed over.
//! Any order, and any other column, will do, so that the points that a sweep exports read back.
//!
//! Rows of two adapters with the same x and visit are taken to be measured side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use mapbench_core::event::PlacementMode;
use thiserror::Error;

use super::evidence::Evidence;
use super::point::MeasuredPoint;
use super::setting::Setting;
use super::spec::SweepSpec;
use crate::knee::Scale;

/// From this ratio of the largest x to the smallest they are read in doublings.
const LOG_FROM: f64 = 8.0;

/// What a file of points says.
#[derive(Debug, Clone)]
pub struct Points {
    /// The points.
    pub evidence: Evidence,
    /// Their smallest and their largest x.
    pub range: (f64, f64),
    /// In doublings if every x is above zero and the largest is at least eight times the smallest.
    pub scale: Scale,
}

impl Points {
    /// What is asked of them: throughput along their x, which is called `axis`.
    pub fn spec(&self, axis: &str, unit: &str, seed: u64) -> SweepSpec {
        SweepSpec {
            axis: axis.to_owned(),
            unit: unit.to_owned(),
            scale: self.scale,
            range: self.range,
            slo: None,
            seed,
        }
    }
}

/// Why points cannot be read.
#[derive(Debug, Error)]
pub enum PointsError {
    /// The file is no table.
    #[error("{file}: {source}; write one row per point, as many fields in each as in the header")]
    Table {
        /// The file.
        file: String,
        /// What is wrong, with the line.
        source: csv::Error,
    },
    /// A column is missing.
    #[error(
        "{file}: line 1: no column {column:?}; the header needs adapter, x and ops_per_sec, and \
         has {found}"
    )]
    MissingColumn {
        /// The file.
        file: String,
        /// The column.
        column: &'static str,
        /// The columns that there are.
        found: String,
    },
    /// A field is not what its column holds.
    #[error("{file}: line {line}: column {column:?}: {text:?} is {complaint}")]
    Field {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What stands there.
        text: String,
        /// What is wrong with it, and what to write.
        complaint: &'static str,
    },
    /// A visit occurs twice.
    #[error(
        "{file}: line {line}: column \"fork\": fork {fork} of {adapter:?} at x = {x} was on an \
         earlier line; number the forks of a point from 0, or leave the column out"
    )]
    Twice {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The visit.
        fork: u32,
        /// The adapter.
        adapter: String,
        /// The point.
        x: f64,
    },
    /// There is nothing in it.
    #[error("{file}: no points; write one row per point below the header")]
    Empty {
        /// The file.
        file: String,
    },
}

/// Reads points. `file` is for messages, and `setting` says what the curves have in common: the
/// name of the axis above all.
///
/// # Errors
/// [`PointsError`] names file, line and column, and what to write instead.
pub fn read(file: &str, setting: &Setting, input: impl Read) -> Result<Points, PointsError> {
    let table = |source| PointsError::Table { file: file.to_owned(), source };
    let mut rows = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
    let columns = Columns::of(file, rows.headers().map_err(table)?)?;
    let mut evidence = Evidence::default();
    let mut visits: BTreeMap<Visited, BTreeSet<u32>> = BTreeMap::new();
    let mut range: Option<(f64, f64)> = None;
    for row in rows.records() {
        let row = row.map_err(table)?;
        let row = Row { file, columns: &columns, fields: &row };
        if !row.is_point() {
            continue;
        }
        let point = row.point(&mut visits)?;
        let (low, high) = range.unwrap_or((point.x, point.x));
        range = Some((low.min(point.x), high.max(point.x)));
        evidence.add_point(setting, point);
    }
    let (low, high) = range.ok_or_else(|| PointsError::Empty { file: file.to_owned() })?;
    let is_log = low > 0.0 && high / low >= LOG_FROM;
    let scale = if is_log { Scale::Log } else { Scale::Linear };
    Ok(Points { evidence, range: (low, high), scale })
}

/// Adapter, x and placement: what has visits. `x` by its bits, which order as it does for our use.
type Visited = (String, u64, Option<u8>);

/// Which column is where.
struct Columns {
    adapter: usize,
    x: usize,
    ops_per_sec: usize,
    visit: Option<(usize, &'static str)>,
    placement: Option<usize>,
    status: Option<usize>,
}

impl Columns {
    fn of(file: &str, header: &csv::StringRecord) -> Result<Columns, PointsError> {
        // Spreadsheets put a mark of the byte order before the first name.
        let names: Vec<&str> =
            header.iter().map(|name| name.trim_start_matches('\u{feff}').trim()).collect();
        let find = |column: &str| names.iter().position(|name| *name == column);
        let need = |column: &'static str| {
            find(column).ok_or_else(|| PointsError::MissingColumn {
                file: file.to_owned(),
                column,
                found: names.join(", "),
            })
        };
        let visit = ["fork", "visit"].into_iter().find_map(|name| Some((find(name)?, name)));
        Ok(Columns {
            adapter: need("adapter")?,
            x: need("x")?,
            ops_per_sec: need("ops_per_sec")?,
            visit,
            placement: find("placement"),
            status: find("status"),
        })
    }
}

/// One line below the header.
struct Row<'a> {
    file: &'a str,
    columns: &'a Columns,
    fields: &'a csv::StringRecord,
}

impl Row<'_> {
    fn field(&self, column: usize) -> &str {
        self.fields.get(column).unwrap_or_default()
    }

    fn line(&self) -> u64 {
        self.fields.position().map_or(0, csv::Position::line)
    }

    fn is_point(&self) -> bool {
        self.columns.status.is_none_or(|status| matches!(self.field(status), "" | "ok"))
    }

    fn complaint(&self, at: usize, column: &'static str, complaint: &'static str) -> PointsError {
        PointsError::Field {
            file: self.file.to_owned(),
            line: self.line(),
            column,
            text: self.field(at).to_owned(),
            complaint,
        }
    }

    fn number(&self, at: usize, column: &'static str) -> Result<f64, PointsError> {
        let number = self.field(at).parse().ok().filter(|number: &f64| number.is_finite());
        // Minus zero is the same point as zero.
        let number = number.map(|number| number + 0.0);
        number.ok_or_else(|| self.complaint(at, column, "no finite number, as 12.5 or 1e6"))
    }

    fn point(
        &self,
        visits: &mut BTreeMap<Visited, BTreeSet<u32>>,
    ) -> Result<MeasuredPoint, PointsError> {
        let columns = self.columns;
        let subject = self.field(columns.adapter).to_owned();
        if subject.is_empty() {
            return Err(self.complaint(
                columns.adapter,
                "adapter",
                "empty; name what was measured",
            ));
        }
        let x = self.number(columns.x, "x")?;
        let ops_per_sec = self.number(columns.ops_per_sec, "ops_per_sec")?;
        if ops_per_sec <= 0.0 {
            let complaint = "no throughput, which is above zero; leave failed points out";
            return Err(self.complaint(columns.ops_per_sec, "ops_per_sec", complaint));
        }
        let placement = self.placement();
        let key = (subject.clone(), x.to_bits(), placement.map(|mode| mode as u8));
        let seen = visits.entry(key).or_default();
        let visit = match columns.visit {
            Some((at, column)) => self.field(at).parse().map_err(|_| {
                self.complaint(at, column, "no number of a visit; count them from 0")
            })?,
            None => seen.len() as u32,
        };
        if !seen.insert(visit) {
            let (file, line) = (self.file.to_owned(), self.line());
            return Err(PointsError::Twice { file, line, fork: visit, adapter: subject, x });
        }
        Ok(MeasuredPoint {
            subject,
            x,
            visit,
            placement,
            rounds: 1,
            ops_per_sec,
            latency: None,
            achieved_share: None,
            saturated: false,
            extra: Vec::new(),
        })
    }

    fn placement(&self) -> Option<PlacementMode> {
        match self.field(self.columns.placement?) {
            "near" => Some(PlacementMode::Near),
            "far" => Some(PlacementMode::Far),
            _ => None,
        }
    }
}
