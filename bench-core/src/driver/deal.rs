//! Deals the ops of a trace to threads, before any round. Ordered writes to one key stay on one
//! thread, so that the final state is known for every interleaving; everything else balances.

use thiserror::Error;

use crate::key::scramble;
use crate::op::{OpClass, OpKind, OpWord};
use crate::trace::{Deal, Stream, Trace};

/// A class of op that makes up less than this share of a trace is timed op by op, so that its
/// percentiles rest on enough of them.
const RARE_SHARE: f64 = 0.01;

/// The ops of one thread, one word each: a lap of it runs them all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hand {
    /// Packed ops. An escape word's low 28 bits are an index into `extended`.
    pub(super) words: Vec<u32>,
    /// Ops that are timed one by one or that need a count.
    pub(super) extended: Vec<Extended>,
}

/// An op that did not fit the hot loop's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extended {
    pub(super) kind: OpKind,
    pub(super) word: OpWord,
    /// Length of a range, else 1.
    pub(super) count: u32,
}

/// Why a trace cannot be dealt.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum DealError {
    /// No ops.
    #[error("the trace holds no ops: generate or import it again")]
    Empty,
    /// More ops in one thread's lap than a position can name.
    #[error("the trace holds {0} ops for one thread; at most 2^32 - 1 can be replayed")]
    TooLong(u64),
    /// Several actors.
    #[error("the trace has {0} actors; this version replays traces of one actor")]
    Actors(usize),
    /// A word that is not an op on one of the trace's keys.
    #[error("op {position} of the trace is not an op on one of its keys: the trace is damaged")]
    Damaged {
        /// Position in the stream.
        position: usize,
    },
    /// An op that the driver does not run.
    #[error("op {position} of the trace is `{name}`, which this version does not replay")]
    Unsupported {
        /// Position in the stream.
        position: usize,
        /// The op.
        name: &'static str,
    },
}

impl Hand {
    /// Ops of one lap, words and not range lengths.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// The op at a position with its count.
    pub(super) fn op(&self, position: usize) -> Extended {
        let word = OpWord(self.words[position]);
        match word.kind() {
            Some(kind) => Extended { kind, word, count: 1 },
            None => self.extended[(word.0 & 0x0FFF_FFFF) as usize],
        }
    }

    fn push(&mut self, op: Extended, one_by_one: bool) {
        if one_by_one {
            self.words.push((OpWord::ESCAPE << 28) | self.extended.len() as u32);
            self.extended.push(op);
        } else {
            self.words.push(op.word.0);
        }
    }
}

/// Deals a trace to `threads` threads. The same trace and number deal the same hands.
///
/// Walks the stream several times instead of unpacking it, because a trace may hold a hundred
/// million ops and each worker deals its own.
pub(super) fn deal(trace: &Trace, threads: usize) -> Result<Vec<Hand>, DealError> {
    let [stream] = trace.streams.as_slice() else {
        return Err(DealError::Actors(trace.streams.len()));
    };
    let per_class = check(trace, stream)?;
    let one_by_one = classes_timed_one_by_one(per_class);
    let by_event = trace.header.actors.first().is_some_and(|actor| actor.deal == Deal::Event);
    let mut hands = vec![Hand::default(); threads];
    for hand in &mut hands {
        hand.words.reserve_exact(stream.words.len() / threads + 1);
    }
    let mut owners = if by_event { Owners::of_events(stream) } else { Owners::of_keys(trace) };
    for op in unpacked(stream) {
        let thread = owners.thread_of(&op, &hands);
        hands[thread].push(op, one_by_one[op.kind.class() as usize] || op.count != 1);
    }
    match hands.iter().map(|hand| hand.len() as u64).max() {
        Some(longest) if longest > u64::from(u32::MAX) => Err(DealError::TooLong(longest)),
        _ => Ok(hands),
    }
}

/// The ops of a stream that has been checked.
fn unpacked(stream: &Stream) -> impl Iterator<Item = Extended> + '_ {
    stream.ops().filter_map(|(word, count)| Some(Extended { kind: word.kind()?, word, count }))
}

/// Refuses what the driver cannot run, and counts the ops of each class.
fn check(trace: &Trace, stream: &Stream) -> Result<[u64; OpClass::ALL.len()], DealError> {
    let mut per_class = [0; OpClass::ALL.len()];
    for (position, (word, count)) in stream.ops().enumerate() {
        let map = trace.header.maps.get(word.map());
        let (Some(kind), Some(map)) = (word.kind(), map) else {
            return Err(DealError::Damaged { position });
        };
        if u64::from(word.key()) + u64::from(count) > u64::from(map.keys) || count == 0 {
            return Err(DealError::Damaged { position });
        }
        if matches!(kind, OpKind::ReplaceAll | OpKind::NewMap) {
            return Err(DealError::Unsupported { position, name: kind.name() });
        }
        per_class[kind.class() as usize] += 1;
    }
    if per_class == [0; OpClass::ALL.len()] { Err(DealError::Empty) } else { Ok(per_class) }
}

/// Which thread an op goes to.
enum Owners<'t> {
    /// All ops of an event go to the owner of its subject.
    Events { starts: &'t [u32], next: usize, position: u32, subject: u32 },
    /// Ordered writes go to the owner of their key, the rest to the shortest hand.
    Keys { ordered: Vec<Vec<bool>> },
}

impl<'t> Owners<'t> {
    fn of_events(stream: &'t Stream) -> Self {
        Owners::Events { starts: &stream.events, next: 0, position: 0, subject: 0 }
    }

    /// Ordered keys are those that are written in any way but by commutative updates.
    fn of_keys(trace: &Trace) -> Self {
        let mut ordered: Vec<Vec<bool>> =
            trace.header.maps.iter().map(|map| vec![false; map.keys as usize]).collect();
        for op in trace.streams.iter().flat_map(unpacked) {
            if op.kind.class() == OpClass::Write && op.kind != OpKind::Update {
                ordered[op.word.map()][op.word.key() as usize] = true;
            }
        }
        Owners::Keys { ordered }
    }

    fn thread_of(&mut self, op: &Extended, hands: &[Hand]) -> usize {
        let owner = |key: u32| (scramble(u64::from(key)) >> 40) as usize % hands.len();
        match self {
            Owners::Events { starts, next, position, subject } => {
                if starts.get(*next) == Some(position) {
                    *subject = op.word.key();
                    *next += 1;
                }
                // A range takes two words of the stream.
                *position += if op.kind == OpKind::Range { 2 } else { 1 };
                owner(*subject)
            }
            Owners::Keys { ordered } => {
                let pinned = op.kind.class() == OpClass::Write
                    && ordered[op.word.map()][op.word.key() as usize];
                if pinned { owner(op.word.key()) } else { shortest(hands) }
            }
        }
    }
}

/// Classes that are rare enough to be timed op by op; scans always are.
fn classes_timed_one_by_one(per_class: [u64; OpClass::ALL.len()]) -> [bool; OpClass::ALL.len()] {
    let all: u64 = per_class.iter().sum();
    OpClass::ALL.map(|class| {
        let count = per_class[class as usize] as f64;
        class == OpClass::Scan || count < all as f64 * RARE_SHARE
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::testing::{trace_of, word};

    #[test]
    fn ordered_writes_to_a_key_stay_on_one_thread_in_order() {
        let words: Vec<u32> = (0..6_000_u32)
            .map(|step| {
                let kind = match step % 3 {
                    0 => OpKind::Get,
                    1 => OpKind::Overwrite,
                    _ => OpKind::Remove,
                };
                word(kind, 0, (step * 7) % 50)
            })
            .collect();
        let trace = trace_of(words, 50, 50);
        let hands = deal(&trace, 3).expect("dealt");
        for key in 0..50 {
            let holders = hands
                .iter()
                .filter(|hand| {
                    (0..hand.len())
                        .map(|position| hand.op(position))
                        .any(|op| op.kind.class() == OpClass::Write && op.word.key() == key)
                })
                .count();
            assert!(holders <= 1, "key {key} is written by {holders} threads");
        }
        let total: usize = hands.iter().map(Hand::len).sum();
        assert_eq!(total, 6_000);
        let (least, most) = hands.iter().fold((usize::MAX, 0), |(least, most), hand| {
            (least.min(hand.len()), most.max(hand.len()))
        });
        assert!(most - least <= most / 4, "unbalanced: {least} to {most}");
    }

    #[test]
    fn all_events_of_a_subject_stay_on_one_thread() {
        let mut words = Vec::new();
        let mut events = Vec::new();
        for step in 0..1_000_u32 {
            events.push(words.len() as u32);
            let subject = (step * 7) % 90;
            words.extend([word(OpKind::Get, 0, subject), word(OpKind::Range, 0, 0), 5]);
            words.push(word(OpKind::Overwrite, 0, subject));
        }
        let mut trace = trace_of(words, 100, 100);
        trace.header.actors[0].deal = Deal::Event;
        trace.streams[0].events = events;
        let hands = deal(&trace, 2).expect("dealt");
        let writers = |hand: &Hand| -> std::collections::BTreeSet<u32> {
            let ops = (0..hand.len()).map(|position| hand.op(position));
            ops.filter(|op| op.kind == OpKind::Overwrite).map(|op| op.word.key()).collect()
        };
        assert!(writers(&hands[0]).is_disjoint(&writers(&hands[1])));
        for hand in &hands {
            assert!(hand.len() > 900, "one thread has {} of 3,000 ops", hand.len());
            for position in (0..hand.len()).step_by(3) {
                let (get, write) = (hand.op(position), hand.op(position + 2));
                assert_eq!((get.kind, write.kind), (OpKind::Get, OpKind::Overwrite));
                assert_eq!(get.word.key(), write.word.key());
                assert_eq!(hand.op(position + 1).count, 5);
            }
        }
    }

    #[test]
    fn commutative_updates_go_to_every_thread() {
        let trace = trace_of(vec![word(OpKind::Update, 0, 3); 100], 10, 10);
        let hands = deal(&trace, 2).expect("dealt");
        assert_eq!((hands[0].len(), hands[1].len()), (50, 50));
    }

    #[test]
    fn rare_classes_and_scans_are_timed_one_by_one() {
        let mut words = vec![word(OpKind::Get, 0, 1); 1_000];
        words.push(word(OpKind::Overwrite, 0, 2));
        words.push(word(OpKind::Scan, 0, 0));
        let trace = trace_of(words, 10, 10);
        let hands = deal(&trace, 1).expect("dealt");
        assert_eq!(hands[0].extended.len(), 2);
        assert_eq!(hands[0].op(1_000).kind, OpKind::Overwrite);
        assert_eq!(hands[0].op(1_001).kind, OpKind::Scan);
    }

    #[test]
    fn damaged_and_unsupported_ops_are_refused_with_their_position() {
        let damaged = trace_of(vec![word(OpKind::Get, 0, 9), word(OpKind::Get, 0, 10)], 10, 10);
        assert_eq!(deal(&damaged, 1), Err(DealError::Damaged { position: 1 }));
        let other_map = trace_of(vec![word(OpKind::Get, 1, 0)], 10, 10);
        assert_eq!(deal(&other_map, 1), Err(DealError::Damaged { position: 0 }));
        let unsupported = trace_of(vec![word(OpKind::NewMap, 0, 0)], 10, 10);
        assert!(matches!(deal(&unsupported, 1), Err(DealError::Unsupported { .. })));
        assert_eq!(deal(&trace_of(vec![], 10, 10), 1), Err(DealError::Empty));
    }
}
