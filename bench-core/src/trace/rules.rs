//! The rules that traces keep, and what is said of one that breaks them. Nothing is computed here
//! that a trace could be used for.

use thiserror::Error;

use super::replay::Replay;
use super::{ActorSpec, KeySet, MapSpec, Stream, fixed_keys, order};
use crate::op::{MAX_KEYS, MAX_MAPS, OpClass, OpKind, OpWord};

/// Most keys of all maps together: counting accesses to each takes some bytes per key.
const MOST_KEYS: u64 = 1 << 26;

/// A rule of traces that one breaks.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum TraceError {
    /// The map table is too long, empty, or a map is out of bounds.
    #[error("map table: {0}")]
    Maps(String),
    /// There is not one stream per actor.
    #[error("{actors} actors but {streams} streams; every actor needs one")]
    Actors {
        /// Actors.
        actors: usize,
        /// Streams.
        streams: usize,
    },
    /// An op that is none, or is on a map or key that does not exist.
    #[error("op {position} of actor {actor}: {what}")]
    Op {
        /// Position of the actor.
        actor: usize,
        /// Number of the op's word in the stream.
        position: usize,
        /// What is wrong.
        what: String,
    },
    /// Event starts that are not ascending starts of ops.
    #[error("event starts of actor {actor} are not ascending positions of ops")]
    Events {
        /// Position of the actor.
        actor: usize,
    },
    /// What a stream says of the order or the times of its events does not hold.
    #[error("actor {actor} {what}")]
    Order {
        /// Position of the actor.
        actor: usize,
        /// What is wrong.
        what: String,
    },
    /// Two actors of a trace without an order write the same key.
    #[error(
        "actors {one} and {other} both write key {key} of {map} in order, and their events have \
         no order"
    )]
    Shared {
        /// Position of an actor.
        one: usize,
        /// Position of another.
        other: usize,
        /// Id of the map.
        map: String,
        /// The key.
        key: u32,
    },
    /// A lap of a steady trace ends with other keys than it began with.
    #[error("map {map} of a steady trace ends a lap with other keys than it began with")]
    NotSteady {
        /// Id of the map.
        map: String,
    },
}

/// The rules of traces, but for the map table's own and steadiness.
pub(crate) fn check(
    maps: &[MapSpec],
    actors: &[ActorSpec],
    streams: &[Stream],
) -> Result<(), TraceError> {
    if actors.len() != streams.len() {
        return Err(TraceError::Actors { actors: actors.len(), streams: streams.len() });
    }
    check_ops(maps, streams)?;
    check_between_ops(maps, actors, streams)
}

/// The rules of [`check`] beyond those of each op, for one stream per actor whose ops were checked
/// one by one already.
pub(super) fn check_between_ops(
    maps: &[MapSpec],
    actors: &[ActorSpec],
    streams: &[Stream],
) -> Result<(), TraceError> {
    order::check(actors, streams)?;
    check_writers(maps, streams)
}

/// Every word is an op on a key that exists, or the count of the range before it.
fn check_ops(maps: &[MapSpec], streams: &[Stream]) -> Result<(), TraceError> {
    for (actor, stream) in streams.iter().enumerate() {
        if fixed_keys::plain_codes(maps, &stream.words).is_some() {
            continue;
        }
        let mut position = 0;
        while position < stream.words.len() {
            let taken = check_op(maps, &stream.words[position..]);
            position += taken.map_err(|what| TraceError::Op { actor, position, what })?;
        }
        // An event that begins with a count would be no event.
        let mut ops = stream.events.iter().peekable();
        let mut start = 0;
        for (op, _) in stream.ops() {
            ops.next_if(|&&event| event == start);
            start += if op.kind() == Some(OpKind::Range) { 2 } else { 1 };
        }
        if ops.next().is_some() {
            return Err(TraceError::Events { actor });
        }
    }
    Ok(())
}

/// Checks the first op of `words`; returns how many words it takes.
fn check_op(maps: &[MapSpec], words: &[u32]) -> Result<usize, String> {
    let op = OpWord(words[0]);
    let kind = op.kind().ok_or_else(|| format!("op code {} is not an op", op.code()))?;
    let spec = maps.get(op.map()).ok_or_else(|| format!("there is no map {}", op.map()))?;
    if op.key() >= spec.keys {
        return Err(format!("key {} is not below the {} keys of {}", op.key(), spec.keys, spec.id));
    }
    if kind != OpKind::Range {
        return Ok(1);
    }
    let count = *words.get(1).ok_or("a range without its count")?;
    if count == 0 || count > MAX_KEYS {
        return Err(format!("a range of {count} keys; it has 1 to {MAX_KEYS}"));
    }
    Ok(2)
}

/// No actor.
const NOBODY: u16 = u16::MAX;

/// In a trace without an order, no two actors write the same key, unless both only update it.
fn check_writers(maps: &[MapSpec], streams: &[Stream]) -> Result<(), TraceError> {
    if streams.len() < 2 || streams.iter().any(|stream| !stream.numbers.is_empty()) {
        return Ok(());
    }
    let mut writers: Vec<Vec<u16>> =
        maps.iter().map(|spec| vec![NOBODY; spec.keys as usize]).collect();
    for updates in [false, true] {
        for (actor, stream) in streams.iter().enumerate() {
            for (op, _) in stream.ops() {
                let Some(keys) = written(op, maps, updates) else { continue };
                for key in keys {
                    let writer = &mut writers[op.map()][key as usize];
                    if *writer != NOBODY && *writer != actor as u16 {
                        let (one, other) = (usize::from(*writer), actor);
                        let map = maps[op.map()].id.clone();
                        return Err(TraceError::Shared { one, other, map, key });
                    }
                    if !updates {
                        *writer = actor as u16;
                    }
                }
            }
        }
    }
    Ok(())
}

/// The keys that an op writes: by updates, or in any other way.
fn written(op: OpWord, maps: &[MapSpec], updates: bool) -> Option<std::ops::Range<u32>> {
    let kind = op.kind()?;
    let is_update = kind == OpKind::Update;
    match kind.class() {
        OpClass::Write if is_update == updates => Some(op.key()..op.key() + 1),
        OpClass::Bulk if !updates => Some(0..maps[op.map()].keys),
        _ => None,
    }
}

pub(crate) fn check_maps(maps: &[MapSpec]) -> Result<(), TraceError> {
    if maps.is_empty() || maps.len() > MAX_MAPS {
        return Err(TraceError::Maps(format!("has {} maps; use 1 to {MAX_MAPS}", maps.len())));
    }
    let keys: u64 = maps.iter().map(|spec| u64::from(spec.keys)).sum();
    if keys > MOST_KEYS {
        return Err(TraceError::Maps(format!("has {keys} keys in all; use at most {MOST_KEYS}")));
    }
    for spec in maps {
        if spec.keys > MAX_KEYS || spec.preload > spec.keys {
            return Err(TraceError::Maps(format!(
                "{} preloads {} of {} keys; use at most {MAX_KEYS} keys",
                spec.id, spec.preload, spec.keys
            )));
        }
    }
    Ok(())
}

pub(super) fn check_steady(maps: &[MapSpec], replay: &Replay) -> Result<(), TraceError> {
    let strayed = maps
        .iter()
        .zip(&replay.present)
        .find(|(spec, present)| **present != KeySet::filled(spec.keys, spec.preload));
    match strayed {
        Some((spec, _)) => Err(TraceError::NotSteady { map: spec.id.clone() }),
        None => Ok(()),
    }
}
