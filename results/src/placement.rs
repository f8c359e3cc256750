//! Placement over time: how often the cost of moving a cache line between two processors flips, how
//! long it stays, and how much of a cell's spread the tags of its rounds explain. Pure functions of
//! what was recorded; the tags themselves are set where the rounds run.

use mapbench_core::event::{PlacementMode, RunEvent};
use serde::Serialize;

use crate::RunLog;
use crate::stats::{RoundSample, mad, median, median_interval};

/// Two groups of round trips are two modes if the gap between them is at least this ratio.
const LEAST_RATIO: f64 = 1.5;
/// And if the smaller group holds at least this share: less are disturbed probes.
const LEAST_SHARE: f64 = 0.02;

/// One look at the placement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// When, on any clock. Nanoseconds.
    pub at_ns: u64,
    /// Round trip. Nanoseconds.
    pub round_trip_ns: f64,
    /// What it was taken for.
    pub mode: PlacementMode,
}

/// Placement over a span of time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timeline {
    /// From the first look to the last. Nanoseconds.
    pub span_ns: u64,
    /// Looks.
    pub looks: usize,
    /// Looks that straddle a flip.
    pub mixed: usize,
    /// Changes between near and far.
    pub flips: usize,
    /// The modes that were seen, near first.
    pub modes: Vec<ModeFigures>,
}

/// One mode over that time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModeFigures {
    /// The mode.
    pub mode: PlacementMode,
    /// Looks.
    pub looks: usize,
    /// Median round trip. Nanoseconds.
    pub round_trip_ns: f64,
    /// Stretches of time without a flip.
    pub stays: usize,
    /// Median length of these; the first and the last are cut off by the span. Nanoseconds.
    pub stay_ns_median: f64,
    /// The longest. Nanoseconds.
    pub stay_ns_longest: u64,
}

/// What looks in their order in time say.
pub fn timeline(looks: &[Look]) -> Timeline {
    let clear: Vec<&Look> = looks.iter().filter(|look| look.mode != PlacementMode::Mixed).collect();
    let stays: Vec<&[&Look]> = clear.chunk_by(|a, b| a.mode == b.mode).collect();
    let ends = stays.iter().skip(1).map(|next| next[0].at_ns).chain(looks.last().map(|l| l.at_ns));
    let lengths: Vec<(PlacementMode, u64)> = stays
        .iter()
        .zip(ends)
        .map(|(stay, end)| (stay[0].mode, end.saturating_sub(stay[0].at_ns)))
        .collect();
    let modes = [PlacementMode::Near, PlacementMode::Far].into_iter().filter_map(|mode| {
        let of_mode = clear.iter().filter(|look| look.mode == mode);
        let trips: Vec<f64> = of_mode.map(|look| look.round_trip_ns).collect();
        let lengths: Vec<u64> =
            lengths.iter().filter(|stay| stay.0 == mode).map(|stay| stay.1).collect();
        let as_floats: Vec<f64> = lengths.iter().map(|&ns| ns as f64).collect();
        Some(ModeFigures {
            mode,
            looks: trips.len(),
            round_trip_ns: median(&trips)?,
            stays: lengths.len(),
            stay_ns_median: median(&as_floats)?,
            stay_ns_longest: lengths.iter().copied().max()?,
        })
    });
    Timeline {
        span_ns: match (looks.first(), looks.last()) {
            (Some(first), Some(last)) => last.at_ns.saturating_sub(first.at_ns),
            _ => 0,
        },
        looks: looks.len(),
        mixed: looks.len() - clear.len(),
        flips: stays.len().saturating_sub(1),
        modes: modes.collect(),
    }
}

/// The medians of the two groups that round trips fall into, whatever they are called: parted at
/// the widest gap on a log scale. `None` if they are one group.
pub fn two_modes(round_trips_ns: &[f64]) -> Option<(f64, f64)> {
    let mut sorted: Vec<f64> = round_trips_ns.iter().copied().filter(|ns| *ns > 0.0).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let least = ((sorted.len() as f64 * LEAST_SHARE).ceil() as usize).max(2);
    let cuts = least..sorted.len().checked_sub(least)? + 1;
    let ratio = |at: usize| sorted[at] / sorted[at - 1];
    let cut = cuts.max_by(|&a, &b| ratio(a).total_cmp(&ratio(b)))?;
    if ratio(cut) < LEAST_RATIO {
        return None;
    }
    Some((median(&sorted[..cut])?, median(&sorted[cut..])?))
}

/// What the tags of a cell's rounds are worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CellStudy {
    /// Scenario.
    pub scenario: String,
    /// Adapter.
    pub adapter: String,
    /// Threads.
    pub threads: u32,
    /// Placement around its rounds.
    pub timeline: Timeline,
    /// All rounds, as a tool without the probe sees them.
    pub untagged: Spread,
    /// The rounds of each mode, near first.
    pub tagged: Vec<(PlacementMode, Spread)>,
}

/// How far rounds lie apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Rounds.
    pub rounds: usize,
    /// Median throughput.
    pub ops_per_sec_median: f64,
    /// Median absolute deviation, as a share of the median.
    pub mad_share: f64,
    /// Half the 95 % interval of the median, as a share of it; `None` of too few rounds.
    pub half_width_share: Option<f64>,
}

/// The study of every measured cell of a run log whose rounds carry tags.
pub fn study(log: &RunLog) -> Vec<CellStudy> {
    let measured = log.begin.cells.iter().filter(|cell| cell.role.is_measured());
    let study = measured.filter_map(|cell| {
        let (mut looks, mut rounds) = (Vec::new(), Vec::new());
        for event in &log.events {
            let RunEvent::Round { cell: of, fork, report } = event else { continue };
            let Some(placement) = report.placement.filter(|_| *of == cell.id) else { continue };
            looks.push(Look {
                at_ns: report.started_ns,
                round_trip_ns: f64::midpoint(placement.before_ns, placement.after_ns),
                mode: placement.mode,
            });
            rounds.push(RoundSample {
                fork: *fork,
                n: report.n,
                mode: Some(placement.mode),
                ops_per_sec: report.ops as f64 * 1e9 / report.elapsed_ns.max(1) as f64,
                preempted: report.involuntary_switches > 0,
            });
        }
        looks.sort_unstable_by_key(|look| look.at_ns);
        let of_mode = |mode| spread(rounds.iter().filter(move |round| round.mode == Some(mode)));
        let modes = [PlacementMode::Near, PlacementMode::Far];
        Some(CellStudy {
            scenario: cell.scenario.clone(),
            adapter: cell.adapter.clone(),
            threads: cell.threads,
            timeline: timeline(&looks),
            untagged: spread(rounds.iter())?,
            tagged: modes.into_iter().filter_map(|mode| Some((mode, of_mode(mode)?))).collect(),
        })
    });
    study.collect()
}

fn spread<'r>(rounds: impl Iterator<Item = &'r RoundSample>) -> Option<Spread> {
    let rounds: Vec<f64> = rounds.map(|round| round.ops_per_sec).collect();
    let center = median(&rounds).filter(|center| *center > 0.0)?;
    Some(Spread {
        rounds: rounds.len(),
        ops_per_sec_median: center,
        mad_share: mad(&rounds)? / center,
        half_width_share: median_interval(&[rounds]).map(|interval| interval.half_width() / center),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(at_ns: u64, mode: PlacementMode) -> Look {
        let round_trip_ns = if mode == PlacementMode::Far { 340.0 } else { 70.0 };
        Look { at_ns, round_trip_ns, mode }
    }

    #[test]
    fn stays_last_from_one_flip_to_the_next() {
        use PlacementMode::{Far, Mixed, Near};
        let modes = [Near, Near, Mixed, Far, Far, Far, Near, Near];
        let looks: Vec<Look> =
            modes.iter().enumerate().map(|(at, &mode)| look(at as u64 * 10, mode)).collect();
        let timeline = timeline(&looks);
        assert_eq!((timeline.flips, timeline.mixed, timeline.span_ns), (2, 1, 70));
        let [near, far] = timeline.modes.as_slice() else { panic!("two modes: {timeline:?}") };
        // 0 to 30 and 60 to 70; 30 to 60.
        assert_eq!((near.stays, near.stay_ns_longest, near.stay_ns_median), (2, 30, 20.0));
        assert_eq!((far.stays, far.stay_ns_longest, far.round_trip_ns), (1, 30, 340.0));
        assert_eq!(super::timeline(&[]).flips, 0);
    }

    #[test]
    fn round_trips_of_two_costs_are_two_modes_and_a_few_disturbed_ones_are_not() {
        let near = (0..90).map(|i| 70.0 + f64::from(i % 7));
        let far = (0..10).map(|i| 340.0 + f64::from(i));
        let both: Vec<f64> = near.clone().chain(far).collect();
        assert_eq!(two_modes(&both), Some((73.0, 344.5)));
        let disturbed: Vec<f64> = near.chain([5_000.0]).collect();
        assert_eq!(two_modes(&disturbed), None);
        assert_eq!(two_modes(&[70.0; 3]), None);
        assert_eq!(two_modes(&[]), None);
    }
}
