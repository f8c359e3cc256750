//! A thread with several hands, or with one whose events are due at their times: closed-loop hands
//! take turns, and between their batches the events that have come due are run.

use std::hint::spin_loop;
use std::sync::atomic::Ordering;

use super::{Lane, Place, Tally, Until};
use crate::adapter::{MapAdapter, MapHasher};
use crate::driver::clock::Clock;
use crate::driver::deal::{Hand, PacedEvents};
use crate::key::BenchKey;
use crate::op::OpWord;
use crate::value::BenchValue;

/// Words of a closed-loop hand between two looks at what is due and whose turn it is.
const SLICE: usize = 64;

/// One hand of a thread and where it stands in it.
#[derive(Debug, Clone, Copy)]
pub(in crate::driver) struct Seat<'m> {
    pub(in crate::driver) hand: &'m Hand,
    pub(in crate::driver) pace: Option<&'m PacedTicks>,
    pub(in crate::driver) place: Place,
    /// The lap that it was in when the run under way began.
    pub(in crate::driver) first_lap: u64,
}

/// When the events of a paced hand are due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::driver) struct PacedTicks {
    /// Start positions of the events.
    starts: Vec<u32>,
    /// From the start of the lap. Ticks.
    times: Vec<u64>,
    /// From lap to lap. Ticks.
    lap: u64,
}

impl Seat<'_> {
    /// Whether there is more to do in the run under way.
    fn goes_on(&self, until: Until) -> bool {
        until != Until::LapEnd || self.place.laps == self.first_lap
    }
}

impl PacedTicks {
    pub(in crate::driver) fn of(events: &PacedEvents, clock: &Clock) -> Self {
        PacedTicks {
            starts: events.starts.clone(),
            times: events.times_ns.iter().map(|&time_ns| clock.ticks_in(time_ns)).collect(),
            lap: clock.ticks_in(events.lap_ns).max(1),
        }
    }

    /// The event that begins at a position, which is the next one to run.
    fn event_at(&self, position: usize) -> usize {
        self.starts.partition_point(|&start| (start as usize) < position)
    }

    /// When the next event is due, in ticks since the lane began to run.
    fn due(&self, place: Place) -> u64 {
        place.laps.saturating_mul(self.lap) + self.times[self.event_at(place.position)]
    }

    /// The end of the event at a position of a hand.
    fn end(&self, position: usize, hand: &Hand) -> usize {
        let next = self.event_at(position) + 1;
        self.starts.get(next).map_or(hand.len(), |&start| start as usize)
    }

    /// Events that are due before a time since the lane began to run.
    pub(in crate::driver) fn due_before(&self, ticks: u64) -> u64 {
        let (laps, rest) = (ticks / self.lap, ticks % self.lap);
        laps * self.times.len() as u64 + self.times.partition_point(|&time| time < rest) as u64
    }

    /// Events that are done at a place.
    pub(in crate::driver) fn done_at(&self, place: Place) -> u64 {
        place.laps * self.times.len() as u64 + self.event_at(place.position) as u64
    }
}

impl<K, V, S, A> Lane<'_, K, V, S, A>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
    A: MapAdapter<K, V, S>,
{
    /// Plays all hands.
    #[inline(never)]
    pub(super) fn run_several(&mut self, until: Until, start: u64) -> Tally {
        let mut tally = Tally::default();
        let mut turn = 0;
        for seat in &mut self.seats {
            seat.first_lap = seat.place.laps;
        }
        loop {
            let now = self.means.clock.ticks();
            if until.deadline().is_some_and(|end| now >= end) {
                return tally;
            }
            let since = self.run_ticks + now.saturating_sub(start);
            let due = self.next_due(until);
            match due {
                Some((seat, due)) if due <= since => {
                    let due = (start + due).saturating_sub(self.run_ticks);
                    self.run_event(seat, due, &mut tally);
                }
                _ => match (self.next_closed(&mut turn, until), due) {
                    (Some(seat), _) => self.run_slice(seat, &mut tally),
                    (None, None) if until == Until::LapEnd => return tally,
                    // Nothing is due yet, or the thread has no ops at all.
                    (None, _) => spin_loop(),
                },
            }
            let executed = |seat: &Seat<'_>| {
                seat.place.laps * seat.hand.len() as u64 + seat.place.position as u64
            };
            let all = self.seats.iter().map(executed).sum();
            self.progress.store(all, Ordering::Relaxed);
        }
    }

    /// The paced seat whose event is due first, and when, in ticks since the lane began to run.
    fn next_due(&self, until: Until) -> Option<(usize, u64)> {
        let seats = self.seats.iter().enumerate().filter(|(_, seat)| seat.goes_on(until));
        let paced = seats.filter_map(|(seat, at)| Some((seat, at.pace?.due(at.place))));
        paced.min_by_key(|&(_, due)| due)
    }

    /// The closed-loop seat whose turn it is.
    fn next_closed(&self, turn: &mut usize, until: Until) -> Option<usize> {
        let seats = self.seats.len();
        let mut turns = (0..seats).map(|step| (*turn + step) % seats);
        let is_next = |&seat: &usize| {
            let seat = &self.seats[seat];
            seat.pace.is_none() && seat.goes_on(until)
        };
        let seat = turns.find(is_next)?;
        *turn = seat + 1;
        Some(seat)
    }

    /// Runs some words of a closed-loop seat.
    fn run_slice(&mut self, seat: usize, tally: &mut Tally) {
        let Seat { hand, mut place, .. } = self.seats[seat];
        self.means.hand = hand;
        let end = hand.len().min(place.position + SLICE);
        let mut gap = self.gap;
        self.begin_batch();
        self.span(&hand.words, &mut place.position, end, &mut gap, tally);
        self.end_batch();
        self.gap = gap;
        self.put(seat, place);
    }

    /// Runs one event of a paced seat, every op of it timed. `due` in ticks of the clock.
    fn run_event(&mut self, seat: usize, due: u64, tally: &mut Tally) {
        let Seat { hand, mut place, pace, .. } = self.seats[seat];
        let end = pace.map_or(hand.len(), |pace| pace.end(place.position, hand));
        self.means.hand = hand;
        self.means.due = Some(due);
        self.begin_batch();
        while place.position < end {
            let word = OpWord(hand.words[place.position]);
            let found = self.execute_timed(word, place.position as u32);
            tally.add(found);
            place.position += 1;
        }
        self.end_batch();
        self.means.due = None;
        self.put(seat, place);
    }

    fn put(&mut self, seat: usize, mut place: Place) {
        if place.position == self.seats[seat].hand.len() {
            place = Place { laps: place.laps + 1, position: 0 };
        }
        self.seats[seat].place = place;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_by_when_they_are_due() {
        let clock = Clock::new();
        let events = PacedEvents { starts: vec![0, 2, 3], times_ns: vec![0, 10, 10], lap_ns: 100 };
        let mut pace = PacedTicks::of(&events, &clock);
        (pace.times, pace.lap) = (vec![0, 10, 10], 100);
        let due: Vec<u64> = [0, 1, 10, 11, 100, 101, 211].map(|at| pace.due_before(at)).into();
        assert_eq!(due, [0, 1, 1, 3, 3, 4, 9]);
        let place = |laps, position| Place { laps, position };
        assert_eq!(pace.due(place(2, 2)), 210);
        assert_eq!([place(0, 0), place(0, 3), place(2, 2)].map(|at| pace.done_at(at)), [0, 2, 7]);
    }
}
