//! Least squares of a continuous line with several breaks. Decides neither their number nor their
//! intervals.
//!
//! Every choice of points as breaks is tried first; from the best few of them the breaks move
//! between points by the iteration of V. M. R. Muggeo, *Estimating regression models with unknown
//! break-points*, Stat. Med. 22 (2003), with steps halved until they help.

use crate::knee::segmented::PooledPoints;

/// Choices of points from which breaks are moved.
const STARTS: usize = 8;
const MOST_STEPS: usize = 40;

/// A continuous line with breaks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BrokenLine {
    /// Positions of the breaks, ascending.
    pub breaks: Vec<f64>,
    /// Height at position 0, first slope, change of slope at each break.
    pub coefficients: Vec<f64>,
    /// The weighted sum of squares around it, of means.
    pub rss: f64,
}

impl BrokenLine {
    /// Height at a position.
    pub(super) fn at(&self, z: f64) -> f64 {
        let changes = self.breaks.iter().zip(&self.coefficients[2..]);
        let bent: f64 = changes.map(|(at, change)| change * (z - at).max(0.0)).sum();
        self.coefficients[0] + self.coefficients[1] * z + bent
    }

    /// Slopes of its parts, left to right.
    pub(super) fn slopes(&self) -> Vec<f64> {
        let parts = self.coefficients[1..].iter();
        parts
            .scan(0.0, |slope, change| {
                *slope += change;
                Some(*slope)
            })
            .collect()
    }
}

/// Fits a line with so many breaks; `None` with too few points for it.
pub(super) fn fit(points: &PooledPoints, breaks: usize) -> Option<BrokenLine> {
    let inner = points.positions.len().checked_sub(2)?;
    let mut starts: Vec<(f64, Vec<f64>)> = Vec::new();
    let mut chosen: Vec<usize> = (1..=breaks).collect();
    if breaks == 0 || breaks > inner {
        return None;
    }
    loop {
        let at: Vec<f64> = chosen.iter().map(|point| points.positions[*point]).collect();
        if let Some(line) = solve(points, &points.means, &at) {
            starts.push((line.rss, at));
        }
        if !next_choice(&mut chosen, inner) {
            break;
        }
    }
    starts.sort_by(|a, b| a.0.total_cmp(&b.0));
    starts
        .into_iter()
        .take(STARTS)
        .filter_map(|(_, at)| refine(points, &points.means, &at))
        .min_by(|a, b| a.rss.total_cmp(&b.rss))
}

/// The line without breaks.
pub(super) fn straight(points: &PooledPoints) -> Option<BrokenLine> {
    solve(points, &points.means, &[])
}

/// The next ascending choice of numbers from 1 to `most`; false after the last.
fn next_choice(chosen: &mut [usize], most: usize) -> bool {
    let count = chosen.len();
    for place in (0..count).rev() {
        if chosen[place] < most - (count - 1 - place) {
            chosen[place] += 1;
            for after in place + 1..count {
                chosen[after] = chosen[after - 1] + 1;
            }
            return true;
        }
    }
    false
}

/// Moves breaks to the nearest least sum of squares.
pub(super) fn refine(points: &PooledPoints, heights: &[f64], from: &[f64]) -> Option<BrokenLine> {
    refine_holding(points, heights, from, None)
}

/// [`refine`] with one break held where it is.
pub(super) fn refine_holding(
    points: &PooledPoints,
    heights: &[f64],
    from: &[f64],
    held: Option<usize>,
) -> Option<BrokenLine> {
    let mut line = solve(points, heights, from)?;
    for _ in 0..MOST_STEPS {
        let Some(step) = muggeo_step(points, heights, &line, held) else { break };
        let mut share = 1.0;
        let better = loop {
            let moved: Vec<f64> =
                line.breaks.iter().zip(&step).map(|(at, step)| at + share * step).collect();
            match in_order(points, &moved).then(|| solve(points, heights, &moved)).flatten() {
                Some(next) if next.rss < line.rss => break Some(next),
                _ if share < 1e-3 => break None,
                _ => share /= 2.0,
            }
        };
        let Some(better) = better else { break };
        let gained = line.rss - better.rss;
        line = better;
        if gained <= 1e-10 * line.rss {
            break;
        }
    }
    Some(line)
}

/// Whether the breaks ascend with a point between any two and leave two at either end.
fn in_order(points: &PooledPoints, breaks: &[f64]) -> bool {
    let z = &points.positions;
    let below = |at: f64| z.partition_point(|position| *position <= at);
    let (first, last) = (breaks[0], breaks[breaks.len() - 1]);
    first >= z[1]
        && last <= z[z.len() - 2]
        && breaks.windows(2).all(|pair| pair[0] < pair[1] && below(pair[0]) < below(pair[1]))
}

/// Muggeo's step: coefficients of the derivative by each break over the change of slope there.
fn muggeo_step(
    points: &PooledPoints,
    heights: &[f64],
    line: &BrokenLine,
    held: Option<usize>,
) -> Option<Vec<f64>> {
    let free: Vec<usize> = (0..line.breaks.len()).filter(|at| Some(*at) != held).collect();
    if free.is_empty() {
        return None;
    }
    let mut columns = columns(points, &line.breaks);
    for at in &free {
        let beyond = |z: &f64| if *z > line.breaks[*at] { -1.0 } else { 0.0 };
        columns.push(points.positions.iter().map(beyond).collect());
    }
    let (solution, _) = least_squares(&columns, &points.weights, heights)?;
    let changes = 2..2 + line.breaks.len();
    let mut step = vec![0.0; line.breaks.len()];
    for (order, at) in free.iter().enumerate() {
        step[*at] = solution[changes.end + order] / solution[changes.start + *at];
    }
    step.iter().all(|value| value.is_finite()).then_some(step)
}

fn columns(points: &PooledPoints, breaks: &[f64]) -> Vec<Vec<f64>> {
    let z = &points.positions;
    let mut columns = vec![vec![1.0; z.len()], z.clone()];
    for at in breaks {
        columns.push(z.iter().map(|position| (position - at).max(0.0)).collect());
    }
    columns
}

/// The line with given breaks.
fn solve(points: &PooledPoints, heights: &[f64], breaks: &[f64]) -> Option<BrokenLine> {
    let (coefficients, rss) = least_squares(&columns(points, breaks), &points.weights, heights)?;
    Some(BrokenLine { breaks: breaks.to_vec(), coefficients, rss })
}

/// Weighted least squares by modified Gram–Schmidt: coefficients and the sum of squares left.
/// `None` if a column is a mixture of those before it.
fn least_squares(
    columns: &[Vec<f64>],
    weights: &[f64],
    heights: &[f64],
) -> Option<(Vec<f64>, f64)> {
    let root: Vec<f64> = weights.iter().map(|weight| weight.sqrt()).collect();
    let scaled =
        |values: &[f64]| values.iter().zip(&root).map(|(v, r)| v * r).collect::<Vec<f64>>();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let count = columns.len();
    let mut axes: Vec<Vec<f64>> = Vec::with_capacity(count);
    let mut upper = vec![vec![0.0; count]; count];
    let mut left = scaled(heights);
    let mut along = Vec::with_capacity(count);
    for (number, column) in columns.iter().enumerate() {
        let mut vector = scaled(column);
        let before = dot(&vector, &vector);
        for (axis, row) in axes.iter().zip(&mut upper) {
            row[number] = dot(axis, &vector);
            for (v, a) in vector.iter_mut().zip(axis) {
                *v -= row[number] * a;
            }
        }
        let size = dot(&vector, &vector);
        if size <= 1e-12 * before {
            return None;
        }
        upper[number][number] = size.sqrt();
        for v in &mut vector {
            *v /= size.sqrt();
        }
        let share = dot(&vector, &left);
        for (l, v) in left.iter_mut().zip(&vector) {
            *l -= share * v;
        }
        along.push(share);
        axes.push(vector);
    }
    let mut solution = vec![0.0; count];
    for number in (0..count).rev() {
        let known: f64 =
            (number + 1..count).map(|later| upper[number][later] * solution[later]).sum();
        solution[number] = (along[number] - known) / upper[number][number];
    }
    Some((solution, dot(&left, &left)))
}
