//! Where a history goes: the files of `-o FORMAT=PATH`, which are checked before anything is read.

use std::path::PathBuf;
use std::str::FromStr;

use mapbench_results::export::write_whole;
use mapbench_results::history::History;
use mapbench_results::history::export::{self, HistoryFormat, UnknownHistoryFormat};

use crate::cli::{CliError, output};

/// One `-o FORMAT=PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HistoryOutput {
    format: HistoryFormat,
    /// The file; `None` is standard output.
    path: Option<PathBuf>,
}

impl FromStr for HistoryOutput {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) =
            text.split_once('=').ok_or("write FORMAT=PATH, as `csv=history.csv` or `json=-`")?;
        let format = format.parse().map_err(|error: UnknownHistoryFormat| error.to_string())?;
        match path {
            "" => Err("names no path; write `csv=out.csv`, or `csv=-` for standard output".into()),
            "-" => Ok(HistoryOutput { format, path: None }),
            _ => Ok(HistoryOutput { format, path: Some(path.into()) }),
        }
    }
}

impl HistoryOutput {
    /// Writes the series at these positions.
    pub(super) fn write(&self, history: &History, positions: &[usize]) -> Result<(), CliError> {
        if let Some(path) = &self.path {
            let written =
                write_whole(path, |out| export::write(self.format, history, positions, out));
            return written.map_err(|error| output::unwritable(&error));
        }
        let mut bytes = Vec::new();
        export::write(self.format, history, positions, &mut bytes).map_err(CliError::output)?;
        output::print(&bytes)
    }
}

/// Fails if an output could not be written. Whether standard output is free for a page.
pub(super) fn check(outputs: &[HistoryOutput]) -> Result<bool, CliError> {
    let to_stdout = outputs.iter().filter(|output| output.path.is_none()).count();
    if to_stdout > 1 {
        return Err(CliError::usage("only one `-o FORMAT=-` can have standard output"));
    }
    outputs.iter().filter_map(|output| output.path.as_deref()).try_for_each(output::check)?;
    Ok(to_stdout == 0)
}
