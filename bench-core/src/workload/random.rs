//! The random numbers of every generator: xoshiro256++ streams, one per (seed, purpose, part), so
//! that a trace is the same bytes for any number of generating threads. Integer arithmetic only.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use xxhash_rust::xxh3::xxh3_64;

/// What a stream of random numbers is for; each purpose has streams of its own, so that adding a
/// draw to one does not shift another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Which key a popularity rank stands for.
    Spread = 1,
    /// Which keys a drift swaps.
    Drift = 2,
    /// Op kinds and keys.
    Ops = 3,
    /// When the events of a pod happen.
    Times = 4,
    /// Which node a pod runs on.
    Nodes = 5,
    /// When the events of a paced actor are due.
    Pace = 32,
}

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Random(Xoshiro256PlusPlus);

impl Random {
    /// The stream of a seed, a purpose and a part of the work.
    pub(crate) fn stream(seed: u64, purpose: Purpose, part: u64) -> Self {
        let mut bytes = [0_u8; 24];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
        bytes[16..].copy_from_slice(&part.to_le_bytes());
        Random(Xoshiro256PlusPlus::seed_from_u64(xxh3_64(&bytes)))
    }

    /// 64 random bits.
    #[inline]
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`, by multiplication; the bias is below 2^-32 for 32-bit bounds.
    #[inline]
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        (((self.bits() >> 32) * u64::from(bound)) >> 32) as u32
    }

    /// The numbers `0..len` in random order.
    pub(crate) fn permutation(&mut self, len: u32) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..len).collect();
        for last in (1..len).rev() {
            numbers.swap(last as usize, self.below(last + 1) as usize);
        }
        numbers
    }
}
