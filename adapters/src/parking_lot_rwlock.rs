//! `parking_lot/rwlock`: the standard library's `HashMap` behind the `parking_lot` crate's
//! readers-writer lock. It differs from `std/rwlock` in the lock and in nothing else.

use std::ops::{Deref, DerefMut};

use mapbench_core::adapter::{AdapterClass, Capabilities, MapFamily, MapHasher, Meta};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;
use parking_lot::RwLock;

use crate::locked::{self, LockKind};

/// The family `parking_lot/rwlock`.
#[derive(Debug, Clone, Copy)]
pub struct ParkingLotRwLock;

impl MapFamily for ParkingLotRwLock {
    const META: Meta = Meta {
        name: "parking_lot/rwlock",
        version: concat!("parking_lot ", env!("MAPBENCH_VERSION_PARKING_LOT")),
        summary: "HashMap behind parking_lot's readers-writer lock",
        trade_offs: "The usual first step away from `std/rwlock`, and the same shape: one word \
            counts the readers, so every read writes to the same cache line, and a writer stops \
            everybody. A thread that has to wait spins for a while and then parks in a table that \
            all locks of the process share. Memory is one plain table.",
        semantics: "Linearizable: each call takes effect at one moment while it holds the lock. A \
            scan holds the read lock from the first entry to the last, so it shows the whole map \
            at one moment and no write passes meanwhile. A waiting writer holds new readers off, \
            and a lock that was waited for long enough is handed over, so nobody starves; for the \
            same reason a thread that already reads and asks to read again can be in a deadlock \
            with a writer between. The adapter never does. A panic does not poison the lock.",
        class: AdapterClass::Map,
        default_hasher: "siphash",
        capabilities: Capabilities::LOCKED,
        settings: &[locked::SCAN_COPY],
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S>;
}

/// The adapter of `parking_lot/rwlock`.
pub type Adapter<K, V, S> = locked::Adapter<K, V, S, ParkingLotRwLock>;

/// A handle of `parking_lot/rwlock`: a reference to the lock.
pub type Handle<'m, K, V, S> = locked::Handle<'m, K, V, S, ParkingLotRwLock>;

impl LockKind for ParkingLotRwLock {
    type Lock<T: Send + Sync + 'static> = RwLock<T>;

    fn new<T: Send + Sync + 'static>(value: T) -> RwLock<T> {
        RwLock::new(value)
    }

    #[inline]
    fn shared<T: Send + Sync + 'static>(lock: &RwLock<T>) -> impl Deref<Target = T> {
        lock.read()
    }

    #[inline]
    fn exclusive<T: Send + Sync + 'static>(lock: &RwLock<T>) -> impl DerefMut<Target = T> {
        lock.write()
    }
}
