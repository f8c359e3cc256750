//! Deals actors whose events have no order across them: each actor by itself.

use super::{Extended, Hand, Hands, PacedEvents, Packing, unpacked};
use crate::key::scramble;
use crate::op::{OpClass, OpKind};
use crate::trace::{Deal, Stream, Trace};

/// Deals every actor. A thread gets one hand of each actor that has ops for it.
///
/// With `offered`, actors without a pace get one whose times are still to be drawn.
pub(super) fn deal(trace: &Trace, threads: usize, packing: &Packing, offered: bool) -> Hands {
    let mut hands: Hands = vec![Vec::new(); threads];
    let mut wholes = 0;
    let actors = trace.header.actors.iter().zip(&trace.streams);
    for (number, (actor, stream)) in actors.enumerate() {
        let mut owners = match actor.deal {
            // Replaces every key of its map: whatever else writes there must be with it.
            Deal::Op | Deal::Event if has_bulk(stream) => Owners::One(0),
            Deal::Op => Owners::of_keys(trace),
            Deal::Event => Owners::Events { subject: 0 },
            // In turns and shares are dealt in ordered traces only.
            Deal::Whole | Deal::Turns | Deal::Shares => {
                wholes += 1;
                Owners::One((wholes - 1) % threads)
            }
        };
        let is_paced = offered || actor.pace.is_some();
        let mut dealt = deal_actor(stream, threads, packing, (&mut owners, is_paced));
        for (hand, dealt) in hands.iter_mut().zip(&mut dealt) {
            if let (Some(pace), Some(events)) = (actor.pace, &mut dealt.pace) {
                events.cycle_ns = pace.lap_ns;
            }
            dealt.actor = Some(number as u16);
            if dealt.len() > 0 {
                hand.push(std::mem::take(dealt));
            }
        }
    }
    hands
}

fn deal_actor(
    stream: &Stream,
    threads: usize,
    packing: &Packing,
    (owners, is_paced): (&mut Owners, bool),
) -> Vec<Hand> {
    let mut hands = vec![Hand::default(); threads];
    let spread = if matches!(owners, Owners::One(_)) { 1 } else { threads };
    for hand in &mut hands {
        if spread > 1 || threads == 1 {
            hand.words.reserve_exact(stream.words.len() / spread + 1);
        }
        if is_paced {
            hand.pace = Some(PacedEvents::default());
        }
    }
    let (mut next_event, mut position) = (0, 0);
    // The event of the last op on each thread.
    let mut last_event = vec![usize::MAX; threads];
    for op in unpacked(&stream.words) {
        if stream.events.get(next_event) == Some(&position) {
            next_event += 1;
            owners.begin(op);
        }
        // A range takes two words of the stream.
        position += if op.kind == OpKind::Range { 2 } else { 1 };
        let thread = owners.thread_of(&op, &hands);
        let begins = next_event > 0 && last_event[thread] != next_event;
        last_event[thread] = next_event;
        let hand = &mut hands[thread];
        if let (true, Some(pace)) = (begins, &mut hand.pace) {
            pace.starts.push(hand.words.len() as u32);
            pace.times_ns.extend(stream.times_ns.get(next_event - 1));
        }
        packing.push(op, begins, hand);
    }
    hands
}

/// Which thread an op goes to.
enum Owners {
    /// All ops go to one thread.
    One(usize),
    /// All ops of an event go to the owner of its subject.
    Events { subject: u32 },
    /// Ordered writes go to the owner of their key, the rest to the shortest hand.
    Keys { ordered: Vec<Vec<bool>> },
}

impl Owners {
    /// Ordered keys are those that are written in any way but by commutative updates.
    fn of_keys(trace: &Trace) -> Self {
        let mut ordered: Vec<Vec<bool>> =
            trace.header.maps.iter().map(|map| vec![false; map.keys as usize]).collect();
        for op in trace.streams.iter().flat_map(|stream| unpacked(&stream.words)) {
            if op.kind.class() == OpClass::Write && op.kind != OpKind::Update {
                ordered[op.word.map()][op.word.key() as usize] = true;
            }
        }
        Owners::Keys { ordered }
    }

    /// An event begins with `op`.
    fn begin(&mut self, op: Extended) {
        if let Owners::Events { subject } = self {
            *subject = op.word.key();
        }
    }

    fn thread_of(&self, op: &Extended, hands: &[Hand]) -> usize {
        let owner = |key: u32| (scramble(u64::from(key)) >> 40) as usize % hands.len();
        match self {
            Owners::One(thread) => *thread,
            Owners::Events { subject } => owner(*subject),
            Owners::Keys { ordered } => {
                let pinned = op.kind.class() == OpClass::Write
                    && ordered[op.word.map()][op.word.key() as usize];
                if pinned { owner(op.word.key()) } else { shortest(hands) }
            }
        }
    }
}

fn has_bulk(stream: &Stream) -> bool {
    stream.ops().any(|(op, _)| op.kind().is_some_and(|kind| kind.class() == OpClass::Bulk))
}

fn shortest(hands: &[Hand]) -> usize {
    let mut best = 0;
    for (thread, hand) in hands.iter().enumerate() {
        if hand.len() < hands[best].len() {
            best = thread;
        }
    }
    best
}
