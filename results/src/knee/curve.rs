//! Measured points of a curve, as the algorithms take them. Knows no adapter, no axis by name and
//! no run log.

use serde::{Deserialize, Serialize};

/// One measured point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Value on the axis.
    pub x: f64,
    /// Number of the visit to this `x`, from 0. Curves that were measured side by side have one
    /// observation each with the same `x` and visit: those make a pair.
    pub visit: u32,
    /// What was measured: ops per second, or a percentile in nanoseconds. Above zero.
    pub y: f64,
    /// Whether the map fell behind the load that it was offered; false in a closed loop.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub saturated: bool,
}

/// All points of one subject in one placement mode, in no particular order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Curve {
    /// What was measured: an adapter with its settings.
    pub subject: String,
    /// The points.
    pub observations: Vec<Observation>,
}

/// How an axis is read: in doublings, or in its own unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// In doublings; for values above zero.
    Log,
    /// In the axis's own unit: for shares, which may be zero.
    Linear,
}

impl Scale {
    /// Position of a value: log₂ of it, or itself.
    pub fn position(self, x: f64) -> f64 {
        match self {
            Scale::Log => x.log2(),
            Scale::Linear => x,
        }
    }

    /// The value at a position.
    pub fn value(self, position: f64) -> f64 {
        match self {
            Scale::Log => position.exp2(),
            Scale::Linear => position,
        }
    }
}

impl Curve {
    /// The values at which it was measured, ascending, each once.
    pub fn points(&self) -> Vec<f64> {
        let mut points: Vec<f64> = self.observations.iter().map(|seen| seen.x).collect();
        points.sort_by(f64::total_cmp);
        points.dedup();
        points
    }

    /// The smallest and the largest value at which it was measured; `None` without observations.
    pub fn range(&self) -> Option<(f64, f64)> {
        let points = self.points();
        Some((*points.first()?, *points.last()?))
    }
}
