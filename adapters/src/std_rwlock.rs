//! `std/rwlock`: the standard library's `HashMap` behind its `RwLock`. Nothing is tuned here; it
//! is what a program has before anyone has measured.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::ControlFlow;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use mapbench_core::adapter::{
    AdapterClass, BuildSetup, Capabilities, MapAdapter, MapFamily, MapHandle, MapHasher, Meta, Was,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

/// The family `std/rwlock`.
#[derive(Debug, Clone, Copy)]
pub struct StdRwLock;

impl MapFamily for StdRwLock {
    const META: Meta = Meta {
        name: "std/rwlock",
        version: "std",
        summary: "HashMap behind one readers-writer lock",
        trade_offs: "One word counts the readers, so every read writes to the same cache line: \
            reads exclude nobody, yet two threads that only read are slower than one. A writer \
            stops everybody, and while the table grows that is for as long as moving every entry \
            takes. Memory is one plain table.",
        semantics: "Linearizable: each call takes effect at one moment while it holds the lock. A \
            scan holds the read lock from the first entry to the last, so it shows the whole map \
            at one moment and no write passes meanwhile. Which of a waiting reader and a waiting \
            writer goes first is up to the platform. Asking for the write lock while holding the \
            read lock is a deadlock; the adapter never does.",
        class: AdapterClass::Core,
        default_hasher: "siphash",
        capabilities: Capabilities::LOCKED,
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S>;
}

/// The adapter of `std/rwlock`.
#[derive(Debug)]
pub struct Adapter<K, V, S>(RwLock<HashMap<K, V, S>>);

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapAdapter<K, V, S> for Adapter<K, V, S> {
    type Handle<'m> = Handle<'m, K, V, S>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        let capacity = setup.capacity.unwrap_or(0);
        Adapter(RwLock::new(HashMap::with_capacity_and_hasher(capacity, setup.hasher.clone())))
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle(&self.0)
    }
}

/// A handle of `std/rwlock`: a reference to the lock.
#[derive(Debug)]
pub struct Handle<'m, K, V, S>(&'m RwLock<HashMap<K, V, S>>);

impl<K, V, S> Handle<'_, K, V, S> {
    /// A thread that panicked is already an error of its own; the others go on.
    #[inline]
    fn shared(&self) -> RwLockReadGuard<'_, HashMap<K, V, S>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn exclusive(&self) -> RwLockWriteGuard<'_, HashMap<K, V, S>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapHandle<K, V> for Handle<'_, K, V, S> {
    #[inline]
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        self.shared().get(key).map(f)
    }

    #[inline]
    fn contains(&mut self, key: &K) -> bool {
        self.shared().contains_key(key)
    }

    #[inline]
    fn upsert(&mut self, key: K, value: V) -> Was {
        // The lock is free again when the previous value is dropped.
        let previous = self.exclusive().insert(key, value);
        Was::present(previous.is_some())
    }

    #[inline]
    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        match self.exclusive().entry(key) {
            Entry::Occupied(_) => Was::Present,
            Entry::Vacant(entry) => {
                entry.insert(value);
                Was::Absent
            }
        }
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Was {
        let removed = self.exclusive().remove(key);
        Was::present(removed.is_some())
    }

    #[inline]
    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        match self.exclusive().get_mut(key) {
            Some(value) => {
                *value = f(value);
                Was::Present
            }
            None => Was::Absent,
        }
    }

    fn scan(&mut self, mut f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        for (key, value) in self.shared().iter() {
            if f(key, value).is_break() {
                return;
            }
        }
    }

    #[inline]
    fn len(&mut self) -> usize {
        self.shared().len()
    }
}
