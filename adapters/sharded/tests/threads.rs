//! Many threads on one map: nothing lost, nothing torn, nobody left asleep.
//!
//! The tests are bounded by work, not by time. `STRESS=n` does n times the work, which is what
//! `scripts/stress` uses; what only makes sense there is ignored here.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use mapbench_sharded::{Entry, ShardedMap};

/// More than any machine the tests run on has cores.
const MANY: usize = 32;

fn times(rounds: usize) -> usize {
    rounds * std::env::var("STRESS").map_or(1, |n| n.parse().expect("STRESS is a number"))
}

/// Runs `work` on `threads` threads at once.
fn together(threads: usize, work: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        for thread in 0..threads {
            let work = &work;
            scope.spawn(move || work(thread));
        }
    });
}

/// Maps with few shards meet themselves more often.
fn each_shape(test: impl Fn(usize)) {
    [1, 4, 128].into_iter().for_each(test);
}

#[test]
fn updates_are_not_lost() {
    each_shape(|shards| {
        let map = ShardedMap::with_shards(shards);
        let rounds = times(2_000);
        together(4, |_| {
            for n in 0..rounds {
                map.update_or_insert_with(n % 7, |count| *count += 1, || 1_usize);
                // Reads in between make the shards biased, and writes undo it.
                for key in 0..7 {
                    map.get_cloned(&key);
                }
            }
        });
        let mut sum = 0;
        map.for_each(|_, count| sum += count);
        assert_eq!((sum, map.len()), (4 * rounds, 7));
    });
}

#[test]
fn many_more_threads_than_cores_all_get_through() {
    // All on one shard: most of them have to sleep, and each sleeper has to be woken.
    let map = ShardedMap::with_shards(1);
    let rounds = times(300);
    together(MANY, |_| {
        for _ in 0..rounds {
            map.update_or_insert_with((), |count| *count += 1, || 1_usize);
            map.get_cloned(&());
        }
    });
    assert_eq!(map.get_cloned(&()), Some(MANY * rounds));
}

#[test]
fn a_writer_gets_in_among_readers_that_overlap() {
    let map = ShardedMap::with_shards(1);
    map.insert((), 0_usize);
    let done = AtomicBool::new(false);
    together(5, |thread| {
        if thread == 0 {
            for n in 1..=times(200) {
                map.insert((), n);
            }
            done.store(true, Ordering::Relaxed);
        } else {
            while !done.load(Ordering::Relaxed) {
                map.get_with(&(), |_| thread::yield_now());
                map.for_each(|(), _| thread::yield_now());
            }
        }
    });
    assert_eq!(map.get_cloned(&()), Some(times(200)));
}

#[test]
fn a_value_is_never_torn() {
    each_shape(|shards| {
        let map = ShardedMap::with_shards(shards);
        map.insert(0_u8, [0_usize; 16]);
        let rounds = times(3_000);
        together(3, |thread| {
            for n in 0..rounds {
                if thread == 0 || n % 16 == 0 {
                    map.insert(0, [n; 16]);
                } else {
                    let value = map.get_cloned(&0).expect("it is only ever overwritten");
                    assert!(value.iter().all(|part| *part == value[0]));
                }
            }
        });
    });
}

#[test]
fn keys_stay_found_while_tables_grow() {
    each_shape(|shards| {
        let map = ShardedMap::with_shards(shards);
        for key in 0..100_usize {
            map.insert(key, key);
        }
        let rounds = times(4_000);
        let done = AtomicBool::new(false);
        together(3, |thread| {
            if thread == 0 {
                for key in 100..100 + rounds {
                    map.insert(key, key);
                }
                map.shrink_to_fit();
                done.store(true, Ordering::Relaxed);
                return;
            }
            while !done.load(Ordering::Relaxed) {
                for key in 0..100 {
                    assert_eq!(map.get_cloned(&key), Some(key));
                }
            }
        });
        assert_eq!(map.len(), 100 + rounds);
    });
}

#[test]
fn a_key_is_inserted_by_one_thread_and_removed_by_one() {
    let map = ShardedMap::with_shards(2);
    let (inserted, removed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let keys = times(2_000);
    together(4, |_| {
        for key in 0..keys {
            if map.insert_if_absent(key, ()).is_ok() {
                inserted.fetch_add(1, Ordering::Relaxed);
            }
        }
        for key in 0..keys / 2 {
            if map.remove(&key).is_some() {
                removed.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let (inserted, removed) = (inserted.into_inner(), removed.into_inner());
    assert!(inserted >= keys);
    assert_eq!(map.len(), inserted - removed);
}

#[test]
fn a_missing_value_is_made_once() {
    let map = ShardedMap::with_shards(4);
    let made = AtomicUsize::new(0);
    let keys = times(1_000);
    together(4, |_| {
        for key in 0..keys {
            let make = || {
                made.fetch_add(1, Ordering::Relaxed);
                key
            };
            assert_eq!(map.get_or_insert_with(key, make, |value| *value), key);
        }
    });
    assert_eq!(made.into_inner(), keys);
}

#[test]
fn a_walk_sees_each_lasting_entry_once_and_each_shard_at_one_moment() {
    let map = ShardedMap::with_shards(8);
    for key in 0..500_usize {
        map.insert(key, 0_usize);
    }
    let done = AtomicBool::new(false);
    together(3, |thread| {
        if thread == 0 {
            for _ in 0..times(20) {
                let mut seen = HashSet::new();
                map.for_each(|key, _| assert!(seen.insert(*key), "{key} came twice"));
                assert!((0..500).all(|key| seen.contains(&key)));
                for shard in map.shards() {
                    let copy = shard.to_vec();
                    assert!(copy.len() <= 700);
                }
            }
            done.store(true, Ordering::Relaxed);
            return;
        }
        // Entries that come and go make tables grow and shrink under the walk.
        for key in (500 * (1 + thread)..).step_by(1) {
            if done.load(Ordering::Relaxed) {
                break;
            }
            map.insert(key, 1);
            map.update(&(key % 500), |value| *value += 1);
            map.remove(&key);
            if key % 1_000 == 0 {
                map.retain(|key, _| *key < 500 || key % 2 == 0);
            }
        }
    });
}

#[test]
fn len_may_be_asked_from_inside_a_closure() {
    let map = ShardedMap::with_shards(1);
    map.insert(1, 1);
    map.update(&1, |_| assert_eq!((map.len(), map.is_empty()), (1, false)));
    map.for_each(|_, _| assert_eq!(map.len(), 1));
}

#[test]
fn a_read_within_a_read_is_let_in_while_nobody_writes() {
    let map = ShardedMap::with_shards(1);
    map.insert(1, 1);
    for _ in 0..200 {
        let inner = map.get_with(&1, |_| map.get_with(&1, |one| *one));
        assert_eq!(inner, Some(Some(1)));
    }
    assert_eq!(map.insert(1, 2), Some(1), "both reads have left");
}

#[test]
fn slots_outlive_their_threads() {
    // Every thread reads by a slot and ends; the next ones get its number.
    let map = ShardedMap::with_shards(1);
    map.insert(1, 0_usize);
    for _ in 0..times(20) {
        together(6, |_| {
            for _ in 0..100 {
                map.get_cloned(&1);
            }
            map.update(&1, |count| *count += 1);
        });
    }
    assert_eq!(map.get_cloned(&1), Some(6 * times(20)));
}

#[test]
fn a_map_may_be_used_while_a_thread_ends() {
    struct ReadsAtTheEnd(Arc<ShardedMap<u8, u8>>);
    impl Drop for ReadsAtTheEnd {
        fn drop(&mut self) {
            for _ in 0..100 {
                assert_eq!(self.0.get_cloned(&1), Some(1));
            }
        }
    }
    thread_local! {
        static LAST: std::cell::OnceCell<ReadsAtTheEnd> = const { std::cell::OnceCell::new() };
    }
    let map = Arc::new(ShardedMap::with_shards(1));
    map.insert(1, 1);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let map = Arc::clone(&map);
            thread::spawn(move || {
                // Once before the map gives this thread a number, for the order in which the
                // number is destroyed first.
                LAST.with(|last| last.get_or_init(|| ReadsAtTheEnd(map)).0.get_cloned(&1));
                LAST.with(|last| {
                    let map = &last.get().expect("it was just set").0;
                    (0..100).for_each(|_| assert_eq!(map.get_cloned(&1), Some(1)));
                });
            })
        })
        .collect();
    for thread in threads {
        // Unlike the end of a scope, `join` waits for thread-local values too.
        thread.join().expect("nobody panics");
    }
    assert_eq!(map.insert(1, 2), Some(1), "all readers have left");
}

/// For `scripts/stress`: everything at once on few keys, checked by per-thread counts.
#[test]
#[ignore = "long: run by scripts/stress"]
fn everything_at_once() {
    each_shape(|shards| {
        let map: ShardedMap<usize, usize> = ShardedMap::with_shards(shards);
        let balance = AtomicUsize::new(0);
        together(MANY, |thread| {
            let mut state = thread as u64 + 1;
            for _ in 0..times(20_000) {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let key = (state >> 33) as usize % 50;
                match (state >> 60) % 8 {
                    0 if map.insert_if_absent(key, key).is_ok() => {
                        balance.fetch_add(1, Ordering::Relaxed);
                    }
                    1 if map.remove(&key).is_some() => {
                        balance.fetch_sub(1, Ordering::Relaxed);
                    }
                    2 => map.entry_with(key, |entry| {
                        if let Entry::Occupied(mut entry) = entry {
                            *entry.get_mut() = key;
                        }
                    }),
                    3 if key == 0 => map.for_each(|key, value| assert_eq!(key, value)),
                    _ => assert!(map.get_cloned(&key).is_none_or(|value| value == key)),
                }
            }
        });
        assert_eq!(map.len(), balance.into_inner());
    });
}
