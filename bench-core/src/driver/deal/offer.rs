//! Makes an open loop of a closed-loop trace: when what was dealt is due, drawn from the run's seed.
//! The ops, their threads and their order are those of the closed loop. Reads no clock.

use super::hand::PacedEvents;
use super::{DealError, Hands};
use crate::event::Offered;
use crate::trace::{Stream, Trace};
use crate::workload::Schedule;

/// Most times that are drawn for one hand; they repeat from there on.
const MOST_TIMES: u64 = 1 << 16;
/// Most times that are drawn for all hands together, where that leaves each [`FEWEST_TIMES`].
const ALL_TIMES: u64 = 1 << 20;
const FEWEST_TIMES: u64 = 1 << 10;
/// Sets the random numbers of offered hands apart from those of a trace's own paces.
const OFFERED_PART: u64 = 1 << 40;

/// The times of a trace that is offered at a rate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer {
    schedule: Schedule,
    seed: u64,
    /// Time of a lap at the offered rate. Seconds.
    lap_s: f64,
}

impl Offer {
    /// Finds out how long a lap takes at a rate.
    pub(super) fn of(trace: &Trace, offered: Offered, seed: u64) -> Result<Self, DealError> {
        let header = &trace.header;
        let paced = |actor: usize| header.actors[actor].pace.is_some();
        let any = (0..header.actors.len()).any(paced);
        if (0..header.actors.len()).all(paced) || (any && trace.is_ordered()) {
            return Err(DealError::OwnPace);
        }
        if !(offered.per_s.is_finite() && offered.per_s > 0.0) {
            return Err(DealError::Rate(offered.per_s.to_string()));
        }
        let closed = trace.streams.iter().enumerate().filter(|(actor, _)| !paced(*actor));
        let ops = closed.flat_map(|(_, stream)| Stream::ops(stream)).map(|(_, n)| u64::from(n));
        let of_lap = header.unit.as_ref().map_or_else(|| ops.sum(), |unit| unit.count);
        let lap_s = of_lap as f64 / offered.per_s;
        Ok(Offer { schedule: offered.schedule, seed, lap_s })
    }

    /// Gives every hand of an actor without a pace its times.
    pub(super) fn pace(&self, hands: &mut Hands) {
        let all = hands.iter().map(Vec::len).sum::<usize>() as u64;
        let dealt = hands.iter_mut().flatten().filter(|hand| hand.len() > 0);
        for (number, hand) in (0..).zip(dealt) {
            let events = hand.events_per_lap();
            if let Some(pace) = &mut hand.pace
                && pace.times_ns.is_empty()
            {
                self.draw(pace, events, (number, all));
            }
        }
    }

    /// Draws the times of some events a lap. `hand` is the number of the hand, of how many.
    pub(super) fn draw(&self, pace: &mut PacedEvents, events: u64, (hand, hands): (u64, u64)) {
        let drawn = (ALL_TIMES / hands.max(1)).clamp(FEWEST_TIMES, MOST_TIMES);
        let gap_ns = self.lap_s * 1e9 / events.max(1) as f64;
        pace.cycle_ns = ((gap_ns * drawn as f64).round() as u64).max(1);
        pace.times_ns =
            self.schedule.times_ns(drawn, pace.cycle_ns, self.seed, OFFERED_PART + hand);
        if self.schedule == Schedule::Uniform {
            // Hands take turns, and are not due at once.
            let shift = (gap_ns * hand as f64 / hands.max(1) as f64) as u64;
            pace.times_ns.iter_mut().for_each(|time| *time += shift);
        }
    }
}
