//! How often something happened, k of n, and between which bounds its true rate lies: Clopper and
//! Pearson, *The use of confidence or fiducial limits illustrated in the case of the binomial*,
//! Biometrika 26 (1934). Exact: a bound fails to hold at most as often as it says.

use std::fmt;

use statrs::distribution::{Beta, ContinuousCDF};

use super::bootstrap::Interval;

/// Something happened `k` times in `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Proportion {
    /// How often it happened.
    pub k: u64,
    /// How often it could have.
    pub n: u64,
}

impl Proportion {
    /// Counts one more case.
    pub fn count(&mut self, happened: bool) {
        self.n += 1;
        self.k += u64::from(happened);
    }

    /// The share that was seen; `None` of no case.
    pub fn share(&self) -> Option<f64> {
        (self.n > 0).then(|| self.k as f64 / self.n as f64)
    }

    /// The bound above which the true rate lies with chance `alpha` at most.
    pub fn upper(&self, alpha: f64) -> f64 {
        if self.k >= self.n {
            return 1.0;
        }
        beta_quantile(self.k as f64 + 1.0, (self.n - self.k) as f64, 1.0 - alpha).unwrap_or(1.0)
    }

    /// The bound below which the true rate lies with chance `alpha` at most.
    pub fn lower(&self, alpha: f64) -> f64 {
        if self.k == 0 || self.k > self.n {
            return 0.0;
        }
        beta_quantile(self.k as f64, (self.n - self.k) as f64 + 1.0, alpha).unwrap_or(0.0)
    }

    /// Both bounds, half of `alpha` at each end.
    pub fn interval(&self, alpha: f64) -> Interval {
        Interval { low: self.lower(alpha / 2.0), high: self.upper(alpha / 2.0) }
    }
}

impl fmt::Display for Proportion {
    /// `3/100 (3.0 %, 95 % bounds 0.6 to 8.5 %)`; of no case only `0/0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.k, self.n)?;
        let Some(share) = self.share() else { return Ok(()) };
        let bounds = self.interval(0.05);
        write!(
            f,
            " ({:.1} %, 95 % bounds {:.1} to {:.1} %)",
            share * 100.0,
            bounds.low * 100.0,
            bounds.high * 100.0
        )
    }
}

fn beta_quantile(a: f64, b: f64, q: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&q) {
        return None;
    }
    // The search of the quantile ends far from it where the answer is tiny; where one shape is 1
    // it has a closed form.
    if a <= 1.0 {
        return Some(1.0 - (1.0 - q).powf(1.0 / b));
    }
    if b <= 1.0 {
        return Some(q.powf(1.0 / a));
    }
    Beta::new(a, b).ok().map(|beta| beta.inverse_cdf(q))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_equal_scipy() {
        // SciPy 1.17: binomtest(k, n).proportion_ci(.95, 'exact').
        for (k, n, low, high) in [
            (0, 299, 0.0, 0.012_261_595_907_536_983),
            (0, 30, 0.0, 0.115_703_308_222_027_43),
            (3, 100, 0.006_229_971_538_306_227, 0.085_176_052_974_280_28),
            (50, 100, 0.398_321_129_503_300_95, 0.601_678_870_496_699_1),
            (299, 299, 0.987_738_404_092_463, 1.0),
            (1, 7, 0.003_610_296_861_900_81, 0.578_723_197_043_198_2),
        ] {
            let bounds = Proportion { k, n }.interval(0.05);
            assert!((bounds.low - low).abs() < 1e-9, "{k}/{n}: {} is not {low}", bounds.low);
            assert!((bounds.high - high).abs() < 1e-9, "{k}/{n}: {} is not {high}", bounds.high);
        }
    }

    #[test]
    fn none_of_299_proves_at_most_one_percent() {
        // SciPy: beta.ppf(.95, 1, 299) and beta.ppf(.95, 3, 398).
        assert!(
            (Proportion { k: 0, n: 299 }.upper(0.05) - 0.009_969_146_792_899_269).abs() < 1e-12
        );
        assert!(Proportion { k: 0, n: 298 }.upper(0.05) > 0.01);
        assert!((Proportion { k: 2, n: 400 }.upper(0.05) - 0.015_655_179_936_468_217).abs() < 1e-9);
    }

    #[test]
    fn it_is_spelled_with_its_bounds() {
        let mut called = Proportion::default();
        assert_eq!(called.to_string(), "0/0");
        (0..100).for_each(|case| called.count(case % 40 == 0));
        assert_eq!(called.to_string(), "3/100 (3.0 %, 95 % bounds 0.6 to 8.5 %)");
    }
}
