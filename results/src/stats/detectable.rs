//! The smallest difference that a comparison can be expected to see, from what two measurements of
//! the same thing differ by. Bloom, *Minimum detectable effects: a simple way to report the
//! statistical power of experimental designs*, Evaluation Review 19 (1995): the sum of the
//! quantiles of t for level and power, times the standard error.

use super::yuen::{TRIM, student_quantile, winsorized_deviation};

/// Chance of calling equal things different.
pub const LEVEL: f64 = 0.05;
/// Chance of seeing a difference of that size.
pub const POWER: f64 = 0.95;

/// The smallest log ratio that `quads` quads detect with [`POWER`] at [`LEVEL`], two-sided, given
/// the log ratios of the quads of an A/A pair. `None` if either is too few: below 5.
pub fn minimum_detectable(a_a_log_ratios: &[f64], quads: usize) -> Option<f64> {
    if a_a_log_ratios.len() < 5 || quads < 5 {
        return None;
    }
    let deviation = winsorized_deviation(a_a_log_ratios, TRIM)?;
    let n = quads as f64;
    let kept = n - 2.0 * (n * TRIM).floor();
    let standard_error = deviation * ((n - 1.0) / (kept * (kept - 1.0))).sqrt();
    let level = student_quantile(1.0 - LEVEL / 2.0, kept - 1.0)?;
    let power = student_quantile(POWER, kept - 1.0)?;
    Some((level + power) * standard_error)
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::stats::trimmed_estimate;

    /// Roughly normal: the sum of twelve uniform ones, less six.
    fn noise(random: &mut Xoshiro256PlusPlus, count: usize) -> Vec<f64> {
        let one = |random: &mut Xoshiro256PlusPlus| {
            (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0
        };
        (0..count).map(|_| 0.02 * one(random)).collect()
    }

    #[test]
    fn a_difference_of_that_size_is_seen_nineteen_times_in_twenty() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(11);
        let effect = minimum_detectable(&noise(&mut random, 4_000), 40).expect("an effect");
        let trials = 2_000;
        let seen = (0..trials).filter(|_| {
            let shifted: Vec<f64> =
                noise(&mut random, 40).iter().map(|value| value + effect).collect();
            trimmed_estimate(&shifted).is_some_and(|estimate| estimate.p_value() < LEVEL)
        });
        let share = seen.count() as f64 / f64::from(trials);
        assert!((0.935..0.965).contains(&share), "seen in {share}");
    }

    #[test]
    fn four_times_the_quads_see_half_the_difference() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(12);
        let spread = noise(&mut random, 200);
        let at = |quads| minimum_detectable(&spread, quads).expect("an effect");
        assert!((at(400) / at(1_600) - 2.0).abs() < 0.05, "{} {}", at(400), at(1_600));
        assert_eq!(minimum_detectable(&spread, 4), None);
        assert_eq!(minimum_detectable(&spread[..4], 40), None);
    }
}
