//! Maps that a trace renews while it runs, like a scheduler's cycle state. A thread that uses one
//! takes the current map and makes a handle for the ops of one event, and the last one to let go
//! of an old map drops it. It runs no op.

use std::sync::{Arc, Mutex, PoisonError};

use crate::adapter::{BuildSetup, MapAdapter, MapHasher, Tuning};
use crate::key::BenchKey;
use crate::op::MAX_MAPS;
use crate::value::BenchValue;

/// The renewed maps of a trial, by number of the map.
pub(super) struct Renewal<A, S> {
    slots: [Option<Slot<A>>; MAX_MAPS],
    hasher: S,
    tuning: Tuning,
}

/// Where the current map of one number stands.
pub(super) struct Slot<A> {
    map: Mutex<Arc<A>>,
    capacity: Option<usize>,
}

impl<A> Slot<A> {
    /// A slot with its first map.
    pub(super) fn new(map: A, capacity: Option<usize>) -> Self {
        Slot { map: Mutex::new(Arc::new(map)), capacity }
    }

    /// The map that is current now.
    pub(super) fn current(&self) -> Arc<A> {
        Arc::clone(&self.map.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<A, S: MapHasher> Renewal<A, S> {
    pub(super) fn new(slots: [Option<Slot<A>>; MAX_MAPS], hasher: S, tuning: &Tuning) -> Self {
        Renewal { slots, hasher, tuning: tuning.clone() }
    }

    /// The slot of a map, if the trace renews it.
    #[inline]
    pub(super) fn slot(&self, map: usize) -> Option<&Slot<A>> {
        self.slots[map].as_ref()
    }

    /// Puts a new, empty map in the place of the current one.
    pub(super) fn renew<K: BenchKey, V: BenchValue>(&self, slot: &Slot<A>)
    where
        A: MapAdapter<K, V, S>,
    {
        let new = Arc::new(A::build(&BuildSetup {
            capacity: slot.capacity,
            hasher: self.hasher.clone(),
            tuning: &self.tuning,
        }));
        let old = {
            let mut map = slot.map.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *map, new)
        };
        drop(old);
    }
}
