//! Order statistics of a few numbers. Not for latencies: those have histograms.

/// The median; the mean of the middle two where the count is even. `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    median_in_place(&mut values)
}

/// The median, reordering its input: for inner loops.
pub(super) fn median_in_place(values: &mut [f64]) -> Option<f64> {
    let len = values.len();
    if len == 0 {
        return None;
    }
    let (below, &mut upper, _) = values.select_nth_unstable_by(len / 2, f64::total_cmp);
    if len % 2 == 1 {
        return Some(upper);
    }
    let lower = below.iter().copied().max_by(f64::total_cmp)?;
    Some(f64::midpoint(lower, upper))
}

/// The `q`-quantile for `q` from 0 to 1, interpolated linearly between order statistics
/// (definition 7 of Hyndman and Fan, *Sample Quantiles in Statistical Packages*, 1996; R's and
/// `NumPy`'s default). `None` of nothing.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    quantile_of_sorted(&sorted, q)
}

/// [`quantile`] of values that ascend already.
pub(super) fn quantile_of_sorted(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = q.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    let share = position - position.floor();
    Some(sorted[below] + share * (sorted[above] - sorted[below]))
}

/// The median absolute deviation from the median, not scaled. `None` of nothing.
pub fn mad(values: &[f64]) -> Option<f64> {
    let center = median(values)?;
    let mut deviations: Vec<f64> = values.iter().map(|value| (value - center).abs()).collect();
    median_in_place(&mut deviations)
}

/// A round further than this many MAD from the median of its cell is odd.
pub const ODD_MADS: f64 = 5.0;

/// The positions of the values further than `mads` MAD from the median; none where the MAD is 0,
/// because most values are one and nothing says what is far from it.
pub fn odd(values: &[f64], mads: f64) -> Vec<usize> {
    let (Some(center), Some(mad)) = (median(values), mad(values)) else { return Vec::new() };
    let is_odd = |value: f64| mad > 0.0 && (value - center).abs() > mads * mad;
    (0..values.len()).filter(|at| is_odd(values[*at])).collect()
}

/// The mean after `share` of the values is cut from each end, rounded down: 0.2 cuts one of five
/// at each end. `None` of nothing.
pub fn trimmed_mean(values: &[f64], share: f64) -> Option<f64> {
    let mut values = values.to_vec();
    trimmed_mean_in_place(&mut values, share)
}

pub(super) fn trimmed_mean_in_place(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let cut = (values.len() as f64 * share.clamp(0.0, 0.5)).floor() as usize;
    let cut = cut.min(values.len().saturating_sub(1) / 2);
    let kept = &values[cut..values.len() - cut];
    (!kept.is_empty()).then(|| kept.iter().sum::<f64>() / kept.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(actual: Option<f64>, expected: f64) {
        let actual = actual.expect("a figure");
        assert!((actual - expected).abs() < 1e-12, "{actual} is not {expected}");
    }

    #[test]
    fn medians_of_even_and_odd_counts() {
        close(median(&[3.0, 1.0, 2.0]), 2.0);
        close(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        close(median(&[7.0]), 7.0);
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn quantiles_equal_definition_seven() {
        // R: quantile(c(1, 2, 4, 8, 16), c(0, .1, .25, .5, .9, 1))
        let values = [16.0, 2.0, 4.0, 1.0, 8.0];
        for (q, expected) in
            [(0.0, 1.0), (0.1, 1.4), (0.25, 2.0), (0.5, 4.0), (0.9, 12.8), (1.0, 16.0)]
        {
            close(quantile(&values, q), expected);
        }
    }

    #[test]
    fn the_mad_of_the_textbook_series() {
        // Median 2, deviations 1 1 0 0 2 4 7.
        close(mad(&[1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0]), 1.0);
    }

    #[test]
    fn odd_values_are_far_from_the_median_by_the_mads_measure() {
        // Median 3, MAD 1: 8 is 5 MAD away, 8.1 further.
        assert_eq!(odd(&[1.0, 2.0, 3.0, 4.0, 8.1, 3.0, 2.0], ODD_MADS), [4]);
        assert!(odd(&[1.0, 2.0, 3.0, 4.0, 8.0, 3.0, 2.0], ODD_MADS).is_empty());
        assert!(odd(&[1.0, 1.0, 1.0, 9.0], ODD_MADS).is_empty());
        assert!(odd(&[], ODD_MADS).is_empty());
    }

    #[test]
    fn trimming_cuts_both_ends_and_never_everything() {
        close(trimmed_mean(&[100.0, 1.0, 2.0, 3.0, -50.0], 0.2), 2.0);
        close(trimmed_mean(&[1.0, 2.0, 3.0], 0.2), 2.0);
        close(trimmed_mean(&[1.0, 5.0], 0.5), 3.0);
        assert_eq!(trimmed_mean(&[], 0.2), None);
    }
}
