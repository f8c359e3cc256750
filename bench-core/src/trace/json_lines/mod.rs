//! A trace as lines of JSON, for people: to read, to edit and to write by hand. The first line is
//! the header; every other one is an event, or an op where ops have no events. The lines of a trace
//! give the same trace again, to the byte of its file.
//!
//! ```text
//! {"mapbench_trace":2,"name":"…","shape":"one-shot","maps":[{"id":"M0","keys":500}],"actors":[…]}
//! {"actor":"scheduler","event":12,"follows":9,"at_ns":5000,"ops":[["get","M0",17],["range","M7",40,500]]}
//! {"actor":"worker","op":["get","M0",17]}
//! ```

mod read;
mod wire;
mod write;

use std::io;

use thiserror::Error;

pub use read::read;
pub use write::write;

/// Longest line that is read. Bytes.
pub const MAX_LINE_BYTES: usize = 16 << 20;

/// Why lines are not those of a trace. Each names the file, and where it can the line.
#[derive(Debug, Error)]
pub enum JsonLinesError {
    /// The lines cannot be read at all.
    #[error("{label}, line {line}: cannot be read: {source}")]
    Io {
        /// The file.
        label: String,
        /// The line, from 1.
        line: usize,
        /// What the system said.
        source: io::Error,
    },
    /// A line is not one of a trace.
    #[error("{label}, line {line}{}: {what}", column.map(|at| format!(", column {at}")).unwrap_or_default())]
    Line {
        /// The file.
        label: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1, where it is known.
        column: Option<usize>,
        /// What is wrong and what to write.
        what: String,
    },
    /// The lines together break a rule of traces.
    #[error("{label}: {what}")]
    Trace {
        /// The file.
        label: String,
        /// The rule.
        what: String,
    },
}
