//! What every verb of `history` begins with: the series of the store, or of a table from elsewhere,
//! with what was found in them and what people made of it.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use globset::GlobBuilder;
use jiff::Timestamp;
use mapbench_results::history::{
    self, AcceptedFile, Built, Commits, ConfirmedError, ConfirmedFile, History, Search,
};
use mapbench_results::store;
use mapbench_results::units::Charset;

use super::accept::{failed, project};
use crate::cli::{CliError, charset, run_name};

/// Which series, and from where.
#[derive(Debug, Clone, Args)]
pub(super) struct Sources {
    /// A table from elsewhere instead of the store: columns commit, time, value, and if you like
    /// series, subject, machine
    #[arg(long, value_name = "CSV", help_heading = "Series")]
    from: Option<PathBuf>,
    /// Let runs of work trees with changes count like others
    #[arg(long, help_heading = "Series")]
    with_dirty: bool,
    /// Draw with ASCII only
    #[arg(long, help_heading = "Results")]
    ascii: bool,
}

/// What was gathered.
pub(super) struct Gathered {
    /// The store that it is of; `None` of a table from elsewhere.
    pub(super) store: Option<PathBuf>,
    pub(super) history: History,
    pub(super) charset: Charset,
    pub(super) now: Timestamp,
}

impl Sources {
    /// Reads and searches them.
    pub(super) fn gather(&self, store: Option<&Path>) -> Result<Gathered, CliError> {
        let here = std::env::current_dir().map_err(CliError::unexpected)?;
        let accepted = AcceptedFile::read(&project(&here)).map_err(failed)?;
        let (built, store, confirmed) = if let Some(table) = &self.from {
            (foreign(table)?, None, Vec::new())
        } else {
            let store = run_name::folder(store)?;
            let confirmed = ConfirmedFile::read(&store).map_err(unusable)?;
            (stored(&store, &here)?, Some(store), confirmed.entries().to_vec())
        };
        let search = Search {
            accepted: accepted.entries(),
            confirmed: &confirmed,
            with_dirty: self.with_dirty,
        };
        let history = history::nominate(built, search);
        if history.series.is_empty() {
            return Err(nothing(&history, store.as_deref()));
        }
        Ok(Gathered { store, history, charset: charset::detect(self.ascii), now: Timestamp::now() })
    }
}

impl Gathered {
    /// Positions of the series whose name a glob matches or has the text in it; all without one.
    pub(super) fn chosen(&self, cell: Option<&str>) -> Result<Vec<usize>, CliError> {
        let Some(wanted) = cell else { return Ok((0..self.history.series.len()).collect()) };
        let glob = GlobBuilder::new(wanted).case_insensitive(true).build();
        let glob = glob
            .map_err(|error| {
                CliError::usage(format!("{error}; quote what is meant to the letter"))
            })?
            .compile_matcher();
        let lower = wanted.to_lowercase();
        let is_wanted = |name: &str| glob.is_match(name) || name.to_lowercase().contains(&lower);
        let names = self.history.series.iter().map(|series| series.name.to_string());
        let chosen: Vec<usize> =
            names.enumerate().filter(|(_, name)| is_wanted(name)).map(|(at, _)| at).collect();
        if chosen.is_empty() {
            return Err(CliError::nothing(format!(
                "no series is called {wanted:?}; `mapbench history list` shows them"
            )));
        }
        Ok(chosen)
    }
}

/// The file of confirmations cannot be used: to write it is output, to read it is input.
pub(super) fn unusable(error: ConfirmedError) -> CliError {
    match error {
        ConfirmedError::Write(error) => CliError::output(error),
        error => CliError::usage(error),
    }
}

fn foreign(table: &Path) -> Result<Built, CliError> {
    let name = table.display().to_string();
    let file = File::open(table).map_err(|error| {
        CliError::usage(format!("`{name}` (--from) cannot be read: {error}; check the path"))
    })?;
    history::from_csv(&name, file).map_err(CliError::usage)
}

fn stored(store: &Path, here: &Path) -> Result<Built, CliError> {
    let index = store::index(store)?;
    let mut built = history::build(&index.runs, Commits::of_repository(here));
    let unreadable = index.unreadable.iter();
    let reasons = unreadable.map(|log| format!("{}: {}", log.file.name, log.reason));
    built.left_out.extend(reasons);
    Ok(built)
}

fn nothing(history: &History, store: Option<&Path>) -> CliError {
    let store = store.map_or_else(String::new, |store| format!("{}: ", store.display()));
    let why = match history.left_out.as_slice() {
        [] => "no runs; `mapbench run` at several commits makes a history".to_owned(),
        [only] => format!("no run stands in a history: {only}"),
        [first, others @ ..] => {
            format!("no run stands in a history: {first}; and {} others", others.len())
        }
    };
    CliError::nothing(format!("{store}{why}"))
}
