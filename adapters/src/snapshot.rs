//! `snapshot/arcswap-std` and `snapshot/arcswap-imbl`: an immutable table behind the `arc-swap`
//! crate's pointer. A writer copies the table, changes the copy and puts it in place of the one it
//! copied by compare-and-swap, or begins again. The two differ in their table and in nothing else.

use std::collections::HashMap;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use imbl::GenericHashMap;
use imbl::shared_ptr::DefaultSharedPtr;
use mapbench_core::adapter::{
    AdapterClass, BuildSetup, Capabilities, MapAdapter, MapFamily, MapHandle, MapHasher, Meta,
    Waits, Was,
};
use mapbench_core::driver::memory;
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

use crate::copying::{Copies, ENTRIES_COPIED, Views, table_bytes};

/// The family `snapshot/arcswap-std`.
#[derive(Debug, Clone, Copy)]
pub struct ArcSwapStd;

/// The family `snapshot/arcswap-imbl`.
#[derive(Debug, Clone, Copy)]
pub struct ArcSwapImbl;

const META: Meta = Meta {
    semantics: "Linearizable: a write takes effect when its table is put in place, and a reader \
        sees the table that is there when its call begins. `update` may run its closure again \
        if another writer came first. A scan walks through one table, the whole map at one \
        moment, and hinders nobody; writes go on meanwhile and are not in it. A writer that always \
        comes second can be kept waiting for ever. A table lives until the last reader lets go of \
        it, and that reader then pays for dropping it.",
    class: AdapterClass::Map,
    default_hasher: "siphash",
    capabilities: Capabilities {
        reads_wait: Waits::Never,
        writes_wait_for_scans: Waits::Never,
        ..Capabilities::LOCKED
    },
    ..Meta::NEW
};

impl MapFamily for ArcSwapStd {
    const META: Meta = Meta {
        name: "snapshot/arcswap-std",
        version: concat!("arc-swap ", env!("MAPBENCH_VERSION_ARC_SWAP")),
        summary: "an immutable HashMap; each write copies all of it and swaps",
        trade_offs: "Reads take no lock: they borrow the current table through a slot of their \
            thread and look up a plain `HashMap`. Every write that changes something copies every \
            entry, so its price grows with the map, and a write that loses the swap to another \
            pays again. Made for maps that are small or hardly ever written. Memory is a table \
            per write under way and per table that a reader still holds. Counted are `copies`, \
            their entries and bytes, `cas-retries`, and the age of the `views` that scans had.",
        ..META
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<HashMap<K, V, S>>;
}

impl MapFamily for ArcSwapImbl {
    const META: Meta = Meta {
        name: "snapshot/arcswap-imbl",
        version: concat!("imbl ", env!("MAPBENCH_VERSION_IMBL")),
        summary: "an immutable tree of hashes; each write copies a path and swaps",
        trade_offs: "As arcswap-std with a persistent table, the hash array mapped trie of the \
            `imbl` crate: a write copies the nodes on the path to its entry and shares the rest \
            with the table before, so its price grows with the logarithm of the map's size and \
            with the width of a node, which holds up to 32 entries in place. Reads follow the path \
            down, several lines where a flat table has one or two. Counted are the `copies` of \
            paths and their bytes as the allocator saw them, `cas-retries`, and the age of the \
            `views` that scans had.",
        ..META
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> =
        Adapter<GenericHashMap<K, V, S, DefaultSharedPtr>>;
}

/// An immutable table that can be copied and changed.
pub trait Table: Clone + Send + Sync + 'static {
    /// Keys.
    type Key: BenchKey;
    /// Values.
    type Value: BenchValue;
    /// Hasher.
    type Hasher: MapHasher;
    /// Whether it is known how many entries a copy copies.
    const COUNTS_ENTRIES: bool;
    /// An empty table.
    fn with(capacity: usize, hasher: Self::Hasher) -> Self;
    /// An empty table like this one.
    #[must_use]
    fn emptied(&self) -> Self;
    /// The value of a key.
    fn get(&self, key: &Self::Key) -> Option<&Self::Value>;
    /// Stores an entry.
    fn put(&mut self, key: Self::Key, value: Self::Value);
    /// Removes an entry.
    fn take(&mut self, key: &Self::Key);
    /// The entries.
    fn entries(&self) -> impl Iterator<Item = (&Self::Key, &Self::Value)>;
    /// How many.
    fn count(&self) -> usize;
    /// A copy that `change` was made to, and what was copied for it: entries and bytes.
    fn changed(&self, change: impl FnOnce(&mut Self)) -> (Self, usize, usize);
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> Table for HashMap<K, V, S> {
    type Key = K;
    type Value = V;
    type Hasher = S;
    const COUNTS_ENTRIES: bool = true;

    fn with(capacity: usize, hasher: S) -> Self {
        HashMap::with_capacity_and_hasher(capacity, hasher)
    }

    fn emptied(&self) -> Self {
        HashMap::with_capacity_and_hasher(self.len(), self.hasher().clone())
    }

    #[inline]
    fn get(&self, key: &K) -> Option<&V> {
        HashMap::get(self, key)
    }

    #[inline]
    fn put(&mut self, key: K, value: V) {
        self.insert(key, value);
    }

    #[inline]
    fn take(&mut self, key: &K) {
        self.remove(key);
    }

    fn entries(&self) -> impl Iterator<Item = (&K, &V)> {
        self.iter()
    }

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }

    fn changed(&self, change: impl FnOnce(&mut Self)) -> (Self, usize, usize) {
        let mut copy = self.clone();
        change(&mut copy);
        (copy, self.len(), table_bytes(self))
    }
}

impl<K, V, S> Table for GenericHashMap<K, V, S, DefaultSharedPtr>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    type Key = K;
    type Value = V;
    type Hasher = S;
    const COUNTS_ENTRIES: bool = false;

    /// The tree has no room to reserve.
    fn with(_capacity: usize, hasher: S) -> Self {
        GenericHashMap::with_hasher(hasher)
    }

    fn emptied(&self) -> Self {
        GenericHashMap::with_hasher(self.hasher().clone())
    }

    #[inline]
    fn get(&self, key: &K) -> Option<&V> {
        GenericHashMap::get(self, key)
    }

    #[inline]
    fn put(&mut self, key: K, value: V) {
        self.insert(key, value);
    }

    #[inline]
    fn take(&mut self, key: &K) {
        self.remove(key);
    }

    fn entries(&self) -> impl Iterator<Item = (&K, &V)> {
        self.iter()
    }

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }

    /// The tree does not say what it copies of its path, the allocator does; not how many entries
    /// those were.
    fn changed(&self, change: impl FnOnce(&mut Self)) -> (Self, usize, usize) {
        let before = memory::thread_counts();
        let mut copy = self.clone();
        change(&mut copy);
        let taken = memory::thread_counts().zip(before);
        let bytes = taken.map_or(0, |(after, before)| after.since(before).taken_bytes);
        (copy, 0, bytes as usize)
    }
}

/// The adapter of both families.
pub struct Adapter<T> {
    current: ArcSwap<T>,
    copies: Copies,
    cas_retries: AtomicU64,
    views: Views,
}

impl<T> fmt::Debug for Adapter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapter").finish_non_exhaustive()
    }
}

impl<T: Table> MapAdapter<T::Key, T::Value, T::Hasher> for Adapter<T> {
    type Handle<'m> = Handle<'m, T>;

    fn build(setup: &BuildSetup<'_, T::Hasher>) -> Self {
        let table = T::with(setup.capacity.unwrap_or(0), setup.hasher.clone());
        Adapter {
            current: ArcSwap::from_pointee(table),
            copies: Copies::default(),
            cas_retries: AtomicU64::new(0),
            views: Views::default(),
        }
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle(self)
    }

    fn counters(&self) -> Vec<(&'static str, u64)> {
        let retries = ("cas-retries", self.cas_retries.load(Ordering::Relaxed));
        let copies = self.copies.counters();
        copies
            .filter(|(name, _)| T::COUNTS_ENTRIES || *name != ENTRIES_COPIED)
            .chain([retries])
            .chain(self.views.counters())
            .collect()
    }
}

/// A handle of both families: a reference to the map.
pub struct Handle<'m, T>(&'m Adapter<T>);

impl<T> fmt::Debug for Handle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

impl<T: Table> Handle<'_, T> {
    /// Puts a changed copy in the place of the current table, again and again until no other writer
    /// comes between. `plan` says what there was and, if there is something to change, how.
    fn write<C>(&self, plan: impl Fn(&T) -> (Was, Option<C>)) -> Was
    where
        C: FnOnce(&mut T),
    {
        loop {
            let seen = self.0.current.load();
            let (was, change) = plan(&seen);
            let Some(change) = change else { return was };
            let (table, entries, bytes) = seen.changed(change);
            self.0.copies.add(entries, bytes);
            let found = self.0.current.compare_and_swap(&*seen, Arc::new(table));
            if Arc::ptr_eq(&seen, &found) {
                return was;
            }
            self.0.cas_retries.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl<T: Table> MapHandle<T::Key, T::Value> for Handle<'_, T> {
    #[inline]
    fn read<R>(&mut self, key: &T::Key, f: impl FnOnce(&T::Value) -> R) -> Option<R> {
        self.0.current.load().get(key).map(f)
    }

    fn upsert(&mut self, key: T::Key, value: T::Value) -> Was {
        self.write(|table| {
            let value = value.clone();
            let was = Was::present(table.get(&key).is_some());
            (was, Some(move |table: &mut T| table.put(key, value)))
        })
    }

    fn insert_if_absent(&mut self, key: T::Key, value: T::Value) -> Was {
        self.write(|table| {
            if table.get(&key).is_some() {
                return (Was::Present, None);
            }
            let value = value.clone();
            (Was::Absent, Some(move |table: &mut T| table.put(key, value)))
        })
    }

    fn remove(&mut self, key: &T::Key) -> Was {
        self.write(|table| match table.get(key) {
            Some(_) => (Was::Present, Some(|table: &mut T| table.take(key))),
            None => (Was::Absent, None),
        })
    }

    fn update(&mut self, key: &T::Key, f: impl Fn(&T::Value) -> T::Value) -> Was {
        self.write(|table| match table.get(key).map(&f) {
            Some(value) => (Was::Present, Some(move |table: &mut T| table.put(*key, value))),
            None => (Was::Absent, None),
        })
    }

    fn scan(&mut self, mut f: impl FnMut(&T::Key, &T::Value) -> ControlFlow<()>) {
        let table = self.0.current.load();
        self.0.views.walk(|| {
            for (key, value) in table.entries() {
                if f(key, value).is_break() {
                    return;
                }
            }
        });
    }

    /// Fills a table of its own and puts it in the place of whatever is there.
    fn replace_all(
        &mut self,
        entries: impl Iterator<Item = (T::Key, T::Value)>,
        _stale: impl Iterator<Item = T::Key>,
    ) {
        let mut table = self.0.current.load().emptied();
        for (key, value) in entries {
            table.put(key, value);
        }
        self.0.current.store(Arc::new(table));
    }

    #[inline]
    fn len(&mut self) -> usize {
        self.0.current.load().count()
    }
}

#[cfg(test)]
mod tests {
    use foldhash::fast::FixedState;
    use mapbench_core::adapter::Tuning;

    use super::*;

    fn counted<M: MapAdapter<u64, u64, FixedState>>(map: &M, name: &str) -> Option<u64> {
        map.counters().into_iter().find(|(counter, _)| *counter == name).map(|(_, count)| count)
    }

    fn map<F: MapFamily>() -> F::Map<u64, u64, FixedState> {
        let hasher = FixedState::default();
        MapAdapter::build(&BuildSetup { capacity: None, hasher, tuning: &Tuning::default() })
    }

    #[test]
    fn every_write_that_changes_something_copies_what_was_there() {
        let map = map::<ArcSwapStd>();
        let mut handle = map.handle();
        for key in 0..10 {
            handle.upsert(key, 1);
        }
        // 0 + 1 + ... + 9 entries of two words.
        assert_eq!(counted(&map, "copies"), Some(10));
        assert_eq!(counted(&map, ENTRIES_COPIED), Some(45));
        assert_eq!(counted(&map, "bytes-copied"), Some(45 * 16));
        handle.insert_if_absent(3, 2);
        handle.remove(&77);
        handle.update(&77, |value| value + 1);
        assert_eq!(counted(&map, "copies"), Some(10), "nothing was changed");
        assert_eq!(counted(&map, "cas-retries"), Some(0));
    }

    #[test]
    fn a_tree_says_nothing_of_entries() {
        let map = map::<ArcSwapImbl>();
        map.handle().upsert(1, 1);
        assert_eq!(counted(&map, "copies"), Some(1));
        assert_eq!(counted(&map, ENTRIES_COPIED), None);
    }

    #[test]
    fn a_scan_shows_the_table_of_its_beginning() {
        let map = map::<ArcSwapImbl>();
        let (mut handle, mut writer) = (map.handle(), map.handle());
        (0..100).for_each(|key| {
            handle.upsert(key, 1);
        });
        let mut shown = 0;
        handle.scan(|_, &value| {
            (0..100).for_each(|key| {
                writer.upsert(key, 2);
            });
            assert_eq!(value, 1);
            shown += 1;
            ControlFlow::Continue(())
        });
        assert_eq!((shown, counted(&map, "views")), (100, Some(1)));
    }
}
