//! A thread whose only hand is due event by event, or arrival by arrival: what has come due runs at
//! once, however late, and nothing runs before. Due times are those of the schedule, never set
//! anew by a thread that is behind.

use std::sync::atomic::Ordering;

use super::{BATCH, Lane, Place, Tally, Until};
use crate::adapter::{MapAdapter, MapHasher};
use crate::key::BenchKey;
use crate::op::OpWord;
use crate::value::BenchValue;

impl<K, V, S, A> Lane<'_, K, V, S, A>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
    A: MapAdapter<K, V, S>,
{
    /// Plays the only hand, event by event.
    #[inline(never)]
    pub(super) fn run_paced(&mut self, until: Until) -> Tally {
        let mut tally = Tally::default();
        let (hand, mut place) = (self.seats[0].hand, self.seats[0].place);
        let Some(pace) = self.seats[0].pace else { return tally };
        self.means.hand = hand;
        let first_lap = place.laps;
        let mut cursor = pace.cursor(place);
        let mut executed = self.executed();
        // Words since the handles were pinned; 0 while they are not.
        let mut pinned = 0;
        loop {
            let now = self.means.clock.ticks();
            let due = self.anchor.saturating_add(pace.due_at(cursor));
            let ended = match until {
                Until::LapEnd => place.laps > first_lap,
                _ => until.deadline().is_some_and(|end| now >= end),
            };
            if pinned > 0 && (ended || due > now || pinned >= BATCH) {
                self.end_batch();
                pinned = 0;
            }
            if ended {
                self.means.due = None;
                self.seats[0].place = place;
                return tally;
            }
            if due > now {
                self.idle(now, due, until);
                continue;
            }
            if pinned == 0 {
                self.begin_batch();
            }
            let start = place.position;
            self.means.due = Some(due);
            self.run_words(pace.end_at(cursor, hand.len()), &mut place, &mut tally);
            pinned += place.position - start;
            executed += (place.position - start) as u64;
            pace.advance(&mut cursor);
            if place.position == hand.len() {
                place = Place { laps: place.laps + 1, position: 0 };
            }
            self.progress.store(executed, Ordering::Relaxed);
        }
    }

    /// Runs the words up to a position, one by one and each timed.
    #[inline(always)]
    pub(super) fn run_words(&mut self, end: usize, place: &mut Place, tally: &mut Tally) {
        while place.position < end {
            let word = OpWord(self.means.hand.words[place.position]);
            let found = self.execute_timed(word, place.position as u32);
            tally.add(found);
            place.position += 1;
        }
    }

    /// Waits a little for what is due next; the handles are not pinned. Ticks.
    #[inline]
    pub(super) fn idle(&mut self, now: u64, due: u64, until: Until) {
        let awaited = until.deadline().map_or(due, |end| due.min(end));
        if self.idling.wait(now, awaited, self.means.clock) && awaited == due {
            let late = self.means.clock.ticks().saturating_sub(due);
            self.means.recorder.record_wake(late);
        }
    }

    /// Waits until an arrival of a lap is due; false if the deadline came first. What runs next is
    /// measured from when it was due.
    pub(super) fn await_arrival(&mut self, laps: u64, arrival: u32, until: Until) -> bool {
        let Some(pace) = self.seats[0].pace else { return true };
        let due = self.anchor.saturating_add(pace.due_arrival(laps, arrival));
        let mut now = self.means.clock.ticks();
        let waits = due > now;
        if waits {
            self.end_batch();
        }
        while due > now && until.deadline().is_none_or(|end| now < end) {
            self.idle(now, due, until);
            now = self.means.clock.ticks();
        }
        if waits {
            self.begin_batch();
        }
        self.means.due = Some(due);
        due <= now
    }

    /// Takes up the arrival that was under way when the last run of the lane ended.
    pub(super) fn resume_arrival(&mut self) {
        let seat = &self.seats[0];
        let due = seat.pace.and_then(|pace| pace.arrival_at(seat.place));
        self.means.due = due.map(|due| self.anchor.saturating_add(due));
    }
}
