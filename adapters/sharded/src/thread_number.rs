//! Small numbers for threads: no two living threads have the same, and a number is given out
//! again when its thread has ended, the lowest first.
//!
//! It must not know what the numbers are for.

/// In place of a number for a thread that has none, or none any more. Far above every number,
/// and with room to be multiplied.
pub(crate) const NONE: usize = 1 << (usize::BITS / 2);

#[cfg(loom)]
pub(crate) use checked::*;
#[cfg(not(loom))]
pub(crate) use real::*;

#[cfg(not(loom))]
mod real {
    use std::cell::Cell;
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Mutex, PoisonError};

    use super::NONE;

    thread_local! {
        /// Apart from `LEASE`, which has a destructor and is slower to reach.
        static CACHED: Cell<usize> = const { Cell::new(NONE) };
        static LEASE: Lease = Lease::new();
    }

    /// Numbers given back.
    static FREE: Mutex<BTreeSet<usize>> = Mutex::new(BTreeSet::new());
    /// One more than the highest number ever given out.
    static IN_USE: AtomicUsize = AtomicUsize::new(0);

    /// This thread's number if it has asked for one, else [`NONE`].
    #[inline(always)]
    pub(crate) fn own() -> usize {
        CACHED.get()
    }

    /// This thread's number, now; [`NONE`] while its thread-local values are being destroyed.
    #[cold]
    pub(crate) fn ask() -> usize {
        let number = LEASE.try_with(|lease| lease.0).unwrap_or(NONE);
        CACHED.set(number);
        number
    }

    /// One more than the highest number that any thread can have.
    ///
    /// A thread raises it (sequentially consistent) before it first uses its number, so who
    /// announces something and then reads this, both sequentially consistent, either counts that
    /// thread in or is seen by it.
    pub(crate) fn in_use() -> usize {
        IN_USE.load(Ordering::SeqCst)
    }

    /// A number for as long as the thread lives.
    struct Lease(usize);

    impl Lease {
        fn new() -> Self {
            let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
            Self(free.pop_first().unwrap_or_else(|| IN_USE.fetch_add(1, Ordering::SeqCst)))
        }
    }

    impl Drop for Lease {
        fn drop(&mut self) {
            // Destructors that run after this one may still use a map. They must not use a
            // number that is about to be another thread's.
            CACHED.set(NONE);
            FREE.lock().unwrap_or_else(PoisonError::into_inner).insert(self.0);
        }
    }
}

/// Under loom a test gives its threads their numbers, so that it decides who has a slot.
#[cfg(loom)]
mod checked {
    use std::cell::Cell;

    use super::NONE;

    loom::thread_local! {
        static NUMBER: Cell<usize> = Cell::new(NONE);
    }

    pub(crate) fn own() -> usize {
        NUMBER.with(Cell::get)
    }

    pub(crate) fn ask() -> usize {
        own()
    }

    #[cfg(test)]
    pub(crate) fn set(number: usize) {
        NUMBER.with(|cell| cell.set(number));
    }

    pub(crate) fn in_use() -> usize {
        NONE
    }
}
