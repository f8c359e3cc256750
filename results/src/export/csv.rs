//! CSV: one row per cell and op class, per fork and op class, and on request per round. Times are
//! whole nanoseconds; a figure that does not exist is an empty field. Columns are added at the
//! end, never renamed, moved or taken away.
//!
//! The maps of a trace have rows of a level of their own, `map`, so that whoever selects the levels
//! `cell`, `fork` or `round` gets each figure once. Whether a row of a map is of a cell, a fork or
//! a round shows in `fork` and `round`, which are empty above. In all other rows `map` is `all`.

mod columns;

use std::io::{self, Write};

use mapbench_core::event::RunEvent;

use self::columns::Line;
use crate::summary::{Level, RunSummary, round_map_rows, round_rows};

/// The names of the columns, in order.
pub fn header() -> Vec<&'static str> {
    columns::COLUMNS.iter().map(|column| column.name).collect()
}

/// Writes the header, every row of a summary, a row per round in `events`, and a row per
/// combination that was left out.
///
/// # Errors
/// What `out` says.
pub fn write(summary: &RunSummary, events: &[RunEvent], out: &mut dyn Write) -> io::Result<()> {
    let begin = summary.begin();
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(header())?;
    let mut put = |line: Line<'_>| rows.write_record(line.fields());
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
        let RunEvent::Round { cell, fork, report } = event else { continue };
        if report.sampled {
            continue;
        }
        let Some(cell) = summary.cell(*cell).filter(|cell| cell.cell().role.is_measured()) else {
            continue;
        };
        for row in round_rows(cell.cell(), *fork, report) {
            put(Line::of_row(begin, cell.cell(), &row))?;
        }
        for row in round_map_rows(cell.cell(), *fork, report) {
            put(Line::of_map(begin, cell.cell(), &row))?;
        }
    }
    for skipped in &begin.skipped {
        put(Line::of_skipped(begin, skipped))?;
    }
    rows.flush()
}
