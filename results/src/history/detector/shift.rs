//! By how much a level changes: the estimate of Hodges and Lehmann, *Estimates of location based on
//! rank tests*, Ann. Math. Statist. 34 (1963), with the interval that goes with Wilcoxon's test
//! (Hollander, Wolfe, Chicken, *Nonparametric Statistical Methods*, 3rd ed., §4.3). Of the logarithm,
//! so that it is a ratio. Takes the place of the change as known and the values as independent.

use statrs::distribution::{ContinuousCDF, Normal};

use crate::history::Shift;
use crate::stats::{CONFIDENCE, Interval, median};

/// The shift between the values before and after a change. `None` if one side has none.
pub fn shift(before: &[f64], after: &[f64]) -> Option<Shift> {
    let mut ratios: Vec<f64> = after
        .iter()
        .flat_map(|after| before.iter().map(move |before| (after / before).ln()))
        .collect();
    let ratio = median(&ratios)?.exp();
    ratios.sort_unstable_by(f64::total_cmp);
    Some(Shift { ratio, interval: interval(&ratios, before.len(), after.len()) })
}

/// From the `c`th least to the `c`th greatest ratio; `None` where even these two say too little.
fn interval(ratios: &[f64], before: usize, after: usize) -> Option<Interval> {
    let (m, n) = (before as f64, after as f64);
    let z = Normal::standard().inverse_cdf(f64::midpoint(1.0, CONFIDENCE));
    let deviation = (m * n * (m + n + 1.0) / 12.0).sqrt();
    let rank = (m * n / 2.0 - z * deviation).floor();
    let rank = (rank >= 1.0).then_some(rank as usize)?;
    Some(Interval { low: ratios[rank - 1].exp(), high: ratios[ratios.len() - rank].exp() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_and_interval_equal_those_of_r() {
        // R: wilcox.test(log(b), log(a), conf.int = TRUE, exact = FALSE, correct = FALSE), of which
        // the interval is that of the closed form in Hollander and Wolfe.
        let a = [1.00, 1.02, 0.98, 1.01, 0.99, 1.03, 0.97];
        let b = [1.10, 1.12, 1.09, 1.11, 1.07, 1.14];
        let found = shift(&a, &b).expect("a shift");
        let mut all: Vec<f64> = b.iter().flat_map(|b| a.iter().map(move |a| b / a)).collect();
        all.sort_unstable_by(f64::total_cmp);
        // 42 ratios; 21 - 1.96 * 7 = 7.28, so the 7th from either end.
        let interval = found.interval.expect("an interval");
        assert!((interval.low - all[6]).abs() < 1e-12 && (interval.high - all[35]).abs() < 1e-12);
        assert!((found.ratio - (all[20] * all[21]).sqrt()).abs() < 1e-12);
        assert!(!found.is_slowdown() && found.share() > 0.09 && found.share() < 0.12);
        assert_eq!(shift(&a, &[]), None);
        assert_eq!(shift(&[1.0], &[2.0]).expect("a shift").interval, None);
    }
}
