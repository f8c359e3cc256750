//! A `HashMap` behind one lock, whichever lock that is: the body that `std/rwlock` and `std/mutex`
//! share, so that the two differ in their lock and in nothing else.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::ops::{ControlFlow, Deref, DerefMut};

use mapbench_core::adapter::{BuildSetup, MapAdapter, MapHandle, MapHasher, Was};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

/// A kind of lock. A lock that was poisoned by a panic goes on: the thread that panicked is
/// already an error of its own.
pub trait LockKind: fmt::Debug + 'static {
    /// The lock around a value.
    type Lock<T: Send + Sync + 'static>: Send + Sync + 'static;
    /// Puts a value behind a lock.
    fn new<T: Send + Sync + 'static>(value: T) -> Self::Lock<T>;
    /// Locks for reading.
    fn shared<T: Send + Sync + 'static>(lock: &Self::Lock<T>) -> impl Deref<Target = T>;
    /// Locks for writing.
    fn exclusive<T: Send + Sync + 'static>(lock: &Self::Lock<T>) -> impl DerefMut<Target = T>;
}

/// The adapter of a `HashMap` behind a lock of kind `L`.
pub struct Adapter<K: BenchKey, V: BenchValue, S: MapHasher, L: LockKind>(
    L::Lock<HashMap<K, V, S>>,
);

impl<K: BenchKey, V: BenchValue, S: MapHasher, L: LockKind> fmt::Debug for Adapter<K, V, S, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapter").finish_non_exhaustive()
    }
}

impl<K, V, S, L> MapAdapter<K, V, S> for Adapter<K, V, S, L>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
    L: LockKind,
{
    type Handle<'m> = Handle<'m, K, V, S, L>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        let capacity = setup.capacity.unwrap_or(0);
        Adapter(L::new(HashMap::with_capacity_and_hasher(capacity, setup.hasher.clone())))
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle(&self.0)
    }
}

/// A handle: a reference to the lock.
pub struct Handle<'m, K: BenchKey, V: BenchValue, S: MapHasher, L: LockKind>(
    &'m L::Lock<HashMap<K, V, S>>,
);

impl<K: BenchKey, V: BenchValue, S: MapHasher, L: LockKind> fmt::Debug for Handle<'_, K, V, S, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

impl<K, V, S, L> MapHandle<K, V> for Handle<'_, K, V, S, L>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
    L: LockKind,
{
    #[inline]
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        L::shared(self.0).get(key).map(f)
    }

    #[inline]
    fn contains(&mut self, key: &K) -> bool {
        L::shared(self.0).contains_key(key)
    }

    #[inline]
    fn upsert(&mut self, key: K, value: V) -> Was {
        // The lock is free again when the previous value is dropped.
        let previous = L::exclusive(self.0).insert(key, value);
        Was::present(previous.is_some())
    }

    #[inline]
    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        match L::exclusive(self.0).entry(key) {
            Entry::Occupied(_) => Was::Present,
            Entry::Vacant(entry) => {
                entry.insert(value);
                Was::Absent
            }
        }
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Was {
        let removed = L::exclusive(self.0).remove(key);
        Was::present(removed.is_some())
    }

    #[inline]
    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        match L::exclusive(self.0).get_mut(key) {
            Some(value) => {
                *value = f(value);
                Was::Present
            }
            None => Was::Absent,
        }
    }

    /// Fills a map of its own and puts it in the place of the old one, as client-go's store does.
    fn replace_all(
        &mut self,
        entries: impl Iterator<Item = (K, V)>,
        _stale: impl Iterator<Item = K>,
    ) {
        let (hasher, capacity) = {
            let map = L::shared(self.0);
            (map.hasher().clone(), map.capacity())
        };
        let mut map = HashMap::with_capacity_and_hasher(capacity, hasher);
        map.extend(entries);
        // The lock is free again when the old map is dropped.
        let old = std::mem::replace(&mut *L::exclusive(self.0), map);
        drop(old);
    }

    fn scan(&mut self, mut f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        for (key, value) in L::shared(self.0).iter() {
            if f(key, value).is_break() {
                return;
            }
        }
    }

    #[inline]
    fn len(&mut self) -> usize {
        L::shared(self.0).len()
    }
}
