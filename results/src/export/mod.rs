//! Exports: a run in a format of other programs. One file per format, all made of the rows of a
//! summary; nothing is computed here. A file appears whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use mapbench_core::event::RunEvent;
use thiserror::Error;

use crate::summary::RunSummary;

pub mod csv;
pub mod folded;
pub mod pprof;
mod stack_files;

pub use stack_files::{check_folder, write_stacks};

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header: cells and forks.
    Csv,
    /// The same and a row per round.
    CsvRounds,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 2] = [Format::Csv, Format::CsvRounds];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::CsvRounds => "csv-rounds",
        }
    }

    /// Whether [`Run::events`] are needed.
    pub const fn needs_events(self) -> bool {
        matches!(self, Format::CsvRounds)
    }
}

impl FromStr for Format {
    type Err = ExportError;

    fn from_str(name: &str) -> Result<Self, ExportError> {
        let known = Format::ALL.into_iter().find(|format| format.name() == name);
        known.ok_or_else(|| ExportError::UnknownFormat { name: name.to_owned() })
    }
}

/// What is exported.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The figures.
    pub summary: &'a RunSummary,
    /// The events, for formats that go down to rounds; empty otherwise.
    pub events: &'a [RunEvent],
}

/// Why an export failed.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The file cannot be written.
    #[error("{}: cannot write the export: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no such format.
    #[error("no export format {name:?}; use csv or csv-rounds")]
    UnknownFormat {
        /// What was asked for.
        name: String,
    },
}

/// Writes a run in a format.
///
/// # Errors
/// What `out` says.
pub fn write(format: Format, run: Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Csv => csv::write(run.summary, &[], out),
        Format::CsvRounds => csv::write(run.summary, run.events, out),
    }
}

/// Writes a run into a file: beside it first, then renamed over it, so that nobody ever reads half
/// an export. What is there but no plain file (a pipe, `/dev/null`) is written to directly.
///
/// # Errors
/// [`ExportError::Write`] names the file; an old export is then untouched.
pub fn write_file(format: Format, run: Run<'_>, path: &Path) -> Result<(), ExportError> {
    write_whole(path, |out| write(format, run, out))
}

/// Writes anything into a file as [`write_file`] does.
///
/// # Errors
/// [`ExportError::Write`] names the file; an old one is then untouched.
pub fn write_whole(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), ExportError> {
    let failed = |source| ExportError::Write { path: path.to_owned(), source };
    if is_special(path) {
        let file = OpenOptions::new().write(true).open(path).map_err(failed)?;
        let mut out = BufWriter::new(file);
        fill(&mut out).and_then(|()| out.flush()).map_err(failed)
    } else {
        let draft = Draft::beside(path).map_err(failed)?;
        draft.fill(fill).map_err(failed)
    }
}

/// Tries whether [`write_file`] could write there, so that a run of an hour does not end with an
/// export that never could. Leaves nothing behind.
///
/// # Errors
/// [`ExportError::Write`] names the file.
pub fn check_writable(path: &Path) -> Result<(), ExportError> {
    let failed = |source| ExportError::Write { path: path.to_owned(), source };
    if path.is_dir() {
        return Err(failed(io::Error::from(io::ErrorKind::IsADirectory)));
    }
    if is_special(path) {
        return OpenOptions::new().write(true).open(path).map(drop).map_err(failed);
    }
    Draft::beside(path).map(drop).map_err(failed)
}

fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// A file that is not yet under its name; dropped, it is gone.
#[derive(Debug)]
struct Draft {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
}

impl Draft {
    fn beside(path: &Path) -> io::Result<Draft> {
        // Through a link to what it names: the link stays.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().ok_or(io::ErrorKind::InvalidFilename)?);
        name.push(format!(".{}.draft", std::process::id()));
        let temporary = path.with_file_name(name);
        let file = File::create(&temporary)?;
        Ok(Draft { file, temporary, path })
    }

    fn fill(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let mut out = BufWriter::new(&self.file);
        write(&mut out)?;
        out.flush()?;
        drop(out);
        self.file.sync_all()?;
        fs::rename(&self.temporary, &self.path)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone already where it was renamed.
        let _ = fs::remove_file(&self.temporary);
    }
}
