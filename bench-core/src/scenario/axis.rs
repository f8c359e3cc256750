//! Axes: one parameter along which a scenario is measured at several points. An axis says in which
//! unit it is measured, how far it goes, which part of a cell it changes, and for those that change
//! the scenario what the scenario is at a point. It chooses no points, generates no trace and
//! measures nothing.
//!
//! A point's scenario keeps the name and the source text of the one that it was made from; what
//! differs is the workload, and with it the trace and its hash. At the value that the scenario has
//! anyway ([`Axis::value_in`]) it is the scenario itself, so that its trace is the same to the byte.
//! Settings ([`Scenario::with_settings`]) must be made before an axis moves, because they are made
//! in the source text.

mod error;
mod keys;
mod pace;
mod refusals;
mod ruler;
mod setting;
mod shares;
mod skew;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

pub use error::AxisError;
pub use ruler::{Part, Ruler, Scale};

use self::error::Refusal;
use self::ruler::TABLE;
use super::{Scenario, nearest};
use crate::key::KeyKind;
use crate::op::OpKind;
use crate::value::ValueKind;
use crate::workload::Workload;

/// One parameter along which a scenario is measured.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Axis {
    /// Threads that run ops.
    Threads,
    /// Rate at which the trace is offered: units, e.g. pods, or else ops per second.
    Rate,
    /// Share of the ops that write, in percent. Reads keep their proportions among themselves, and
    /// writes theirs. Where nothing writes, `overwrite` does; `update` where some of the keys are
    /// absent, because it leaves them so.
    WriteShare,
    /// Writes per second of the paced actor that writes.
    WriteRate,
    /// Exponent of the law of popularity. A uniform law is one of exponent 0; `hottest` and `latest`
    /// have that of the law inside them; the shift of `zipf_mandelbrot` stays.
    Skew,
    /// Keys of the map, with the preloaded ones in proportion.
    Keys,
    /// Bytes of a value in a box of its own.
    ValueSize,
    /// Scans per second of the paced actors that scan, which keep their proportions; where none is
    /// paced, the share of the ops that scan, in percent.
    ScanRate,
    /// Shards, for maps that have shards.
    Shards,
    /// Any key of the scenario file, as `cluster.nodes` or `actor.newcomer.rate_per_s`.
    Setting(String),
}

/// What goes before the path of [`Axis::Setting`].
const SETTING: &str = "set:";

impl Axis {
    /// Every axis with a name of its own, in the order of help and reports.
    pub const ALL: [Axis; 9] = [
        Axis::Threads,
        Axis::Rate,
        Axis::WriteShare,
        Axis::WriteRate,
        Axis::Skew,
        Axis::Keys,
        Axis::ValueSize,
        Axis::ScanRate,
        Axis::Shards,
    ];

    /// The name on the command line and in results, without the path of a setting.
    pub fn name(&self) -> &'static str {
        self.row().map_or(SETTING, |row| row.name)
    }

    /// What is swept, in one line.
    pub fn summary(&self) -> &'static str {
        self.row().map_or("any key of the scenario file, as set:cluster.nodes", |row| row.summary)
    }

    /// Which part of a cell it changes.
    pub fn part(&self) -> Part {
        self.row().map_or(Part::Scenario, |row| row.part)
    }

    /// How values on the axis are measured, whatever is swept.
    pub fn ruler(&self) -> Ruler {
        self.row().map_or(ruler::ANY, |row| row.ruler)
    }

    /// How values on the axis are measured for a scenario: a setting that takes whole numbers only
    /// has a whole ruler, and the scans of a scenario without a paced scanner are a share.
    pub fn ruler_for(&self, scenario: &Scenario) -> Ruler {
        match self {
            Axis::ScanRate if !pace::has_scanner(&scenario.workload) => ruler::SCAN_SHARE,
            Axis::Setting(path) => setting::ruler(scenario, path),
            _ => self.ruler(),
        }
    }

    /// The value that a scenario has anyway; `None` where it has none, or several.
    pub fn value_in(&self, scenario: &Scenario) -> Option<f64> {
        match self {
            Axis::WriteShare => shares::percent_in(&scenario.workload, shares::writes),
            Axis::WriteRate => pace::writes_per_s(&scenario.workload),
            Axis::Skew => skew::exponent_in(&scenario.workload),
            Axis::Keys => keys::keys_in(&scenario.workload),
            Axis::ScanRate => pace::scans_per_s(&scenario.workload)
                .or_else(|| shares::percent_in(&scenario.workload, shares::scans)),
            Axis::ValueSize => Some(f64::from(scenario.value.bytes())),
            Axis::Setting(path) => setting::value_in(scenario, path),
            Axis::Threads | Axis::Rate | Axis::Shards => None,
        }
    }

    /// The scenario at a point of the axis. Axes that do not change the [`Part::Scenario`] give the
    /// same workload back, if the point is one that they have; [`Axis::ValueSize`] with boxed values,
    /// and with `u64` keys, because they are built for no others.
    ///
    /// # Errors
    /// A point beyond the axis, or a scenario that has no such axis: the message says why, and what
    /// to sweep in its place.
    pub fn scenario_at(&self, scenario: &Scenario, x: f64) -> Result<Scenario, AxisError> {
        self.ruler_for(scenario).check(self, x)?;
        let own = self.value_in(scenario).is_some_and(|own| (x - own).abs() <= own.abs() * 1e-9);
        if own && self.part() == Part::Scenario {
            return Ok(scenario.clone());
        }
        let mut point = scenario.clone();
        let changed = match self {
            Axis::Threads | Axis::Shards => Ok(()),
            Axis::ValueSize => {
                (point.key, point.value) = (KeyKind::U64, ValueKind::Boxed(x as u32));
                Ok(())
            }
            Axis::Rate => pace::can_be_offered(&scenario.workload),
            Axis::WriteShare => {
                shares::set(&mut point.workload, x, shares::writes, shares::write_for)
            }
            Axis::ScanRate if pace::has_scanner(&scenario.workload) => {
                pace::set_scans(&mut point.workload, x)
            }
            Axis::ScanRate => {
                shares::set(&mut point.workload, x, shares::scans, |_, _| OpKind::Scan)
            }
            Axis::WriteRate => pace::set_writes(&mut point.workload, x),
            Axis::Skew => skew::set(&mut point.workload, x),
            Axis::Keys => keys::set(&mut point.workload, x as u32),
            Axis::Setting(path) => return setting::scenario_at(self, scenario, path, x),
        };
        changed.map_err(|refusal| self.refused(&scenario.name, refusal))?;
        point.workload.check().map_err(|source| AxisError::Workload {
            axis: self.clone(),
            scenario: scenario.name.clone(),
            x,
            source,
        })?;
        point.shape = point.workload.shape();
        Ok(point)
    }

    /// Whether the axis can be swept over a trace file, whose ops are what they are.
    ///
    /// # Errors
    /// It cannot; the message says what to do.
    pub fn check_trace_file(&self, name: &str) -> Result<(), AxisError> {
        if self.part() != Part::Scenario {
            return Ok(());
        }
        let refusal = Refusal {
            reason: "the ops of a trace file are what they are".to_owned(),
            next: "use --axis threads, rate, shards or value-size, or a scenario (-s)".to_owned(),
        };
        Err(self.refused(name, refusal))
    }

    fn refused(&self, scenario: &str, refusal: Refusal) -> AxisError {
        AxisError::Refused { axis: self.clone(), scenario: scenario.to_owned(), refusal }
    }

    fn row(&self) -> Option<&'static ruler::Row> {
        TABLE.iter().find(|row| row.axis == *self)
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Axis::Setting(path) => write!(f, "{SETTING}{path}"),
            _ => f.write_str(self.name()),
        }
    }
}

impl FromStr for Axis {
    type Err = AxisError;

    fn from_str(text: &str) -> Result<Self, AxisError> {
        if let Some(path) = text.strip_prefix(SETTING) {
            let path = path.trim();
            let is_path = !path.is_empty() && !path.contains('=');
            return is_path.then(|| Axis::Setting(path.to_owned())).ok_or(AxisError::NoPath);
        }
        let named = TABLE.iter().find(|row| row.name == text);
        named.map(|row| row.axis.clone()).ok_or_else(|| AxisError::Unknown {
            name: text.to_owned(),
            suggestion: nearest(text, TABLE.iter().map(|row| row.name)),
        })
    }
}

/// The workload's kind, as a noun.
fn kind_of(workload: &Workload) -> &'static str {
    match workload {
        Workload::Mix(_) => "a mix",
        Workload::Cluster(_) => "a cluster",
        Workload::Pods(_) => "a model of pods",
        Workload::Growth(_) => "a growing map",
        Workload::Actors(_) => "a set of actors",
    }
}
