//! Whether the harness itself got slower or faster between two arms: the map that keeps nothing, in
//! quads like every other. What it shifted by is in every cell of the setting, so that a difference
//! may be the harness's and not the map's. Shown; it fails nothing.

use super::HarnessShift;
use super::paired::estimates;
use super::pairing::{self, Pair};
use crate::gate::{self, Comparison};
use crate::label;
use crate::stats::{Looks, Quads};
use crate::summary::CellSummary;
use crate::summary::RunSummary;
use crate::units::Charset;

/// The shift of each setting that was measured in both arms, judged as a family of its own.
/// `measured` are the cells that a shift may move.
pub(super) fn shifts(
    summary: &RunSummary,
    measured: &[Pair<'_>],
    looks: Looks,
) -> Vec<HarnessShift> {
    let mut found = Vec::new();
    for pair in pairing::floors(summary) {
        let quads = Quads::of(&pair.a.samples(), &pair.b.samples());
        found.extend(estimates(pair, &quads).into_iter().map(|estimate| (pair, estimate)));
    }
    let comparisons: Vec<Comparison> =
        found.iter().map(|(_, estimate)| Comparison::of(estimate, None)).collect();
    let judged = gate::judge(&comparisons, looks);
    let shifts = found.iter().zip(judged).map(|((pair, estimate), judgement)| {
        let (share, adapter) = largest_share(*pair, measured, judgement.slowdown);
        HarnessShift {
            setting: label::setting(pair.b.cell(), Charset::Ascii),
            mode: estimate.mode,
            judgement,
            share,
            adapter,
        }
    });
    shifts.collect()
}

/// What a slowdown of the floor is of the time per op of the cell that it is the most of: the
/// fastest one.
fn largest_share(floor: Pair<'_>, measured: &[Pair<'_>], slowdown: f64) -> (f64, String) {
    let setting = |cell: &CellSummary| label::setting(cell.cell(), Charset::Ascii);
    let wanted = setting(floor.a);
    let rate = |cell: &CellSummary| cell.row().ops_per_sec_median.filter(|rate| *rate > 0.0);
    let Some(floor_rate) = rate(floor.a) else { return (0.0, String::new()) };
    let shares = measured.iter().filter(|pair| setting(pair.a) == wanted).filter_map(|pair| {
        // Both times are one over a rate: the shift over the cell's time is a ratio of rates.
        Some((slowdown * rate(pair.a)? / floor_rate, label::adapter(pair.a.cell())))
    });
    shares.max_by(|one, other| one.0.abs().total_cmp(&other.0.abs())).unwrap_or_default()
}
