//! Several threads at once: no update is lost, a key that is there all the time is always seen, and
//! every value is dropped once, after the last look at it.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use mapbench_syncmap::{SyncMap, collect};

const THREADS: usize = 4;
const ROUNDS: usize = 3_000;

#[test]
fn no_update_is_lost_while_keys_come_and_go() {
    let map = SyncMap::new();
    (0..8).for_each(|key| {
        map.store(key, 0_usize);
    });
    thread::scope(|scope| {
        for me in 0..THREADS {
            let map = &map;
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    assert!(map.update(&(round % 8), |count| count + 1));
                    // Keys of its own, which bring copies and promotions about.
                    let own = 100 + me * ROUNDS + round;
                    assert!(!map.store(own, 0));
                    if round % 3 == 0 {
                        assert!(map.remove(&own));
                    }
                }
            });
        }
    });
    let sum: usize = (0..8).map(|key| map.get_with(&key, |count| *count).unwrap()).sum();
    assert_eq!(sum, THREADS * ROUNDS);
    assert_eq!(map.len(), 8 + THREADS * (ROUNDS - ROUNDS.div_ceil(3)));
    let counters = map.counters();
    assert!(counters.promotions > 0 && counters.copies > 1, "{counters:?}");
}

#[test]
fn one_of_many_stores_under_an_absent_key() {
    let map = SyncMap::new();
    let stored = AtomicUsize::new(0);
    thread::scope(|scope| {
        for me in 0..THREADS {
            let (map, stored) = (&map, &stored);
            scope.spawn(move || {
                for key in 0..ROUNDS {
                    let won = !map.store_if_absent(key, me);
                    stored.fetch_add(usize::from(won), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(stored.load(Ordering::Relaxed), ROUNDS);
    assert_eq!(map.len(), ROUNDS);
}

#[test]
fn a_walk_shows_what_is_there_all_the_time_once() {
    let map = SyncMap::new();
    (0..16).for_each(|key| {
        map.store(key, 0);
    });
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (map, done) = (&map, &done);
        scope.spawn(move || {
            for round in 0..ROUNDS {
                map.store(round % 16, round);
                map.store(16 + round % 64, round);
                map.remove(&(16 + (round + 32) % 64));
            }
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) {
            let mut seen = [0; 80];
            map.range(|key, _| {
                seen[*key] += 1;
                ControlFlow::Continue(())
            });
            assert!(seen[..16].iter().all(|times| *times == 1), "{seen:?}");
            assert!(seen[16..].iter().all(|times| *times <= 1), "{seen:?}");
        }
    });
}

static MADE: AtomicUsize = AtomicUsize::new(0);
static DROPPED: AtomicUsize = AtomicUsize::new(0);

const WHOLE: u64 = 0x0dd_ba11;

/// A value that knows whether it has been dropped.
struct Canary(u64);

impl Canary {
    fn new() -> Self {
        MADE.fetch_add(1, Ordering::Relaxed);
        Canary(WHOLE)
    }

    fn is_whole(&self) -> bool {
        self.0 == WHOLE
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        assert!(self.is_whole(), "dropped twice");
        self.0 = 0;
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn every_value_is_dropped_once_and_none_is_seen_after_that() {
    let map = SyncMap::new();
    thread::scope(|scope| {
        for me in 0..THREADS {
            let map = &map;
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let key = (me + round) % 24;
                    match round % 5 {
                        0 => drop(map.remove(&key)),
                        1 => drop(map.update(&key, |old: &Canary| {
                            assert!(old.is_whole());
                            Canary::new()
                        })),
                        2 => drop(map.store_if_absent(key, Canary::new())),
                        _ => drop(map.store(key, Canary::new())),
                    }
                    assert_ne!(map.get_with(&key, Canary::is_whole), Some(false));
                    if round % 100 == 0 {
                        map.range(|_, value| {
                            assert!(value.is_whole());
                            ControlFlow::Continue(())
                        });
                    }
                }
                collect();
            });
        }
    });
    drop(map);
    // Other tests of this process may be in an epoch; they leave it.
    while DROPPED.load(Ordering::Relaxed) < MADE.load(Ordering::Relaxed) {
        collect();
        thread::yield_now();
    }
    assert_eq!(DROPPED.load(Ordering::Relaxed), MADE.load(Ordering::Relaxed));
}

#[test]
fn a_value_outlives_its_removal_for_whoever_looks_at_it() {
    let removals: [fn(&SyncMap<u32, Canary>); 4] = [
        |map| assert!(map.remove(&1)),
        |map| assert!(map.store(1, Canary::new())),
        |map| assert!(map.update(&1, |_| Canary::new())),
        |map| {
            map.range(|_, _| ControlFlow::Continue(()));
            assert!(map.remove(&1));
            map.store(100, Canary::new());
            map.range(|_, _| ControlFlow::Continue(()));
        },
    ];
    for removal in removals {
        // Enough keys that the look is no promotion: the entry is in the dirty map only.
        let map = SyncMap::new();
        (0..8).for_each(|key| {
            map.store(key, Canary::new());
        });
        let seen = map.get_with(&1, |value| {
            thread::scope(|scope| {
                scope.spawn(|| {
                    removal(&map);
                    // More often than an epoch takes to pass where nobody is in one.
                    (0..100).for_each(|_| collect());
                });
            });
            value.is_whole()
        });
        assert_eq!(seen, Some(true));
    }
}
