//! Watches how much memory one input takes: the most that its thread holds at once. It changes no
//! allocation, but for one that no input can need: that one fails, and ends the program.

#![expect(unsafe_code, reason = "`GlobalAlloc` is an unsafe trait; every call goes on unchanged")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts on behalf of the system allocator.
pub(crate) struct Watching;

/// An input that asks for so much at once would take the machine with it.
const MOST_AT_ONCE: usize = 4 << 30;

thread_local! {
    // Constant and without a destructor: touching it never allocates.
    static HELD: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
}

/// Begins to watch an input.
pub(crate) fn start() {
    HELD.set(0);
    PEAK.set(0);
}

/// The most that this thread has held at once since [`start`], over what it held then. Bytes.
pub(crate) fn peak_bytes() -> u64 {
    PEAK.get().max(0) as u64
}

fn held(change: i64) {
    let _ = HELD.try_with(|held| {
        held.set(held.get() + change);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(held.get())));
    });
}

// SAFETY: every method hands its arguments to `System` unchanged and returns what `System` returns,
// or null, which means that there is no memory; counting touches only constant thread-locals.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > MOST_AT_ONCE {
            return std::ptr::null_mut();
        }
        held(layout.size().cast_signed() as i64);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() > MOST_AT_ONCE {
            return std::ptr::null_mut();
        }
        held(layout.size().cast_signed() as i64);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        held(-(layout.size().cast_signed() as i64));
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > MOST_AT_ONCE {
            return std::ptr::null_mut();
        }
        held(size.cast_signed() as i64 - layout.size().cast_signed() as i64);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
