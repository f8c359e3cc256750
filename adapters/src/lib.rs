//! `mapbench-adapters` is what mapbench measures: one file per concurrent map, and one registry.
//!
//! An adapter says how a map is used, never how it could be used better: it adds no cache, no
//! retry and no batching that the map's own users would not write. It measures nothing.

#[cfg(feature = "actor")]
pub mod actor;
pub mod copying;
#[cfg(feature = "dashmap")]
pub mod dashmap;
#[cfg(feature = "evmap")]
pub mod evmap;
#[cfg(feature = "flurry")]
pub mod flurry;
pub mod locked;
pub mod model;
pub mod noop;
#[cfg(feature = "papaya")]
pub mod papaya;
#[cfg(feature = "parking-lot")]
pub mod parking_lot_rwlock;
#[cfg(feature = "scc")]
pub mod scc_hashindex;
#[cfg(feature = "scc")]
pub mod scc_hashmap;
pub mod sharded;
#[cfg(feature = "snapshot")]
pub mod snapshot;
pub mod std_mutex;
pub mod std_rwlock;
#[cfg(feature = "syncmap")]
pub mod syncmap;

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
#[cfg(any(test, feature = "faults"))]
pub mod fault;

use mapbench_core::{AdapterEntry, Registry};

/// A static, because a constant would be instantiated anew, with every adapter's hot loops, in
/// each program that names it.
static ENTRIES: &[AdapterEntry] = &[
    AdapterEntry::of::<std_rwlock::StdRwLock>(),
    AdapterEntry::of::<std_mutex::StdMutex>(),
    #[cfg(feature = "parking-lot")]
    AdapterEntry::of::<parking_lot_rwlock::ParkingLotRwLock>(),
    #[cfg(feature = "dashmap")]
    AdapterEntry::of::<dashmap::DashMapV6>(),
    #[cfg(feature = "dashmap")]
    AdapterEntry::of::<dashmap::DashMapDefault>(),
    #[cfg(feature = "flurry")]
    AdapterEntry::of::<flurry::GuardPerOp>(),
    #[cfg(feature = "flurry")]
    AdapterEntry::of::<flurry::GuardPerBatch>(),
    #[cfg(feature = "evmap")]
    AdapterEntry::of::<evmap::PublishEach>(),
    #[cfg(feature = "evmap")]
    AdapterEntry::of::<evmap::PublishEveryN>(),
    AdapterEntry::of::<sharded::Sharded>(),
    AdapterEntry::of::<sharded::ByNamespace>(),
    #[cfg(feature = "papaya")]
    AdapterEntry::of::<papaya::PinPerOp>(),
    #[cfg(feature = "papaya")]
    AdapterEntry::of::<papaya::PinPerBatch>(),
    #[cfg(feature = "scc")]
    AdapterEntry::of::<scc_hashmap::SccHashMap>(),
    #[cfg(feature = "scc")]
    AdapterEntry::of::<scc_hashindex::SccHashIndex>(),
    #[cfg(feature = "snapshot")]
    AdapterEntry::of::<snapshot::ArcSwapStd>(),
    #[cfg(feature = "snapshot")]
    AdapterEntry::of::<snapshot::ArcSwapImbl>(),
    #[cfg(feature = "syncmap")]
    AdapterEntry::of::<syncmap::ReadDirty>(),
    #[cfg(feature = "actor")]
    AdapterEntry::of::<actor::ActorChannel>(),
    AdapterEntry::of::<noop::Noop>(),
    AdapterEntry::of::<model::Model>(),
];

/// Every adapter that ships with mapbench, in the order of reports.
pub const REGISTRY: Registry = Registry::new(ENTRIES);
