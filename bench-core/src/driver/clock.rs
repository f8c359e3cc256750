//! The clocks of a worker: raw processor ticks for the hot loop, the system's monotonic clock for
//! everything that other processes must be able to place. The only file that reads time here.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// Raw ticks and their scale. Cheap to clone; every thread owns one.
#[derive(Debug, Clone)]
pub struct Clock(quanta::Clock);

impl Clock {
    /// Calibrates the tick counter against the system clock; takes up to 200 ms once a process.
    pub fn new() -> Self {
        Clock(quanta::Clock::new())
    }

    /// The tick counter now. Neither ordered against nor delayed by earlier loads and stores.
    #[inline(always)]
    pub fn ticks(&self) -> u64 {
        self.0.raw()
    }

    /// What one reading of the counter costs, as two readings in a row show it: the median. Ticks.
    pub(super) fn reading_ticks(&self) -> u64 {
        const READINGS: usize = 1_001;
        let mut costs: Vec<u64> = (0..READINGS)
            .map(|_| {
                let start = self.ticks();
                self.ticks().saturating_sub(start)
            })
            .collect();
        costs.sort_unstable();
        costs[READINGS / 2]
    }

    /// Nanoseconds between two readings; 0 if `end` is before `start`.
    pub fn nanos_between(&self, start: u64, end: u64) -> u64 {
        self.0.delta_as_nanos(start, end)
    }

    /// Ticks in a number of nanoseconds.
    pub fn ticks_in(&self, nanos: u64) -> u64 {
        // quanta scales ticks to nanoseconds only; one long delta gives the inverse.
        const SPAN_TICKS: u64 = 1 << 40;
        let span_ns = self.0.delta_as_nanos(0, SPAN_TICKS).max(1);
        (u128::from(nanos) * u128::from(SPAN_TICKS) / u128::from(span_ns)) as u64
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

/// The system's monotonic clock, the same for all processes of a machine. Nanoseconds.
pub fn monotonic_ns() -> u64 {
    // The call fails only for a clock that the system does not have, and every Unix has this one.
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |time| Duration::from(time).as_nanos() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_and_nanoseconds_convert_both_ways() {
        let clock = Clock::new();
        for nanos in [1_000, 1_000_000, 30_000_000_000] {
            let back = clock.nanos_between(0, clock.ticks_in(nanos));
            assert!(back.abs_diff(nanos) <= nanos / 1_000 + 1, "{nanos} ns came back as {back}");
        }
    }

    #[test]
    fn the_monotonic_clock_does_not_run_backwards() {
        let first = monotonic_ns();
        assert!(first > 0);
        assert!(monotonic_ns() >= first);
    }
}
