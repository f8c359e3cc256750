//! The run log: the events of a run as one append-only file of JSON lines. Writing never buffers
//! across events and never overwrites; reading tells a partial run from a broken file. Nothing
//! here interprets the events: that is `summary`'s.

use std::io;
use std::path::PathBuf;

use mapbench_core::event::SCHEMA_VERSION;
use thiserror::Error;

mod read;
mod salvage;
mod stream;
mod write;

pub use read::RunLog;
pub use salvage::{Salvaged, salvage};
pub use stream::{LONGEST_LINE_BYTES, RunLogReader};
pub use write::RunLogWriter;
pub(crate) use write::file_name;

/// Why a run log could not be written, found or read.
#[derive(Debug, Error)]
pub enum RunLogError {
    /// The file or folder cannot be made, opened, read or written.
    #[error("{}: {action} failed: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A file of this name exists; run logs are never overwritten.
    #[error("{}: a run log of this name exists already; use another run id or store", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The run's id or start cannot be part of a file name.
    #[error("the run's {field} {value:?} cannot name a run log: {why}")]
    Name {
        /// `run_id` or `started`.
        field: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        why: String,
    },
    /// A line is not an event.
    #[error("{}: line {line}: not an event of a run: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// An event stands where it cannot.
    #[error("{}: line {line}: {reason}", path.display())]
    Order {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with its place.
        reason: &'static str,
    },
    /// The file does not hold one whole first line.
    #[error(
        "{}: no complete first line, so nothing tells what was run; the run ended before it \
         measured anything, delete the file",
        path.display()
    )]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A newer mapbench wrote the log.
    #[error(
        "{}: written in run log schema {found}, this mapbench reads up to {SCHEMA_VERSION}; \
         read it with a newer mapbench",
        path.display()
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: u64,
    },
}
