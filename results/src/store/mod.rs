//! The store: the folder that keeps run logs. Finds it and lists its logs by their names; `digest`
//! and `index` say what is in them, `name` resolves what people call a run. The logs themselves are
//! `run_log`'s, and nothing here changes one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::export::ExportError;

mod baseline;
mod digest;
mod index;
mod lock;
mod name;

pub use baseline::{BASELINES_FILE, Baseline, Baselines, check_name};
pub use digest::{CellDigest, FileStamp, ModeDigest, Outcome, RunDigest};
pub use index::{INDEX_FILE, Index, Unreadable, index};
pub use name::{LATEST, latest, resolve};

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
/// [`StoreError::Io`] if the folder cannot be read.
pub fn list(store: &Path) -> Result<Vec<StoredRun>, StoreError> {
    let mut runs: Vec<StoredRun> =
        logs(store)?.iter().filter_map(|path| StoredRun::of_path(path)).collect();
    runs.sort();
    Ok(runs)
}

/// The files of a store that could be logs, by name; those whose names begin with a dot are drafts.
fn logs(store: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let failed =
        |source| StoreError::Io { path: store.to_owned(), action: "listing the store", source };
    if !store.exists() {
        return Ok(Vec::new());
    }
    let mut logs = Vec::new();
    for entry in fs::read_dir(store).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes()[0] == b'.');
        if !hidden && path.extension().is_some_and(|extension| extension == "ndjson") {
            logs.push(path);
        }
    }
    logs.sort();
    Ok(logs)
}

impl StoredRun {
    /// The run whose log a file is named for.
    fn of_path(path: &Path) -> Option<StoredRun> {
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
}

/// Why something in a store was not found or could not be done.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A file or folder cannot be listed, read or written.
    #[error("{}: {action} failed: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] ExportError),
    /// No run of this name.
    #[error(
        "no run {name:?} in {}: it is neither a file, a baseline nor the beginning of a run's id; {}",
        store.display(),
        suggestion(known)
    )]
    NoSuchRun {
        /// What was asked for.
        name: String,
        /// Where it was looked for.
        store: PathBuf,
        /// Baselines and the newest runs.
        known: Vec<String>,
    },
    /// Several runs begin so.
    #[error("{name:?} begins the id of several runs: {}; give more of the id, or the log's path", matches.join(", "))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// The ids that begin with it; the files, where they have one id.
        matches: Vec<String>,
    },
    /// A folder where a log was asked for.
    #[error("{}: is a folder; name a log in it, or a store with --store", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// A commit to build where a run was asked for.
    #[error(
        "commit:{sha} is a commit to build and run, which only `mapbench compare` does; `at:{sha}` \
         is the newest run of it in the store"
    )]
    CommitName {
        /// The commit.
        sha: String,
    },
    /// No run of a commit has ended.
    #[error(
        "at:{sha}: no run of such a commit has ended in {}; give at least four digits of its hash, \
         and see `mapbench history list`",
        store.display()
    )]
    NoRunOfCommit {
        /// The hash, or its beginning.
        sha: String,
        /// Where it was looked for.
        store: PathBuf,
    },
    /// No run has ended.
    #[error("no run in {} has ended; `mapbench run` makes one, --store names another folder", store.display())]
    NoLatest {
        /// Where it was looked for.
        store: PathBuf,
    },
    /// A baseline of this name exists.
    #[error("baseline {name:?} is run {run}; `mapbench baseline set {name} RUN` moves it")]
    BaselineExists {
        /// The name.
        name: String,
        /// The run that has it.
        run: String,
    },
    /// No baseline of this name.
    #[error("no baseline {name:?} in {}; {}", store.display(), suggestion(known))]
    NoSuchBaseline {
        /// What was asked for.
        name: String,
        /// Where it was looked for.
        store: PathBuf,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The run of a baseline has no log any more.
    #[error(
        "baseline {name:?} is run {run}, whose log is not in {}; `mapbench history import` copies it \
         in, `mapbench baseline rm {name}` forgets it",
        store.display()
    )]
    BaselineGone {
        /// The name.
        name: String,
        /// The run.
        run: String,
        /// Where it was looked for.
        store: PathBuf,
    },
    /// A name that a baseline cannot have.
    #[error("{name:?} cannot name a baseline: {why}")]
    BaselineName {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The file of baselines does not read.
    #[error(
        "{}: {reason}; nothing else knows the baselines, so correct the file or move it away",
        path.display()
    )]
    Baselines {
        /// The file.
        path: PathBuf,
        /// Line and reason.
        reason: String,
    },
}

/// What there is instead of something that there is not.
fn suggestion(known: &[String]) -> String {
    if known.is_empty() {
        "there are none".to_owned()
    } else {
        format!("there are {}", known.join(", "))
    }
}
