//! Where threads wait for each other's events: every thread says in a line of its own how many
//! events it has done, and who depends on one spins, then sleeps, outside every timed op.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_utils::CachePadded;

use super::clock::Clock;

/// Looks at a count before the thread sleeps, when every thread has a processor. A millisecond.
const SPINS_ALONE: u32 = 40_000;
/// The same when threads outnumber processors: whoever is awaited may need this one.
const SPINS_CROWDED: u32 = 200;
/// Looks between two at the clock.
const SPINS_PER_TICK: u32 = 64;
/// Longest sleep before the deadline is looked at again.
const NAP: Duration = Duration::from_millis(1);

/// The threads' counts of events that they have done since the maps were built.
#[derive(Debug)]
pub(super) struct Turnstile {
    gates: Vec<CachePadded<Gate>>,
    /// Events that each thread has in a lap.
    per_lap: Vec<u64>,
    spins: u32,
}

#[derive(Debug, Default)]
struct Gate {
    done: AtomicU64,
    /// Threads that sleep until `done` grows.
    sleepers: AtomicU32,
    /// Whether the thread of this gate waits at another one.
    waits: AtomicBool,
    lock: Mutex<()>,
    grown: Condvar,
}

impl Turnstile {
    /// Gates for threads that have so many events in a lap, on so many processors.
    pub(super) fn new(per_lap: Vec<u64>, cpus: usize) -> Self {
        let gates = per_lap.iter().map(|_| CachePadded::default()).collect();
        let spins = if per_lap.len() <= cpus { SPINS_ALONE } else { SPINS_CROWDED };
        Turnstile { gates, per_lap, spins }
    }

    /// Events that a thread has in a lap.
    pub(super) fn per_lap(&self, thread: usize) -> u64 {
        self.per_lap[thread]
    }

    /// A thread has done so many events.
    #[inline]
    pub(super) fn publish(&self, thread: usize, done: u64) {
        let gate = &self.gates[thread];
        // Both this and the sleeper's order "write mine, then read the other's" sequentially, so
        // that one of them sees the other.
        gate.done.store(done, Ordering::SeqCst);
        if gate.sleepers.load(Ordering::SeqCst) > 0 {
            let _guard = gate.lock.lock().unwrap_or_else(PoisonError::into_inner);
            gate.grown.notify_all();
        }
    }

    /// Whether a thread has done so many events.
    #[inline]
    pub(super) fn has_done(&self, thread: usize, events: u64) -> bool {
        self.gates[thread].done.load(Ordering::Acquire) >= events
    }

    /// Whether a thread waits for another one now.
    pub(super) fn waits(&self, thread: usize) -> bool {
        self.gates[thread].waits.load(Ordering::Relaxed)
    }

    /// Lets thread `me` wait until `other` has done so many events; false if the deadline, in
    /// ticks, came first.
    #[cold]
    pub(super) fn wait(
        &self,
        me: usize,
        other: usize,
        events: u64,
        deadline: Option<u64>,
        clock: &Clock,
    ) -> bool {
        self.gates[me].waits.store(true, Ordering::Relaxed);
        let passed = self.wait_at(other, events, deadline, clock);
        self.gates[me].waits.store(false, Ordering::Relaxed);
        passed
    }

    fn wait_at(&self, other: usize, events: u64, deadline: Option<u64>, clock: &Clock) -> bool {
        let late = || deadline.is_some_and(|deadline| clock.ticks() >= deadline);
        for spin in 0..self.spins {
            if self.has_done(other, events) {
                return true;
            }
            if spin % SPINS_PER_TICK == 0 && late() {
                return false;
            }
            spin_loop();
        }
        let gate = &self.gates[other];
        gate.sleepers.fetch_add(1, Ordering::SeqCst);
        let mut guard = gate.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = loop {
            if gate.done.load(Ordering::SeqCst) >= events {
                break true;
            }
            if late() {
                break false;
            }
            guard = match gate.grown.wait_timeout(guard, NAP) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        };
        drop(guard);
        gate.sleepers.fetch_sub(1, Ordering::SeqCst);
        passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_threads_pass_each_other_again_and_again() {
        // Spinning and sleeping: with more threads than processors nobody spins for long.
        for cpus in [2, 1] {
            let turnstile = Turnstile::new(vec![1; 2], cpus);
            let clock = Clock::new();
            let steps = if cpus == 2 { 20_000 } else { 200 };
            std::thread::scope(|scope| {
                for me in 0..2 {
                    let (turnstile, clock) = (&turnstile, &clock);
                    scope.spawn(move || {
                        for step in 1..=steps {
                            turnstile.publish(me, step);
                            assert!(turnstile.wait(me, 1 - me, step, None, clock));
                        }
                    });
                }
            });
            assert!(turnstile.has_done(0, steps) && turnstile.has_done(1, steps));
        }
    }

    #[test]
    fn a_deadline_ends_the_wait() {
        let turnstile = Turnstile::new(vec![1; 2], 2);
        let clock = Clock::new();
        let deadline = clock.ticks() + clock.ticks_in(3_000_000);
        assert!(!turnstile.wait(0, 1, 1, Some(deadline), &clock));
        assert!(!turnstile.waits(0));
    }
}
