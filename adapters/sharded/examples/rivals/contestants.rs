//! The maps that run against each other, and the loop that runs a trace on one of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::hint::black_box;
use std::sync::{Arc, RwLock};

use dashmap::DashMap;
use foldhash::fast::FixedState;
use mapbench_sharded::ShardedMap;

use crate::trace::{
    GET, GET_SECOND, KEY_BITS, OVERWRITE, REMOVE, SECOND_KEYS, Trace, UPDATE, UPDATE_SECOND,
};

pub(crate) type StringKey = [u8; 40];
pub(crate) type Payload = Arc<[u64; 28]>;

/// What the workloads need of a value.
pub(crate) trait Value: Clone + Send + Sync + 'static {
    fn first(&self) -> u64;
    fn next(&self) -> Self;
}

impl Value for u64 {
    fn first(&self) -> u64 {
        *self
    }
    fn next(&self) -> Self {
        self + 1
    }
}

impl Value for Payload {
    fn first(&self) -> u64 {
        self[0]
    }
    fn next(&self) -> Self {
        let mut words = **self;
        words[0] += 1;
        Arc::new(words)
    }
}

/// What the workloads need of a map.
pub(crate) trait Map<K, V>: Send + Sync {
    fn get(&self, key: &K) -> u64;
    fn put(&self, key: K, value: V);
    fn take(&self, key: &K);
    /// Replaces the value by the next one, in one step.
    fn step(&self, key: &K);
}

/// Two maps of a kind and the trace's keys, ready to run.
struct Contestant<M, K, V> {
    first: M,
    second: M,
    keys: Arc<[(K, V)]>,
}

pub(crate) trait Run: Send + Sync {
    /// Runs `ops`, and returns something that depends on all they read.
    fn run(&self, ops: &[u32]) -> u64;
}

impl<K, V, M> Run for Contestant<M, K, V>
where
    K: Copy + Send + Sync,
    V: Value,
    M: Map<K, V>,
{
    #[inline(never)]
    fn run(&self, ops: &[u32]) -> u64 {
        let mut sum = 0_u64;
        for &op in ops {
            let (key, value) = &self.keys[(op & ((1 << KEY_BITS) - 1)) as usize];
            match op >> KEY_BITS {
                GET => sum = sum.wrapping_add(self.first.get(key)),
                OVERWRITE => self.first.put(*key, value.clone()),
                UPDATE => self.first.step(key),
                REMOVE => self.first.take(key),
                GET_SECOND => sum = sum.wrapping_add(self.second.get(key)),
                UPDATE_SECOND => self.second.step(key),
                other => unreachable!("no operation has the number {other}"),
            }
        }
        black_box(sum)
    }
}

/// All contestants, ours first, filled as the trace wants them.
pub(crate) fn contestants<K, V>(
    trace: &Trace,
    keys: &[(K, V)],
    shards: Option<usize>,
) -> Vec<(&'static str, Box<dyn Run>)>
where
    K: Copy + Eq + Hash + Send + Sync + 'static,
    V: Value,
{
    let hasher = || FixedState::with_seed(7);
    let keys: Arc<[(K, V)]> = keys.into();
    vec![
        (
            "ours",
            ready(trace, &keys, || match shards {
                Some(shards) => ShardedMap::with_shards_and_hasher(shards, hasher()),
                None => ShardedMap::with_hasher(hasher()),
            }),
        ),
        (
            "dashmap-256",
            ready(trace, &keys, || DashMap::with_hasher_and_shard_amount(hasher(), 256)),
        ),
        ("dashmap", ready(trace, &keys, || DashMap::with_hasher(hasher()))),
        ("std-rwlock", ready(trace, &keys, || RwLock::new(HashMap::with_hasher(hasher())))),
    ]
}

fn ready<K, V, M>(trace: &Trace, keys: &Arc<[(K, V)]>, make: impl Fn() -> M) -> Box<dyn Run>
where
    K: Copy + Send + Sync + 'static,
    V: Value,
    M: Map<K, V> + 'static,
{
    let [first, second] = [trace.prefill, SECOND_KEYS.min(trace.keys)].map(|prefill| {
        let map = make();
        for (key, value) in &keys[..prefill] {
            map.put(*key, value.clone());
        }
        map
    });
    Box::new(Contestant { first, second, keys: Arc::clone(keys) })
}

impl<K: Eq + Hash + Send + Sync, V: Value> Map<K, V> for ShardedMap<K, V, FixedState> {
    fn get(&self, key: &K) -> u64 {
        self.get_with(key, V::first).unwrap_or(0)
    }
    fn put(&self, key: K, value: V) {
        self.insert(key, value);
    }
    fn take(&self, key: &K) {
        self.remove(key);
    }
    fn step(&self, key: &K) {
        self.update(key, |value| {
            let next = value.next();
            std::mem::replace(value, next)
        });
    }
}

impl<K: Eq + Hash + Send + Sync, V: Value> Map<K, V> for DashMap<K, V, FixedState> {
    fn get(&self, key: &K) -> u64 {
        self.get(key).map_or(0, |value| value.first())
    }
    fn put(&self, key: K, value: V) {
        self.insert(key, value);
    }
    fn take(&self, key: &K) {
        self.remove(key);
    }
    fn step(&self, key: &K) {
        if let Some(mut value) = self.get_mut(key) {
            *value = value.next();
        }
    }
}

impl<K: Eq + Hash + Send + Sync, V: Value> Map<K, V> for RwLock<HashMap<K, V, FixedState>> {
    fn get(&self, key: &K) -> u64 {
        self.read().expect("nobody panics").get(key).map_or(0, V::first)
    }
    fn put(&self, key: K, value: V) {
        self.write().expect("nobody panics").insert(key, value);
    }
    fn take(&self, key: &K) {
        self.write().expect("nobody panics").remove(key);
    }
    fn step(&self, key: &K) {
        if let Some(value) = self.write().expect("nobody panics").get_mut(key) {
            *value = value.next();
        }
    }
}
