//! What else than a break a curve may be: a straight line for want of any break worth the name, or
//! a parabola. Only compares; the verdict is the slope break's.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::noise::{Noise, weighted_basis};
use super::{PooledPoints, Profile};

/// Places of a break that must be excluded before a line is called straight, as shares of the
/// range. Nearer to its ends a break of any size may hide behind the noise of one point.
const MIDDLE_HALF: [f64; 3] = [0.25, 0.5, 0.75];

/// Whether the evidence excludes a change of slope by `smallest` or more, at 95 %, anywhere in the
/// middle half of the range.
pub(in crate::knee) fn excludes_change(
    points: &PooledPoints,
    profile: &Profile,
    noise: &Noise,
    smallest: f64,
) -> bool {
    let z = &points.positions;
    let (first, range) = (z[0], z[z.len() - 1] - z[0]);
    MIDDLE_HALF.iter().all(|share| {
        let break_at = first + share * range;
        let (change, error) = change_at(points, profile, break_at);
        change + error * noise.inflation().sqrt() < smallest
    })
}

/// The change of slope at a position, without its sign, and half its 95 % interval.
fn change_at(points: &PooledPoints, profile: &Profile, break_at: f64) -> (f64, f64) {
    let freedom = points.visits.len() as f64 - 3.0;
    let left = profile.rss_at(break_at);
    let hinge: Vec<f64> = points.positions.iter().map(|z| (z - break_at).max(0.0)).collect();
    let line = [vec![1.0; hinge.len()], points.positions.clone()];
    let leverage = unexplained(&hinge, &weighted_basis(&line, &points.weights), &points.weights);
    let Ok(student) = StudentsT::new(0.0, 1.0, freedom) else { return (0.0, f64::INFINITY) };
    let change = ((profile.straight_rss() - left).max(0.0) / leverage).sqrt();
    let deviation = ((left + points.within) / freedom).sqrt();
    (change, student.inverse_cdf(0.975) * deviation / leverage.sqrt())
}

/// Whether a parabola, of three coefficients, is a better account of the points than a line with a
/// break that leaves `rss` with so many `coefficients`.
pub(super) fn parabola_is_better(points: &PooledPoints, (rss, coefficients): (f64, f64)) -> bool {
    let z = &points.positions;
    let columns = [vec![1.0; z.len()], z.clone(), z.iter().map(|z| z * z).collect()];
    let basis = weighted_basis(&columns, &points.weights);
    let parabola = unexplained(&points.means, &basis, &points.weights);
    criterion(points, parabola, 3.0) < criterion(points, rss, coefficients)
}

/// Whether rounding off a break, at the price of a radius, is a better account of the points.
pub(super) fn rounding_is_better(points: &PooledPoints, sharp: f64, rounded: f64) -> bool {
    criterion(points, rounded, 5.0) < criterion(points, sharp, 4.0)
}

/// Schwarz's criterion (Ann. Stat. 6, 1978), which compares models that do not contain each other.
fn criterion(points: &PooledPoints, rss: f64, coefficients: f64) -> f64 {
    let visits = points.visits.len() as f64;
    visits * (rss + points.within).max(f64::MIN_POSITIVE).ln() + coefficients * visits.ln()
}

/// The weighted sum of squares that a basis leaves of values.
fn unexplained(values: &[f64], basis: &[Vec<f64>], weights: &[f64]) -> f64 {
    let mut left: Vec<f64> = values.iter().zip(weights).map(|(v, w)| v * w.sqrt()).collect();
    for axis in basis {
        let along: f64 = axis.iter().zip(&left).map(|(a, v)| a * v).sum();
        for (value, a) in left.iter_mut().zip(axis) {
            *value -= along * a;
        }
    }
    left.iter().map(|value| value * value).sum()
}
