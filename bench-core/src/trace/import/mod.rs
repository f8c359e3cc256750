//! Turns recordings into traces: of pods, from which all formats share one way to ops, and of
//! accesses to keys. Nothing here opens a file: the caller hands in a reader, packed or not.

pub mod access;
pub mod audit;
mod history;
mod input;
mod interner;
mod json;
mod key_figures;
pub mod kubectl;
mod lifecycle;
pub mod lifecycle_csv;
mod lives;
mod numbers;
mod pace;
mod report;
mod superpose;

use std::collections::BTreeMap;
use std::{fmt, io};

use thiserror::Error;

pub use access::{AccessFormat, AccessOptions, Preload};
pub use history::{HistoryOptions, InitialPods};
pub use key_figures::KeyFigures;
pub use lifecycle_csv::{Columns, Options};
pub use pace::Speed;
pub use report::{ImportReport, PodCounts, Recording};
pub use superpose::{Copies, Superpose};

use crate::trace::TraceError;

/// Where in a recording something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Its first bytes.
    Start,
    /// A line, from 1.
    Line(u64),
    /// A byte, from 0.
    Byte(u64),
    /// An item of a list, from 1.
    Item(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Start => f.write_str("at its start"),
            Place::Line(line) => write!(f, "line {line}"),
            Place::Byte(offset) => write!(f, "byte {offset}"),
            Place::Item(item) => write!(f, "item {item}"),
        }
    }
}

/// Why a recording cannot be imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The bytes cannot be read or unpacked, or are no text.
    #[error("{label}, {at}: cannot be read: {what}")]
    Read {
        /// The file.
        label: String,
        /// Where.
        at: Place,
        /// What the reader said.
        what: String,
    },
    /// Something is not what the format says.
    #[error("{label}, {at}: {what}")]
    Bad {
        /// The file.
        label: String,
        /// Where.
        at: Place,
        /// What is wrong, and what to do.
        what: String,
    },
    /// The recording holds more than a trace can.
    #[error("{label}, {at}: there are more than {what} up to here; import it in parts")]
    TooMany {
        /// The file.
        label: String,
        /// Where.
        at: Place,
        /// The limit, and of what.
        what: &'static str,
    },
    /// An option does not fit the format or is out of its range.
    #[error("{what}")]
    Option {
        /// What is wrong, and what to do.
        what: String,
    },
    /// A line has fewer or more cells than the header.
    #[error(
        "{label}, line {line}: has {found} cells where the header has {expected}; \
         is the file cut off there? copy it again or delete the line"
    )]
    CutOff {
        /// The file.
        label: String,
        /// Line, from 1.
        line: u64,
        /// Cells of the line.
        found: u64,
        /// Cells of the header.
        expected: u64,
    },
    /// The header lacks a column.
    #[error(
        "{label}: has no column `{missing}` for the {role}; its columns are {}; \
         name the right one with `--map {role}=COLUMN`",
        list(found)
    )]
    MissingColumn {
        /// The file.
        label: String,
        /// What the column is for: `name`, `create`, `delete` or `schedule`.
        role: &'static str,
        /// The column that was looked for.
        missing: String,
        /// The columns there are.
        found: Vec<String>,
    },
    /// A cell is not a time.
    #[error(
        "{label}, line {line}: column `{column}` holds `{cell}`, which is not a time in seconds; \
         correct it or leave it empty"
    )]
    BadCell {
        /// The file.
        label: String,
        /// Line, from 1.
        line: u64,
        /// The column.
        column: String,
        /// The cell, shortened.
        cell: String,
    },
    /// A column mapping is not one.
    #[error("`{text}` is not a column mapping; write e.g. `name=instance_sn,create=creation_time`")]
    Mapping {
        /// The text.
        text: String,
    },
    /// No row is usable.
    #[error("{label}: has no usable row ({rows} read); check the columns or the window")]
    Empty {
        /// The file.
        label: String,
        /// Rows read.
        rows: u64,
    },
    /// Nothing in a recording of a cluster speaks of pods.
    #[error(
        "{label}: nothing in it is an event of a pod ({rows} read{skipped}); \
         check the format and how it was recorded"
    )]
    Nothing {
        /// The file.
        label: String,
        /// Events read.
        rows: u64,
        /// Why they were not used.
        skipped: String,
    },
    /// The result would not fit.
    #[error(
        "{label}: {copies} copies of {pods} pods make {what}; \
         use fewer copies or a shorter window (`--last-days`)"
    )]
    TooLarge {
        /// The file.
        label: String,
        /// Copies.
        copies: u32,
        /// Pods of one copy.
        pods: usize,
        /// Of what it is too much.
        what: String,
    },
    /// No number of copies is enough.
    #[error(
        "{label}: {copies} copies hold only {alive} pods alive at once, and more would not fit; \
         use a smaller shift or a shorter window"
    )]
    NeverAlive {
        /// The file.
        label: String,
        /// Copies that were tried.
        copies: u32,
        /// Most pods alive at once.
        alive: u32,
    },
    /// The ops break a rule of traces.
    #[error("{label}: {source}")]
    Trace {
        /// The file.
        label: String,
        /// The rule.
        source: TraceError,
    },
}

impl ImportError {
    fn read(label: &str, at: Place, error: &io::Error) -> Self {
        ImportError::Read { label: label.to_owned(), at, what: error.to_string() }
    }
}

/// The file of a label, without its folders: all that a trace says of where it came from.
fn file_name(label: &str) -> &str {
    label.rsplit(['/', '\\']).next().unwrap_or(label)
}

/// A time as Kubernetes writes it, in nanoseconds since 1970.
fn nanoseconds(text: &str) -> Option<i64> {
    let time: jiff::Timestamp = text.parse().ok()?;
    i64::try_from(time.as_nanosecond()).ok()
}

/// Reasons with their counts, to follow a number.
fn reasons(skipped: &BTreeMap<String, u64>) -> String {
    let listed: Vec<String> =
        skipped.iter().map(|(reason, rows)| format!("; {rows}: {reason}")).collect();
    listed.concat()
}

fn list(columns: &[String]) -> String {
    if columns.is_empty() { "none".to_owned() } else { columns.join(", ") }
}
