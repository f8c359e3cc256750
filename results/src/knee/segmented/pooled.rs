//! The observations of a curve as regression takes them: log₂ y at positions, visits of one point
//! pooled. Fits nothing.

use crate::knee::{Curve, Definition, Finding, Location, ModelLine, Scale};

/// Observations of one curve, grouped by point, points ascending.
#[derive(Debug, Clone)]
pub(in crate::knee) struct PooledPoints {
    /// Position of each point.
    pub positions: Vec<f64>,
    /// Visits to each point.
    pub weights: Vec<f64>,
    /// Mean log₂ y of each point.
    pub means: Vec<f64>,
    /// Sum of squares of visits around the means of their points.
    pub within: f64,
    /// Each visit's point and log₂ y, by point and visit.
    pub visits: Vec<(usize, f64)>,
}

impl PooledPoints {
    /// What a search of one curve came to, on the evidence of these points.
    pub(in crate::knee) fn finding(
        &self,
        definition: Definition,
        curve: &Curve,
        (location, model): (Location, Option<ModelLine>),
    ) -> Finding {
        Finding {
            definition,
            subjects: vec![curve.subject.clone()],
            placement: None,
            location,
            visits: self.visits.len() as u32,
            points: self.positions.len() as u32,
            model,
        }
    }

    /// Pools what a curve has of finite logarithms and positions; the rest has no place on the
    /// axis (a share of zero on an axis of doublings) or says nothing (a throughput of zero).
    pub(in crate::knee) fn of(curve: &Curve, scale: Scale) -> PooledPoints {
        let mut placed: Vec<(f64, u32, f64)> = curve
            .observations
            .iter()
            .map(|seen| (scale.position(seen.x), seen.visit, seen.y.log2()))
            .filter(|(position, _, y)| position.is_finite() && y.is_finite())
            .collect();
        placed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.total_cmp(&b.2)));
        let mut positions: Vec<f64> = Vec::new();
        let mut visits = Vec::with_capacity(placed.len());
        for (position, _, y) in placed {
            if positions.last() != Some(&position) {
                positions.push(position);
            }
            visits.push((positions.len() - 1, y));
        }
        let mut weights = vec![0.0; positions.len()];
        for (point, _) in &visits {
            weights[*point] += 1.0;
        }
        let values: Vec<f64> = visits.iter().map(|(_, y)| *y).collect();
        let mut pooled =
            PooledPoints { means: Vec::new(), positions, weights, within: 0.0, visits };
        let mut means = vec![0.0; pooled.positions.len()];
        pooled.within = pooled.pool(&values, &mut means);
        pooled.means = means;
        pooled
    }

    /// Means of `values`, one of each visit in the order of `visits`, into `means`, and the sum of
    /// squares around them.
    pub(in crate::knee) fn pool(&self, values: &[f64], means: &mut [f64]) -> f64 {
        means.fill(0.0);
        for ((point, _), value) in self.visits.iter().zip(values) {
            means[*point] += value / self.weights[*point];
        }
        let around = |((point, _), value): (&(usize, f64), &f64)| (value - means[*point]).powi(2);
        self.visits.iter().zip(values).map(around).sum()
    }
}
