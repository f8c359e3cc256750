//! The store that a verb means and the runs that it names: the resolver of the results crate, with
//! the program's errors around it.

use std::path::{Path, PathBuf};

use clap::Args;
use mapbench_results::store::{self, StoreError};
use mapbench_results::{RunLog, RunLogError};

use super::CliError;
use crate::session::prepare::store_of;
use crate::session::request::RunRequest;

/// Which store a verb reads.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct StoreArg {
    /// Folder of run logs [default: .mapbench/runs beside mapbench.toml or here]
    #[arg(long, value_name = "DIR", global = true)]
    store: Option<PathBuf>,
}

impl StoreArg {
    /// The folder, absolute. Need not exist.
    pub(crate) fn folder(&self) -> Result<PathBuf, CliError> {
        folder(self.store.as_deref())
    }
}

/// The folder of run logs that was chosen, or else the one that belongs to the current folder.
pub(crate) fn folder(chosen: Option<&Path>) -> Result<PathBuf, CliError> {
    let store = chosen.map(Path::to_owned);
    Ok(store_of(&RunRequest { store, ..RunRequest::default() })?)
}

/// The log that a name means: see [`store::resolve`].
pub(crate) fn path(store: &Path, name: &str) -> Result<PathBuf, CliError> {
    Ok(store::resolve(store, name)?)
}

/// Reads the log that a name means.
pub(crate) fn log(store: &Path, name: &str) -> Result<RunLog, CliError> {
    RunLog::read(&path(store, name)?).map_err(unreadable)
}

/// A log that does not read, and what can be done.
pub(crate) fn unreadable(error: RunLogError) -> CliError {
    match &error {
        RunLogError::Line { path, line, .. } | RunLogError::Order { path, line, .. }
            if *line > 1 =>
        {
            CliError::usage(format!(
                "{error}; `mapbench history import --salvage {}` keeps the lines that read",
                path.display()
            ))
        }
        _ => CliError::usage(error),
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Write(_) => CliError::output(error),
            _ => CliError::usage(error),
        }
    }
}
