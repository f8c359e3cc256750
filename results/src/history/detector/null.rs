//! How strong series look in which nothing changes: what critical values are made from. The order
//! of independent values is any permutation, whatever their distribution, so uniform numbers stand
//! for all of them.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::scores::Scores;
use super::search::strongest;

/// The strengths of `draws` series of `n` independent values, ascending. The same seed gives the
/// same strengths.
pub fn null_strengths(n: usize, draws: usize, seed: u64) -> Vec<f64> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let scores = Scores::up_to(n);
    let mut strengths: Vec<f64> = (0..draws)
        .map(|_| {
            let values: Vec<f64> = (0..n).map(|_| (random.next_u64() >> 11) as f64).collect();
            strongest(&values, &scores).map_or(0.0, |split| split.strength)
        })
        .collect();
    strengths.sort_unstable_by(f64::total_cmp);
    strengths
}
