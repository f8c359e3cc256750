//! What is said of one window, by quads and as sequential blocks.

use mapbench_results::gate::{self, Comparison, Verdict};
use mapbench_results::stats::{
    LEVEL, Looks, Pressure, Proportion, Quads, compare_quads, holm, trimmed_difference,
};

use crate::stream::Stretch;

/// What was said of some windows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Called different at .05 as sequential blocks: A's rounds of the first half against B's of
    /// the second, Welch's t.
    pub(crate) blocks: Proportion,
    /// Called different at .05 by quads.
    pub(crate) quads: Proportion,
    /// Detected by the gate.
    pub(crate) detected: Proportion,
    /// Failed by the gate.
    pub(crate) fail: Proportion,
    /// Called the same by the gate.
    pub(crate) same: Proportion,
    /// Inconclusive, noisy ones not counted.
    pub(crate) inconclusive: Proportion,
    /// Inconclusive because something disturbed them.
    pub(crate) noisy: Proportion,
    /// Windows with too few quads of one placement mode to say anything of: counted in no other.
    pub(crate) empty: u64,
}

impl Tally {
    /// Adds what is said of one window, given its stretches in order.
    pub(crate) fn add(&mut self, window: &[&Stretch], threads: u32, floor: Option<f64>) {
        let quads = Quads {
            whole: window.iter().flat_map(|s| s.quads.whole.iter().copied()).collect(),
            flipped: window.iter().map(|stretch| stretch.quads.flipped).sum(),
        };
        let pressure = window.first().map_or(Pressure::default(), |stretch| stretch.pressure);
        let compared = compare_quads(&quads, threads, pressure);
        if compared.is_empty() {
            self.empty += 1;
            return;
        }
        let p_values: Vec<f64> = compared.iter().map(|pair| pair.log_ratio.p_value()).collect();
        self.quads.count(holm(&p_values).iter().any(|adjusted| adjusted.p < LEVEL));
        let comparisons: Vec<Comparison> =
            compared.iter().map(|pair| Comparison::of(pair, floor)).collect();
        let judged = gate::judge(&comparisons, Looks::One);
        let any = |test: &dyn Fn(&gate::Judgement) -> bool| judged.iter().any(test);
        let fails = any(&|judged| judged.verdict == Verdict::Fail);
        let noisy = any(&|judged| matches!(judged.verdict, Verdict::Noisy(_)));
        let unsure = any(&|judged| judged.verdict == Verdict::Inconclusive);
        // Disturbed windows say nothing, so they detect nothing.
        self.detected.count(any(&|j| j.detected && !matches!(j.verdict, Verdict::Noisy(_))));
        self.fail.count(fails);
        self.noisy.count(!fails && noisy);
        self.inconclusive.count(!fails && !noisy && unsure);
        self.same.count(!fails && !noisy && !unsure);
        self.blocks.count(as_blocks(window));
    }
}

/// Whether the rounds differ if they had been measured one cell after the other.
fn as_blocks(window: &[&Stretch]) -> bool {
    let (first, second) = window.split_at(window.len() / 2);
    let a: Vec<f64> = first.iter().flat_map(|stretch| stretch.a.iter().copied()).collect();
    let b: Vec<f64> = second.iter().flat_map(|stretch| stretch.b.iter().copied()).collect();
    trimmed_difference(&a, &b, 0.0).is_some_and(|difference| difference.p_value() < LEVEL)
}
