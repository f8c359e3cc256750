//! Turns recorded cluster activity into traces. Each format reads rows into pod lifecycles; from
//! there on all share one way to ops. Nothing here opens a file: the caller hands in a reader.

mod lifecycle;
pub mod lifecycle_csv;
mod report;
mod superpose;

use thiserror::Error;

pub use lifecycle_csv::{Columns, Options};
pub use report::ImportReport;
pub use superpose::{Copies, Superpose};

use crate::trace::TraceError;

/// Why a recording cannot be imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The text cannot be read.
    #[error("{label}, line {line}: cannot be read: {source}")]
    Read {
        /// The file.
        label: String,
        /// Line, from 1.
        line: u64,
        /// What the reader said.
        source: csv::Error,
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

fn list(columns: &[String]) -> String {
    if columns.is_empty() { "none".to_owned() } else { columns.join(", ") }
}
