//! Noise as a machine makes it: lognormal, a part that all subjects of a visit share and a part of
//! each one's own, either of which may depend on the visit before.

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;
use statrs::distribution::{ContinuousCDF, Normal};

/// How strong noise is and how it is made up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// Standard deviation of a log observation: 0.05 is noise of 5 %.
    pub deviation: f64,
    /// Share of its variance that all subjects of a visit have in common.
    pub drift_share: f64,
    /// Correlation of either part with itself one visit earlier.
    pub memory: f64,
}

impl Noise {
    /// Half of it shared, each visit for itself.
    pub fn independent(deviation: f64) -> Self {
        Noise { deviation, drift_share: 0.5, memory: 0.0 }
    }

    /// The same with AR(.3) memory.
    pub fn remembering(deviation: f64) -> Self {
        Noise { memory: 0.3, ..Noise::independent(deviation) }
    }

    pub(super) fn drift_deviation(self) -> f64 {
        self.deviation * self.drift_share.sqrt()
    }

    pub(super) fn own_deviation(self) -> f64 {
        self.deviation * (1.0 - self.drift_share).sqrt()
    }
}

/// A standard normal series with memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Series(f64);

impl Series {
    pub(super) fn new(random: &mut Xoshiro256PlusPlus) -> Self {
        Series(normal(random))
    }

    pub(super) fn step(&mut self, memory: f64, random: &mut Xoshiro256PlusPlus) -> f64 {
        let now = self.0;
        self.0 = memory * now + (1.0 - memory * memory).sqrt() * normal(random);
        now
    }
}

/// Between 0 and 1, neither included.
pub(super) fn uniform(random: &mut Xoshiro256PlusPlus) -> f64 {
    ((random.next_u64() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

fn normal(random: &mut Xoshiro256PlusPlus) -> f64 {
    Normal::standard().inverse_cdf(uniform(random))
}
