//! How calm it was while a row was measured: preemptions, time lost to others, odd rounds, and
//! whether throughput came to rest. Labels only: no figure of a row is changed by it.

use mapbench_core::event::Cell;

use super::NOISY_HALF_WIDTH;
use super::fork::{ForkSummary, share};
use super::row::PlacementShares;
use super::tally::{Figures, Tally};
use crate::stats::{
    Interval, MOST_FLIPPED, MOST_PREEMPTED, NoiseCause, ODD_MADS, Pressure, odd, steadiness,
};

/// The chance that a cell at rest is called unsteady for the slope of one of its forks.
const SLOPE_ALPHA: f64 = 0.01;

/// How calm it was.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Disturbance {
    /// Share of rounds with an involuntary context switch, placement flips included.
    pub preempted_share: Option<f64>,
    /// Shares of the time that was lost to others; `None` if nobody looked.
    pub pressure: Pressure,
    /// Rounds further than [`ODD_MADS`] MAD from the median of those that the figures are of, as
    /// far as rounds are kept.
    pub odd_rounds: u64,
    /// Whether throughput per lap came to rest, in every fork that could be judged; `None` if none
    /// could.
    pub steady: Option<bool>,
    /// Why the row is noisy; empty if it is not.
    pub causes: Vec<NoiseCause>,
}

impl Disturbance {
    /// The causes of noise in words; empty if there is none.
    pub fn describe(&self) -> String {
        let causes: Vec<String> = self.causes.iter().map(ToString::to_string).collect();
        causes.join(", ")
    }
}

/// How calm it was for the forks of a cell, or one of them. `figures` are of all their ops.
pub(super) fn of(
    cell: &Cell,
    forks: &[&ForkSummary],
    figures: &Figures,
    placement: Option<PlacementShares>,
) -> Disturbance {
    let tallies: Vec<&Tally> =
        forks.iter().filter_map(|fork| fork.tally(placement.map(|shares| shares.mode))).collect();
    let rounds: u64 = forks.iter().map(|fork| fork.counts.rounds).sum();
    let preempted: u64 = forks.iter().map(|fork| fork.counts.preempted_rounds).sum();
    let preempted_share = share(preempted, rounds);
    let pressure = pressure(forks);
    let samples: Vec<f64> = tallies
        .iter()
        .flat_map(|tally| tally.samples(None))
        .map(|sample| sample.ops_per_sec)
        .collect();
    Disturbance {
        preempted_share,
        odd_rounds: odd(&samples, ODD_MADS).len() as u64,
        steady: steady(cell, &tallies),
        causes: causes(figures, preempted_share, &pressure, placement),
        pressure,
    }
}

/// The causes, given that the interval is wide: without that nothing has to be explained.
fn causes(
    figures: &Figures,
    preempted_share: Option<f64>,
    pressure: &Pressure,
    placement: Option<PlacementShares>,
) -> Vec<NoiseCause> {
    let half_width = figures.ops_per_sec_ci95.map_or(0.0, Interval::half_width);
    let median = figures.ops_per_sec_median.unwrap_or(0.0);
    if half_width <= NOISY_HALF_WIDTH * median {
        return Vec::new();
    }
    let mut causes = vec![NoiseCause::WideInterval(half_width / median)];
    let preempted = preempted_share.filter(|share| *share > MOST_PREEMPTED);
    causes.extend(preempted.map(NoiseCause::Preemptions));
    causes.extend(pressure.causes());
    let flips = placement.map(|shares| shares.mixed).filter(|mixed| *mixed > MOST_FLIPPED);
    causes.extend(flips.map(NoiseCause::PlacementFlips));
    causes
}

fn pressure(forks: &[&ForkSummary]) -> Pressure {
    let parts = || forks.iter().filter_map(|fork| fork.pressure);
    let elapsed: f64 = parts().map(|part| part.elapsed_ns as f64).sum();
    // One fork that does not say makes the sum unknown; so does having none.
    let of = |lost_ns: Option<f64>| lost_ns.filter(|_| elapsed > 0.0).map(|lost| lost / elapsed);
    Pressure {
        steal: of(parts().map(|part| Some(part.steal_ms? as f64 * 1e6)).sum()),
        psi_some: of(parts().map(|part| Some(part.psi_some_us? as f64 * 1e3)).sum()),
    }
}

fn steady(cell: &Cell, tallies: &[&Tally]) -> Option<bool> {
    let alpha = SLOPE_ALPHA / tallies.len().max(1) as f64;
    let judged = tallies
        .iter()
        .filter_map(|tally| steadiness(&tally.throughput_by_lap(cell.trace_ops), alpha));
    judged.map(|judged| judged.is_steady()).reduce(|all, one| all && one)
}
