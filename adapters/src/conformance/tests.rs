//! The whole registry goes through the suite, and maps that break their word are caught by it.

mod defects;

use super::check;

macro_rules! conforms {
    ($($test:ident: $family:ty,)+) => {
        $(
            #[test]
            fn $test() {
                check::<$family>();
            }
        )+

        /// An adapter that is added to the registry cannot be left out here.
        #[test]
        fn the_whole_registry_is_checked() {
            use mapbench_core::MapFamily;
            let checked = [$(<$family as MapFamily>::META.name),+];
            let registered: Vec<_> =
                crate::REGISTRY.entries().iter().map(|entry| entry.meta.name).collect();
            assert_eq!(checked.as_slice(), registered);
        }
    };
}

conforms! {
    std_rwlock: crate::std_rwlock::StdRwLock,
    std_mutex: crate::std_mutex::StdMutex,
    parking_lot_rwlock: crate::parking_lot_rwlock::ParkingLotRwLock,
    dashmap: crate::dashmap::DashMapV6,
    dashmap_default: crate::dashmap::DashMapDefault,
    flurry_guard_per_op: crate::flurry::GuardPerOp,
    flurry_guard_per_batch: crate::flurry::GuardPerBatch,
    evmap_publish_each: crate::evmap::PublishEach,
    evmap_publish_every_n: crate::evmap::PublishEveryN,
    sharded: crate::sharded::Sharded,
    sharded_by_namespace: crate::sharded::ByNamespace,
    papaya_pin_per_op: crate::papaya::PinPerOp,
    papaya_pin_per_batch: crate::papaya::PinPerBatch,
    scc_hashmap: crate::scc_hashmap::SccHashMap,
    scc_hashindex: crate::scc_hashindex::SccHashIndex,
    snapshot_arcswap_std: crate::snapshot::ArcSwapStd,
    snapshot_arcswap_imbl: crate::snapshot::ArcSwapImbl,
    syncmap: crate::syncmap::ReadDirty,
    actor_channel: crate::actor::ActorChannel,
    noop: crate::noop::Noop,
    model: crate::model::Model,
}
