//! The placement probe: a short ping-pong between the first two threads of a trial, before and
//! after each round. On virtual machines the cost of moving a cache line flips between modes
//! within seconds, and contended throughput with it; rounds are compared only within a mode.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering};

use crossbeam_utils::CachePadded;

use super::clock::Clock;
use crate::event::{Placement, PlacementMode};

/// Round trips per probe, in groups; the median group counts.
const GROUPS: u32 = 5;
const TRIPS_PER_GROUP: u32 = 10;

/// Round trips dearer than this are `far`. Between the two modes measured on virtual machines
/// (60–96 ns and 330–357 ns). Nanoseconds.
pub const FAR_ABOVE_NS: f64 = 200.0;

/// The line that is passed to and fro.
#[derive(Debug, Default)]
pub(super) struct Probe {
    ball: CachePadded<AtomicU32>,
}

impl Probe {
    /// The first thread's side: serves, and returns the median round trip in nanoseconds. The
    /// other thread must be in [`answer`](Self::answer), on another processor.
    pub(super) fn serve(&self, clock: &Clock) -> f64 {
        let mut groups = [0.0; GROUPS as usize];
        let mut ball = self.ball.load(Ordering::Relaxed);
        for group in &mut groups {
            let start = clock.ticks();
            for _ in 0..TRIPS_PER_GROUP {
                self.ball.store(ball + 1, Ordering::Release);
                ball += 2;
                while self.ball.load(Ordering::Acquire) != ball {
                    spin_loop();
                }
            }
            let elapsed_ns = clock.nanos_between(start, clock.ticks());
            *group = elapsed_ns as f64 / f64::from(TRIPS_PER_GROUP);
        }
        self.ball.store(0, Ordering::Release);
        groups.sort_by(f64::total_cmp);
        groups[groups.len() / 2]
    }

    /// The second thread's side.
    pub(super) fn answer(&self) {
        for trip in 0..GROUPS * TRIPS_PER_GROUP {
            while self.ball.load(Ordering::Acquire) != 2 * trip + 1 {
                spin_loop();
            }
            self.ball.store(2 * trip + 2, Ordering::Release);
        }
    }
}

/// What the probes around a round say.
pub(super) fn placement(before_ns: f64, after_ns: f64) -> Placement {
    let mode = match (before_ns > FAR_ABOVE_NS, after_ns > FAR_ABOVE_NS) {
        (false, false) => PlacementMode::Near,
        (true, true) => PlacementMode::Far,
        _ => PlacementMode::Mixed,
    };
    Placement { before_ns, after_ns, mode }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_follow_both_probes() {
        assert_eq!(placement(70.0, 90.0).mode, PlacementMode::Near);
        assert_eq!(placement(340.0, 350.0).mode, PlacementMode::Far);
        assert_eq!(placement(70.0, 350.0).mode, PlacementMode::Mixed);
    }

    #[test]
    fn two_threads_pass_the_ball_twice_in_a_row() {
        let probe = Probe::default();
        let clock = Clock::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                probe.answer();
                probe.answer();
            });
            for _ in 0..2 {
                assert!(probe.serve(&clock) > 0.0);
            }
        });
    }
}
