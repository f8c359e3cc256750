//! A global allocator that counts: allocations, bytes taken and bytes given back, per thread, so
//! that counting costs a load and a store on a line that no other thread writes. It changes no
//! allocation.
//!
//! The program installs it; the driver reads it. A program without it reports no memory figures.

#![expect(unsafe_code, reason = "`GlobalAlloc` is an unsafe trait; every call goes on unchanged")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Counts on behalf of the system allocator.
#[derive(Debug, Default, Clone, Copy)]
pub struct CountingAllocator;

/// Threads with a slot of their own. Later ones share the last slot, by atomic adds.
const SLOTS: usize = 128;
const SHARED: usize = SLOTS - 1;

/// One thread's counts, on a line pair of its own.
#[repr(align(128))]
struct Slot {
    allocations: AtomicU64,
    taken_bytes: AtomicU64,
    given_bytes: AtomicU64,
}

static COUNTS: [Slot; SLOTS] = [const {
    Slot {
        allocations: AtomicU64::new(0),
        taken_bytes: AtomicU64::new(0),
        given_bytes: AtomicU64::new(0),
    }
}; SLOTS];
static NEXT_SLOT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    // Constant and without a destructor: touching it never allocates.
    static SLOT: Cell<usize> = const { Cell::new(usize::MAX) };
}

#[inline]
fn slot() -> usize {
    // A thread that is being torn down has no slot of its own any more.
    SLOT.try_with(|slot| {
        if slot.get() == usize::MAX {
            slot.set(NEXT_SLOT.fetch_add(1, Relaxed).min(SHARED));
        }
        slot.get()
    })
    .unwrap_or(SHARED)
}

#[inline]
fn add(slot: usize, counter: &AtomicU64, amount: u64) {
    if slot == SHARED {
        counter.fetch_add(amount, Relaxed);
    } else {
        // Only this thread writes the slot, so a load and a store lose nothing.
        counter.store(counter.load(Relaxed).wrapping_add(amount), Relaxed);
    }
}

#[inline]
fn took(bytes: usize) {
    let slot = slot();
    add(slot, &COUNTS[slot].allocations, 1);
    add(slot, &COUNTS[slot].taken_bytes, bytes as u64);
}

#[inline]
fn gave(bytes: usize) {
    let slot = slot();
    add(slot, &COUNTS[slot].given_bytes, bytes as u64);
}

// SAFETY: every method hands its arguments to `System` unchanged and returns what `System`
// returns; counting touches only statics and a constant thread-local, and cannot allocate.
unsafe impl GlobalAlloc for CountingAllocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller upholds `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller upholds `alloc_zeroed`'s contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        gave(layout.size());
        // SAFETY: the caller upholds `dealloc`'s contract.
        unsafe { System.dealloc(pointer, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        gave(layout.size());
        took(new_size);
        // SAFETY: the caller upholds `realloc`'s contract.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

/// Bytes that the process holds on the heap now; `None` if the program does not count.
pub fn live_bytes() -> Option<u64> {
    let (mut taken, mut given) = (0_u64, 0_u64);
    for slot in &COUNTS {
        taken = taken.wrapping_add(slot.taken_bytes.load(Relaxed));
        given = given.wrapping_add(slot.given_bytes.load(Relaxed));
    }
    // A counting program has allocated long before anyone can ask.
    (taken > 0).then(|| taken.wrapping_sub(given))
}

/// Allocations of the calling thread so far; `None` if the program does not count.
pub fn thread_allocations() -> Option<u64> {
    let own = slot();
    live_bytes().and((own != SHARED).then(|| COUNTS[own].allocations.load(Relaxed)))
}
