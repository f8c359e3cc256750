//! `noop`: not a map. It reads the key, takes every op and keeps nothing, so that what remains is
//! the harness. It must stay as cheap as that, and must not let the compiler drop the harness's
//! own work.

use std::hint::black_box;
use std::marker::PhantomData;
use std::ops::ControlFlow;

use mapbench_core::adapter::{
    AdapterClass, BuildSetup, Capabilities, MapAdapter, MapFamily, MapHandle, MapHasher, Meta,
    Waits, Was,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

/// The family `noop`.
#[derive(Debug, Clone, Copy)]
pub struct Noop;

impl MapFamily for Noop {
    const META: Meta = Meta {
        name: "noop",
        version: concat!("mapbench ", env!("CARGO_PKG_VERSION")),
        summary: "no map: the floor of the harness",
        trade_offs: "Costs what the harness costs: fetching the op, making the key and the value, \
            and one fold over the bytes of the key. Subtract nothing by it; read it as the \
            smallest difference between two maps that could be seen at all. The floor is one per \
            op mix and key kind, so compare it within a scenario.",
        semantics: "Keeps nothing: reads find nothing, writes do not say what was there before, a \
            scan visits nothing. It declares every capability, so that no scenario skips it, and \
            its final state is not verified.",
        class: AdapterClass::Control,
        default_hasher: "none",
        capabilities: Capabilities {
            keeps_entries: false,
            reads_wait: Waits::Never,
            writes_wait_for_scans: Waits::Never,
            ..Capabilities::LOCKED
        },
        settings: &[],
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter;
}

/// The adapter of `noop`.
#[derive(Debug)]
pub struct Adapter;

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapAdapter<K, V, S> for Adapter {
    type Handle<'m> = Handle<'m>;

    fn build(_setup: &BuildSetup<'_, S>) -> Self {
        Adapter
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle(PhantomData)
    }
}

/// A handle of `noop`.
#[derive(Debug)]
pub struct Handle<'m>(PhantomData<&'m Adapter>);

#[inline]
fn take<K: BenchKey>(key: &K) {
    black_box(key.fold());
}

impl<K: BenchKey, V: BenchValue> MapHandle<K, V> for Handle<'_> {
    #[inline]
    fn read<R>(&mut self, key: &K, _f: impl FnOnce(&V) -> R) -> Option<R> {
        take(key);
        None
    }

    #[inline]
    fn upsert(&mut self, key: K, value: V) -> Was {
        take(&key);
        black_box(&value);
        Was::Unknown
    }

    #[inline]
    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        take(&key);
        black_box(&value);
        Was::Unknown
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Was {
        take(key);
        Was::Unknown
    }

    #[inline]
    fn update(&mut self, key: &K, _f: impl Fn(&V) -> V) -> Was {
        take(key);
        Was::Unknown
    }

    #[inline]
    fn scan(&mut self, _f: impl FnMut(&K, &V) -> ControlFlow<()>) {}

    #[inline]
    fn len(&mut self) -> usize {
        0
    }
}
