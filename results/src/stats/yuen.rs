//! Means that outliers do not move, with intervals: Yuen's trimmed t for one sample (or the
//! differences of a pair) and for two. Yuen, *The two-sample trimmed t for unequal population
//! variances*, Biometrika 61 (1974); formulas as in Wilcox, *Introduction to Robust Estimation and
//! Hypothesis Testing*, 4th edition (2017), sections 4.3 and 5.3. Trimming nothing gives Student's
//! one-sample and Welch's two-sample t.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::bootstrap::Interval;

/// Share cut from each end.
pub const TRIM: f64 = 0.2;

/// A mean, or a difference of two, and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The mean of what trimming leaves, or the difference of two such means.
    pub value: f64,
    /// Its standard error, from the winsorized variance.
    pub standard_error: f64,
    /// Degrees of freedom of its t.
    pub df: f64,
    /// Values of the sample; of the smaller one of two.
    pub n: usize,
}

impl Estimate {
    /// The two-sided p-value of the hypothesis that the true value is 0.
    pub fn p_value(&self) -> f64 {
        if self.standard_error <= 0.0 {
            return if self.value == 0.0 { 1.0 } else { 0.0 };
        }
        let t = (self.value / self.standard_error).abs();
        student(self.df).map_or(1.0, |student| (2.0 * student.sf(t)).min(1.0))
    }

    /// The interval that leaves out the true value with chance `alpha`, half of it at each end.
    pub fn interval(&self, alpha: f64) -> Interval {
        let half = match student_quantile(1.0 - alpha.clamp(1e-12, 1.0) / 2.0, self.df) {
            // A sample without spread is known exactly, whatever the quantile.
            _ if self.standard_error <= 0.0 => 0.0,
            Some(quantile) => quantile * self.standard_error,
            None => f64::INFINITY,
        };
        Interval { low: self.value - half, high: self.value + half }
    }
}

/// Yuen's one-sample trimmed mean at [`TRIM`]. `None` if fewer than two values are left after
/// trimming, or if one is not finite.
pub fn trimmed_estimate(values: &[f64]) -> Option<Estimate> {
    let part = Part::of(values, TRIM)?;
    Some(Estimate {
        value: part.mean,
        standard_error: part.variance.sqrt(),
        df: part.df,
        n: values.len(),
    })
}

/// Student's estimate of a mean, nothing trimmed. `None` as in [`trimmed_estimate`].
pub fn mean_estimate(values: &[f64]) -> Option<Estimate> {
    let part = Part::of(values, 0.0)?;
    let standard_error = part.variance.sqrt();
    Some(Estimate { value: part.mean, standard_error, df: part.df, n: values.len() })
}

/// Yuen's difference of the trimmed means of two samples, `trim` cut from each end of each;
/// 0 is Welch's t. `None` as in [`trimmed_estimate`].
pub fn trimmed_difference(a: &[f64], b: &[f64], trim: f64) -> Option<Estimate> {
    let (x, y) = (Part::of(a, trim)?, Part::of(b, trim)?);
    let variance = x.variance + y.variance;
    // Welch and Satterthwaite; without any spread the figure plays no part.
    let df = if variance > 0.0 {
        variance * variance / (x.variance * x.variance / x.df + y.variance * y.variance / y.df)
    } else {
        x.df.min(y.df)
    };
    Some(Estimate {
        value: x.mean - y.mean,
        standard_error: variance.sqrt(),
        df,
        n: a.len().min(b.len()),
    })
}

/// The standard deviation after the values beyond the trimming points are pulled in to them,
/// divisor n - 1: the spread that a trimmed mean's error follows. `None` as in
/// [`trimmed_estimate`].
pub fn winsorized_deviation(values: &[f64], trim: f64) -> Option<f64> {
    let part = Part::of(values, trim)?;
    Some(part.winsorized_variance.sqrt())
}

/// The quantile of Student's t. `None` if the arguments have none.
pub(super) fn student_quantile(q: f64, df: f64) -> Option<f64> {
    ((0.0..=1.0).contains(&q)).then(|| student(df))?.map(|student| student.inverse_cdf(q))
}

fn student(df: f64) -> Option<StudentsT> {
    StudentsT::new(0.0, 1.0, df).ok()
}

/// What one sample adds.
struct Part {
    mean: f64,
    winsorized_variance: f64,
    /// Of the mean.
    variance: f64,
    df: f64,
}

impl Part {
    fn of(values: &[f64], trim: f64) -> Option<Part> {
        if values.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let n = sorted.len();
        let cut = (n as f64 * trim.clamp(0.0, 0.5)).floor() as usize;
        let kept = n.checked_sub(2 * cut).filter(|kept| *kept >= 2)?;
        let mean = sorted[cut..n - cut].iter().sum::<f64>() / kept as f64;
        let (low, high) = (sorted[cut], sorted[n - 1 - cut]);
        let winsorized = || sorted.iter().map(|value| value.clamp(low, high));
        let center = winsorized().sum::<f64>() / n as f64;
        let squares = winsorized().map(|value| (value - center).powi(2)).sum::<f64>();
        let (n, kept) = (n as f64, kept as f64);
        Some(Part {
            mean,
            winsorized_variance: squares / (n - 1.0),
            variance: squares / (kept * (kept - 1.0)),
            df: kept - 1.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times of self-awareness of two groups: Dana (1990), the example of Wilcox's chapter 5.
    const A: [f64; 19] = [
        77.0, 87.0, 88.0, 114.0, 151.0, 210.0, 219.0, 246.0, 253.0, 262.0, 296.0, 299.0, 306.0,
        376.0, 428.0, 515.0, 666.0, 1310.0, 2611.0,
    ];
    const B: [f64; 19] = [
        59.0, 106.0, 174.0, 207.0, 219.0, 237.0, 313.0, 365.0, 458.0, 497.0, 515.0, 529.0, 557.0,
        615.0, 625.0, 645.0, 973.0, 1065.0, 3215.0,
    ];

    fn close(actual: f64, expected: f64) {
        let error = (actual - expected).abs() / expected.abs().max(1e-3);
        assert!(error < 1e-8, "{actual} is not {expected}");
    }

    // The expected figures are SciPy 1.17's: `ttest_ind(a, b, equal_var=False, trim=.2)` with its
    // `confidence_interval`; one sample is two of which the other is all zeros.

    #[test]
    fn two_trimmed_samples_equal_scipy() {
        let estimate = trimmed_difference(&A, &B, TRIM).expect("an estimate");
        close(estimate.value / estimate.standard_error, -2.044_247_641_947_001_3);
        close(estimate.df, 22.997_244_262_960_95);
        close(estimate.p_value(), 0.052_543_392_187_945_424);
        let interval = estimate.interval(0.05);
        close(interval.low, -326.090_263_070_361_5);
        close(interval.high, 1.936_416_916_515_327);
        let wider = estimate.interval(0.01);
        close(wider.low, -384.657_191_967_898_65);
        close(wider.high, 60.503_346_714_052_64);
    }

    #[test]
    fn two_untrimmed_samples_are_welchs() {
        let estimate = trimmed_difference(&A, &B, 0.0).expect("an estimate");
        close(estimate.value / estimate.standard_error, -0.721_330_942_646_723);
        close(estimate.df, 35.255_675_265_299_56);
        close(estimate.p_value(), 0.475_462_635_890_254_6);
    }

    #[test]
    fn one_trimmed_sample_equals_scipy() {
        let estimate = trimmed_estimate(&A).expect("an estimate");
        close(estimate.value, 282.692_307_692_307_7);
        close(estimate.value / estimate.standard_error, 5.668_942_120_417_012);
        assert_eq!((estimate.df, estimate.n), (12.0, 19));
        close(estimate.p_value(), 0.000_104_112_412_096_357_45);
        close(estimate.interval(0.05).low, 174.041_766_945_046_16);
        close(estimate.interval(0.05).high, 391.342_848_439_569_2);
    }

    #[test]
    fn two_wild_differences_of_twelve_do_not_move_the_mean() {
        let values =
            [0.012, -0.003, 0.008, 0.021, 0.004, -0.011, 0.015, 0.006, 0.9, -0.4, 0.007, 0.002];
        let estimate = trimmed_estimate(&values).expect("an estimate");
        close(estimate.value, 0.006_375);
        close(estimate.standard_error, 0.003_123_213_775_218_450_3);
        close(estimate.p_value(), 0.080_574_021_593_917_33);
        close(estimate.interval(0.05).high, 0.013_760_227_035_790_2);
    }

    #[test]
    fn quantiles_of_students_t_equal_scipy() {
        for (q, df, expected) in [
            (0.9, 1.0, 3.077_683_537_175_254_4),
            (0.975, 1.0, 12.706_204_736_174_694),
            (0.975, 12.0, 2.178_812_829_667_228_4),
            (0.9999, 12.0, 5.263_273_007_826_034),
            (0.995, 59.0, 2.661_758_752_162_967_3),
            (0.9999, 999.0, 3.732_865_499_608_313),
        ] {
            close(student_quantile(q, df).expect("a quantile"), expected);
        }
    }

    #[test]
    fn samples_that_say_nothing_have_no_estimate() {
        assert_eq!(trimmed_estimate(&[]), None);
        assert_eq!(trimmed_estimate(&[1.0]), None);
        assert_eq!(trimmed_estimate(&[1.0, f64::NAN, 2.0]), None);
        let same = trimmed_estimate(&[0.5; 9]).expect("an estimate");
        assert_eq!((same.p_value(), same.interval(0.05)), (0.0, Interval { low: 0.5, high: 0.5 }));
        assert!(trimmed_estimate(&[0.0; 9]).is_some_and(|none| none.p_value() >= 1.0));
    }
}
