//! The map against `std`'s `HashMap`: random operations by one thread must give the same answers.

use std::collections::HashMap;

use mapbench_sharded::{Entry, ShardedMap};
use proptest::prelude::*;

/// One call, with few enough keys that they meet.
#[derive(Clone, Debug)]
enum Op {
    Get(u8),
    Contains(u8),
    Insert(u8, u16),
    InsertIfAbsent(u8, u16),
    Remove(u8),
    RemoveIfEven(u8),
    Update(u8, u16),
    UpdateOrInsert(u8, u16),
    GetOrInsert(u8, u16),
    TakeOne(u8),
    Retain(u16),
    AddToAll(u16),
    Clear,
    ShrinkToFit,
    Reserve(u8),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => any::<u8>().prop_map(Op::Get),
        1 => any::<u8>().prop_map(Op::Contains),
        8 => (any::<u8>(), any::<u16>()).prop_map(|(k, v)| Op::Insert(k, v)),
        4 => (any::<u8>(), any::<u16>()).prop_map(|(k, v)| Op::InsertIfAbsent(k, v)),
        6 => any::<u8>().prop_map(Op::Remove),
        3 => any::<u8>().prop_map(Op::RemoveIfEven),
        4 => (any::<u8>(), any::<u16>()).prop_map(|(k, v)| Op::Update(k, v)),
        4 => (any::<u8>(), any::<u16>()).prop_map(|(k, v)| Op::UpdateOrInsert(k, v)),
        4 => (any::<u8>(), any::<u16>()).prop_map(|(k, v)| Op::GetOrInsert(k, v)),
        3 => any::<u8>().prop_map(Op::TakeOne),
        1 => any::<u16>().prop_map(Op::Retain),
        1 => any::<u16>().prop_map(Op::AddToAll),
        1 => Just(Op::Clear),
        1 => Just(Op::ShrinkToFit),
        1 => any::<u8>().prop_map(Op::Reserve),
    ]
}

fn sorted(map: &ShardedMap<u8, u16>) -> Vec<(u8, u16)> {
    let mut entries = map.to_vec();
    entries.sort_unstable();
    entries
}

/// Does `op` to both and compares the answers.
fn apply(op: &Op, map: &ShardedMap<u8, u16>, model: &mut HashMap<u8, u16>) {
    match *op {
        Op::Get(k) => assert_eq!(map.get_cloned(&k), model.get(&k).copied()),
        Op::Contains(k) => assert_eq!(map.contains_key(&k), model.contains_key(&k)),
        Op::Insert(k, v) => assert_eq!(map.insert(k, v), model.insert(k, v)),
        Op::InsertIfAbsent(k, v) => {
            let expected = if model.contains_key(&k) { Err(v) } else { Ok(()) };
            model.entry(k).or_insert(v);
            assert_eq!(map.insert_if_absent(k, v), expected);
        }
        Op::Remove(k) => assert_eq!(map.remove(&k), model.remove(&k)),
        Op::RemoveIfEven(k) => {
            let even = model.get(&k).is_some_and(|v| v % 2 == 0);
            let expected = if even { model.remove(&k) } else { None };
            assert_eq!(map.remove_if(&k, |v| v % 2 == 0), expected);
        }
        Op::Update(k, by) => {
            let add = |v: &mut u16| {
                *v = v.wrapping_add(by);
                *v
            };
            assert_eq!(map.update(&k, add), model.get_mut(&k).map(add));
        }
        Op::UpdateOrInsert(k, by) => {
            let add = |v: &mut u16| *v = v.wrapping_add(by);
            let expected = model.contains_key(&k).then_some(());
            model.entry(k).and_modify(add).or_insert(by);
            assert_eq!(map.update_or_insert_with(k, add, || by), expected);
        }
        Op::GetOrInsert(k, v) => {
            let expected = *model.entry(k).or_insert(v);
            assert_eq!(map.get_or_insert_with(k, || v, |v| *v), expected);
        }
        Op::TakeOne(k) => {
            // A member counter that goes when it reaches zero.
            let left = map.entry_with(k, |entry| match entry {
                Entry::Vacant(_) => None,
                Entry::Occupied(mut entry) if *entry.get() > 1 => {
                    *entry.get_mut() -= 1;
                    Some(*entry.get())
                }
                Entry::Occupied(entry) => {
                    entry.remove();
                    Some(0)
                }
            });
            let expected = model.get(&k).map(|v| v.saturating_sub(1));
            assert_eq!(left, expected);
            if let Some(left) = expected {
                model.insert(k, left);
                model.retain(|other, v| *other != k || *v > 0);
            }
        }
        Op::Retain(below) => {
            map.retain(|_, v| *v < below);
            model.retain(|_, v| *v < below);
        }
        Op::AddToAll(by) => {
            map.for_each_mut(|_, v| *v = v.wrapping_add(by));
            for v in model.values_mut() {
                *v = v.wrapping_add(by);
            }
        }
        Op::Clear => {
            map.clear();
            model.clear();
        }
        Op::ShrinkToFit => map.shrink_to_fit(),
        Op::Reserve(n) => map.reserve(n.into()),
    }
    assert_eq!(map.len(), model.len());
    assert_eq!(map.is_empty(), model.is_empty());
    assert!(map.capacity() >= map.len());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_like_a_hash_map(
        shards in prop_oneof![Just(1_usize), Just(2), Just(64)],
        ops in proptest::collection::vec(op(), 0..200),
    ) {
        let map = ShardedMap::with_shards(shards);
        let mut model = HashMap::new();
        for op in &ops {
            apply(op, &map, &mut model);
        }
        let mut expected: Vec<_> = model.into_iter().collect();
        expected.sort_unstable();
        prop_assert_eq!(sorted(&map), expected.clone());
        prop_assert_eq!(sorted(&map.clone()), expected.clone());
        let mut owned: Vec<_> = map.into_iter().collect();
        owned.sort_unstable();
        prop_assert_eq!(owned, expected);
    }
}
