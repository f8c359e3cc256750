//! What the type promises by its traits and constructors.

use std::cell::Cell;
use std::collections::hash_map;
use std::ops::ControlFlow;
use std::rc::Rc;

use mapbench_sharded::{Entry, Equivalent, IntoIter, IterMut, ShardRef, ShardedMap, Shards};

/// Whether a type is `Send` and `Sync`, for types that may not be: an inherent constant wins
/// over a trait's.
macro_rules! is {
    ($type:ty: $bound:ident) => {{
        #[allow(dead_code, reason = "not used where the bound holds")]
        trait Not {
            const IS: bool = false;
        }
        impl<T: ?Sized> Not for T {}
        struct Probe<T: ?Sized>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "not used where the bound does not hold")]
        impl<T: ?Sized + $bound> Probe<T> {
            const IS: bool = true;
        }
        Probe::<$type>::IS
    }};
}

#[test]
fn threads_may_share_a_map_of_what_they_may_share() {
    assert!(is!(ShardedMap<String, Vec<u8>>: Send));
    assert!(is!(ShardedMap<String, Vec<u8>>: Sync));
    // `Cell` may be sent but not shared, and readers share values.
    assert!(is!(ShardedMap<u8, Cell<u8>>: Send));
    assert!(!is!(ShardedMap<u8, Cell<u8>>: Sync));
    assert!(!is!(ShardedMap<u8, Rc<u8>>: Send));
    assert!(!is!(ShardedMap<u8, Rc<u8>>: Sync));
    assert!(!is!(ShardedMap<Rc<u8>, u8>: Sync));
    // The guard of a shard may be shared, but not be sent: what is only `Send` stays out.
    assert!(!is!(ShardedMap<std::sync::MutexGuard<'static, u8>, u8>: Send));
    assert!(!is!(Shards<'static, u8, Cell<u8>>: Send));
    assert!(!is!(ShardRef<'static, u8, Cell<u8>>: Send));
    assert!(is!(ShardRef<'static, u8, u8>: Send));
    assert!(is!(IntoIter<u8, Cell<u8>>: Send));
    assert!(!is!(IntoIter<u8, Rc<u8>>: Send));
    assert!(is!(IterMut<'static, u8, u8>: Send));
}

#[test]
fn shards_are_a_power_of_two_in_bounds() {
    for (asked, given) in [(0, 1), (1, 1), (3, 4), (128, 128), (1 << 20, 1 << 16)] {
        assert_eq!(ShardedMap::<u8, u8>::with_shards(asked).shard_count(), given);
    }
    assert!(ShardedMap::<u8, u8>::new().shard_count().is_power_of_two());
}

#[test]
fn capacity_is_made_and_given_back() {
    let map = ShardedMap::<u32, u32>::with_capacity(10_000);
    let made = map.capacity();
    assert!(made >= 10_000);
    map.insert(1, 1);
    map.shrink_to_fit();
    assert!(map.capacity() < made);
    map.reserve(5_000);
    assert!(map.capacity() >= 5_000);
    map.clear();
    assert_eq!((map.len(), map.capacity()), (0, 0));
    assert_eq!(map.get_cloned(&1), None);
}

/// A key in parts, to look up one that owns its string.
#[derive(Hash)]
struct Pair<'a>(&'a str, u8);

impl Equivalent<(String, u8)> for Pair<'_> {
    fn equivalent(&self, key: &(String, u8)) -> bool {
        self.0 == key.0 && self.1 == key.1
    }
}

#[test]
fn a_hasher_of_your_own_and_keys_by_what_they_borrow() {
    let map = ShardedMap::with_hasher(hash_map::RandomState::new());
    map.insert(String::from("a"), 1);
    assert_eq!(map.get_cloned("a"), Some(1));
    assert_eq!(map.update("a", |n| *n * 2), Some(2));
    assert_eq!(map.remove_entry("a"), Some((String::from("a"), 1)));

    let map = ShardedMap::from([((String::from("a"), 1), "value")]);
    assert_eq!(map.get_cloned(&Pair("a", 1)), Some("value"));
}

#[test]
fn built_filled_copied_and_printed() {
    let mut map: ShardedMap<u8, u8> = [(1, 1), (2, 2), (1, 3)].into_iter().collect();
    assert_eq!((map.len(), map.get_cloned(&1)), (2, Some(3)));
    map.extend([(3, 3)]);
    (&map).extend([(4, 4)]);
    let copy = map.clone();
    *map.get_mut(&1).expect("it is there") = 9;
    for (_, value) in &mut map {
        *value += 1;
    }
    assert_eq!(map.iter_mut().len(), 4);
    assert_eq!((map.get_cloned(&1), copy.get_cloned(&1)), (Some(10), Some(3)));
    assert_eq!((copy.len(), copy.shard_count()), (4, map.shard_count()));
    assert_eq!(format!("{:?}", ShardedMap::from([(1, "one")])), r#"{1: "one"}"#);
    assert!(ShardedMap::<u8, u8>::default().is_empty());
    let mut entries = map.into_iter();
    assert_eq!(entries.len(), 4);
    entries.next();
    assert_eq!(entries.size_hint(), (3, Some(3)));
}

#[test]
fn an_entry_can_be_read_filled_changed_and_emptied() {
    let map = ShardedMap::new();
    map.entry_with("a", |entry| *entry.or_insert(1) += 1);
    map.entry_with("a", |entry| *entry.and_modify(|n| *n *= 10).or_default() += 1);
    assert_eq!(map.get_cloned("a"), Some(21));
    let key = map.entry_with("b", |entry| match entry {
        Entry::Vacant(entry) => entry.into_key(),
        Entry::Occupied(_) => unreachable!("there is no b"),
    });
    assert_eq!((key, map.len()), ("b", 1));
    let old = map.entry_with("a", |entry| match entry {
        Entry::Occupied(mut entry) => {
            entry.insert(0);
            Some(entry.remove_entry())
        }
        Entry::Vacant(_) => None,
    });
    assert_eq!((old, map.is_empty()), (Some(("a", 0)), true));
}

#[test]
fn a_walk_can_stop() {
    let map: ShardedMap<u32, u32> = (0..100).map(|n| (n, n)).collect();
    let mut seen = 0;
    let stopped = map.try_for_each(|_, _| {
        seen += 1;
        if seen == 10 { ControlFlow::Break("enough") } else { ControlFlow::Continue(()) }
    });
    assert_eq!((stopped, seen), (ControlFlow::Break("enough"), 10));
    assert_eq!(map.shards().map(|shard| shard.len()).sum::<usize>(), 100);
    assert_eq!(map.shards().len(), map.shard_count());
}

#[test]
fn replaced_and_removed_values_drop_outside_the_lock() {
    /// Looks into the map it comes from when it drops.
    struct Looks<'a>(&'a ShardedMap<u8, Looks<'a>>);
    impl Drop for Looks<'_> {
        fn drop(&mut self) {
            self.0.contains_key(&1);
        }
    }
    // Leaked: a map that its own values borrow cannot be dropped.
    let map: &ShardedMap<u8, Looks<'_>> = Box::leak(Box::new(ShardedMap::with_shards(1)));
    map.insert(1, Looks(map));
    map.insert(1, Looks(map));
    assert!(map.insert_if_absent(1, Looks(map)).is_err());
    map.remove_if(&1, |_| true);
    map.insert(1, Looks(map));
    map.clear();
    assert!(map.is_empty());
}
