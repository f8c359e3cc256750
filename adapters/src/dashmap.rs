//! `dashmap/v6` and `dashmap/default`: the `dashmap` crate's map, as its documentation says to use
//! it; the second takes the crate's own hasher and shards whatever the run asks for. No guard
//! outlives a call, because a held one and a second call on the same shard are a deadlock.

use std::hash::{BuildHasher, RandomState};
use std::marker::PhantomData;
use std::ops::ControlFlow;

use ::dashmap::{DashMap, Entry};
use mapbench_core::adapter::{
    AdapterClass, AdapterSetting, BuildSetup, Capabilities, LenCost, MapAdapter, MapFamily,
    MapHandle, MapHasher, Meta, ScanConsistency, Tuning, Waits, Was,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

/// The family `dashmap/v6`.
#[derive(Debug, Clone, Copy)]
pub struct DashMapV6;

impl MapFamily for DashMapV6 {
    const META: Meta = Meta {
        name: "dashmap/v6",
        version: concat!("dashmap ", env!("MAPBENCH_VERSION_DASHMAP")),
        summary: "shards of hashbrown tables, one readers-writer lock each",
        trade_offs: "A call locks the one shard of its key, so calls meet only on the same shard; \
            reads write to that shard's lock word too. By default there are four shards per core, \
            rounded up to a power of two; more of them (`shards`) help on few cores at the price \
            of memory and of slower scans and `len`. A shard grows alone, so growth stops only \
            its own callers. The entry API takes the write lock even if the key is present. Each \
            visited entry of a scan costs two atomic operations on the scan's guard.",
        semantics: "Single-key calls are linearizable. A scan read-locks one shard after the \
            other and holds a shard until it has the next: each shard is shown as it was at one \
            moment, but shards at different moments, and `len` adds up shards in the same way. \
            Any call on a shard of which this thread holds a guard may deadlock; the adapter \
            holds none across calls, but a scan's closure must not write to the map.",
        class: AdapterClass::Core,
        default_hasher: "siphash",
        capabilities: Capabilities {
            scan: ScanConsistency::PerShard,
            len: LenCost::PerShard,
            reads_wait: Waits::Shard,
            writes_wait_for_scans: Waits::Shard,
            ..Capabilities::LOCKED
        },
        settings: &[AdapterSetting::SHARDS],
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S>;
}

/// The family `dashmap/default`.
#[derive(Debug, Clone, Copy)]
pub struct DashMapDefault;

impl MapFamily for DashMapDefault {
    const META: Meta = Meta {
        name: "dashmap/default",
        summary: "dashmap as it comes: its own hasher and number of shards",
        trade_offs: "What a program gets that writes `DashMap::new()`: the table of dashmap/v6 \
            with SipHash, whose keys are random in every process, and four shards per core. Its \
            distance from dashmap/v6 in the same run is the price of that hasher; beside other \
            maps it is no fair comparison, because they hash with the run's hasher.",
        class: AdapterClass::Map,
        capabilities: Capabilities { pluggable_hasher: false, ..DashMapV6::META.capabilities },
        settings: &[],
        ..DashMapV6::META
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = DefaultAdapter<K, V, S>;
}

/// `dashmap` refuses fewer than two shards and other counts than powers of two; more than this
/// would be memory without a use.
const SHARDS_MAX: u32 = 1 << 16;

/// The shards that `dashmap` will accept for a wish: the next power of two, 2 to 65,536.
fn shards(tuning: &Tuning) -> Option<usize> {
    tuning.shards.map(|wish| wish.clamp(2, SHARDS_MAX).next_power_of_two() as usize)
}

/// The adapter of `dashmap/v6`.
#[derive(Debug)]
pub struct Adapter<K: BenchKey, V: BenchValue, S: MapHasher>(DashMap<K, V, S>);

/// The adapter of `dashmap/default`, which leaves the run's hasher aside.
#[derive(Debug)]
pub struct DefaultAdapter<K: BenchKey, V: BenchValue, S: MapHasher> {
    map: DashMap<K, V, RandomState>,
    hasher: PhantomData<S>,
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapAdapter<K, V, S> for DefaultAdapter<K, V, S> {
    type Handle<'m> = Handle<'m, K, V, RandomState>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        let map = DashMap::with_capacity(setup.capacity.unwrap_or(0));
        DefaultAdapter { map, hasher: PhantomData }
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle(&self.map)
    }
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapAdapter<K, V, S> for Adapter<K, V, S> {
    type Handle<'m> = Handle<'m, K, V, S>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        let capacity = setup.capacity.unwrap_or(0);
        let hasher = setup.hasher.clone();
        Adapter(match shards(setup.tuning) {
            None => DashMap::with_capacity_and_hasher(capacity, hasher),
            Some(shards) => {
                DashMap::with_capacity_and_hasher_and_shard_amount(capacity, hasher, shards)
            }
        })
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle(&self.0)
    }
}

/// A handle of both families: a reference to the map.
#[derive(Debug)]
pub struct Handle<'m, K: BenchKey, V: BenchValue, S: BuildHasher + Clone>(&'m DashMap<K, V, S>);

impl<K, V, S> MapHandle<K, V> for Handle<'_, K, V, S>
where
    K: BenchKey,
    V: BenchValue,
    S: BuildHasher + Clone,
{
    #[inline]
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        self.0.get(key).map(|entry| f(entry.value()))
    }

    #[inline]
    fn contains(&mut self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    #[inline]
    fn upsert(&mut self, key: K, value: V) -> Was {
        Was::present(self.0.insert(key, value).is_some())
    }

    #[inline]
    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        match self.0.entry(key) {
            Entry::Occupied(_) => Was::Present,
            Entry::Vacant(entry) => {
                drop(entry.insert(value));
                Was::Absent
            }
        }
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Was {
        Was::present(self.0.remove(key).is_some())
    }

    #[inline]
    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        match self.0.get_mut(key) {
            Some(mut entry) => {
                let value = f(entry.value());
                *entry = value;
                Was::Present
            }
            None => Was::Absent,
        }
    }

    fn scan(&mut self, mut f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        for entry in self.0 {
            if f(entry.key(), entry.value()).is_break() {
                return;
            }
        }
    }

    #[inline]
    fn len(&mut self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_wish_for_shards_becomes_one_that_the_crate_accepts() {
        let accepted = |wish| shards(&Tuning { shards: Some(wish), ..Tuning::default() });
        assert_eq!(shards(&Tuning::default()), None);
        assert_eq!(accepted(0), Some(2));
        assert_eq!(accepted(1), Some(2));
        assert_eq!(accepted(200), Some(256));
        assert_eq!(accepted(u32::MAX), Some(65_536));
    }
}
