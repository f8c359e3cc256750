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
    /// A gap, then stripe after stripe, each with a gap behind it. The length is no more than
    /// that: a stripe that is not there begins at the end, so the bounds check finds it out.
    slots: Box<[AtomicU32]>,
    /// Slots from one stripe to the next.
    stride: usize,
}

/// As many slots as fill a cache line: what lies on the two sides of it shares no line, wherever
/// the allocation begins.
const GAP: usize = 64 / size_of::<u32>();

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
        let stride = self.shards + GAP;
        let slots = (0..GAP + self.threads * stride).map(|_| AtomicU32::new(0)).collect();
        Made { slots, stride }
    }

    #[inline(always)]
    pub(crate) fn slots_of(&self, shard: usize) -> Slots<'_> {
        Slots { stripes: self, shard }
    }

    /// `None` for a stripe that is not there, [`thread_number::NONE`] among them.
    #[inline(always)]
    fn slot(&self, stripe: usize, shard: usize) -> Option<&AtomicU32> {
        debug_assert!(shard < self.shards);
        let made = self.made.get()?;
        // From `threads` on this is out of bounds, and `NONE` is small enough not to overflow:
        // one comparison answers "is there a number" and "is there a stripe for it".
        made.slots.get(stripe * made.stride + (shard + GAP))
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
        let number = match thread_number::own() {
            thread_number::NONE => thread_number::ask(),
            number => number,
        };
        self.stripes.slot(number, self.shard)
    }

    /// The slots of all threads that may have one.
    pub(crate) fn all(self) -> impl Iterator<Item = &'a AtomicU32> {
        let in_use = thread_number::in_use().min(self.stripes.threads);
        (0..in_use).filter_map(move |stripe| self.stripes.slot(stripe, self.shard))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_thread_beyond_the_last_stripe_has_no_slot() {
        // It had one: a slot among the spare ones at the end, where no writer looked.
        for shards in [1, 2, 15, 16, 17, 128] {
            let stripes = Stripes::new(4, shards);
            stripes.made.get_or_init(|| stripes.make());
            for shard in 0..shards {
                for stripe in [4, 5, 64, thread_number::NONE] {
                    assert!(stripes.slot(stripe, shard).is_none(), "{stripe} of {shards}");
                }
            }
        }
    }

    #[test]
    fn threads_share_neither_slots_nor_lines() {
        let stripes = Stripes::new(4, 20);
        stripes.made.get_or_init(|| stripes.make());
        let line = |slot: &AtomicU32| std::ptr::from_ref(slot).addr() / 64;
        let lines_of = |stripe| -> HashSet<usize> {
            (0..20).map(|shard| line(stripes.slot(stripe, shard).expect("it is there"))).collect()
        };
        for stripe in 1..4 {
            assert!(lines_of(stripe).is_disjoint(&lines_of(stripe - 1)));
        }
    }
}
