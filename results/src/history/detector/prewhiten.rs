//! Neighbouring figures resemble each other where a machine has moods. An AR(1) filter takes that
//! out, so that a mood is not taken for a change: Pettitt's test and its kin call far too much
//! otherwise. What the filter needs is estimated around the levels that were found so far, since a
//! change of level looks like memory too.
//!
//! Sources: Kulkarni, von Storch, *Monte Carlo experiments on the effect of serial correlation on
//! the Mann-Kendall test of trend*, Meteorol. Z. 4 (1995), for prewhitening a rank test; Yue, Pilon,
//! Phinney, Cavadias, *The influence of autocorrelation on the ability to detect trend*, Hydrol.
//! Process. 16 (2002), for taking out first what is looked for; Hallin, Puri, *Aligned rank tests
//! for linear models with autocorrelated error terms*, J. Multivariate Anal. 50 (1994), for the
//! autocorrelation of normal scores; Marriott, Pope, *Bias in the estimation of autocorrelations*,
//! Biometrika 41 (1954), for its correction.

use super::scores::Scores;
use crate::stats::median;

/// A memory beyond this would leave nothing of any change.
const MOST: f64 = 0.8;

/// The memory of a series around its levels: lag-one autocorrelation from 0 to [`MOST`]. `starts`
/// are the first values of the levels after the first one, ascending.
pub(super) fn memory(values: &[f64], starts: &[usize], scores: &Scores) -> f64 {
    let n = values.len();
    if n < 4 {
        return 0.0;
    }
    let mut residuals = values.to_vec();
    for level in levels(n, starts) {
        let center = median(&values[level.clone()]).unwrap_or(0.0);
        residuals[level].iter_mut().for_each(|value| *value -= center);
    }
    let scored = scores.of(&residuals);
    let squares: f64 = scored.iter().map(|score| score * score).sum();
    if squares <= 1e-12 {
        return 0.0;
    }
    let products: f64 = scored.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let found = products / squares;
    // Each level that was taken out took some of the memory with it.
    let corrected = found + (1.0 + 3.0 * found) * (starts.len() + 1) as f64 / n as f64;
    corrected.clamp(0.0, MOST)
}

/// The levels between the starts.
pub fn levels(n: usize, starts: &[usize]) -> impl Iterator<Item = std::ops::Range<usize>> {
    let from = std::iter::once(0).chain(starts.iter().copied());
    from.zip(starts.iter().copied().chain([n])).map(|(from, to)| from..to)
}

/// What of each value does not follow from the one before. The first value has none before it: it
/// is scaled to the spread of the others, around the middle of its level.
pub(super) fn prewhitened(values: &[f64], memory: f64, starts: &[usize]) -> Vec<f64> {
    let Some(first) = values.first() else { return Vec::new() };
    let level = levels(values.len(), starts).next().unwrap_or(0..values.len());
    let center = median(&values[level]).unwrap_or(*first);
    let mut white = Vec::with_capacity(values.len());
    white.push(center * (1.0 - memory) + (first - center) * (1.0 - memory * memory).sqrt());
    white.extend(values.windows(2).map(|pair| pair[1] - memory * pair[0]));
    white
}
