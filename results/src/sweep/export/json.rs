//! JSON of a sweep: what was asked, points, findings and models, as they are. It reads back to the
//! same sweep, to the bit.

use std::io::{self, Read, Write};

use super::super::judged::Sweep;

/// Writes it, with a line break at the end.
///
/// # Errors
/// What `out` says.
pub fn write(sweep: &Sweep, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, sweep)?;
    writeln!(out)
}

/// Reads what [`write()`] wrote.
///
/// # Errors
/// What is no sweep in JSON, with line and column.
pub fn read(input: impl Read) -> Result<Sweep, serde_json::Error> {
    serde_json::from_reader(input)
}
