//! Where a series changes level: split at the strongest place of its seeded intervals, then both
//! parts likewise, each against what a series of its length reaches by chance; then each change is
//! placed anew between its neighbours, and goes if it is not strong enough there. Fryzlewicz, *Wild
//! binary segmentation*, Ann. Statist. 42 (2014), says why intervals; that changes may go again is
//! from Fleming et al., *Hunter*, ICPE 2023, §3.3.

use std::ops::Range;

use super::LEAST;
use super::critical;
use super::prewhiten::levels;
use super::scores::{Scores, Split};
use super::seeded::intervals;

/// How often all changes are placed in turn; each moves its neighbours' bounds.
const PLACINGS: usize = 2;

/// The strongest split of any seeded interval, less what an interval of its length costs. `None`
/// where no interval has one.
pub(super) fn strongest(values: &[f64], scores: &Scores) -> Option<Split> {
    let n = values.len();
    let of = |interval: Range<usize>| {
        let Split { at, strength } = scores.strongest(&values[interval.clone()], LEAST)?;
        Some(Split { at: interval.start + at, strength: strength - penalty(n, interval.len()) })
    };
    let splits = intervals(n, 2 * LEAST).into_iter().filter_map(of);
    // Of equals the first, which is of the longer interval.
    splits.reduce(|best, split| if split.strength > best.strength { split } else { best })
}

/// What short intervals cost: there are many of them, and one is bound to look strong. The penalty
/// of Dümbgen, Spokoiny, *Multiscale testing of qualitative hypotheses*, Ann. Statist. 29 (2001),
/// less its value for the whole series.
fn penalty(n: usize, len: usize) -> f64 {
    (2.0 * (1.0 + (n as f64 / len as f64).ln())).sqrt() - std::f64::consts::SQRT_2
}

/// The changes that are stronger than chance at `level`, in order, each with its chance between its
/// neighbours.
pub(super) fn changes(values: &[f64], level: f64, scores: &Scores) -> Vec<(usize, f64)> {
    let mut starts = Vec::new();
    // Parts still to be searched: of a long series as many as it has changes, so no recursion.
    let mut parts: Vec<Range<usize>> = std::iter::once(0..values.len()).collect();
    while let Some(part) = parts.pop() {
        let Some(split) = strongest(&values[part.clone()], scores) else { continue };
        if split.strength > critical::limit(part.len(), level) {
            let at = part.start + split.at;
            starts.push(at);
            parts.extend([part.start..at, at..part.end]);
        }
    }
    starts.sort_unstable();
    loop {
        place(values, &mut starts, scores);
        let strengths = strengths(values, &starts, scores);
        let excess = |at: &usize| {
            let (len, strength) = strengths[*at];
            critical::limit(len, level) - strength
        };
        let weakest = (0..starts.len()).max_by(|a, b| excess(a).total_cmp(&excess(b)));
        if let Some(at) = weakest.filter(|at| excess(at) >= 0.0) {
            starts.remove(at);
            continue;
        }
        let chances = strengths.iter().map(|(len, strength)| critical::p_value(*len, *strength));
        return starts.into_iter().zip(chances).collect();
    }
}

/// Each change where it is strongest between its neighbours: an interval may hold a part of another
/// change, which pulls.
fn place(values: &[f64], starts: &mut [usize], scores: &Scores) {
    for _ in 0..PLACINGS {
        for at in 0..starts.len() {
            let from = if at == 0 { 0 } else { starts[at - 1] };
            let to = starts.get(at + 1).copied().unwrap_or(values.len());
            if let Some(split) = scores.strongest(&values[from..to], LEAST) {
                starts[at] = from + split.at;
            }
        }
    }
}

/// Of each change how long the part between its neighbours is, and how strong that part's split.
fn strengths(values: &[f64], starts: &[usize], scores: &Scores) -> Vec<(usize, f64)> {
    let levels: Vec<Range<usize>> = levels(values.len(), starts).collect();
    let of = |sides: &[Range<usize>]| {
        let part = &values[sides[0].start..sides[1].end];
        (part.len(), scores.strongest(part, LEAST).map_or(0.0, |split| split.strength))
    };
    levels.windows(2).map(of).collect()
}
