//! Probabilistic bisection: what is believed of a point is a density over the range, and each
//! answer "above" or "below" moves as much of it as the answer can be trusted. Horstein,
//! *Sequential transmission using noiseless feedback*, IEEE Trans. Inf. Theory 9 (1963); Waeber,
//! Frazier, Henderson, *Bisection search with noisy responses*, SIAM J. Control Optim. 51 (2013).
//! There the trust is given; here it is the chance that the mean of a load's visits is on the side
//! where it is seen, from the spread of repeated visits. Assumes only that latency rises with load.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{Curve, Observation, Scale};

/// Cells of the density.
const CELLS: usize = 2_048;
/// Noise of one observation, as a log, where no load was visited twice, and its degrees of freedom.
const ASSUMED_DEVIATION: (f64, f64) = (0.2, 3.0);
/// No answer is trusted more.
const MOST_TRUST: f64 = 0.999;
/// Trust in that a saturated observation is above the limit.
const TRUST_SATURATED: f64 = 0.95;

/// What is believed of the load that meets a limit.
#[derive(Debug, Clone)]
pub(super) struct Posterior {
    low: f64,
    high: f64,
    density: Vec<f64>,
}

impl Posterior {
    /// From nothing known within the range to what all observations say; `None` without a range.
    pub(super) fn of(curve: &Curve, limit: f64, scale: Scale) -> Option<Self> {
        let (lowest, highest) = curve.range()?;
        let (low, high) = (scale.position(lowest), scale.position(highest));
        if high <= low {
            return None;
        }
        let mut posterior = Posterior { low, high, density: vec![1.0 / CELLS as f64; CELLS] };
        let noise = deviation(curve);
        for x in curve.points() {
            let here: Vec<&Observation> =
                curve.observations.iter().filter(|seen| seen.x.total_cmp(&x).is_eq()).collect();
            let above = chance_above(&here, limit, noise);
            posterior.answer(scale.position(x), above);
        }
        Some(posterior)
    }

    /// Takes in that the latency at a position is above the limit with a chance: then the load
    /// that meets the limit is below the position.
    fn answer(&mut self, position: f64, above: f64) {
        let cells = self.density.len() as f64;
        let width = (self.high - self.low) / cells;
        for (cell, density) in self.density.iter_mut().enumerate() {
            let middle = self.low + (cell as f64 + 0.5) * width;
            *density *= if middle < position { above } else { 1.0 - above };
        }
        let sum: f64 = self.density.iter().sum();
        for density in &mut self.density {
            *density /= sum;
        }
    }

    /// The position below which a share of the belief lies.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        let width = (self.high - self.low) / self.density.len() as f64;
        let mut below = 0.0;
        for (cell, density) in self.density.iter().enumerate() {
            if below + density >= share {
                let part = if *density > 0.0 { (share - below) / density } else { 0.0 };
                return self.low + (cell as f64 + part) * width;
            }
            below += density;
        }
        self.high
    }
}

/// Spread of the log of an observation around the mean of its load, pooled over loads that were
/// visited more than once, with its degrees of freedom.
fn deviation(curve: &Curve) -> (f64, f64) {
    let (mut squares, mut df) = (0.0, 0.0);
    for x in curve.points() {
        let logs: Vec<f64> = curve
            .observations
            .iter()
            .filter(|seen| seen.x.total_cmp(&x).is_eq() && !seen.saturated)
            .map(|seen| seen.y.ln())
            .collect();
        if logs.len() < 2 {
            continue;
        }
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        squares += logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>();
        df += logs.len() as f64 - 1.0;
    }
    // What is assumed counts as a few visits more, so that two that agree by luck are not trusted.
    let (assumed, assumed_df) = ASSUMED_DEVIATION;
    let pooled = (squares + assumed_df * assumed * assumed) / (df + assumed_df);
    (pooled.sqrt(), df + assumed_df)
}

/// The chance that the latency of a load is above the limit.
fn chance_above(here: &[&Observation], limit: f64, (deviation, df): (f64, f64)) -> f64 {
    let saturated = here.iter().filter(|seen| seen.saturated).count();
    if 2 * saturated >= here.len() {
        return 1.0 - (1.0 - TRUST_SATURATED).powf(saturated as f64).max(1.0 - MOST_TRUST);
    }
    let kept = (here.len() - saturated) as f64;
    let excess: f64 =
        here.iter().filter(|seen| !seen.saturated).map(|seen| (seen.y / limit).ln()).sum();
    let t = excess / kept / (deviation / kept.sqrt());
    let chance = StudentsT::new(0.0, 1.0, df).map_or(0.5, |law| law.cdf(t));
    chance.clamp(1.0 - MOST_TRUST, MOST_TRUST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posterior() -> Posterior {
        Posterior { low: 0.0, high: 10.0, density: vec![1.0 / CELLS as f64; CELLS] }
    }

    #[test]
    fn an_answer_moves_as_much_belief_as_it_is_trusted() {
        // Horstein's step: from a half on each side to the trust on the side that is named.
        let mut posterior = posterior();
        posterior.answer(5.0, 0.8);
        let below: f64 = posterior.density[..CELLS / 2].iter().sum();
        assert!((below - 0.8).abs() < 1e-9, "{below}");
        assert!((posterior.quantile(0.4) - 2.5).abs() < 0.01);
    }

    #[test]
    fn noisy_answers_close_in_on_the_point() {
        // Asked at the median with answers that are right four times of five, as a cycle.
        let mut posterior = posterior();
        for turn in 0..200 {
            let median = posterior.quantile(0.5);
            let right = turn % 5 != 3;
            let above = (median > 7.3) == right;
            posterior.answer(median, if above { 0.75 } else { 0.25 });
        }
        assert!((posterior.quantile(0.5) - 7.3).abs() < 0.1, "{}", posterior.quantile(0.5));
    }
}
