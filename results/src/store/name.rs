//! What people call a run, and the log that they mean by it: `run:ID`, `baseline:NAME`, `at:SHA`,
//! `latest`, a path, or a bare name, which is tried as a path, a baseline and the beginning of a
//! run's id. One resolver for every verb.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use mapbench_core::event::RunEvent;

use super::baseline::Baselines;
use super::{StoreError, StoredRun, list};
use crate::run_log::RunLogReader;

/// The name of the newest run that has ended.
pub const LATEST: &str = "latest";
/// Fewest digits of a commit's hash, as `git` has it.
const FEWEST_DIGITS: usize = 4;
/// A last line is far shorter. Bytes.
const TAIL_BYTES: u64 = 8 << 10;
/// Names that an error suggests, of each kind.
const MOST_SUGGESTED: usize = 5;

/// The log that somebody means by `name`.
///
/// # Errors
/// [`StoreError`] names what there is instead. `commit:SHA` is no stored run:
/// [`StoreError::CommitName`].
pub fn resolve(store: &Path, name: &str) -> Result<PathBuf, StoreError> {
    match name.split_once(':') {
        Some(("run", id)) => of_id(store, id)?.ok_or_else(|| no_such(store, name)),
        Some(("baseline", baseline)) => of_baseline(store, baseline),
        Some(("at", sha)) => of_commit(store, sha),
        Some(("commit", sha)) => Err(StoreError::CommitName { sha: sha.to_owned() }),
        _ if name == LATEST => latest(store),
        _ => bare(store, name),
    }
}

/// The newest run of a store that has ended, whether it finished or was stopped.
///
/// # Errors
/// [`StoreError::NoLatest`] if none has.
pub fn latest(store: &Path) -> Result<PathBuf, StoreError> {
    let mut runs = list(store)?.into_iter().rev();
    runs.find(|run| has_ended(&run.path))
        .map(|run| run.path)
        .ok_or_else(|| StoreError::NoLatest { store: store.to_owned() })
}

fn bare(store: &Path, name: &str) -> Result<PathBuf, StoreError> {
    let path = Path::new(name);
    if path.is_dir() {
        return Err(StoreError::Folder { path: path.to_owned() });
    }
    // Whatever else can be read, a pipe for one, is read.
    if path.exists() {
        return Ok(path.to_owned());
    }
    if Baselines::read(store)?.get(name).is_some() {
        return of_baseline(store, name);
    }
    of_id(store, name)?.ok_or_else(|| no_such(store, name))
}

fn of_baseline(store: &Path, name: &str) -> Result<PathBuf, StoreError> {
    let baselines = Baselines::read(store)?;
    let run = &baselines.known(name, store)?.run;
    let mut with_id = list(store)?.into_iter().filter(|known| known.id == *run);
    with_id.next().map(|run| run.path).ok_or_else(|| StoreError::BaselineGone {
        name: name.to_owned(),
        run: run.clone(),
        store: store.to_owned(),
    })
}

/// The only run whose id is this or, where no id is, begins with it.
fn of_id(store: &Path, id: &str) -> Result<Option<PathBuf>, StoreError> {
    if id.is_empty() {
        return Ok(None);
    }
    let mut runs = list(store)?;
    let exact = runs.iter().any(|run| run.id == id);
    runs.retain(|run| if exact { run.id == id } else { run.id.starts_with(id) });
    match runs.len() {
        0 | 1 => Ok(runs.pop().map(|run| run.path)),
        _ => Err(StoreError::Ambiguous {
            name: id.to_owned(),
            matches: runs
                .into_iter()
                .map(|run| if exact { file_name(&run) } else { run.id })
                .collect(),
        }),
    }
}

fn file_name(run: &StoredRun) -> String {
    run.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The newest run of a commit that has ended. A file's name holds the first seven digits, the log's
/// first line the others.
fn of_commit(store: &Path, sha: &str) -> Result<PathBuf, StoreError> {
    let is_hash = sha.len() >= FEWEST_DIGITS && sha.bytes().all(|digit| digit.is_ascii_hexdigit());
    let none = || StoreError::NoRunOfCommit { sha: sha.to_owned(), store: store.to_owned() };
    if !is_hash {
        return Err(none());
    }
    let sha = sha.to_lowercase();
    let may_be = |run: &StoredRun| sha.starts_with(&run.commit) || run.commit.starts_with(&sha);
    let mut runs = list(store)?.into_iter().rev().filter(may_be);
    runs.find(|run| is_of_commit(&run.path, &sha) && has_ended(&run.path))
        .map(|run| run.path)
        .ok_or_else(none)
}

/// A comparison measures two commits, so that its log is of neither.
fn is_of_commit(path: &Path, sha: &str) -> bool {
    let first = RunLogReader::open(path).ok().and_then(|mut reader| reader.next()?.ok());
    let Some(RunEvent::Begin(begin)) = first else { return false };
    let commit = begin.commit.filter(|_| begin.comparison.is_none());
    commit.is_some_and(|commit| commit.sha.starts_with(sha))
}

/// Whether the last line of a log says how the run ended; the lines before are not looked at.
fn has_ended(path: &Path) -> bool {
    let tail = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let bytes = file.metadata()?.len();
        file.seek(SeekFrom::Start(bytes.saturating_sub(TAIL_BYTES)))?;
        let mut tail = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut tail)?;
        Ok(tail)
    };
    let tail = tail().unwrap_or_default();
    let last = tail.split(|&byte| byte == b'\n').rfind(|line| !line.is_empty());
    last.is_some_and(|line| matches!(serde_json::from_slice(line), Ok(RunEvent::End(_))))
}

fn no_such(store: &Path, name: &str) -> StoreError {
    let baselines = Baselines::read(store).unwrap_or_default();
    let baselines = baselines.iter().map(|(name, _)| format!("baseline:{name}"));
    let runs = list(store).unwrap_or_default();
    let runs = runs.iter().rev().map(|run| format!("run:{}", run.id));
    StoreError::NoSuchRun {
        name: name.to_owned(),
        store: store.to_owned(),
        known: baselines.take(MOST_SUGGESTED).chain(runs.take(MOST_SUGGESTED)).collect(),
    }
}
