//! Did B make it worse than A? The rule, given what was measured: *detected* if the interval of the
//! slowdown, at the level that Holm's procedure leaves it, excludes 0; *fail* if it is detected and
//! larger than δ; *same* if it is certainly smaller than δ; else *inconclusive*. A comparison that
//! something disturbed is inconclusive whatever its figures say. Measures nothing, and extends
//! nothing: that happens at looks that were settled beforehand.

use mapbench_core::event::PlacementMode;

use crate::stats::{
    Estimate, FamilyLevel, Interval, Looks, NoiseCause, PairedEstimate, holm, trimmed_estimate,
};

/// The smallest slowdown that can fail.
pub const LEAST_DELTA: f64 = 0.02;
/// δ is at least this many times what two equal things differ by.
pub const FLOORS_PER_DELTA: f64 = 3.0;
/// The chance that the gate detects any difference in a family of equal pairs.
pub const FAMILY: FamilyLevel = FamilyLevel::OnePercent;

/// One comparison for the gate: one cell in one placement mode.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Log of the throughput of A over that of B: above 0 B is slower.
    pub log_slowdown: Estimate,
    /// What an A/A pair differed by on this machine, [`floor`]; `None` if none was measured.
    pub floor: Option<f64>,
    /// What disturbed it; empty if nothing did.
    pub noise: Vec<NoiseCause>,
    /// The placement mode; `None` at one thread.
    pub mode: Option<PlacementMode>,
}

impl Comparison {
    /// The comparison of a pair whose A is the reference and whose B is under test.
    pub fn of(pair: &PairedEstimate, floor: Option<f64>) -> Comparison {
        Comparison {
            log_slowdown: pair.log_ratio,
            floor,
            noise: pair.noise.clone(),
            mode: pair.mode,
        }
    }
}

/// The verdict on one comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// B is slower, and by more than δ.
    Fail,
    /// B is not slower by δ.
    Same,
    /// Neither can be said.
    Inconclusive,
    /// It was disturbed, by these causes.
    Noisy(Vec<NoiseCause>),
}

impl Verdict {
    /// The word in tables.
    pub const fn name(&self) -> &'static str {
        match self {
            Verdict::Fail => "FAIL",
            Verdict::Same => "same",
            Verdict::Inconclusive => "INCONCLUSIVE",
            Verdict::Noisy(_) => "INCONCLUSIVE (noisy)",
        }
    }

    /// The word in files.
    pub const fn key(&self) -> &'static str {
        match self {
            Verdict::Fail => "fail",
            Verdict::Same => "same",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Noisy(_) => "noisy",
        }
    }

    /// The word with its causes, if it has any.
    pub fn describe(&self) -> String {
        match self {
            Verdict::Noisy(causes) => {
                let causes: Vec<String> = causes.iter().map(ToString::to_string).collect();
                format!("{}: {}", self.name(), causes.join(", "))
            }
            _ => self.name().to_owned(),
        }
    }
}

/// What the gate says of one comparison. Slowdowns are shares of A's speed: .02 is a throughput of
/// A that is 1.02 times that of B.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Whether the interval excludes 0, to either side. Shown; it does not fail by itself.
    pub detected: bool,
    /// The estimate.
    pub slowdown: f64,
    /// Its interval, at the level that Holm's procedure leaves it.
    pub interval: Interval,
    /// The slowdown that fails.
    pub delta: f64,
    /// The p-value, adjusted for the family.
    pub p: f64,
}

/// The slowdown that fails, on a machine where an A/A pair differed by `floor`.
pub fn delta(floor: Option<f64>) -> f64 {
    delta_from(LEAST_DELTA, floor)
}

/// The same, where the smallest slowdown that can fail is `least`.
fn delta_from(least: f64, floor: Option<f64>) -> f64 {
    least.max(FLOORS_PER_DELTA * floor.unwrap_or(0.0))
}

/// What an A/A pair differs by: the end of the 95 % interval of its ratio that is further from 1,
/// as a share. `None` if its quads have no estimate.
pub fn floor(a_a_log_ratios: &[f64]) -> Option<f64> {
    let interval = trimmed_estimate(a_a_log_ratios)?.interval(0.05);
    let furthest = interval.low.abs().max(interval.high.abs()).exp_m1();
    furthest.is_finite().then_some(furthest)
}

/// Judges a family of comparisons at one of the `looks` that were settled for it; answers in their
/// order.
pub fn judge(comparisons: &[Comparison], looks: Looks) -> Vec<Judgement> {
    judge_from(LEAST_DELTA, comparisons, looks)
}

/// The same where no slowdown below `least` fails: runs that nothing pairs drift apart.
pub fn judge_from(least: f64, comparisons: &[Comparison], looks: Looks) -> Vec<Judgement> {
    let alpha = looks.nominal_alpha(FAMILY);
    let p_values: Vec<f64> =
        comparisons.iter().map(|comparison| comparison.log_slowdown.p_value()).collect();
    let adjusted = holm(&p_values);
    // The procedure stops at the first test that it cannot reject; the intervals of all after it
    // are as wide as that one's, so that none of them excludes 0.
    let kept = adjusted.iter().filter(|adjusted| adjusted.p >= alpha);
    let of_kept = kept.map(|adjusted| adjusted.divisor).max().unwrap_or(1);
    let judged = comparisons.iter().zip(adjusted);
    judged
        .map(|(comparison, adjusted)| {
            let detected = adjusted.p < alpha;
            let divisor = if detected { adjusted.divisor } else { of_kept };
            let log = comparison.log_slowdown.interval(alpha / f64::from(divisor));
            let interval = Interval { low: log.low.exp_m1(), high: log.high.exp_m1() };
            let slowdown = comparison.log_slowdown.value.exp_m1();
            let delta = delta_from(least, comparison.floor);
            let verdict = if !comparison.noise.is_empty() {
                Verdict::Noisy(comparison.noise.clone())
            } else if detected && slowdown > delta {
                Verdict::Fail
            } else if interval.high < delta {
                Verdict::Same
            } else {
                Verdict::Inconclusive
            };
            Judgement { verdict, detected, slowdown, interval, delta, p: adjusted.p }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A comparison of 40 quads whose slowdown is known to `error`, on a quiet machine.
    fn comparison(slowdown: f64, error: f64) -> Comparison {
        let log_slowdown =
            Estimate { value: slowdown.ln_1p(), standard_error: error, df: 23.0, n: 40 };
        Comparison { log_slowdown, floor: Some(0.003), noise: Vec::new(), mode: None }
    }

    fn one(comparison: Comparison) -> Judgement {
        judge(&[comparison], Looks::One).remove(0)
    }

    #[test]
    fn a_slowdown_fails_only_if_it_is_sure_and_large() {
        let sure = one(comparison(0.04, 0.004));
        assert_eq!((sure.verdict, sure.detected), (Verdict::Fail, true));
        assert!((sure.slowdown - 0.04).abs() < 1e-12 && sure.delta == LEAST_DELTA);
        let small = one(comparison(0.015, 0.001));
        assert_eq!((small.verdict, small.detected), (Verdict::Same, true), "shown, not failing");
        let unsure = one(comparison(0.04, 0.02));
        assert_eq!((unsure.verdict, unsure.detected), (Verdict::Inconclusive, false));
        let near = one(comparison(0.018, 0.002));
        assert_eq!((near.verdict, near.detected), (Verdict::Inconclusive, true));
    }

    #[test]
    fn equal_things_are_the_same_once_they_are_known_well_enough() {
        assert_eq!(one(comparison(0.001, 0.005)).verdict, Verdict::Same);
        assert_eq!(one(comparison(0.001, 0.01)).verdict, Verdict::Inconclusive);
        let faster = one(comparison(-0.2, 0.01));
        assert_eq!((faster.verdict, faster.detected), (Verdict::Same, true));
    }

    #[test]
    fn a_coarse_machine_raises_what_fails() {
        let coarse = Comparison { floor: Some(0.015), ..comparison(0.04, 0.004) };
        let judged = one(coarse);
        assert!((judged.delta - 0.045).abs() < 1e-12);
        assert_eq!((judged.verdict, judged.detected), (Verdict::Inconclusive, true));
        assert!(delta(None) == LEAST_DELTA);
    }

    #[test]
    fn a_family_makes_each_of_its_members_harder_to_detect() {
        // p = .004: alone below .01, as one of three not.
        let borderline = comparison(0.03, 0.03_f64.ln_1p() / 3.2);
        assert!(one(borderline.clone()).detected);
        let family = [borderline, comparison(0.0, 0.01), comparison(0.0, 0.01)];
        let judged = judge(&family, Looks::One);
        assert!(!judged[0].detected && judged[0].p > 0.01);
        assert!(judged.iter().all(|judged| judged.interval.contains(0.0)), "as the p-values say");
        assert!(one(family[0].clone()).interval.low > 0.0);
        assert!(!judge(&family[..1], Looks::Four)[0].detected, "looks have their price too");
    }

    #[test]
    fn what_was_disturbed_says_nothing_and_says_why() {
        let noise = vec![NoiseCause::Preemptions(0.42), NoiseCause::Steal(0.03)];
        let judged = one(Comparison { noise, ..comparison(0.3, 0.004) });
        assert_eq!(
            judged.verdict.describe(),
            "INCONCLUSIVE (noisy): preemptions 42.0 %, steal 3.0 %"
        );
    }

    #[test]
    fn the_floor_is_the_far_end_of_an_a_a_interval() {
        // SciPy: ttest_ind(logs, zeros, trim=.2) of these twelve has the 95 % interval
        // -.0010102 to .0137602.
        let logs =
            [0.012, -0.003, 0.008, 0.021, 0.004, -0.011, 0.015, 0.006, 0.9, -0.4, 0.007, 0.002];
        assert!((floor(&logs).expect("a floor") - 0.013_760_227_f64.exp_m1()).abs() < 1e-8);
        assert_eq!(floor(&[0.1]), None);
    }
}
