//! Takes old logs out of a store, by age and by number, and with them the traces that no log needs.
//! Runs that have a baseline stay, and so does what does not read or may still be written, unless
//! somebody names it. Says what goes before anything does.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

use super::lock::lock;
use super::{Baselines, FileStamp, Index, Outcome, RunDigest, StoreError, index, resolve};

/// Traces in the store, beside the run logs.
const TRACES: &str = "traces";
/// A log without an end that changed within this time may still be written, and a trace may be of a
/// run that has no log yet.
const FRESH: Duration = Duration::from_secs(3_600);
/// Drafts that are older were left by a program that was killed.
const STALE_DRAFT: Duration = Duration::from_secs(86_400);
/// Digits of a trace's hash.
const HASH_DIGITS: usize = 16;

/// Which logs go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PruneRules {
    /// Those that began longer ago; `None` looks at no age.
    pub older_than: Option<SignedDuration>,
    /// So many of the newest stay, whatever their age; `None` keeps none for their number.
    pub keep: Option<usize>,
    /// These, whatever they are: names of runs, or of files in the store.
    pub named: Vec<String>,
}

/// What a prune takes away, and what it leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The logs.
    pub logs: Vec<Removed>,
    /// Traces that no log needs any more.
    pub traces: Vec<Removed>,
    /// Drafts of programs that were killed.
    pub drafts: Vec<Removed>,
    /// Runs that the rules would take, and that stay because they have a baseline: id and name.
    pub kept_baselines: Vec<(String, String)>,
    /// Runs that the rules would take, and that stay because they may still be going on.
    pub kept_running: Vec<String>,
    /// Logs that do not read, and stay.
    pub kept_unreadable: usize,
    /// Logs that stay, those that do not read included.
    pub left: usize,
}

/// A file that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The file.
    pub path: PathBuf,
    /// Its size. Bytes.
    pub bytes: u64,
}

impl Pruned {
    /// Every file that goes.
    pub fn files(&self) -> impl Iterator<Item = &Removed> {
        self.logs.iter().chain(&self.traces).chain(&self.drafts)
    }
}

/// Says what the rules take away and, unless it is a dry run, takes it away. Logs go before their
/// traces: whatever interrupts it, no log lacks its trace.
///
/// # Errors
/// [`StoreError`] names the file that cannot be removed, or the run that was named and is not there
/// or has a baseline.
pub fn prune(
    store: &Path,
    rules: &PruneRules,
    now: Timestamp,
    dry_run: bool,
) -> Result<Pruned, StoreError> {
    if !store.exists() {
        return Ok(Pruned::default());
    }
    let _lock = if dry_run { None } else { Some(lock(store)?) };
    let baselines = Baselines::read(store)?;
    let index = index(store)?;
    let mut pruned = by_rules(store, rules, now, &index, &baselines);
    add_named(store, rules, &index, &baselines, &mut pruned)?;
    let gone: HashSet<PathBuf> = pruned.logs.iter().map(|log| log.path.clone()).collect();
    let stays = |name: &str| !gone.contains(&store.join(name));
    let needed = needed_traces(store, &index, stays);
    pruned.kept_unreadable = index.unreadable.iter().filter(|log| stays(&log.file.name)).count();
    pruned.left =
        index.runs.iter().filter(|run| stays(&run.file.name)).count() + pruned.kept_unreadable;
    for file in files(&store.join(TRACES)) {
        let is_trace = trace_hash(&file).is_some_and(|hash| !needed.contains(&hash));
        if is_trace && older(&file, FRESH) {
            pruned.traces.extend(removed(&file));
        }
    }
    for folder in [store.to_owned(), store.join(TRACES)] {
        let drafts = files(&folder).into_iter().filter(|file| is_draft(file));
        let stale = drafts.filter(|file| older(file, STALE_DRAFT));
        pruned.drafts.extend(stale.filter_map(|file| removed(&file)));
    }
    if !dry_run {
        remove(store, &pruned)?;
    }
    Ok(pruned)
}

fn by_rules(
    store: &Path,
    rules: &PruneRules,
    now: Timestamp,
    index: &Index,
    baselines: &Baselines,
) -> Pruned {
    let mut pruned = Pruned::default();
    if rules.older_than.is_none() && rules.keep.is_none() {
        return pruned;
    }
    let most = index.runs.len().saturating_sub(rules.keep.unwrap_or(0));
    let is_old = |run: &&RunDigest| {
        // A run whose start is no time is as old as its place among the others says.
        let age = run.started().map(|started| now.duration_since(started));
        rules.older_than.is_none_or(|limit| age.is_none_or(|age| age > limit))
    };
    for run in index.runs[..most].iter().filter(is_old) {
        if let Some(name) = baselines.of_run(run.id()).next() {
            pruned.kept_baselines.push((run.id().to_owned(), name.to_owned()));
        } else if may_go_on(store, run) {
            pruned.kept_running.push(run.id().to_owned());
        } else {
            pruned.logs.push(Removed { path: run.path(store), bytes: run.file.bytes });
        }
    }
    pruned
}

fn may_go_on(store: &Path, run: &RunDigest) -> bool {
    run.outcome == Outcome::Partial && !older(&run.path(store), FRESH)
}

/// What somebody names goes, but not the run of a baseline.
fn add_named(
    store: &Path,
    rules: &PruneRules,
    index: &Index,
    baselines: &Baselines,
    pruned: &mut Pruned,
) -> Result<(), StoreError> {
    for name in &rules.named {
        let in_store = store.join(name);
        let path = if in_store.is_file() { in_store } else { resolve(store, name)? };
        let file = path.file_name().map(|name| store.join(name)).filter(|file| {
            file.canonicalize().ok().is_some_and(|file| path.canonicalize().ok() == Some(file))
        });
        let is_log = path.extension().is_some_and(|extension| extension == "ndjson");
        let Some(file) = file.filter(|_| is_log) else {
            return Err(StoreError::NotInStore { path, store: store.to_owned() });
        };
        let run = index.runs.iter().find(|run| run.path(store) == file);
        let baseline = run.and_then(|run| baselines.of_run(run.id()).next());
        if let Some(baseline) = baseline {
            return Err(StoreError::HasBaseline {
                name: name.clone(),
                baseline: baseline.to_owned(),
            });
        }
        if pruned.logs.iter().all(|log| log.path != file) {
            pruned.logs.extend(removed(&file));
        }
    }
    Ok(())
}

/// The traces of the logs that stay. What a log that does not read needs is what looks like a trace
/// in it.
fn needed_traces(store: &Path, index: &Index, stays: impl Fn(&str) -> bool) -> HashSet<String> {
    let runs = index.runs.iter().filter(|run| stays(&run.file.name));
    let cells = runs.flat_map(|run| &run.cells);
    let mut needed: HashSet<String> = cells.map(|cell| cell.trace_hash.clone()).collect();
    for log in index.unreadable.iter().filter(|log| stays(&log.file.name)) {
        let path = store.join(&log.file.name);
        if FileStamp::of(&path).is_ok() {
            named_traces(&path, &mut needed);
        }
    }
    needed
}

/// Collects the hashes that stand in a file, in bounded memory: it may hold anything.
fn named_traces(path: &Path, hashes: &mut HashSet<String>) {
    const KEY: &[u8] = b"\"trace_hash\":\"";
    let Ok(file) = File::open(path) else { return };
    let mut source = BufReader::new(file);
    let mut matched = 0;
    let mut hash = String::new();
    loop {
        let Ok(chunk) = source.fill_buf() else { return };
        if chunk.is_empty() {
            hashes.extend((hash.len() == HASH_DIGITS).then_some(hash));
            return;
        }
        let length = chunk.len();
        for &byte in chunk {
            if matched == KEY.len() {
                if byte.is_ascii_hexdigit() && hash.len() < HASH_DIGITS {
                    hash.push(char::from(byte));
                    continue;
                }
                if hash.len() == HASH_DIGITS {
                    hashes.insert(std::mem::take(&mut hash));
                }
                hash.clear();
                matched = 0;
            }
            matched = if byte == KEY[matched] { matched + 1 } else { usize::from(byte == KEY[0]) };
        }
        source.consume(length);
    }
}

fn trace_hash(path: &Path) -> Option<String> {
    let hash = path.file_name()?.to_str()?.strip_suffix(".mbt")?;
    let is_hash = hash.len() == HASH_DIGITS && hash.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hash.then(|| hash.to_owned())
}

fn is_draft(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "draft")
}

/// Whether a file last changed longer ago than this; not of a clock that runs behind the file's.
fn older(path: &Path, than: Duration) -> bool {
    let changed = fs::metadata(path).and_then(|file| file.modified());
    changed.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > than))
}

fn removed(path: &Path) -> Option<Removed> {
    let bytes = fs::metadata(path).ok()?.len();
    Some(Removed { path: path.to_owned(), bytes })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn remove(store: &Path, pruned: &Pruned) -> Result<(), StoreError> {
    for file in pruned.files() {
        match fs::remove_file(&file.path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                let path = file.path.clone();
                return Err(StoreError::Io { path, action: "removing a file", source });
            }
            _ => {}
        }
    }
    index(store).map(drop)
}
