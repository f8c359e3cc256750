//! A thread with several hands: closed-loop hands take turns, and between their slices the events
//! of paced hands run that have come due, the earliest first.

use std::cmp::Reverse;
use std::sync::atomic::Ordering;

use super::pace::PacedTicks;
use super::{Lane, Place, Tally, Until};
use crate::adapter::{MapAdapter, MapHasher};
use crate::driver::deal::Hand;
use crate::key::BenchKey;
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

impl Seat<'_> {
    /// Whether there is more to do in the run under way.
    fn goes_on(&self, until: Until) -> bool {
        until != Until::LapEnd || self.place.laps == self.first_lap
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
    pub(super) fn run_several(&mut self, until: Until) -> Tally {
        let mut tally = Tally::default();
        let mut turn = 0;
        self.agenda.clear();
        for number in 0..self.seats.len() {
            let seat = &mut self.seats[number];
            seat.first_lap = seat.place.laps;
            self.expect(number, until);
        }
        let mut executed = self.executed();
        loop {
            let now = self.means.clock.ticks();
            if until.deadline().is_some_and(|end| now >= end) {
                return tally;
            }
            match self.agenda.peek().map(|&Reverse((due, seat))| (due, seat as usize)) {
                Some((due, seat)) if due <= now => {
                    self.agenda.pop();
                    executed += self.run_event(seat, due, &mut tally);
                    self.expect(seat, until);
                }
                next => match (self.next_closed(&mut turn, until), next) {
                    (Some(seat), _) => executed += self.run_slice(seat, &mut tally),
                    (None, None) if until == Until::LapEnd => return tally,
                    // Nothing is due yet, or the thread has no ops at all.
                    (None, next) => self.idle(now, next.map_or(u64::MAX, |(due, _)| due), until),
                },
            }
            self.progress.store(executed, Ordering::Relaxed);
        }
    }

    /// Puts down when the next event of a paced seat is due. Ticks of the clock.
    fn expect(&mut self, number: usize, until: Until) {
        let seat = &self.seats[number];
        if let Some(pace) = seat.pace
            && seat.goes_on(until)
        {
            let due = self.anchor.saturating_add(pace.due_at(pace.cursor(seat.place)));
            // There is room for every seat since before the round.
            self.agenda.push(Reverse((due, number as u32)));
        }
    }

    /// Words executed by all hands.
    pub(super) fn executed(&self) -> u64 {
        let executed =
            |seat: &Seat<'_>| seat.place.laps * seat.hand.len() as u64 + seat.place.position as u64;
        self.seats.iter().map(executed).sum()
    }

    /// The closed-loop seat whose turn it is.
    fn next_closed(&self, turn: &mut usize, until: Until) -> Option<usize> {
        if self.agenda.len() == self.seats.len() {
            return None;
        }
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

    /// Runs some words of a closed-loop seat; says how many.
    fn run_slice(&mut self, seat: usize, tally: &mut Tally) -> u64 {
        let Seat { hand, mut place, .. } = self.seats[seat];
        self.means.hand = hand;
        let (start, end) = (place.position, hand.len().min(place.position + SLICE));
        let mut gap = self.gap;
        self.begin_batch();
        self.span(&hand.words, &mut place.position, end, &mut gap, tally);
        self.end_batch();
        self.gap = gap;
        self.put(seat, place);
        (end - start) as u64
    }

    /// Runs one event of a paced seat, every op of it timed; says how many words it had. `due` in
    /// ticks of the clock.
    fn run_event(&mut self, seat: usize, due: u64, tally: &mut Tally) -> u64 {
        let Seat { hand, mut place, pace, .. } = self.seats[seat];
        let start = place.position;
        let end = pace.map_or(hand.len(), |pace| pace.end_at(pace.cursor(place), hand.len()));
        self.means.hand = hand;
        self.means.due = Some(due);
        self.begin_batch();
        self.run_words(end, &mut place, tally);
        self.end_batch();
        self.means.due = None;
        self.put(seat, place);
        (end - start) as u64
    }

    fn put(&mut self, seat: usize, mut place: Place) {
        if place.position == self.seats[seat].hand.len() {
            place = Place { laps: place.laps + 1, position: 0 };
        }
        self.seats[seat].place = place;
    }
}
