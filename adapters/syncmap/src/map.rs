//! The map: a read table behind an atomic pointer, a dirty table behind a mutex, and the moves from
//! one to the other. Values are the entries' (`entry.rs`), memory is `reclaim.rs`'s.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::ops::ControlFlow;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::entry::{Entry, Expunged};
use crate::reclaim::{Guard, Slot, Unpublished, collect, pin};
use crate::sync::{Mutex, MutexGuard};

type Table<K, V, S> = HashMap<K, Arc<Entry<V>>, S>;

/// A concurrent map after Go's `sync.Map` before 1.24. The [crate documentation](crate) says how it
/// works; here are the calls, each beside the Go method that it follows.
pub struct SyncMap<K, V, S = RandomState> {
    /// Never empty. Replaced with the mutex held.
    read: Slot<ReadOnly<K, V, S>>,
    dirty: Mutex<Dirty<K, V, S>>,
    hasher: S,
}

/// The read map, and whether the dirty map has keys that it lacks.
struct ReadOnly<K, V, S> {
    table: Arc<Table<K, V, S>>,
    amended: bool,
}

/// What the mutex guards.
struct Dirty<K, V, S> {
    /// All entries of the read map that are not expunged, and those that it lacks. `None` exactly
    /// if the read map is not amended.
    table: Option<Table<K, V, S>>,
    /// Misses since the last promotion.
    misses: usize,
    counters: Counters,
}

/// How often the map has done what its readers and writers pay for, since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// The dirty map became the read map.
    pub promotions: u64,
    /// A new dirty map was made of the live entries of the read map.
    pub copies: u64,
    /// Entries that all copies together put into a dirty map.
    pub entries_copied: u64,
    /// Calls that looked into the dirty map in vain or for a key that only it has, and so brought
    /// the next promotion nearer.
    pub misses: u64,
}

impl<K, V, S> Dirty<K, V, S> {
    fn entry<'a>(&'a self, key: &K) -> Option<&'a Arc<Entry<V>>>
    where
        K: Eq + Hash,
        S: BuildHasher,
    {
        self.table.as_ref()?.get(key)
    }

    fn len(&self) -> usize {
        self.table.as_ref().map_or(0, HashMap::len)
    }
}

impl<K, V> SyncMap<K, V>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// An empty map with a randomly seeded [`foldhash`].
    pub fn new() -> Self {
        Self::with_hasher(RandomState::default())
    }
}

impl<K, V> Default for SyncMap<K, V>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V, S> SyncMap<K, V, S>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
    S: BuildHasher + Clone + Send + Sync + 'static,
{
    /// An empty map that hashes keys with `hasher`. As Go's, it cannot be made with room for
    /// entries.
    pub fn with_hasher(hasher: S) -> Self {
        let table = Arc::new(HashMap::with_hasher(hasher.clone()));
        SyncMap {
            read: Slot::new(Unpublished::new(ReadOnly { table, amended: false })),
            dirty: Mutex::new(Dirty { table: None, misses: 0, counters: Counters::default() }),
            hasher,
        }
    }

    /// `Load`: calls `f` on the value of `key` and returns its answer, or `None` if the key is
    /// absent. Takes the mutex only if the read map lacks the key and is amended.
    #[inline]
    pub fn get_with<R>(&self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        let guard = pin();
        self.load(key, &guard).map(f)
    }

    /// `Load`, without a look at the value.
    #[inline]
    pub fn contains_key(&self, key: &K) -> bool {
        self.get_with(key, |_| ()).is_some()
    }

    /// `Swap`: stores `value` under `key`; returns whether the key was there. Takes the mutex for a
    /// key that the read map lacks or has expunged.
    #[inline]
    pub fn store(&self, key: K, value: V) -> bool {
        let guard = pin();
        let mut value = Unpublished::new(value);
        if let Some(entry) = self.read_map(&guard).table.get(&key) {
            match entry.try_swap(value, &guard) {
                Ok(was_there) => return was_there,
                Err(Expunged(back)) => value = back,
            }
        }
        self.store_locked(key, value, &guard)
    }

    /// `LoadOrStore`: stores `value` under `key` if the key is absent; returns whether it was
    /// there. Takes the mutex for a key that the read map lacks or has expunged.
    #[inline]
    pub fn store_if_absent(&self, key: K, mut value: V) -> bool {
        let guard = pin();
        if let Some(entry) = self.read_map(&guard).table.get(&key) {
            match entry.try_store_if_absent(value, &guard) {
                Ok(was_there) => return was_there,
                Err(Expunged(back)) => value = back,
            }
        }
        self.store_if_absent_locked(key, value, &guard)
    }

    /// `LoadAndDelete`: removes `key`; returns whether it was there. Takes the mutex only if the
    /// read map lacks the key and is amended.
    #[inline]
    pub fn remove(&self, key: &K) -> bool {
        let guard = pin();
        let read = self.read_map(&guard);
        match read.table.get(key) {
            Some(entry) => entry.delete(&guard),
            None => read.amended && self.remove_locked(key, &guard),
        }
    }

    /// A loop of `Load` and `CompareAndSwap`: replaces the value of `key` by `f` of it in one step;
    /// returns whether the key was there. `f` is called again if another thread is faster, and must
    /// not use the map: while the key is in the dirty map only it runs with the mutex held.
    #[inline]
    pub fn update(&self, key: &K, f: impl Fn(&V) -> V) -> bool {
        self.update_if(key, |value| Some(f(value)))
    }

    /// `CompareAndSwap`: replaces the value of `key` by `new` if it equals `old`; returns whether
    /// it did.
    pub fn compare_and_swap(&self, key: &K, old: &V, new: &V) -> bool
    where
        V: PartialEq + Clone,
    {
        self.update_if(key, |value| (value == old).then(|| new.clone()))
    }

    /// `Range`: promotes the dirty map if there is one, then visits the entries of the read map
    /// until `f` breaks.
    pub fn range(&self, mut f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        let guard = pin();
        let mut read = self.read_map(&guard);
        if read.amended {
            let mut dirty = self.lock();
            if self.read_map(&guard).amended {
                self.promote(&mut dirty, &guard);
            }
            read = self.read_map(&guard);
        }
        for (key, entry) in read.table.iter() {
            if entry.load(&guard).is_some_and(|value| f(key, value).is_break()) {
                return;
            }
        }
    }

    /// The number of entries, which Go's map does not tell: looks at each, with the mutex held while
    /// the read map is amended. Promotes nothing, so that a look from outside changes nothing. While
    /// others write it may be a number that the map never had.
    pub fn len(&self) -> usize {
        let guard = pin();
        let live = |table: &Table<K, V, S>| {
            table.values().filter(|entry| entry.load(&guard).is_some()).count()
        };
        let read = self.read_map(&guard);
        if !read.amended {
            return live(&read.table);
        }
        let dirty = self.lock();
        live(dirty.table.as_ref().unwrap_or(&self.read_map(&guard).table))
    }

    /// Whether [`len`](Self::len) is zero, at the same price.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the map has done so far. Takes the mutex.
    pub fn counters(&self) -> Counters {
        self.lock().counters
    }

    #[inline]
    fn read_map<'g>(&self, guard: &'g Guard) -> &'g ReadOnly<K, V, S> {
        let read = self.read.load(guard).value();
        read.expect("the read map is put in place with the map and only ever replaced")
    }

    /// Closures that panic leave both maps whole, so the mutex is as good after a panic as before.
    fn lock(&self) -> MutexGuard<'_, Dirty<K, V, S>> {
        self.dirty.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    #[inline]
    fn load<'g>(&self, key: &K, guard: &'g Guard) -> Option<&'g V> {
        let read = self.read_map(guard);
        match read.table.get(key) {
            Some(entry) => entry.load(guard),
            None if read.amended => self.load_locked(key, guard),
            None => None,
        }
    }

    #[cold]
    fn load_locked<'g>(&self, key: &K, guard: &'g Guard) -> Option<&'g V> {
        let mut dirty = self.lock();
        // It may have been promoted meanwhile; then there is no miss.
        let read = self.read_map(guard);
        if let Some(entry) = read.table.get(key) {
            return entry.load(guard);
        }
        if !read.amended {
            return None;
        }
        let found = dirty.entry(key).and_then(|entry| entry.load(guard));
        self.miss(&mut dirty, guard);
        found
    }

    #[cold]
    fn store_locked(&self, key: K, value: Unpublished<V>, guard: &Guard) -> bool {
        let mut dirty = self.lock();
        let read = self.read_map(guard);
        if let Some(entry) = read.table.get(&key) {
            Self::unexpunge(key, entry, &mut dirty);
            return entry.swap(value, guard);
        }
        if let Some(entry) = dirty.entry(&key) {
            return entry.swap(value, guard);
        }
        self.add(key, value, read, &mut dirty, guard);
        false
    }

    #[cold]
    fn store_if_absent_locked(&self, key: K, value: V, guard: &Guard) -> bool {
        let mut dirty = self.lock();
        let read = self.read_map(guard);
        // No entry stays expunged here, and nobody else can expunge one.
        let stored = |stored: Result<bool, Expunged<V>>| stored.unwrap_or(true);
        if let Some(entry) = read.table.get(&key) {
            Self::unexpunge(key, entry, &mut dirty);
            return stored(entry.try_store_if_absent(value, guard));
        }
        if let Some(entry) = dirty.entry(&key) {
            let was_there = stored(entry.try_store_if_absent(value, guard));
            self.miss(&mut dirty, guard);
            return was_there;
        }
        self.add(key, Unpublished::new(value), read, &mut dirty, guard);
        false
    }

    #[cold]
    fn remove_locked(&self, key: &K, guard: &Guard) -> bool {
        let mut dirty = self.lock();
        let read = self.read_map(guard);
        if let Some(entry) = read.table.get(key) {
            return entry.delete(guard);
        }
        if !read.amended {
            return false;
        }
        let removed = dirty.table.as_mut().and_then(|table| table.remove(key));
        self.miss(&mut dirty, guard);
        drop(dirty);
        removed.is_some_and(|entry| entry.delete(guard))
    }

    #[inline]
    fn update_if(&self, key: &K, f: impl Fn(&V) -> Option<V>) -> bool {
        let guard = pin();
        let read = self.read_map(&guard);
        match read.table.get(key) {
            Some(entry) => entry.update(f, &guard),
            None => read.amended && self.update_locked(key, f, &guard),
        }
    }

    #[cold]
    fn update_locked(&self, key: &K, f: impl Fn(&V) -> Option<V>, guard: &Guard) -> bool {
        let mut dirty = self.lock();
        if let Some(entry) = self.read_map(guard).table.get(key) {
            return entry.update(f, guard);
        }
        let Some(entry) = dirty.entry(key) else { return false };
        let updated = entry.update(f, guard);
        self.miss(&mut dirty, guard);
        updated
    }

    /// Lets an entry of the read map be stored to: in the dirty map again, if it was expunged.
    fn unexpunge(key: K, entry: &Arc<Entry<V>>, dirty: &mut Dirty<K, V, S>) {
        // An expunged entry means that there is a dirty map that lacks it.
        if entry.unexpunge()
            && let Some(table) = &mut dirty.table
        {
            table.insert(key, Arc::clone(entry));
        }
    }

    /// Adds a key that neither map has. The first one after a promotion pays for the copy.
    fn add(
        &self,
        key: K,
        value: Unpublished<V>,
        read: &ReadOnly<K, V, S>,
        dirty: &mut Dirty<K, V, S>,
        guard: &Guard,
    ) {
        if !read.amended {
            self.copy(read, dirty, guard);
            self.publish(ReadOnly { table: Arc::clone(&read.table), amended: true }, guard);
        }
        if let Some(table) = &mut dirty.table {
            table.insert(key, Arc::new(Entry::new(value)));
        }
    }

    /// `dirtyLocked`: makes the dirty map of the read map's live entries, and expunges the others.
    fn copy(&self, read: &ReadOnly<K, V, S>, dirty: &mut Dirty<K, V, S>, guard: &Guard) {
        let mut table = HashMap::with_capacity_and_hasher(read.table.len(), self.hasher.clone());
        let live = read.table.iter().filter(|(_, entry)| !entry.expunge_if_absent(guard));
        table.extend(live.map(|(key, entry)| (key.clone(), Arc::clone(entry))));
        dirty.counters.copies += 1;
        dirty.counters.entries_copied += table.len() as u64;
        dirty.table = Some(table);
    }

    /// `missLocked`: counts a miss, and promotes the dirty map when its copy is paid for.
    fn miss(&self, dirty: &mut Dirty<K, V, S>, guard: &Guard) {
        dirty.misses += 1;
        dirty.counters.misses += 1;
        if dirty.misses >= dirty.len() {
            self.promote(dirty, guard);
        }
    }

    fn promote(&self, dirty: &mut Dirty<K, V, S>, guard: &Guard) {
        let Some(table) = dirty.table.take() else { return };
        dirty.misses = 0;
        dirty.counters.promotions += 1;
        self.publish(ReadOnly { table: Arc::new(table), amended: false }, guard);
    }

    /// Puts another read map in place. For holders of the mutex.
    fn publish(&self, read: ReadOnly<K, V, S>, guard: &Guard) {
        self.read.swap(Unpublished::new(read), guard);
        // The collector is given retired objects in batches of 64 per thread. A table among them
        // would wait there with all its entries.
        guard.flush();
    }
}

impl<K, V, S> Drop for SyncMap<K, V, S> {
    /// What the map has retired does not belong to it any more: asks the collector to free it, as
    /// far as no thread is in an epoch.
    fn drop(&mut self) {
        collect();
    }
}

impl<K, V, S> fmt::Debug for SyncMap<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncMap").finish_non_exhaustive()
    }
}
