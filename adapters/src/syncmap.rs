//! `syncmap/read-dirty`: the algorithm of Go's `sync.Map` before 1.24, `mapbench-syncmap`, through
//! its public API only. It makes nothing of it better than a Go program would have it.

use std::ops::ControlFlow;

use mapbench_core::adapter::{
    AdapterClass, BuildSetup, Capabilities, LenCost, MapAdapter, MapFamily, MapHandle, MapHasher,
    Meta, ScanConsistency, Waits, Was,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;
use mapbench_syncmap::SyncMap;

/// The family `syncmap/read-dirty`.
#[derive(Debug, Clone, Copy)]
pub struct ReadDirty;

impl MapFamily for ReadDirty {
    const META: Meta = Meta {
        name: "syncmap/read-dirty",
        version: concat!("mapbench-syncmap ", env!("CARGO_PKG_VERSION")),
        summary: "Go's sync.Map before 1.24: a read map, a dirty map, promotion",
        trade_offs: "Written here from Go's published source, to test claims about it; not a map to \
            choose. Keys of the read map are read, overwritten and removed without a lock; each \
            store allocates a value, and each call enters an epoch, which Go's collector makes \
            unnecessary there. A new key locks a mutex, and the first one after a promotion copies \
            all live entries meanwhile. A call that does not find its key locks the mutex too, \
            while there are keys that only the dirty map has; as many such misses as that has \
            entries promote it, by the swap of a pointer. Each key is in two tables while there is \
            a dirty map, and a removed one stays in its table until the copy after the next \
            promotion. A replaced table is dropped, entry by entry, by whichever thread collects it. \
            It cannot be built with room for entries. Counters: promotions, copies, \
            entries-copied, misses.",
        semantics: "Single-key calls are linearizable. `update` is a loop of load and \
            compare-and-swap, whose closure may run several times, and with the mutex held while \
            only the dirty map has the key. A scan promotes the dirty map first, if there is one, \
            and then walks the read map without a lock: an entry that is there all along is shown \
            once, one that comes or goes meanwhile may be shown or not. `len`, which Go's map does \
            not have, looks at every entry, with the mutex held while there is a dirty map, and \
            promotes nothing. A replaced value lives on until no call is left that might see it.",
        class: AdapterClass::Map,
        default_hasher: "foldhash",
        capabilities: Capabilities {
            scan: ScanConsistency::Weak,
            len: LenCost::Scan,
            reads_wait: Waits::SlowPath,
            writes_wait_for_scans: Waits::SlowPath,
            ..Capabilities::LOCKED
        },
        settings: &[],
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S>;
}

/// The adapter of `syncmap/read-dirty`.
#[derive(Debug)]
pub struct Adapter<K, V, S>(SyncMap<K, V, S>);

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapAdapter<K, V, S> for Adapter<K, V, S> {
    type Handle<'m> = Handle<'m, K, V, S>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        Adapter(SyncMap::with_hasher(setup.hasher.clone()))
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle(&self.0)
    }

    /// Frees what was retired, but for a batch of values that stays with each other thread.
    fn quiesce(&self) {
        mapbench_syncmap::collect();
    }

    fn counters(&self) -> Vec<(&'static str, u64)> {
        let counters = self.0.counters();
        vec![
            ("promotions", counters.promotions),
            ("copies", counters.copies),
            ("entries-copied", counters.entries_copied),
            ("misses", counters.misses),
        ]
    }
}

/// A handle of `syncmap/read-dirty`: a reference to the map.
#[derive(Debug)]
pub struct Handle<'m, K, V, S>(&'m SyncMap<K, V, S>);

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapHandle<K, V> for Handle<'_, K, V, S> {
    #[inline]
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        self.0.get_with(key, f)
    }

    #[inline]
    fn contains(&mut self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    #[inline]
    fn upsert(&mut self, key: K, value: V) -> Was {
        Was::present(self.0.store(key, value))
    }

    #[inline]
    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        Was::present(self.0.store_if_absent(key, value))
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Was {
        Was::present(self.0.remove(key))
    }

    #[inline]
    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        Was::present(self.0.update(key, f))
    }

    fn scan(&mut self, f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        self.0.range(f);
    }

    fn len(&mut self) -> usize {
        self.0.len()
    }
}
