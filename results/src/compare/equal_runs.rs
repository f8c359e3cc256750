//! What two runs of one program differed by: the floor under a comparison of stored runs, because a
//! machine drifts between runs and a difference as large as that is no evidence. Found among runs
//! that somebody kept; runs nothing itself.

use mapbench_core::event::{Measure, PlacementMode, RunBegin};

use crate::fingerprint::{Difference, differences};
use crate::stats::quantile;
use crate::store::{CellDigest, ModeDigest, Outcome, RunDigest};

/// What pairs of equal runs differed by, cell by cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EqualRuns {
    pairs: usize,
    /// Threads, placement mode, and by how much a cell differed, as a share.
    differences: Vec<(u32, Option<PlacementMode>, f64)>,
}

impl EqualRuns {
    /// Those among the runs of a store, oldest first, that ran where and as `like` did: neighbours
    /// in time of one program. The pair of `but` is what is being compared, and says nothing of
    /// itself.
    pub fn among(runs: &[RunDigest], like: &RunBegin, but: [&str; 2]) -> Self {
        let is_alike = |run: &&RunDigest| {
            run.outcome == Outcome::Finished
                && run.begin.comparison.is_none()
                && run.begin.measure == Measure::Time
                && !differences(&run.begin, like).iter().any(Difference::forbids)
        };
        let mut latest: Vec<(&str, &RunDigest)> = Vec::new();
        let mut equal = EqualRuns::default();
        for run in runs.iter().filter(is_alike) {
            let program =
                run.begin.subject.as_ref().and_then(|subject| subject.program_hash.as_deref());
            let Some(program) = program else { continue };
            match latest.iter_mut().find(|(known, _)| *known == program) {
                Some((_, before)) => {
                    let pair = [before.id(), run.id()];
                    if !pair.iter().all(|id| but.contains(id)) {
                        equal.add(before, run);
                    }
                    *before = run;
                }
                None => latest.push((program, run)),
            }
        }
        equal
    }

    /// Adds a pair of runs of one program, on one machine and with one protocol; the caller knows
    /// that they are. A pair without a cell in common is none.
    pub fn add(&mut self, one: &RunDigest, other: &RunDigest) {
        let before = self.differences.len();
        for cell in &one.cells {
            let is_same = |twin: &&CellDigest| {
                twin.setting == cell.setting
                    && twin.adapter == cell.adapter
                    && twin.trace_hash == cell.trace_hash
            };
            let Some(twin) = other.cells.iter().find(is_same) else { continue };
            for figures in &cell.modes {
                let of_mode = |of: &&ModeDigest| of.mode == figures.mode;
                let Some(others) = twin.modes.iter().find(of_mode) else { continue };
                let log = (figures.ops_per_sec_median / others.ops_per_sec_median).ln();
                let share = log.abs().exp_m1();
                if share.is_finite() {
                    self.differences.push((cell.threads, figures.mode, share));
                }
            }
        }
        self.pairs += usize::from(self.differences.len() > before);
    }

    /// Pairs of runs.
    pub fn pairs(&self) -> usize {
        self.pairs
    }

    /// What cells of so many threads differed by in a mode: the largest difference, or, of twenty
    /// and more, the one that 95 % stay below. `None` if there was no such cell.
    pub fn floor(&self, threads: u32, mode: Option<PlacementMode>) -> Option<f64> {
        let alike =
            |known: &&(u32, Option<PlacementMode>, f64)| known.0 == threads && known.1 == mode;
        let shares: Vec<f64> = self.differences.iter().filter(alike).map(|known| known.2).collect();
        let most = shares.iter().copied().max_by(f64::total_cmp)?;
        if shares.len() < 20 { Some(most) } else { quantile(&shares, 0.95) }
    }
}
