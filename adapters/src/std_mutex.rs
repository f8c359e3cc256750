//! `std/mutex`: the standard library's `HashMap` behind its `Mutex`. Nothing is tuned here; it is
//! the least that can be called a concurrent map.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use mapbench_core::adapter::{AdapterClass, Capabilities, MapFamily, MapHasher, Meta};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

use crate::locked::{self, LockKind};

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
        settings: &[locked::SCAN_COPY],
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S>;
}

/// The adapter of `std/mutex`.
pub type Adapter<K, V, S> = locked::Adapter<K, V, S, StdMutex>;

/// A handle of `std/mutex`: a reference to the lock.
pub type Handle<'m, K, V, S> = locked::Handle<'m, K, V, S, StdMutex>;

impl LockKind for StdMutex {
    type Lock<T: Send + Sync + 'static> = Mutex<T>;

    fn new<T: Send + Sync + 'static>(value: T) -> Mutex<T> {
        Mutex::new(value)
    }

    #[inline]
    fn shared<T: Send + Sync + 'static>(lock: &Mutex<T>) -> impl Deref<Target = T> {
        lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn exclusive<T: Send + Sync + 'static>(lock: &Mutex<T>) -> impl DerefMut<Target = T> {
        lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
