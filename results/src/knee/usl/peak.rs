//! The threads of the highest throughput, by the law: fit, interval and verdict.

use super::fit::{Residuals, UniversalScalabilityFit};
use super::interval::{peak_interval, weighted_points};
use crate::knee::segmented::PooledPoints;
use crate::knee::{Curve, Definition, Finding, Location, ModelLine, Scale, Side};

/// Fewer visits than this leave nothing to judge the fit by.
const FEWEST_VISITS: usize = 5;

/// Finds N* of a curve over threads. `Found` if N* and most of its interval lie within the measured
/// range; `BeyondRange` if both lie outside; else `Unresolved`, as always with fewer than three
/// numbers of threads. The same seed gives the same finding.
pub fn usl_peak(curve: &Curve, seed: u64) -> Finding {
    let points = PooledPoints::of(curve, Scale::Log);
    points.finding(Definition::UslPeak, curve, locate(&points, seed))
}

fn locate(points: &PooledPoints, seed: u64) -> (Location, Option<ModelLine>) {
    let unresolved = |why: String| Location::Unresolved { why };
    let (count, visits) = (points.positions.len(), points.visits.len());
    if count < 3 {
        let why = format!("{count} numbers of threads do not tell the law's three coefficients");
        return (unresolved(why), None);
    }
    if visits < FEWEST_VISITS {
        return (unresolved(format!("{visits} visits, the law needs {FEWEST_VISITS}")), None);
    }
    let weighted = weighted_points(points, &points.means);
    let Some(fit) = UniversalScalabilityFit::of_weighted(&weighted, Residuals::Log) else {
        return (unresolved("the law does not fit fewer than one thread".to_owned()), None);
    };
    let interval = peak_interval(points, &fit, seed);
    let range = (weighted[0].0, weighted[count - 1].0);
    (verdict(fit.peak(), interval, range), Some(model(points, &fit, range)))
}

fn verdict(point: f64, (low, high): (f64, f64), (first, last): (f64, f64)) -> Location {
    let within = low.max(first) <= high.min(last)
        && (high.min(last) / low.max(first)).ln() >= 0.5 * (high / low).ln();
    if point > last && !within {
        return Location::BeyondRange { side: Side::Above };
    }
    if point < first && !within {
        return Location::BeyondRange { side: Side::Below };
    }
    if within && (first..=last).contains(&point) {
        return Location::Found { point, low, high };
    }
    let why =
        "whether throughput peaks within the range is open: the interval of N* reaches beyond";
    Location::Unresolved { why: why.to_owned() }
}

fn model(points: &PooledPoints, fit: &UniversalScalabilityFit, range: (f64, f64)) -> ModelLine {
    let named = |name: &str, value: f64| (name.to_owned(), value);
    let steps = (0..=48).map(|step| range.0 * (range.1 / range.0).powf(f64::from(step) / 48.0));
    let freedom = points.visits.len() as f64 - 3.0;
    let within = points.within * std::f64::consts::LN_2.powi(2);
    ModelLine {
        parameters: vec![
            named("lambda", fit.lambda),
            named("alpha", fit.alpha),
            named("beta", fit.beta),
            named("residual_deviation", ((fit.rss + within) / freedom).sqrt()),
        ],
        line: steps.map(|threads| (threads, fit.at(threads))).collect(),
    }
}
