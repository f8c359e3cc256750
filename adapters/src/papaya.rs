//! `papaya/pin-per-op` and `papaya/pin-per-batch`: the lock-free table of the `papaya` crate. The
//! two differ in nothing but how long a guard lives, and neither keeps one for ever.

use std::ops::ControlFlow;

use ::papaya::{Guard, HashMap, LocalGuard};
use mapbench_core::adapter::{
    AdapterClass, BuildSetup, Capabilities, LenCost, MapAdapter, MapFamily, MapHandle, MapHasher,
    Meta, ScanConsistency, Waits, Was,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

/// The family `papaya/pin-per-op`.
#[derive(Debug, Clone, Copy)]
pub struct PinPerOp;

/// The family `papaya/pin-per-batch`.
#[derive(Debug, Clone, Copy)]
pub struct PinPerBatch;

const META: Meta = Meta {
    version: concat!("papaya ", env!("MAPBENCH_VERSION_PAPAYA")),
    semantics: "Single-key calls are linearizable and take no lock. `update` computes a new value \
        and puts it in place of the one that it saw by compare-and-swap, so its closure runs again \
        if another thread came first. A scan first helps a growth under way to its end, and then \
        shows a weak snapshot: an entry that is there all along is shown once, one that comes or \
        goes meanwhile may be shown or not. `len` adds up counters that each writer changes just \
        after its write, so it can lag behind by the writes in flight. A replaced or removed value \
        lives on until every guard that might see it is gone.",
    class: AdapterClass::Core,
    default_hasher: "siphash",
    capabilities: Capabilities {
        scan: ScanConsistency::Weak,
        len: LenCost::Approximate,
        reads_wait: Waits::Never,
        writes_wait_for_scans: Waits::Never,
        ..Capabilities::LOCKED
    },
    ..Meta::NEW
};

impl MapFamily for PinPerOp {
    const META: Meta = Meta {
        name: "papaya/pin-per-op",
        summary: "lock-free open addressing for readers, pinned anew for each call",
        trade_offs: "Made for reads: one probe over a line of one-byte tags, one pointer to the \
            entry, no lock and no store to shared memory. Each call enters and leaves the \
            collector, which on Linux costs a reader no fence because the reclaiming thread pays \
            for it with a system call to all processors (`membarrier`). Every write allocates an \
            entry and retires the old one; retired memory is handed on in batches of at least 32 \
            per thread. The table grows step by step, and writers move entries on their way.",
        ..META
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S, false>;
}

impl MapFamily for PinPerBatch {
    const META: Meta = Meta {
        name: "papaya/pin-per-batch",
        summary: "lock-free open addressing, pinned for some hundred calls at a time",
        trade_offs: "As pin-per-op, but the collector is entered once per batch of ops, as a \
            program does that keeps a pin over a loop. The price is memory: what anybody retires \
            while a batch runs is not freed before that batch ends, however long it takes.",
        ..META
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S, true>;
}

/// The adapter of both families.
pub struct Adapter<K: BenchKey, V: BenchValue, S: MapHasher, const PER_BATCH: bool>(
    HashMap<K, V, S>,
);

impl<K, V, S, const PER_BATCH: bool> std::fmt::Debug for Adapter<K, V, S, PER_BATCH>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Adapter").finish_non_exhaustive()
    }
}

impl<K, V, S, const PER_BATCH: bool> MapAdapter<K, V, S> for Adapter<K, V, S, PER_BATCH>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    type Handle<'m> = Handle<'m, K, V, S, PER_BATCH>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        let capacity = setup.capacity.unwrap_or(0);
        Adapter(HashMap::with_capacity_and_hasher(capacity, setup.hasher.clone()))
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle { map: &self.0, batch: None }
    }

    /// Hands the calling thread's retired objects to the collector. Those of other threads stay
    /// with them: the crate has no call for that.
    fn quiesce(&self) {
        self.0.guard().flush();
    }
}

/// A handle of both families. An op outside a batch takes a guard of its own.
pub struct Handle<'m, K: BenchKey, V: BenchValue, S: MapHasher, const PER_BATCH: bool> {
    map: &'m HashMap<K, V, S>,
    batch: Option<LocalGuard<'m>>,
}

impl<K, V, S, const PER_BATCH: bool> std::fmt::Debug for Handle<'_, K, V, S, PER_BATCH>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").field("pinned", &self.batch.is_some()).finish_non_exhaustive()
    }
}

impl<K, V, S, const PER_BATCH: bool> Handle<'_, K, V, S, PER_BATCH>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    #[inline]
    fn pinned<R>(&self, f: impl FnOnce(&HashMap<K, V, S>, &LocalGuard<'_>) -> R) -> R {
        match &self.batch {
            Some(guard) if PER_BATCH => f(self.map, guard),
            _ => f(self.map, &self.map.guard()),
        }
    }
}

impl<K, V, S, const PER_BATCH: bool> MapHandle<K, V> for Handle<'_, K, V, S, PER_BATCH>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    #[inline]
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        self.pinned(|map, guard| map.get(key, guard).map(f))
    }

    #[inline]
    fn contains(&mut self, key: &K) -> bool {
        self.pinned(|map, guard| map.contains_key(key, guard))
    }

    #[inline]
    fn upsert(&mut self, key: K, value: V) -> Was {
        self.pinned(|map, guard| Was::present(map.insert(key, value, guard).is_some()))
    }

    #[inline]
    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        self.pinned(|map, guard| Was::present(map.try_insert(key, value, guard).is_err()))
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Was {
        self.pinned(|map, guard| Was::present(map.remove(key, guard).is_some()))
    }

    #[inline]
    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        self.pinned(|map, guard| Was::present(map.update(*key, f, guard).is_some()))
    }

    fn scan(&mut self, mut f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        self.pinned(|map, guard| {
            for (key, value) in map.iter(guard) {
                if f(key, value).is_break() {
                    return;
                }
            }
        });
    }

    #[inline]
    fn len(&mut self) -> usize {
        self.map.len()
    }

    #[inline]
    fn begin_batch(&mut self) {
        if PER_BATCH {
            self.batch = Some(self.map.guard());
        }
    }

    #[inline]
    fn end_batch(&mut self) {
        if PER_BATCH {
            self.batch = None;
        }
    }
}
