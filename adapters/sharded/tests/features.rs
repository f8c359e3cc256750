//! The optional features.

#![cfg(any(feature = "rayon", feature = "serde"))]

use mapbench_sharded::ShardedMap;

#[cfg(feature = "serde")]
#[test]
fn a_map_goes_through_json() {
    let map = ShardedMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
    let text = serde_json::to_string(&map).expect("strings and numbers are JSON");
    let back: ShardedMap<String, i32> = serde_json::from_str(&text).expect("we wrote it");
    assert_eq!((back.get_cloned("a"), back.get_cloned("b"), back.len()), (Some(1), Some(2), 2));
    assert!(serde_json::from_str::<ShardedMap<String, i32>>("[1]").is_err());
}

#[cfg(feature = "rayon")]
#[test]
fn rayon_fills_walks_and_thins_out() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rayon::iter::{IntoParallelIterator, ParallelExtend, ParallelIterator};

    let mut map: ShardedMap<usize, usize> = (0..1_000).into_par_iter().map(|n| (n, n)).collect();
    map.par_extend((1_000..2_000).into_par_iter().map(|n| (n, n)));
    map.par_for_each_mut(|_, value| *value += 1);
    map.par_retain(|key, _| key % 2 == 0);
    let sum = AtomicUsize::new(0);
    map.par_for_each(|_, value| {
        sum.fetch_add(*value, Ordering::Relaxed);
    });
    assert_eq!((map.len(), sum.into_inner()), (1_000, 1_000_000));
}
