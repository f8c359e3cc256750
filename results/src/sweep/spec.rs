//! What a sweep asked: its axis, how that is read, and what latency it must keep. Plain data.

use serde::{Deserialize, Serialize};

use crate::knee::Scale;

/// The percentile whose latency is shown where no limit was asked for.
pub(super) const USUAL_PERCENTILE: f64 = 99.0;

/// What a sweep asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepSpec {
    /// The axis, as `--axis` names it.
    pub axis: String,
    /// Unit of its values; empty if they are plain numbers.
    #[serde(default)]
    pub unit: String,
    /// How the axis is read.
    pub scale: Scale,
    /// Its smallest and its largest value.
    pub range: (f64, f64),
    /// The latency that the load must keep; `None` asks for throughput only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slo: Option<SloSpec>,
    /// Seed of what the algorithms draw.
    pub seed: u64,
}

/// A percentile of latency and its limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SloSpec {
    /// The percentile, as 99.
    pub percentile: f64,
    /// Its limit. Nanoseconds.
    pub limit_ns: u64,
}

impl SweepSpec {
    /// The percentile whose latency the points hold, as 99.
    pub fn percentile(&self) -> f64 {
        self.slo.map_or(USUAL_PERCENTILE, |slo| slo.percentile)
    }
}
