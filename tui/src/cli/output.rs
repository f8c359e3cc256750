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

/// A file, or standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target(Option<PathBuf>);

impl FromStr for Target {
    type Err = String;

    fn from_str(path: &str) -> Result<Self, String> {
        match path {
            "" => Err("names no path; write `out.csv`, or `-` for standard output".to_owned()),
            "-" => Ok(Target(None)),
            _ => Ok(Target(Some(path.into()))),
        }
    }
}

impl Target {
    /// Fails if a format could not be written there. Leaves nothing behind.
    pub(crate) fn check(&self, format: Format) -> Result<(), CliError> {
        match &self.0 {
            Some(path) => export::paths(format, path).iter().try_for_each(|path| check(path)),
            None if format.described().parts.is_empty() => Ok(()),
            None => Err(CliError::usage(format!(
                "{name} is {} files, and standard output is one; name a path, as `bench.json`",
                format.described().parts.len(),
                name = format.name(),
            ))),
        }
    }

    /// Writes a run there, and says which files that made.
    pub(crate) fn write(&self, format: Format, run: Run<'_>) -> Result<Vec<PathBuf>, CliError> {
        if let Some(path) = &self.0 {
            export::write_file(format, run, path).map_err(|error| unwritable(&error))?;
            return Ok(export::paths(format, path));
        }
        let mut bytes = Vec::new();
        export::write(format, run, &mut bytes).map_err(CliError::output)?;
        print(&bytes).map(|()| Vec::new())
    }
}

/// One `-o FORMAT=PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    format: Format,
    target: Target,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) =
            text.split_once('=').ok_or("write FORMAT=PATH, as `csv=out.csv` or `csv=-`")?;
        let format = format.parse().map_err(|error: ExportError| error.to_string())?;
        Ok(Output { format, target: path.parse()? })
    }
}

impl Output {
    /// Whether it goes to standard output.
    pub(crate) fn is_stdout(&self) -> bool {
        self.target.0.is_none()
    }

    /// Fails if the file could not be written. Leaves nothing behind.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        self.target.check(self.format)
    }

    /// Writes the results of a run.
    pub(crate) fn write(&self, conducted: &Conducted) -> Result<(), CliError> {
        let events = self.events(conducted)?;
        let run = Run::of(&conducted.summary).with_events(&events).with_log(&conducted.log);
        self.target.write(self.format, run).map(drop)
    }

    /// Rounds are not kept in memory; a format that shows them reads them back from the log.
    fn events(&self, conducted: &Conducted) -> Result<Vec<RunEvent>, CliError> {
        if !self.format.described().needs_events {
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
