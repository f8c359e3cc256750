//! `sharded`: the in-house map, `mapbench-sharded`, through its public API only. It gets nothing
//! that the other adapters do not get.

mod by_namespace;

use std::hash::BuildHasher;
use std::ops::ControlFlow;

pub use by_namespace::ByNamespace;

use mapbench_core::adapter::{
    AdapterClass, AdapterSetting, BuildSetup, Capabilities, LenCost, MapAdapter, MapFamily,
    MapHandle, MapHasher, Meta, ScanConsistency, Waits, Was,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;
use mapbench_sharded::ShardedMap;

/// The family `sharded`.
#[derive(Debug, Clone, Copy)]
pub struct Sharded;

impl MapFamily for Sharded {
    const META: Meta = Meta {
        name: "sharded",
        version: concat!("mapbench-sharded ", env!("CARGO_PKG_VERSION")),
        summary: "ours: shards with lock word and table header in one cache line",
        trade_offs: "Written by the authors of this benchmark. A call locks the one shard of its \
            key and finds lock, table header and length in a single cache line; there are 64 \
            shards per core by default, rounded up to a power of two (`shards`), so two threads \
            seldom meet on one unless they want the same key. A shard that is mostly read lets \
            its readers mark a line of their own thread instead of the lock word; its writers pay \
            for that, because they take the bias off and look at every reader's mark. The many \
            shards cost memory in small maps, each having a table of its own, and make scans and \
            `len` visit every one of them. With one thread it is behind maps with fewer locks.",
        semantics: "Single-key calls are linearizable; `update` runs its closure in place under \
            the shard's write lock. A scan read-locks one shard at a time and lets it go before \
            the next: each shard is shown as it was at one moment, different shards at different \
            moments. `len` takes no lock and adds up one counter per shard, exact when nobody \
            writes. A closure that calls back into the map may deadlock.",
        class: AdapterClass::Core,
        default_hasher: "foldhash",
        capabilities: Capabilities {
            scan: ScanConsistency::PerShard,
            len: LenCost::PerShard,
            reads_wait: Waits::Shard,
            writes_wait_for_scans: Waits::Shard,
            ..Capabilities::LOCKED
        },
        settings: &[AdapterSetting::SHARDS],
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S>;
}

/// The adapter of `sharded`.
#[derive(Debug)]
pub struct Adapter<K, V, S>(ShardedMap<K, V, S>);

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapAdapter<K, V, S> for Adapter<K, V, S> {
    type Handle<'m> = Handle<'m, K, V, S>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        Adapter(with_setup(setup, setup.hasher.clone()))
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle(&self.0)
    }
}

/// The map that a setup asks for, with a hasher.
fn with_setup<K, V, S, H>(setup: &BuildSetup<'_, S>, hasher: H) -> ShardedMap<K, V, H> {
    let capacity = setup.capacity.unwrap_or(0);
    match setup.tuning.shards {
        None => ShardedMap::with_capacity_and_hasher(capacity, hasher),
        Some(shards) => {
            ShardedMap::with_capacity_shards_and_hasher(capacity, shards as usize, hasher)
        }
    }
}

/// A handle of both families: a reference to the map.
#[derive(Debug)]
pub struct Handle<'m, K, V, S>(&'m ShardedMap<K, V, S>);

impl<K: BenchKey, V: BenchValue, S: BuildHasher> MapHandle<K, V> for Handle<'_, K, V, S> {
    #[inline]
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        self.0.get_with(key, f)
    }

    #[inline]
    fn contains(&mut self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    #[inline]
    fn get_cloned(&mut self, key: &K) -> Option<V> {
        self.0.get_cloned(key)
    }

    #[inline]
    fn upsert(&mut self, key: K, value: V) -> Was {
        Was::present(self.0.insert(key, value).is_some())
    }

    #[inline]
    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        Was::present(self.0.insert_if_absent(key, value).is_err())
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Was {
        Was::present(self.0.remove(key).is_some())
    }

    #[inline]
    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        Was::present(self.0.update(key, |value| *value = f(value)).is_some())
    }

    fn scan(&mut self, f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        // Whether the scan came to its end is known to the closure.
        let _ = self.0.try_for_each(f);
    }

    #[inline]
    fn len(&mut self) -> usize {
        self.0.len()
    }
}
