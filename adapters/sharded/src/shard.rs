//! One shard: a lock word, a table header and a length in one 64-byte cache line.
//!
//! This is the only file that turns the lock into access to the table, and so the only one with
//! `unsafe`. It must not know keys, hashes or what a map promises.

#![expect(
    unsafe_code,
    reason = "the lock word shares the table's cache line, which no safe lock type offers; \
              safe parking_lot + HashTable reached 0.92–0.99 of dashmap's throughput"
)]

use hashbrown::{HashTable, hash_table};

use crate::lock::{Bias, Hold, RawLock};
use crate::stripe::Slots;
use crate::sync::{AtomicUsize, Ordering, UnsafeCell};

/// A table behind a reader–writer lock. Aligned to the cache line, so that no two shards share
/// one and an operation on a shard moves one line between cores, not two.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Shard<T> {
    lock: RawLock,
    /// `table.len()` as of the last unlock by a writer. Beside the table and not read from it,
    /// so that a length can be read without the lock.
    len: AtomicUsize,
    table: UnsafeCell<HashTable<T>>,
}

#[cfg(all(not(loom), target_pointer_width = "64"))]
const _: () = assert!(size_of::<Shard<u64>>() == 64, "a shard is one cache line");

// SAFETY: a shard owns its table, and nothing in it is tied to a thread: sending the shard sends
// the entries, which `T: Send` allows.
unsafe impl<T: Send> Send for Shard<T> {}
// SAFETY: through `&Shard` many threads may hold `&T` at once (readers: `T: Sync`), and one
// thread may take or replace entries that another put in (writers: `T: Send`). `RawLock`, used
// only by `read` and `write` below, keeps the two apart.
unsafe impl<T: Send + Sync> Sync for Shard<T> {}

impl<T> Shard<T> {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self::from_table(HashTable::with_capacity(capacity))
    }

    pub(crate) fn from_table(table: HashTable<T>) -> Self {
        Self {
            lock: RawLock::new(),
            len: AtomicUsize::new(table.len()),
            table: UnsafeCell::new(table),
        }
    }

    /// Runs `f` beside other readers. The lock is given up when `f` returns or unwinds.
    ///
    /// `slots` are this shard's: always the same for the same shard.
    #[inline(always)]
    pub(crate) fn read<R>(&self, slots: Slots<'_>, f: impl FnOnce(&HashTable<T>) -> R) -> R {
        let hold = self.lock.lock_shared(slots);
        self.read_held(hold, f)
    }

    /// [`Self::read`] for an `f` that takes long.
    pub(crate) fn read_long<R>(&self, f: impl FnOnce(&HashTable<T>) -> R) -> R {
        self.lock.lock_counted();
        self.read_held(None, f)
    }

    #[inline(always)]
    fn read_held<R>(&self, hold: Hold<'_>, f: impl FnOnce(&HashTable<T>) -> R) -> R {
        let _unlock = ReadGuard { lock: &self.lock, hold };
        self.table.with(|table| {
            // SAFETY: the shared lock is held until `_unlock` drops, after `f`; `write` makes
            // `&mut` only under the exclusive lock, which `RawLock` never grants beside this one.
            f(unsafe { &*table })
        })
    }

    /// Runs `f` alone. The lock is given up when `f` returns or unwinds.
    ///
    /// `slots` are this shard's: always the same for the same shard.
    #[inline(always)]
    pub(crate) fn write<R>(&self, slots: Slots<'_>, f: impl FnOnce(&mut HashTable<T>) -> R) -> R {
        let bias = self.lock.lock_exclusive(slots);
        let _unlock = WriteGuard { shard: self, bias };
        self.table.with_mut(|table| {
            // SAFETY: the exclusive lock is held until `_unlock` drops, after `f`; `RawLock`
            // grants it to one thread at a time and beside no reader.
            f(unsafe { &mut *table })
        })
    }

    /// The entry, without a lock. The length cannot change through it, so nothing is stored.
    pub(crate) fn find_mut(&mut self, hash: u64, is: impl FnMut(&T) -> bool) -> Option<&mut T> {
        self.table_mut().find_mut(hash, is)
    }

    /// All entries, without a lock. The length cannot change through it either.
    pub(crate) fn iter_mut(&mut self) -> hash_table::IterMut<'_, T> {
        self.table_mut().iter_mut()
    }

    fn table_mut(&mut self) -> &mut HashTable<T> {
        self.table.with_mut(|table| {
            // SAFETY: `&mut self` is borrowed for as long as the result lives, so neither `read`
            // nor `write` can be running or start.
            unsafe { &mut *table }
        })
    }

    pub(crate) fn into_table(self) -> HashTable<T> {
        self.table.into_inner()
    }

    /// The length after some recent write. Takes no lock and never waits.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }
}

struct ReadGuard<'a> {
    lock: &'a RawLock,
    hold: Hold<'a>,
}

impl Drop for ReadGuard<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.lock.unlock_shared(self.hold);
    }
}

struct WriteGuard<'a, T> {
    shard: &'a Shard<T>,
    bias: Bias,
}

impl<T> Drop for WriteGuard<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        // Always, and not only where an entry came or went: a hasher that panics while the
        // table grows makes hashbrown drop entries, and then a counted length would be wrong.
        let len = self.shard.table.with(|table| {
            // SAFETY: the exclusive lock is still held by this guard, and the closure given to
            // `write` has ended, so no `&mut` to the table is left.
            unsafe { &*table }.len()
        });
        self.shard.len.store(len, Ordering::Relaxed);
        self.shard.lock.unlock_exclusive(self.bias);
    }
}
