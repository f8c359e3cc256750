//! Local regression: a line fitted around each position, near points counting most, and how well
//! the value and the slope of that line are known. Cleveland: *Robust locally weighted regression
//! and smoothing scatterplots*, JASA 74 (1979), without its robustness steps; how much to smooth by
//! the corrected AIC of Hurvich, Simonoff, Tsai, J. R. Stat. Soc. B 60 (1998); the noise from
//! neighbours as Gasser, Sroka, Jennen-Steinmetz: *Residual variance and residual pattern in
//! nonlinear regression*, Biometrika 73 (1986). Knows nothing of maps or of axes.

/// Half-widths of a window as shares of the range, least smooth first; the last is one line through
/// everything. Of constant width, since points that gather around a place must not narrow the
/// window there to a place without slope.
const SPANS: [f64; 5] = [0.18, 0.25, 0.4, 0.7, f64::INFINITY];
/// Distinct positions that a line needs in its window, so that its noise can be seen as well.
const FEWEST_POSITIONS: usize = 3;
/// With fewer degrees of freedom the noise is not known well enough to say anything.
const FEWEST_DF: f64 = 2.0;

/// A fitted smooth curve with noise of the same size everywhere.
#[derive(Debug, Clone)]
pub(super) struct LocalLines {
    points: Vec<(f64, f64)>,
    /// Half-width of a window, as a share of the range.
    pub(super) span: f64,
    /// Standard deviation of a point around the curve.
    pub(super) deviation: f64,
    /// Degrees of freedom of that deviation.
    pub(super) df: f64,
}

/// The line around one position, with the covariance of its two figures.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// Its value at the position.
    pub(super) value: f64,
    /// Its slope there.
    pub(super) slope: f64,
    /// Variance of the value.
    pub(super) value_variance: f64,
    /// Variance of the slope.
    pub(super) slope_variance: f64,
    /// Covariance of the two.
    pub(super) covariance: f64,
}

impl LocalLines {
    /// Fits points (position, value). `None` with too few distinct positions or points to tell
    /// the noise from the curve.
    pub(super) fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let mut points = points.to_vec();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let noise = noise(&points)?;
        SPANS
            .iter()
            .filter_map(|&span| LocalLines::with_span(&points, span, noise))
            .min_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, lines)| lines)
    }

    /// The fit at one span, with its corrected AIC.
    fn with_span(points: &[(f64, f64)], span: f64, noise: (f64, f64)) -> Option<(f64, LocalLines)> {
        let n = points.len() as f64;
        let mut squares = 0.0;
        let mut trace = 0.0;
        for (i, &(position, value)) in points.iter().enumerate() {
            let (row, _) = coefficients(points, span, position)?;
            let fitted: f64 = row.iter().zip(points).map(|(l, (_, y))| l * y).sum();
            squares += (value - fitted).powi(2);
            trace += row[i];
        }
        if n - trace - 2.0 <= 0.0 {
            return None;
        }
        let aic = (squares / n).max(1e-24).ln() + 2.0 * (trace + 1.0) / (n - trace - 2.0);
        let (deviation, df) = noise;
        Some((aic, LocalLines { points: points.to_vec(), span, deviation, df }))
    }

    /// The line around a position.
    pub(super) fn at(&self, position: f64) -> Option<Line> {
        let (level, slope) = coefficients(&self.points, self.span, position)?;
        let variance = self.deviation * self.deviation;
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let values: Vec<f64> = self.points.iter().map(|&(_, value)| value).collect();
        Some(Line {
            value: dot(&level, &values),
            slope: dot(&slope, &values),
            value_variance: variance * dot(&level, &level),
            slope_variance: variance * dot(&slope, &slope),
            covariance: variance * dot(&level, &slope),
        })
    }
}

/// Standard deviation of the noise and its degrees of freedom, from how far each point is off the
/// line between its neighbours. It is the same whatever window is chosen, so that a choice that
/// follows the noise does not hide it, and a bend counts in one point alone. `None` if points are
/// too few.
fn noise(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let rows: Vec<[f64; 3]> = points
        .windows(3)
        .map(|three| {
            let whole = three[2].0 - three[0].0;
            let part = if whole > 0.0 { (three[2].0 - three[1].0) / whole } else { 0.5 };
            let norm = (1.0 + part * part + (1.0 - part) * (1.0 - part)).sqrt();
            [part / norm, -1.0 / norm, (1.0 - part) / norm]
        })
        .collect();
    let squares: f64 = rows
        .iter()
        .zip(points.windows(3))
        .map(|(row, three)| row.iter().zip(three).map(|(c, p)| c * p.1).sum::<f64>().powi(2))
        .sum();
    // Satterthwaite: neighbouring rows share points, so that they count less than one each.
    let first = rows.len() as f64;
    let mut second = first;
    for (i, row) in rows.iter().enumerate() {
        for apart in 1..3 {
            let Some(other) = rows.get(i + apart) else { continue };
            let product: f64 = row[apart..].iter().zip(other).map(|(a, b)| a * b).sum();
            second += 2.0 * product * product;
        }
    }
    let df = first * first / second;
    (df >= FEWEST_DF).then(|| ((squares / first).sqrt(), df))
}

/// What each point's value counts in the level and in the slope of the line around a position.
fn coefficients(points: &[(f64, f64)], span: f64, position: f64) -> Option<(Vec<f64>, Vec<f64>)> {
    let weights = weights(points, span, position)?;
    let (mut s0, mut s1, mut s2) = (0.0, 0.0, 0.0);
    for (weight, (at, _)) in weights.iter().zip(points) {
        let distance = at - position;
        s0 += weight;
        s1 += weight * distance;
        s2 += weight * distance * distance;
    }
    let determinant = s0 * s2 - s1 * s1;
    if determinant <= 1e-12 * s0 * s2 {
        return None;
    }
    let of = |f: &dyn Fn(f64) -> f64| -> Vec<f64> {
        weights.iter().zip(points).map(|(w, (at, _))| w * f(at - position) / determinant).collect()
    };
    Some((of(&|distance| s2 - s1 * distance), of(&|distance| s0 * distance - s1)))
}

/// Tricube weights in a window that is wide enough to hold enough positions.
fn weights(points: &[(f64, f64)], span: f64, position: f64) -> Option<Vec<f64>> {
    if span.is_infinite() {
        return (distinct(points.iter().map(|p| p.0)) >= FEWEST_POSITIONS)
            .then(|| vec![1.0; points.len()]);
    }
    let mut near: Vec<f64> = points.iter().map(|(at, _)| (at - position).abs()).collect();
    near.sort_by(f64::total_cmp);
    near.dedup();
    // A little beyond the last position that is needed, so that it counts as well.
    let needed = near.get(FEWEST_POSITIONS - 1)? * 1.2;
    let range = points.last()?.0 - points.first()?.0;
    let width = (span * range).max(needed);
    (width > 0.0).then(|| {
        points
            .iter()
            .map(|(at, _)| {
                let share = ((at - position) / width).abs();
                if share < 1.0 { (1.0 - share.powi(3)).powi(3) } else { 0.0 }
            })
            .collect()
    })
}

/// How many different numbers there are.
fn distinct(numbers: impl Iterator<Item = f64>) -> usize {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    numbers.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_line_is_found_as_it_is() {
        let points: Vec<(f64, f64)> =
            (0..12).map(|i| (f64::from(i), 3.0 - 0.25 * f64::from(i))).collect();
        let lines = LocalLines::fit(&points).expect("a fit");
        let line = lines.at(4.5).expect("a line");
        assert!((line.value - 1.875).abs() < 1e-9, "{line:?}");
        assert!((line.slope + 0.25).abs() < 1e-9, "{line:?}");
    }

    #[test]
    fn one_line_through_everything_has_the_errors_of_least_squares() {
        // NumPy: polyfit([0..4], [1, 3, 2, 5, 4], 1) = 0.8 x + 1.4; for noise of variance 1 that of
        // the slope is 1 / 10, and of the value at 2 it is 1 / 5.
        let points = [(0.0, 1.0), (1.0, 3.0), (2.0, 2.0), (3.0, 5.0), (4.0, 4.0)];
        let (_, lines) = LocalLines::with_span(&points, f64::INFINITY, (1.0, 3.0)).expect("a fit");
        let line = lines.at(2.0).expect("a line");
        assert!((line.slope - 0.8).abs() < 1e-12 && (line.value - 3.0).abs() < 1e-12);
        assert!((line.slope_variance - 0.1).abs() < 1e-12, "{line:?}");
        assert!((line.value_variance - 0.2).abs() < 1e-12, "{line:?}");
    }

    #[test]
    fn noise_is_told_from_a_slope() {
        // Evenly spaced, a point's distance from its neighbours' mean has 3/2 of its variance:
        // here 1, -1 alternately, so 2² / (3/2).
        let points: Vec<(f64, f64)> = (0..40)
            .map(|i| (f64::from(i), 5.0 * f64::from(i) + if i % 2 == 0 { 1.0 } else { -1.0 }))
            .collect();
        let (deviation, df) = noise(&points).expect("noise");
        assert!((deviation * deviation - 4.0 / 1.5).abs() < 1e-9, "{deviation}");
        // NumPy: 38 rows D of (1, -2, 1) / √6; trace(D Dᵀ)² / trace((D Dᵀ)²) = 19.811.
        assert!((df - 19.811).abs() < 1e-3, "{df}");
    }

    #[test]
    fn a_bend_is_followed_by_a_narrow_window() {
        let points: Vec<(f64, f64)> = (0..30)
            .map(|i| f64::from(i) / 3.0)
            .map(|x| (x, (x - 5.0).max(0.0) + 0.01 * (x * 40.0).sin()))
            .collect();
        let lines = LocalLines::fit(&points).expect("a fit");
        assert!(lines.span < 1.0, "{}", lines.span);
        assert!((lines.at(9.0).expect("a line").value - 4.0).abs() < 0.1);
    }

    #[test]
    fn two_positions_are_too_few() {
        assert!(LocalLines::fit(&[(0.0, 1.0), (0.0, 2.0), (1.0, 3.0), (1.0, 1.0)]).is_none());
        assert!(LocalLines::fit(&[]).is_none());
    }
}
