//! The 95 % interval of a break: every position that the likelihood ratio does not reject, with the
//! critical value from a residual bootstrap. Decides nothing about whether there is a break.
//!
//! Inverting the ratio follows D. V. Hinkley, *Inference about the intersection in two-phase
//! regression*, Biometrika 56 (1969), and D. Siegmund, *Confidence sets in change-point problems*,
//! Int. Stat. Rev. 56 (1988): the estimate of a break is far from normal with few points, the ratio
//! is much nearer to its limit. What it still lacks, the bootstrap supplies: residuals, corrected
//! for leverage, are drawn with replacement onto the fitted line and the ratio of the fitted
//! position is computed anew (A. C. Davison, D. V. Hinkley, *Bootstrap methods and their
//! application*, 1997, section 6.2.3).

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use statrs::distribution::{ContinuousCDF, FisherSnedecor};

use super::noise::weighted_basis;
use super::rounded::{Rounded, RoundedNearby, RoundedProfile};
use super::{Hinge, Noise, PooledPoints, Profile};
use crate::stats::quantile;

/// Resamples of an interval.
const RESAMPLES: usize = 499;
const CONFIDENCE: f64 = 0.95;

/// A break as it was fitted.
#[derive(Debug)]
pub(super) struct FittedBreak<'a> {
    /// The points.
    pub points: &'a PooledPoints,
    /// The profile of sharp breaks.
    pub sharp: &'a Profile<'a>,
    /// The profile of rounded breaks and the best of them, if they are to be considered.
    pub rounded: Option<(&'a RoundedProfile<'a>, Rounded)>,
    /// Where the break is.
    pub estimate: f64,
}

impl FittedBreak<'_> {
    /// The interval of the break, in positions. The same seed gives the same interval.
    pub(super) fn interval(&self, seed: u64) -> (f64, f64) {
        let asymptotic = FisherSnedecor::new(1.0, self.freedom())
            .map_or(f64::INFINITY, |ratio| ratio.inverse_cdf(CONFIDENCE));
        let (low, high) = self.held(asymptotic);
        self.held(self.critical_ratio(1.5 * (high - low), seed))
    }

    fn freedom(&self) -> f64 {
        self.points.visits.len() as f64 - 4.0
    }

    /// The best rounded break, if it fits better than the best sharp one at all.
    fn better_rounded(&self) -> Option<(&RoundedProfile<'_>, Rounded)> {
        self.rounded.filter(|(_, best)| best.rss < self.sharp.minimum().1)
    }

    /// The positions, the estimate among them, whose ratio is at most this.
    fn held(&self, ratio: f64) -> (f64, f64) {
        let least = self.better_rounded().map_or(self.sharp.minimum().1, |(_, best)| best.rss);
        let limit = least + (least + self.points.within) * ratio / self.freedom();
        let held = match self.rounded {
            Some((rounded, _)) => rounded.within(self.sharp, limit),
            None => self.sharp.within(limit),
        };
        let (low, high) = held.unwrap_or((self.estimate, self.estimate));
        (low.min(self.estimate), high.max(self.estimate))
    }

    /// Where the break of the best line is, sharp or rounded, its heights, and the noise around it.
    fn best_line(&self) -> (f64, Vec<f64>, Noise<'_>) {
        if let Some((rounded, best)) = self.better_rounded() {
            let (heights, basis) = rounded.fitted(best);
            let noise = Noise::around(self.points, &heights, &basis);
            return (best.break_at, heights, noise);
        }
        let hinge = self.sharp.hinge(self.sharp.minimum().0);
        let heights = self.points.positions.iter().map(|z| hinge.at(*z)).collect();
        (hinge.break_at, heights, noise_around(self.points, &hinge))
    }

    /// The 95 % quantile, over resamples, of F of the position where their break is; rounded breaks
    /// are looked for within `reach` of it.
    fn critical_ratio(&self, reach: f64, seed: u64) -> f64 {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed ^ 0x4272_6561_6b00);
        let (truth, heights, mut noise) = self.best_line();
        let mut nearby = self.rounded.map(|(rounded, _)| RoundedNearby::of(rounded, truth, reach));
        let mut means = heights.clone();
        let mut profile = Profile::of(&self.points.positions, &self.points.weights, &means);
        let ratios: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                let within = noise.draw(&mut means, &mut random);
                for (mean, height) in means.iter_mut().zip(&heights) {
                    *mean += height;
                }
                profile.refill(&self.points.weights, &means);
                let (_, mut least) = profile.minimum();
                let mut here = profile.rss_at(truth);
                if let Some(nearby) = &mut nearby {
                    let (rounded_here, rounded_least) = nearby.least(&means);
                    here = here.min(rounded_here);
                    least = least.min(rounded_least);
                }
                self.freedom() * (here - least).max(0.0) / (least + within).max(f64::MIN_POSITIVE)
            })
            .collect();
        quantile(&ratios, CONFIDENCE).unwrap_or(f64::INFINITY)
    }
}

/// The noise around a fitted line. Its gradient has four entries, the last of which moves the break.
pub(in crate::knee) fn noise_around<'a>(points: &'a PooledPoints, fitted: &Hinge) -> Noise<'a> {
    let column = |entry: fn(f64) -> f64| -> Vec<f64> {
        points.positions.iter().map(|z| entry(z - fitted.break_at)).collect()
    };
    let columns = [
        column(|_| 1.0),
        column(|distance| distance),
        column(|distance| distance.max(0.0)),
        column(|distance| f64::from(u8::from(distance > 0.0))),
    ];
    let heights: Vec<f64> = points.positions.iter().map(|z| fitted.at(*z)).collect();
    Noise::around(points, &heights, &weighted_basis(&columns, &points.weights))
}
