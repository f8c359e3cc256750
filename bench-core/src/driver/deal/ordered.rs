//! Deals an ordered trace: every thread runs its events in the order of their numbers and waits
//! for the events of other threads that they follow. As an event follows only ones with lower
//! numbers, the event with the lowest number of all that are not done can always run.

use super::hand::{PacedEvents, Part};
use super::offer::Offer;
use super::{Action, Extended, Hand, Packing, Stop, unpacked};
use crate::op::{OpKind, OpWord};
use crate::trace::{Deal, Event, Trace};

/// Deals all events. Each thread gets one hand. With an offer, threads wait for the arrivals.
pub(super) fn deal(
    trace: &Trace,
    threads: usize,
    packing: &Packing,
    offer: Option<&Offer>,
) -> Vec<Hand> {
    let mut table = Table::new(trace, threads);
    if let Some(offer) = offer {
        table.expect(arrivals(trace), offer);
    }
    for (number, event) in trace.in_order().enumerate() {
        table.deal(event, number as u32, packing);
    }
    table.finish()
}

/// The numbers of the events that arrive from outside: those that follow none and that others
/// follow, such as a pod's creation. All events, if there is no such.
fn arrivals(trace: &Trace) -> Vec<u32> {
    let events: usize = trace.streams.iter().map(|stream| stream.numbers.len()).sum();
    let mut followed = vec![false; events];
    for &followed_by in trace.streams.iter().flat_map(|stream| &stream.follows) {
        if let Some(event) = followed.get_mut(followed_by as usize) {
            *event = true;
        }
    }
    let begins = |(event, number): (Event<'_>, u32)| {
        (event.follows.is_none() && followed[number as usize]).then_some(number)
    };
    let numbers: Vec<u32> = trace.in_order().zip(0_u32..).filter_map(begins).collect();
    if numbers.is_empty() { (0..events as u32).collect() } else { numbers }
}

/// Dealing under way.
struct Table<'t> {
    trace: &'t Trace,
    hands: Vec<Hand>,
    /// Events that each thread has so far.
    events: Vec<u32>,
    /// Per event: the thread that has it, or `SHARED`; and how many events that thread then had.
    holders: Vec<(u16, u32)>,
    /// Of a shared event: per thread how many events it then had, one row per shared event.
    shared: Vec<Vec<u32>>,
    /// By thread: up to which event of each other thread it has waited already.
    known: Vec<Vec<u32>>,
    /// Threads of the actors that are dealt whole, and the next thread of the others.
    wholes: Vec<usize>,
    turns: Vec<usize>,
    /// Numbers of the events that threads wait for, and how many the dealing has come to.
    arrivals: Vec<u32>,
    arrived: u32,
}

/// Stands for a thread where several have parts of an event.
const SHARED: u16 = u16::MAX;

impl<'t> Table<'t> {
    fn new(trace: &'t Trace, threads: usize) -> Self {
        let mut next = 0;
        let mut seat = |whole: bool| {
            let thread = next % threads;
            next += usize::from(whole);
            thread
        };
        // Whole actors sit down first, the turns begin after them.
        let actors = &trace.header.actors;
        let is_whole = |deal: Deal| !matches!(deal, Deal::Turns | Deal::Shares);
        let wholes: Vec<usize> = actors.iter().map(|actor| seat(is_whole(actor.deal))).collect();
        let turns = vec![next; actors.len()];
        Table {
            trace,
            hands: vec![Hand::default(); threads],
            events: vec![0; threads],
            holders: Vec::new(),
            shared: Vec::new(),
            known: vec![vec![0; threads]; threads],
            wholes,
            turns,
            arrivals: Vec::new(),
            arrived: 0,
        }
    }

    /// Lets all threads wait for arrivals: what lies between one and the next is due with the one.
    fn expect(&mut self, arrivals: Vec<u32>, offer: &Offer) {
        let mut pace =
            PacedEvents { arrivals_per_lap: arrivals.len() as u32, ..PacedEvents::default() };
        offer.draw(&mut pace, arrivals.len() as u64, (0, 1));
        for hand in &mut self.hands {
            hand.pace = Some(pace.clone());
        }
        self.arrivals = arrivals;
    }

    fn deal(&mut self, event: Event<'_>, number: u32, packing: &Packing) {
        let threads = self.hands.len();
        let actor = event.actor;
        if self.arrivals.get(self.arrived as usize + 1) == Some(&number) {
            self.arrived += 1;
        }
        let deal = self.trace.header.actors[actor].deal;
        if deal == Deal::Shares && threads > 1 {
            let mut ends = vec![0; threads];
            for (thread, end) in ends.iter_mut().enumerate() {
                let share = Share { thread, threads, number };
                let maps = &self.trace.header.maps;
                let ops =
                    unpacked(event.words).filter_map(|op| share.of(op, maps[op.word.map()].keys));
                // A thread that has no share does not take part.
                let before = self.events[thread];
                self.add(thread, event.follows, number, ops, packing);
                *end = if self.events[thread] > before { self.events[thread] } else { 0 };
            }
            self.holders.push((SHARED, self.shared.len() as u32));
            self.shared.push(ends);
            return;
        }
        let thread = match deal {
            Deal::Turns => {
                self.turns[actor] += 1;
                (self.turns[actor] - 1) % threads
            }
            _ => self.wholes[actor],
        };
        self.add(thread, event.follows, number, unpacked(event.words), packing);
        self.holders.push((thread as u16, self.events[thread]));
    }

    /// Adds an event, or a part of one, to a thread's hand; nothing if it has no ops there.
    fn add(
        &mut self,
        thread: usize,
        follows: Option<u32>,
        number: u32,
        ops: impl Iterator<Item = Extended>,
        packing: &Packing,
    ) {
        let position = self.hands[thread].len() as u32;
        let mut begins = true;
        for op in ops {
            if begins {
                self.await_arrival(thread, position);
            }
            if begins && let Some(followed) = follows {
                self.wait(thread, position, followed);
            }
            packing.push(op, begins, &mut self.hands[thread]);
            begins = false;
        }
        if !begins {
            self.events[thread] += 1;
            let (hand, events) = (&mut self.hands[thread], self.events[thread]);
            let end = hand.len() as u32;
            hand.parts.push(Part { end, number });
            hand.stops.push(Stop { position: end, action: Action::Publish(events) });
        }
    }

    /// Lets a thread wait before `position` until the latest arrival is due.
    fn await_arrival(&mut self, thread: usize, position: u32) {
        let hand = &mut self.hands[thread];
        let Some(pace) = &mut hand.pace else { return };
        if pace.arrivals.last() != Some(&self.arrived) {
            pace.starts.push(position);
            pace.arrivals.push(self.arrived);
            hand.stops.push(Stop { position, action: Action::Await(self.arrived) });
        }
    }

    /// Lets a thread wait before `position` for every other one that has a part of an event.
    fn wait(&mut self, thread: usize, position: u32, followed: u32) {
        let (holder, events) = self.holders[followed as usize];
        if holder == SHARED {
            for other in 0..self.hands.len() {
                self.wait_for(thread, position, other, self.shared[events as usize][other]);
            }
        } else {
            self.wait_for(thread, position, usize::from(holder), events);
        }
    }

    fn wait_for(&mut self, thread: usize, position: u32, other: usize, events: u32) {
        if other != thread && self.known[thread][other] < events {
            self.known[thread][other] = events;
            let action = Action::Wait { thread: other as u16, events };
            self.hands[thread].stops.push(Stop { position, action });
        }
    }

    /// A lap ends when every thread has done all of it. A thread by itself never stops.
    fn finish(mut self) -> Vec<Hand> {
        let threads = self.hands.len();
        for thread in 0..threads {
            if threads == 1 {
                let waits = |stop: &Stop| matches!(stop.action, Action::Await(_));
                self.hands[thread].stops.retain(waits);
                continue;
            }
            let end = self.hands[thread].len() as u32;
            for other in 0..threads {
                self.wait_for(thread, end, other, self.events[other]);
            }
        }
        self.hands
    }
}

/// One thread's share of an event.
struct Share {
    thread: usize,
    threads: usize,
    number: u32,
}

impl Share {
    /// The share of an op, if there is one: a part of a range, or the whole of another op.
    fn of(&self, op: Extended, keys: u32) -> Option<Extended> {
        if op.kind != OpKind::Range {
            let mine = self.number as usize % self.threads == self.thread;
            return mine.then_some(op);
        }
        let cut = |thread: usize| u64::from(op.count) * thread as u64 / self.threads as u64;
        let (start, end) = (cut(self.thread), cut(self.thread + 1));
        let first = (u64::from(op.word.key()) + start) % u64::from(keys);
        let word = OpWord::new(op.kind, op.word.map() as u8, first as u32);
        (end > start).then(|| Extended { word, count: (end - start) as u32, ..op })
    }
}
