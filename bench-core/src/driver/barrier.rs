//! A barrier that spins, so that threads leave it within a cache-line transfer of each other, and
//! yields after a while, so that more threads than processors still get through.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering};

use crossbeam_utils::CachePadded;

/// Looks at the gate before the processor is given away. A fraction of a millisecond.
const SPINS_BEFORE_YIELD: u32 = 20_000;

/// Meeting point of a fixed number of threads, again and again.
#[derive(Debug)]
pub(super) struct SpinBarrier {
    threads: u32,
    waiting: CachePadded<AtomicU32>,
    generation: CachePadded<AtomicU32>,
}

impl SpinBarrier {
    pub(super) fn new(threads: u32) -> Self {
        SpinBarrier { threads, waiting: CachePadded::default(), generation: CachePadded::default() }
    }

    /// Returns when all threads have called it.
    pub(super) fn wait(&self) {
        let generation = self.generation.load(Ordering::Acquire);
        if self.waiting.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.waiting.store(0, Ordering::Relaxed);
            self.generation.store(generation.wrapping_add(1), Ordering::Release);
            return;
        }
        let mut spins = 0;
        while self.generation.load(Ordering::Acquire) == generation {
            if spins < SPINS_BEFORE_YIELD {
                spins += 1;
                spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_threads_than_processors_meet_again_and_again() {
        let barrier = SpinBarrier::new(8);
        let arrived = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for meeting in 1..=20 {
                        arrived.fetch_add(1, Ordering::Relaxed);
                        barrier.wait();
                        assert!(arrived.load(Ordering::Relaxed) >= meeting * 8);
                        barrier.wait();
                    }
                });
            }
        });
        assert_eq!(arrived.load(Ordering::Relaxed), 160);
    }
}
