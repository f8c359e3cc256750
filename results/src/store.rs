//! The store: the folder that keeps run logs. Finds it, lists its runs and resolves the names that
//! people give them. Reads file names only; the logs are `run_log`'s.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run_log::RunLogError;

/// The file that marks a project.
const PROJECT_FILE: &str = "mapbench.toml";
/// The store below it.
const STORE: &str = ".mapbench/runs";

/// A run log in a store, known by its file name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredRun {
    /// Start, UTC, as `YYYYMMDDTHHMMSSZ`.
    pub started: String,
    /// First seven digits of the commit, or `nocommit`.
    pub commit: String,
    /// The run's id.
    pub id: String,
    /// The file.
    pub path: PathBuf,
}

/// The store of a folder: `.mapbench/runs` beside the nearest `mapbench.toml` upward from it,
/// else in the folder itself. Need not exist.
pub fn find(start: &Path) -> PathBuf {
    let project = start.ancestors().find(|folder| folder.join(PROJECT_FILE).is_file());
    project.unwrap_or(start).join(STORE)
}

/// The runs of a store, oldest first. A store that does not exist is empty; files that are not
/// named like run logs are passed over.
///
/// # Errors
/// [`RunLogError::Io`] if the folder cannot be read.
pub fn list(store: &Path) -> Result<Vec<StoredRun>, RunLogError> {
    let failed =
        |source| RunLogError::Io { path: store.to_owned(), action: "listing the store", source };
    if !store.exists() {
        return Ok(Vec::new());
    }
    let mut runs = Vec::new();
    for entry in fs::read_dir(store).map_err(failed)? {
        runs.extend(named(&entry.map_err(failed)?.path()));
    }
    runs.sort();
    Ok(runs)
}

/// The log that somebody means by `name`: a file, or the beginning of a run's id in `store`.
///
/// # Errors
/// [`RunLogError::NoSuchRun`] and [`RunLogError::Ambiguous`].
pub fn resolve(store: &Path, name: &str) -> Result<PathBuf, RunLogError> {
    let path = Path::new(name);
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let no_such = || RunLogError::NoSuchRun { name: name.to_owned(), store: store.to_owned() };
    if name.is_empty() {
        return Err(no_such());
    }
    let mut runs = list(store)?;
    if let Some(exact) = runs.iter().position(|run| run.id == name) {
        return Ok(runs.swap_remove(exact).path);
    }
    runs.retain(|run| run.id.starts_with(name));
    match runs.len() {
        0 => Err(no_such()),
        1 => Ok(runs.swap_remove(0).path),
        _ => Err(RunLogError::Ambiguous {
            name: name.to_owned(),
            matches: runs.into_iter().map(|run| run.id).collect(),
        }),
    }
}

fn named(path: &Path) -> Option<StoredRun> {
    let stem = path.file_name()?.to_str()?.strip_suffix(".ndjson")?;
    let mut parts = stem.splitn(3, '-');
    let (started, commit, id) = (parts.next()?, parts.next()?, parts.next()?);
    let is_time = started.len() == 16 && started.ends_with('Z');
    (is_time && !id.is_empty()).then(|| StoredRun {
        started: started.to_owned(),
        commit: commit.to_owned(),
        id: id.to_owned(),
        path: path.to_owned(),
    })
}
