//! Bring your own map: the whole of `mapbench` with one more adapter beside the rivals.
//!
//! ```text
//! cargo run --release --example byom -- run -s read-heavy -a mine -a dashmap/v6 -t 1,2
//! ```
//!
//! What it takes is below: an adapter (how your map is built), a handle (how one thread calls it),
//! a family (what you declare about it), a `main` of one line, and a test of one line. Replace the
//! `Mutex<BTreeMap>` by your map and keep the rest.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mapbench_core::adapter::{
    BuildSetup, Capabilities, MapAdapter, MapFamily, MapHandle, MapHasher, Meta, Was,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

fn main() -> ExitCode {
    mapbench::run(mapbench_adapters::REGISTRY.with::<Mine>("mine"))
}

/// The family: your map over any type of key, value and hasher.
#[derive(Debug)]
struct Mine;

impl MapFamily for Mine {
    // Scenarios ask for capabilities; what you do not declare, you are not asked to do. Declare
    // what is true: `mapbench_adapters::conformance` checks it, and every trial verifies.
    const META: Meta = Meta {
        name: "mine",
        version: "byom 0.1.0",
        summary: "BTreeMap behind one mutex",
        trade_offs: "Ordered, so a look-up compares its way down a tree. Every call excludes every \
            other.",
        semantics: "Linearizable: each call takes effect while it holds the lock. A scan holds it \
            from the first entry to the last and visits them in order.",
        default_hasher: "none",
        capabilities: Capabilities { pluggable_hasher: false, ..Capabilities::LOCKED },
        ..Meta::NEW
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S>;
}

/// The map, shared by all threads.
#[derive(Debug)]
struct Adapter<K, V, S> {
    map: Mutex<BTreeMap<K, V>>,
    hasher: PhantomData<fn() -> S>,
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapAdapter<K, V, S> for Adapter<K, V, S> {
    type Handle<'m> = Handle<'m, K, V>;

    fn build(_setup: &BuildSetup<'_, S>) -> Self {
        // A tree has no capacity to reserve and no use for `setup.hasher`.
        Adapter { map: Mutex::new(BTreeMap::new()), hasher: PhantomData }
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle(&self.map)
    }
}

/// One thread's access. A map with guards or caches per thread keeps them here.
#[derive(Debug)]
struct Handle<'m, K, V>(&'m Mutex<BTreeMap<K, V>>);

impl<K, V> Handle<'_, K, V> {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: BenchKey, V: BenchValue> MapHandle<K, V> for Handle<'_, K, V> {
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        self.lock().get(key).map(f)
    }

    fn upsert(&mut self, key: K, value: V) -> Was {
        Was::present(self.lock().insert(key, value).is_some())
    }

    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        match self.lock().entry(key) {
            Entry::Occupied(_) => Was::Present,
            Entry::Vacant(entry) => {
                entry.insert(value);
                Was::Absent
            }
        }
    }

    fn remove(&mut self, key: &K) -> Was {
        Was::present(self.lock().remove(key).is_some())
    }

    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        let mut map = self.lock();
        let Some(value) = map.get_mut(key) else { return Was::Absent };
        *value = f(value);
        Was::Present
    }

    fn scan(&mut self, mut f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        // Where it broke off is known to the closure.
        let _ = self.lock().iter().try_for_each(|(key, value)| f(key, value));
    }

    fn len(&mut self) -> usize {
        self.lock().len()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn mine_does_what_it_declares() {
        mapbench_adapters::conformance::check::<super::Mine>();
    }
}
