//! The store: the folder that keeps run logs. Finds it and lists its logs by their names; `digest`
//! and `index` say what is in them, `name` resolves what people call a run. The logs themselves are
//! `run_log`'s, and nothing here changes one.

use std::fs;
use std::path::{Path, PathBuf};

mod baseline;
mod digest;
mod error;
mod import;
mod index;
mod lock;
mod name;
mod prune;

pub use baseline::{BASELINES_FILE, Baseline, Baselines, check_name};
pub use digest::{CellDigest, FileStamp, ModeDigest, Outcome, RunDigest};
pub use error::StoreError;
pub use import::{Copied, ImportRules, Imported, import};
pub use index::{INDEX_FILE, Index, Unreadable, index};
pub use name::{LATEST, latest, resolve};
pub use prune::{PruneRules, Pruned, Removed, prune};

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
    // Names hold seconds, in which short runs may begin several.
    let changed = |run: &StoredRun| fs::metadata(&run.path).and_then(|file| file.modified()).ok();
    runs.sort_by_cached_key(|run| (run.started.clone(), changed(run), run.id.clone()));
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
