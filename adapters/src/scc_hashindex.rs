//! `scc/hashindex`: the `scc` crate's index for readers, whose entries never change in place. No
//! guard and no entry is held across calls.

use std::ops::ControlFlow;

use ::scc::hash_index::Entry;
use ::scc::{Guard, HashIndex};
use mapbench_core::adapter::{
    AdapterClass, BuildSetup, Capabilities, LenCost, MapAdapter, MapFamily, MapHandle, MapHasher,
    Meta, ScanConsistency, Waits, Was,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

use crate::scc_hashmap;

/// The family `scc/hashindex`.
#[derive(Debug, Clone, Copy)]
pub struct SccHashIndex;

impl MapFamily for SccHashIndex {
    const META: Meta = Meta {
        name: "scc/hashindex",
        version: concat!("scc ", env!("MAPBENCH_VERSION_SCC")),
        summary: "as scc/hashmap, with reads that lock nothing and may miss",
        trade_offs: "Reads and scans lock nothing and store nothing to shared memory but the \
            collector's word of their own thread. Writes lock their bucket of 32 entries. An \
            overwrite is a new entry and a mark on the old one, whose place is used again only \
            after every reader that may see it has gone, so overwriting takes room in the bucket, \
            and a bucket that is overwritten often gets a chain. `len` visits every bucket. What \
            it costs in correctness stands under Semantics.",
        semantics: "Not linearizable for readers: an overwrite adds the new entry and then marks \
            the old one, and a reader that has looked at the new one's place before and at the \
            old one's afterwards finds the key absent, though it was there all along; the crate \
            says that the order of its reads depends on the processor. Writes of a key are \
            serialised by its bucket's lock, `update` included. A scan is weak: it shows every \
            entry that is there all along, one that is overwritten or moved meanwhile perhaps \
            twice or not at all.",
        class: AdapterClass::Core,
        default_hasher: "siphash",
        capabilities: Capabilities {
            scan: ScanConsistency::Weak,
            len: LenCost::Scan,
            atomic_replace: false,
            reads_wait: Waits::Never,
            writes_wait_for_scans: Waits::Never,
            ..Capabilities::LOCKED
        },
        settings: &[],
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S>;
}

/// The adapter of `scc/hashindex`.
pub struct Adapter<K: BenchKey, V: BenchValue, S: MapHasher>(HashIndex<K, V, S>);

impl<K: BenchKey, V: BenchValue, S: MapHasher> std::fmt::Debug for Adapter<K, V, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Adapter").finish_non_exhaustive()
    }
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapAdapter<K, V, S> for Adapter<K, V, S> {
    type Handle<'m> = Handle<'m, K, V, S>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        let capacity = setup.capacity.unwrap_or(0);
        Adapter(HashIndex::with_capacity_and_hasher(capacity, setup.hasher.clone()))
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle(&self.0)
    }

    fn quiesce(&self) {
        scc_hashmap::pass_epochs();
    }
}

/// A handle of `scc/hashindex`: a reference to the index.
pub struct Handle<'m, K: BenchKey, V: BenchValue, S: MapHasher>(&'m HashIndex<K, V, S>);

impl<K: BenchKey, V: BenchValue, S: MapHasher> std::fmt::Debug for Handle<'_, K, V, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapHandle<K, V> for Handle<'_, K, V, S> {
    #[inline]
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        self.0.peek_with(key, |_, value| f(value))
    }

    #[inline]
    fn contains(&mut self, key: &K) -> bool {
        self.0.contains(key)
    }

    #[inline]
    fn upsert(&mut self, key: K, value: V) -> Was {
        match self.0.entry_sync(key) {
            Entry::Occupied(mut entry) => {
                entry.update(value);
                Was::Present
            }
            Entry::Vacant(entry) => {
                drop(entry.insert_entry(value));
                Was::Absent
            }
        }
    }

    #[inline]
    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        Was::present(self.0.insert_sync(key, value).is_err())
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Was {
        Was::present(self.0.remove_sync(key))
    }

    #[inline]
    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        match self.0.get_sync(key) {
            Some(mut entry) => {
                let value = f(entry.get());
                entry.update(value);
                Was::Present
            }
            None => Was::Absent,
        }
    }

    fn scan(&mut self, mut f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        let guard = Guard::new();
        for (key, value) in self.0.iter(&guard) {
            if f(key, value).is_break() {
                return;
            }
        }
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
