//! How a thread waits until something is due: it spins on the raw tick counter, or, where threads
//! outnumber processors, gives way to the others and sleeps. The only file that sleeps here.

use std::hint::spin_loop;
use std::time::Duration;

use super::clock::Clock;

/// A wait that is longer is slept through: about what the kernel needs to wake a thread twice.
/// Nanoseconds.
const WORTH_SLEEPING_NS: u64 = 150_000;
/// Longest sleep before a thread says that it lives. Nanoseconds.
const LONGEST_SLEEP_NS: u64 = 50_000_000;

/// How threads wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Idling {
    /// Each has a processor for itself.
    Spin,
    /// Whoever waits gives way.
    Yield,
}

impl Idling {
    /// How so many threads with ops wait on so many processors.
    pub(super) fn of(threads: usize, cpus: usize) -> Self {
        if threads > cpus { Idling::Yield } else { Idling::Spin }
    }

    /// Waits a little, at most until `due`. True if the thread slept up to there: it is awake
    /// later than that by whatever the kernel took. Ticks.
    #[inline]
    pub(super) fn wait(self, now: u64, due: u64, clock: &Clock) -> bool {
        match self {
            Idling::Spin => {
                spin_loop();
                false
            }
            Idling::Yield => give_way(clock.nanos_between(now, due)),
        }
    }
}

/// Sleeps, or lets others run if there is too little time.
#[cold]
#[expect(clippy::disallowed_methods, reason = "this is the pacing file")]
fn give_way(wait_ns: u64) -> bool {
    if wait_ns < WORTH_SLEEPING_NS {
        std::thread::yield_now();
        return false;
    }
    std::thread::sleep(Duration::from_nanos(wait_ns.min(LONGEST_SLEEP_NS)));
    wait_ns <= LONGEST_SLEEP_NS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_give_way_only_where_they_outnumber_processors() {
        assert_eq!([1, 2, 3].map(|threads| Idling::of(threads, 2)), {
            [Idling::Spin, Idling::Spin, Idling::Yield]
        });
    }

    #[test]
    fn who_sleeps_is_not_awake_before_it_is_due() {
        let clock = Clock::new();
        let now = clock.ticks();
        let due = now + clock.ticks_in(2_000_000);
        assert!(Idling::Yield.wait(now, due, &clock));
        assert!(clock.ticks() + clock.ticks_in(10_000) >= due);
        assert!(!Idling::Spin.wait(now, due, &clock));
    }
}
