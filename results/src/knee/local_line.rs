//! Local regression: a line fitted around each position, near points counting most, and how well
//! the value and the slope of that line are known. Cleveland: *Robust locally weighted regression
//! and smoothing scatterplots*, JASA 74 (1979), without its robustness steps; degrees of freedom as
//! in Cleveland, Devlin: *Locally weighted regression*, JASA 83 (1988), section 4; how much to
//! smooth by the corrected AIC of Hurvich, Simonoff, Tsai, J. R. Stat. Soc. B 60 (1998). Knows
//! nothing of maps or of axes.

/// Shares of the points that a window may hold, least smooth first; a share above one is a window
/// so wide that its edges weigh too, and the last is one line through everything.
const SPANS: [f64; 4] = [0.6, 0.8, 1.5, f64::INFINITY];
/// Distinct positions that a line needs in its window, so that its noise can be seen as well.
const FEWEST_POSITIONS: usize = 3;
/// A window that leaves fewer degrees of freedom to judge the noise by is not considered.
const FEWEST_DF: f64 = 3.0;

/// A fitted smooth curve with noise of the same size everywhere.
#[derive(Debug, Clone)]
pub(super) struct LocalLines {
    points: Vec<(f64, f64)>,
    /// Share of the points in a window.
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
        SPANS
            .iter()
            .filter_map(|&span| LocalLines::with_span(&points, span))
            .min_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, lines)| lines)
    }

    /// The fit at one span, with its corrected AIC.
    fn with_span(points: &[(f64, f64)], span: f64) -> Option<(f64, LocalLines)> {
        let n = points.len();
        let mut residual_maker = Vec::with_capacity(n);
        let mut squares = 0.0;
        let mut trace = 0.0;
        for (i, &(position, value)) in points.iter().enumerate() {
            let (mut row, _) = coefficients(points, span, position)?;
            let fitted: f64 = row.iter().zip(points).map(|(l, (_, y))| l * y).sum();
            squares += (value - fitted).powi(2);
            trace += row[i];
            for l in &mut row {
                *l = -*l;
            }
            row[i] += 1.0;
            residual_maker.push(row);
        }
        let (first, second) = residual_moments(&residual_maker);
        let n = n as f64;
        if first <= 0.0 || first * first / second < FEWEST_DF || n - trace - 2.0 <= 0.0 {
            return None;
        }
        let aic = (squares / n).max(1e-24).ln() + 2.0 * (trace + 1.0) / (n - trace - 2.0);
        let lines = LocalLines {
            points: points.to_vec(),
            span,
            deviation: (squares / first).sqrt(),
            df: first * first / second,
        };
        Some((aic, lines))
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

/// Traces of the symmetric product of a matrix that makes residuals of values, and of its square.
fn residual_moments(residual_maker: &[Vec<f64>]) -> (f64, f64) {
    let n = residual_maker.len();
    let mut first = 0.0;
    let mut second = 0.0;
    for i in 0..n {
        for j in 0..n {
            let product: f64 =
                residual_maker[i].iter().zip(&residual_maker[j]).map(|(a, b)| a * b).sum();
            second += product * product;
            if i == j {
                first += product;
            }
        }
    }
    (first, second)
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

/// Tricube weights in a window that holds the span's share of the points and enough positions.
fn weights(points: &[(f64, f64)], span: f64, position: f64) -> Option<Vec<f64>> {
    if span.is_infinite() {
        return (distinct(points.iter().map(|p| p.0)) >= FEWEST_POSITIONS)
            .then(|| vec![1.0; points.len()]);
    }
    let mut near: Vec<f64> = points.iter().map(|(at, _)| at - position).collect();
    near.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let n = points.len();
    let mut count = ((span.min(1.0) * n as f64).ceil() as usize).clamp(1, n);
    while count < n && distinct(near[..count].iter().copied()) < FEWEST_POSITIONS {
        count += 1;
    }
    // A little beyond the last one, so that it counts as well.
    let width = near[count - 1].abs() * span.max(1.0) * 1.1;
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
        // NumPy: polyfit([0..4], [1, 3, 2, 5, 4], 1) = 0.8 x + 1.4; s² = 3.6 / 3 and the variance
        // of the slope s² / 10 = 0.12, of the value at 2 s² / 5 = 0.24.
        let points = [(0.0, 1.0), (1.0, 3.0), (2.0, 2.0), (3.0, 5.0), (4.0, 4.0)];
        let (_, lines) = LocalLines::with_span(&points, f64::INFINITY).expect("a fit");
        let line = lines.at(2.0).expect("a line");
        assert!((line.slope - 0.8).abs() < 1e-12 && (line.value - 3.0).abs() < 1e-12);
        assert!((line.slope_variance - 0.12).abs() < 1e-12, "{line:?}");
        assert!((line.value_variance - 0.24).abs() < 1e-12, "{line:?}");
        assert!((lines.df - 3.0).abs() < 1e-9, "{}", lines.df);
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
