//! A `HashMap` behind one lock, whichever lock that is: the body that `std/rwlock`, `std/mutex` and
//! `parking_lot/rwlock` share, so that they differ in their lock and in nothing else.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::ops::{ControlFlow, Deref, DerefMut};

use mapbench_core::adapter::{
    AdapterSetting, BuildSetup, MapAdapter, MapHandle, MapHasher, SettingValue, Tuning, Was,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::{BenchValue, ValueKind};

use crate::copying::{Copies, Views, table_bytes};

/// What a scan does under the lock: the strategies between which a program with one lock chooses.
pub const SCAN_COPY: AdapterSetting = AdapterSetting {
    key: "scan-copy",
    takes: SettingValue::Count { min: 0, max: 2 },
    summary: "what a scan copies under the lock and walks without it: 0 nothing, it walks under \
        the lock; 1 the table; 2 the values behind pointers too",
};

/// What a map needs whose scans copy.
#[derive(Debug)]
struct ScanCopy {
    /// Whether what values point to is copied too.
    deep: bool,
    copies: Copies,
    views: Views,
}

impl ScanCopy {
    fn of(tuning: &Tuning) -> Option<Box<Self>> {
        let depth = tuning.number(SCAN_COPY.key).filter(|&depth| depth > 0.0)?;
        let (copies, views) = (Copies::default(), Views::default());
        Some(Box::new(ScanCopy { deep: depth > 1.0, copies, views }))
    }

    fn copy<K: BenchKey, V: BenchValue, S: MapHasher>(
        &self,
        map: &HashMap<K, V, S>,
    ) -> HashMap<K, V, S> {
        if !self.deep {
            self.copies.add_table(map);
            return map.clone();
        }
        // A clone of any other kind is a deep copy in any case.
        let behind_pointers =
            if V::KIND == ValueKind::Arc224 { V::KIND.bytes() as usize } else { 0 };
        self.copies.add(map.len(), table_bytes(map) + map.len() * behind_pointers);
        let mut copy = HashMap::with_capacity_and_hasher(map.len(), map.hasher().clone());
        copy.extend(map.iter().map(|(key, value)| (*key, V::new(value.word()))));
        copy
    }
}

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
pub struct Adapter<K: BenchKey, V: BenchValue, S: MapHasher, L: LockKind> {
    lock: L::Lock<HashMap<K, V, S>>,
    /// `None` if scans walk under the lock.
    scan_copy: Option<Box<ScanCopy>>,
}

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
        Adapter {
            lock: L::new(HashMap::with_capacity_and_hasher(capacity, setup.hasher.clone())),
            scan_copy: ScanCopy::of(setup.tuning),
        }
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle { lock: &self.lock, scan_copy: self.scan_copy.as_deref() }
    }

    /// Nothing, unless scans copy.
    fn counters(&self) -> Vec<(&'static str, u64)> {
        let counters =
            |scan: &ScanCopy| scan.copies.counters().chain(scan.views.counters()).collect();
        self.scan_copy.as_deref().map(counters).unwrap_or_default()
    }
}

/// A handle: a reference to the lock.
pub struct Handle<'m, K: BenchKey, V: BenchValue, S: MapHasher, L: LockKind> {
    lock: &'m L::Lock<HashMap<K, V, S>>,
    scan_copy: Option<&'m ScanCopy>,
}

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
        L::shared(self.lock).get(key).map(f)
    }

    #[inline]
    fn contains(&mut self, key: &K) -> bool {
        L::shared(self.lock).contains_key(key)
    }

    #[inline]
    fn upsert(&mut self, key: K, value: V) -> Was {
        // The lock is free again when the previous value is dropped.
        let previous = L::exclusive(self.lock).insert(key, value);
        Was::present(previous.is_some())
    }

    #[inline]
    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        match L::exclusive(self.lock).entry(key) {
            Entry::Occupied(_) => Was::Present,
            Entry::Vacant(entry) => {
                entry.insert(value);
                Was::Absent
            }
        }
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Was {
        let removed = L::exclusive(self.lock).remove(key);
        Was::present(removed.is_some())
    }

    #[inline]
    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        match L::exclusive(self.lock).get_mut(key) {
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
            let map = L::shared(self.lock);
            (map.hasher().clone(), map.capacity())
        };
        let mut map = HashMap::with_capacity_and_hasher(capacity, hasher);
        map.extend(entries);
        // The lock is free again when the old map is dropped.
        let old = std::mem::replace(&mut *L::exclusive(self.lock), map);
        drop(old);
    }

    fn scan(&mut self, mut f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        let mut walk = |map: &HashMap<K, V, S>| {
            for (key, value) in map {
                if f(key, value).is_break() {
                    return;
                }
            }
        };
        let Some(scan) = self.scan_copy else { return walk(&L::shared(self.lock)) };
        let copy = scan.copy(&L::shared(self.lock));
        scan.views.walk(|| walk(&copy));
    }

    #[inline]
    fn len(&mut self) -> usize {
        L::shared(self.lock).len()
    }
}

#[cfg(test)]
mod tests {
    use foldhash::fast::FixedState;
    use mapbench_core::value::{Arc224, ValueWord};

    use super::*;
    use crate::std_rwlock;

    fn map(scan_copy: &str) -> std_rwlock::Adapter<u64, Arc224, FixedState> {
        let mut tuning = Tuning::default();
        tuning.set(&SCAN_COPY, scan_copy).expect("a value of the setting");
        let hasher = FixedState::default();
        MapAdapter::build(&BuildSetup { capacity: None, hasher, tuning: &tuning })
    }

    fn value(key: u64) -> Arc224 {
        Arc224::new(ValueWord::new(key as u32, 0, 0))
    }

    #[test]
    fn a_scan_that_copies_holds_no_lock_while_it_walks() {
        for scan_copy in ["1", "2"] {
            let map = map(scan_copy);
            let (mut handle, mut writer) = (map.handle(), map.handle());
            (0..10).for_each(|key| {
                handle.upsert(key, value(key));
            });
            let mut shown = 0;
            handle.scan(|&key, shown_value| {
                // Would wait for ever under the lock.
                writer.remove(&key);
                assert_eq!(*shown_value, value(key));
                shown += 1;
                ControlFlow::Continue(())
            });
            assert_eq!((shown, handle.len()), (10, 0));
        }
    }

    #[test]
    fn a_deep_copy_counts_what_pointers_point_to_and_a_plain_scan_nothing() {
        for (scan_copy, bytes) in [("1", 10 * 16), ("2", 10 * (16 + 224))] {
            let map = map(scan_copy);
            let mut handle = map.handle();
            (0..10).for_each(|key| {
                handle.upsert(key, value(key));
            });
            handle.scan(|_, _| ControlFlow::Break(()));
            let counters = map.counters();
            assert_eq!(
                counters[..3],
                [("copies", 1), ("entries-copied", 10), ("bytes-copied", bytes)]
            );
        }
        assert_eq!(map("0").counters(), []);
    }
}
