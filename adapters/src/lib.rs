//! `mapbench-adapters` is what mapbench measures: one file per concurrent map, and one registry.
//!
//! An adapter says how a map is used, never how it could be used better: it adds no cache, no
//! retry and no batching that the map's own users would not write. It measures nothing.

pub mod actor;
pub mod copying;
pub mod dashmap;
pub mod evmap;
pub mod flurry;
pub mod locked;
pub mod model;
pub mod noop;
pub mod papaya;
pub mod parking_lot_rwlock;
pub mod scc_hashindex;
pub mod scc_hashmap;
pub mod sharded;
pub mod snapshot;
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
static ENTRIES: [AdapterEntry; 21] = [
    AdapterEntry::of::<std_rwlock::StdRwLock>(),
    AdapterEntry::of::<std_mutex::StdMutex>(),
    AdapterEntry::of::<parking_lot_rwlock::ParkingLotRwLock>(),
    AdapterEntry::of::<dashmap::DashMapV6>(),
    AdapterEntry::of::<dashmap::DashMapDefault>(),
    AdapterEntry::of::<flurry::GuardPerOp>(),
    AdapterEntry::of::<flurry::GuardPerBatch>(),
    AdapterEntry::of::<evmap::PublishEach>(),
    AdapterEntry::of::<evmap::PublishEveryN>(),
    AdapterEntry::of::<sharded::Sharded>(),
    AdapterEntry::of::<sharded::ByNamespace>(),
    AdapterEntry::of::<papaya::PinPerOp>(),
    AdapterEntry::of::<papaya::PinPerBatch>(),
    AdapterEntry::of::<scc_hashmap::SccHashMap>(),
    AdapterEntry::of::<scc_hashindex::SccHashIndex>(),
    AdapterEntry::of::<snapshot::ArcSwapStd>(),
    AdapterEntry::of::<snapshot::ArcSwapImbl>(),
    AdapterEntry::of::<syncmap::ReadDirty>(),
    AdapterEntry::of::<actor::ActorChannel>(),
    AdapterEntry::of::<noop::Noop>(),
    AdapterEntry::of::<model::Model>(),
];

/// Every adapter that ships with mapbench, in the order of reports.
pub const REGISTRY: Registry = Registry::new(&ENTRIES);
