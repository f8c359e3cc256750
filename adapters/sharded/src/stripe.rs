//! Where readers of a biased shard leave their mark: an array of slots for each thread, one slot
//! for each shard, so that a read writes only to cache lines its own thread writes to.
//!
//! This file deals out the arrays ("stripes") and says what a slot holds. It must not know when
//! a shard is biased or what a mark means for a writer: that is `lock.rs`.

use std::sync::OnceLock;

use crate::sync::AtomicU32;
use crate::thread_number;

/// Slots for a limited number of threads. Threads beyond it read without a slot.
///
/// Nothing is allocated before the first shard becomes biased, which also makes "is there any
/// bias in this map" a cheap question for the threads that read a map with none.
#[derive(Debug)]
pub(crate) struct Stripes {
    made: OnceLock<Made>,
    shards: usize,
    threads: usize,
}

#[derive(Debug)]
struct Made {
    /// Stripe after stripe, from `first` on; a few more than needed, so that `first` can be the
    /// beginning of a cache line.
    slots: Box<[AtomicU32]>,
    first: usize,
    /// Slots from one stripe to the next: whole lines.
    stride: usize,
}

const LINE_BYTES: usize = 64;
const SLOTS_PER_LINE: usize = LINE_BYTES / size_of::<u32>();

/// The slots of all threads for one shard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slots<'a> {
    stripes: &'a Stripes,
    shard: usize,
}

impl Stripes {
    pub(crate) fn new(threads: usize, shards: usize) -> Self {
        let stripes = Self { made: OnceLock::new(), shards, threads };
        // Loom does not see that `OnceLock` publishes what it holds.
        if cfg!(loom) {
            stripes.made.get_or_init(|| stripes.make());
        }
        stripes
    }

    fn make(&self) -> Made {
        let stride = self.shards.next_multiple_of(SLOTS_PER_LINE);
        let slots: Box<[AtomicU32]> =
            (0..self.threads * stride + SLOTS_PER_LINE - 1).map(|_| AtomicU32::new(0)).collect();
        // Were the answer wrong, two threads would share a line: slower, not incorrect.
        let first = slots.as_ptr().align_offset(LINE_BYTES).min(SLOTS_PER_LINE - 1);
        Made { slots, first, stride }
    }

    #[inline(always)]
    pub(crate) fn slots_of(&self, shard: usize) -> Slots<'_> {
        Slots { stripes: self, shard }
    }

    /// `None` for a stripe that is not there, [`thread_number::NONE`] among them.
    #[inline(always)]
    fn slot(&self, stripe: usize, shard: usize) -> Option<&AtomicU32> {
        // `NONE` is large enough to be out of bounds and small enough not to overflow here: one
        // comparison answers both "is there a number" and "is there a stripe for it".
        let made = self.made.get()?;
        made.slots.get(stripe * made.stride + (made.first + shard))
    }
}

impl<'a> Slots<'a> {
    /// This thread's slot, if there are slots and it has asked for one. No other living thread gets the same.
    #[inline(always)]
    pub(crate) fn own(self) -> Option<&'a AtomicU32> {
        self.stripes.slot(thread_number::own(), self.shard)
    }

    /// This thread's slot, made if need be. `None` for a thread that is not to have one.
    #[cold]
    pub(crate) fn ask(self) -> Option<&'a AtomicU32> {
        self.stripes.made.get_or_init(|| self.stripes.make());
        self.stripes.slot(thread_number::ask(), self.shard)
    }

    /// The slots of all threads that may have one.
    pub(crate) fn all(self) -> impl Iterator<Item = &'a AtomicU32> {
        let in_use = thread_number::in_use().min(self.stripes.threads);
        (0..in_use).filter_map(move |stripe| self.stripes.slot(stripe, self.shard))
    }
}
