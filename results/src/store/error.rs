//! What can be wrong with a store or with the name of a run, in sentences that say what to do next.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::export::ExportError;
use crate::run_log::RunLogError;

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
    /// A file that was to be imported does not read.
    #[error("{source}; nothing was imported")]
    Import {
        /// Why.
        source: RunLogError,
    },
    /// Another log of the same run.
    #[error(
        "run {id} is in {} and in {}, and the two are not the same; nothing was imported: look at \
         both, and leave one out",
        from.display(),
        other.display()
    )]
    Conflict {
        /// The run.
        id: String,
        /// The log that was to be imported.
        from: PathBuf,
        /// The log that there is.
        other: PathBuf,
    },
    /// A folder without logs.
    #[error("{}: no run logs are in this folder; name a store, a project with one, or a log", path.display())]
    NoLogs {
        /// The folder.
        path: PathBuf,
    },
    /// A file of another folder.
    #[error("{}: is no run log in the store {}", path.display(), store.display())]
    NotInStore {
        /// The file.
        path: PathBuf,
        /// The store.
        store: PathBuf,
    },
    /// A run that is not to go while it has a baseline.
    #[error(
        "{name:?} has the baseline {baseline:?}; `mapbench baseline rm {baseline}` forgets it first"
    )]
    HasBaseline {
        /// What was named.
        name: String,
        /// The baseline.
        baseline: String,
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
