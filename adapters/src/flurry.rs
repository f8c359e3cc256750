//! `flurry/guard-per-op` and `flurry/guard-per-batch`: the port of Java's `ConcurrentHashMap`. The
//! two differ in nothing but how long a guard lives, and neither keeps one for ever.

use std::ops::ControlFlow;

use ::flurry::{Guard, HashMap};
use mapbench_core::adapter::{
    AdapterClass, BuildSetup, Capabilities, LenCost, MapAdapter, MapFamily, MapHandle, MapHasher,
    Meta, ScanConsistency, Waits, Was,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

/// The family `flurry/guard-per-op`.
#[derive(Debug, Clone, Copy)]
pub struct GuardPerOp;

/// The family `flurry/guard-per-batch`.
#[derive(Debug, Clone, Copy)]
pub struct GuardPerBatch;

const SEMANTICS: &str = "Single-key calls are linearizable. `update` runs `compute_if_present`, \
    whose closure runs under the lock of the key's bin: one atomic step, called once. A scan is \
    weakly consistent, as in Java: an entry that is there all along is shown once, one that comes \
    or goes meanwhile may be shown or not, and a scan follows the table through a resize. `len` \
    reads one counter that each writer changes just after its write, so it can lag behind by the \
    writes in flight. A replaced or removed value lives on until every guard that might see it \
    is gone.";

const META: Meta = Meta {
    version: concat!("flurry ", env!("MAPBENCH_VERSION_FLURRY")),
    semantics: SEMANTICS,
    class: AdapterClass::Core,
    default_hasher: "ahash",
    capabilities: Capabilities {
        scan: ScanConsistency::Weak,
        len: LenCost::Approximate,
        reads_wait: Waits::Never,
        writes_wait_for_scans: Waits::Never,
        ..Capabilities::LOCKED
    },
    ..Meta::NEW
};

impl MapFamily for GuardPerOp {
    const META: Meta = Meta {
        name: "flurry/guard-per-op",
        summary: "Java's ConcurrentHashMap, pinned anew for each call",
        trade_offs: "Reads take no lock and follow pointers: bin, node, value. Each call enters \
            and leaves the collector, two atomic exchanges on a word of this thread's own, and \
            lets memory go as early as possible. A write allocates a node or a value, and locks \
            its bin unless that is empty; inserts and removes of all threads change one shared \
            counter. Threads share the work of growing the table. Retired memory is handed back \
            in batches of 120 objects per thread, so up to one such batch stays with each thread.",
        ..META
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S, false>;
}

impl MapFamily for GuardPerBatch {
    const META: Meta = Meta {
        name: "flurry/guard-per-batch",
        summary: "Java's ConcurrentHashMap, pinned for some hundred calls at a time",
        trade_offs: "As guard-per-op, but the collector is entered once per batch of ops, so a \
            read is the pointer chase and little else. The price is memory: what anybody retires \
            that a running batch may have seen is not freed before that batch ends, however \
            long it takes. A program gets this by keeping a guard over a loop.",
        ..META
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S, true>;
}

/// The adapter of both families.
#[derive(Debug)]
pub struct Adapter<K: BenchKey, V: BenchValue, S: MapHasher, const PER_BATCH: bool>(
    HashMap<K, V, S>,
);

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
    batch: Option<Guard<'m>>,
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
    fn pinned<R>(&self, f: impl FnOnce(&HashMap<K, V, S>, &Guard<'_>) -> R) -> R {
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
        self.pinned(|map, guard| {
            let updated = map.compute_if_present(key, |_, value| Some(f(value)), guard);
            Was::present(updated.is_some())
        })
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
