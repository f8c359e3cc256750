//! Two cells against each other: quads ABBA or BAAB, in which every round executes the same ops, so
//! that the ratio of two neighbours is of the maps and of nothing else. Which quads there are is
//! decided here; what their ratios say is the statistics' business.

use mapbench_core::event::{RoundReport, RunEvent, Work};
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::plan::Plan;

/// Words of the first probe: hardly anything for a map, and bearable where each word is a scan.
const FIRST_PROBE_WORDS: u64 = 4_096;
/// Most times as long as the one before a probe may be: the first ones run on cold caches.
const GROWTH: u64 = 64;
/// Most probes of a pair.
const MOST_PROBES: u32 = 5;
/// A probe that takes this long tells the speed well enough. Nanoseconds.
const LONG_PROBE_NS: u64 = 20_000_000;
/// The warm-up of the slower cell takes at most this many times as long as was asked for.
const MOST_WARM: u64 = 10;

/// The order of a quad: `first` has the outer rounds.
pub(super) fn order(cells: [u32; 2], random: &mut Xoshiro256PlusPlus) -> [u32; 4] {
    let [a, b] = cells;
    if random.next_u32() & 1 == 0 { [a, b, b, a] } else { [b, a, a, b] }
}

/// How many words make a round of a pair, found by probes: rounds that nobody measures.
#[derive(Debug)]
pub(super) struct Sizing {
    round_ns: u64,
    warm_ns: u64,
    /// Words of the next probe of both cells.
    words: u64,
    probes: u32,
}

impl Sizing {
    /// Of a pair whose rounds can be counted in words; `None` if they cannot.
    pub(super) fn of(plan: &Plan, cell: u32) -> Option<Self> {
        plan.counts_words(cell).then(|| Sizing {
            round_ns: plan.round_ns(cell),
            warm_ns: plan.settings.warm_ns,
            words: FIRST_PROBE_WORDS,
            probes: 0,
        })
    }

    /// What both cells run next. They always run the same, so that they stay at the same place of
    /// the trace.
    pub(super) fn probe(&self) -> Work {
        Work::Words { warm: 0, measured: self.words }
    }

    /// Takes what the probe of each cell measured. Returns the work of a round once it is known:
    /// what the slower cell does in the length of a round, after what the faster one does while it
    /// warms up.
    pub(super) fn heed(&mut self, reports: [&RoundReport; 2]) -> Option<Work> {
        self.probes += 1;
        let elapsed = reports.map(|report| report.elapsed_ns.max(1));
        let (fast_ns, slow_ns) = (elapsed[0].min(elapsed[1]), elapsed[0].max(elapsed[1]));
        let in_time = |ns: u64, elapsed_ns: u64| -> u64 {
            (u128::from(self.words) * u128::from(ns) / u128::from(elapsed_ns)) as u64
        };
        let long_ns = LONG_PROBE_NS.min(self.round_ns);
        if slow_ns < long_ns / 2 && self.probes < MOST_PROBES {
            let wanted = in_time(long_ns, slow_ns);
            self.words = wanted.clamp(self.words + 1, self.words * GROWTH);
            return None;
        }
        let most_ns = self.round_ns.max(self.warm_ns.saturating_mul(MOST_WARM));
        Some(Work::Words {
            warm: in_time(self.warm_ns, fast_ns).min(in_time(most_ns, slow_ns)),
            measured: in_time(self.round_ns, slow_ns).max(1),
        })
    }
}

/// Says what each round of a pair executes.
pub(super) fn event(cells: [u32; 2], work: Work) -> RunEvent {
    RunEvent::Quads { cells, work }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The work that probes of two cells with so many nanoseconds per word come to.
    fn sized(ns_per_word: [u64; 2], round_ns: u64, warm_ns: u64) -> Work {
        let mut sizing = Sizing { round_ns, warm_ns, words: FIRST_PROBE_WORDS, probes: 0 };
        loop {
            let Work::Words { measured, .. } = sizing.probe() else { panic!("a probe of words") };
            let report = |ns: u64| RoundReport { elapsed_ns: ns * measured, ..Default::default() };
            let [a, b] = ns_per_word.map(report);
            if let Some(work) = sizing.heed([&a, &b]) {
                return work;
            }
        }
    }

    #[test]
    fn a_round_is_what_the_slower_cell_does_and_the_warm_up_what_the_faster_one_does() {
        // 200 ms at 50 ns and 10 ms at 20 ns.
        let expected = Work::Words { warm: 500_000, measured: 4_000_000 };
        assert_eq!(sized([20, 50], 200_000_000, 10_000_000), expected);
        assert_eq!(sized([50, 20], 200_000_000, 10_000_000), expected);
    }

    #[test]
    fn a_map_a_thousand_times_slower_does_not_warm_up_for_ever() {
        // 10 ms of the faster one are 1 million words, 10 s of the slower one: it gets 200 ms.
        let work = sized([10, 10_000], 200_000_000, 10_000_000);
        assert_eq!(work, Work::Words { warm: 20_000, measured: 20_000 });
    }

    #[test]
    fn a_word_longer_than_a_round_still_makes_a_round() {
        let work = sized([1_000_000_000, 1], 10_000_000, 1_000_000);
        assert!(matches!(work, Work::Words { measured: 1, .. }), "{work:?}");
    }
}
