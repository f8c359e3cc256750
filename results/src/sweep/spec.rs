//! What a sweep asked: its axis, how that is read, and what latency it must keep. Plain data.

use mapbench_core::event::{RunBegin, Slo, SweepBegin};
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
    pub slo: Option<Slo>,
    /// Seed of what the algorithms draw.
    pub seed: u64,
}

impl SweepSpec {
    /// What a run asked; `None` of a run at fixed points.
    pub fn of(begin: &RunBegin) -> Option<Self> {
        Some(SweepSpec::of_sweep(begin.sweep.as_ref()?, begin.seed))
    }

    /// What a sweep asked, with the seed of its run.
    pub fn of_sweep(sweep: &SweepBegin, seed: u64) -> Self {
        SweepSpec {
            axis: sweep.axis.clone(),
            unit: sweep.unit.clone(),
            scale: if sweep.logarithmic { Scale::Log } else { Scale::Linear },
            range: (sweep.low, sweep.high),
            slo: sweep.slo,
            seed,
        }
    }

    /// The percentile whose latency the points hold, as 99.
    pub fn percentile(&self) -> f64 {
        self.slo.map_or(USUAL_PERCENTILE, |slo| slo.percentile)
    }
}
