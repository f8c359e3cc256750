//! The table of a run that counted instructions: per op, with the harness's share, and what of it is
//! the map's.

use super::{grid, status};
use crate::label;
use crate::summary::CellSummary;
use crate::units::Charset;

/// What the columns mean, and what they do not.
pub(super) const FOOTNOTES: &str = "instr/op: instructions of the hot loop per op, by callgrind, \
    the harness's own included; over noop: without those of a map that does nothing\n\
    They are exact and repeat to the digit. They say nothing of time, of caches or of contention: \
    one thread ran.\n";

/// The adapter that costs what the harness costs.
const FLOOR: &str = "noop";

/// The rows of a group.
pub(super) fn table(group: &[&CellSummary], charset: Charset) -> String {
    let absent = || charset.absent().to_owned();
    let spelled = |count: Option<f64>| count.map_or_else(absent, |count| format!("{count:.3}"));
    let floor = group.iter().find(|cell| cell.cell().adapter == FLOOR);
    let floor = floor.and_then(|cell| cell.instructions_per_op());
    let rows = group.iter().map(|cell| {
        let count = cell.instructions_per_op();
        let over = count.zip(floor).map(|(count, floor)| count - floor);
        vec![label::adapter(cell.cell()), spelled(count), spelled(over), status(cell.row())]
    });
    grid(&["adapter", "instr/op", "over noop", "status"], rows.collect(), charset)
}
