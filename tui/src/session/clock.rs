//! The session's clock, injected so that the schedule is tested without time. Measured code has a
//! clock of its own; nothing here is part of a measurement.

use mapbench_core::driver::clock::monotonic_ns;

/// Tells the time.
pub trait Clock {
    /// Nanoseconds on a clock that never goes back.
    fn now_ns(&self) -> u64;
}

/// The system's monotonic clock, the one that workers stamp their rounds with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Monotonic;

impl Clock for Monotonic {
    fn now_ns(&self) -> u64 {
        monotonic_ns()
    }
}
