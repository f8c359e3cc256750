//! When the rounds of a group may end before all that were planned are done: as soon as its
//! intervals are narrow enough, whatever they say, or at a look that was settled before the run, at
//! a level that allows for all of them: once a pair differs, or, where the gate will judge it, once
//! the gate would say the same of it as at the end. Measures nothing, and never looks at anything else.

use std::collections::HashMap;

use mapbench_core::event::{PlacementMode, StopRule};
use mapbench_results::gate;
use mapbench_results::stats::{
    Estimate, FamilyLevel, Interval, LEVEL, Looks, PairedEstimate, Pressure, Quads, RoundSample,
    compare_quads, is_narrow, median_interval,
};

/// Fewest rounds of a cell, or quads of a pair, in each fork before a width is believed.
const FEWEST: usize = 5;

/// The rules of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Half of each interval, relative to the estimate, at which rounds end.
    pub until: Option<f64>,
    /// Looks at each pair.
    pub looks: Looks,
    /// Tests that the gate makes of the pairs together; `None` if it does not judge them, and a
    /// look is for a difference of any size.
    pub gate_tests: Option<u32>,
}

impl Default for Rules {
    fn default() -> Self {
        Rules { until: None, looks: Looks::One, gate_tests: None }
    }
}

impl Rules {
    /// Whether rounds may end early.
    pub fn any(self) -> bool {
        self.until.is_some() || self.looks != Looks::One
    }

    /// The half width of a fork: forks share the work, so that the first need only be as narrow as
    /// their part of all rounds makes them.
    fn width(self, fork: u32, forks: u32) -> Option<f64> {
        let part = f64::from(forks.max(1)) / f64::from(fork + 1);
        self.until.map(|until| until * part.sqrt())
    }

    /// The level at which a look ends a pair; `None` if it goes on. The noise floor is as for
    /// [`gate::delta`].
    fn plain_at(self, log_ratio: &Estimate, floor: Option<f64>) -> Option<f64> {
        let Some(tests) = self.gate_tests else {
            let alpha = self.looks.nominal_alpha(FamilyLevel::FivePercent);
            return (!log_ratio.interval(alpha).contains(0.0)).then_some(alpha);
        };
        // What the other pairs will say is not known; Holm's procedure leaves each at least this.
        let alpha = self.looks.nominal_alpha(gate::FAMILY) / f64::from(tests.max(1));
        let interval = log_ratio.interval(alpha);
        let delta = gate::delta(floor).ln_1p();
        let fails = interval.low > 0.0 && log_ratio.value > delta;
        (fails || interval.high < delta).then_some(alpha)
    }
}

/// What has been measured of the cells whose rounds may end early.
#[derive(Debug, Default)]
pub(super) struct Watch {
    samples: HashMap<u32, Vec<RoundSample>>,
    /// Pairs that a look has ended, by their first cell.
    ended: Vec<u32>,
}

impl Watch {
    /// Takes a round.
    pub(super) fn take(&mut self, cell: u32, round: RoundSample) {
        self.samples.entry(cell).or_default().push(round);
    }

    /// Whether a look has ended a pair.
    pub(super) fn has_ended(&self, cells: [u32; 2]) -> bool {
        self.ended.contains(&cells[0])
    }

    /// Rounds of a cell so far, over all forks.
    pub(super) fn rounds(&self, cell: u32) -> u32 {
        self.of(cell).len() as u32
    }

    /// What twins differ by so far, as a share.
    fn floor(&self, twins: [u32; 2]) -> Option<f64> {
        let logs = estimate(&Quads::of(self.of(twins[0]), self.of(twins[1])))?.log_ratio;
        let logs = logs.interval(LEVEL);
        let furthest = logs.low.abs().max(logs.high.abs()).exp_m1();
        furthest.is_finite().then_some(furthest)
    }

    fn of(&self, cell: u32) -> &[RoundSample] {
        self.samples.get(&cell).map_or(&[], Vec::as_slice)
    }

    /// Whether the cells of a group are known well enough for a fork.
    pub(super) fn block(
        &self,
        rules: Rules,
        cells: &[u32],
        fork: u32,
        forks: u32,
    ) -> Option<StopRule> {
        let width = rules.width(fork, forks)?;
        let narrow = |&cell: &u32| {
            let rounds = self.of(cell);
            rounds.iter().filter(|round| round.fork == fork).count() >= FEWEST
                && median_interval(&by_fork(rounds)).is_some_and(|at| is_narrow(at, width))
        };
        cells.iter().all(narrow).then_some(StopRule::Width(rules.until?))
    }

    /// Whether the ratio of a pair is known well enough for a fork, or a look found its verdict;
    /// `planned` quads are those of all forks, `twins` the cells whose ratio is the noise floor.
    pub(super) fn quad(
        &mut self,
        rules: Rules,
        cells: [u32; 2],
        twins: Option<[u32; 2]>,
        (fork, forks): (u32, u32),
        planned: usize,
    ) -> Option<StopRule> {
        let quads = Quads::of(self.of(cells[0]), self.of(cells[1]));
        let done = self.of(cells[0]).len() / 2;
        let pair = estimate(&quads)?;
        if rules.looks.is_due(done, planned) && done < planned {
            let floor = twins.and_then(|twins| self.floor(twins));
            if rules.looks != Looks::One
                && let Some(alpha) = rules.plain_at(&pair.log_ratio, floor)
            {
                let of = rules.looks.count();
                let look = (done * of as usize / planned.max(1)) as u32;
                self.ended.push(cells[0]);
                return Some(StopRule::Look { look, of, alpha });
            }
        }
        let width = rules.width(fork, forks)?;
        let logs = pair.log_ratio.interval(LEVEL);
        let ratio = Interval { low: logs.low.exp(), high: logs.high.exp() };
        let enough = quads.whole.iter().filter(|quad| quad.fork == fork).count() >= FEWEST;
        (enough && is_narrow(ratio, width)).then_some(StopRule::Width(rules.until?))
    }
}

/// The estimate of the placement mode that most quads ran in.
fn estimate(quads: &Quads) -> Option<PairedEstimate> {
    // Dropping for preemptions is for the result; here it would let noise end a run.
    let modes = compare_quads(quads, 2, Pressure::default());
    modes.into_iter().max_by_key(|of_mode| of_mode.log_ratio.n)
}

/// The throughput of the rounds in the most frequent placement mode, by fork.
fn by_fork(rounds: &[RoundSample]) -> Vec<Vec<f64>> {
    let in_mode = |mode| rounds.iter().filter(move |round| round.mode == mode);
    let modes = [None, Some(PlacementMode::Near), Some(PlacementMode::Far)];
    let most = modes.into_iter().max_by_key(|&mode| in_mode(mode).count()).unwrap_or(None);
    let mut forks: Vec<Vec<f64>> = Vec::new();
    for round in in_mode(most) {
        let fork = round.fork as usize;
        if forks.len() <= fork {
            forks.resize(fork + 1, Vec::new());
        }
        forks[fork].push(round.ops_per_sec);
    }
    forks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells 0 and 1 over one fork of quads, the first `factor` times as fast, both within a
    /// wobble.
    fn watch(factor: f64, wobble: f64, quads: u32) -> Watch {
        let mut watch = Watch::default();
        for n in 0..2 * quads {
            let moved = 1.0 + wobble * f64::from(n * 7 % 5) / 5.0;
            for (cell, ops_per_sec) in [(0, 1e6 * factor * moved), (1, 1e6)] {
                watch.take(
                    cell,
                    RoundSample { fork: 0, n, mode: None, ops_per_sec, preempted: false },
                );
            }
        }
        watch
    }

    #[test]
    fn a_width_ends_rounds_once_it_is_reached_and_not_before_five() {
        let rules = Rules { until: Some(0.01), ..Rules::default() };
        let rule = Some(StopRule::Width(0.01));
        assert_eq!(watch(1.0, 0.001, 10).block(rules, &[0, 1], 0, 1), rule);
        assert_eq!(watch(1.0, 0.001, 2).block(rules, &[0, 1], 0, 1), None);
        assert_eq!(watch(1.0, 0.5, 10).block(rules, &[0, 1], 0, 1), None);
        // The first of four forks need be half as narrow only.
        assert_eq!(watch(1.0, 0.03, 10).block(rules, &[0, 1], 0, 4), rule);
        assert_eq!(watch(1.0, 0.001, 10).quad(rules, [0, 1], None, (0, 1), 100), rule);
        assert_eq!(watch(1.0, 0.5, 10).quad(rules, [0, 1], None, (0, 1), 100), None);
    }

    #[test]
    fn a_look_ends_a_pair_that_differs_and_only_where_it_was_settled() {
        let rules = Rules { looks: Looks::Four, ..Rules::default() };
        let mut differs = watch(1.2, 0.02, 10);
        let rule = StopRule::Look { look: 1, of: 4, alpha: 0.0182 };
        assert_eq!(differs.quad(rules, [0, 1], None, (0, 1), 41), None, "no look is due");
        assert!(!differs.has_ended([0, 1]));
        assert_eq!(differs.quad(rules, [0, 1], None, (0, 1), 40), Some(rule));
        assert!(differs.has_ended([0, 1]));
        assert_eq!(watch(1.0, 0.0, 10).quad(rules, [0, 1], None, (0, 1), 40), None);
    }

    #[test]
    fn a_look_ends_a_comparison_once_the_gate_would_say_the_same_as_at_the_end() {
        let known = |slowdown: f64, standard_error| Estimate {
            value: slowdown.ln_1p(),
            standard_error,
            df: 30.0,
            n: 40,
        };
        let run = Rules { looks: Looks::Four, ..Rules::default() };
        let one = Rules { gate_tests: Some(1), ..run };
        // Detected at 5 % of a run, not at 1 % of the gate.
        assert_eq!(run.plain_at(&known(0.05, 0.018), None), Some(0.0182));
        assert_eq!(one.plain_at(&known(0.05, 0.018), None), None);
        let alpha = Some(0.003_30);
        assert_eq!(one.plain_at(&known(0.05, 0.01), None), alpha, "it fails");
        let ten = Rules { gate_tests: Some(10), ..run };
        assert_eq!(ten.plain_at(&known(0.05, 0.013), None), None, "one of ten needs more");
        assert_eq!(ten.plain_at(&known(0.05, 0.01), None), alpha.map(|alpha| alpha / 10.0));
        // A sure difference whose size is not: whether it fails is open.
        assert_eq!(one.plain_at(&known(0.015, 0.003), None), None);
        assert_eq!(one.plain_at(&known(0.05, 0.01), Some(0.02)), None, "the machine is coarse");
        assert_eq!(one.plain_at(&known(0.001, 0.002), None), alpha, "it is the same");
        assert_eq!(one.plain_at(&known(-0.2, 0.02), None), alpha, "faster does not fail");
    }
}
