//! How formats that know nothing of settings call a cell: one line of ASCII that stays the same from
//! run to run, so that others can keep a series of it. Figures of two placement modes are two
//! things, and so are those of two arms.

use mapbench_core::event::Cell;

use super::columns::arm_name;
use crate::label;
use crate::summary::{CellSummary, mode_name};
use crate::units::Charset;

/// `sharded: curated/read-heavy, 2 threads, u64 keys, 8 B values, foldhash, near`.
pub(super) fn of(cell: &CellSummary) -> String {
    let mode = cell.row().placement.map(|shares| mode_name(shares.mode));
    with_mode(cell.cell(), mode)
}

/// Likewise, of the figures of a mode; `None` at one thread.
pub(super) fn with_mode(cell: &Cell, mode: Option<&str>) -> String {
    let mut name = format!("{}: {}", label::adapter(cell), label::setting(cell, Charset::Ascii));
    for part in mode.into_iter().chain(cell.arm.map(arm_name)) {
        name.push_str(", ");
        name.push_str(part);
    }
    name
}

/// The adapter as tables call it, with its arm in a comparison.
pub(super) fn adapter(cell: &Cell) -> String {
    let adapter = label::adapter(cell);
    cell.arm.map_or(adapter.clone(), |arm| format!("{adapter}, {}", arm_name(arm)))
}
