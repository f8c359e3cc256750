//! Intervals of several breaks: of each, every position that the likelihood ratio does not reject
//! while the others move. Decides nothing about their number.

use statrs::distribution::{ContinuousCDF, FisherSnedecor};

use super::fit::{BrokenLine, refine_holding};
use crate::knee::segmented::PooledPoints;

const LEVEL: f64 = 0.95;
/// Bisections between a position that holds and one that does not.
const BISECTIONS: usize = 24;
/// Steps from the estimate to a neighbour, in which the first that does not hold is looked for.
const STEPS: u32 = 12;

/// The 95 % interval of each break, in positions, as far as its neighbours.
pub(super) fn break_intervals(points: &PooledPoints, line: &BrokenLine) -> Vec<(f64, f64)> {
    let freedom = points.visits.len() as f64 - 2.0 - 2.0 * line.breaks.len() as f64;
    let quantile =
        FisherSnedecor::new(1.0, freedom.max(1.0)).map_or(f64::INFINITY, |f| f.inverse_cdf(LEVEL));
    let limit = line.rss + (line.rss + points.within) * quantile / freedom.max(1.0);
    let z = &points.positions;
    let count = line.breaks.len();
    (0..count)
        .map(|number| {
            let holds = |at: f64| {
                let mut breaks = line.breaks.clone();
                breaks[number] = at;
                let held = refine_holding(points, &points.means, &breaks, Some(number));
                held.is_some_and(|line| line.rss <= limit)
            };
            let lowest = if number == 0 { z[0] } else { line.breaks[number - 1] };
            let highest =
                if number + 1 == count { z[z.len() - 1] } else { line.breaks[number + 1] };
            (edge(line.breaks[number], lowest, holds), edge(line.breaks[number], highest, holds))
        })
        .collect()
}

/// Where positions cease to hold on the way from `inside` to `end`; `end` if they do not.
fn edge(inside: f64, end: f64, holds: impl Fn(f64) -> bool) -> f64 {
    let step = (end - inside) / f64::from(STEPS);
    let mut good = inside;
    for number in 1..STEPS {
        let next = inside + step * f64::from(number);
        if holds(next) {
            good = next;
            continue;
        }
        let mut bad = next;
        for _ in 0..BISECTIONS {
            let middle = f64::midpoint(good, bad);
            if holds(middle) { good = middle } else { bad = middle }
        }
        return good;
    }
    end
}
