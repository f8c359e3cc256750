//! A global allocator that counts: allocations, bytes taken and bytes given back, per thread, so
//! that counting costs a load and a store on a line that no other thread writes. It changes no
//! allocation.
//!
//! Counts per thread tell exactly what is held now, but not the most that was held at once: the
//! threads' peaks do not coincide. So each thread also keeps the part of its balance that the
//! others have not heard of, and settles it with a shared sum when it reaches [`GRAIN`]; the largest
//! sum is the peak. A thread that takes and gives back small blocks in turn never settles, and
//! one that grows a table settles at once. What the sum lacks is at most one grain per thread.
//!
//! The program installs it; the driver reads it. A program without it reports no memory figures.

#![expect(unsafe_code, reason = "`GlobalAlloc` is an unsafe trait; every call goes on unchanged")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Counts on behalf of the system allocator.
#[derive(Debug, Default, Clone, Copy)]
pub struct CountingAllocator;

/// Threads with a slot of their own. Later ones share the last slot, by atomic adds.
const SLOTS: usize = 128;
const SHARED: usize = SLOTS - 1;

/// By how much a peak may be off for each thread that allocates. Bytes.
pub const GRAIN: u64 = 16 << 10;

/// One thread's counts, on a line pair of its own.
#[repr(align(128))]
struct Slot {
    allocations: AtomicU64,
    taken_bytes: AtomicU64,
    given_bytes: AtomicU64,
    /// Taken less given, of which [`SETTLED`] does not know yet. Bytes, less than a grain.
    unsettled: AtomicI64,
}

static COUNTS: [Slot; SLOTS] = [const {
    Slot {
        allocations: AtomicU64::new(0),
        taken_bytes: AtomicU64::new(0),
        given_bytes: AtomicU64::new(0),
        unsettled: AtomicI64::new(0),
    }
}; SLOTS];
/// Taken less given, of all threads, as far as they have told. Bytes.
static SETTLED: AtomicI64 = AtomicI64::new(0);
/// The most that [`SETTLED`] came to since somebody last asked to forget. Bytes.
static PEAK: AtomicI64 = AtomicI64::new(0);
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
    balance(slot, signed(bytes));
}

#[inline]
fn gave(bytes: usize) {
    let slot = slot();
    add(slot, &COUNTS[slot].given_bytes, bytes as u64);
    balance(slot, -signed(bytes));
}

/// No layout is larger than `isize::MAX` bytes.
#[inline]
fn signed(bytes: usize) -> i64 {
    bytes.cast_signed() as i64
}

/// Moves a thread's balance, and settles it once a grain has come together.
#[inline]
fn balance(slot: usize, change: i64) {
    if slot == SHARED {
        return settle(change);
    }
    let unsettled = &COUNTS[slot].unsettled;
    // No block is so large that this overflows.
    let sum = unsettled.load(Relaxed).wrapping_add(change);
    if sum.unsigned_abs() < GRAIN {
        unsettled.store(sum, Relaxed);
    } else {
        unsettled.store(0, Relaxed);
        settle(sum);
    }
}

#[cold]
#[inline(never)]
fn settle(change: i64) {
    let held = SETTLED.fetch_add(change, Relaxed).wrapping_add(change);
    if change > 0 {
        PEAK.fetch_max(held, Relaxed);
    }
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

/// What a process holds on its heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heap {
    /// Now. Bytes.
    pub live_bytes: u64,
    /// The most at once since [`forget_peak`], to within a [`GRAIN`] per thread. Bytes.
    pub peak_bytes: u64,
}

/// What one thread has asked of the heap so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThreadCounts {
    /// Blocks taken.
    pub allocations: u64,
    /// Bytes of them.
    pub taken_bytes: u64,
    /// Bytes given back, whoever had taken them.
    pub given_bytes: u64,
}

impl ThreadCounts {
    /// What came on top of an earlier count of the same thread.
    #[must_use]
    pub fn since(self, before: ThreadCounts) -> ThreadCounts {
        ThreadCounts {
            allocations: self.allocations.wrapping_sub(before.allocations),
            taken_bytes: self.taken_bytes.wrapping_sub(before.taken_bytes),
            given_bytes: self.given_bytes.wrapping_sub(before.given_bytes),
        }
    }
}

/// Bytes that the process holds on the heap now; `None` if the program does not count. Exact if no
/// thread allocates meanwhile.
pub fn live_bytes() -> Option<u64> {
    let (mut taken, mut given) = (0_u64, 0_u64);
    for slot in &COUNTS {
        taken = taken.wrapping_add(slot.taken_bytes.load(Relaxed));
        given = given.wrapping_add(slot.given_bytes.load(Relaxed));
    }
    // A counting program has allocated long before anyone can ask.
    (taken > 0).then(|| taken.wrapping_sub(given))
}

/// What the process holds on the heap and has held; `None` if the program does not count.
pub fn heap() -> Option<Heap> {
    let live_bytes = live_bytes()?;
    let peak = u64::try_from(PEAK.load(Relaxed)).unwrap_or(0);
    Some(Heap { live_bytes, peak_bytes: peak.max(live_bytes) })
}

/// Begins a new peak at what is held now.
pub fn forget_peak() {
    PEAK.store(SETTLED.load(Relaxed), Relaxed);
}

/// What the calling thread has asked of the heap so far; `None` if the program does not count, or if
/// there are more threads than can be told apart.
pub fn thread_counts() -> Option<ThreadCounts> {
    let own = slot();
    live_bytes().and((own != SHARED).then(|| ThreadCounts {
        allocations: COUNTS[own].allocations.load(Relaxed),
        taken_bytes: COUNTS[own].taken_bytes.load(Relaxed),
        given_bytes: COUNTS[own].given_bytes.load(Relaxed),
    }))
}
