//! What somebody asked to have swept, in names and numbers that nobody has looked up yet.

use mapbench_core::event::{Slo, SweepDesign, SweepPart};
use mapbench_core::scenario::Axis;
use mapbench_results::knee::Scale;

use crate::session::calibrate::Effort;
use crate::session::request::{Length, RunRequest};

/// What somebody asked to have swept.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepRequest {
    /// What is measured and how: of its length the rounds of one visit to a point; it has one fork,
    /// as each visit is one.
    pub run: RunRequest,
    /// The axis.
    pub axis: Axis,
    /// Smallest and largest value; `None` takes the axis's own.
    pub range: Option<(f64, f64)>,
    /// How the axis is read; `None` as is usual for it.
    pub scale: Option<Scale>,
    /// How points are chosen.
    pub design: SweepDesign,
    /// Visits: to each point of a grid, or most of all points of a setting; `None` takes
    /// [`GRID_VISITS`] or [`MOST_VISITS`].
    pub visits: Option<u32>,
    /// Half the width of an interval that is narrow enough: in doublings, or in the axis's unit
    /// where it is linear.
    pub precision: Option<f64>,
    /// Time that it may take. Nanoseconds.
    pub budget_ns: Option<u64>,
    /// The latency that an offered rate must keep.
    pub slo: Option<Slo>,
    /// The part of the grid that is measured.
    pub part: Option<SweepPart>,
}

/// Visits to each point of a grid when nobody says.
pub const GRID_VISITS: u32 = 5;
/// Most visits to the points of a setting when nobody says.
pub const MOST_VISITS: u32 = 60;
/// Rounds of each subject in a visit when nobody says.
pub const VISIT_ROUNDS: u32 = 6;
/// Length of a round when nobody says. Nanoseconds.
const ROUND_NS: u64 = 50_000_000;
/// The same where latency is looked for: a 99th percentile needs its events. Nanoseconds.
const LATENCY_ROUND_NS: u64 = 200_000_000;

impl SweepRequest {
    /// A sweep of a run's subjects along an axis, with everything else as is usual.
    pub fn along(axis: Axis, run: RunRequest) -> Self {
        let length = match run.length {
            Length::Default => Length::Rounds(VISIT_ROUNDS),
            asked => asked,
        };
        let run = RunRequest { length, forks: 1, calibration: Effort::None, ..run };
        SweepRequest {
            run,
            axis,
            range: None,
            scale: None,
            design: SweepDesign::Adaptive,
            visits: None,
            precision: None,
            budget_ns: None,
            slo: None,
            part: None,
        }
    }

    /// Length of a steady round where neither the request nor the scenario has its own.
    /// Nanoseconds.
    pub fn round_ns(&self) -> u64 {
        let usual_ns = if self.slo.is_some() { LATENCY_ROUND_NS } else { ROUND_NS };
        self.run.round_ns.unwrap_or(usual_ns)
    }

    /// Visits, as [`SweepRequest::visits`] has them.
    pub fn visits(&self) -> u32 {
        self.visits.unwrap_or(match self.design {
            SweepDesign::Grid(_) => GRID_VISITS,
            SweepDesign::Adaptive => MOST_VISITS,
        })
    }
}
