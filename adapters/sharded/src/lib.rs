//! A concurrent hash map of 2ⁿ shards, each a reader–writer lock and a table in one cache line.
//!
//! [`ShardedMap`] is for many threads that read and write one map: look-ups by key run beside
//! each other, updates of a value are one step, and a walk over all entries stops writers for
//! one shard at a time. It is one of the maps that `mapbench` measures, and written for it.
//!
//! # Trade-offs
//!
//! - **Closures, no guards.** [`get_with`](ShardedMap::get_with) lends the value to a closure.
//!   No reference and no lock outlives the call, so a map cannot be blocked by a guard that
//!   somebody keeps, holds across an `.await`, or forgets. The price is code that sometimes
//!   reads less directly.
//! - **Few writes make reads cheap.** While a shard is mostly read, its readers write only to
//!   cache lines of their own thread, and so do not slow each other down, even on one hot key.
//!   A write to such a shard looks at a line of every thread that reads; where there are fewer
//!   than about four reads to a write for each of those threads, the shard goes back to
//!   counting its readers in its own line.
//! - **Writers of one shard wait for each other**, and for its readers. A key that all threads
//!   write is as slow here as behind any lock.
//! - **Memory.** A shard is 64 bytes, and there are 64 for each core: 8 KiB for an empty map on
//!   two cores, 256 KiB on 64. A table is allocated when a shard gets its first entry. The slots
//!   of biased readers are allocated when the first shard of a map becomes biased: 4 bytes for
//!   each shard times two threads a core, 64 at most: 2 KiB more on two cores, 1 MiB on 64. Many
//!   small maps want [`with_shards`](ShardedMap::with_shards)`(1)` or a few.
//! - **No order, no snapshot.** Walks see each shard at one moment, and different shards at
//!   different ones.
//! - **The hash must be good in its high bits**, which choose the shard. The default,
//!   `foldhash::fast`, is; it resists hash flooding less than `SipHash` does, which can be had
//!   by [`with_hasher`](ShardedMap::with_hasher).
//!
//! # Semantics
//!
//! Operations on one key are linearizable: each happens at one moment while it runs. What takes
//! several shards ([`for_each`](ShardedMap::for_each), [`retain`](ShardedMap::retain),
//! [`clear`](ShardedMap::clear), `Clone`) happens shard by shard.
//! [`len`](ShardedMap::len) never waits.
//!
//! | | locks | beside it may run |
//! |---|---|---|
//! | `get_with`, `get_cloned`, `contains_key` | the key's shard, to read | reads |
//! | `insert`, `remove`, `update`, `entry_with`, … | the key's shard, to write | nothing in that shard |
//! | `for_each`, `to_vec`, `Debug`, `Clone`, `capacity` | one shard after the other, to read | reads |
//! | `for_each_mut`, `retain`, `clear`, `shrink_to_fit`, `reserve` | one shard after the other, to write | nothing in that shard |
//! | `len`, `is_empty`, `hasher`, `shard_count` | nothing | everything |
//! | `get_mut`, `iter_mut`, `into_iter` | nothing: they own the map | |
//!
//! ## Waiting for oneself
//!
//! A closure runs while its shard is locked. If it uses the same map it may meet the same shard
//! and **wait for itself for ever**; two threads may also wait for each other. Even a read within
//! a read can: it waits if a writer has come in between. Take what is needed out of the closure
//! and go on outside, or walk copies ([`ShardRef::to_vec`]).
//!
//! ## Panics
//!
//! When a closure, a `Hash`, an `Eq` or a `Clone` panics, the lock is given up and the panic goes
//! on. The map is not poisoned: its tables are whole at every point where user code runs, so there
//! is nothing to warn others of but the one value that an `update` may have left half-done, and
//! that is the caller's to judge. If a hash panics while a table grows, entries of that shard may
//! be lost; [`len`](ShardedMap::len) stays right.
//!
//! ## Fairness
//!
//! Who cannot get in spins for about a microsecond and then sleeps. A writer that sleeps turns
//! new readers away, so readers that overlap without end do not starve it; among writers the
//! longest sleeper is woken first, but one that comes along at the right moment may overtake it.
//!
//! # Example
//!
//! ```
//! use mapbench_sharded::ShardedMap;
//!
//! let hits = ShardedMap::new();
//! std::thread::scope(|scope| {
//!     for _ in 0..4 {
//!         scope.spawn(|| {
//!             for page in ["home", "away", "home"] {
//!                 hits.update_or_insert_with(page, |n| *n += 1, || 1);
//!             }
//!         });
//!     }
//! });
//! assert_eq!(hits.get_cloned("home"), Some(8));
//! assert_eq!(hits.remove_if("away", |n| *n < 10), Some(4));
//! assert_eq!(hits.len(), 1);
//! ```
//!
//! # Features
//!
//! - `rayon`: `par_for_each`, `par_for_each_mut`, `par_retain`, `ParallelExtend` and
//!   `FromParallelIterator`.
//! - `serde`: `Serialize` and `Deserialize`.

#![expect(
    clippy::inline_always,
    reason = "lock and shard choice are a few instructions of every operation; left to the \
              compiler, the reader's entry became a call that took a third off a hot get"
)]

mod map;

mod entry;
mod read;
mod write;

mod convert;
mod owned;
#[cfg(feature = "rayon")]
mod rayon;
#[cfg(feature = "serde")]
mod serde;
mod walk;

mod lock;
#[cfg(all(test, loom))]
mod loom_tests;
mod park;
mod shard;
mod stripe;
mod sync;
mod thread_number;

pub use entry::{Entry, OccupiedEntry, VacantEntry};
pub use hashbrown::Equivalent;
pub use map::ShardedMap;
pub use owned::{IntoIter, IterMut};
pub use walk::{ShardRef, Shards};
