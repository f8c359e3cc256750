//! What forks differ by, and what that makes of the difference of two runs. Rounds of one process
//! are no independent observations: they share its memory layout, so forks are the unit. Pure
//! functions of rounds; gives no verdict.

use mapbench_core::event::PlacementMode;

use super::Basis;
use crate::stats::{Estimate, RoundSample, TRIM, median, trimmed_difference};

/// From so many forks on both sides, these forks alone say what forks differ by.
const MIN_FORKS: usize = 3;
/// A fork with fewer rounds in a mode has no median worth the name, if runs have as many.
const MIN_ROUNDS: usize = 3;

/// One cell of a run in one placement mode.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Forks {
    /// Log throughput of each fork's rounds.
    logs: Vec<Vec<f64>>,
    /// The median of each.
    medians: Vec<f64>,
}

impl Forks {
    /// The rounds of a mode. Forks of which next to no rounds ran in it are left out, unless all
    /// are such.
    pub(super) fn of(samples: &[RoundSample], mode: Option<PlacementMode>) -> Self {
        let mut logs: Vec<(u32, Vec<f64>)> = Vec::new();
        for sample in samples.iter().filter(|sample| sample.mode == mode) {
            let log = sample.ops_per_sec.ln();
            if !log.is_finite() {
                continue;
            }
            match logs.iter_mut().find(|(fork, _)| *fork == sample.fork) {
                Some((_, logs)) => logs.push(log),
                None => logs.push((sample.fork, vec![log])),
            }
        }
        let most = logs.iter().map(|(_, logs)| logs.len()).max().unwrap_or(0);
        let mut logs: Vec<Vec<f64>> = logs.into_iter().map(|(_, logs)| logs).collect();
        logs.retain(|logs| logs.len() >= most.min(MIN_ROUNDS));
        let medians = logs.iter().filter_map(|logs| median(logs)).collect();
        Forks { logs, medians }
    }

    /// How many forks.
    pub(super) fn count(&self) -> usize {
        self.medians.len()
    }

    /// How many rounds.
    pub(super) fn rounds(&self) -> usize {
        self.logs.iter().map(Vec::len).sum()
    }

    /// The median throughput of all rounds; `None` of none.
    pub(super) fn ops_per_sec(&self) -> Option<f64> {
        median(&self.logs.concat()).map(f64::exp)
    }

    fn mean(&self) -> f64 {
        self.medians.iter().sum::<f64>() / self.medians.len() as f64
    }

    /// Sum of squares of the medians around their mean, and its degrees of freedom.
    fn squares(&self) -> (f64, usize) {
        let mean = self.mean();
        let squares = self.medians.iter().map(|median| (median - mean).powi(2)).sum();
        (squares, self.count().saturating_sub(1))
    }
}

/// What forks of some cells differ by, pooled: cells of two forks each say little alone. The mean
/// of the squares, so that the cells that scatter most weigh most.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct PooledSpread {
    squares: f64,
    df: usize,
}

impl PooledSpread {
    /// Adds a cell.
    pub(super) fn add(&mut self, forks: &Forks) {
        if forks.count() > 1 {
            let (squares, df) = forks.squares();
            self.squares += squares;
            self.df += df;
        }
    }

    /// The variance of one fork's median; `None` if no cell has two forks.
    fn variance(&self) -> Option<f64> {
        (self.df > 0).then(|| self.squares / self.df as f64)
    }
}

/// The log of A's throughput over B's with its error, and what that is of. `pooled` is the spread
/// of forks of cells that ran alike. `None` if a side has no rounds.
///
/// With three forks on both sides it is Welch's difference of the forks' medians. With fewer, the
/// same difference with the largest of three errors: that of the rounds (Yuen's), that of these
/// forks, and that of the pooled forks. With one fork a side and nothing pooled the error is
/// infinite: rounds do not say what the next process would have done.
pub(super) fn difference(a: &Forks, b: &Forks, pooled: &PooledSpread) -> Option<(Estimate, Basis)> {
    if a.count() == 0 || b.count() == 0 {
        return None;
    }
    let n = a.rounds().min(b.rounds());
    if a.count() >= MIN_FORKS && b.count() >= MIN_FORKS {
        let of_forks = trimmed_difference(&a.medians, &b.medians, 0.0)?;
        return Some((Estimate { n, ..of_forks }, Basis::Forks));
    }
    let value = a.mean() - b.mean();
    let Some(variance) = pooled.variance() else {
        return Some((
            Estimate { value, standard_error: f64::INFINITY, df: 1.0, n },
            Basis::Nothing,
        ));
    };
    let parts = 1.0 / a.count() as f64 + 1.0 / b.count() as f64;
    let of_pooled = (variance * parts).sqrt();
    let ((squares_a, df_a), (squares_b, df_b)) = (a.squares(), b.squares());
    let own_df = df_a + df_b;
    let own = match own_df {
        0 => 0.0,
        _ => ((squares_a + squares_b) / own_df as f64 * parts).sqrt(),
    };
    let of_rounds = trimmed_difference(&a.logs.concat(), &b.logs.concat(), TRIM)
        .map_or(0.0, |rounds| rounds.standard_error);
    let standard_error = of_pooled.max(own).max(of_rounds);
    Some((Estimate { value, standard_error, df: pooled.df as f64, n }, Basis::Rounds))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forks of 10 rounds each, around these log levels, with a wobble of a tenth of a per cent.
    fn forks(levels: &[f64]) -> Forks {
        let rounds = levels.iter().zip(0..).flat_map(|(level, fork)| {
            (0..10).map(move |n| RoundSample {
                fork,
                n,
                mode: None,
                ops_per_sec: (level + 0.0005 * f64::from(n % 3) - 0.0005).exp(),
                preempted: false,
            })
        });
        Forks::of(&rounds.collect::<Vec<_>>(), None)
    }

    fn pooled(cells: &[&Forks]) -> PooledSpread {
        let mut spread = PooledSpread::default();
        for cell in cells {
            spread.add(cell);
        }
        spread
    }

    #[test]
    fn three_forks_a_side_are_welchs_difference_of_their_medians() {
        let (a, b) = (forks(&[0.00, 0.02, 0.01]), forks(&[-0.10, -0.11, -0.09]));
        let (estimate, basis) = difference(&a, &b, &pooled(&[&a, &b])).expect("a difference");
        assert_eq!(basis, Basis::Forks);
        assert!((estimate.value - 0.11).abs() < 1e-9, "{estimate:?}");
        // Both samples have a standard deviation of .01 and three values each.
        assert!((estimate.standard_error - 0.01 * (2.0_f64 / 3.0).sqrt()).abs() < 1e-9);
        assert!((estimate.df - 4.0).abs() < 1e-9);
    }

    #[test]
    fn two_forks_that_happen_to_agree_get_the_error_of_the_others() {
        let (a, b) = (forks(&[0.0, 0.0]), forks(&[-0.04, -0.04]));
        let wild = [forks(&[0.0, 0.03]), forks(&[0.05, 0.0]), forks(&[0.0, 0.04])];
        let spread = pooled(&[&a, &b, &wild[0], &wild[1], &wild[2]]);
        let (estimate, basis) = difference(&a, &b, &spread).expect("a difference");
        assert_eq!((basis, estimate.df), (Basis::Rounds, 5.0));
        // (.03² + .05² + .04²) / 2 over 5 degrees, two forks a side.
        let variance: f64 = (0.0009 + 0.0025 + 0.0016) / 2.0 / 5.0;
        assert!((estimate.standard_error - variance.sqrt()).abs() < 1e-9, "{estimate:?}");
    }

    #[test]
    fn two_forks_that_differ_more_than_the_others_get_their_own_error() {
        let (a, b) = (forks(&[0.0, 0.1]), forks(&[0.0, 0.0]));
        let calm: Vec<Forks> = (0..20).map(|_| forks(&[0.0, 0.001])).collect();
        let mut all: Vec<&Forks> = calm.iter().collect();
        all.extend([&a, &b]);
        let (estimate, _) = difference(&a, &b, &pooled(&all)).expect("a difference");
        assert!((estimate.standard_error - 0.05).abs() < 1e-3, "{estimate:?}");
    }

    #[test]
    fn one_fork_a_side_says_nothing_of_processes_however_many_rounds_it_has() {
        let (a, b) = (forks(&[0.0]), forks(&[-0.5]));
        let (estimate, basis) = difference(&a, &b, &pooled(&[&a, &b])).expect("a difference");
        assert_eq!(basis, Basis::Nothing);
        assert!(estimate.p_value() >= 1.0 && !estimate.interval(0.01).high.is_finite());
    }

    #[test]
    fn forks_with_next_to_no_rounds_in_a_mode_are_left_out() {
        let near = |fork, n, mode| RoundSample {
            fork,
            n,
            mode: Some(mode),
            ops_per_sec: 1e6,
            preempted: false,
        };
        let mut samples: Vec<RoundSample> =
            (0..8).map(|n| near(0, n, PlacementMode::Near)).collect();
        samples.push(near(1, 0, PlacementMode::Near));
        samples.push(near(1, 1, PlacementMode::Far));
        assert_eq!(Forks::of(&samples, Some(PlacementMode::Near)).count(), 1);
        assert_eq!(Forks::of(&samples, Some(PlacementMode::Far)).count(), 1);
        assert_eq!(Forks::of(&samples, None).count(), 0);
    }
}
