//! The lines that the formats with rows have, in their order: of every cell and op class, of its
//! forks and maps, of rounds if there are events, and of what was left out. Writes nothing.

use std::io;

use mapbench_core::event::RunEvent;

use super::columns::Line;
use crate::summary::{Level, RunSummary, round_map_rows, round_rows};

/// Hands every line to `put`; rounds only of `events`.
///
/// # Errors
/// The first one of `put`.
pub(super) fn each(
    summary: &RunSummary,
    events: &[RunEvent],
    put: &mut dyn FnMut(Line<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let begin = summary.begin();
    for cell in summary.cells() {
        for row in cell.rows() {
            let line = Line::of_row(begin, cell.cell(), &row);
            let whole = row.level == Level::Cell && row.op_class.is_none();
            put(if whole { line.calibrated(summary.calibration(cell)) } else { line })?;
        }
        for row in cell.map_rows() {
            put(Line::of_map(begin, cell.cell(), &row))?;
        }
    }
    for event in events {
        round(summary, event, put)?;
    }
    begin.skipped.iter().try_for_each(|skipped| put(Line::of_skipped(begin, skipped)))
}

/// The lines of one round, if the event is one that counts.
fn round(
    summary: &RunSummary,
    event: &RunEvent,
    put: &mut dyn FnMut(Line<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let RunEvent::Round { cell, fork, report } = event else { return Ok(()) };
    let measured = summary.cell(*cell).filter(|cell| cell.cell().role.is_measured());
    let Some(cell) = measured.filter(|_| !report.sampled) else { return Ok(()) };
    let (begin, cell) = (summary.begin(), cell.cell());
    for row in round_rows(cell, *fork, report) {
        put(Line::of_row(begin, cell, &row))?;
    }
    for row in round_map_rows(cell, *fork, report) {
        put(Line::of_map(begin, cell, &row))?;
    }
    Ok(())
}
