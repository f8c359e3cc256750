//! Why there is no such axis, or no such point of it. Messages name the axis, the scenario, the
//! reason and the next step.

use thiserror::Error;

use super::ruler::{TABLE, round_trip};
use super::{Axis, Ruler};
use crate::scenario::ScenarioError;
use crate::workload::WorkloadError;

/// Why there is no such axis, or no such point of it.
#[derive(Debug, Error, Clone, PartialEq)]
pub enum AxisError {
    /// No axis has the name.
    #[error(
        "there is no axis `{name}`{}; use {}, or set:PATH for any key of a scenario file",
        crate::scenario::hint(suggestion.as_ref()),
        names()
    )]
    Unknown {
        /// The name.
        name: String,
        /// The nearest name.
        suggestion: Option<String>,
    },
    /// A setting without its key.
    #[error(
        "set: needs the key of a scenario file and no value, as set:cluster.nodes or \
         set:actor.NAME.rate_per_s"
    )]
    NoPath,
    /// A point where the axis is not.
    #[error("axis {axis} has no point {}: use {}", round_trip(*x), ruler.described())]
    Point {
        /// The axis.
        axis: Axis,
        /// The point.
        x: f64,
        /// What it has.
        ruler: Ruler,
    },
    /// The scenario has no such axis.
    #[error("axis {axis} does not fit `{scenario}`: {}; {}", refusal.reason, refusal.next)]
    Refused {
        /// The axis.
        axis: Axis,
        /// The scenario or trace.
        scenario: String,
        /// Why, and what to do.
        refusal: Refusal,
    },
    /// The workload at the point breaks a rule of its own.
    #[error(
        "`{scenario}` at {axis} = {}: {source}; choose another --range, or correct the scenario",
        round_trip(*x)
    )]
    Workload {
        /// The axis.
        axis: Axis,
        /// The scenario.
        scenario: String,
        /// The point.
        x: f64,
        /// What is wrong.
        source: WorkloadError,
    },
    /// The scenario cannot have the setting.
    #[error(
        "axis {axis} does not fit `{scenario}`: {source}; `mapbench scenarios show {scenario}` \
         prints its keys"
    )]
    Setting {
        /// The axis.
        axis: Axis,
        /// The scenario.
        scenario: String,
        /// What is wrong.
        source: Box<ScenarioError>,
    },
}

/// Why a scenario has no such axis, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why: a clause.
    pub reason: String,
    /// The next step: an imperative.
    pub next: String,
}

impl Refusal {
    pub(super) fn new(reason: impl Into<String>, next: impl Into<String>) -> Self {
        Refusal { reason: reason.into(), next: next.into() }
    }
}

fn names() -> String {
    TABLE.iter().map(|row| row.name).collect::<Vec<_>>().join(", ")
}
