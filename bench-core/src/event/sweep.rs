//! What a sweep was asked to do. Its points are cells that are added while it runs. Plain data.

use serde::{Deserialize, Serialize};

/// What a sweep was asked to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepBegin {
    /// The axis, as `--axis` names it.
    pub axis: String,
    /// Unit of its values; empty if they are plain numbers.
    #[serde(default)]
    pub unit: String,
    /// Whether it is read in doublings.
    pub logarithmic: bool,
    /// Smallest value.
    pub low: f64,
    /// Largest value.
    pub high: f64,
    /// The latency that the load must keep, on the axis of offered rates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slo: Option<Slo>,
    /// How its points are chosen.
    pub design: SweepDesign,
    /// Most visits of one setting's points, together.
    pub most_visits: u32,
    /// Half the width of an interval at which a knee is known well enough: in doublings, or in the
    /// axis's unit where it is not read in doublings; `None` takes the axis's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
    /// Time that it may take; `None` ends with its visits. Nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_ns: Option<u64>,
    /// The part of the grid that this run measures; `None` is all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<SweepPart>,
}

/// A percentile of latency and its limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Slo {
    /// The percentile, as 99.
    pub percentile: f64,
    /// Its limit. Nanoseconds.
    pub limit_ns: u64,
}

/// How the points of a sweep are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SweepDesign {
    /// So many points, evenly spaced; each is visited equally often.
    Grid(u32),
    /// A few evenly spaced points first, then where they do not tell enough.
    Adaptive,
}

/// One part of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepPart {
    /// Its number, from 1.
    pub number: u32,
    /// How many there are.
    pub of: u32,
}
