//! Exports of a history, one file per format. Nothing is computed here.

pub mod csv;
pub mod json;
pub mod svg;

use std::io::{self, Write};
use std::str::FromStr;

use thiserror::Error;

use super::History;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryFormat {
    /// The points: comma-separated values with a header.
    Csv,
    /// The change points, likewise.
    CsvChanges,
    /// Both, with the machines.
    Json,
}

/// There is no such format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no export format {name:?} of a history; use csv, csv-changes or json")]
pub struct UnknownHistoryFormat {
    /// What was asked for.
    pub name: String,
}

impl HistoryFormat {
    /// Every format.
    pub const ALL: [HistoryFormat; 3] =
        [HistoryFormat::Csv, HistoryFormat::CsvChanges, HistoryFormat::Json];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            HistoryFormat::Csv => "csv",
            HistoryFormat::CsvChanges => "csv-changes",
            HistoryFormat::Json => "json",
        }
    }
}

impl FromStr for HistoryFormat {
    type Err = UnknownHistoryFormat;

    fn from_str(name: &str) -> Result<Self, UnknownHistoryFormat> {
        let known = HistoryFormat::ALL.into_iter().find(|format| format.name() == name);
        known.ok_or_else(|| UnknownHistoryFormat { name: name.to_owned() })
    }
}

/// Writes the series at these positions in a format.
///
/// # Errors
/// What `out` says.
pub fn write(
    format: HistoryFormat,
    history: &History,
    positions: &[usize],
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        HistoryFormat::Csv => csv::write(history, positions, out),
        HistoryFormat::CsvChanges => csv::write_changes(history, positions, out),
        HistoryFormat::Json => json::write(history, positions, out),
    }
}
