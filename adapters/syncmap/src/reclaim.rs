//! Slots that hold a pointer to a value, nothing, or the mark of an expunged entry, and what keeps
//! a replaced value alive until nobody can see it: the whole `unsafe` code of the crate. Knows
//! neither keys nor tables.
//!
//! Loads acquire and replacements acquire and release. Go's atomics are sequentially consistent;
//! nothing in the algorithm compares two locations without the mutex between them, so that the
//! order of each location by itself is enough. Loom is given no more than this.

#![expect(unsafe_code, reason = "values are shared by plain pointers and freed by epochs")]

use std::marker::PhantomData;
use std::{fmt, ptr};

#[cfg(not(loom))]
pub(crate) use crossbeam_epoch::{Guard, pin};

#[cfg(loom)]
pub(crate) use self::unreclaimed::{Guard, pin};
use crate::sync::{AtomicPtr, Ordering, UnsafeCell};

/// A value at an address of its own. Aligned so that no node is at the address of the mark, not
/// even one of a type without size.
#[repr(align(2))]
struct Node<T> {
    /// Never changed; a cell, so that loom sees who looks at a value before it was published.
    value: UnsafeCell<T>,
    #[cfg(loom)]
    retired: std::sync::atomic::AtomicBool,
}

/// A value that is in no slot yet.
pub(crate) struct Unpublished<T>(Box<Node<T>>);

impl<T> Unpublished<T> {
    #[inline]
    pub(crate) fn new(value: T) -> Self {
        Unpublished(Box::new(Node {
            value: UnsafeCell::new(value),
            #[cfg(loom)]
            retired: std::sync::atomic::AtomicBool::new(false),
        }))
    }

    pub(crate) fn into_inner(self) -> T {
        self.0.value.into_inner()
    }
}

/// The address that marks an expunged entry; no node has it.
const fn mark<T>() -> *mut Node<T> {
    ptr::without_provenance_mut(1)
}

/// What was in a slot at one moment. A value stays where it is for as long as the guard lives.
pub(crate) struct Seen<'g, T> {
    at: *mut Node<T>,
    guard: PhantomData<(&'g Guard, &'g T)>,
}

impl<T> Clone for Seen<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Seen<'_, T> {}

impl<'g, T> Seen<'g, T> {
    #[inline]
    fn new(at: *mut Node<T>) -> Self {
        Seen { at, guard: PhantomData }
    }

    #[inline]
    pub(crate) fn is_expunged(self) -> bool {
        self.at == mark()
    }

    /// Whether it was a value.
    #[inline]
    pub(crate) fn is_value(self) -> bool {
        !self.at.is_null() && !self.is_expunged()
    }

    /// The value, if it was one.
    #[inline]
    pub(crate) fn value(self) -> Option<&'g T> {
        self.is_value().then(|| {
            // SAFETY: a pointer that is neither null nor the mark comes from a box that was put
            // into a slot, and was read from it under the guard. A value leaves its slot through
            // `retire`, which waits for the guard, or with the slot (see its `Drop`).
            let node = unsafe { &*self.at };
            node.value.with(|value| {
                // SAFETY: nobody makes a `&mut` to a published value.
                unsafe { &*value }
            })
        })
    }
}

/// An atomic pointer that owns its value.
pub(crate) struct Slot<T> {
    at: AtomicPtr<Node<T>>,
    /// Sent and shared as what it owns, which other threads see and free.
    owns: PhantomData<T>,
}

impl<T: Send + Sync + 'static> Slot<T> {
    pub(crate) fn new(value: Unpublished<T>) -> Self {
        Slot { at: AtomicPtr::new(Box::into_raw(value.0)), owns: PhantomData }
    }

    #[inline]
    pub(crate) fn load<'g>(&self, _guard: &'g Guard) -> Seen<'g, T> {
        Seen::new(self.at.load(Ordering::Acquire))
    }

    /// Puts a value where `seen` still is, and retires that.
    ///
    /// # Errors
    /// The value, and what is there now, if that is something else.
    #[inline]
    pub(crate) fn replace<'g>(
        &self,
        seen: Seen<'g, T>,
        value: Unpublished<T>,
        guard: &'g Guard,
    ) -> Result<(), (Unpublished<T>, Seen<'g, T>)> {
        let new = Box::into_raw(value.0);
        match self.compare_exchange(seen.at, new) {
            Ok(()) => {
                retire(seen, guard);
                Ok(())
            }
            Err(now) => {
                // SAFETY: `new` was made from a box above and was not published.
                let value = Unpublished(unsafe { Box::from_raw(new) });
                Err((value, Seen::new(now)))
            }
        }
    }

    /// Puts a value there, whatever is there, retires that and answers it.
    #[inline]
    pub(crate) fn swap<'g>(&self, value: Unpublished<T>, guard: &'g Guard) -> Seen<'g, T> {
        let seen = Seen::new(self.at.swap(Box::into_raw(value.0), Ordering::AcqRel));
        retire(seen, guard);
        seen
    }

    /// Empties the slot if `seen` is still there, and retires that.
    ///
    /// # Errors
    /// What is there now, if that is something else.
    #[inline]
    pub(crate) fn clear<'g>(&self, seen: Seen<'g, T>, guard: &'g Guard) -> Result<(), Seen<'g, T>> {
        self.compare_exchange(seen.at, ptr::null_mut()).map_err(Seen::new)?;
        retire(seen, guard);
        Ok(())
    }

    /// Marks an empty slot as expunged; answers whether it was empty.
    #[inline]
    pub(crate) fn expunge(&self) -> bool {
        self.compare_exchange(ptr::null_mut(), mark()).is_ok()
    }

    /// Makes an expunged slot an empty one; answers whether it was expunged.
    #[inline]
    pub(crate) fn unexpunge(&self) -> bool {
        self.compare_exchange(mark(), ptr::null_mut()).is_ok()
    }

    #[inline]
    fn compare_exchange(&self, from: *mut Node<T>, to: *mut Node<T>) -> Result<(), *mut Node<T>> {
        self.at.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).map(|_| ())
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        let seen = Seen::<'_, T>::new(self.at.load(Ordering::Acquire));
        if seen.is_value() {
            // SAFETY: the value is still in the slot, so it was not retired, and nobody else has
            // the slot. Nobody sees the value either: a slot that readers reach through a table
            // goes when the last such table is freed, which waits for their guards, and a slot that
            // only the dirty map had is emptied when it is taken out.
            let node = unsafe { Box::from_raw(seen.at) };
            #[cfg(loom)]
            assert!(
                !node.retired.load(std::sync::atomic::Ordering::Relaxed),
                "a retired value was left in its slot"
            );
            drop(node);
        }
    }
}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}

/// Frees a value that has left its slot, as soon as every guard of now is gone.
#[cfg(not(loom))]
#[inline]
fn retire<T: Send + Sync + 'static>(seen: Seen<'_, T>, guard: &Guard) {
    if !seen.is_value() {
        return;
    }
    let node = seen.at;
    // SAFETY: the exchange that took the pointer out of its slot succeeded for one thread only, so
    // this is called once for a node, and no load finds it from now on: the epoch waits for those
    // that did. The value is `Send` and borrows nothing, so any thread may drop it at any time.
    unsafe { guard.defer_unchecked(move || drop(Box::from_raw(node))) };
}

/// Notes that a value has left its slot. Loom checks the algorithm, not the crate that frees: here
/// nothing is freed, and what is retired twice is caught.
#[cfg(loom)]
fn retire<T>(seen: Seen<'_, T>, _guard: &Guard) {
    if !seen.is_value() {
        return;
    }
    // SAFETY: nothing is freed under loom but with its slot, and this has left its slot.
    let node = unsafe { &*seen.at };
    let before = node.retired.swap(true, std::sync::atomic::Ordering::Relaxed);
    assert!(!before, "a value was retired twice");
}

/// See [`crate::collect`].
pub(crate) fn collect() {
    // What was retired in an epoch is freed two epochs later, and each flush brings about one at
    // most; one more for an epoch that another thread had begun.
    for _ in 0..4 {
        pin().flush();
    }
}

/// Epochs without a collector.
#[cfg(loom)]
mod unreclaimed {
    pub(crate) struct Guard;

    impl Guard {
        #[expect(clippy::unused_self, reason = "as the real one is called")]
        pub(crate) fn flush(&self) {}
    }

    pub(crate) fn pin() -> Guard {
        Guard
    }
}
