//! The lock of a shard: a reader–writer lock whose readers, while few write, leave no trace in
//! the shard's cache line.
//!
//! ```text
//!   31        30 … 3       2        1        0
//! too many   readers    biased   parked   writer      the word
//!
//!   31 … 2                 1        0
//! reads so far           hint    inside               a slot (one per thread and shard)
//! ```
//!
//! **Counted readers.** A reader adds one to the word and subtracts it again: no retry loop,
//! however many readers meet. One that finds a writer takes its count back and waits, so the
//! count may be above zero for a moment while a writer is inside. A writer enters with one
//! compare-exchange and leaves with one `fetch_sub`. Each of these moves the shard's line to the
//! core that does it.
//!
//! **Biased readers.** After a run of reads without a write the shard becomes *biased*. A reader
//! then marks its own slot as inside, looks at the word, and goes on if the word still says
//! biased and no writer. It writes to no line that another thread writes to. A writer of a
//! biased shard takes the bias off as it enters, then waits until no slot is marked; that costs
//! it a look at a line of every thread, so the bias comes back only if enough was read since the
//! last time. (Biased locking for readers: Dice and Kogan, *BRAVO*, USENIX ATC 2019; there one
//! table of slots serves all locks, here each thread has a slot for each shard, so two readers
//! never meet, and the decision to keep the bias is made from counts, not from the clock.)
//!
//! **Why it excludes.** The reader writes its slot and then reads the word; the writer writes
//! the word and then reads the slot; all four are sequentially consistent, so at least one sees
//! the other. The reader steps back if it sees the writer; the writer waits if it sees the mark.
//!
//! **Waiting.** Who waits for the word spins for a short while, then sleeps in [`park`].
//! `PARKED` is set and cleared only while the queue there is held, and is set exactly while the
//! queue has a sleeper of this lock. A thread goes to sleep only if, at the moment it sets the
//! mark, somebody holds the lock by the word; whoever gives it up sees the mark in the old value
//! of its own read-modify-write, and wakes. `PARKED` also turns new readers away, so that a
//! writer is not starved by a stream of overlapping readers. A writer that waits for a slot has
//! nobody to wake it, because a biased reader leaves with a plain store: it spins, yields, then
//! sleeps in short timed steps.
//!
//! There is no upgrade from reading to writing (two readers that both wait for it would wait for
//! ever), no poisoning, and no guard: the file must not know what the lock protects.

use crate::park::{self, Wants};
use crate::stripe::Slots;
use crate::sync::{self, AtomicU32, Ordering, spin_loop};

const WRITER: u32 = 1;
const PARKED: u32 = 2;
const BIASED: u32 = 4;
const READER: u32 = 8;
const TOO_MANY: u32 = 1 << 31;
const READERS: u32 = !(WRITER | PARKED | BIASED);

/// The thread of this slot is reading.
const INSIDE: u32 = 1;
/// The thread of this slot believes the shard to be biased.
const HINT: u32 = 2;
/// One read, in the rest of a slot. Wraps around.
const ONE_READ: u32 = 4;

/// A shard becomes biased when its score gets this far, and is no more when it falls to zero.
const SCORE_TO_BIAS: u32 = if cfg!(loom) { 1 } else { 64 };
/// What a write takes off the score, to which a read adds one: bias pays where there are more
/// reads than this to a write. For a write to a biased shard it is so much for each thread that
/// reads by a slot, because the writer looks at all their slots.
const READS_PER_WRITE: u32 = if cfg!(loom) { 1 } else { 4 };

/// A reader–writer lock. Nothing here checks that who unlocks has locked: that is the business
/// of the guards in `shard.rs`.
#[derive(Debug)]
pub(crate) struct RawLock {
    word: AtomicU32,
    /// How much more the shard is read than written, of late. Not exact: counted readers that
    /// meet may count as one.
    score: AtomicU32,
    /// The sum of the slots' reads when the bias was last taken off. Writers only.
    seen: AtomicU32,
}

/// How a reader got in, which is how it must leave: through a slot, or counted in the word.
pub(crate) type Hold<'a> = Option<&'a AtomicU32>;

/// Whether a writer leaves the shard biased: `BIASED` or nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bias(u32);

impl RawLock {
    pub(crate) fn new() -> Self {
        Self { word: AtomicU32::new(0), score: AtomicU32::new(0), seen: AtomicU32::new(0) }
    }

    /// Waits until no writer is inside, then holds writers off until [`Self::unlock_shared`].
    ///
    /// For short reads: a writer that waits for a biased reader cannot be woken by it.
    #[inline(always)]
    pub(crate) fn lock_shared<'a>(&self, slots: Slots<'a>) -> Hold<'a> {
        if let Some(slot) = slots.own() {
            // Only this thread writes to the slot, so nothing is lost between load and store.
            let before = slot.load(Ordering::Relaxed);
            // A read within a read counts: the slot can say only that the thread is inside.
            if before & (INSIDE | HINT) == HINT {
                slot.swap(before | INSIDE, Ordering::SeqCst);
                sync::full_fence_for_loom();
                let word = self.word.load(Ordering::SeqCst);
                if word & (WRITER | PARKED | BIASED) == BIASED {
                    return Some(slot);
                }
                step_back(slot, before, word);
            }
        }
        let before = self.word.fetch_add(READER, Ordering::Acquire);
        if before & (WRITER | PARKED | BIASED | TOO_MANY) != 0 {
            self.lock_counted_unusual(before, slots);
            return None;
        }
        // The line is here and ours by now: this costs next to nothing.
        let score = self.score.load(Ordering::Relaxed).wrapping_add(1);
        self.score.store(score, Ordering::Relaxed);
        if score >= SCORE_TO_BIAS {
            self.make_biased(slots);
        }
        None
    }

    /// [`Self::lock_shared`] for reads that take long: a writer that waits for them sleeps.
    #[inline]
    pub(crate) fn lock_counted(&self) {
        let before = self.word.fetch_add(READER, Ordering::Acquire);
        if before & (WRITER | PARKED | TOO_MANY) != 0 {
            self.lock_counted_slow(before);
        }
    }

    /// Gives up a reader's hold.
    #[inline(always)]
    pub(crate) fn unlock_shared(&self, hold: Hold<'_>) {
        match hold {
            None => self.unlock_counted(),
            Some(slot) => {
                let inside = slot.load(Ordering::Relaxed);
                slot.store(inside.wrapping_add(ONE_READ - INSIDE), Ordering::Release);
            }
        }
    }

    #[inline]
    pub(crate) fn unlock_counted(&self) {
        let before = self.word.fetch_sub(READER, Ordering::Release);
        // The last reader out, nobody inside, somebody asleep. While a writer is inside, it is
        // the writer that wakes.
        if before & !BIASED == READER | PARKED {
            self.wake();
        }
    }

    /// Waits until nobody is inside, then holds everybody off until [`Self::unlock_exclusive`].
    #[inline]
    pub(crate) fn lock_exclusive(&self, slots: Slots<'_>) -> Bias {
        // Without a look first: it would fetch the line to read, and then again to write.
        match self.word.compare_exchange(0, WRITER, Ordering::SeqCst, Ordering::Relaxed) {
            Ok(_) => {
                let score = self.score.load(Ordering::Relaxed);
                self.score.store(score.saturating_sub(READS_PER_WRITE), Ordering::Relaxed);
                Bias(0)
            }
            Err(BIASED) => self.lock_exclusive_biased(slots),
            Err(_) => self.lock_exclusive_slow(slots),
        }
    }

    /// Gives up the writer's hold.
    #[inline]
    pub(crate) fn unlock_exclusive(&self, bias: Bias) {
        let change = bias.0.wrapping_sub(WRITER);
        // Not a store: readers that are on their way out again count in the same word.
        let before = self.word.fetch_add(change, Ordering::Release);
        if before & PARKED != 0 {
            self.wake();
        }
    }

    /// Called by a counted reader, so no writer is inside.
    #[cold]
    #[inline(never)]
    fn make_biased(&self, slots: Slots<'_>) {
        learn_bias(slots);
        // Release: who sees the bias finds the slots made.
        self.word.fetch_or(BIASED, Ordering::Release);
    }

    #[cold]
    #[inline(never)]
    fn lock_counted_unusual(&self, before: u32, slots: Slots<'_>) {
        if before & (WRITER | PARKED | TOO_MANY) != 0 {
            self.lock_counted_slow(before);
        } else {
            learn_bias(slots);
        }
    }

    #[cold]
    #[inline(never)]
    fn lock_counted_slow(&self, before: u32) {
        if before & TOO_MANY != 0 {
            // 2^28 reads nested in each other: only a runaway recursion gets here, and going on
            // would let the count overflow.
            std::process::abort();
        }
        self.unlock_counted();
        let mut spin = Spin::new();
        let mut slept = false;
        loop {
            let word = self.word.load(Ordering::Relaxed);
            if !blocks_reader(word) || (slept && word & WRITER == 0) {
                if self.exchange(word, word + READER) {
                    return;
                }
                spin_loop();
            } else if !spin.again() {
                self.sleep(Wants::Shared, blocks_reader);
                slept = true;
            }
        }
    }

    #[inline(never)]
    fn lock_exclusive_biased(&self, slots: Slots<'_>) -> Bias {
        if self.exchange(BIASED, WRITER) {
            return self.take_bias_off(slots);
        }
        self.lock_exclusive_slow(slots)
    }

    #[cold]
    #[inline(never)]
    fn lock_exclusive_slow(&self, slots: Slots<'_>) -> Bias {
        let mut spin = Spin::new();
        loop {
            let word = self.word.load(Ordering::Relaxed);
            if !blocks_writer(word) {
                if self.exchange(word, (word | WRITER) & !BIASED) {
                    let was_biased = word & BIASED != 0;
                    return if was_biased { self.take_bias_off(slots) } else { Bias(0) };
                }
                spin_loop();
            } else if !spin.again() {
                self.sleep(Wants::Exclusive, blocks_writer);
            }
        }
    }

    /// Waits until no thread is inside by its slot; says whether the bias is to come back.
    fn take_bias_off(&self, slots: Slots<'_>) -> Bias {
        sync::full_fence_for_loom();
        let mut sum = 0_u32;
        let mut threads = 0;
        for slot in slots.all() {
            let mut seen = slot.load(Ordering::SeqCst);
            if seen & INSIDE != 0 {
                seen = wait_for(slot);
            }
            sum = sum.wrapping_add(seen / ONE_READ);
            threads += u32::from(seen >= ONE_READ);
        }
        let reads = sum.wrapping_sub(self.seen.load(Ordering::Relaxed)) & (u32::MAX / ONE_READ);
        self.seen.store(sum, Ordering::Relaxed);
        let cost = READS_PER_WRITE * threads;
        let most = SCORE_TO_BIAS.max(4 * cost);
        let score = self.score.load(Ordering::Relaxed).saturating_add(reads).min(most);
        let score = score.saturating_sub(cost);
        self.score.store(score, Ordering::Relaxed);
        Bias(if score > 0 { BIASED } else { 0 })
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
                if self.exchange(word, word | PARKED) {
                    return true;
                }
            }
        });
    }

    #[cold]
    #[inline(never)]
    fn wake(&self) {
        park::wake(self.address(), || {
            // Relaxed: the mark is ordered by the queue's own lock.
            self.word.fetch_and(!PARKED, Ordering::Relaxed);
        });
    }

    fn exchange(&self, from: u32, to: u32) -> bool {
        self.word.compare_exchange(from, to, Ordering::SeqCst, Ordering::Relaxed).is_ok()
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// Undoes a mark in `slot` that came too late, and forgets the hint if it was wrong. While a
/// writer is inside, who may bring the bias back, there is no telling.
#[cold]
#[inline(never)]
fn step_back(slot: &AtomicU32, before: u32, word: u32) {
    let keep = if word & (BIASED | WRITER) == 0 { !HINT } else { !0 };
    slot.store(before & keep, Ordering::Release);
}

/// Waits until the thread of `slot` is not inside.
#[cold]
#[inline(never)]
fn wait_for(slot: &AtomicU32) -> u32 {
    let mut spin = Spin::new();
    loop {
        if !spin.again() {
            sync::doze();
        }
        let seen = slot.load(Ordering::SeqCst);
        if seen & INSIDE == 0 {
            return seen;
        }
    }
}

/// Leaves a hint in this thread's slot that the shard is biased.
#[cold]
#[inline(never)]
fn learn_bias(slots: Slots<'_>) {
    if let Some(slot) = slots.ask() {
        slot.store(slot.load(Ordering::Relaxed) | HINT, Ordering::Relaxed);
    }
}

/// A writer is inside, or counted readers are inside and somebody who came before sleeps. In
/// both cases somebody holds the lock by the word and will wake whoever goes to sleep now.
fn blocks_reader(word: u32) -> bool {
    word & WRITER != 0 || (word & PARKED != 0 && word & READERS != 0)
}

/// Somebody is inside by the word.
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
            sync::yield_now();
        }
        self.round += 1;
        true
    }
}
