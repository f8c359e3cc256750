//! The moves between the two maps under loom, which tries the orders in which threads can meet: run
//! by `scripts/loom`.
//!
//! A value that is lost shows as a wrong answer, one that is seen before it was published as an
//! access that loom does not let pass, one that leaves its slot twice as an assertion in
//! `reclaim.rs`. Loom's world frees nothing but what is in a slot to its end.

use std::ops::ControlFlow;

use foldhash::fast::FixedState;
use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use crate::SyncMap;

/// How many switches away from a thread that could go on, at most; more finds little more and takes
/// for ever.
const PREEMPTIONS: usize = 3;

fn check(preemptions: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = model.preemption_bound.or(Some(preemptions));
    model.check(test);
}

/// Tables have the same order in every run.
type Map = Arc<SyncMap<u8, u32, FixedState>>;

/// A map whose read map has these keys, with themselves as values, and no dirty map.
fn promoted(keys: &[u8]) -> Map {
    let map = SyncMap::with_hasher(FixedState::default());
    for key in keys {
        map.store(*key, u32::from(*key));
    }
    map.range(|_, _| ControlFlow::Break(()));
    Arc::new(map)
}

fn beside(map: &Map, f: impl FnOnce(&Map) + 'static) -> JoinHandle<()> {
    let map = Arc::clone(map);
    thread::spawn(move || f(&map))
}

fn get(map: &Map, key: u8) -> Option<u32> {
    map.get_with(&key, |value| *value)
}

/// What a walk shows, by key.
fn walk(map: &Map) -> Vec<(u8, u32)> {
    let mut seen = Vec::new();
    map.range(|key, value| {
        seen.push((*key, *value));
        ControlFlow::Continue(())
    });
    seen.sort_unstable();
    seen
}

#[test]
fn a_store_to_an_entry_that_is_being_expunged_is_kept() {
    check(PREEMPTIONS, || {
        let map = promoted(&[1]);
        map.remove(&1);
        // The new key makes a dirty map and expunges the empty entry of 1.
        let newcomer = beside(&map, |map| assert!(!map.store(2, 2)));
        assert!(!map.store(1, 11));
        newcomer.join().unwrap();
        assert_eq!((get(&map, 1), get(&map, 2)), (Some(11), Some(2)));
        assert_eq!(walk(&map), [(1, 11), (2, 2)], "and after the promotion");
    });
}

#[test]
fn two_stores_if_absent_meet_an_expunging_and_one_wins() {
    check(2, || {
        let map = promoted(&[1]);
        map.remove(&1);
        let newcomer = beside(&map, |map| assert!(!map.store(2, 2)));
        let rival = beside(&map, |map| {
            map.store_if_absent(1, 12);
        });
        let lost = map.store_if_absent(1, 11);
        newcomer.join().unwrap();
        rival.join().unwrap();
        assert_eq!(walk(&map), [(1, if lost { 12 } else { 11 }), (2, 2)]);
    });
}

#[test]
fn a_load_finds_a_key_of_the_dirty_map_while_it_is_promoted() {
    check(PREEMPTIONS, || {
        let map = promoted(&[1]);
        map.store(2, 2);
        // Two misses promote, and the other thread may be on its way to the mutex meanwhile.
        let reader = beside(&map, |map| {
            assert_eq!(get(map, 2), Some(2));
            assert_eq!(get(map, 1), Some(1));
        });
        assert_eq!((get(&map, 2), get(&map, 1)), (Some(2), Some(1)));
        assert_eq!(get(&map, 2), Some(2));
        reader.join().unwrap();
        assert_eq!(get(&map, 2), Some(2));
        assert!(map.counters().promotions >= 2);
    });
}

#[test]
fn a_removed_key_does_not_come_back_through_a_promotion() {
    check(PREEMPTIONS, || {
        let map = promoted(&[1]);
        map.store(2, 2);
        let remover = beside(&map, |map| assert!(map.remove(&2)));
        walk(&map);
        remover.join().unwrap();
        assert_eq!((get(&map, 2), walk(&map)), (None, vec![(1, 1)]));
    });
}

#[test]
fn a_walk_beside_stores_shows_what_was_there_once() {
    check(PREEMPTIONS, || {
        let map = promoted(&[1]);
        map.store(2, 2);
        let writer = beside(&map, |map| {
            map.store(1, 11);
            map.store(3, 3);
        });
        let seen = walk(&map);
        let mut keys: Vec<u8> = seen.iter().map(|(key, _)| *key).collect();
        keys.dedup();
        assert_eq!(keys.len(), seen.len(), "{seen:?}");
        assert!(keys.starts_with(&[1, 2]), "{seen:?}");
        writer.join().unwrap();
        assert_eq!(walk(&map), [(1, 11), (2, 2), (3, 3)]);
    });
}

#[test]
fn no_update_is_lost_to_a_copy_or_a_promotion() {
    check(2, || {
        let map = promoted(&[1]);
        let other = beside(&map, |map| assert!(map.update(&1, |value| value + 10)));
        let newcomer = beside(&map, |map| {
            map.store(2, 2);
            walk(map);
        });
        assert!(map.update(&1, |value| value + 100));
        other.join().unwrap();
        newcomer.join().unwrap();
        assert_eq!(get(&map, 1), Some(111));
    });
}

#[test]
fn a_removal_and_an_overwrite_of_one_key_happen_one_after_the_other() {
    check(PREEMPTIONS, || {
        let map = promoted(&[1]);
        map.store(2, 2);
        let remover = beside(&map, |map| assert!(map.remove(&2)));
        let was_there = map.store(2, 22);
        remover.join().unwrap();
        // Either the store came first and was removed, or it put a new entry there.
        assert_eq!(get(&map, 2), if was_there { None } else { Some(22) });
    });
}
