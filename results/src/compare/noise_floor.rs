//! What two equal things differed by in a live comparison: A against its second copy, by number of
//! threads and placement mode. The largest that is plausible counts, because a difference below it
//! is no evidence of anything. Judges nothing.

use mapbench_core::event::PlacementMode;

use super::pairing::{self, Pair};
use crate::gate;
use crate::stats::{MOST_PREEMPTED, Quad, Quads};
use crate::summary::RunSummary;

/// The floors of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct NoiseFloors {
    /// Threads, placement mode, floor as a share.
    known: Vec<(u32, Option<PlacementMode>, f64)>,
}

impl NoiseFloors {
    /// Of the twins of a run.
    pub(super) fn of(summary: &RunSummary) -> Self {
        let mut floors = NoiseFloors::default();
        for Pair { a, b } in pairing::twins(summary) {
            let threads = a.cell().threads;
            let quads = Quads::of(&a.samples(), &b.samples());
            for mode in quads.modes() {
                if let Some(floor) = gate::floor(&kept(&quads, mode, threads)) {
                    floors.known.push((threads, mode, floor));
                }
            }
        }
        floors
    }

    /// The floor of a cell: that of its threads and mode; where A's copies never met in that mode,
    /// the largest of its threads, so that a mode that nobody looked at is not taken for quiet.
    pub(super) fn at(&self, threads: u32, mode: Option<PlacementMode>) -> Option<f64> {
        let of_threads = || self.known.iter().filter(|known| known.0 == threads);
        let largest = |floors: &mut dyn Iterator<Item = f64>| floors.max_by(f64::total_cmp);
        let exact = largest(&mut of_threads().filter(|known| known.1 == mode).map(|known| known.2));
        exact.or_else(|| largest(&mut of_threads().map(|known| known.2)))
    }
}

/// The log ratios of a mode, preempted quads left out where the gate leaves them out too.
fn kept(quads: &Quads, mode: Option<PlacementMode>, threads: u32) -> Vec<f64> {
    let of_mode: Vec<&Quad> = quads.whole.iter().filter(|quad| quad.mode == mode).collect();
    let preempted = of_mode.iter().filter(|quad| quad.preempted).count();
    let drops = threads == 1 && preempted as f64 <= MOST_PREEMPTED * of_mode.len() as f64;
    of_mode.iter().filter(|quad| !(drops && quad.preempted)).map(|quad| quad.log_ratio).collect()
}
