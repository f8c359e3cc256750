//! The map against `std`'s `HashMap`: random calls by one thread must give the same answers, and the
//! counters must agree with what Go's algorithm would have done, followed on paper beside it.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use mapbench_syncmap::{Counters, SyncMap};
use proptest::prelude::*;

/// One call, with few enough keys that they meet.
#[derive(Clone, Debug)]
enum Op {
    Get(u8),
    Store(u8, u16),
    StoreIfAbsent(u8, u16),
    Remove(u8),
    Update(u8, u16),
    CompareAndSwap(u8, u16, u16),
    Range,
    RangeOne,
}

fn op() -> impl Strategy<Value = Op> {
    let key = || 0_u8..12;
    let value = || 0_u16..4;
    prop_oneof![
        8 => key().prop_map(Op::Get),
        6 => (key(), value()).prop_map(|(k, v)| Op::Store(k, v)),
        4 => (key(), value()).prop_map(|(k, v)| Op::StoreIfAbsent(k, v)),
        6 => key().prop_map(Op::Remove),
        3 => (key(), value()).prop_map(|(k, v)| Op::Update(k, v)),
        3 => (key(), value(), value()).prop_map(|(k, old, new)| Op::CompareAndSwap(k, old, new)),
        1 => Just(Op::Range),
        1 => Just(Op::RangeOne),
    ]
}

/// Which keys have entries in which map: all that decides what is counted.
#[derive(Debug, Default)]
struct Paper {
    /// Keys with an entry in the read map, expunged or not.
    read: HashSet<u8>,
    expunged: HashSet<u8>,
    /// Keys of the dirty map, while there is one.
    dirty: Option<HashSet<u8>>,
    misses: usize,
    counters: Counters,
}

impl Paper {
    /// A call that must find the key's entry, and needs the mutex if it is not in the read map.
    fn look(&mut self, key: u8) {
        if !self.read.contains(&key) && self.dirty.is_some() {
            self.miss();
        }
    }

    fn miss(&mut self) {
        self.counters.misses += 1;
        self.misses += 1;
        if self.misses >= self.dirty.as_ref().unwrap().len() {
            self.promote();
        }
    }

    fn promote(&mut self) {
        if let Some(dirty) = self.dirty.take() {
            self.read = dirty;
            self.expunged.clear();
            self.misses = 0;
            self.counters.promotions += 1;
        }
    }

    /// A call that stores under a key, which has `live` entries before it.
    fn store(&mut self, key: u8, live: &HashMap<u8, u16>) {
        if self.read.contains(&key) {
            if self.expunged.remove(&key) {
                self.dirty.as_mut().unwrap().insert(key);
            }
            return;
        }
        if self.dirty.is_none() {
            let (kept, gone) = self.read.iter().partition(|key| live.contains_key(*key));
            self.expunged = gone;
            let kept: HashSet<u8> = kept;
            self.counters.copies += 1;
            self.counters.entries_copied += kept.len() as u64;
            self.dirty = Some(kept);
        }
        self.dirty.as_mut().unwrap().insert(key);
    }
}

/// Does `op` to the map, the model and on paper, and compares the answers.
fn apply(op: &Op, map: &SyncMap<u8, u16>, model: &mut HashMap<u8, u16>, paper: &mut Paper) {
    match *op {
        Op::Get(k) => {
            assert_eq!(map.get_with(&k, |v| *v), model.get(&k).copied());
            paper.look(k);
        }
        Op::Store(k, v) => {
            paper.store(k, model);
            assert_eq!(map.store(k, v), model.insert(k, v).is_some());
        }
        Op::StoreIfAbsent(k, v) => {
            let (in_read, in_dirty) = (
                paper.read.contains(&k),
                paper.dirty.as_ref().is_some_and(|dirty| dirty.contains(&k)),
            );
            paper.store(k, model);
            if !in_read && in_dirty {
                paper.miss();
            }
            assert_eq!(map.store_if_absent(k, v), model.contains_key(&k));
            model.entry(k).or_insert(v);
        }
        Op::Remove(k) => {
            assert_eq!(map.remove(&k), model.remove(&k).is_some());
            if let Some(dirty) = &mut paper.dirty
                && !paper.read.contains(&k)
            {
                dirty.remove(&k);
                paper.look(k);
            }
        }
        Op::Update(k, by) => {
            let updated = model.get_mut(&k).map(|v| *v = v.wrapping_add(by));
            assert_eq!(map.update(&k, |v| v.wrapping_add(by)), updated.is_some());
            paper.swap(k);
        }
        Op::CompareAndSwap(k, old, new) => {
            let swapped = model.get(&k) == Some(&old);
            if swapped {
                model.insert(k, new);
            }
            assert_eq!(map.compare_and_swap(&k, &old, &new), swapped);
            paper.swap(k);
        }
        Op::Range => {
            let mut seen = HashMap::new();
            map.range(|k, v| {
                assert_eq!(seen.insert(*k, *v), None, "{k} was shown twice");
                ControlFlow::Continue(())
            });
            assert_eq!(&seen, model);
            paper.promote();
        }
        Op::RangeOne => {
            let mut seen = 0;
            map.range(|_, _| {
                seen += 1;
                ControlFlow::Break(())
            });
            assert_eq!(seen, model.len().min(1));
            paper.promote();
        }
    }
    assert_eq!(map.len(), model.len());
    assert_eq!(map.is_empty(), model.is_empty());
    assert_eq!(map.counters(), paper.counters, "after {op:?}");
}

impl Paper {
    /// `CompareAndSwap`, which is no miss where not even the dirty map has the key.
    fn swap(&mut self, key: u8) {
        if self.dirty.as_ref().is_some_and(|dirty| dirty.contains(&key)) {
            self.look(key);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_like_a_hash_map_and_counts_like_go(
        ops in proptest::collection::vec(op(), 0..300),
    ) {
        let map = SyncMap::new();
        let (mut model, mut paper) = (HashMap::new(), Paper::default());
        for op in &ops {
            apply(op, &map, &mut model, &mut paper);
        }
    }
}

#[test]
fn promotion_moves_a_pointer_and_the_first_new_key_after_it_copies() {
    let map = SyncMap::new();
    for key in 0..100 {
        map.store(key, key);
    }
    let before = map.counters();
    assert_eq!((before.promotions, before.copies, before.entries_copied), (0, 1, 0));
    for key in 0..100 {
        assert!(map.contains_key(&key));
    }
    let promoted = Counters { promotions: 1, misses: 100, ..before };
    assert_eq!(map.counters(), promoted);
    // Whatever happens to keys of the read map is not counted: none of it needs the mutex.
    for key in 0..100 {
        map.store(key, key + 1);
        map.update(&key, |value| value + 1);
        map.remove(&key);
        map.store(key, key);
    }
    assert!(!map.contains_key(&100), "a key that is nowhere is no miss while nothing is dirty");
    assert_eq!(map.counters(), promoted);
    map.remove(&0);
    map.store(100, 100);
    let copied = Counters { copies: 2, entries_copied: 99, ..promoted };
    assert_eq!(map.counters(), copied);
    map.store(101, 101);
    map.store(0, 0);
    assert_eq!(map.counters(), copied, "one copy is enough until the next promotion");
    assert_eq!(map.len(), 102);
    map.range(|_, _| ControlFlow::Break(()));
    assert_eq!(map.counters(), Counters { promotions: 2, ..copied });
    assert_eq!(map.len(), 102, "the expunged key came back before the promotion");
}
