//! What was due in a round and what was done of it: events and ops, per actor and in all. Computed
//! after the round from the places at which it began and ended.

use hdrhistogram::Histogram;

use super::clock::Clock;
use super::counts::OpIndex;
use super::deal::Hand;
use super::member::ThreadRound;
use super::pacing::Idling;
use super::recorder::{encode, nanosecond_histogram};
use super::round::{PacedTicks, Place};
use crate::event::{ActorReport, RoundReport};
use crate::trace::ActorSpec;

/// What was due of one paced hand in one round, and what was done. Events count from the start of
/// the trial on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HandPace {
    /// The actor; `None` in ordered traces, where events are arrivals, the same for every hand.
    actor: Option<u16>,
    /// Events that were due, or done, before the measured part of the round and at its end.
    due: (u64, u64),
    done: (u64, u64),
    /// Ops of the events that were due, and of those that were done.
    offered_ops: u64,
    achieved_ops: u64,
    /// The time in which they were due. Ticks.
    offered_ticks: u64,
}

impl HandPace {
    /// `span` is the measured part of the round on the schedule, in ticks; `None` is one whole lap.
    pub(super) fn of(
        (hand, index): (&Hand, &OpIndex),
        pace: &PacedTicks,
        span: Option<(u64, u64)>,
        places: (Place, Place),
    ) -> Self {
        let done = (pace.done_at(places.0), pace.done_at(places.1));
        let (start, end) = span.unwrap_or((0, pace.lap()));
        let due = match span {
            Some((start, end)) => (pace.due_before(start), pace.due_before(end)),
            None => (0, pace.per_lap()),
        };
        let ops = |place: Place| index.before(hand, place).all();
        HandPace {
            actor: hand.actor,
            due,
            done,
            offered_ops: ops(pace.place_of(due.1)) - ops(pace.place_of(due.0)),
            achieved_ops: ops(places.1) - ops(places.0),
            offered_ticks: end - start,
        }
    }

    fn newly_due(&self) -> u64 {
        self.due.1 - self.due.0
    }

    fn newly_done(&self) -> u64 {
        self.done.1.saturating_sub(self.done.0)
    }

    /// Events that were due in the round and not done at its end.
    fn late(&self) -> u64 {
        self.due.1.saturating_sub(self.done.1).min(self.newly_due())
    }
}

/// Adds to a report what was due and done on all threads.
pub(super) fn add_to(
    report: RoundReport,
    threads: &[ThreadRound],
    idling: Idling,
    (actors, clock): (&[ActorSpec], &Clock),
) -> RoundReport {
    let hands: Vec<HandPace> = threads.iter().flat_map(|thread| thread.paces.clone()).collect();
    if hands.is_empty() {
        return report;
    }
    let mut wakes = nanosecond_histogram();
    for thread in threads {
        // Both have the same bounds, so no value can be out of range.
        let _: Result<(), _> = Histogram::add(&mut wakes, &thread.wakes);
    }
    let events = events(&hands);
    let sum = |of: fn(&HandPace) -> u64| events.iter().map(of).sum::<u64>();
    let ops = |of: fn(&HandPace) -> u64| hands.iter().map(of).sum::<u64>();
    RoundReport {
        due_events: sum(HandPace::newly_due),
        late_events: sum(HandPace::late),
        done_events: sum(HandPace::newly_done),
        offered_ops: ops(|hand| hand.offered_ops),
        achieved_ops: ops(|hand| hand.achieved_ops),
        offered_ns: hands
            .iter()
            .map(|hand| clock.nanos_between(0, hand.offered_ticks))
            .max()
            .unwrap_or(0),
        yielded: idling == Idling::Yield,
        wakes: encode(&wakes),
        actors: by_actor(&hands, actors.len()),
        ..report
    }
}

/// The hands whose events count: all, but for an ordered trace, whose arrivals are the same on
/// every thread, and done when the last thread has done its part.
fn events(hands: &[HandPace]) -> Vec<HandPace> {
    let (ordered, mut events): (Vec<HandPace>, Vec<HandPace>) =
        hands.iter().partition(|hand| hand.actor.is_none());
    let slowest = |of: fn(&HandPace) -> u64| ordered.iter().map(of).min().unwrap_or(0);
    let done = (slowest(|hand| hand.done.0), slowest(|hand| hand.done.1));
    events.extend(ordered.first().map(|first| HandPace { done, ..*first }));
    events
}

/// Due and done events of each paced actor.
fn by_actor(hands: &[HandPace], actors: usize) -> Vec<ActorReport> {
    let mut reports: Vec<Option<ActorReport>> = vec![None; actors];
    for hand in hands {
        let Some(report) = hand.actor.and_then(|actor| reports.get_mut(usize::from(actor))) else {
            continue;
        };
        let report = report.get_or_insert_default();
        report.due += hand.newly_due();
        report.done += hand.newly_done();
    }
    reports.into_iter().flatten().collect()
}
