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
pub(super) fn deal(trace: &Trace, threads: usize) -> Result<Vec<Hand>, DealError> {
    let [stream] = trace.streams.as_slice() else {
        return Err(DealError::Actors(trace.streams.len()));
    };
    let by_event = trace.header.actors.first().is_some_and(|actor| actor.deal == Deal::Event);
    let ops = checked_ops(trace, stream)?;
    if ops.is_empty() {
        return Err(DealError::Empty);
    }
    let one_by_one = ops_timed_one_by_one(&ops);
    let owner = |key: u32| (scramble(u64::from(key)) >> 40) as usize % threads;
    let mut hands = vec![Hand::default(); threads];
    if by_event {
        let mut events = stream.events.iter().peekable();
        let mut thread = 0;
        for (op, position) in ops.iter().zip(word_positions(&ops)) {
            while events.next_if(|&&start| start <= position).is_some() {
                thread = owner(op.word.key());
            }
            hands[thread].push(*op, one_by_one[op.kind.class() as usize] || op.count != 1);
        }
    } else {
        let ordered = ordered_keys(trace, &ops);
        for op in &ops {
            let pinned =
                op.kind.class() == OpClass::Write && ordered[op.word.map()][op.word.key() as usize];
            let thread = if pinned { owner(op.word.key()) } else { shortest(&hands) };
            hands[thread].push(*op, one_by_one[op.kind.class() as usize] || op.count != 1);
        }
    }
    match hands.iter().map(|hand| hand.len() as u64).max() {
        Some(longest) if longest > u64::from(u32::MAX) => Err(DealError::TooLong(longest)),
        _ => Ok(hands),
    }
}

/// Unpacks a stream and refuses what the driver cannot run.
fn checked_ops(trace: &Trace, stream: &Stream) -> Result<Vec<Extended>, DealError> {
    let mut ops = Vec::with_capacity(stream.words.len());
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
        ops.push(Extended { kind, word, count });
    }
    Ok(ops)
}

/// Where each op begins in its stream's words: a range takes two.
fn word_positions(ops: &[Extended]) -> impl Iterator<Item = u32> + '_ {
    ops.iter().scan(0, |next, op| {
        let position = *next;
        *next += if op.kind == OpKind::Range { 2 } else { 1 };
        Some(position)
    })
}

/// Keys per map that are written in any way but by commutative updates.
fn ordered_keys(trace: &Trace, ops: &[Extended]) -> Vec<Vec<bool>> {
    let mut ordered: Vec<Vec<bool>> =
        trace.header.maps.iter().map(|map| vec![false; map.keys as usize]).collect();
    for op in ops {
        if op.kind.class() == OpClass::Write && op.kind != OpKind::Update {
            ordered[op.word.map()][op.word.key() as usize] = true;
        }
    }
    ordered
}

/// Classes that are rare enough to be timed op by op; scans always are.
fn ops_timed_one_by_one(ops: &[Extended]) -> [bool; OpClass::ALL.len()] {
    OpClass::ALL.map(|class| {
        let count = ops.iter().filter(|op| op.kind.class() == class).count();
        class == OpClass::Scan || (count as f64) < ops.len() as f64 * RARE_SHARE
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
