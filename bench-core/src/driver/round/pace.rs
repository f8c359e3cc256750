//! When the events of a hand are due, and which of them a place has behind it. Numbers only: it
//! reads no clock and runs nothing.

use super::Place;
use crate::driver::clock::Clock;
use crate::driver::deal::{Hand, PacedEvents};

/// When the events of a paced hand are due. Events are numbered from the start of the trial on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::driver) struct PacedTicks {
    /// Start positions of the events; empty if every word is one.
    starts: Vec<u32>,
    /// Whether its events are arrivals of an ordered trace, and the one that each start waits for.
    by_arrival: bool,
    arrivals: Vec<u32>,
    /// Events of a lap; in ordered traces, arrivals.
    per_lap: u64,
    /// When one after the other is due, from the start on. Ticks.
    times: Vec<u64>,
    /// From the start to where the times repeat. Ticks.
    cycle: u64,
}

/// The next event of a hand, and when it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    time: usize,
    cycles_before: u64,
    /// Position in the list of starts, or of the word.
    event: usize,
}

impl PacedTicks {
    pub(in crate::driver) fn of(hand: &Hand, events: &PacedEvents, clock: &Clock) -> Self {
        let per_lap = match events.arrivals_per_lap {
            0 if events.starts.is_empty() => hand.len() as u64,
            0 => events.starts.len() as u64,
            arrivals => u64::from(arrivals),
        };
        PacedTicks {
            starts: events.starts.clone(),
            by_arrival: events.arrivals_per_lap > 0,
            arrivals: events.arrivals.clone(),
            per_lap,
            times: events.times_ns.iter().map(|&time_ns| clock.ticks_in(time_ns)).collect(),
            cycle: clock.ticks_in(events.cycle_ns).max(1),
        }
    }

    /// Whether what the thread waits for are arrivals of an ordered trace.
    pub(in crate::driver) fn is_by_arrival(&self) -> bool {
        self.by_arrival
    }

    /// Events of a lap, or arrivals.
    pub(in crate::driver) fn per_lap(&self) -> u64 {
        self.per_lap
    }

    /// When the second lap begins, from the start on. Ticks.
    pub(in crate::driver) fn lap(&self) -> u64 {
        self.due(self.per_lap)
    }

    /// When an event is due, from the start on. Ticks.
    pub(super) fn due(&self, event: u64) -> u64 {
        let times = self.times.len() as u64;
        let cycles = (event / times).saturating_mul(self.cycle);
        cycles.saturating_add(self.times[(event % times) as usize])
    }

    /// When an arrival of a lap is due, from the start on. Ticks.
    pub(super) fn due_arrival(&self, laps: u64, arrival: u32) -> u64 {
        self.due(laps * self.per_lap + u64::from(arrival))
    }

    /// When the arrival that the ops before a place belong to was due, if there are such.
    pub(super) fn arrival_at(&self, place: Place) -> Option<u64> {
        let begun = self.begun(place.position);
        let arrival = self.arrivals.get(begun.checked_sub(1)?)?;
        Some(self.due_arrival(place.laps, *arrival))
    }

    /// Starts before a position.
    fn begun(&self, position: usize) -> usize {
        self.starts.partition_point(|&start| (start as usize) < position)
    }

    /// Events that are due before a time from the start on. Ticks.
    pub(in crate::driver) fn due_before(&self, ticks: u64) -> u64 {
        let (cycles, rest) = (ticks / self.cycle, ticks % self.cycle);
        let times = self.times.len() as u64;
        cycles * times + self.times.partition_point(|&time| time < rest) as u64
    }

    /// Events that a place has behind it.
    pub(in crate::driver) fn done_at(&self, place: Place) -> u64 {
        let begun = self.begun(place.position);
        let in_lap = if self.starts.is_empty() {
            if self.by_arrival { 0 } else { place.position as u64 }
        } else if !self.is_by_arrival() {
            begun as u64
        } else {
            // Before a stop everything is done; between two, an arrival is under way.
            let at_stop = self.starts.get(begun).is_some_and(|&s| s as usize == place.position);
            let last = if at_stop { begun } else { begun.saturating_sub(1) };
            u64::from(self.arrivals[last])
        };
        place.laps * self.per_lap + in_lap
    }

    /// The place at which all events before one are done.
    pub(in crate::driver) fn place_of(&self, event: u64) -> Place {
        let (laps, in_lap) = (event / self.per_lap, event % self.per_lap);
        let position = if self.starts.is_empty() {
            Some(in_lap as usize)
        } else if self.is_by_arrival() {
            let at = self.arrivals.partition_point(|&arrival| u64::from(arrival) < in_lap);
            self.starts.get(at).map(|&start| start as usize)
        } else {
            self.starts.get(in_lap as usize).map(|&start| start as usize)
        };
        match position {
            // What lies before the first start belongs to the event before.
            Some(position) if in_lap > 0 => Place { laps, position },
            Some(_) => Place { laps, position: 0 },
            None => Place { laps: laps + 1, position: 0 },
        }
    }

    /// The event that is next at a place.
    pub(super) fn cursor(&self, place: Place) -> Cursor {
        let event =
            if self.starts.is_empty() { place.position } else { self.begun(place.position) };
        let number = place.laps * self.per_lap + event as u64;
        let times = self.times.len() as u64;
        let time = (number % times) as usize;
        Cursor { time, cycles_before: (number / times).saturating_mul(self.cycle), event }
    }

    /// When the event of a cursor is due, from the start on. Ticks.
    #[inline(always)]
    pub(super) fn due_at(&self, cursor: Cursor) -> u64 {
        cursor.cycles_before.saturating_add(self.times[cursor.time])
    }

    /// Where the event of a cursor ends in its hand.
    #[inline(always)]
    pub(super) fn end_at(&self, cursor: Cursor, words: usize) -> usize {
        if self.starts.is_empty() {
            return cursor.event + 1;
        }
        self.starts.get(cursor.event + 1).map_or(words, |&start| start as usize)
    }

    /// Moves a cursor on.
    #[inline(always)]
    pub(super) fn advance(&self, cursor: &mut Cursor) {
        cursor.time += 1;
        if cursor.time == self.times.len() {
            cursor.time = 0;
            cursor.cycles_before = cursor.cycles_before.saturating_add(self.cycle);
        }
        cursor.event += 1;
        if cursor.event as u64 == self.per_lap {
            cursor.event = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(laps: u64, position: usize) -> Place {
        Place { laps, position }
    }

    #[test]
    fn events_are_counted_by_when_they_are_due() {
        let pace = PacedTicks {
            starts: vec![0, 2, 3],
            by_arrival: false,
            arrivals: Vec::new(),
            per_lap: 3,
            times: vec![0, 10, 10],
            cycle: 100,
        };
        let due: Vec<u64> = [0, 1, 10, 11, 100, 101, 211].map(|at| pace.due_before(at)).into();
        assert_eq!(due, [0, 1, 1, 3, 3, 4, 9]);
        assert_eq!(pace.due_at(pace.cursor(place(2, 2))), 210);
        assert_eq!([place(0, 0), place(0, 3), place(2, 2)].map(|at| pace.done_at(at)), [0, 2, 7]);
        assert_eq!([0, 2, 3, 7].map(|event| pace.place_of(event)), {
            [place(0, 0), place(0, 3), place(1, 0), place(2, 2)]
        });
    }

    #[test]
    fn a_cursor_goes_through_laps_and_cycles_of_different_length() {
        let pace = PacedTicks {
            starts: Vec::new(),
            by_arrival: false,
            arrivals: Vec::new(),
            per_lap: 5,
            times: vec![1, 3],
            cycle: 4,
        };
        let mut cursor = pace.cursor(place(0, 0));
        for event in 0..23 {
            assert_eq!(pace.due_at(cursor), pace.due(event));
            assert_eq!(cursor, pace.cursor(pace.place_of(event)));
            assert_eq!(pace.end_at(cursor, 5), event as usize % 5 + 1);
            assert_eq!(pace.done_at(pace.place_of(event)), event);
            pace.advance(&mut cursor);
        }
    }

    #[test]
    fn an_arrival_is_done_when_the_thread_stands_before_the_next() {
        // Words 0 and 1 belong to arrival 0, 2 to 4 to arrival 2; it has no part of the others.
        let pace = PacedTicks {
            starts: vec![0, 2],
            by_arrival: true,
            arrivals: vec![0, 2],
            per_lap: 4,
            times: vec![0, 10, 20, 30],
            cycle: 40,
        };
        let done = [0, 1, 2, 3, 5].map(|position| pace.done_at(place(1, position)));
        assert_eq!(done, [4, 4, 6, 6, 6]);
        assert_eq!([4, 5, 6, 7, 8].map(|event| pace.place_of(event)), {
            [place(1, 0), place(1, 2), place(1, 2), place(2, 0), place(2, 0)]
        });
        assert_eq!(pace.arrival_at(place(1, 3)), Some(60));
        assert_eq!(pace.arrival_at(place(1, 0)), None);
    }
}
