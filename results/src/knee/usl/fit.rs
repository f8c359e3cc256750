//! Least squares of the Universal Scalability Law. No intervals and no verdict.
//!
//! X(N) = λN / (1 + α(N−1) + βN(N−1)): N. J. Gunther, *Guerrilla Capacity Planning* (2007),
//! chapter 4; with λ as a third coefficient as in R's `usl` since version 3. Solved by Levenberg's
//! and Marquardt's damped Gauss–Newton steps (D. W. Marquardt, J. Soc. Ind. Appl. Math. 11, 1963)
//! with α and β held at 0 where a step would take them below.

/// What is made small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Residuals {
    /// Differences of logarithms: noise in proportion to throughput, as a machine has it.
    Log,
    /// Differences of throughput, as R's `usl` has it: the highest points weigh most.
    Linear,
}

/// A point to fit: threads, ops per second, weight.
pub(in crate::knee) type WeightedPoint = (f64, f64, f64);

/// The fitted law.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UniversalScalabilityFit {
    /// λ: ops per second of one thread.
    pub lambda: f64,
    /// α: the share of work that is serial (contention).
    pub alpha: f64,
    /// β: the cost of keeping pairs of threads coherent.
    pub beta: f64,
    /// The weighted sum of squares that is left.
    pub rss: f64,
}

/// Where the search starts: (α, β).
const STARTS: [(f64, f64); 4] = [(0.02, 1e-4), (0.3, 1e-2), (0.0, 1e-6), (0.8, 0.3)];
const MOST_STEPS: usize = 200;

impl UniversalScalabilityFit {
    /// Fits points of (threads ≥ 1, ops per second > 0), each once. `None` below three distinct
    /// numbers of threads: fewer do not tell three coefficients apart.
    pub fn of(points: &[(f64, f64)], residuals: Residuals) -> Option<UniversalScalabilityFit> {
        let points: Vec<WeightedPoint> = points.iter().map(|(n, x)| (*n, *x, 1.0)).collect();
        UniversalScalabilityFit::of_weighted(&points, residuals)
    }

    /// [`UniversalScalabilityFit::of`] for points that count several times.
    pub(in crate::knee) fn of_weighted(
        points: &[WeightedPoint],
        residuals: Residuals,
    ) -> Option<UniversalScalabilityFit> {
        let mut threads: Vec<f64> = points.iter().map(|(n, ..)| *n).collect();
        threads.sort_by(f64::total_cmp);
        threads.dedup();
        let sound = |(n, x, w): &WeightedPoint| *n >= 1.0 && *x > 0.0 && x.is_finite() && *w > 0.0;
        if threads.len() < 3 || !points.iter().all(sound) {
            return None;
        }
        STARTS
            .iter()
            .map(|start| descend(points, residuals, *start))
            .min_by(|a, b| a.rss.total_cmp(&b.rss))
    }

    /// The fit again, from coefficients near it: for resamples.
    pub(in crate::knee) fn refit(&self, points: &[WeightedPoint]) -> UniversalScalabilityFit {
        let near = descend(points, Residuals::Log, (self.alpha, self.beta));
        let far = descend(points, Residuals::Log, STARTS[0]);
        if near.rss <= far.rss { near } else { far }
    }

    /// Throughput at a number of threads.
    pub fn at(&self, threads: f64) -> f64 {
        self.lambda * relative(threads, self.alpha, self.beta)
    }

    /// N* = √((1−α)/β): infinite without β, zero if even two threads do less than one.
    pub fn peak(&self) -> f64 {
        if self.alpha >= 1.0 { 0.0 } else { ((1.0 - self.alpha) / self.beta).sqrt() }
    }
}

/// Throughput as a multiple of that of one thread.
pub(in crate::knee) fn relative(threads: f64, alpha: f64, beta: f64) -> f64 {
    threads / (1.0 + (threads - 1.0) * (alpha + beta * threads))
}

/// ln λ at which the residuals are least, given α and β.
fn best_scale(points: &[WeightedPoint], residuals: Residuals, alpha: f64, beta: f64) -> f64 {
    let (mut above, mut below) = (0.0, 0.0);
    for (n, x, w) in points {
        let r = relative(*n, alpha, beta);
        match residuals {
            Residuals::Log => (above, below) = (above + w * (x / r).ln(), below + w),
            Residuals::Linear => (above, below) = (above + w * x * r, below + w * r * r),
        }
    }
    match residuals {
        Residuals::Log => above / below,
        Residuals::Linear => (above / below).ln(),
    }
}

fn rss(points: &[WeightedPoint], residuals: Residuals, [scale, alpha, beta]: [f64; 3]) -> f64 {
    let square = |(n, x, w): &WeightedPoint| {
        let fitted = scale.exp() * relative(*n, alpha, beta);
        let residual = match residuals {
            Residuals::Log => (x / fitted).ln(),
            Residuals::Linear => x - fitted,
        };
        w * residual * residual
    };
    points.iter().map(square).sum()
}

/// Damped steps from (α, β) until none helps.
fn descend(
    points: &[WeightedPoint],
    residuals: Residuals,
    (alpha, beta): (f64, f64),
) -> UniversalScalabilityFit {
    let mut at = [best_scale(points, residuals, alpha, beta), alpha, beta];
    let mut least = rss(points, residuals, at);
    let mut damping = 1e-3;
    for _ in 0..MOST_STEPS {
        let (normal, pull) = normal_equations(points, residuals, at);
        let Some(step) = damped_step(normal, pull, damping, at) else { break };
        let mut next = [at[0] + step[0], (at[1] + step[1]).max(0.0), (at[2] + step[2]).max(0.0)];
        next[0] = best_scale(points, residuals, next[1], next[2]);
        let reached = rss(points, residuals, next);
        if reached < least {
            let gained = least - reached;
            (at, least) = (next, reached);
            damping = (damping * 0.2).max(1e-12);
            if gained <= 1e-13 * least {
                break;
            }
        } else {
            damping *= 10.0;
            if damping > 1e8 {
                break;
            }
        }
    }
    UniversalScalabilityFit { lambda: at[0].exp(), alpha: at[1], beta: at[2], rss: least }
}

/// The normal equations of a step in (ln λ, α, β).
fn normal_equations(
    points: &[WeightedPoint],
    residuals: Residuals,
    [scale, alpha, beta]: [f64; 3],
) -> ([[f64; 3]; 3], [f64; 3]) {
    let (mut normal, mut pull) = ([[0.0; 3]; 3], [0.0; 3]);
    for (n, x, w) in points {
        let share = relative(*n, alpha, beta) / n;
        let fitted = scale.exp() * share * n;
        let mut row = [1.0, -(n - 1.0) * share, -n * (n - 1.0) * share];
        let mut residual = (x / fitted).ln();
        if residuals == Residuals::Linear {
            row = row.map(|slope| slope * fitted);
            residual = x - fitted;
        }
        for i in 0..3 {
            pull[i] += w * row[i] * residual;
            for j in 0..3 {
                normal[i][j] += w * row[i] * row[j];
            }
        }
    }
    (normal, pull)
}

/// A step that leaves out what is held at its bound: α or β at 0 that would fall.
fn damped_step(
    mut normal: [[f64; 3]; 3],
    mut pull: [f64; 3],
    damping: f64,
    at: [f64; 3],
) -> Option<[f64; 3]> {
    for (i, row) in normal.iter_mut().enumerate() {
        row[i] *= 1.0 + damping;
    }
    for bound in 1..3 {
        if at[bound] <= 0.0 && pull[bound] <= 0.0 {
            for row in &mut normal {
                row[bound] = 0.0;
            }
            normal[bound] = [0.0; 3];
            normal[bound][bound] = 1.0;
            pull[bound] = 0.0;
        }
    }
    solve(normal, pull)
}

/// Cramer's rule for three unknowns, columns scaled first.
fn solve(matrix: [[f64; 3]; 3], right: [f64; 3]) -> Option<[f64; 3]> {
    let scale = [0, 1, 2].map(|i| matrix[i][i].sqrt());
    if scale.iter().any(|s| !(*s > 0.0 && s.is_finite())) {
        return None;
    }
    let mut m = matrix;
    let mut r = right;
    for i in 0..3 {
        r[i] /= scale[i];
        for j in 0..3 {
            m[i][j] /= scale[i] * scale[j];
        }
    }
    let det = |m: &[[f64; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
            - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let whole = det(&m);
    let unknown = |column: usize| {
        let mut with = m;
        for row in 0..3 {
            with[row][column] = r[row];
        }
        det(&with) / whole / scale[column]
    };
    let solution = [unknown(0), unknown(1), unknown(2)];
    solution.iter().all(|value| value.is_finite()).then_some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Data sets of R's `usl` 3.0 (`data/raytracer.rda`, `data/specsdm91.rda`), from N. J. Gunther,
    /// *Guerrilla Capacity Planning* (2007).
    const RAYTRACER: [(f64, f64); 11] = [
        (1.0, 20.0),
        (4.0, 78.0),
        (8.0, 130.0),
        (12.0, 170.0),
        (16.0, 190.0),
        (20.0, 200.0),
        (24.0, 210.0),
        (28.0, 230.0),
        (32.0, 260.0),
        (48.0, 280.0),
        (64.0, 310.0),
    ];
    const SPECSDM91: [(f64, f64); 7] = [
        (1.0, 64.9),
        (18.0, 995.9),
        (36.0, 1652.4),
        (72.0, 1853.2),
        (108.0, 1828.9),
        (144.0, 1775.0),
        (216.0, 1702.2),
    ];

    fn near(value: f64, published: f64, digits: i32) -> bool {
        (value / published - 1.0).abs() < 0.5 * 10_f64.powi(1 - digits)
    }

    /// `tests/summary.Rout.save` prints alpha 2.773e-02, beta 1.044e-04, gamma 9.000e+01, a residual
    /// standard error of 82.85 on 4 degrees of freedom and a peak of 1884 at 96.52.
    #[test]
    fn a_linear_fit_agrees_with_r_usl_on_specsdm91() {
        let fit = UniversalScalabilityFit::of(&SPECSDM91, Residuals::Linear).unwrap();
        assert!(near(fit.alpha, 2.773e-2, 4), "{fit:?}");
        assert!(near(fit.beta, 1.044e-4, 4), "{fit:?}");
        assert!(near(fit.lambda, 90.0, 4), "{fit:?}");
        assert!(near((fit.rss / 4.0).sqrt(), 82.85, 4), "{fit:?}");
        assert!(near(fit.peak(), 96.52, 4), "{}", fit.peak());
        assert!(near(fit.at(fit.peak()), 1884.0, 4));
    }

    /// `tests/confint.Rout.save` prints alpha 0.02444, beta 0.00163, gamma 20.85605 for the first six
    /// rows.
    #[test]
    fn a_linear_fit_agrees_with_r_usl_on_raytracer() {
        let fit = UniversalScalabilityFit::of(&RAYTRACER[..6], Residuals::Linear).unwrap();
        assert!(near(fit.alpha, 0.02444, 4), "{fit:?}");
        assert!(near(fit.beta, 0.00163, 3), "{fit:?}");
        assert!(near(fit.lambda, 20.85605, 7), "{fit:?}");
    }

    /// What a fit of logarithms makes of the same data: other weights, another peak. `SciPy`'s
    /// `least_squares` of log residuals agrees; the numbers are from it.
    #[test]
    fn a_logarithmic_fit_weighs_low_points_as_high_ones() {
        let fit = UniversalScalabilityFit::of(&SPECSDM91, Residuals::Log).unwrap();
        assert!(near(fit.alpha, 1.345_244e-2, 4) && near(fit.beta, 1.151_104e-4, 4), "{fit:?}");
    }

    #[test]
    fn exact_curves_give_back_their_coefficients() {
        for (alpha, beta) in [(0.0, 0.0), (0.05, 0.0), (0.0, 0.001), (0.3, 0.02), (1.4, 0.1)] {
            let points: Vec<(f64, f64)> = [1.0, 2.0, 3.0, 4.0, 8.0, 16.0, 32.0]
                .map(|n| (n, 7e6 * relative(n, alpha, beta)))
                .to_vec();
            for residuals in [Residuals::Log, Residuals::Linear] {
                let fit = UniversalScalabilityFit::of(&points, residuals).unwrap();
                let off = (fit.alpha - alpha).abs().max((fit.beta - beta).abs());
                assert!(off < 1e-5 && near(fit.lambda, 7e6, 5), "{alpha} {beta}: {fit:?}");
            }
        }
    }

    #[test]
    fn two_numbers_of_threads_have_no_fit() {
        let points = [(1.0, 5.0), (2.0, 8.0), (2.0, 8.1), (1.0, 5.1)];
        assert_eq!(UniversalScalabilityFit::of(&points, Residuals::Log), None);
    }
}
