//! Small traces, and a map and a link that the driver's own tests run against.

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use super::Link;
use crate::adapter::{BuildSetup, MapAdapter, MapFamily, MapHandle, MapHasher, Meta, Was};
use crate::event::{Order, TrialSpec, WorkerMessage};
use crate::key::{BenchKey, KeyRule, scramble};
use crate::op::{OpKind, OpWord};
use crate::trace::{
    ActorSpec, Deal, Draft, FinalState, MapSpec, Pace, Shape, Stream, Trace, TraceHeader, Unit,
};
use crate::value::BenchValue;

pub(super) fn word(kind: OpKind, map: u8, key: u32) -> u32 {
    OpWord::new(kind, map, key).0
}

pub(super) fn map_spec(keys: u32, preload: u32) -> MapSpec {
    MapSpec {
        id: "M0".to_owned(),
        name: "test".to_owned(),
        key_rule: KeyRule::Uid,
        keys,
        preload,
        peak: keys,
    }
}

/// A steady trace of one map whose keys are the preloaded ones after a lap.
pub(super) fn trace_of(words: Vec<u32>, keys: u32, preload: u32) -> Trace {
    let key_checksum =
        (0..preload).fold(0_u64, |sum, key| sum.wrapping_add(scramble(u64::from(key))));
    let mut present: Vec<bool> = (0..keys).map(|key| key < preload).collect();
    for word in words.iter().map(|&word| OpWord(word)) {
        if word.map() > 0 || word.key() >= keys {
            continue;
        }
        match word.kind() {
            Some(OpKind::Insert | OpKind::InsertIfAbsent | OpKind::Overwrite) => {
                present[word.key() as usize] = true;
            }
            Some(OpKind::Remove) => present[word.key() as usize] = false,
            _ => {}
        }
    }
    let len = present.iter().filter(|&&present| present).count() as u32;
    Trace {
        header: TraceHeader {
            name: "test/words".to_owned(),
            generator: "test".to_owned(),
            seed: 1,
            parameters: serde_json::Value::Null,
            shape: Shape::Steady,
            unit: None,
            maps: vec![map_spec(keys, preload)],
            actors: vec![ActorSpec::new("worker", Deal::Op)],
            ops: words.len() as u64,
            expected: vec![FinalState { len, key_checksum }],
            hit_share: None,
            effective_write_share: 0.0,
            top_key: None,
        },
        streams: vec![Stream::of(words)],
    }
}

/// Two maps that several actors use in an order, like a small scheduler: per subject an informer
/// stores it, the scheduler renews its scratch map and fills it, all threads read it, a binder
/// removes the subject, and the informer stores it again for the next lap.
pub(super) fn ordered_trace(subjects: u32) -> Trace {
    use OpKind::{Get, Insert, NewMap, Overwrite, Range, Remove, Update};
    let roles = [
        ("scheduler", Deal::Whole),
        ("informer", Deal::Whole),
        ("filter", Deal::Shares),
        ("binder", Deal::Turns),
    ];
    let mut streams = vec![Stream::default(); roles.len()];
    let mut number = 0;
    let mut event = |actor: usize, follows: Option<u32>, words: &[u32]| -> u32 {
        let stream = &mut streams[actor];
        stream.events.push(stream.words.len() as u32);
        stream.words.extend(words);
        stream.numbers.push(number);
        stream.follows.push(follows.unwrap_or(Stream::FREE));
        number += 1;
        number - 1
    };
    for subject in 0..subjects {
        let added = event(1, None, &[word(Overwrite, 0, subject), word(Update, 0, 0)]);
        let fills = [
            word(Get, 0, subject),
            word(NewMap, 1, 0),
            word(Insert, 1, 0),
            word(Insert, 1, 1),
            word(Update, 0, 0),
        ];
        let filled = event(0, Some(added), &fills);
        let read =
            event(2, Some(filled), &[word(Range, 1, 1), 21, word(Range, 0, subjects / 2), 41]);
        let bound = event(0, Some(read), &[word(Get, 1, 1), word(Get, 1, 2)]);
        let removed = event(3, Some(bound), &[word(Remove, 0, subject), word(Get, 0, subject)]);
        event(1, Some(removed), &[word(Get, 0, subject), word(Insert, 0, subject)]);
    }
    let mut scratch = map_spec(4, 2);
    scratch.id = "M1".to_owned();
    let draft = Draft {
        name: "test/ordered".to_owned(),
        generator: "test".to_owned(),
        seed: 1,
        parameters: serde_json::Value::Null,
        shape: Shape::Steady,
        unit: Some(Unit { name: "subjects".to_owned(), count: u64::from(subjects) }),
        maps: vec![map_spec(subjects, subjects), scratch],
        actors: roles.map(|(name, deal)| ActorSpec::new(name, deal)).into(),
        streams,
    };
    draft.finish().expect("keeps the rules of traces")
}

/// Readers without a pace, and a writer whose four events are due every millisecond.
pub(super) fn paced_trace() -> Trace {
    let reads = (0..5_000_u32).map(|step| word(OpKind::Get, 0, step * 7 % 100)).collect();
    let mut writer = Stream::default();
    for step in 0..4_u32 {
        writer.events.push(writer.words.len() as u32);
        writer
            .words
            .extend([word(OpKind::Remove, 0, 90 + step), word(OpKind::Insert, 0, 90 + step)]);
        writer.times_ns.push(u64::from(step) * 1_000_000);
    }
    let mut actor = ActorSpec::new("writer", Deal::Whole);
    actor.pace = Some(Pace { lap_ns: 4_000_000 });
    let draft = Draft {
        name: "test/paced".to_owned(),
        generator: "test".to_owned(),
        seed: 1,
        parameters: serde_json::Value::Null,
        shape: Shape::Steady,
        unit: None,
        maps: vec![map_spec(100, 100)],
        actors: vec![ActorSpec::new("reader", Deal::Op), actor],
        streams: vec![Stream::of(reads), writer],
    };
    draft.finish().expect("keeps the rules of traces")
}

pub(super) fn spec(threads: u32) -> TrialSpec {
    TrialSpec { timeout_ns: 20_000_000_000, ..TrialSpec::in_memory(threads) }
}

/// Orders that were written down before, and every message that came back.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) orders: VecDeque<Order>,
    pub(super) messages: Vec<WorkerMessage>,
}

impl Link for Script {
    fn next_order(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    fn send(&mut self, message: &WorkerMessage) {
        self.messages.push(message.clone());
    }
}

/// A correct map behind one lock, which can be told to misbehave at its `n`th write.
pub(super) struct Locked<K, V, S, const MISDEED: u8> {
    map: Mutex<(HashMap<K, V, S>, u64)>,
}

/// Does everything right.
pub(super) const HONEST: u8 = 0;
/// Drops every thousandth update.
pub(super) const LOSES: u8 = 1;
/// Panics at the thousandth update.
pub(super) const PANICS: u8 = 2;
/// Never returns from the thousandth update.
pub(super) const HANGS: u8 = 3;
/// Answers every read with the value of some other key.
pub(super) const LIES: u8 = 4;

pub(super) struct Family<const MISDEED: u8>;

impl<const MISDEED: u8> MapFamily for Family<MISDEED> {
    const META: Meta = Meta { name: "test/locked", ..Meta::NEW };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Locked<K, V, S, MISDEED>;
}

impl<K: BenchKey, V: BenchValue, S: MapHasher, const MISDEED: u8> MapAdapter<K, V, S>
    for Locked<K, V, S, MISDEED>
{
    type Handle<'m> = &'m Self;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        let map =
            HashMap::with_capacity_and_hasher(setup.capacity.unwrap_or(0), setup.hasher.clone());
        Locked { map: Mutex::new((map, 0)) }
    }

    fn handle(&self) -> &Self {
        self
    }

    fn counters(&self) -> Vec<(&'static str, u64)> {
        vec![("calls", self.map.lock().unwrap_or_else(PoisonError::into_inner).1)]
    }
}

impl<K: BenchKey, V: BenchValue, S: MapHasher, const MISDEED: u8> Locked<K, V, S, MISDEED> {
    fn with<R>(&self, run: impl FnOnce(&mut HashMap<K, V, S>, u64) -> R) -> R {
        let mut guard = self.map.lock().unwrap_or_else(PoisonError::into_inner);
        guard.1 += 1;
        let (map, calls) = &mut *guard;
        run(map, *calls)
    }
}

impl<K: BenchKey, V: BenchValue, S: MapHasher, const MISDEED: u8> MapHandle<K, V>
    for &Locked<K, V, S, MISDEED>
{
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        self.with(|map, _| {
            if MISDEED == LIES {
                return map.iter().find(|(other, _)| *other != key).map(|(_, value)| f(value));
            }
            map.get(key).map(f)
        })
    }

    fn upsert(&mut self, key: K, value: V) -> Was {
        self.with(|map, _| Was::present(map.insert(key, value).is_some()))
    }

    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        self.with(|map, _| {
            let present = map.contains_key(&key);
            map.entry(key).or_insert(value);
            Was::present(present)
        })
    }

    fn remove(&mut self, key: &K) -> Was {
        self.with(|map, _| Was::present(map.remove(key).is_some()))
    }

    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        self.with(|map, calls| {
            match (MISDEED, calls % 1_000) {
                (LOSES, 0) => return Was::Present,
                (PANICS, 0) => panic!("the thousandth call"),
                (HANGS, 0) => loop {
                    std::thread::park();
                },
                _ => {}
            }
            match map.get_mut(key) {
                Some(value) => {
                    *value = f(value);
                    Was::Present
                }
                None => Was::Absent,
            }
        })
    }

    fn scan(&mut self, mut f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        self.with(|map, _| {
            for (key, value) in map.iter() {
                if f(key, value).is_break() {
                    break;
                }
            }
        });
    }

    fn len(&mut self) -> usize {
        self.with(|map, _| map.len())
    }
}
