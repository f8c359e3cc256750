//! Whether a series of throughputs came to rest: its last segment between change points holds at
//! least half of it, and its slope there may be 0. As Barrett, Bolz-Tereick, Killick, Mount and
//! Tratt, *Virtual machine warmup blows hot and cold* (OOPSLA 2017), on log throughput. A series
//! that did not is a finding and not warm-up to be cut off: this labels, and drops nothing. A trend
//! that is slow beside the noise is cut into steps, and is seen only where they are many.

use super::order::mad;
use super::pelt::change_points;
use super::yuen::student_quantile;

/// Shorter series are not judged.
pub const FEWEST_FOR_STEADY: usize = 10;
/// The last segment holds at least this share.
const LAST_SEGMENT: f64 = 0.5;
/// Shortest segment.
const MIN_SEGMENT: usize = 3;
/// Noise below this is taken for this: a log throughput that steps by less than about 1 % is at
/// rest for every purpose of a table.
const LEAST_NOISE: f64 = 0.005;
/// Penalty of a segment, times the noise's variance and the log of the length: above the 3 of Zhang
/// and Siegmund's modified Bayesian criterion, Biometrics 63 (2007), because the noise of ten
/// rounds is itself known badly. Of level series of 10, 20 and 300 points 4 %, 2 % and 1 % are
/// called unsteady (simulated, in the tests of this file).
const PENALTY: f64 = 5.0;

/// What a series did.
#[derive(Debug, Clone, PartialEq)]
pub struct Steadiness {
    /// Ends of its segments, its length last.
    pub segments: Vec<usize>,
    /// Change of log throughput from one point to the next in the last segment.
    pub slope: f64,
    /// Half of the slope's interval.
    pub slope_half_width: f64,
}

impl Steadiness {
    /// Where the last segment begins.
    pub fn last_start(&self) -> usize {
        self.segments.iter().rev().nth(1).copied().unwrap_or(0)
    }

    /// Whether the series came to rest.
    pub fn is_steady(&self) -> bool {
        let len = self.segments.last().copied().unwrap_or(0);
        let last = len - self.last_start();
        last as f64 >= LAST_SEGMENT * len as f64 && self.slope.abs() <= self.slope_half_width
    }
}

/// Judges a series of throughputs, each over whole laps of the trace. `alpha` is the chance that
/// the slope of a series at rest is taken for one. `None` below [`FEWEST_FOR_STEADY`] points, or if
/// one of them is not positive.
pub fn steadiness(throughputs: &[f64], alpha: f64) -> Option<Steadiness> {
    if throughputs.len() < FEWEST_FOR_STEADY {
        return None;
    }
    let logs: Vec<f64> = throughputs.iter().map(|value| value.ln()).collect();
    if logs.iter().any(|log| !log.is_finite()) {
        return None;
    }
    let noise = noise(&logs)?.max(LEAST_NOISE);
    let penalty = PENALTY * noise * noise * (logs.len() as f64).ln();
    let segments = change_points(&logs, penalty, MIN_SEGMENT);
    let start = segments.iter().rev().nth(1).copied().unwrap_or(0);
    let (slope, slope_half_width) = slope(&logs[start..], alpha)?;
    Some(Steadiness { segments, slope, slope_half_width })
}

/// The standard deviation of the noise, from the differences of neighbours, which steps and trends
/// hardly touch; by the median, which a few wild ones do not touch either.
fn noise(logs: &[f64]) -> Option<f64> {
    let differences: Vec<f64> = logs.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // 1.4826 is a normal deviation over its MAD; a difference deviates by √2 of a value.
    Some(mad(&differences)? * 1.4826 / std::f64::consts::SQRT_2)
}

/// Least-squares slope and half of its interval. `None` below three points.
fn slope(values: &[f64], alpha: f64) -> Option<(f64, f64)> {
    let n = values.len() as f64;
    let df = n - 2.0;
    let (mean_x, mean_y) = ((n - 1.0) / 2.0, values.iter().sum::<f64>() / n);
    let offsets = || values.iter().enumerate().map(|(x, y)| (x as f64 - mean_x, y - mean_y));
    let squares_x: f64 = offsets().map(|(x, _)| x * x).sum();
    let slope = offsets().map(|(x, y)| x * y).sum::<f64>() / squares_x;
    let residuals: f64 = offsets().map(|(x, y)| (y - slope * x).powi(2)).sum();
    let deviation = (residuals / df).sqrt().max(LEAST_NOISE);
    let quantile = student_quantile(1.0 - alpha / 2.0, df)?;
    (df >= 1.0).then(|| (slope, quantile * deviation / squares_x.sqrt()))
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    /// Throughputs around `level(at)` with a noise of 2 %.
    fn series(seed: u64, len: usize, level: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut deviate = || (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
        (0..len).map(|at| level(at) * (0.02 * deviate()).exp()).collect()
    }

    fn is_steady(throughputs: &[f64]) -> Option<bool> {
        steadiness(throughputs, 0.01).map(|steadiness| steadiness.is_steady())
    }

    #[test]
    fn a_level_series_is_steady_and_so_is_one_after_its_warm_up() {
        assert_eq!(is_steady(&series(1, 40, |_| 1e6)), Some(true));
        let warmed = series(2, 40, |at| if at < 8 { 6e5 } else { 1e6 });
        let judged = steadiness(&warmed, 0.01).expect("judged");
        assert_eq!((judged.last_start(), judged.is_steady()), (8, true));
    }

    #[test]
    fn a_late_cliff_and_a_slope_are_no_steady_state() {
        let cliff = series(3, 40, |at| if at < 30 { 1e6 } else { 7e5 });
        assert_eq!(is_steady(&cliff), Some(false));
        let sinking = series(4, 40, |at| 1e6 * (1.0 - 0.008 * at as f64));
        assert_eq!(is_steady(&sinking), Some(false));
    }

    #[test]
    fn what_is_too_short_or_did_nothing_is_not_judged() {
        assert_eq!(is_steady(&series(5, 9, |_| 1e6)), None);
        let mut stalled = series(6, 20, |_| 1e6);
        stalled[7] = 0.0;
        assert_eq!(is_steady(&stalled), None);
    }

    #[test]
    fn steps_too_small_to_matter_are_none() {
        let quiet: Vec<f64> = (0..40).map(|at| if at < 30 { 1e6 } else { 1.003e6 }).collect();
        assert_eq!(is_steady(&quiet), Some(true));
    }

    #[test]
    fn level_series_are_seldom_called_unsteady() {
        for len in [10, 20, 60, 300] {
            let trials = 1_000;
            let called = (0..trials)
                .filter(|seed| is_steady(&series(1_000 + seed, len, |_| 1e6)) == Some(false))
                .count();
            let share = called as f64 / trials as f64;
            println!("{len} points: {share} called unsteady");
            assert!(share <= 0.05, "{len} points: {share}");
        }
    }
}
