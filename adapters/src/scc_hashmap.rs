//! `scc/hashmap`: the `scc` crate's map of locked buckets, through its blocking calls. No entry is
//! held across calls.

use std::ops::ControlFlow;

use ::scc::{Guard, HashMap};
use mapbench_core::adapter::{
    AdapterClass, BuildSetup, Capabilities, LenCost, MapAdapter, MapFamily, MapHandle, MapHasher,
    Meta, ScanConsistency, Waits, Was,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

/// The family `scc/hashmap`.
#[derive(Debug, Clone, Copy)]
pub struct SccHashMap;

impl MapFamily for SccHashMap {
    const META: Meta = Meta {
        name: "scc/hashmap",
        version: concat!("scc ", env!("MAPBENCH_VERSION_SCC")),
        summary: "one table of 32-entry buckets, one lock each, grown step by step",
        trade_offs: "A lock per bucket of 32 entries instead of one per shard: the more entries, \
            the more locks, and two callers meet only in one bucket. Reads lock the bucket too, \
            and so write to its line. Growing and shrinking go on bucket by bucket as callers come \
            by, so no call waits for the whole table, and calls during a growth look in two \
            tables. There is no counter of entries: `len` visits every bucket, as a scan does. \
            Entries lie in the buckets, without a pointer to follow.",
        semantics: "Single-key calls are linearizable; `update` runs its closure in place under \
            the bucket's lock. A scan locks one bucket after the other for reading: an entry that \
            is there all along is shown once, others may be shown or not, and buckets are of \
            different moments. A closure that calls back into the map may deadlock on its bucket.",
        class: AdapterClass::Core,
        default_hasher: "siphash",
        capabilities: Capabilities {
            scan: ScanConsistency::Weak,
            len: LenCost::Scan,
            reads_wait: Waits::Shard,
            writes_wait_for_scans: Waits::Shard,
            ..Capabilities::LOCKED
        },
        settings: &[],
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S>;
}

/// The adapter of `scc/hashmap`.
pub struct Adapter<K: BenchKey, V: BenchValue, S: MapHasher>(HashMap<K, V, S>);

impl<K: BenchKey, V: BenchValue, S: MapHasher> std::fmt::Debug for Adapter<K, V, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Adapter").finish_non_exhaustive()
    }
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapAdapter<K, V, S> for Adapter<K, V, S> {
    type Handle<'m> = Handle<'m, K, V, S>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        let capacity = setup.capacity.unwrap_or(0);
        Adapter(HashMap::with_capacity_and_hasher(capacity, setup.hasher.clone()))
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle(&self.0)
    }

    fn quiesce(&self) {
        pass_epochs();
    }
}

/// Lets the calling thread's retired memory go: the collector frees it three epochs later. What
/// other threads have retired stays with them.
pub(crate) fn pass_epochs() {
    for _ in 0..4 {
        let guard = Guard::new();
        guard.set_has_garbage();
        guard.accelerate();
    }
}

/// A handle of `scc/hashmap`: a reference to the map.
pub struct Handle<'m, K: BenchKey, V: BenchValue, S: MapHasher>(&'m HashMap<K, V, S>);

impl<K: BenchKey, V: BenchValue, S: MapHasher> std::fmt::Debug for Handle<'_, K, V, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapHandle<K, V> for Handle<'_, K, V, S> {
    #[inline]
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        self.0.read_sync(key, |_, value| f(value))
    }

    #[inline]
    fn contains(&mut self, key: &K) -> bool {
        self.0.contains_sync(key)
    }

    #[inline]
    fn upsert(&mut self, key: K, value: V) -> Was {
        Was::present(self.0.upsert_sync(key, value).is_some())
    }

    #[inline]
    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        Was::present(self.0.insert_sync(key, value).is_err())
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Was {
        Was::present(self.0.remove_sync(key).is_some())
    }

    #[inline]
    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        Was::present(self.0.update_sync(key, |_, value| *value = f(value)).is_some())
    }

    fn scan(&mut self, mut f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        self.0.iter_sync(|key, value| f(key, value).is_continue());
    }

    #[inline]
    fn len(&mut self) -> usize {
        self.0.len()
    }

    /// The default asks for the length, which visits every bucket.
    #[inline]
    fn is_empty(&mut self) -> bool {
        self.0.is_empty()
    }
}
