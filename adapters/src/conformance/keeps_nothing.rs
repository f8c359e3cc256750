//! What can be checked of a control that keeps nothing: that it takes every call and shows
//! nothing. Maps are checked elsewhere.

use std::ops::ControlFlow;

use mapbench_core::adapter::{MapAdapter, MapFamily, MapHandle, MapHasher, Tuning};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

use super::{build, bumped, key, key_table, value};

pub(super) fn verify<F, K, V, S>() -> Result<(), String>
where
    F: MapFamily,
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    let table = key_table::<K>(1);
    let key = key::<K>(&table, 0);
    let map = build::<F, K, V, S>(None, &Tuning::default());
    let mut handle = map.handle();
    handle.begin_batch();
    let _ = handle.upsert(key, value(0, 1));
    let _ = handle.insert_if_absent(key, value(0, 2));
    let _ = handle.update(&key, bumped::<V>);
    let _ = handle.remove(&key);
    let _ = handle.upsert(key, value(0, 3));
    handle.end_batch();
    map.quiesce();
    let mut visited = 0;
    handle.scan(|_, _| {
        visited += 1;
        ControlFlow::Continue(())
    });
    let shown = handle.read(&key, |_| ()).is_some() || handle.contains(&key) || !handle.is_empty();
    if shown || visited != 0 {
        return Err("declares to keep nothing, and shows an entry".to_owned());
    }
    Ok(())
}
