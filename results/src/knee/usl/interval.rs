//! The 95 % interval of the law's peak: every N* that the likelihood ratio does not reject, with
//! the critical value from a residual bootstrap, as for a slope break. No verdict.
//!
//! A percentile interval of N* would be of no use here: as soon as some resamples have β = 0 their
//! peak is infinite.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::fit::{UniversalScalabilityFit, WeightedPoint, relative};
use crate::knee::segmented::{Noise, PooledPoints, weighted_basis};
use crate::stats::quantile;

const RESAMPLES: usize = 499;
/// Bisections of a logarithm: enough for four digits over any range of threads.
const BISECTIONS: usize = 30;
/// A peak further than this many times beyond the range is called infinite.
const FARTHEST: f64 = 256.0;

/// Pooled points with their threads and logarithms back in the law's units.
pub(super) fn weighted_points(points: &PooledPoints, means: &[f64]) -> Vec<WeightedPoint> {
    let located = points.positions.iter().zip(means).zip(&points.weights);
    located.map(|((z, mean), weight)| (z.exp2(), mean.exp2(), *weight)).collect()
}

/// The interval of N*; its upper end may be infinite, its lower end zero.
pub(super) fn peak_interval(
    points: &PooledPoints,
    fit: &UniversalScalabilityFit,
    seed: u64,
) -> (f64, f64) {
    let weighted = weighted_points(points, &points.means);
    // Sums of squares of natural logarithms, as the fit has them.
    let within = points.within * std::f64::consts::LN_2.powi(2);
    let freedom = points.visits.len() as f64 - 3.0;
    let ratio = critical_ratio(points, fit, freedom, seed);
    let limit = fit.rss + (fit.rss + within) * ratio / freedom;
    let holds = |peak: f64| rss_of_peak(&weighted, peak) <= limit;
    let (least, most) = (1.0 / FARTHEST, weighted[weighted.len() - 1].0 * FARTHEST);
    let start = fit.peak().clamp(least, most);
    let low = if holds(least) { 0.0 } else { edge(start, least, holds) };
    let high = if holds(most) { f64::INFINITY } else { edge(start, most, holds) };
    (low, high)
}

/// Between a peak that holds and one that does not, where it ceases to.
fn edge(mut inside: f64, mut outside: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..BISECTIONS {
        let middle = (inside * outside).sqrt();
        if holds(middle) { inside = middle } else { outside = middle }
    }
    inside
}

/// The least sum of squares of laws with this peak: over α from 0 to 1, β following from it.
pub(super) fn rss_of_peak(points: &[WeightedPoint], peak: f64) -> f64 {
    let rss = |alpha: f64| {
        let beta = (1.0 - alpha) / (peak * peak);
        let (mut weight, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for (n, x, w) in points {
            let r = (x / relative(*n, alpha, beta)).ln();
            let shift = r - sum / f64::max(weight, f64::MIN_POSITIVE);
            weight += w;
            sum += w * r;
            squares += w * shift * (r - sum / weight);
        }
        squares
    };
    least_between(0.0, 1.0, rss)
}

/// The least value of a function with one minimum: golden section.
fn least_between(mut low: f64, mut high: f64, value: impl Fn(f64) -> f64) -> f64 {
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut a, mut b) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_a, mut at_b) = (value(a), value(b));
    let mut least = value(low).min(value(high)).min(at_a).min(at_b);
    for _ in 0..40 {
        if at_a < at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - golden * (high - low);
            at_a = value(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + golden * (high - low);
            at_b = value(b);
        }
        least = least.min(at_a).min(at_b);
    }
    least
}

/// The 95 % quantile of F of the fitted peak over resamples.
fn critical_ratio(
    points: &PooledPoints,
    fit: &UniversalScalabilityFit,
    freedom: f64,
    seed: u64,
) -> f64 {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed ^ 0x5573_6c00);
    let fitted: Vec<f64> = points.positions.iter().map(|z| fit.at(z.exp2()).log2()).collect();
    let mut noise = Noise::around(points, &fitted, &gradient_basis(points, fit));
    let mut means = fitted.clone();
    let peak = fit.peak();
    let ratios: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let within = noise.draw(&mut means, &mut random) * std::f64::consts::LN_2.powi(2);
            for (mean, height) in means.iter_mut().zip(&fitted) {
                *mean += height;
            }
            let drawn = weighted_points(points, &means);
            let least = fit.refit(&drawn).rss;
            let here = rss_of_peak(&drawn, peak);
            freedom * (here - least).max(0.0) / (least + within).max(f64::MIN_POSITIVE)
        })
        .collect();
    quantile(&ratios, 0.95).unwrap_or(f64::INFINITY)
}

/// What moving λ, α and β does to log throughput, as an orthonormal basis.
fn gradient_basis(points: &PooledPoints, fit: &UniversalScalabilityFit) -> Vec<Vec<f64>> {
    let threads: Vec<f64> = points.positions.iter().map(|z| z.exp2()).collect();
    let shares = threads.iter().map(|n| relative(*n, fit.alpha, fit.beta) / n);
    let by_alpha: Vec<f64> =
        threads.iter().zip(shares).map(|(n, share)| (n - 1.0) * share).collect();
    let by_beta = threads.iter().zip(&by_alpha).map(|(n, slope)| n * slope).collect();
    weighted_basis(&[vec![1.0; threads.len()], by_alpha, by_beta], &points.weights)
}
