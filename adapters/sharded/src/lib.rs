//! A concurrent hash map of 2ⁿ shards, each a reader–writer lock and a table in one cache line.
//!
//! (Trade-offs, semantics and figures: being written.)
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
//! ```

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
