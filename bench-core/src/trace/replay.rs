//! Replays a trace in event order on plain key sets: the state that every run must end in, and the
//! intended figures that measured ones are compared with. No map, no time, no values.

use std::collections::BTreeSet;

use thiserror::Error;

use super::{
    ActorSpec, Event, KeySet, MapSpec, Shape, Stream, Trace, TraceHeader, Unit, fixed_keys,
    key_counts, ops_in, order,
};
use crate::adapter::Requirement;
use crate::op::{MAX_KEYS, MAX_MAPS, OpClass, OpKind, OpWord};

/// A trace before its figures are known.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Canonical scenario name, or the import's format and file name.
    pub name: String,
    /// Name and version of the generator.
    pub generator: String,
    /// The seed.
    pub seed: u64,
    /// The parameters.
    pub parameters: serde_json::Value,
    /// Whether it may be looped.
    pub shape: Shape,
    /// What the ops amount to, if they amount to something.
    pub unit: Option<Unit>,
    /// The maps; their peaks are filled in.
    pub maps: Vec<MapSpec>,
    /// The actors.
    pub actors: Vec<ActorSpec>,
    /// One stream per actor.
    pub streams: Vec<Stream>,
}

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

/// What a replay found, over all maps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Ops.
    pub ops: u64,
    /// Reads (gets, range gets, presence checks).
    pub reads: u64,
    /// Reads that found their key.
    pub hits: u64,
    /// Writes.
    pub writes: u64,
    /// Writes that changed something.
    pub effective_writes: u64,
    /// Keys present at the end, per map.
    pub present: Vec<KeySet>,
    /// Most keys present at once, per map.
    pub peaks: Vec<u32>,
}

impl Replay {
    /// Hit share of the reads, `None` if there are none.
    pub fn hit_share(&self) -> Option<f64> {
        (self.reads > 0).then(|| self.hits as f64 / self.reads as f64)
    }

    /// Share of all ops that are writes which change something; 0 without ops.
    pub fn effective_write_share(&self) -> f64 {
        self.effective_writes as f64 / self.ops.max(1) as f64
    }
}

impl Draft {
    /// Checks the rules of traces and computes the figures of the header.
    pub fn finish(mut self) -> Result<Trace, TraceError> {
        check_maps(&self.maps)?;
        let (maps, streams) = (&self.maps, &self.streams);
        check(maps, &self.actors, streams)?;
        let (replay, top_key) = fixed_keys::figures(maps, streams).unwrap_or_else(|| {
            rayon::join(|| replay(maps, streams, |_, _| {}), || key_counts::top_key(maps, streams))
        });
        for (spec, peak) in self.maps.iter_mut().zip(&replay.peaks) {
            spec.peak = *peak;
        }
        if self.shape == Shape::Steady {
            check_steady(&self.maps, &replay)?;
        }
        let header = TraceHeader {
            name: self.name,
            generator: self.generator,
            seed: self.seed,
            parameters: self.parameters,
            shape: self.shape,
            maps: self.maps,
            actors: self.actors,
            unit: self.unit,
            ops: replay.ops,
            expected: replay.present.iter().map(KeySet::state).collect(),
            hit_share: replay.hit_share(),
            effective_write_share: replay.effective_write_share(),
            top_key,
        };
        Ok(Trace { header, streams: self.streams })
    }
}

impl Trace {
    /// Replays the trace in event order.
    pub fn replay(&self) -> Result<Replay, TraceError> {
        self.replay_watched(|_, _| {})
    }

    /// Replays the trace in event order and shows the state after every event, with the event's
    /// position in that order.
    pub fn replay_watched(&self, watch: impl FnMut(usize, &Replay)) -> Result<Replay, TraceError> {
        check(&self.header.maps, &self.header.actors, &self.streams)?;
        Ok(replay(&self.header.maps, &self.streams, watch))
    }

    /// What an adapter must be able to do to run it.
    pub fn requirements(&self) -> BTreeSet<Requirement> {
        let words = self.streams.iter().flat_map(Stream::ops);
        let codes = words.fold(0_u32, |codes, (op, _)| codes | 1 << op.code());
        let kinds = (0..16).filter(|code| codes >> code & 1 == 1).filter_map(OpKind::from_code);
        kinds.filter_map(|kind| kind.info().requires).collect()
    }
}

/// Replays checked streams in the order of their events.
pub(super) fn replay(
    maps: &[MapSpec],
    streams: &[Stream],
    mut watch: impl FnMut(usize, &Replay),
) -> Replay {
    let mut replay = Replay::new(maps);
    for (position, event) in order::in_order(streams).enumerate() {
        for (op, count) in ops_in(event.words) {
            replay.step(maps, op, count);
        }
        watch(position, &replay);
    }
    replay
}

/// Replays a trace in event order and shows the state after every op.
pub(super) fn replay_ops(
    trace: &Trace,
    watch: &mut impl FnMut(&Event<'_>, OpWord, u32, &Replay),
) -> Result<(), TraceError> {
    let maps = &trace.header.maps;
    check(maps, &trace.header.actors, &trace.streams)?;
    let mut replay = Replay::new(maps);
    for event in order::in_order(&trace.streams) {
        for (op, count) in ops_in(event.words) {
            replay.step(maps, op, count);
            watch(&event, op, count, &replay);
        }
    }
    Ok(())
}

impl Replay {
    /// Before the first op.
    fn new(maps: &[MapSpec]) -> Self {
        let present = maps.iter().map(|spec| KeySet::filled(spec.keys, spec.preload)).collect();
        let peaks = maps.iter().map(|spec| spec.preload).collect();
        Replay { ops: 0, reads: 0, hits: 0, writes: 0, effective_writes: 0, present, peaks }
    }

    /// Runs one op.
    #[inline]
    fn step(&mut self, maps: &[MapSpec], op: OpWord, count: u32) {
        let Some(kind) = op.kind() else { return };
        let (map, key) = (op.map(), op.key());
        let set = &mut self.present[map];
        self.ops += u64::from(count);
        let effective = match kind {
            OpKind::Get | OpKind::Has | OpKind::GetCloned => {
                self.reads += 1;
                self.hits += u64::from(set.contains(key));
                return;
            }
            OpKind::Range => {
                self.reads += u64::from(count);
                self.hits += set.count_in_range(key, count, maps[map].keys);
                return;
            }
            // An insert of a present key replaces it, as an overwrite does.
            OpKind::Insert | OpKind::Overwrite => {
                set.insert(key);
                true
            }
            OpKind::InsertIfAbsent => set.insert(key),
            OpKind::Update => set.contains(key),
            OpKind::Remove => set.remove(key),
            OpKind::NewMap => {
                *set = KeySet::filled(maps[map].keys, 0);
                return;
            }
            OpKind::ReplaceAll => {
                *set = KeySet::filled(maps[map].keys, maps[map].preload);
                return;
            }
            OpKind::Scan | OpKind::ScanPrefix | OpKind::Len => return,
        };
        self.writes += 1;
        self.effective_writes += u64::from(effective);
        self.peaks[map] = self.peaks[map].max(self.present[map].len());
    }
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

fn check_steady(maps: &[MapSpec], replay: &Replay) -> Result<(), TraceError> {
    let strayed = maps
        .iter()
        .zip(&replay.present)
        .find(|(spec, present)| **present != KeySet::filled(spec.keys, spec.preload));
    match strayed {
        Some((spec, _)) => Err(TraceError::NotSteady { map: spec.id.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::KeyRule;
    use crate::trace::Deal;

    fn draft(words: &[OpWord], events: &[u32], shape: Shape) -> Draft {
        let map = MapSpec {
            id: "M0".to_owned(),
            name: "store".to_owned(),
            key_rule: KeyRule::NsName,
            keys: 10,
            preload: 5,
            peak: 0,
        };
        Draft {
            name: "test".to_owned(),
            generator: "test".to_owned(),
            seed: 1,
            parameters: serde_json::Value::Null,
            shape,
            unit: None,
            maps: vec![map],
            actors: vec![ActorSpec::new("worker", Deal::Event)],
            streams: vec![Stream::of_events(
                words.iter().map(|word| word.0).collect(),
                events.to_vec(),
            )],
        }
    }

    fn error_of(draft: Draft) -> String {
        draft.finish().unwrap_err().to_string()
    }

    #[test]
    fn ops_on_what_does_not_exist_are_refused_by_position() {
        let get = OpWord::new(OpKind::Get, 0, 9);
        for (bad, expected) in [
            (OpWord::new(OpKind::Get, 0, 10), "op 1 of actor 0: key 10 is not below the 10 keys"),
            (OpWord::new(OpKind::Get, 1, 0), "op 1 of actor 0: there is no map 1"),
            (OpWord(15 << 28), "op 1 of actor 0: op code 15 is not an op"),
            (OpWord::new(OpKind::Range, 0, 0), "op 1 of actor 0: a range without its count"),
        ] {
            let error = error_of(draft(&[get, bad], &[], Shape::OneShot));
            assert!(error.starts_with(expected), "{error}");
        }
        for count in [0, MAX_KEYS + 1, u32::MAX] {
            let range = [OpWord::new(OpKind::Range, 0, 5), OpWord(count)];
            let error = error_of(draft(&range, &[], Shape::OneShot));
            assert!(error.contains("a range of"), "{error}");
        }
    }

    #[test]
    fn events_ascend_from_the_first_op() {
        let words = [OpWord::new(OpKind::Get, 0, 0); 3];
        assert!(draft(&words, &[0, 2], Shape::OneShot).finish().is_ok());
        for events in [&[1, 2][..], &[0, 0], &[0, 2, 1], &[0, 3]] {
            let error = error_of(draft(&words, events, Shape::OneShot));
            assert!(error.contains("event starts of actor 0"), "{events:?}: {error}");
        }
    }

    #[test]
    fn a_steady_trace_must_end_as_it_began() {
        let remove = OpWord::new(OpKind::Remove, 0, 4);
        let insert = OpWord::new(OpKind::Insert, 0, 4);
        assert!(draft(&[remove, insert], &[], Shape::Steady).finish().is_ok());
        let error = error_of(draft(&[remove], &[], Shape::Steady));
        assert!(error.contains("map M0 of a steady trace"), "{error}");
        let mut two = draft(&[], &[], Shape::Steady);
        two.streams.push(Stream::default());
        assert!(error_of(two).contains("1 actors but 2 streams"));
    }

    #[test]
    fn figures_are_those_of_the_event_order() {
        let op = |kind, key| OpWord::new(kind, 0, key);
        let words = [
            op(OpKind::Get, 4),
            op(OpKind::Get, 7),
            op(OpKind::Insert, 7),
            op(OpKind::Has, 7),
            op(OpKind::Remove, 8),
            op(OpKind::Update, 8),
            op(OpKind::InsertIfAbsent, 7),
            op(OpKind::Remove, 7),
        ];
        let trace = draft(&words, &[], Shape::OneShot).finish().unwrap();
        let header = &trace.header;
        assert_eq!((header.ops, header.maps[0].peak, header.expected[0].len), (8, 6, 5));
        assert_eq!(header.hit_share, Some(2.0 / 3.0));
        assert!((header.effective_write_share - 2.0 / 8.0).abs() < f64::EPSILON);
        assert_eq!(trace.requirements(), [Requirement::ReadModifyWrite].into());
        assert_eq!(
            trace.key_shares(0).map(|shares| (shares.accesses, shares.distinct)),
            Some((8, 3))
        );
        assert_eq!(trace.key_shares(1), None);
    }
}
