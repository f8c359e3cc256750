//! `std/mutex`: the standard library's `HashMap` behind its `Mutex`. Nothing is tuned here; it is
//! the least that can be called a concurrent map.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mapbench_core::adapter::{
    AdapterClass, BuildSetup, Capabilities, MapAdapter, MapFamily, MapHandle, MapHasher, Meta, Was,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

/// The family `std/mutex`.
#[derive(Debug, Clone, Copy)]
pub struct StdMutex;

impl MapFamily for StdMutex {
    const META: Meta = Meta {
        name: "std/mutex",
        version: "std",
        summary: "HashMap behind one mutex",
        trade_offs: "The cheapest lock there is: one thread alone pays two atomic operations on \
            one word. Every call excludes every other, reads included, so throughput falls as \
            soon as a second thread comes. Often ahead of the readers-writer lock all the same \
            where calls are short. Memory is one plain table.",
        semantics: "Linearizable: each call takes effect at one moment while it holds the lock. A \
            scan holds the lock from the first entry to the last, so it shows the whole map at \
            one moment, and nobody reads or writes meanwhile. The lock is not fair: a thread that \
            has just released it can take it again before one that waits.",
        class: AdapterClass::Core,
        default_hasher: "siphash",
        capabilities: Capabilities::LOCKED,
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S>;
}

/// The adapter of `std/mutex`.
#[derive(Debug)]
pub struct Adapter<K, V, S>(Mutex<HashMap<K, V, S>>);

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapAdapter<K, V, S> for Adapter<K, V, S> {
    type Handle<'m> = Handle<'m, K, V, S>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        let capacity = setup.capacity.unwrap_or(0);
        Adapter(Mutex::new(HashMap::with_capacity_and_hasher(capacity, setup.hasher.clone())))
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle(&self.0)
    }
}

/// A handle of `std/mutex`: a reference to the lock.
#[derive(Debug)]
pub struct Handle<'m, K, V, S>(&'m Mutex<HashMap<K, V, S>>);

impl<K, V, S> Handle<'_, K, V, S> {
    /// A thread that panicked is already an error of its own; the others go on.
    #[inline]
    fn lock(&self) -> MutexGuard<'_, HashMap<K, V, S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapHandle<K, V> for Handle<'_, K, V, S> {
    #[inline]
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        self.lock().get(key).map(f)
    }

    #[inline]
    fn contains(&mut self, key: &K) -> bool {
        self.lock().contains_key(key)
    }

    #[inline]
    fn upsert(&mut self, key: K, value: V) -> Was {
        // The lock is free again when the previous value is dropped.
        let previous = self.lock().insert(key, value);
        Was::present(previous.is_some())
    }

    #[inline]
    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        match self.lock().entry(key) {
            Entry::Occupied(_) => Was::Present,
            Entry::Vacant(entry) => {
                entry.insert(value);
                Was::Absent
            }
        }
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Was {
        let removed = self.lock().remove(key);
        Was::present(removed.is_some())
    }

    #[inline]
    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        match self.lock().get_mut(key) {
            Some(value) => {
                *value = f(value);
                Was::Present
            }
            None => Was::Absent,
        }
    }

    fn scan(&mut self, mut f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        for (key, value) in self.lock().iter() {
            if f(key, value).is_break() {
                return;
            }
        }
    }

    #[inline]
    fn len(&mut self) -> usize {
        self.lock().len()
    }
}
