//! Cache cliffs: up to three slope breaks over the number of keys. How many there are is decided
//! here; the fit of given ones is `cliffs/fit.rs`.

mod fit;
mod interval;
#[cfg(test)]
mod tests;

use fit::BrokenLine;
use interval::break_intervals;

use super::segmented::{PooledPoints, Profile, excludes_change, noise_around, smallest_change};
use super::sup_f::{LEVEL, SupFTest};
use super::{Curve, Definition, Finding, Location, ModelLine, Scale};

/// Breaks that are looked for: one per level of cache.
const MOST_BREAKS: usize = 3;
/// By how much several breaks must win against none where one does not show.
const BY_FAR: f64 = 6.0;
/// Points that each further break needs.
const POINTS_PER_BREAK: usize = 3;

/// Finds the breaks of a curve over the number of keys: one finding each, ascending; or one that
/// says that there is none or that the evidence does not tell. That there is any is tested by sup-F
/// at 5 %; how many there are is decided by the least Schwarz criterion (G. Schwarz, Ann. Stat. 6,
/// 1978). The same seed gives the same findings.
pub fn cache_cliffs(curve: &Curve, scale: Scale, seed: u64) -> Vec<Finding> {
    let points = PooledPoints::of(curve, scale);
    let finding =
        |location, model| points.finding(Definition::CacheCliff, curve, (location, model));
    let count = points.positions.len();
    if count < 2 + POINTS_PER_BREAK {
        let why = format!("{count} points, a break needs {}", 2 + POINTS_PER_BREAK);
        return vec![finding(Location::Unresolved { why }, None)];
    }
    let profile = Profile::of(&points.positions, &points.weights, &points.means);
    let noise = noise_around(&points, &profile.hinge(profile.minimum().0));
    let test = SupFTest::of(&points, &profile, &noise, seed);
    let smallest = smallest_change(&points, scale);
    let Some(line) = best_line(&points, test.p_value <= LEVEL, smallest) else {
        let is_straight =
            test.p_value <= LEVEL || excludes_change(&points, &profile, &noise, smallest);
        let why = "too few or too noisy visits to tell a break from none".to_owned();
        let open = Location::Unresolved { why };
        return vec![finding(if is_straight { Location::None } else { open }, None)];
    };
    let model = model(&points, &line, scale);
    let intervals = break_intervals(&points, &line);
    let located = line.breaks.iter().zip(intervals).map(|(at, (low, high))| Location::Found {
        point: scale.value(*at),
        low: scale.value(low),
        high: scale.value(high),
    });
    located.map(|location| finding(location, Some(model.clone()))).collect()
}

/// The line with as many breaks as the criterion wants; `None` for none. One break counts if the
/// test saw it. Several that take turns (a staircase) leave one break little to see, so that they
/// may also win against the straight line by the criterion, but by far. Changes of slope below
/// `smallest` are none.
fn best_line(points: &PooledPoints, is_broken: bool, smallest: f64) -> Option<BrokenLine> {
    let most = ((points.positions.len() - 2) / POINTS_PER_BREAK).min(MOST_BREAKS);
    let lines = (1..=most).filter_map(|breaks| fit::fit(points, breaks));
    let shows = |line: &BrokenLine| line.coefficients[2..].iter().all(|c| c.abs() >= smallest);
    let lines = lines.filter(shows);
    let best = lines.min_by(|a, b| criterion(points, a).total_cmp(&criterion(points, b)))?;
    let straight = fit::straight(points)?;
    let wins = criterion(points, &best) + BY_FAR < criterion(points, &straight);
    (is_broken || (best.breaks.len() > 1 && wins)).then_some(best)
}

/// Schwarz's criterion: n ln(RSS/n) and ln n for each coefficient. A break counts for three: its
/// place is chosen among many, which gains more than one coefficient does (Y. Ninomiya, *Change-point
/// model selection via AIC*, Ann. Inst. Stat. Math. 67, 2015).
fn criterion(points: &PooledPoints, line: &BrokenLine) -> f64 {
    let visits = points.visits.len() as f64;
    let coefficients = 2.0 + 3.0 * line.breaks.len() as f64;
    visits * ((line.rss + points.within) / visits).max(1e-18).ln() + coefficients * visits.ln()
}

/// The line over the measured range.
fn model(points: &PooledPoints, line: &BrokenLine, scale: Scale) -> ModelLine {
    let (first, last) = (points.positions[0], points.positions[points.positions.len() - 1]);
    let mut positions: Vec<f64> =
        (0..=32).map(|step| first + (last - first) * f64::from(step) / 32.0).collect();
    positions.extend(&line.breaks);
    positions.sort_by(f64::total_cmp);
    let breaks = line.breaks.iter().enumerate();
    let slopes = line.slopes().into_iter().enumerate();
    let parameters = breaks
        .map(|(at, position)| (format!("break_{}", at + 1), scale.value(*position)))
        .chain(slopes.map(|(at, slope)| (format!("slope_{at}"), slope)))
        .collect();
    let line = positions.into_iter().map(|z| (scale.value(z), line.at(z).exp2())).collect();
    ModelLine { parameters, line }
}
