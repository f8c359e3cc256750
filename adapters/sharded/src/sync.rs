//! The synchronisation types the crate is built on: those of `std`, or those of `loom` under
//! `--cfg loom`, so that the model checker sees every access that matters.
//!
//! It must not hold any logic: what is here behaves the same in both worlds.

#[cfg(loom)]
pub(crate) use loom::{
    cell::UnsafeCell,
    hint::spin_loop,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    thread::yield_now,
};
#[cfg(not(loom))]
pub(crate) use std::{
    hint::spin_loop,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    thread::yield_now,
};

/// A writer that waits for a biased reader sleeps for this long at a time.
#[cfg(not(loom))]
const DOZE: std::time::Duration = std::time::Duration::from_micros(50);

/// Sleeps for a moment; nobody wakes.
#[cfg(not(loom))]
#[cold]
#[expect(clippy::disallowed_methods, reason = "a short wait for a thread that cannot wake us")]
pub(crate) fn doze() {
    std::thread::sleep(DOZE);
}

/// Lets other threads run: loom has no time to sleep for.
#[cfg(loom)]
pub(crate) fn doze() {
    yield_now();
}

/// Loom takes sequentially consistent loads and stores for acquire and release only, and would
/// find executions that the memory model forbids. A fence says the same in a way it understands.
#[inline]
pub(crate) fn full_fence_for_loom() {
    #[cfg(loom)]
    loom::sync::atomic::fence(Ordering::SeqCst);
}

/// `std`'s `UnsafeCell` with the two closure methods of loom's.
#[cfg(not(loom))]
#[derive(Debug)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(loom))]
impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    #[inline(always)]
    pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    #[inline(always)]
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }

    pub(crate) fn into_inner(self) -> T {
        self.0.into_inner()
    }
}
