//! What all curves of one picture have in common, and what is left of an adapter's name when the
//! axis says the rest. Knows the axes by name; measures nothing.

use mapbench_core::adapter::HasherKind;
use mapbench_core::event::Cell;
use mapbench_core::key::KeyKind;
use mapbench_core::value::ValueKind;
use mapbench_core::workload::Schedule;
use serde::{Deserialize, Serialize};

use crate::label;
use crate::units::{self, Charset};

/// What all curves of one picture have in common. What the axis changes is `None`, and so is what
/// is not known of points that were read from a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Canonical scenario name, or the name of the file that the points were read from.
    pub scenario: String,
    /// The axis.
    pub axis: String,
    /// Threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Type of the keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyKind>,
    /// Type of the values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<ValueKind>,
    /// Hasher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hasher: Option<HasherKind>,
    /// Whether the maps were built with room for their peak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presize: Option<bool>,
    /// How an offered load was spread; `None` in a closed loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// The load that was offered, where it is not the axis. Units or ops per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered_per_s: Option<f64>,
}

impl Setting {
    /// The setting of points that were read from a file.
    pub fn of_file(name: &str, axis: &str) -> Self {
        Setting {
            scenario: name.to_owned(),
            axis: axis.to_owned(),
            threads: None,
            key: None,
            value: None,
            hasher: None,
            presize: None,
            schedule: None,
            offered_per_s: None,
        }
    }

    /// The setting of a cell of a sweep; `None` of a cell that is on no axis.
    pub fn of(cell: &Cell) -> Option<Self> {
        let axis = cell.axis.as_deref()?;
        let fixed = |name| axis != name;
        Some(Setting {
            scenario: cell.scenario.clone(),
            axis: axis.to_owned(),
            threads: fixed("threads").then_some(cell.threads),
            key: Some(cell.key),
            value: fixed("value-size").then_some(cell.value),
            hasher: Some(cell.hasher),
            presize: cell.presize,
            schedule: cell.offered.map(|offered| offered.schedule),
            offered_per_s: cell.offered.filter(|_| fixed("rate")).map(|offered| offered.per_s),
        })
    }

    /// In one line, without what is not known: `curated/read-heavy · 2 threads · u64 keys`.
    pub fn describe(&self, charset: Charset) -> String {
        let mut parts = vec![self.scenario.clone()];
        parts.extend(self.threads.map(|threads| match threads {
            1 => "1 thread".to_owned(),
            _ => format!("{threads} threads"),
        }));
        parts.extend(self.key.map(|key| format!("{} keys", key.name())));
        parts.extend(self.value.map(label::values));
        parts.extend(self.hasher.map(|hasher| hasher.name().to_owned()));
        parts.extend((self.presize == Some(false)).then(|| "grown".to_owned()));
        parts.extend(self.schedule.map(|schedule| match self.offered_per_s {
            Some(per_s) => format!("offered {}/s {}", units::rate(per_s), schedule.name()),
            None => format!("offered {}", schedule.name()),
        }));
        parts.join(charset.separator())
    }
}

/// Where a cell is on its axis: as the cell says or, where the axis is a field of its own, as that
/// field says. `None` where neither is a number.
pub(super) fn position(cell: &Cell) -> Option<f64> {
    let said = || cell.axis_value.as_deref()?.trim().parse().ok();
    let x = match cell.axis.as_deref()? {
        "threads" => Some(f64::from(cell.threads)),
        "rate" => cell.offered.map(|offered| offered.per_s).or_else(said),
        _ => said(),
    };
    x.filter(|x: &f64| x.is_finite())
}

/// Whose point a cell is: its adapter, without the setting that the axis changes.
pub(super) fn subject(cell: &Cell) -> String {
    if cell.axis.as_deref() != Some("shards") {
        return label::adapter(cell);
    }
    let mut bare = cell.clone();
    bare.tuning.shards = None;
    if let Some((name, settings)) = cell.adapter.split_once('@') {
        let kept: Vec<&str> =
            settings.split(',').filter(|setting| !setting.starts_with("shards=")).collect();
        bare.adapter = match kept.as_slice() {
            [] => name.to_owned(),
            kept => format!("{name}@{}", kept.join(",")),
        };
    }
    label::adapter(&bare)
}
