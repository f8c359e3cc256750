//! Breaks that are rounded off, as those of real maps are: contention sets in over some doublings,
//! not at a point. Their position is where the straight lines on both sides would cross. Widens
//! what the exact profile of a sharp break says; judges nothing.
//!
//! The rounded form is the softplus, r ln(1 + exp((z − ψ)/r)), which goes to the sharp break as the
//! radius r goes to 0; a rate that saturates, x/(1 + x/k), has just this form in logarithms. Other
//! roundings (the bent cable of G. Chiu, R. Lockhart, R. Routledge, J. Am. Stat. Assoc. 101, 2006)
//! differ from it less than noise.

use super::noise::weighted_basis;
use super::{PooledPoints, Profile};

/// Radii that are tried, as shares of the range: on a range of ten doublings 0.1 to 1.5 doublings.
const RADII: [f64; 8] = [0.01, 0.015, 0.022, 0.033, 0.05, 0.075, 0.11, 0.15];
/// Positions that are tried.
const STEPS: u32 = 100;
/// Bisections between two positions.
const BISECTIONS: u32 = 12;

/// Positions near the estimate that resamples are fitted at, an odd number.
const NEARBY: usize = 33;

/// A rounded break that fits best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rounded {
    /// Where the lines on both sides cross, as a position.
    pub break_at: f64,
    /// Over what distance it is rounded off.
    pub radius: f64,
    /// Its sum of squares, of means.
    pub rss: f64,
}

impl Rounded {
    /// The bend of slope 1: 0 well before it, the distance from it well after.
    pub(super) fn bend(&self, z: f64) -> f64 {
        self.radius * softplus((z - self.break_at) / self.radius)
    }
}

/// The sum of squares of a rounded break, over where it is and how far it is rounded.
#[derive(Debug)]
pub(super) struct RoundedProfile<'a> {
    points: &'a PooledPoints,
    /// Orthonormal basis of straight lines.
    line: Vec<Vec<f64>>,
    /// What the straight line leaves of the means, weighted.
    left: Vec<f64>,
    left_squares: f64,
    radii: [f64; RADII.len()],
}

impl<'a> RoundedProfile<'a> {
    pub(super) fn of(points: &'a PooledPoints) -> RoundedProfile<'a> {
        let z = &points.positions;
        let line = weighted_basis(&[vec![1.0; z.len()], z.clone()], &points.weights);
        let mut left: Vec<f64> =
            points.means.iter().zip(&points.weights).map(|(y, w)| y * w.sqrt()).collect();
        take_out(&line, &mut left);
        let left_squares = dot(&left, &left);
        let range = z[z.len() - 1] - z[0];
        RoundedProfile { points, line, left, left_squares, radii: RADII.map(|share| share * range) }
    }

    /// What straight lines do not have of a bend, weighted and of unit length; zeros if nothing.
    fn own_part(&self, break_at: f64, radius: f64) -> Vec<f64> {
        let mut bend: Vec<f64> = self
            .points
            .positions
            .iter()
            .zip(&self.points.weights)
            .map(|(z, weight)| softplus((z - break_at) / radius) * weight.sqrt())
            .collect();
        let before = dot(&bend, &bend);
        take_out(&self.line, &mut bend);
        let own = dot(&bend, &bend);
        let scale = if own > 1e-9 * before { own.sqrt().recip() } else { 0.0 };
        for value in &mut bend {
            *value *= scale;
        }
        bend
    }

    /// Sum of squares with a break of this place and radius.
    fn rss(&self, break_at: f64, radius: f64) -> f64 {
        let explained = dot(&self.own_part(break_at, radius), &self.left).powi(2);
        (self.left_squares - explained).max(0.0)
    }

    /// The best line with this bend: height at position 0, slope before it, change of slope.
    pub(super) fn coefficients(&self, rounded: Rounded) -> [f64; 3] {
        let roots: Vec<f64> = self.points.weights.iter().map(|weight| weight.sqrt()).collect();
        let positions = &self.points.positions;
        let bend: Vec<f64> = positions.iter().map(|z| rounded.bend(*z)).collect();
        let own = self.own_part(rounded.break_at, rounded.radius);
        let weighted: Vec<f64> = bend.iter().zip(&roots).map(|(b, root)| b * root).collect();
        let change = dot(&own, &self.left) / dot(&own, &weighted);
        // What is left without the bend is a straight line and misfit.
        let rest = self.points.means.iter().zip(&bend).map(|(y, bend)| y - change * bend);
        let rest: Vec<f64> = rest.collect();
        let line = Profile::of(positions, &self.points.weights, &rest);
        let (height, slope) = line.straight_at(0.0);
        [height, slope, change]
    }

    /// Heights at the points of the best line with this bend, and a basis of what moves them:
    /// level, slope, change of slope and place.
    pub(super) fn fitted(&self, rounded: Rounded) -> (Vec<f64>, Vec<Vec<f64>>) {
        let z = &self.points.positions;
        let scaled = |z: &f64| (z - rounded.break_at) / rounded.radius;
        let bend = z.iter().map(|z| softplus(scaled(z))).collect();
        let place = z.iter().map(|z| 1.0 / (1.0 + (-scaled(z)).exp())).collect();
        let columns = [vec![1.0; z.len()], z.clone(), bend, place];
        let basis = weighted_basis(&columns, &self.points.weights);
        let own = self.own_part(rounded.break_at, rounded.radius);
        let along = dot(&own, &self.left);
        let roots = self.points.weights.iter().map(|weight| weight.sqrt());
        let misfit = self.left.iter().zip(&own).zip(roots);
        let misfit = misfit.map(|((left, own), root)| (left - along * own) / root);
        let heights = self.points.means.iter().zip(misfit).map(|(y, misfit)| y - misfit).collect();
        (heights, basis)
    }

    /// The least sum of squares over all radii, and its radius.
    fn least_at(&self, break_at: f64) -> (f64, f64) {
        let sums = self.radii.iter().map(|radius| (self.rss(break_at, *radius), *radius));
        sums.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((f64::INFINITY, 0.0))
    }

    fn position(&self, step: u32) -> f64 {
        let z = &self.points.positions;
        z[0] + (z[z.len() - 1] - z[0]) * f64::from(step) / f64::from(STEPS)
    }

    /// The rounded break that fits best.
    pub(super) fn minimum(&self) -> Rounded {
        let least_at = |break_at: f64| {
            let (rss, radius) = self.least_at(break_at);
            Rounded { break_at, radius, rss }
        };
        let tried = (0..=STEPS).map(|step| least_at(self.position(step)));
        let mut best = tried.min_by(|a, b| a.rss.total_cmp(&b.rss)).expect("at least one step");
        let mut reach = self.position(1) - self.position(0);
        for _ in 0..BISECTIONS {
            reach /= 2.0;
            for nearby in [best.break_at - reach, best.break_at + reach] {
                let tried = least_at(nearby);
                if tried.rss < best.rss {
                    best = tried;
                }
            }
        }
        best
    }

    /// From the first to the last position where the sum of squares of a break, sharp or rounded,
    /// is at most `limit`; `None` if there is none.
    pub(super) fn within(&self, sharp: &Profile, limit: f64) -> Option<(f64, f64)> {
        let holds = |break_at: f64| self.least_at(break_at).0 <= limit;
        let mut held = (0..=STEPS).filter(|step| holds(self.position(*step)));
        let Some(first) = held.next() else { return sharp.within(limit) };
        let last = held.next_back().unwrap_or(first);
        let low = if first == 0 { self.position(0) } else { self.edge(first, first - 1, limit) };
        let high =
            if last == STEPS { self.position(last) } else { self.edge(last, last + 1, limit) };
        let (sharp_low, sharp_high) = sharp.within(limit).unwrap_or((low, high));
        Some((low.min(sharp_low), high.max(sharp_high)))
    }

    /// Where positions cease to hold between a step that does and its neighbour that does not.
    fn edge(&self, inside: u32, outside: u32, limit: f64) -> f64 {
        let (mut inside, mut outside) = (self.position(inside), self.position(outside));
        for _ in 0..BISECTIONS {
            let middle = f64::midpoint(inside, outside);
            if self.least_at(middle).0 <= limit {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        inside
    }
}

/// Rounded breaks near an estimate, ready to be fitted to many resamples of the same points.
#[derive(Debug)]
pub(super) struct RoundedNearby<'a> {
    points: &'a PooledPoints,
    line: Vec<Vec<f64>>,
    /// What straight lines do not have of each bend, of unit length: bend after bend.
    bends: Vec<f64>,
    /// Which of the bends are at the estimate itself.
    here: std::ops::Range<usize>,
    left: Vec<f64>,
}

impl<'a> RoundedNearby<'a> {
    /// Bends at positions `estimate` ± `reach`, with all radii.
    pub(super) fn of(profile: &RoundedProfile<'a>, estimate: f64, reach: f64) -> RoundedNearby<'a> {
        let middle = NEARBY / 2;
        let mut bends = Vec::new();
        for step in 0..NEARBY {
            let break_at = estimate + reach * (step as f64 / middle as f64 - 1.0);
            for radius in profile.radii {
                bends.extend(profile.own_part(break_at, radius));
            }
        }
        let here = middle * RADII.len()..(middle + 1) * RADII.len();
        let (points, line) = (profile.points, profile.line.clone());
        RoundedNearby { points, line, bends, here, left: Vec::new() }
    }

    /// The least sums of squares of breaks at the estimate and of all breaks near it.
    pub(super) fn least(&mut self, means: &[f64]) -> (f64, f64) {
        self.left.clear();
        let weighted = means.iter().zip(&self.points.weights).map(|(y, w)| y * w.sqrt());
        self.left.extend(weighted);
        take_out(&self.line, &mut self.left);
        let squares = dot(&self.left, &self.left);
        let (mut here, mut anywhere) = (0.0_f64, 0.0_f64);
        for (number, bend) in self.bends.chunks_exact(self.left.len()).enumerate() {
            let explained = dot(bend, &self.left).powi(2);
            anywhere = anywhere.max(explained);
            if self.here.contains(&number) {
                here = here.max(explained);
            }
        }
        ((squares - here).max(0.0), (squares - anywhere).max(0.0))
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// ln(1 + eˣ), written so that it does not overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Takes out of a vector what an orthonormal basis has of it.
fn take_out(basis: &[Vec<f64>], vector: &mut [f64]) {
    for axis in basis {
        let along = dot(axis, vector);
        for (value, a) in vector.iter_mut().zip(axis) {
            *value -= along * a;
        }
    }
}
