//! What two runs of one program differed by: the floor under a comparison of stored runs, because a
//! machine drifts between runs and a difference as large as that is no evidence. Found among runs
//! that somebody kept; runs nothing itself.

use mapbench_core::event::PlacementMode;

use crate::stats::quantile;

/// What pairs of equal runs differed by, cell by cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EqualRuns {
    pairs: usize,
    /// Threads, placement mode, and by how much a cell differed, as a share.
    differences: Vec<(u32, Option<PlacementMode>, f64)>,
}

/// The median throughput of one cell of a run in one placement mode.
#[derive(Debug, Clone, PartialEq)]
pub struct CellMedian {
    /// What makes it the same cell in another run: setting, adapter, trace.
    pub identity: String,
    /// Threads.
    pub threads: u32,
    /// Placement mode; `None` at one thread.
    pub mode: Option<PlacementMode>,
    /// Median throughput. Ops per second.
    pub ops_per_sec: f64,
}

impl EqualRuns {
    /// Adds a pair of runs of one program, on one machine and with one protocol; the caller knows
    /// that they are.
    pub fn add(&mut self, one: &[CellMedian], other: &[CellMedian]) {
        self.pairs += 1;
        for cell in one {
            let is_same =
                |twin: &&CellMedian| twin.identity == cell.identity && twin.mode == cell.mode;
            let Some(twin) = other.iter().find(is_same) else { continue };
            let share = (cell.ops_per_sec / twin.ops_per_sec).ln().abs().exp_m1();
            if share.is_finite() {
                self.differences.push((cell.threads, cell.mode, share));
            }
        }
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
