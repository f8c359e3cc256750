//! The laws that hold of the detector, and what it comes to on series that are known.

use proptest::prelude::*;

use super::scores::Scores;
use super::*;

/// Knuth's MMIX generator; a deviate is the sum of twelve uniform numbers, less six.
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

    /// Levels of so many values each, with 2 % of noise that remembers a share of the last value's.
    fn series(&mut self, levels: &[(usize, f64)], memory: f64) -> Vec<f64> {
        let mut last = self.deviate();
        let mut values = Vec::new();
        for (count, level) in levels {
            for _ in 0..*count {
                last = memory * last + (1.0 - memory * memory).sqrt() * self.deviate();
                values.push(level * (0.02 * last).exp());
            }
        }
        values
    }
}

fn places(values: &[f64]) -> Vec<usize> {
    find(values, HISTORY_LEVEL).into_iter().map(|found| found.at).collect()
}

#[test]
fn the_strength_of_a_split_equals_the_closed_form() {
    // Scores of 1..=6 are Φ⁻¹(k/7), ±1.067571, ±0.565949, ±0.180012, as Python's NormalDist has them. Split in the
    // middle: 1.813532 / √(3·3/(6·5) · 2.984819) = 1.916486.
    let split = Scores::up_to(6).strongest(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3).expect("a split");
    assert_eq!(split.at, 3);
    assert!((split.strength - 1.916_485_553).abs() < 1e-6, "{}", split.strength);
}

#[test]
fn known_levels_are_found_where_they_begin() {
    let mut noise = Noise(1);
    assert_eq!(places(&noise.series(&[(40, 1e7), (40, 0.94e7)], 0.0)), [40]);
    assert_eq!(places(&noise.series(&[(40, 1e7), (15, 0.92e7), (60, 1e7)], 0.0)), [40, 55]);
    assert_eq!(places(&noise.series(&[(30, 1e7), (30, 1.1e7)], 0.3)), [30]);
    assert_eq!(places(&noise.series(&[(60, 1e7)], 0.0)), [0_usize; 0]);
}

#[test]
fn a_few_commits_after_a_large_change_are_enough() {
    let mut noise = Noise(5);
    assert_eq!(places(&noise.series(&[(60, 1e7), (4, 0.8e7)], 0.0)), [60]);
}

#[test]
fn a_few_wild_values_are_no_change() {
    let mut values = Noise(2).series(&[(60, 1e7)], 0.0);
    for at in [9, 10, 31, 50] {
        values[at] *= 0.7;
    }
    assert_eq!(places(&values), [0_usize; 0]);
}

#[test]
fn series_that_say_nothing_have_no_change() {
    for values in [vec![], vec![1.0], vec![1.0, 2.0, 3.0, 100.0, 200.0, 300.0], vec![5.0; 200]] {
        assert!(find(&values, HISTORY_LEVEL).is_empty(), "{values:?}");
    }
}

#[test]
fn few_series_without_a_change_have_one_found() {
    // Expected at .01: 2 or so of 150 with independent noise, and a few more with memory; the
    // detector without its filter calls 24 of the second kind.
    let mut noise = Noise(3);
    let mut called = |memory| {
        let series = (0..150).map(|at| noise.series(&[(20 + at % 60, 1e7)], memory));
        series.filter(|values| !places(values).is_empty()).count()
    };
    let (without, with) = (called(0.0), called(0.3));
    assert!(without <= 6 && with <= 10, "{without} {with}");
}

#[test]
fn critical_values_equal_those_of_a_new_simulation() {
    // 2,000 draws of 40,000 elsewhere: the 5 % point is known to about .04.
    let strengths = null_strengths(40, 2_000, 11);
    let upper = strengths[strengths.len() - 100];
    assert!((critical::limit(40, 0.05) - upper).abs() < 0.12, "{upper}");
}

#[test]
fn chances_and_limits_undo_each_other() {
    for n in [12, 20, 33, 100, 450, 2_000] {
        let mut last = 0.0;
        for level in [0.2, 0.05, 0.01, 0.001, 1e-4, 1e-6] {
            let limit = critical::limit(n, level);
            assert!(limit >= last, "{n} {level}: {limit} after {last}");
            last = limit;
            if n >= 20 {
                let p = critical::p_value(n, limit);
                assert!((p / level).ln().abs() < 1e-6, "{n} {level}: {p}");
            }
        }
        assert!(critical::p_value(n, 0.1) >= 1.0);
    }
}

#[test]
fn what_a_short_series_reaches_by_chance_is_never_called() {
    // Of six values in order two orders in twenty are as extreme.
    assert!(find(&[1.0, 1.1, 1.2, 9.0, 9.1, 9.2], 0.05).is_empty());
    assert!(critical::p_value(6, 1.916_485_553) >= 0.05);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_statistic_does_not_change_with_monotone_maps(
        values in prop::collection::vec(-3.0_f64..3.0, 6..60),
    ) {
        let scores = Scores::up_to(values.len());
        let mapped: Vec<f64> = values.iter().map(|value| value.exp().powi(3) + 7.0).collect();
        let mirrored: Vec<f64> = values.iter().map(|value| -value).collect();
        let split = scores.strongest(&values, LEAST);
        prop_assert_eq!(split, scores.strongest(&mapped, LEAST));
        let (split, mirrored) = (split.unwrap(), scores.strongest(&mirrored, LEAST).unwrap());
        prop_assert!((split.strength - mirrored.strength).abs() < 1e-9);
    }

    #[test]
    fn a_constant_factor_changes_nothing(
        seed in any::<u64>(),
        level in 0.8_f64..1.2,
        factor in prop::sample::select(vec![0.001, 0.5, 3.0, 1e6]),
    ) {
        let values = Noise(seed).series(&[(25, 1e7), (25, 1e7 * level)], 0.2);
        let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
        prop_assert_eq!(places(&values), places(&scaled));
    }

    #[test]
    fn any_positive_series_is_searched_the_same_way_twice(
        values in prop::collection::vec(prop::sample::select(vec![1e-300, 1.0, 1.01, 2.0, 1e300]), 0..80),
        level in 1e-9_f64..0.5,
    ) {
        let found = find(&values, level);
        prop_assert_eq!(&found, &find(&values, level));
        let starts: Vec<usize> = found.iter().map(|found| found.at).collect();
        let ends = starts.iter().copied().chain([values.len()]);
        let mut start = 0;
        for end in ends {
            prop_assert!(found.is_empty() || end - start >= LEAST, "{starts:?}");
            start = end;
        }
        for found in found {
            prop_assert!(found.p <= 1.0 && found.p >= 0.0);
        }
    }
}
