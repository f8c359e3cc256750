//! `std/rwlock`: the standard library's `HashMap` behind its `RwLock`. Nothing is tuned here; it
//! is what a program has before anyone has measured.

use std::ops::{Deref, DerefMut};
use std::sync::{PoisonError, RwLock};

use mapbench_core::adapter::{AdapterClass, Capabilities, MapFamily, MapHasher, Meta};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

use crate::locked::{self, LockKind};

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
        settings: &[locked::SCAN_COPY],
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S>;
}

/// The adapter of `std/rwlock`.
pub type Adapter<K, V, S> = locked::Adapter<K, V, S, StdRwLock>;

/// A handle of `std/rwlock`: a reference to the lock.
pub type Handle<'m, K, V, S> = locked::Handle<'m, K, V, S, StdRwLock>;

impl LockKind for StdRwLock {
    type Lock<T: Send + Sync + 'static> = RwLock<T>;

    fn new<T: Send + Sync + 'static>(value: T) -> RwLock<T> {
        RwLock::new(value)
    }

    #[inline]
    fn shared<T: Send + Sync + 'static>(lock: &RwLock<T>) -> impl Deref<Target = T> {
        lock.read().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn exclusive<T: Send + Sync + 'static>(lock: &RwLock<T>) -> impl DerefMut<Target = T> {
        lock.write().unwrap_or_else(PoisonError::into_inner)
    }
}
