//! What was offered in open loop and what was achieved: sums over rounds, and the figures that
//! follow from them. It judges nothing but saturation.

use hdrhistogram::Histogram;
use mapbench_core::event::{Cell, RoundReport};

use super::SATURATED_BELOW;
use super::cell::CellSummary;
use super::tally::{Tally, per_second, sum};
use crate::histogram::{self, Percentiles};

/// Sums over rounds.
#[derive(Debug, Clone, Default)]
pub(super) struct PaceTally {
    offered_ops: u64,
    offered_ns: u64,
    achieved_ops: u64,
    elapsed_ns: u64,
    due_events: u64,
    done_events: u64,
    yielded: bool,
    wakes: Option<Histogram<u64>>,
    /// Due and done events by actor.
    actors: Vec<(u64, u64)>,
}

/// What was offered and what was achieved, by the paced actors of a cell together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PaceFigures {
    /// Ops that were due, per second.
    pub offered_per_sec: f64,
    /// Ops that were done, per second.
    pub achieved_per_sec: f64,
    /// Events that were due, and that were done.
    pub due_events: u64,
    /// Events that were done, whenever they were due.
    pub done_events: u64,
    /// Whether waiting threads gave way, because threads outnumbered processors.
    pub yielded: bool,
    /// How late threads woke up that slept until something was due; `None` if none slept.
    pub wakes: Option<Percentiles>,
}

/// What the paced actors of one role achieved.
#[derive(Debug, Clone, PartialEq)]
pub struct ActorsPace {
    /// The role.
    pub name: String,
    /// How many actors.
    pub actors: usize,
    /// Events that were due per second, by all of them.
    pub offered_per_sec: f64,
    /// Events that were done per second, by all of them.
    pub achieved_per_sec: f64,
    /// Least of achieved ÷ offered of any of them that was due at all.
    pub least: Option<f64>,
    /// Fewest and most events that any of them did per second.
    pub each_per_sec: (f64, f64),
}

impl PaceTally {
    /// Adds a round, if something was due in it.
    pub(super) fn add(&mut self, report: &RoundReport) {
        if report.offered_ns == 0 {
            return;
        }
        for (sum, more) in [
            (&mut self.offered_ops, report.offered_ops),
            (&mut self.offered_ns, report.offered_ns),
            (&mut self.achieved_ops, report.achieved_ops),
            (&mut self.elapsed_ns, report.elapsed_ns),
            (&mut self.due_events, report.due_events),
            (&mut self.done_events, report.done_events),
        ] {
            *sum = sum.saturating_add(more);
        }
        self.yielded |= report.yielded;
        // What cannot be read is only not shown: these times are in the intended ones as well.
        if let Ok(Some(part)) = histogram::decode(&report.wakes) {
            histogram::merge(self.wakes.get_or_insert_with(histogram::histogram), &part);
        }
        let missing = report.actors.len().saturating_sub(self.actors.len());
        self.actors.extend(std::iter::repeat_n((0, 0), missing));
        for (sum, actor) in self.actors.iter_mut().zip(&report.actors) {
            *sum = (sum.0.saturating_add(actor.due), sum.1.saturating_add(actor.done));
        }
    }
}

/// The figures of several forks; `None` if nothing was offered.
pub(super) fn figures(tallies: &[&PaceTally]) -> Option<PaceFigures> {
    let total = |of: fn(&PaceTally) -> u64| sum(tallies.iter().map(|tally| of(tally)));
    let offered_ns = total(|tally| tally.offered_ns);
    let mut wakes = histogram::histogram();
    for part in tallies.iter().filter_map(|tally| tally.wakes.as_ref()) {
        histogram::merge(&mut wakes, part);
    }
    (offered_ns > 0).then(|| PaceFigures {
        offered_per_sec: per_second(total(|tally| tally.offered_ops), offered_ns),
        achieved_per_sec: per_second(
            total(|tally| tally.achieved_ops),
            total(|tally| tally.elapsed_ns),
        ),
        due_events: total(|tally| tally.due_events),
        done_events: total(|tally| tally.done_events),
        yielded: tallies.iter().any(|tally| tally.yielded),
        wakes: Percentiles::of(&wakes),
    })
}

impl PaceFigures {
    /// Achieved ÷ offered; `None` if nothing was offered.
    pub fn achieved_share(&self) -> Option<f64> {
        (self.offered_per_sec > 0.0).then(|| self.achieved_per_sec / self.offered_per_sec)
    }

    /// Whether less than [`SATURATED_BELOW`] was achieved, by more than what the ends of so many
    /// rounds on so many threads cut off: what is left at the end of one round is done in the
    /// next, so that it adds up as the steps of a random walk do.
    pub(super) fn is_saturated(&self, rounds: u64, threads: u32) -> bool {
        let cut = f64::from(threads) * (rounds as f64).sqrt();
        let due = self.due_events as f64;
        let share = self.achieved_share().unwrap_or(1.0);
        share < SATURATED_BELOW && (1.0 - share) * due > cut
    }
}

/// Whether a load was kept up with over the rounds of one tally.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LoadKept {
    /// Achieved ÷ offered.
    pub(crate) achieved_share: Option<f64>,
    /// Whether that is too little.
    pub(crate) is_saturated: bool,
}

impl LoadKept {
    /// `None` if nothing was offered. `threads` is of the cell.
    pub(crate) fn of(tally: &Tally, threads: u32) -> Option<LoadKept> {
        let pace = figures(&[&tally.pacing])?;
        Some(LoadKept {
            achieved_share: pace.achieved_share(),
            is_saturated: pace.is_saturated(tally.rounds, threads),
        })
    }
}

impl CellSummary {
    /// What the paced actors of each role achieved, in the order of the trace; empty where
    /// nobody counted them apart.
    pub fn actors(&self) -> Vec<ActorsPace> {
        let tallies = self.tallies();
        let of = |pick: fn(&PaceTally) -> u64| sum(tallies.iter().map(|tally| pick(&tally.pacing)));
        let (offered_ns, elapsed_ns) = (of(|t| t.offered_ns), of(|t| t.elapsed_ns));
        let count = tallies.iter().map(|tally| tally.pacing.actors.len()).max().unwrap_or(0);
        let events = |actor: usize| {
            let parts = tallies.iter().filter_map(|tally| tally.pacing.actors.get(actor));
            parts.fold((0_u64, 0_u64), |sum, part| {
                (sum.0.saturating_add(part.0), sum.1.saturating_add(part.1))
            })
        };
        roles(self.cell(), count)
            .map(|(name, actors)| {
                let each: Vec<(f64, f64)> = actors
                    .map(events)
                    .map(|(due, done)| (per_second(due, offered_ns), per_second(done, elapsed_ns)))
                    .collect();
                let shares =
                    each.iter().filter(|(due, _)| *due > 0.0).map(|(due, done)| done / due);
                let done = || each.iter().map(|(_, done)| *done);
                ActorsPace {
                    name,
                    actors: each.len(),
                    offered_per_sec: each.iter().map(|(due, _)| due).sum(),
                    achieved_per_sec: done().sum(),
                    least: shares.reduce(f64::min),
                    each_per_sec: (
                        done().reduce(f64::min).unwrap_or(0.0),
                        done().reduce(f64::max).unwrap_or(0.0),
                    ),
                }
            })
            .collect()
    }
}

/// The roles of so many actors, as far as the cell names them, and their positions.
fn roles(cell: &Cell, actors: usize) -> impl Iterator<Item = (String, std::ops::Range<usize>)> {
    let mut next = 0_usize;
    cell.paced.iter().map_while(move |role| {
        let start = next;
        next = actors.min(start.saturating_add(role.actors as usize));
        (next > start).then(|| (role.name.clone(), start..next))
    })
}
