//! Where results go: standard output, and the files of `-o FORMAT=PATH`, which are checked before
//! anything is measured.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use mapbench_core::event::RunEvent;
use mapbench_results::RunLog;
use mapbench_results::export::{self, ExportError, Format, Run};

use super::CliError;
use crate::session::conduct::Conducted;

/// One `-o FORMAT=PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    format: Format,
    /// The file; `None` is standard output.
    path: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) =
            text.split_once('=').ok_or("write FORMAT=PATH, as `csv=out.csv` or `csv=-`")?;
        let format = format.parse().map_err(|error: ExportError| error.to_string())?;
        match path {
            "" => Err("names no path; write `csv=out.csv`, or `csv=-` for standard output".into()),
            "-" => Ok(Output { format, path: None }),
            _ => Ok(Output { format, path: Some(path.into()) }),
        }
    }
}

impl Output {
    /// Whether it goes to standard output.
    pub(crate) fn is_stdout(&self) -> bool {
        self.path.is_none()
    }

    /// Fails if the file could not be written. Leaves nothing behind.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        self.path.as_deref().map_or(Ok(()), check)
    }

    /// Writes the results of a run.
    pub(crate) fn write(&self, conducted: &Conducted) -> Result<(), CliError> {
        let events = self.events(conducted)?;
        let run = Run { summary: &conducted.summary, events: &events };
        if let Some(path) = &self.path {
            return export::write_file(self.format, run, path).map_err(|error| unwritable(&error));
        }
        let mut bytes = Vec::new();
        export::write(self.format, run, &mut bytes).map_err(CliError::output)?;
        print(&bytes)
    }

    /// Rounds are not kept in memory; a format that shows them reads them back from the log.
    fn events(&self, conducted: &Conducted) -> Result<Vec<RunEvent>, CliError> {
        if !self.format.needs_events() {
            return Ok(Vec::new());
        }
        Ok(RunLog::read(&conducted.log).map_err(CliError::output)?.events)
    }
}

/// Fails if a file could not be written. Leaves nothing behind.
pub(crate) fn check(path: &Path) -> Result<(), CliError> {
    export::check_writable(path).map_err(|error| unwritable(&error))
}

/// Prints results to standard output. A reader that has gone, as `head` does, is not an error.
pub(crate) fn print(bytes: &[u8]) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError::output(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

pub(crate) fn unwritable(error: &ExportError) -> CliError {
    CliError::output(format!(
        "{error}; choose a path (-o) in a folder that exists and that you may write to"
    ))
}
