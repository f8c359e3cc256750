//! Kneedle: the point of maximum curvature of a curve drawn into the unit square. A second opinion
//! to be shown beside a slope break, never instead of one: it has no interval, says "knee" of any
//! curve that bows, and its knee moves with the range that was measured.
//!
//! V. Satopää, J. Albrecht, D. Irwin, B. Raghavan, *Finding a "Kneedle" in a haystack: detecting
//! knee points in system behavior*, ICDCS Workshops (2011), sections III and IV; the offline
//! variant without smoothing, with what the Python package `kneed` 0.9 made of it: which way the
//! curve bows is told by the middle three fifths of its points around a straight line.

use super::segmented::PooledPoints;
use super::{Curve, Definition, Finding, Location, Scale};

/// S: how many mean steps the difference curve must fall below a maximum before it is a knee. The
/// paper's choice for offline use.
const SENSITIVITY: f64 = 1.0;
/// Fewer points than this have no curvature.
const FEWEST_POINTS: usize = 5;

/// Kneedle's knee of mean log₂ y over positions. Its `low` and `high` are the point itself, because
/// it has no interval; `None` where it finds no knee.
pub fn kneedle(curve: &Curve, scale: Scale) -> Finding {
    let points = PooledPoints::of(curve, scale);
    let location = if points.positions.len() < FEWEST_POINTS {
        let why = format!("{} points, Kneedle needs {FEWEST_POINTS}", points.positions.len());
        Location::Unresolved { why }
    } else {
        match knee(&points.positions, &points.means) {
            Some(position) => {
                let point = scale.value(position);
                Location::Found { point, low: point, high: point }
            }
            None => Location::None,
        }
    };
    points.finding(Definition::Kneedle, curve, (location, None))
}

/// The knee of points with ascending x.
fn knee(x: &[f64], y: &[f64]) -> Option<f64> {
    let (rises, bows_up) = shape(x, y);
    let (mut along, mut up) = (to_unit(x)?, to_unit(y)?);
    // Every shape is turned into the one that rises and bows up: by half a turn, or by a mirror.
    let turned = rises != bows_up;
    if bows_up != rises {
        up.reverse();
        mirror(&mut along);
        along.reverse();
    }
    if !bows_up {
        mirror(&mut up);
    }
    let difference: Vec<f64> = up.iter().zip(&along).map(|(y, x)| y - x).collect();
    let at = first_knee(&difference)?;
    Some(if turned { x[x.len() - 1 - at] } else { x[at] })
}

/// Whether the curve rises, and whether it bows up.
fn shape(x: &[f64], y: &[f64]) -> (bool, bool) {
    let count = x.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_x, mean_y) = (mean(x), mean(y));
    let products: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let squares: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
    let slope = products / squares;
    let middle = (count * 0.2) as usize..(count * 0.8) as usize;
    let above = mean(&y[middle.clone()]) - mean_y - slope * (mean(&x[middle]) - mean_x);
    (slope > 0.0, above > 0.0)
}

fn mirror(values: &mut [f64]) {
    for value in values {
        *value = 1.0 - *value;
    }
}

fn to_unit(values: &[f64]) -> Option<Vec<f64>> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (high > low).then(|| values.iter().map(|value| (value - low) / (high - low)).collect())
}

/// The first maximum of the difference curve below whose threshold it falls before it turns.
fn first_knee(difference: &[f64]) -> Option<usize> {
    let last = difference.len() - 1;
    let neighbours = |at: usize| (difference[at.saturating_sub(1)], difference[(at + 1).min(last)]);
    let step = SENSITIVITY / last as f64;
    // The maximum that may become the knee, and the threshold below which it does.
    let mut candidate: Option<(usize, f64)> = None;
    for at in 0..last {
        let (before, after) = neighbours(at);
        if difference[at] >= before && difference[at] >= after {
            candidate = Some((at, difference[at] - step));
        }
        if difference[at] <= before && difference[at] <= after {
            candidate = None;
        }
        match candidate {
            Some((maximum, threshold)) if difference[at + 1] < threshold => return Some(maximum),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVEN: [f64; 11] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0];
    const UNEVEN: [f64; 11] = [0.0, 1.0, 2.0, 3.5, 5.0, 7.0, 8.0, 10.0, 11.0, 13.0, 14.0];

    /// Knees as the Python package `kneed` 0.9.0 has them, by
    /// `KneeLocator(x, y, S=1.0, curve=c, direction=d).knee` with `d, c = find_shape(x, y)`.
    #[test]
    fn agrees_with_kneed() {
        let cases: [([f64; 11], [f64; 11], Option<f64>); 8] = [
            (EVEN, [0.0, 5.0, 8.0, 9.5, 10.3, 10.8, 11.1, 11.3, 11.4, 11.5, 11.55], Some(3.0)),
            (EVEN, [20.0, 19.8, 19.5, 19.2, 18.7, 18.0, 16.5, 14.0, 10.0, 5.0, 0.0], Some(6.0)),
            (EVEN, [10.0, 6.0, 4.0, 3.0, 2.4, 2.0, 1.7, 1.5, 1.4, 1.3, 1.2], Some(3.0)),
            (EVEN, [0.0, 0.2, 0.5, 0.8, 1.3, 2.0, 3.5, 6.0, 10.0, 15.0, 20.0], Some(6.0)),
            (UNEVEN, [9.0, 9.1, 9.05, 8.9, 8.8, 8.5, 7.6, 6.1, 5.2, 3.3, 2.4], Some(7.0)),
            (UNEVEN, [2.0, 2.1, 2.15, 2.3, 2.2, 2.9, 3.6, 5.1, 6.2, 8.3, 9.4], Some(7.0)),
            (EVEN, EVEN.map(|x| 2.0 * x + 1.0), None),
            (EVEN, [1.0, 2.1, 2.9, 4.2, 4.9, 5.1, 5.0, 5.3, 5.2, 5.5, 5.4], Some(4.0)),
        ];
        for (x, y, expected) in cases {
            assert_eq!(knee(&x, &y), expected, "{y:?}");
        }
    }

    #[test]
    fn a_flat_curve_has_no_knee() {
        assert_eq!(knee(&EVEN, &[4.0; 11]), None);
    }
}
