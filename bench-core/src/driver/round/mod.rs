//! The hot loop: one thread's ops against one map family, monomorphised. Inside it the harness
//! shares nothing but what an ordered trace's threads tell each other once an event, allocates
//! nothing, locks nothing and prints nothing; it reads the tick counter once a batch, and twice
//! more around each timed op.

mod execute;
mod pace;
mod paced;
mod sampler;
mod several;
mod tally;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

pub(super) use execute::Means;
pub(super) use pace::PacedTicks;
pub(super) use sampler::Sampler;
pub(super) use several::Seat;
pub(super) use tally::{Place, Tally, Until};

use super::deal::{Action, Stop};
use super::pacing::Idling;
use super::renewal::Renewal;
use super::turnstile::Turnstile;
use crate::adapter::{MapAdapter, MapHandle, MapHasher};
use crate::key::BenchKey;
use crate::op::{MAX_MAPS, OpClass, OpKind, OpWord};
use crate::value::BenchValue;

/// Words between two looks at the clock.
const BATCH: usize = 256;

/// One thread's ops and its means to run them.
pub(super) struct Lane<'m, K: BenchKey, V: BenchValue, S: MapHasher, A: MapAdapter<K, V, S>> {
    /// One handle per map; the rest repeat the first ones, so that a map number is an index.
    pub(super) handles: [A::Handle<'m>; MAX_MAPS],
    pub(super) maps: usize,
    pub(super) means: Means<'m, K, V>,
    /// The thread's hands and where it stands in them.
    pub(super) seats: Vec<Seat<'m>>,
    pub(super) renewal: &'m Renewal<A, S>,
    pub(super) turnstile: &'m Turnstile,
    pub(super) thread: usize,
    /// Untimed words before the next timed one.
    pub(super) gap: usize,
    /// Time spent waiting for other threads. Ticks.
    pub(super) waited: u64,
    /// When the schedule of paced events would have begun, had nothing lain between rounds. Ticks.
    pub(super) anchor: u64,
    /// When the next event of each paced seat is due, with room for all of them.
    pub(super) agenda: BinaryHeap<Reverse<(u64, u32)>>,
    /// How it waits until something is due.
    pub(super) idling: Idling,
    /// Executed words, published after each batch for the watchdog.
    pub(super) progress: &'m CachePadded<AtomicU64>,
}

impl<K, V, S, A> Lane<'_, K, V, S, A>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
    A: MapAdapter<K, V, S>,
{
    /// Where the thread stands in each of its hands.
    pub(super) fn places(&self) -> Vec<Place> {
        self.seats.iter().map(|seat| seat.place).collect()
    }

    /// Runs ops until `until`, and returns what they found.
    pub(super) fn run(&mut self, until: Until) -> Tally {
        match self.seats.as_slice() {
            [Seat { pace: None, .. }] => self.run_alone(until),
            [Seat { pace: Some(pace), .. }] if pace.is_by_arrival() => {
                self.resume_arrival();
                self.run_alone(until)
            }
            [_] => self.run_paced(until),
            _ => self.run_several(until),
        }
    }

    /// Plays the only hand.
    #[inline(never)]
    fn run_alone(&mut self, until: Until) -> Tally {
        let mut tally = Tally::default();
        let (hand, mut place) = (self.seats[0].hand, self.seats[0].place);
        self.means.hand = hand;
        let words = hand.words.as_slice();
        let mut stops = stops_from(&hand.stops, place.position);
        let mut gap = self.gap;
        let mut left = until.words();
        loop {
            let batch = left.min(BATCH as u64) as usize;
            let batch_end = words.len().min(place.position + batch);
            let batch_start = place.position;
            self.begin_batch();
            let mut blocked = false;
            loop {
                let mut stop_at = next_stop(stops);
                if stop_at <= place.position {
                    if !self.pass(&mut stops, place, until) {
                        blocked = true;
                        break;
                    }
                    stop_at = next_stop(stops);
                }
                let end = batch_end.min(stop_at);
                self.span(words, &mut place.position, end, &mut gap, &mut tally);
                if place.position == batch_end && stop_at > batch_end {
                    break;
                }
            }
            self.end_batch();
            left -= (place.position - batch_start) as u64;
            let lap_ended = !blocked && place.position == words.len();
            if lap_ended {
                place = Place { laps: place.laps + 1, position: 0 };
                stops = hand.stops.as_slice();
            }
            self.seats[0].place = place;
            let executed = place.laps * words.len() as u64 + place.position as u64;
            self.progress.store(executed, Ordering::Relaxed);
            let done = match until {
                Until::Ticks(end) => blocked || self.means.clock.ticks() >= end,
                Until::LapEnd => blocked || lap_ended,
                Until::Words(_) => blocked || left == 0,
            };
            if done {
                self.gap = gap;
                return tally;
            }
        }
    }

    /// Runs the words from `position` to `end`.
    #[inline(always)]
    fn span(
        &mut self,
        words: &[u32],
        position: &mut usize,
        end: usize,
        gap: &mut usize,
        tally: &mut Tally,
    ) {
        while *position < end {
            let stop = end.min(position.saturating_add(*gap));
            *gap -= stop - *position;
            for (offset, &word) in words[*position..stop].iter().enumerate() {
                self.execute(OpWord(word), (*position + offset) as u32, tally);
            }
            *position = stop;
            if *position < end {
                let found = self.execute_timed(OpWord(words[*position]), *position as u32);
                tally.add(found);
                *position += 1;
                *gap = self.means.sampler.gap();
            }
        }
    }

    /// Runs the ops of one word. `position` is the version that an insert or overwrite writes.
    #[inline(always)]
    fn execute(&mut self, word: OpWord, position: u32, tally: &mut Tally) {
        const GET: u32 = OpKind::Get as u32;
        // Gets outnumber everything else in most workloads: a branch of their own predicts better
        // and costs less than the jump table behind it.
        if word.code() == GET {
            self.means.get(&mut self.handles[word.map()], word, tally);
        } else if word.code() == OpWord::ESCAPE {
            let found = self.execute_extended(word, position);
            tally.add(found);
        } else {
            self.means.run(&mut self.handles[word.map()], word, position, tally);
        }
    }

    /// Runs one word's op between two readings of the clock.
    #[inline(never)]
    fn execute_timed(&mut self, word: OpWord, position: u32) -> Tally {
        if word.code() == OpWord::ESCAPE {
            return self.execute_extended(word, position);
        }
        let mut tally = Tally::default();
        self.means.run_timed(&mut self.handles[word.map()], word, position, &mut tally);
        tally
    }

    /// Runs ops that were dealt to be timed by themselves, that have a count, or that are on a map
    /// which the trace renews.
    #[cold]
    #[inline(never)]
    fn execute_extended(&mut self, word: OpWord, position: u32) -> Tally {
        let mut tally = Tally::default();
        let ops = self.means.hand.escaped(word);
        let map = ops[0].word.map();
        let Some(slot) = self.renewal.slot(map) else {
            for &op in ops {
                self.means.run_extended(&mut self.handles[map], op, position, &mut tally);
            }
            return tally;
        };
        let start = self.means.clock.ticks();
        for part in
            ops.chunk_by(|one, next| one.kind != OpKind::NewMap && next.kind != OpKind::NewMap)
        {
            if part[0].kind == OpKind::NewMap {
                let start = self.means.clock.ticks();
                self.renewal.renew::<K, V>(slot);
                let end = self.means.clock.ticks();
                if self.means.sampler.times() {
                    self.means.record(OpClass::Bulk, start, end);
                }
                continue;
            }
            let current = slot.current();
            let mut handle = current.handle();
            handle.begin_batch();
            for &op in part {
                self.means.run_extended(&mut handle, op, position, &mut tally);
            }
            handle.end_batch();
        }
        let end = self.means.clock.ticks();
        self.means.recorder.spend_on_renewed(map, end.saturating_sub(start));
        tally
    }

    /// Does what is to be done before the op at `place`; false if the deadline came first.
    #[inline(never)]
    fn pass(&mut self, stops: &mut &[Stop], place: Place, until: Until) -> bool {
        while let Some((stop, rest)) = stops.split_first()
            && stop.position as usize <= place.position
        {
            let lap =
                |events_per_lap: u64, events: u32| place.laps * events_per_lap + u64::from(events);
            match stop.action {
                Action::Await(arrival) => {
                    if !self.await_arrival(place.laps, arrival, until) {
                        return false;
                    }
                }
                Action::Publish(events) => {
                    let per_lap = self.turnstile.per_lap(self.thread);
                    self.turnstile.publish(self.thread, lap(per_lap, events));
                }
                Action::Wait { thread, events } => {
                    let other = usize::from(thread);
                    let events = lap(self.turnstile.per_lap(other), events);
                    if !self.turnstile.has_done(other, events) && !self.wait(other, events, until) {
                        return false;
                    }
                }
            }
            *stops = rest;
        }
        true
    }

    /// Waits for another thread, unpinned.
    fn wait(&mut self, other: usize, events: u64, until: Until) -> bool {
        self.end_batch();
        let start = self.means.clock.ticks();
        let passed =
            self.turnstile.wait(self.thread, other, events, until.deadline(), self.means.clock);
        self.waited += self.means.clock.ticks().saturating_sub(start);
        self.begin_batch();
        passed
    }

    #[inline(always)]
    fn begin_batch(&mut self) {
        for handle in &mut self.handles[..self.maps] {
            handle.begin_batch();
        }
    }

    #[inline(always)]
    fn end_batch(&mut self) {
        for handle in &mut self.handles[..self.maps] {
            handle.end_batch();
        }
    }
}

/// The stops at or after a position.
fn stops_from(stops: &[Stop], position: usize) -> &[Stop] {
    &stops[stops.partition_point(|stop| (stop.position as usize) < position)..]
}

#[inline(always)]
fn next_stop(stops: &[Stop]) -> usize {
    stops.first().map_or(usize::MAX, |stop| stop.position as usize)
}
