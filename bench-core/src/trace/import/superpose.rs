//! Lays shifted copies of a recording over each other, so that a small cluster's live set becomes a
//! large one while lifetimes and arrivals stay real.
//!
//! Copy `i` is shifted by `i` times a fixed shift and does not wrap around. A short shift keeps the
//! copies' peaks together, so that the live set grows nearly to the sum; a shift of zero would make
//! every arrival a burst of all copies. Spreading copies evenly over the whole recording would need
//! more of them (the sum follows the mean, not the peak) and a recording twice as long.

use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

use super::lifecycle::Lifecycle;

/// How many copies, and how far apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Superpose {
    /// How many.
    pub copies: Copies,
    /// Time between two copies. Milliseconds.
    pub shift_ms: i64,
}

/// How many copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Copies {
    /// So many.
    Exactly(u32),
    /// As few as make more than so many pods alive at once.
    UntilAlive(u32),
}

impl Superpose {
    /// The shift unless one is given: 37 s, which divides no minute, hour or day, so that what the
    /// recorded cluster did on the full minute does not pile up.
    pub const DEFAULT_SHIFT_MS: i64 = 37_000;
    /// Most copies.
    pub const MAX_COPIES: u32 = 100_000;

    /// One copy: the recording as it is.
    pub const ONE: Superpose =
        Superpose { copies: Copies::Exactly(1), shift_ms: Superpose::DEFAULT_SHIFT_MS };

    /// When the copy of a number starts, after the first. Milliseconds; shifts are held within
    /// 0 and 31 years.
    pub(super) fn start_ms(&self, copy: u32) -> i64 {
        i64::from(copy) * self.shift_ms.clamp(0, 1_000_000_000_000)
    }

    /// The number of copies for a recording; or else the copies and the pods alive that the last
    /// attempt came to, when more copies would be more than `most_pods` pods.
    pub(super) fn resolve(&self, pods: &[Lifecycle], most_pods: u32) -> Result<u32, (u32, u32)> {
        let wanted = match self.copies {
            Copies::Exactly(copies) => return Ok(copies.clamp(1, Superpose::MAX_COPIES)),
            Copies::UntilAlive(wanted) => wanted,
        };
        let steps = live_steps(pods);
        let single = live_peak(&steps, 1, self).max(1);
        let most_copies = (most_pods / pods.len() as u32).min(Superpose::MAX_COPIES);
        let mut tried = (1, single);
        // Copies that begin after the first has ended add nothing, unless pods outlive them all.
        let outlived = steps.iter().filter(|(_, departs)| *departs).count() * 2 < steps.len();
        let span_ms = steps.last().map_or(0, |last| last.0 - steps[0].0);
        // No copy adds more than its own peak, so fewer cannot be enough.
        let mut copies = wanted / single + 1;
        for attempt in 0_u32.. {
            let disjoint = !outlived && attempt > 0 && self.start_ms(tried.0) > span_ms;
            if copies > most_copies || disjoint {
                break;
            }
            let alive = live_peak(&steps, copies, self);
            if alive > wanted {
                return Ok(copies);
            }
            tried = (copies, alive);
            let needed = (wanted - alive + 1).div_ceil(single);
            // Where copies hardly overlap, small steps would take forever.
            let stride = if attempt < PATIENT_ATTEMPTS { 0 } else { copies / 2 };
            copies = copies.saturating_add(needed.max(stride));
        }
        Err(tried)
    }
}

/// Attempts after which the number of copies grows by a half at least.
const PATIENT_ATTEMPTS: u32 = 16;

/// Changes of the live set in time order, arrivals before departures of the same moment.
fn live_steps(pods: &[Lifecycle]) -> Vec<(i64, bool)> {
    let arrivals = pods.iter().map(|pod| (pod.created_ms, false));
    let departures = pods.iter().filter_map(|pod| pod.deleted_ms).map(|at| (at, true));
    let mut steps: Vec<_> = arrivals.chain(departures).collect();
    steps.sort_unstable();
    steps
}

/// Most pods alive at once among `copies` shifted copies.
fn live_peak(steps: &[(i64, bool)], copies: u32, superpose: &Superpose) -> u32 {
    let starts = (0..copies).map(|copy| superpose.start_ms(copy));
    let mut all: Vec<_> = starts
        .flat_map(|start_ms| steps.iter().map(move |&(at, departs)| (at + start_ms, departs)))
        .collect();
    all.par_sort_unstable();
    let (mut alive, mut peak) = (0_u32, 0);
    for (_, departs) in all {
        alive = if departs { alive - 1 } else { alive + 1 };
        peak = peak.max(alive);
    }
    peak
}

/// Most pods alive at once in one copy.
pub(super) fn live_peak_of_one(pods: &[Lifecycle]) -> u32 {
    live_peak(&live_steps(pods), 1, &Superpose::ONE)
}
