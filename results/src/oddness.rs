//! Rounds that are unlike the others of their cell: somebody should look at them. Pure. An odd
//! round stays in every statistic; that it is odd is a remark, not a verdict.

use mapbench_core::event::PlacementMode;

use crate::stats;

/// A round further than this from its cell's median is odd. Median absolute deviations.
pub const ODD_DEVIATIONS: f64 = 5.0;
/// Retained memory above this many times what the same entries took after the prefill is odd.
pub const ODD_MEMORY: f64 = 3.0;
/// With fewer rounds in a placement mode, nobody can tell what is usual.
pub const LEAST_ROUNDS: usize = 10;
/// A deviation is taken to be at least this part of the median: rounds that agree to the digit
/// would make any other one odd.
const LEAST_DEVIATION: f64 = 0.002;

/// What of a round is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Its number in the fork.
    pub n: u32,
    /// Its throughput. Ops per second.
    pub ops_per_sec: f64,
    /// Its placement; rounds are compared with those of their mode only.
    pub mode: Option<PlacementMode>,
    /// Its involuntary context switches.
    pub involuntary_switches: u64,
}

/// What is odd in a fork of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Odd {
    /// Rounds that are odd, and rounds that were compared.
    pub rounds: usize,
    /// Rounds that were compared.
    pub of: usize,
    /// The one that is furthest off.
    pub worst: Seen,
    /// The median of its mode. Ops per second.
    pub median: f64,
    /// How far off it is. Median absolute deviations.
    pub deviations: f64,
}

/// The odd ones among the rounds of a fork; `None` if there is none. Rounds that straddle a
/// placement flip are odd in a way that has its own name, and are left out.
pub fn odd_rounds(rounds: &[Seen]) -> Option<Odd> {
    let mut found: Option<Odd> = None;
    let (mut odd, mut of) = (0, 0);
    for mode in [None, Some(PlacementMode::Near), Some(PlacementMode::Far)] {
        let alike: Vec<&Seen> = rounds.iter().filter(|round| round.mode == mode).collect();
        if alike.len() < LEAST_ROUNDS {
            continue;
        }
        of += alike.len();
        let median = middle(alike.iter().map(|round| round.ops_per_sec));
        let off = |round: &Seen| (round.ops_per_sec - median).abs();
        let usual = middle(alike.iter().map(|round| off(round))).max(LEAST_DEVIATION * median);
        for &&round in &alike {
            let deviations = off(&round) / usual;
            // Not a number where nothing was done at all.
            if deviations > ODD_DEVIATIONS {
                odd += 1;
                if found.is_none_or(|worst| deviations > worst.deviations) {
                    found = Some(Odd { rounds: 0, of: 0, worst: round, median, deviations });
                }
            }
        }
    }
    found.map(|worst| Odd { rounds: odd, of, ..worst })
}

/// How many times the memory after the prefill a map retains at the end, per entry, if that is odd.
pub fn odd_memory(prefilled: Option<f64>, retained: Option<f64>) -> Option<f64> {
    let times = retained? / prefilled.filter(|bytes| *bytes > 0.0)?;
    (times > ODD_MEMORY).then_some(times)
}

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    stats::median(&values.collect::<Vec<f64>>()).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(rates: &[f64]) -> Vec<Seen> {
        let seen = |(n, &ops_per_sec)| Seen { n, ops_per_sec, mode: None, involuntary_switches: 0 };
        (0..).zip(rates).map(seen).collect()
    }

    /// Median 100, median absolute deviation 2.
    const USUAL: [f64; 9] = [96.0, 97.0, 98.0, 99.0, 100.0, 101.0, 102.0, 103.0, 104.0];

    #[test]
    fn a_round_beyond_five_deviations_is_odd_and_one_within_is_not() {
        let with = |other: f64| odd_rounds(&rounds(&[&USUAL[..], &[100.0, other]].concat()));
        assert_eq!(with(110.0), None);
        let odd = with(89.9).expect("it is 5.05 deviations off");
        assert_eq!((odd.rounds, odd.of, odd.worst.n), (1, 11, 10));
        assert!((odd.deviations - 5.05).abs() < 1e-9 && (odd.median - 100.0).abs() < 1e-9);
    }

    #[test]
    fn nobody_judges_by_few_rounds() {
        assert_eq!(odd_rounds(&rounds(&[100.0, 100.0, 100.0, 101.0, 5.0])), None);
    }

    #[test]
    fn rounds_are_compared_within_their_placement_only() {
        let mut both = rounds(&[&USUAL[..], &[100.0]].concat());
        let far = both.iter().map(|round| Seen {
            ops_per_sec: round.ops_per_sec / 3.0,
            mode: Some(PlacementMode::Far),
            ..*round
        });
        both = far.chain(both.clone()).collect();
        assert_eq!(odd_rounds(&both), None);
    }

    #[test]
    fn rounds_that_agree_to_the_digit_make_no_other_one_odd() {
        assert_eq!(odd_rounds(&rounds(&[&[100.0; 20][..], &[100.9]].concat())), None);
        assert!(odd_rounds(&rounds(&[&[100.0; 20][..], &[95.0]].concat())).is_some());
    }

    #[test]
    fn memory_is_odd_above_three_times_what_it_was() {
        assert_eq!(odd_memory(Some(20.0), Some(59.0)), None);
        assert_eq!(odd_memory(Some(20.0), Some(80.0)), Some(4.0));
        assert_eq!(odd_memory(None, Some(80.0)), None);
    }
}
