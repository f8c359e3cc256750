//! Several tests at once: Holm, *A simple sequentially rejective multiple test procedure*,
//! Scandinavian Journal of Statistics 6 (1979). The chance that any true hypothesis of the family
//! is rejected stays below alpha, whatever the tests have in common.

/// One test of a family, after Holm's procedure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adjusted {
    /// The p-value times what its rank costs, and no smaller than that of a better rank: below
    /// alpha exactly if the hypothesis is rejected.
    pub p: f64,
    /// What alpha is divided by for this test's own interval.
    pub divisor: u32,
}

/// Adjusts the p-values of a family; answers in their order.
pub fn holm(p_values: &[f64]) -> Vec<Adjusted> {
    let mut ranked: Vec<usize> = (0..p_values.len()).collect();
    ranked.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![Adjusted { p: 1.0, divisor: 1 }; p_values.len()];
    let mut least: f64 = 0.0;
    for (rank, at) in ranked.into_iter().enumerate() {
        let divisor = (p_values.len() - rank) as u32;
        least = least.max((p_values[at] * f64::from(divisor)).min(1.0));
        adjusted[at] = Adjusted { p: least, divisor };
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjusted_p_values_equal_statsmodels() {
        // statsmodels: multipletests([.01, .04, .03, .005, .5], method="holm")[1].
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005, 0.5]);
        for (adjusted, expected) in adjusted.iter().zip([0.04, 0.09, 0.09, 0.025, 0.5]) {
            assert!((adjusted.p - expected).abs() < 1e-12, "{adjusted:?} is not {expected}");
        }
        let divisors: Vec<u32> = adjusted.iter().map(|adjusted| adjusted.divisor).collect();
        assert_eq!(divisors, [4, 2, 3, 5, 1]);
    }

    #[test]
    fn a_family_of_one_is_left_as_it_is() {
        assert_eq!(holm(&[0.03]), [Adjusted { p: 0.03, divisor: 1 }]);
        assert_eq!(holm(&[]), []);
    }
}
