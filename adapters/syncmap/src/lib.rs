//! The algorithm of Go's `sync.Map` as it was before Go 1.24, written from its published source
//! (Go 1.23, `src/sync/map.go`): a read map that needs no lock, a dirty map behind one, and the
//! moves between the two.
//!
//! It is here to be measured: claims about that map can be tested without Go. A program that wants
//! a fast concurrent map will find better ones. Nothing here improves on the algorithm.
//!
//! # How it works
//!
//! - **The read map** is a hash table that nobody changes, behind an atomic pointer. Its entries
//!   are atomic pointers to values, so a key that is in it is read, overwritten and removed
//!   without a lock. A removed entry stays in its table, empty.
//! - **The dirty map** is a second table behind a mutex, with every live entry of the read map and
//!   the new keys that the read map lacks. The two share their entries. It exists only while there
//!   are such keys; the read map is then *amended*.
//! - **A miss** is a call that does not find its key in an amended read map: it takes the mutex and
//!   looks into the dirty map. After as many misses as the dirty map has entries, the dirty map is
//!   **promoted**: it becomes the read map by the swap of one pointer.
//! - **The copy** comes later, with the first *new* key after a promotion: all live entries of the
//!   read map are put into a new dirty map, under the mutex. Empty ones are *expunged* on that
//!   occasion: marked as missing from the dirty map, so that whoever stores to one puts it there
//!   first.
//! - **A walk** over all entries promotes the dirty map first.
//!
//! [`SyncMap::counters`] says how often each happened.
//!
//! # Trade-offs
//!
//! - Overwriting and removing keys of the read map is one compare-and-swap of the key's own
//!   pointer. A new key costs a mutex, and the first one after a promotion a copy of the whole map,
//!   for which everybody waits who misses or brings a new key. Reads of keys in the read map do not.
//! - Every value is an allocation of its own, and every store makes one.
//! - Each key is in two tables while there is a dirty map, and an entry that was removed stays in
//!   memory until the copy after the next promotion.
//!
//! # What differs from Go
//!
//! - **Reclamation.** Go leaves replaced values and tables to its collector. Here they are retired
//!   through `crossbeam-epoch`: each call enters an epoch and leaves it, a few nanoseconds that a
//!   Go program does not pay there, and the thread that happens to collect drops an old table with
//!   the reference counts of its entries, work that Go's collector does beside the program. An
//!   `ArcSwap` for each entry would need no `unsafe` here, but costs each read a debt slot and each
//!   store a walk over those of all threads; an epoch is paid once per call, whatever the call
//!   touches.
//! - **Entries are counted.** A copy raises the count of every live entry where Go copies a
//!   pointer.
//! - **Types.** Keys and values have types; Go's are interfaces, which cost another pointer.
//! - **`len`**, which Go does not have: see [`SyncMap::len`].
//! - **`update`** is what a Go program writes as a loop of `Load` and `CompareAndSwap`. The closure
//!   runs under the mutex while the key is in the dirty map only.
//!
//! # Semantics
//!
//! Calls for one key are linearizable. A walk shows every key that is there all the time once, and
//! one that comes or goes meanwhile once or not at all; it is no snapshot. Closures run while an
//! epoch is entered, which keeps replaced values in memory. They may use the same map, but for that
//! of [`SyncMap::update`]. Keys whose `Hash`, `Eq` or `Clone` panics may lose entries.
//!
//! # Example
//!
//! ```
//! use mapbench_syncmap::SyncMap;
//!
//! let map = SyncMap::new();
//! map.store("a", 1);
//! assert_eq!(map.get_with(&"a", |value| *value), Some(1)); // a miss, which promotes
//! map.store("b", 2); // a new key: copies one entry
//! let counters = map.counters();
//! assert_eq!((counters.promotions, counters.copies, counters.entries_copied), (1, 2, 1));
//! ```

mod map;

mod entry;
mod reclaim;
mod sync;

#[cfg(all(test, loom))]
mod loom_tests;

pub use map::{Counters, SyncMap};

/// Frees what was retired, as far as no thread is in a call that may still see it. Up to 63 replaced
/// values stay with each other thread that lives: the collector is given them in batches of 64.
pub fn collect() {
    reclaim::collect();
}
