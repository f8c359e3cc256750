//! CSV: one row per cell and op class, per fork and op class, and on request per round. Times are
//! whole nanoseconds; a figure that does not exist is an empty field. Columns are added at the
//! end, never renamed, moved or taken away.
//!
//! The maps of a trace have rows of a level of their own, `map`, so that whoever selects the levels
//! `cell`, `fork` or `round` gets each figure once. Whether a row of a map is of a cell, a fork or
//! a round shows in `fork` and `round`, which are empty above. In all other rows `map` is `all`.

use std::io::{self, Write};

use mapbench_core::event::RunEvent;

use super::columns::COLUMNS;
use super::lines;
use crate::summary::RunSummary;

/// The names of the columns, in order.
pub fn header() -> Vec<&'static str> {
    COLUMNS.iter().map(|column| column.name).collect()
}

/// Writes the header, every row of a summary, a row per round in `events`, and a row per
/// combination that was left out.
///
/// # Errors
/// What `out` says.
pub fn write(summary: &RunSummary, events: &[RunEvent], out: &mut dyn Write) -> io::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(header())?;
    lines::each(summary, events, &mut |line| Ok(rows.write_record(line.fields())?))?;
    rows.flush()
}
