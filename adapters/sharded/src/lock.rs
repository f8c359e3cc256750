//! The lock word of a shard: a reader–writer lock in 32 bits.
//!
//! ```text
//!  31        30 … 2          1        0
//! too many   readers      parked   writer
//! ```
//!
//! - A reader enters with one `fetch_add` and leaves with one `fetch_sub`: no retry loop, however
//!   many readers meet. A reader that finds a writer takes its count back and waits, so the
//!   count may be above zero for a moment while a writer is inside.
//! - A writer enters with one compare-exchange from the empty word and leaves with one
//!   `fetch_sub`.
//! - Who waits spins for a short while, then sleeps in [`park`]. `PARKED` is set and
//!   cleared only while the queue in [`park`] is held, and is set exactly while the queue
//!   has a sleeper of this lock. A thread goes to sleep only if, at the moment it sets the mark,
//!   somebody holds the lock; whoever gives it up sees the mark in the old value of its own
//!   read-modify-write, and wakes.
//! - `PARKED` also turns new readers away, so a writer that sleeps is not starved by a
//!   stream of overlapping readers.
//!
//! There is no upgrade from reading to writing (two readers that both wait for it would wait for
//! ever), no poisoning, and no guard: the file must not know what the lock protects.

use crate::park::{self, Wants};
use crate::sync::{AtomicU32, Ordering, spin_loop, yield_now};

const WRITER: u32 = 1;
const PARKED: u32 = 2;
const READER: u32 = 4;
const TOO_MANY: u32 = 1 << 31;
const READERS: u32 = !(WRITER | PARKED);

/// A reader–writer lock in one word. Nothing here checks that who unlocks has locked: that is
/// the business of the guards in `shard.rs`.
#[derive(Debug)]
pub(crate) struct RawLock {
    word: AtomicU32,
}

impl RawLock {
    pub(crate) fn new() -> Self {
        Self { word: AtomicU32::new(0) }
    }

    /// Waits until no writer is inside, then holds writers off until [`Self::unlock_shared`].
    #[inline]
    pub(crate) fn lock_shared(&self) {
        let before = self.word.fetch_add(READER, Ordering::Acquire);
        if before & (WRITER | PARKED | TOO_MANY) != 0 {
            self.lock_shared_slow(before);
        }
    }

    /// Gives up one reader's hold.
    #[inline]
    pub(crate) fn unlock_shared(&self) {
        let before = self.word.fetch_sub(READER, Ordering::Release);
        // The last reader out, nobody inside, somebody asleep. While a writer is inside, it is
        // the writer that wakes.
        if before == READER | PARKED {
            self.wake();
        }
    }

    /// Waits until nobody is inside, then holds everybody off until [`Self::unlock_exclusive`].
    #[inline]
    pub(crate) fn lock_exclusive(&self) {
        if self.word.compare_exchange(0, WRITER, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.lock_exclusive_slow();
        }
    }

    /// Gives up the writer's hold.
    #[inline]
    pub(crate) fn unlock_exclusive(&self) {
        // Not a store: readers that are on their way out again count in the same word.
        let before = self.word.fetch_sub(WRITER, Ordering::Release);
        if before & PARKED != 0 {
            self.wake();
        }
    }

    #[cold]
    #[inline(never)]
    fn lock_shared_slow(&self, before: u32) {
        if before & TOO_MANY != 0 {
            // 2^29 reads nested in each other: only a runaway recursion gets here, and going on
            // would let the count overflow into a writer's bit.
            std::process::abort();
        }
        self.unlock_shared();
        let mut spin = Spin::new();
        let mut slept = false;
        loop {
            let word = self.word.load(Ordering::Relaxed);
            if !blocks_reader(word) || (slept && word & WRITER == 0) {
                let joined = word + READER;
                if self.exchange(word, joined, Ordering::Acquire) {
                    return;
                }
                spin_loop();
                continue;
            }
            if !spin.again() {
                self.sleep(Wants::Shared, blocks_reader);
                slept = true;
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn lock_exclusive_slow(&self) {
        let mut spin = Spin::new();
        loop {
            let word = self.word.load(Ordering::Relaxed);
            if !blocks_writer(word) {
                if self.exchange(word, word | WRITER, Ordering::Acquire) {
                    return;
                }
                spin_loop();
                continue;
            }
            if !spin.again() {
                self.sleep(Wants::Exclusive, blocks_writer);
            }
        }
    }

    /// Sleeps, if at the moment the mark is set the word still `blocks`.
    fn sleep(&self, wants: Wants, blocks: fn(u32) -> bool) {
        park::sleep(self.address(), wants, || {
            loop {
                let word = self.word.load(Ordering::Relaxed);
                if !blocks(word) {
                    return false;
                }
                // A read-modify-write even when the mark is there already: it reads the newest
                // word, so the holder it saw has yet to leave, and will see the mark.
                if self.exchange(word, word | PARKED, Ordering::Relaxed) {
                    return true;
                }
            }
        });
    }

    #[cold]
    #[inline(never)]
    fn wake(&self) {
        park::wake(self.address(), || {
            // Relaxed: the word's mark is ordered by the queue's own lock.
            self.word.fetch_and(!PARKED, Ordering::Relaxed);
        });
    }

    fn exchange(&self, from: u32, to: u32, success: Ordering) -> bool {
        self.word.compare_exchange(from, to, success, Ordering::Relaxed).is_ok()
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// A writer is inside, or readers are inside and somebody who came before sleeps. In both cases
/// somebody holds the lock and will wake whoever goes to sleep now.
fn blocks_reader(word: u32) -> bool {
    word & WRITER != 0 || (word & PARKED != 0 && word & READERS != 0)
}

/// Somebody is inside.
fn blocks_writer(word: u32) -> bool {
    word & (WRITER | READERS) != 0
}

/// A short wait that grows: pauses first, then the rest of the time slice, then no more.
struct Spin {
    round: u32,
}

impl Spin {
    const PAUSES: u32 = if cfg!(loom) { 0 } else { 6 };
    const YIELDS: u32 = if cfg!(loom) { 0 } else { 4 };

    fn new() -> Self {
        Self { round: 0 }
    }

    /// Waits a little, and says whether there is patience left.
    fn again(&mut self) -> bool {
        if self.round >= Self::PAUSES + Self::YIELDS {
            return false;
        }
        if self.round < Self::PAUSES {
            for _ in 0..1 << self.round {
                spin_loop();
            }
        } else {
            yield_now();
        }
        self.round += 1;
        true
    }
}
