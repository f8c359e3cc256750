//! Where the mean of a series changes: PELT, the exact search of Killick, Fearnhead and Eckley,
//! *Optimal detection of changepoints with a linear computational cost*, J. Am. Stat. Assoc. 107
//! (2012), for the cost of a Gaussian mean change: the sum of squares around each segment's mean.
//! Finds segments; what they mean is said elsewhere.

/// The ends of the segments, the length of the series last: those that minimise the sum of squares
/// around their means plus `penalty` for each. No segment is shorter than `min_len`, unless the
/// whole series is; empty for an empty series.
pub fn change_points(values: &[f64], penalty: f64, min_len: usize) -> Vec<usize> {
    let n = values.len();
    let min_len = min_len.max(1);
    if n < 2 * min_len {
        return if n == 0 { Vec::new() } else { vec![n] };
    }
    let cost = Cost::of(values);
    // Of the first `end` values: the least total, and the start of the last segment in it.
    let mut best = vec![(f64::INFINITY, 0_usize); n + 1];
    best[0] = (-penalty, 0);
    // Starts that a last segment may still have, with the end from which they are out of the race.
    let mut starts: Vec<(usize, usize)> = Vec::new();
    for end in min_len..=n {
        let newest = end - min_len;
        if newest == 0 || newest >= min_len {
            starts.push((newest, usize::MAX));
        }
        starts.retain(|(_, out)| *out > end);
        let total = |start: usize| best[start].0 + cost.between(start, end) + penalty;
        let least = starts
            .iter()
            .map(|(start, _)| (total(*start), *start))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let Some(least) = least else { continue };
        // A start that loses by more than a penalty here loses for good; but what beats it is a
        // segment that starts here, which is long enough only later.
        for (start, out) in &mut starts {
            if total(*start) - penalty >= least.0 {
                *out = (*out).min(end + min_len);
            }
        }
        best[end] = least;
    }
    let mut ends = Vec::new();
    let mut end = n;
    while end > 0 {
        ends.push(end);
        end = best[end].1;
    }
    ends.reverse();
    ends
}

/// Sums over the beginnings of a series, from which the cost of any part follows.
struct Cost {
    /// Sum and sum of squares of the first values.
    sums: Vec<(f64, f64)>,
}

impl Cost {
    fn of(values: &[f64]) -> Cost {
        // Around their mean the sums stay small, and with them what subtracting loses.
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let mut sums = Vec::with_capacity(values.len() + 1);
        let (mut sum, mut squares) = (0.0, 0.0);
        sums.push((sum, squares));
        for value in values {
            let value = value - mean;
            sum += value;
            squares += value * value;
            sums.push((sum, squares));
        }
        Cost { sums }
    }

    fn between(&self, start: usize, end: usize) -> f64 {
        let sum = self.sums[end].0 - self.sums[start].0;
        let squares = self.sums[end].1 - self.sums[start].1;
        (squares - sum * sum / (end - start) as f64).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Knuth's MMIX generator; a deviate is the sum of twelve uniform numbers, less six. A few lines
    /// in any language: `x = (x * 6364136223846793005 + 1442695040888963407) mod 2^64`, and
    /// `(x >> 11) / 2^53`.
    struct Noise(u64);

    impl Noise {
        fn uniform(&mut self) -> f64 {
            let step = self.0.wrapping_mul(6_364_136_223_846_793_005);
            self.0 = step.wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 11) as f64 / (1_u64 << 53) as f64
        }

        fn deviate(&mut self) -> f64 {
            (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
        }
    }

    /// Parts of so many values around a mean with a deviation.
    fn series(seed: u64, parts: &[(usize, f64, f64)]) -> Vec<f64> {
        let mut noise = Noise(seed);
        let mut values = Vec::new();
        for (count, mean, deviation) in parts {
            values.extend((0..*count).map(|_| mean + deviation * noise.deviate()));
        }
        values
    }

    #[test]
    fn segments_equal_those_of_ruptures() {
        // ruptures 1.1.10: Pelt(model="l2", min_size=min_len, jump=1).fit(x).predict(pen=penalty).
        type Case = (u64, &'static [(usize, f64, f64)], f64, usize, &'static [usize]);
        let cases: [Case; 7] = [
            (1, &[(60, 0.0, 1.0)], 6.0, 1, &[60]),
            (2, &[(40, 0.0, 1.0), (60, 3.0, 1.0)], 6.0, 1, &[40, 100]),
            (3, &[(30, 0.0, 0.5), (5, 4.0, 0.5), (65, 1.0, 0.5)], 3.0, 2, &[30, 35, 100]),
            (
                4,
                &[(100, 0.0, 1.0), (50, 1.0, 1.0), (100, 0.0, 1.0), (50, -2.0, 1.0)],
                10.0,
                3,
                &[91, 151, 245, 300],
            ),
            (5, &[(10, 0.0, 0.01), (10, 0.05, 0.01), (80, 0.02, 0.01)], 0.001, 5, &[10, 20, 100]),
            (6, &[(200, 0.0, 1.0), (200, 0.5, 1.0), (112, 0.0, 1.0)], 12.0, 2, &[512]),
            (7, &[(7, 0.0, 1.0)], 2.0, 3, &[4, 7]),
        ];
        for (seed, parts, penalty, min_len, expected) in cases {
            let found = change_points(&series(seed, parts), penalty, min_len);
            assert_eq!(found, expected, "series {seed}");
        }
        // So that the same series are compared: NumPy's first value of series 1.
        assert!((series(1, &[(1, 0.0, 1.0)])[0] - 0.198_842_832_892_569_1).abs() < 1e-14);
    }

    #[test]
    fn series_too_short_to_split_are_one_segment() {
        assert!(change_points(&[], 1.0, 2).is_empty());
        assert_eq!(change_points(&[0.0, 100.0, 0.0], 1.0, 2), [3]);
        assert_eq!(change_points(&[0.0, 0.0, 9.0, 9.0], 1.0, 2), [2, 4]);
        assert_eq!(change_points(&[0.0, 9.0], 1.0, 0), [1, 2]);
    }

    /// The least cost of all ways to split, without pruning.
    fn least_cost(values: &[f64], penalty: f64, min_len: usize) -> f64 {
        let cost = Cost::of(values);
        let mut best = vec![f64::INFINITY; values.len() + 1];
        best[0] = 0.0;
        for end in min_len..=values.len() {
            for start in 0..=end - min_len {
                best[end] = best[end].min(best[start] + cost.between(start, end) + penalty);
            }
        }
        best[values.len()]
    }

    proptest! {
        #[test]
        fn pruning_never_misses_the_best_split(
            values in prop::collection::vec(-5.0_f64..5.0, 6..60),
            penalty in 0.1_f64..30.0,
            min_len in 1_usize..4,
        ) {
            let ends = change_points(&values, penalty, min_len);
            let cost = Cost::of(&values);
            let mut total = 0.0;
            let mut start = 0;
            for end in &ends {
                prop_assert!(end - start >= min_len);
                total += cost.between(start, *end) + penalty;
                start = *end;
            }
            prop_assert_eq!(start, values.len());
            prop_assert!(total <= least_cost(&values, penalty, min_len) + 1e-9);
        }
    }
}
