//! What each map measured at each point, and how two of them compare over a stretch of points: the
//! mean of their paired log ratios, every point weighing the same however often it was visited.
//! That is the stratified mean with one residual variance for all strata (Cochran, *Sampling
//! Techniques*, 3rd edition, 1977, section 5.4, equal weights), so that a ratio which changes along
//! the axis does not count as noise. Decides nothing.
#![expect(clippy::float_cmp, reason = "a pair was measured at the very same value")]

use std::ops::Range;

use super::LEAST_VISITS;
use crate::knee::Curve;
use crate::stats::{Estimate, mean_estimate};
use crate::sweep::Quantity;

/// Fewer degrees of freedom than this have no variance within points worth having; the points are
/// then one sample, and what changes along the axis counts as noise.
const LEAST_DF: usize = 2;

/// All visits of all maps, so that more is better.
#[derive(Debug)]
pub(super) struct Pairs {
    pub(super) subjects: Vec<String>,
    /// The measured values, ascending.
    pub(super) xs: Vec<f64>,
    /// By subject, by value: visit and log of what was measured.
    visits: Vec<Vec<Vec<(u32, f64)>>>,
}

impl Pairs {
    pub(super) fn of(curves: &[Curve], quantity: Quantity) -> Self {
        let sign = match quantity {
            Quantity::Throughput => 1.0,
            Quantity::Latency => -1.0,
        };
        let mut xs: Vec<f64> = curves.iter().flat_map(Curve::points).collect();
        xs.sort_by(f64::total_cmp);
        xs.dedup();
        let at = |curve: &Curve, x: f64| -> Vec<(u32, f64)> {
            let seen = curve.observations.iter().filter(|seen| seen.x == x);
            let seen = seen.map(|seen| (seen.visit, sign * seen.y.ln()));
            seen.filter(|(_, value)| value.is_finite()).collect()
        };
        let visits = curves.iter().map(|curve| xs.iter().map(|&x| at(curve, x)).collect());
        Pairs {
            visits: visits.collect(),
            subjects: curves.iter().map(|curve| curve.subject.clone()).collect(),
            xs,
        }
    }

    /// Visits to a value: of the subject that has most.
    pub(super) fn visits(&self, at: usize) -> usize {
        self.visits.iter().map(|by_value| by_value[at].len()).max().unwrap_or(0)
    }

    /// Whether a subject was measured at each value of a stretch, and often enough in all.
    pub(super) fn is_known(&self, subject: usize, stretch: &Range<usize>) -> bool {
        let visits = &self.visits[subject][stretch.clone()];
        visits.iter().all(|at| !at.is_empty())
            && visits.iter().map(Vec::len).sum::<usize>() >= LEAST_VISITS
    }

    /// The best of those that are known over a stretch: the one whose worst pairing is the best, of
    /// equals the first. `None` if none is known.
    pub(super) fn leader(&self, stretch: &Range<usize>) -> Option<usize> {
        let known: Vec<usize> =
            (0..self.subjects.len()).filter(|&subject| self.is_known(subject, stretch)).collect();
        let worst = |subject: usize| {
            let others = known.iter().filter(|&&other| other != subject);
            others.map(|&other| self.lead(other, subject, stretch)).fold(0.0, f64::max)
        };
        let judged = known.iter().map(|&subject| (subject, worst(subject)));
        judged.reduce(|best, other| if other.1 < best.1 { other } else { best }).map(|(it, _)| it)
    }

    /// Mean over the points of a stretch of the log of how many times as good `a` is as `b`: in their
    /// pairs, at points without one in all their visits.
    fn lead(&self, a: usize, b: usize, stretch: &Range<usize>) -> f64 {
        let mean = |values: &mut dyn Iterator<Item = f64>| {
            let (sum, n) = values.fold((0.0, 0_u32), |(sum, n), value| (sum + value, n + 1));
            (n > 0).then(|| sum / f64::from(n))
        };
        let all = |subject: usize, at: usize| {
            let visits = &self.visits[subject][at];
            mean(&mut visits.iter().map(|(_, value)| *value)).unwrap_or(0.0)
        };
        let at_points = stretch
            .clone()
            .map(|at| mean(&mut self.paired(a, b, at)).unwrap_or_else(|| all(a, at) - all(b, at)));
        at_points.sum::<f64>() / stretch.len().max(1) as f64
    }

    /// The log ratios of two at a value, in their common visits.
    fn paired(&self, a: usize, b: usize, at: usize) -> impl Iterator<Item = f64> {
        let partners = &self.visits[b][at];
        self.visits[a][at].iter().filter_map(move |(visit, value)| {
            let partner = partners.iter().find(|(other, _)| other == visit)?;
            Some(value - partner.1)
        })
    }

    /// The log of how many times as good `a` is as `b` over a stretch; `None` below
    /// [`LEAST_VISITS`] pairs.
    pub(super) fn compare(&self, a: usize, b: usize, stretch: &Range<usize>) -> Option<Estimate> {
        let points: Vec<Vec<f64>> = stretch
            .clone()
            .map(|at| self.paired(a, b, at).collect())
            .filter(|pairs: &Vec<f64>| !pairs.is_empty())
            .collect();
        let n = points.iter().map(Vec::len).sum::<usize>();
        if n < LEAST_VISITS {
            return None;
        }
        if n - points.len() < LEAST_DF {
            return mean_estimate(&points.concat());
        }
        Some(stratified(&points))
    }
}

/// The mean of the means of some points, with a variance that they share.
fn stratified(points: &[Vec<f64>]) -> Estimate {
    let n = points.iter().map(Vec::len).sum::<usize>();
    let count = points.len() as f64;
    let df = (n - points.len()) as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let squares = points.iter().map(|values| {
        let center = mean(values);
        values.iter().map(|value| (value - center).powi(2)).sum::<f64>()
    });
    let variance = squares.sum::<f64>() / df;
    let shares = points.iter().map(|values| 1.0 / values.len() as f64).sum::<f64>();
    Estimate {
        value: points.iter().map(|values| mean(values)).sum::<f64>() / count,
        standard_error: (variance * shares).sqrt() / count,
        df,
        n,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_point_is_students_and_a_shift_between_points_is_no_noise() {
        let one = [0.1, 0.3, 0.2, 0.25];
        let (a, b) = (stratified(&[one.to_vec()]), mean_estimate(&one).unwrap());
        assert!((a.value - b.value).abs() < 1e-12 && a.df == b.df);
        assert!((a.standard_error - b.standard_error).abs() < 1e-12);

        let shifted: Vec<f64> = one.iter().map(|value| value + 5.0).collect();
        let both = stratified(&[one.to_vec(), shifted]);
        assert!((both.value - a.value - 2.5).abs() < 1e-12);
        assert!((both.standard_error - a.standard_error / 2.0_f64.sqrt()).abs() < 1e-12);
        assert_eq!((both.df, both.n), (6.0, 8));
    }
}
