//! What a run says of itself: under each group what the harness costs, under all of them what one
//! map against itself differed by and what the run could not have told apart.

use std::fmt::Write as _;

use crate::label;
use crate::summary::{CellSummary, Noise, RunSummary};
use crate::units;

/// The floor of a group, if it was measured.
pub(super) fn floor(text: &mut String, summary: &RunSummary, group: &[&CellSummary]) {
    let mut shares: Vec<(f64, String)> = Vec::new();
    let mut floor = None;
    for cell in group {
        let calibration = summary.calibration(cell);
        floor = floor.or(calibration.floor_ns_per_op);
        let share = calibration.floor_share.map(|share| (share, label::adapter(cell.cell())));
        shares.extend(share);
    }
    shares.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (Some(floor), Some(least), Some(most)) = (floor, shares.first(), shares.last()) else {
        return;
    };
    let range = if shares.len() == 1 {
        format!("{} % of {}", units::percent(least.0), least.1)
    } else {
        let (low, high) = (units::percent(least.0), units::percent(most.0));
        format!("{low} % of {} to {high} % of {}", least.1, most.1)
    };
    let _ = writeln!(text, "harness: {floor:.1} ns of each op, {range}\n");
}

/// One map against itself, a line for each number of threads.
pub(super) fn noise(text: &mut String, summary: &RunSummary) {
    let mut known = Vec::new();
    for cell in summary.cells() {
        let threads = cell.cell().threads;
        if known.contains(&threads) {
            continue;
        }
        let noise = summary.calibration(cell).noise;
        let Some((noise, [twin, _])) = noise.zip(summary.twins(threads)) else { continue };
        known.push(threads);
        let _ = writeln!(text, "{}", spelled(&noise, threads, &label::adapter(twin.cell())));
    }
}

fn spelled(noise: &Noise, threads: u32, adapter: &str) -> String {
    let detectable = noise.detectable.map_or_else(
        || "too few rounds to say what this run could tell apart".to_owned(),
        |share| format!("this run can tell {} % apart", units::percent(share)),
    );
    let threads = if threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads") };
    format!(
        "noise: at {threads} {adapter} was {:.3}x as fast as itself [{:.3} to {:.3}, {} quads]; \
         {detectable}",
        noise.ratio, noise.interval.low, noise.interval.high, noise.quads
    )
}
