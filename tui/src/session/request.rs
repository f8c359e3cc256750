//! What somebody asked to have measured, in names and numbers that nobody has looked up yet. The
//! command line and the wizard of the terminal UI both end here.

use std::path::PathBuf;

use mapbench_core::adapter::{HasherKind, Tuning};
use mapbench_core::event::{Measure, Offered, Sequence, Timing};
use mapbench_core::key::KeyKind;
use mapbench_core::value::ValueKind;
use mapbench_core::workload::Schedule;

use mapbench_results::stats::Looks;

use super::calibrate::Effort;
use super::stopping::Rules;

/// What somebody asked to have measured.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRequest {
    /// Names, groups and globs of adapters.
    pub adapters: Vec<String>,
    /// Names, suffixes, globs and paths of scenarios; empty takes [`PRESETS`].
    pub scenarios: Vec<String>,
    /// A trace file, instead of scenarios.
    pub trace: Option<PathBuf>,
    /// Thread counts; empty takes 1 and all processors.
    pub threads: Vec<u32>,
    /// Key kinds; empty takes each scenario's own.
    pub keys: Vec<KeyKind>,
    /// Value kinds; empty takes each scenario's own.
    pub values: Vec<ValueKind>,
    /// Rates at which traces are offered, in units or else ops per second; empty runs them as their
    /// actors say.
    pub rates: Vec<f64>,
    /// How what is offered at a rate is spread.
    pub schedule: Schedule,
    /// The hasher.
    pub hasher: HasherKind,
    /// Settings that only some maps have.
    pub tuning: Tuning,
    /// How long each cell is measured.
    pub length: Length,
    /// Forks per cell.
    pub forks: u32,
    /// Length of a steady round; `None` takes 200 ms. Nanoseconds.
    pub round_ns: Option<u64>,
    /// Unmeasured running before a round. Nanoseconds.
    pub warm_ns: u64,
    /// In what order the rounds of a group run.
    pub order: Sequence,
    /// Whether results that say nothing are a failure.
    pub strict: bool,
    /// Half of each interval at which rounds end. Percent of the estimate.
    pub until_percent: Option<f64>,
    /// Looks at each pair, at which its rounds end if it differs.
    pub looks: Looks,
    /// How much the run measures of itself.
    pub calibration: Effort,
    /// The seed.
    pub seed: u64,
    /// How ops are timed.
    pub timing: Timing,
    /// What is measured.
    pub measure: Measure,
    /// Whether maps are built with room for their peak; empty takes each scenario's own.
    pub presize: Vec<bool>,
    /// A phase without progress for this long is a hang. Nanoseconds.
    pub timeout_ns: u64,
    /// Memory for the workers of a group; `None` takes 80 % of what is available. Bytes.
    pub max_memory_bytes: Option<u64>,
    /// Processors for the threads; empty takes those of this process.
    pub cpus: Vec<u32>,
    /// Where the stacks of a sampled round of each cell go; `None` samples none.
    pub stacks: Option<PathBuf>,
    /// The store; `None` finds it from the current folder.
    pub store: Option<PathBuf>,
}

/// How long each cell is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Length {
    /// Two seconds per steady cell; as many rounds for one-shot work.
    #[default]
    Default,
    /// This long per cell, over all its forks. Nanoseconds.
    PerCellNs(u64),
    /// This many rounds per fork.
    Rounds(u32),
}

/// The scenarios that are measured when none is named.
pub const PRESETS: [&str; 3] = ["curated/read-heavy", "curated/hot-key", "curated/mixed-write"];
/// The scenarios whose memory is measured when none is named.
pub const MEMORY_PRESETS: [&str; 3] =
    ["memory/words-1m", "memory/pods-100k", "memory/pods-100k-inline"];
/// Rounds of a memory cell when none are asked for. A lap of [`MEMORY_PRESETS`] replaces every entry
/// twice, so that these replace it ten times.
const MEMORY_ROUNDS: u32 = 5;
/// Measured time per cell when none is asked for. Nanoseconds.
const DEFAULT_CELL_NS: u64 = 2_000_000_000;
/// The same of a soak, and of its slices.
const SOAK_CELL_NS: u64 = 60_000_000_000;
const SOAK_ROUND_NS: u64 = 1_000_000_000;
/// Length of a round when none is asked for. Nanoseconds.
const DEFAULT_ROUND_NS: u64 = 200_000_000;

impl Default for RunRequest {
    fn default() -> Self {
        RunRequest {
            adapters: vec!["core".to_owned()],
            scenarios: Vec::new(),
            trace: None,
            threads: Vec::new(),
            keys: Vec::new(),
            values: Vec::new(),
            rates: Vec::new(),
            schedule: Schedule::default(),
            hasher: HasherKind::default(),
            tuning: Tuning::default(),
            length: Length::Default,
            forks: 2,
            round_ns: None,
            warm_ns: 10_000_000,
            order: Sequence::default(),
            strict: false,
            until_percent: None,
            looks: Looks::One,
            calibration: Effort::default(),
            seed: 1,
            timing: Timing::default(),
            measure: Measure::default(),
            presize: Vec::new(),
            timeout_ns: 30_000_000_000,
            max_memory_bytes: None,
            cpus: Vec::new(),
            stacks: None,
            store: None,
        }
    }
}

impl RunRequest {
    /// What is offered, each rate once.
    pub fn offered(&self) -> Vec<Offered> {
        let mut offered: Vec<Offered> = Vec::new();
        for &per_s in &self.rates {
            let one = Offered { per_s, schedule: self.schedule };
            if !offered.contains(&one) {
                offered.push(one);
            }
        }
        offered
    }

    /// Length of a steady round. Nanoseconds.
    pub fn round_ns(&self) -> u64 {
        let soaks = self.order == Sequence::Soak;
        let default_ns = if soaks { SOAK_ROUND_NS } else { DEFAULT_ROUND_NS };
        self.round_ns.unwrap_or(default_ns).max(1)
    }

    /// The scenarios that are measured when none is named.
    pub fn presets(&self) -> &'static [&'static str] {
        match self.measure {
            Measure::Time | Measure::Instructions => &PRESETS,
            Measure::Memory => &MEMORY_PRESETS,
        }
    }

    /// The thread counts asked for. What a map holds hardly depends on them, so that memory is
    /// measured with one thread unless somebody asks for more.
    pub fn threads(&self) -> &[u32] {
        match (self.measure, &self.threads[..]) {
            (Measure::Memory | Measure::Instructions, []) => &[1],
            (_, asked) => asked,
        }
    }

    /// What may end the rounds of a group early.
    pub fn rules(&self) -> Rules {
        let until = self.until_percent.map(|percent| percent / 100.0);
        Rules { until, looks: self.looks, gate_tests: None }
    }

    /// Forks per cell: a soak is one trial.
    pub fn forks(&self) -> u32 {
        if self.order == Sequence::Soak { 1 } else { self.forks.max(1) }
    }

    /// Rounds per fork that the length comes to.
    pub fn rounds_per_fork(&self) -> u32 {
        match self.length {
            _ if self.measure == Measure::Instructions => return 1,
            Length::Rounds(rounds) => return rounds.max(1),
            Length::Default if self.measure == Measure::Memory => return MEMORY_ROUNDS,
            Length::Default | Length::PerCellNs(_) => {}
        }
        let per_fork_ns = self.per_fork_ns().unwrap_or(DEFAULT_CELL_NS);
        u32::try_from(per_fork_ns.div_ceil(self.round_ns())).unwrap_or(u32::MAX).max(1)
    }

    /// Time per cell and fork; `None` if rounds were asked for. Nanoseconds.
    pub fn per_fork_ns(&self) -> Option<u64> {
        let per_cell_ns = match self.length {
            Length::Rounds(_) => return None,
            Length::PerCellNs(ns) => ns,
            Length::Default if self.order == Sequence::Soak => SOAK_CELL_NS,
            Length::Default => DEFAULT_CELL_NS,
        };
        Some(per_cell_ns.div_ceil(u64::from(self.forks())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_soak_is_one_trial_of_a_minute_in_slices_of_a_second() {
        let soak = RunRequest { order: Sequence::Soak, ..RunRequest::default() };
        assert_eq!((soak.forks(), soak.rounds_per_fork(), soak.round_ns()), (1, 60, 1_000_000_000));
        let asked = RunRequest { length: Length::PerCellNs(10_000_000_000), ..soak };
        assert_eq!(asked.rounds_per_fork(), 10);
    }

    #[test]
    fn a_duration_is_per_cell_and_shared_by_its_forks() {
        let request = RunRequest { length: Length::PerCellNs(2_000_000_000), ..Default::default() };
        assert_eq!(request.rounds_per_fork(), 5);
        assert_eq!(RunRequest { forks: 1, ..request.clone() }.rounds_per_fork(), 10);
        let short = RunRequest { length: Length::PerCellNs(1), ..request };
        assert_eq!(short.rounds_per_fork(), 1);
    }
}
