//! `evmap/publish-each` and `evmap/publish-every-n`: two copies of one table, of which readers see
//! the one that was published last. The writer half sits in a mutex that all threads share, since
//! the crate has one writer. Nothing here remembers pending writes beside the crate's own log.

use std::any::TypeId;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::evmap::Options;
use ::evmap::handles::{ReadHandle, WriteHandle};
use foldhash::fast::FixedState;
use mapbench_core::adapter::{
    AdapterClass, AdapterSetting, BuildSetup, Capabilities, LenCost, MapAdapter, MapFamily,
    MapHandle, MapHasher, Meta, Waits, Was,
};
use mapbench_core::key::{BenchKey, InlineKey};
use mapbench_core::value::{Arc224, BenchValue, Boxed, Inline224};

/// The family `evmap/publish-each`.
#[derive(Debug, Clone, Copy)]
pub struct PublishEach;

/// The family `evmap/publish-every-n`.
#[derive(Debug, Clone, Copy)]
pub struct PublishEveryN;

/// Writes per publication of `evmap/publish-every-n` where the tuning names none.
pub const PUBLISH_EVERY_DEFAULT: u32 = 64;

impl MapFamily for PublishEach {
    const META: Meta = Meta {
        name: "evmap/publish-each",
        version: concat!("evmap ", env!("MAPBENCH_VERSION_EVMAP")),
        summary: "two copies of a table; every write is published before it returns",
        trade_offs: "Reads take no lock and write only to a counter of their own, so they scale \
            with the cores. Every write is made twice, once per copy, and waits until no reader \
            is left in the copy that it is about to change: a reader that is preempted stalls \
            all writers. Writers queue on one mutex. Memory is two tables, each with every value in a \
            bag that could hold more of them. The crate's writes do not say what was there before; the adapter \
            looks first, one more read per write, and does not publish a write that changes \
            nothing.",
        semantics: "Linearizable per call: a write is visible to every reader when it returns, \
            and writes, updates included, are serialised by the writer's mutex, under which the \
            published copy is the whole truth. A scan pins one copy, so it shows the map at one \
            moment, and writers wait for its end. A read guard held across a second publication \
            by the same thread is a deadlock; the adapter holds none across calls.",
        class: AdapterClass::Core,
        default_hasher: "siphash",
        capabilities: Capabilities { reads_wait: Waits::Never, ..Capabilities::LOCKED },
        settings: &[],
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S, true>;
}

impl MapFamily for PublishEveryN {
    const META: Meta = Meta {
        name: "evmap/publish-every-n",
        version: concat!("evmap ", env!("MAPBENCH_VERSION_EVMAP")),
        summary: "two copies of a table; every n-th write is published",
        trade_offs: "As publish-each, but the wait for readers and the swap of the copies are \
            paid once per n writes (`publish_every`, 64 unless set), so a write is mostly a push \
            on a log. What is bought with it is staleness: readers are up to n - 1 writes behind, \
            for as long as nobody writes. Read its figures as that trade, not as a faster map.",
        semantics: "Eventually consistent: a write becomes visible with the next publication, \
            which also publishes all writes before it, so readers see a past state of the map, \
            never a mixture. A thread may not see its own writes. Read-modify-write is not \
            offered: the writer sees published state only, so increments of a pending key would \
            be lost, and publishing before each of them would be publish-each by another name. \
            Upserts and removes do not say what was there before. `insert_if_absent` has to know, \
            and publishes first if anything is pending. `len` is that of the published copy.",
        class: AdapterClass::Core,
        default_hasher: "siphash",
        capabilities: Capabilities {
            read_modify_write: false,
            immediate_visibility: false,
            returns_previous: false,
            len: LenCost::Approximate,
            reads_wait: Waits::Never,
            // Those that publish.
            writes_wait_for_scans: Waits::SlowPath,
            ..Capabilities::LOCKED
        },
        settings: &[AdapterSetting::PUBLISH_EVERY],
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S, false>;
}

/// The adapter of both families.
#[derive(Debug)]
pub struct Adapter<K: BenchKey, V: BenchValue, S: MapHasher, const EACH: bool>(
    Mutex<Writer<K, V, S>>,
);

#[derive(Debug)]
struct Writer<K: BenchKey, V: BenchValue, S: MapHasher> {
    half: WriteHandle<K, V, (), S>,
    publish_every: u32,
    pending: u32,
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> Writer<K, V, S> {
    fn publish(&mut self) {
        self.half.publish();
        self.pending = 0;
    }

    /// Counts one write and publishes when it is time.
    #[inline]
    fn wrote(&mut self) {
        self.pending += 1;
        if self.pending >= self.publish_every {
            self.publish();
        }
    }

    /// Makes the published copy the whole truth.
    #[inline]
    fn settle(&mut self) {
        if self.pending != 0 {
            self.publish();
        }
    }
}

impl<K, V, S, const EACH: bool> MapAdapter<K, V, S> for Adapter<K, V, S, EACH>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    type Handle<'m> = Handle<'m, K, V, S, EACH>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        let options = Options::default().with_capacity(setup.capacity.unwrap_or(0));
        let mut half = writer_half(options, setup.hasher.clone());
        // Readers find no map before the first publication.
        half.publish();
        let publish_every = setup.tuning.publish_every.unwrap_or(PUBLISH_EVERY_DEFAULT).max(1);
        let writer =
            Writer { half, publish_every: if EACH { 1 } else { publish_every }, pending: 0 };
        Adapter(Mutex::new(writer))
    }

    fn handle(&self) -> Self::Handle<'_> {
        // The crate has a factory of read halves but gives none out; the write half has one to copy.
        let reader = ReadHandle::clone(&lock(&self.0).half);
        Handle { writer: &self.0, reader }
    }

    /// Publishes twice: the second time the log reaches the other copy too, and what was removed
    /// is dropped.
    fn quiesce(&self) {
        let mut writer = lock(&self.0);
        writer.publish();
        writer.publish();
    }
}

/// Makes the write half. Panics for kinds of key, value or hasher that mapbench does not have.
#[expect(unsafe_code, reason = "evmap takes a hasher, and keys of one's own, on one's word only")]
fn writer_half<K: BenchKey, V: BenchValue, S: MapHasher>(
    options: Options<(), std::hash::RandomState>,
    hasher: S,
) -> WriteHandle<K, V, (), S> {
    assert!(
        hash_alike::<K, V, S>(),
        "evmap is adapted for the key, value and hasher kinds of mapbench only"
    );
    // SAFETY: `hash_alike` admits only types for which equal inputs give equal hashes and equal
    // answers every time and in every clone.
    unsafe { options.with_hasher(hasher).assert_stable().0 }
}

/// Whether these are types that hash and compare their own bytes, and a hasher whose seed is fixed
/// and kept by a clone. The traits do not promise it, so the types are named.
fn hash_alike<K: BenchKey, V: BenchValue, S: MapHasher>() -> bool {
    let keys = [TypeId::of::<u64>(), TypeId::of::<InlineKey>()];
    let values = [
        TypeId::of::<u64>(),
        TypeId::of::<Inline224>(),
        TypeId::of::<Arc224>(),
        TypeId::of::<Boxed>(),
    ];
    let hashers = [TypeId::of::<FixedState>(), TypeId::of::<BuildHasherDefault<DefaultHasher>>()];
    keys.contains(&TypeId::of::<K>())
        && values.contains(&TypeId::of::<V>())
        && hashers.contains(&TypeId::of::<S>())
}

/// A thread that panicked is already an error of its own; the others go on.
#[inline]
fn lock<K, V, S>(writer: &Mutex<Writer<K, V, S>>) -> MutexGuard<'_, Writer<K, V, S>>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    writer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A handle of both families: a read half of its own and the way to the shared write half.
#[derive(Debug)]
pub struct Handle<'m, K: BenchKey, V: BenchValue, S: MapHasher, const EACH: bool> {
    writer: &'m Mutex<Writer<K, V, S>>,
    reader: ReadHandle<K, V, (), S>,
}

impl<K, V, S, const EACH: bool> Handle<'_, K, V, S, EACH>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    /// Whether the published copy has the key.
    #[inline]
    fn published(&self, key: &K) -> bool {
        self.reader.contains_key(key)
    }
}

impl<K, V, S, const EACH: bool> MapHandle<K, V> for Handle<'_, K, V, S, EACH>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    #[inline]
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        self.reader.get_one(key).map(|value| f(&value))
    }

    #[inline]
    fn contains(&mut self, key: &K) -> bool {
        self.published(key)
    }

    #[inline]
    fn upsert(&mut self, key: K, value: V) -> Was {
        let mut writer = lock(self.writer);
        let was = if EACH { Was::present(self.published(&key)) } else { Was::Unknown };
        writer.half.update(key, value);
        writer.wrote();
        was
    }

    #[inline]
    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        let mut writer = lock(self.writer);
        writer.settle();
        if self.published(&key) {
            return Was::Present;
        }
        writer.half.update(key, value);
        writer.wrote();
        Was::Absent
    }

    /// Nobody sees any of it before the one publication at its end.
    fn replace_all(
        &mut self,
        entries: impl Iterator<Item = (K, V)>,
        _stale: impl Iterator<Item = K>,
    ) {
        let mut writer = lock(self.writer);
        writer.half.purge();
        for (key, value) in entries {
            writer.half.update(key, value);
        }
        writer.publish();
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Was {
        let mut writer = lock(self.writer);
        let was = if EACH { Was::present(self.published(key)) } else { Was::Unknown };
        if was != Was::Absent {
            writer.half.remove_entry(*key);
            writer.wrote();
        }
        was
    }

    /// Correct for both families; `publish-every-n` does not offer it, because this publishes
    /// before each update of a map with pending writes.
    #[inline]
    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        let mut writer = lock(self.writer);
        writer.settle();
        // The read guard is gone before anything is published, which would wait for it.
        let Some(value) = self.reader.get_one(key).map(|value| f(&value)) else {
            return Was::Absent;
        };
        writer.half.update(*key, value);
        writer.wrote();
        Was::Present
    }

    fn scan(&mut self, mut f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        let Some(copy) = self.reader.enter() else { return };
        for (key, values) in &copy {
            if values.iter().any(|value| f(key, value).is_break()) {
                return;
            }
        }
    }

    #[inline]
    fn len(&mut self) -> usize {
        self.reader.len()
    }
}

#[cfg(test)]
mod tests {
    use mapbench_core::adapter::Tuning;

    use super::*;

    fn map<F: MapFamily>(publish_every: Option<u32>) -> F::Map<u64, u64, FixedState> {
        let tuning = Tuning { publish_every, ..Tuning::default() };
        let hasher = FixedState::default();
        MapAdapter::build(&BuildSetup { capacity: None, hasher, tuning: &tuning })
    }

    #[test]
    fn every_nth_write_publishes_all_before_it() {
        let map = map::<PublishEveryN>(Some(4));
        let (mut ours, mut theirs) = (map.handle(), map.handle());
        for key in 0..3 {
            assert_eq!(ours.upsert(key, 1), Was::Unknown);
            assert_eq!((ours.len(), theirs.len()), (0, 0));
        }
        ours.upsert(3, 1);
        assert_eq!((ours.len(), theirs.len()), (4, 4));
    }

    #[test]
    fn the_default_is_the_disclosed_one() {
        let map = map::<PublishEveryN>(None);
        let mut handle = map.handle();
        for key in 0..u64::from(PUBLISH_EVERY_DEFAULT) {
            assert_eq!(handle.len(), 0);
            handle.upsert(key, 1);
        }
        assert_eq!(handle.len(), PUBLISH_EVERY_DEFAULT as usize);
        assert!(PublishEveryN::META.trade_offs.contains(&PUBLISH_EVERY_DEFAULT.to_string()));
    }

    #[test]
    fn quiesce_publishes_what_is_pending() {
        let map = map::<PublishEveryN>(Some(1_000));
        let mut handle = map.handle();
        handle.upsert(1, 1);
        assert!(!handle.contains(&1));
        map.quiesce();
        assert!(handle.contains(&1));
    }

    #[test]
    fn insert_if_absent_sees_pending_writes() {
        let map = map::<PublishEveryN>(Some(1_000));
        let mut handle = map.handle();
        handle.upsert(1, 10);
        assert_eq!(handle.insert_if_absent(1, 11), Was::Present);
        handle.remove(&1);
        assert_eq!(handle.insert_if_absent(1, 12), Was::Absent);
        map.quiesce();
        assert_eq!(handle.get_cloned(&1), Some(12));
    }

    #[test]
    fn publish_each_ignores_the_interval() {
        let map = map::<PublishEach>(Some(1_000));
        let mut handle = map.handle();
        assert_eq!(handle.upsert(1, 1), Was::Absent);
        assert!(handle.contains(&1));
    }
}
