//! Where the slope of log throughput changes: test, fit, interval and verdict. Searches nothing
//! itself.

use super::interval::FittedBreak;
use super::rivals::{excludes_change, parabola_is_better, rounding_is_better};
use super::rounded::{Rounded, RoundedProfile};
use super::{Hinge, PooledPoints, Profile, noise_around};
use crate::knee::sup_f::{LEVEL, SupFTest};
use crate::knee::{Curve, Definition, Finding, Location, ModelLine, Scale};

/// The smallest change of slope that is called a break, in doublings of y: per doubling of x on an
/// axis of doublings. A tenth: a curve that gains 10 % less (1 − 2^−0.1 = 7 %) per doubling after
/// a point than before it bends; with enough visits less would be significant, but decides nothing.
pub const SMALLEST_CHANGE: f64 = 0.1;
/// The same on an axis in its own unit, over the whole range that was measured.
const SMALLEST_CHANGE_OVER_RANGE: f64 = 0.5;
/// An interval that covers more of the range than this says nothing.
const WIDEST_SHARE: f64 = 0.8;
/// Fewer visits than this do not show how far a break is rounded off.
const FEWEST_FOR_RADIUS: usize = 10;
/// Fewer points than this show no break: one more than the line with a break has parameters.
const FEWEST_POINTS: usize = 5;

/// Finds the break of a curve on its axis. `Found` if the sup-F test rejects the straight line at
/// 5 %; `None` if it does not and a break worth the name would have been seen; else `Unresolved`.
/// The same seed gives the same finding.
pub fn slope_break(curve: &Curve, scale: Scale, seed: u64) -> Finding {
    let points = PooledPoints::of(curve, scale);
    points.finding(Definition::SlopeBreak, curve, locate(&points, scale, seed))
}

fn locate(points: &PooledPoints, scale: Scale, seed: u64) -> (Location, Option<ModelLine>) {
    let count = points.positions.len();
    if count < FEWEST_POINTS {
        return (unresolved(&format!("{count} points, a break needs {FEWEST_POINTS}")), None);
    }
    let profile = Profile::of(&points.positions, &points.weights, &points.means);
    let (break_at, sharp_rss) = profile.minimum();
    let hinge = profile.hinge(break_at);
    let noise = noise_around(points, &hinge);
    let test = SupFTest::of(points, &profile, &noise, seed);
    let range = points.positions[count - 1] - points.positions[0];
    let smallest = smallest_change(points, scale);
    let line = sharp_model(points, &hinge, test, scale);
    if test.p_value > LEVEL {
        let straight = excludes_change(points, &profile, &noise, smallest);
        let open = || unresolved("too few or too noisy visits to tell a break from none");
        return (if straight { Location::None } else { open() }, Some(line));
    }
    if (hinge.after - hinge.before).abs() < smallest {
        return (Location::None, Some(line));
    }
    let rounded = (points.visits.len() >= FEWEST_FOR_RADIUS).then(|| RoundedProfile::of(points));
    let rounded = rounded.as_ref().map(|profile| (profile, profile.minimum()));
    let better = rounded.filter(|(_, best)| rounding_is_better(points, sharp_rss, best.rss));
    let (estimate, rss, coefficients) = match better {
        Some((_, best)) => (best.break_at, best.rss, 5.0),
        None => (break_at, sharp_rss, 4.0),
    };
    if parabola_is_better(points, (rss, coefficients)) {
        let why = "the curve bends all along: a parabola fits it better than a break";
        return (unresolved(why), Some(line));
    }
    let line = better.map_or(line, |better| rounded_model(points, better, test, scale));
    let ends = [points.positions[0], points.positions[count - 1]];
    if estimate <= ends[0] || estimate >= ends[1] {
        let why = "the curve bends most at an end of the range: sweep beyond it, or in doublings";
        return (unresolved(why), Some(line));
    }
    let (low, high) = FittedBreak { points, sharp: &profile, rounded, estimate }.interval(seed);
    let (low, high) = (low.max(ends[0]), high.min(ends[1]));
    if high - low > WIDEST_SHARE * range {
        return (unresolved("the interval spans most of the range"), Some(line));
    }
    let [point, low, high] = [estimate, low, high].map(|position| scale.value(position));
    (Location::Found { point, low, high }, Some(line))
}

/// The smallest change of slope that is called a break, per step of position.
pub(in crate::knee) fn smallest_change(points: &PooledPoints, scale: Scale) -> f64 {
    let range = points.positions[points.positions.len() - 1] - points.positions[0];
    match scale {
        Scale::Log => SMALLEST_CHANGE,
        Scale::Linear => SMALLEST_CHANGE_OVER_RANGE / range,
    }
}

fn unresolved(why: &str) -> Location {
    Location::Unresolved { why: why.to_owned() }
}

/// A fitted line, to be drawn.
struct Drawn<'a> {
    break_at: f64,
    before: f64,
    after: f64,
    radius: f64,
    height: &'a dyn Fn(f64) -> f64,
}

/// The sharp line over the measured range.
fn sharp_model(points: &PooledPoints, hinge: &Hinge, test: SupFTest, scale: Scale) -> ModelLine {
    let Hinge { break_at, before, after, .. } = *hinge;
    let height = |z: f64| hinge.at(z);
    model(points, &Drawn { break_at, before, after, radius: 0.0, height: &height }, test, scale)
}

/// The rounded line over the measured range.
fn rounded_model(
    points: &PooledPoints,
    (profile, best): (&RoundedProfile, Rounded),
    test: SupFTest,
    scale: Scale,
) -> ModelLine {
    let [level, before, change] = profile.coefficients(best);
    let height = |z: f64| level + before * z + change * best.bend(z);
    let (break_at, radius) = (best.break_at, best.radius);
    let after = before + change;
    model(points, &Drawn { break_at, before, after, radius, height: &height }, test, scale)
}

/// Slopes are in doublings of y per step of position; the radius is in positions.
fn model(points: &PooledPoints, drawn: &Drawn, test: SupFTest, scale: Scale) -> ModelLine {
    let (first, last) = (points.positions[0], points.positions[points.positions.len() - 1]);
    let mut positions: Vec<f64> =
        (0..=32).map(|step| first + (last - first) * f64::from(step) / 32.0).collect();
    positions.push(drawn.break_at);
    positions.sort_by(f64::total_cmp);
    let named = |name: &str, value: f64| (name.to_owned(), value);
    ModelLine {
        parameters: vec![
            named("break", scale.value(drawn.break_at)),
            named("slope_before", drawn.before),
            named("slope_after", drawn.after),
            named("radius", drawn.radius),
            named("sup_f", test.f),
            named("p_value", test.p_value),
        ],
        line: positions.into_iter().map(|z| (scale.value(z), (drawn.height)(z).exp2())).collect(),
    }
}
