//! `mapbench-adapters` is what mapbench measures: one file per concurrent map, and one registry.
//!
//! An adapter says how a map is used, never how it could be used better: it adds no cache, no
//! retry and no batching that the map's own users would not write. It measures nothing.

pub mod dashmap;
pub mod evmap;
pub mod flurry;
pub mod locked;
pub mod model;
pub mod noop;
pub mod sharded;
pub mod std_mutex;
pub mod std_rwlock;
pub mod syncmap;

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
#[cfg(any(test, feature = "faults"))]
pub mod fault;

use mapbench_core::{AdapterEntry, Registry};

/// A static, because a constant would be instantiated anew, with every adapter's hot loops, in
/// each program that names it.
static ENTRIES: [AdapterEntry; 11] = [
    AdapterEntry::of::<std_rwlock::StdRwLock>(),
    AdapterEntry::of::<std_mutex::StdMutex>(),
    AdapterEntry::of::<dashmap::DashMapV6>(),
    AdapterEntry::of::<flurry::GuardPerOp>(),
    AdapterEntry::of::<flurry::GuardPerBatch>(),
    AdapterEntry::of::<evmap::PublishEach>(),
    AdapterEntry::of::<evmap::PublishEveryN>(),
    AdapterEntry::of::<sharded::Sharded>(),
    AdapterEntry::of::<syncmap::ReadDirty>(),
    AdapterEntry::of::<noop::Noop>(),
    AdapterEntry::of::<model::Model>(),
];

/// Every adapter that ships with mapbench, in the order of reports.
pub const REGISTRY: Registry = Registry::new(&ENTRIES);
