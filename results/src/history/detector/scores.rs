//! Normal scores of ranks, and the strongest split of a part of a series by them: the linear rank
//! statistic of van der Waerden, standardised by its permutation variance. Only the order of the
//! values enters, so that no monotone map of them changes anything and a wild value counts as one.
//!
//! Sources: Pettitt, *A non-parametric approach to the change-point problem*, Applied Statistics 28
//! (1979), for the maximum over splits; Hájek, Šidák, Sen, *Theory of Rank Tests* (1999), §4.1, for
//! the scores, and §3.3.1 for the variance, which holds with tied scores averaged.

use std::cell::OnceCell;

use statrs::distribution::{ContinuousCDF, Normal};

/// The strongest split of a part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Split {
    /// Values before it.
    pub(super) at: usize,
    /// Distance of the scores before it from what they are without a change, in standard deviations.
    pub(super) strength: f64,
}

/// Normal scores by rank, for parts of every length up to one.
#[derive(Debug)]
pub(super) struct Scores {
    by_len: Vec<OnceCell<Vec<f64>>>,
}

impl Scores {
    /// Scores for parts of up to `most` values.
    pub(super) fn up_to(most: usize) -> Scores {
        Scores { by_len: vec![OnceCell::new(); most + 1] }
    }

    /// The strongest split that leaves `least` values on both sides. `None` of a part that is too
    /// short, or whose values are all equal.
    pub(super) fn strongest(&self, part: &[f64], least: usize) -> Option<Split> {
        let len = part.len();
        if least == 0 || len < 2 * least {
            return None;
        }
        let scores = self.of(part);
        let squares: f64 = scores.iter().map(|score| score * score).sum();
        if squares <= 1e-12 {
            return None;
        }
        let per_split = squares / (len * (len - 1)) as f64;
        let mut sum: f64 = scores[..least - 1].iter().sum();
        let mut best: Option<Split> = None;
        for at in least..=len - least {
            sum += scores[at - 1];
            let strength = sum.abs() / (per_split * (at * (len - at)) as f64).sqrt();
            // A gain below rounding is none: the mirrored series must split at the mirrored place.
            if best.is_none_or(|best| strength > best.strength + 1e-12) {
                best = Some(Split { at, strength });
            }
        }
        best
    }

    /// The score of each value, those of equal values averaged; they sum to 0. Of no more values
    /// than it was made for.
    pub(super) fn of(&self, part: &[f64]) -> Vec<f64> {
        let mut order: Vec<usize> = (0..part.len()).collect();
        order.sort_unstable_by(|a, b| part[*a].total_cmp(&part[*b]));
        let by_rank = self.by_len[part.len()].get_or_init(|| by_rank(part.len()));
        let mut scores = vec![0.0; part.len()];
        let mut rank = 0;
        for equal in order.chunk_by(|a, b| part[*a].total_cmp(&part[*b]).is_eq()) {
            let score = by_rank[rank..rank + equal.len()].iter().sum::<f64>() / equal.len() as f64;
            for at in equal {
                scores[*at] = score;
            }
            rank += equal.len();
        }
        scores
    }
}

/// The scores of so many values without ties, least first.
fn by_rank(len: usize) -> Vec<f64> {
    let normal = Normal::standard();
    (1..=len).map(|rank| normal.inverse_cdf(rank as f64 / (len + 1) as f64)).collect()
}
