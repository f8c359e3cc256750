//! A panic in what the user hands in: the lock is given up, the map is whole, and no other
//! thread notices.

use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use mapbench_sharded::ShardedMap;

/// Unwinds without the message that `panic!` prints.
fn fall() -> ! {
    resume_unwind(Box::new("on purpose"))
}

fn falls<R>(f: impl FnOnce() -> R) {
    assert!(catch_unwind(AssertUnwindSafe(f)).is_err(), "the panic must come through");
}

/// Writes and reads by another thread, which would wait for ever were a lock left behind.
fn works<V: Clone + Send + Sync>(map: &ShardedMap<u8, V>, value: &V) {
    thread::scope(|scope| {
        scope.spawn(|| {
            map.insert(99, value.clone());
            assert!(map.remove(&99).is_some());
        });
    });
}

#[test]
fn a_panic_in_any_closure_leaves_no_lock_behind() {
    let map = ShardedMap::with_shards(1);
    map.insert(1, 10);
    // A few rounds: the first reads are counted in the lock word, later ones go by a slot.
    for _ in 0..100 {
        falls(|| map.get_with(&1, |_| fall()));
        falls(|| map.for_each(|_, _| fall()));
    }
    works(&map, &0);
    falls(|| map.update(&1, |_| fall()));
    falls(|| map.remove_if(&1, |_| fall()));
    falls(|| map.update_or_insert_with(1, |_| fall(), || 0));
    falls(|| map.update_or_insert_with(2, |_| (), || fall()));
    falls(|| map.get_or_insert_with(2, || fall(), |_| ()));
    falls(|| map.get_or_insert_with(1, || 0, |_| fall()));
    falls(|| map.entry_with(1, |_| fall()));
    falls(|| map.for_each_mut(|_, _| fall()));
    falls(|| map.retain(|_, _| fall()));
    works(&map, &0);
    assert_eq!(map.to_vec(), [(1, 10)]);
    assert_eq!(map.len(), 1);
}

#[test]
fn a_half_done_update_stays_half_done() {
    let map = ShardedMap::with_shards(1);
    map.insert(1, (0, 0));
    falls(|| {
        map.update(&1, |pair| {
            pair.0 = 1;
            fall();
        })
    });
    assert_eq!(map.get_cloned(&1), Some((1, 0)));
}

/// A key whose hash panics on demand.
#[derive(PartialEq, Eq)]
struct Fragile(u32);

static BREAK: AtomicBool = AtomicBool::new(false);

impl Hash for Fragile {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if BREAK.load(Ordering::Relaxed) && self.0 < 1_000 {
            fall();
        }
        self.0.hash(state);
    }
}

#[test]
fn a_panic_while_a_table_grows_keeps_len_right() {
    let map = ShardedMap::with_shards(1);
    for n in 0..100 {
        map.insert(Fragile(n), n);
    }
    BREAK.store(true, Ordering::Relaxed);
    // New keys hash well; moving the old ones does not.
    falls(|| {
        for n in 1_000..2_000 {
            map.insert(Fragile(n), n);
        }
    });
    BREAK.store(false, Ordering::Relaxed);
    let mut walked = 0;
    map.for_each(|_, _| walked += 1);
    assert_eq!(map.len(), walked);
    map.insert(Fragile(5_000), 0);
    assert!(map.contains_key(&Fragile(5_000)));
}
