//! Where a comparison goes: the files of `-o FORMAT=PATH`, which are checked before anything is
//! measured or judged.

use std::path::PathBuf;
use std::str::FromStr;

use mapbench_results::compare::Compared;
use mapbench_results::exit::ExitCause;
use mapbench_results::export::{self, Format};

use crate::cli::{CliError, output};

/// One `-o FORMAT=PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CompareOutput {
    format: Format,
    /// The file; `None` is standard output.
    path: Option<PathBuf>,
}

impl FromStr for CompareOutput {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) =
            text.split_once('=').ok_or("write FORMAT=PATH, as `json=out.json` or `json=-`")?;
        let format = known(format)?;
        match path {
            "" => {
                Err("names no path; write `json=out.json`, or `json=-` for standard output".into())
            }
            "-" => Ok(CompareOutput { format, path: None }),
            _ => Ok(CompareOutput { format, path: Some(path.into()) }),
        }
    }
}

impl CompareOutput {
    /// Whether it goes to standard output.
    pub(crate) fn is_stdout(&self) -> bool {
        self.path.is_none()
    }

    /// Fails if the file could not be written. Leaves nothing behind.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        self.path.as_deref().map_or(Ok(()), output::check)
    }

    /// Writes a comparison; `causes` are those of the exit code.
    pub(crate) fn write(&self, compared: &Compared, causes: &[ExitCause]) -> Result<(), CliError> {
        let write = |out: &mut dyn std::io::Write| {
            export::write_compared(self.format, compared, causes, out)
        };
        if let Some(path) = &self.path {
            return export::write_whole(path, write).map_err(|error| output::unwritable(&error));
        }
        let mut bytes = Vec::new();
        write(&mut bytes).map_err(CliError::output)?;
        output::print(&bytes)
    }
}

/// The format of a name, if a comparison can be shown in it.
fn known(name: &str) -> Result<Format, String> {
    let format = name.parse::<Format>().ok();
    format.filter(|format| format.described().shows_comparison).ok_or_else(|| {
        let names = Format::names(|described| described.shows_comparison);
        format!("no format {name:?} of comparisons; use {names}")
    })
}
