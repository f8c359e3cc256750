//! Chooses the ops that are timed. It reads no clock.

use crate::event::Timing;

/// One op in this many is timed, on average.
const SAMPLE_INTERVAL: usize = 64;
/// One timed read in this many is followed by an untimed one that checks the whole value.
const WHOLE_CHECK_INTERVAL: u64 = 16;

/// Chooses the ops that are timed.
#[derive(Debug, Clone, Copy)]
pub(in crate::driver) struct Sampler {
    timing: Timing,
    random: u64,
    timed: u64,
    /// Untimed gets of ranges before the next timed one.
    pub(super) range_gap: usize,
}

impl Sampler {
    pub(in crate::driver) fn new(timing: Timing, seed: u64) -> Self {
        let mut sampler = Sampler { timing, random: seed | 1, timed: 0, range_gap: 0 };
        sampler.range_gap = sampler.gap();
        sampler
    }

    /// Untimed words before the first timed one.
    pub(in crate::driver) fn first_gap(mut self) -> usize {
        self.gap()
    }

    /// Whether any op is timed.
    pub(super) fn times(&self) -> bool {
        self.timing != Timing::None
    }

    /// Untimed ops before the next timed one.
    #[inline(always)]
    pub(super) fn gap(&mut self) -> usize {
        match self.timing {
            Timing::None => usize::MAX,
            Timing::Every => 0,
            Timing::Sampled => {
                // Marsaglia's xorshift64; uniform over 0 to 126, so one op in 64 on average.
                self.random ^= self.random << 13;
                self.random ^= self.random >> 7;
                self.random ^= self.random << 17;
                (self.random >> 32) as usize % (2 * SAMPLE_INTERVAL - 1)
            }
        }
    }

    /// One more op was timed; whether a read of it is to be followed by a check of its value.
    #[inline]
    pub(super) fn checks_whole(&mut self) -> bool {
        self.timed += 1;
        self.timed.is_multiple_of(WHOLE_CHECK_INTERVAL)
    }
}
