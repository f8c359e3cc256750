//! How many times as fast one cell is as another, with an interval: paired where the rounds of the
//! two interleaved, unpaired otherwise, and over several scenarios as a geometric mean. Gives no
//! verdict.

use mapbench_core::event::PlacementMode;

use super::bootstrap::{Interval, MIN_ROUNDS, resample, resamples_for, rounds};
use super::order::{median, median_in_place, trimmed_mean_in_place};
use super::yuen::TRIM;

/// One round of a cell, with what pairs it to a round of another cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoundSample {
    /// The fork.
    pub fork: u32,
    /// Number of the round in its fork: rounds of one number are neighbours in time.
    pub n: u32,
    /// Placement that the round ran in; `None` at one thread.
    pub mode: Option<PlacementMode>,
    /// Throughput.
    pub ops_per_sec: f64,
    /// Whether one of its threads was preempted.
    pub preempted: bool,
}

/// A ratio of two throughputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// The estimate; above 1 the first is faster.
    pub ratio: f64,
    /// Its 95 % interval; `None` below [`MIN_ROUNDS`] pairs or rounds.
    pub interval: Option<Interval>,
    /// Pairs, or rounds of the smaller side.
    pub rounds: usize,
}

/// The log ratios of the pairs of two cells, by fork: same fork, same round number, same
/// placement mode. Rounds without a partner are left out.
pub fn log_ratios(a: &[RoundSample], b: &[RoundSample]) -> Vec<Vec<f64>> {
    let key = |sample: &RoundSample| (sample.fork, sample.n);
    let mut partners: Vec<&RoundSample> = b.iter().collect();
    partners.sort_unstable_by_key(|sample| key(sample));
    let mut by_fork: Vec<(u32, Vec<f64>)> = Vec::new();
    for sample in a {
        let Ok(at) = partners.binary_search_by_key(&key(sample), |partner| key(partner)) else {
            continue;
        };
        let log = (sample.ops_per_sec / partners[at].ops_per_sec).ln();
        if sample.mode != partners[at].mode || !log.is_finite() {
            continue;
        }
        match by_fork.iter_mut().find(|(fork, _)| *fork == sample.fork) {
            Some((_, logs)) => logs.push(log),
            None => by_fork.push((sample.fork, vec![log])),
        }
    }
    by_fork.into_iter().map(|(_, logs)| logs).collect()
}

/// The ratio of two cells whose rounds interleaved: the 20 % trimmed mean of the log ratios of
/// their pairs, with a hierarchical bootstrap interval. `None` without a pair.
pub fn paired_ratio(a: &[RoundSample], b: &[RoundSample]) -> Option<Ratio> {
    geometric_mean(&[log_ratios(a, b)])
}

/// The ratio of two cells that were measured apart: the ratio of their medians, each resampled on
/// its own. `None` if one of them has no round.
pub fn unpaired_ratio(a: &[Vec<f64>], b: &[Vec<f64>]) -> Option<Ratio> {
    let estimate = median(&a.concat())?.ln() - median(&b.concat())?.ln();
    let fewer = rounds(a).min(rounds(b));
    let count = resamples_for(rounds(a).max(rounds(b)));
    let resampled = resample(a, 0, count, median_in_place)
        .zip(resample(b, 1, count, median_in_place))
        .map(|(a, b)| a.iter().zip(&b).map(|(a, b)| a.ln() - b.ln()).collect());
    finite(estimate, resampled, fewer)
}

/// The geometric mean of several ratios, given the log ratios of each by fork (from
/// [`log_ratios`]): every cell weighs the same, however many rounds it has. `None` if there is no
/// cell or one of them has no pair.
pub fn geometric_mean(cells: &[Vec<Vec<f64>>]) -> Option<Ratio> {
    let statistic = |logs: &mut [f64]| trimmed_mean_in_place(logs, TRIM);
    let mut estimate = 0.0;
    for cell in cells {
        estimate += statistic(&mut cell.concat())? / cells.len() as f64;
    }
    let fewest = cells.iter().map(|cell| rounds(cell)).min()?;
    let most = cells.iter().map(|cell| rounds(cell)).max()?;
    let count = resamples_for(most);
    let mut sums = (fewest >= MIN_ROUNDS).then(|| vec![0.0; count]);
    for (stream, cell) in cells.iter().enumerate() {
        let (Some(sums), Some(figures)) =
            (sums.as_mut(), resample(cell, stream as u64, count, statistic))
        else {
            break;
        };
        for (sum, figure) in sums.iter_mut().zip(figures) {
            *sum += figure / cells.len() as f64;
        }
    }
    finite(estimate, sums, fewest)
}

fn finite(log_estimate: f64, log_figures: Option<Vec<f64>>, rounds: usize) -> Option<Ratio> {
    let ratio = log_estimate.exp();
    let interval = log_figures
        .and_then(Interval::of_resamples)
        .map(|logs| Interval { low: logs.low.exp(), high: logs.high.exp() });
    (ratio.is_finite() && ratio > 0.0).then_some(Ratio { ratio, interval, rounds })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(factor: f64, drift: impl Fn(u32, u32) -> f64) -> Vec<RoundSample> {
        let rounds = (0..3).flat_map(|fork| (0..7).map(move |n| (fork, n)));
        rounds
            .map(|(fork, n)| RoundSample {
                fork,
                n,
                mode: None,
                ops_per_sec: factor * drift(fork, n),
                preempted: false,
            })
            .collect()
    }

    #[test]
    fn pairing_cancels_what_both_cells_share() {
        // The machine drifts by a factor of three; the pair's ratio does not notice.
        let drift = |fork: u32, n: u32| 1e6 * (1.0 + f64::from(fork * 7 + n) / 10.0);
        let ratio = paired_ratio(&cell(1.25, drift), &cell(1.0, drift)).expect("a ratio");
        let interval = ratio.interval.expect("an interval");
        assert!((ratio.ratio - 1.25).abs() < 1e-9);
        assert!(interval.half_width() < 1e-9, "{interval:?}");
        assert_eq!(ratio.rounds, 21);
    }

    #[test]
    fn unpaired_ratios_keep_the_drift_in_their_interval() {
        let rounds = |factor: f64| -> Vec<Vec<f64>> {
            (0..3)
                .map(|f| (0..7).map(|n| factor * (10.0 + f64::from(f * 7 + n))).collect())
                .collect()
        };
        let ratio = unpaired_ratio(&rounds(2.0), &rounds(1.0)).expect("a ratio");
        let interval = ratio.interval.expect("an interval");
        assert!((ratio.ratio - 2.0).abs() < 1e-9);
        assert!(interval.low < 1.7 && interval.high > 2.3, "{interval:?}");
    }

    #[test]
    fn only_rounds_of_one_mode_are_paired() {
        let mut a = cell(2.0, |_, _| 1e6);
        let b = cell(1.0, |_, _| 1e6);
        for sample in &mut a[..20] {
            sample.mode = Some(PlacementMode::Far);
        }
        let ratio = paired_ratio(&a, &b).expect("one pair is left");
        assert_eq!((ratio.rounds, ratio.interval), (1, None));
        assert_eq!(paired_ratio(&a[..20], &b), None);
    }

    #[test]
    fn the_geometric_mean_weighs_cells_and_not_rounds() {
        let four = vec![vec![4.0_f64.ln(); 50]];
        let one = vec![vec![0.0; 3]];
        let mean = geometric_mean(&[four, one]).expect("a mean");
        assert!((mean.ratio - 2.0).abs() < 1e-12);
        assert_eq!(mean.rounds, 3);
        assert_eq!(geometric_mean(&[]), None);
        assert_eq!(geometric_mean(&[vec![vec![1.0]], vec![]]), None);
    }

    #[test]
    fn a_cell_that_did_nothing_has_no_ratio() {
        let nothing = cell(0.0, |_, _| 1.0);
        assert_eq!(paired_ratio(&cell(1.0, |_, _| 1.0), &nothing), None);
    }
}
