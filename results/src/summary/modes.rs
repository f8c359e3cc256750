//! A cell's figures apart by placement mode: rounds of two modes are two experiments, and what
//! follows a cell over many runs must not take one for the other.

use mapbench_core::event::PlacementMode;

use super::cell::CellSummary;
use super::fork::{ForkSummary, MODES};
use super::row::{Status, error, status};
use super::tally::{Tally, figures};
use crate::histogram::Percentiles;
use crate::stats::Interval;

/// What the rounds of one cell in one placement mode say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModeFigures {
    /// The mode; `None` at one thread.
    pub mode: Option<PlacementMode>,
    /// Rounds.
    pub rounds: u64,
    /// Forks that have such rounds.
    pub forks: u32,
    /// Median throughput over the rounds. Ops per second.
    pub ops_per_sec_median: f64,
    /// Its 95 % interval; `None` below three rounds.
    pub ops_per_sec_ci95: Option<Interval>,
    /// Service time of all timed ops; `None` if none was timed.
    pub service: Option<Percentiles>,
}

impl CellSummary {
    /// Its figures by placement mode, near first; empty before the first round. Rounds that
    /// straddled a flip are in none.
    pub fn mode_figures(&self) -> Vec<ModeFigures> {
        MODES.into_iter().filter_map(|mode| self.figures_in(mode)).collect()
    }

    /// How far it got.
    pub fn status(&self) -> Status {
        status(self.state())
    }

    /// Why it failed or was skipped, as a sentence.
    pub fn error(&self) -> Option<String> {
        error(self.state())
    }

    fn figures_in(&self, mode: Option<PlacementMode>) -> Option<ModeFigures> {
        let of_mode = |fork| ForkSummary::tally(fork, mode);
        let tallies: Vec<&Tally> = self.forks().iter().filter_map(of_mode).collect();
        let figures = figures(&tallies, None);
        Some(ModeFigures {
            mode,
            rounds: figures.rounds,
            forks: tallies.len() as u32,
            ops_per_sec_median: figures.ops_per_sec_median?,
            ops_per_sec_ci95: figures.ops_per_sec_ci95,
            service: figures.service,
        })
    }
}
