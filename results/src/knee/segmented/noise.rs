//! The noise of visits around a line, estimated from what is left of them and drawn anew: for
//! simulated straight lines and for bootstraps. Knows nothing of breaks but their residuals.
//!
//! Two things make the means of points less certain than their visits suggest. Visits to one point
//! may share what the line does not have (a hash table that is just over or under a resize at this
//! size; a drift of the machine): the variance *between* points, as in a one-way
//! random model. And neighbouring points may share it too: *correlation* along the axis.
//! Both are estimated, neither below zero.

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;
use statrs::distribution::{ContinuousCDF, Normal};

use super::PooledPoints;

/// Fewer points than this do not show whether neighbours resemble each other.
const FEWEST_FOR_CORRELATION: usize = 10;
/// No noise is believed to be more alike than this between neighbours: it would be a curve.
const MOST_CORRELATION: f64 = 0.7;

/// What a deviation is drawn from.
#[derive(Debug, Clone)]
enum Source {
    Gaussian(Normal),
    Residuals(Vec<f64>),
}

/// Noise of the visits to some points.
#[derive(Debug, Clone)]
pub(in crate::knee) struct Noise<'a> {
    points: &'a PooledPoints,
    source: Source,
    /// Variance between points, over that within them.
    between: f64,
    /// Correlation of the means of neighbouring points.
    correlation: f64,
    values: Vec<f64>,
}

impl<'a> Noise<'a> {
    /// The noise around a line that has these `heights` at the points; `basis` spans, orthonormal
    /// and weighted, what was fitted.
    pub(in crate::knee) fn around(
        points: &'a PooledPoints,
        heights: &[f64],
        basis: &[Vec<f64>],
    ) -> Noise<'a> {
        let between = between(points, heights, basis.len());
        let correlation = correlation(points, heights, basis, between);
        let residuals = corrected_residuals(points, heights, basis);
        Noise {
            points,
            source: Source::Residuals(residuals),
            between,
            correlation,
            values: Vec::new(),
        }
    }

    /// The same noise with normal deviations in place of residuals.
    pub(in crate::knee) fn gaussian(&self) -> Noise<'a> {
        Noise { source: Source::Gaussian(Normal::standard()), ..self.clone() }
    }

    /// By what the variance of a fitted line is larger than if visits were independent, about:
    /// that of the mean of points that resemble their neighbours.
    pub(in crate::knee) fn inflation(&self) -> f64 {
        let visits = self.points.visits.len() as f64 / self.points.positions.len() as f64;
        (1.0 + self.between * visits) * (1.0 + self.correlation) / (1.0 - self.correlation)
    }

    /// Draws the deviation of each point's mean; returns the sum of squares within points.
    pub(in crate::knee) fn draw(
        &mut self,
        means: &mut [f64],
        random: &mut Xoshiro256PlusPlus,
    ) -> f64 {
        self.values.clear();
        for _ in &self.points.visits {
            let value = match &self.source {
                Source::Gaussian(normal) => {
                    normal.inverse_cdf((f64::from(random.next_u32()) + 0.5) / 2.0_f64.powi(32))
                }
                Source::Residuals(residuals) => residuals[below(random, residuals.len())],
            };
            self.values.push(value);
        }
        let within = self.points.pool(&self.values, means);
        let fresh = (1.0 - self.correlation * self.correlation).sqrt();
        let mut before: Option<f64> = None;
        for (mean, visits) in means.iter_mut().zip(&self.points.weights) {
            let own = *mean * visits.sqrt();
            let shared = before.map_or(own, |before| self.correlation * before + fresh * own);
            *mean = shared * (1.0 / visits + self.between).sqrt();
            before = Some(shared);
        }
        within
    }
}

/// Variance between points over variance within them, from mean squares.
fn between(points: &PooledPoints, heights: &[f64], fitted: usize) -> f64 {
    let (visits, count) = (points.visits.len() as f64, points.positions.len() as f64);
    let (repeats, free) = (visits - count, count - fitted as f64);
    if repeats < 1.0 || free < 1.0 {
        return 0.0;
    }
    let squares = points.means.iter().zip(heights).zip(&points.weights);
    let around: f64 =
        squares.map(|((mean, height), weight)| weight * (mean - height).powi(2)).sum();
    let weights: f64 = points.weights.iter().map(|weight| weight * weight).sum();
    let typical = (visits - weights / visits) / (count - 1.0);
    ((around / free) / (points.within / repeats).max(f64::MIN_POSITIVE) - 1.0).clamp(0.0, 1e6)
        / typical
}

/// Correlation of neighbouring means, without what fitting a line makes of none.
fn correlation(points: &PooledPoints, heights: &[f64], basis: &[Vec<f64>], between: f64) -> f64 {
    let count = points.positions.len();
    if count < FEWEST_FOR_CORRELATION {
        return 0.0;
    }
    let left: Vec<f64> = (0..count)
        .map(|point| {
            (points.means[point] - heights[point]) / (1.0 / points.weights[point] + between).sqrt()
        })
        .collect();
    let products = |values: &[f64]| values.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>();
    let squares: f64 = left.iter().map(|value| value * value).sum();
    let free = count as f64 - basis.len() as f64;
    let of_fitting = -basis.iter().map(|axis| products(axis)).sum::<f64>() / free;
    let seen = products(&left) / squares.max(f64::MIN_POSITIVE);
    (seen - of_fitting).clamp(0.0, MOST_CORRELATION)
}

/// Residuals of all visits, each divided by what its leverage shrank it by, around zero.
fn corrected_residuals(points: &PooledPoints, heights: &[f64], basis: &[Vec<f64>]) -> Vec<f64> {
    let leverage = |point: usize| {
        basis.iter().map(|axis| axis[point].powi(2)).sum::<f64>() / points.weights[point]
    };
    let mut residuals: Vec<f64> = points
        .visits
        .iter()
        .map(|(point, y)| (y - heights[*point]) / (1.0 - leverage(*point)).max(0.05).sqrt())
        .collect();
    let mean = residuals.iter().sum::<f64>() / residuals.len() as f64;
    for residual in &mut residuals {
        *residual -= mean;
    }
    residuals
}

/// An orthonormal basis of what `columns` span, each weighted; columns that are mixtures of those
/// before them add nothing.
pub(in crate::knee) fn weighted_basis(columns: &[Vec<f64>], weights: &[f64]) -> Vec<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for column in columns {
        let mut vector: Vec<f64> = column.iter().zip(weights).map(|(v, w)| v * w.sqrt()).collect();
        let before: f64 = vector.iter().map(|v| v * v).sum();
        for axis in &basis {
            let along: f64 = axis.iter().zip(&vector).map(|(a, v)| a * v).sum();
            for (v, a) in vector.iter_mut().zip(axis) {
                *v -= along * a;
            }
        }
        let size: f64 = vector.iter().map(|v| v * v).sum();
        if size > 1e-12 * before {
            for v in &mut vector {
                *v /= size.sqrt();
            }
            basis.push(vector);
        }
    }
    basis
}

/// A number below `bound` by multiply and shift; its bias is below `bound` / 2^32.
fn below(random: &mut Xoshiro256PlusPlus, bound: usize) -> usize {
    ((u64::from(random.next_u32()) * bound as u64) >> 32) as usize
}
