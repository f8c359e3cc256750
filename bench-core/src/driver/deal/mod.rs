//! Deals the ops of a trace to threads, before any round. Ordered writes to one key stay on one
//! thread, or their events follow each other, so that the final state is known for every
//! interleaving; everything else balances.

mod hand;
mod independent;
mod offer;
mod ordered;

use thiserror::Error;

pub(super) use hand::{Action, Extended, Hand, PacedEvents, Stop};

use self::offer::Offer;
use crate::event::Offered;
use crate::op::{MAX_KEYS, MAX_MAPS, OpClass, OpKind};
use crate::trace::{Stream, Trace};

/// A class of op that makes up less than this share of a trace is timed op by op, so that its
/// percentiles rest on enough of them.
const RARE_SHARE: f64 = 0.01;

/// What all threads do in a lap: by thread, then one hand or, of independent actors, several.
pub(super) type Hands = Vec<Vec<Hand>>;

/// Why a trace cannot be dealt.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum DealError {
    /// No ops.
    #[error("the trace holds no ops: generate or import it again")]
    Empty,
    /// More ops in one thread's lap than a position can name.
    #[error("the trace holds {0} ops for one thread; at most 2^32 - 1 can be replayed")]
    TooLong(u64),
    /// A word that is not an op on one of the trace's keys.
    #[error("op {position} of actor {actor} is not an op on one of its keys: the trace is damaged")]
    Damaged {
        /// Position of the actor.
        actor: usize,
        /// Position in its stream.
        position: usize,
    },
    /// An order and a pace at once.
    #[error(
        "actor {actor} has a pace and its events an order: times of a trace are kept for \
         independent actors only; take the pace away and offer the trace at a rate"
    )]
    PacedOrder {
        /// Position of the actor.
        actor: usize,
    },
    /// A rate for a trace that has its own.
    #[error("every actor has a pace of its own, so that it cannot be offered at another rate")]
    OwnPace,
    /// A rate that is none.
    #[error("{0} per second is no rate; use a number over 0")]
    Rate(String),
    /// A map that is replaced while others use it in no order.
    #[error("map {map} is renewed by an actor whose events the others do not follow")]
    Renewed {
        /// Position of the map.
        map: usize,
    },
}

/// How the ops of a trace are packed into words.
struct Packing {
    one_by_one: [bool; OpClass::ALL.len()],
    /// Maps that the trace renews: their ops never run through the handles of a round.
    renewed: [bool; MAX_MAPS],
}

/// Deals a trace to `threads` threads, offered at a rate or as its actors say. The same trace,
/// number, rate and seed deal the same hands.
///
/// Walks the streams several times instead of unpacking them, because a trace may hold a hundred
/// million ops and each worker deals its own.
pub(super) fn deal(
    trace: &Trace,
    threads: usize,
    offered: Option<Offered>,
    seed: u64,
) -> Result<Hands, DealError> {
    let packing = Packing::of(trace)?;
    let offer = offered.map(|offered| Offer::of(trace, offered, seed)).transpose()?;
    let paced = trace.header.actors.iter().position(|actor| actor.pace.is_some());
    let hands = if trace.is_ordered() {
        if let Some(actor) = paced {
            return Err(DealError::PacedOrder { actor });
        }
        let hands = ordered::deal(trace, threads, &packing, offer.as_ref());
        hands.into_iter().map(|hand| vec![hand]).collect()
    } else {
        if let Some(map) = packing.renewed.iter().position(|&renewed| renewed)
            && threads > 1
        {
            return Err(DealError::Renewed { map });
        }
        let mut hands = independent::deal(trace, threads, &packing, offer.is_some());
        if let Some(offer) = &offer {
            offer.pace(&mut hands);
        }
        hands
    };
    match hands.iter().flatten().map(|hand: &Hand| hand.len() as u64).max() {
        Some(longest) if longest > u64::from(u32::MAX) => Err(DealError::TooLong(longest)),
        _ => Ok(hands),
    }
}

/// The maps that a trace renews.
pub(super) fn renewed_maps(trace: &Trace) -> [bool; MAX_MAPS] {
    let mut renewed = [false; MAX_MAPS];
    for (op, _) in trace.streams.iter().flat_map(Stream::ops) {
        renewed[op.map()] |= op.kind() == Some(OpKind::NewMap);
    }
    renewed
}

/// The ops of a stream that has been checked.
fn unpacked(words: &[u32]) -> impl Iterator<Item = Extended> + '_ {
    crate::trace::ops_in(words)
        .filter_map(|(word, count)| Some(Extended { count, ..Extended::one(word.kind()?, word) }))
}

impl Packing {
    /// Refuses what the driver cannot run, and finds out what is rare.
    fn of(trace: &Trace) -> Result<Packing, DealError> {
        let mut per_class = [0; OpClass::ALL.len()];
        for (actor, stream) in trace.streams.iter().enumerate() {
            for (position, (word, count)) in stream.ops().enumerate() {
                let map = trace.header.maps.get(word.map());
                let (Some(kind), Some(map)) = (word.kind(), map) else {
                    return Err(DealError::Damaged { actor, position });
                };
                if word.key() >= map.keys || count == 0 || count > MAX_KEYS {
                    return Err(DealError::Damaged { actor, position });
                }
                per_class[kind.class() as usize] += 1;
            }
        }
        if per_class == [0; OpClass::ALL.len()] {
            return Err(DealError::Empty);
        }
        let all: u64 = per_class.iter().sum();
        let one_by_one = OpClass::ALL.map(|class| {
            matches!(class, OpClass::Scan | OpClass::Bulk)
                || (per_class[class as usize] as f64) < all as f64 * RARE_SHARE
        });
        Ok(Packing { one_by_one, renewed: renewed_maps(trace) })
    }

    /// Adds an op to a hand; `begins` if it is the first of its event there.
    #[inline]
    fn push(&self, op: Extended, begins: bool, hand: &mut Hand) {
        if !self.renewed[op.word.map()] {
            hand.push(op, self.one_by_one[op.kind.class() as usize]);
        } else if begins || !joins(op, hand) {
            hand.push(op, true);
        } else {
            hand.push_together(op);
        }
    }
}

/// Whether an op may join the last word of a hand: both on the same renewed map.
fn joins(op: Extended, hand: &Hand) -> bool {
    let Some(last) = hand.len().checked_sub(1) else { return false };
    hand.first_at(last).word.map() == op.word.map()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::testing::{ordered_trace, trace_of, word};
    use crate::trace::{Deal, Pace};

    /// The hands of a trace of one actor.
    fn deal(trace: &Trace, threads: usize) -> Result<Hands, DealError> {
        super::deal(trace, threads, None, 1)
    }

    fn only(hands: Result<Hands, DealError>) -> Vec<Hand> {
        hands.expect("dealt").into_iter().map(|mut hands| hands.remove(0)).collect()
    }

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
        let hands = only(deal(&trace, 3));
        for key in 0..50 {
            let holders = hands
                .iter()
                .filter(|hand| {
                    (0..hand.len())
                        .map(|position| hand.first_at(position))
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
        let hands = only(deal(&trace, 2));
        let writers = |hand: &Hand| -> std::collections::BTreeSet<u32> {
            let ops = (0..hand.len()).map(|position| hand.first_at(position));
            ops.filter(|op| op.kind == OpKind::Overwrite).map(|op| op.word.key()).collect()
        };
        assert!(writers(&hands[0]).is_disjoint(&writers(&hands[1])));
        for hand in &hands {
            assert!(hand.len() > 900, "one thread has {} of 3,000 ops", hand.len());
            for position in (0..hand.len()).step_by(3) {
                let (get, write) = (hand.first_at(position), hand.first_at(position + 2));
                assert_eq!((get.kind, write.kind), (OpKind::Get, OpKind::Overwrite));
                assert_eq!(get.word.key(), write.word.key());
                assert_eq!(hand.first_at(position + 1).count, 5);
            }
        }
    }

    #[test]
    fn commutative_updates_go_to_every_thread() {
        let trace = trace_of(vec![word(OpKind::Update, 0, 3); 100], 10, 10);
        let hands = only(deal(&trace, 2));
        assert_eq!((hands[0].len(), hands[1].len()), (50, 50));
    }

    #[test]
    fn rare_classes_and_scans_are_timed_one_by_one() {
        let mut words = vec![word(OpKind::Get, 0, 1); 1_000];
        words.push(word(OpKind::Overwrite, 0, 2));
        words.push(word(OpKind::Scan, 0, 0));
        let trace = trace_of(words, 10, 10);
        let hands = only(deal(&trace, 1));
        assert_eq!(hands[0].extended.len(), 2);
        assert_eq!(hands[0].first_at(1_000).kind, OpKind::Overwrite);
        assert_eq!(hands[0].first_at(1_001).kind, OpKind::Scan);
    }

    #[test]
    fn an_order_with_a_pace_is_refused_and_not_run_as_if_it_had_none() {
        let mut trace = ordered_trace(10);
        trace.header.actors[1].pace = Some(Pace { lap_ns: 1_000_000 });
        assert_eq!(deal(&trace, 2), Err(DealError::PacedOrder { actor: 1 }));
    }

    #[test]
    fn damaged_ops_are_refused_with_their_position() {
        let damaged = trace_of(vec![word(OpKind::Get, 0, 9), word(OpKind::Get, 0, 10)], 10, 10);
        assert_eq!(deal(&damaged, 1), Err(DealError::Damaged { actor: 0, position: 1 }));
        let other_map = trace_of(vec![word(OpKind::Get, 1, 0)], 10, 10);
        assert_eq!(deal(&other_map, 1), Err(DealError::Damaged { actor: 0, position: 0 }));
        let renewed = trace_of(vec![word(OpKind::NewMap, 0, 0)], 10, 10);
        assert!(deal(&renewed, 1).is_ok());
        assert_eq!(deal(&renewed, 2), Err(DealError::Renewed { map: 0 }));
        assert_eq!(deal(&trace_of(vec![], 10, 10), 1), Err(DealError::Empty));
    }
}
