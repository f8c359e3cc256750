//! Where the results of a sweep go: the files of `-o FORMAT=PATH`, which are checked before anything
//! is measured.

use std::path::PathBuf;
use std::str::FromStr;

use mapbench_results::sweep::Sweep;
use mapbench_results::sweep::export::{self, SweepFormat, UnknownSweepFormat};

use crate::cli::{CliError, output};

/// One `-o FORMAT=PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SweepOutput {
    format: SweepFormat,
    /// The file; `None` is standard output.
    path: Option<PathBuf>,
}

impl FromStr for SweepOutput {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) =
            text.split_once('=').ok_or("write FORMAT=PATH, as `svg=knees.svg` or `csv=-`")?;
        let format = format.parse().map_err(|error: UnknownSweepFormat| error.to_string())?;
        match path {
            "" => Err("names no path; write `csv=out.csv`, or `csv=-` for standard output".into()),
            "-" => Ok(SweepOutput { format, path: None }),
            _ => Ok(SweepOutput { format, path: Some(path.into()) }),
        }
    }
}

impl SweepOutput {
    /// Whether it goes to standard output.
    pub(super) fn is_stdout(&self) -> bool {
        self.path.is_none()
    }

    /// Fails if the file could not be written. Leaves nothing behind.
    pub(super) fn check(&self) -> Result<(), CliError> {
        self.path.as_deref().map_or(Ok(()), output::check)
    }

    /// Writes what a sweep came to.
    pub(super) fn write(&self, sweep: &Sweep) -> Result<(), CliError> {
        if let Some(path) = &self.path {
            let written = export::write_file(self.format, sweep, path);
            return written.map(drop).map_err(|error| output::unwritable(&error));
        }
        let mut bytes = Vec::new();
        export::write(self.format, sweep, &mut bytes).map_err(CliError::output)?;
        output::print(&bytes)
    }
}
