//! The line below a table of two cells that ran in quads: how many times as fast one is as the
//! other, in each placement mode, or why that cannot be said.

use std::fmt::Write as _;

use crate::label;
use crate::stats::{PairedEstimate, Quads, compare_quads};
use crate::summary::{CellSummary, RunSummary, mode_name};

/// Chance that an interval leaves out the true ratio.
const ALPHA: f64 = 0.05;

pub(super) fn write(text: &mut String, summary: &RunSummary, group: &[&CellSummary]) {
    for (a, b) in summary.pairs() {
        let shown = |cell: &CellSummary| group.iter().any(|row| row.cell().id == cell.cell().id);
        if !shown(a) || !shown(b) {
            continue;
        }
        let quads = Quads::of(&a.samples(), &b.samples());
        let pressure = a.row().disturbance.pressure.worse(b.row().disturbance.pressure);
        for pair in compare_quads(&quads, a.cell().threads, pressure) {
            let (a, b) = (label::adapter(a.cell()), label::adapter(b.cell()));
            let _ = writeln!(text, "{a} against {b}: {}", spelled(&pair));
        }
    }
}

fn spelled(pair: &PairedEstimate) -> String {
    let interval = pair.log_ratio.interval(ALPHA);
    let mut text = format!(
        "{:.3}x [{:.3} to {:.3}] of {} quads",
        pair.log_ratio.value.exp(),
        interval.low.exp(),
        interval.high.exp(),
        pair.log_ratio.n
    );
    if let Some(mode) = pair.mode {
        let _ = write!(text, ", {}", mode_name(mode));
    }
    if pair.dropped > 0 {
        let _ = write!(text, ", {} more dropped for preemptions", pair.dropped);
    }
    if !pair.noise.is_empty() {
        let causes: Vec<String> = pair.noise.iter().map(ToString::to_string).collect();
        let _ = write!(text, "; INCONCLUSIVE (noisy): {}", causes.join(", "));
    }
    text
}
