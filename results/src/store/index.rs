//! The index: the digests of all logs of a store in one file. A cache and nothing more: whatever is
//! missing, stale, damaged or of another version is made from the logs again, silently, and a store
//! that cannot be written to works without it. Never the only place where something is known.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::{FileStamp, RunDigest, StoreError, StoredRun, logs};
use crate::export::write_whole;
use crate::run_log::RunLogError;

/// The file in the store.
pub const INDEX_FILE: &str = "index.json";
/// Version of that file: raised whenever a digest says more or something else than before.
const FORMAT: u32 = 1;
/// A larger file is no index of ours. Bytes.
const LARGEST_BYTES: u64 = 1 << 30;

/// Everything that a store holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Index {
    /// The runs whose logs read, oldest first. Logs of runs that were cut off are among them.
    pub runs: Vec<RunDigest>,
    /// The logs that do not read, and are as they were.
    pub unreadable: Vec<Unreadable>,
    /// Logs that were read to make this: new or changed ones, or all.
    pub read_anew: usize,
}

/// A log that does not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// The file.
    pub file: FileStamp,
    /// Line and reason, as one line of text without the file's name.
    pub reason: String,
}

/// The file, to write.
#[derive(Serialize)]
struct Written<'i> {
    format: u32,
    mapbench_version: &'static str,
    runs: &'i [RunDigest],
    unreadable: &'i [Unreadable],
}

/// The file, to read.
#[derive(Deserialize)]
struct WireIndex {
    format: u32,
    mapbench_version: String,
    runs: Vec<RunDigest>,
    unreadable: Vec<Unreadable>,
}

/// What is known of one file.
enum Known {
    Run(Box<RunDigest>),
    Unreadable(Unreadable),
}

/// Threads of one process would otherwise write the same draft.
static WRITING: Mutex<()> = Mutex::new(());

/// The index of a store, brought up to date: logs are told apart by name, size and time of change,
/// and only new and changed ones are read. A store that does not exist is empty.
///
/// # Errors
/// [`StoreError::Io`] if the folder cannot be listed; nothing that is in it is an error.
pub fn index(store: &Path) -> Result<Index, StoreError> {
    let files = logs(store)?;
    let (mut known, mut changed) = match known(store) {
        Some(known) => (known, false),
        None => (HashMap::new(), !files.is_empty()),
    };
    let mut index = Index::default();
    for path in files {
        // One that has gone since it was listed.
        let Some((stamp, entry)) = entry(&path, &mut known) else { continue };
        let entry = entry.unwrap_or_else(|| {
            index.read_anew += 1;
            digest(&path, stamp)
        });
        match entry {
            Known::Run(digest) => index.runs.push(*digest),
            Known::Unreadable(log) => index.unreadable.push(log),
        }
    }
    index.runs.sort_by_cached_key(|run| (run.started(), run.file.clone()));
    changed |= index.read_anew > 0 || !known.is_empty();
    if changed {
        // Where it cannot be written, the next one reads the logs as this one did.
        let _ = write(store, &index);
    }
    Ok(index)
}

/// The stamp of a file, and what is known of the file if it has not changed.
fn entry(path: &Path, known: &mut HashMap<String, Known>) -> Option<(FileStamp, Option<Known>)> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let stamp = match FileStamp::of(path) {
        Ok(stamp) => stamp,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !path.is_symlink() => {
            return None;
        }
        // A pipe, a folder, a link into nowhere: said to be unreadable, and never opened.
        Err(error) => {
            let file = FileStamp { name, bytes: 0, modified_ns: 0 };
            let log = Unreadable { file: file.clone(), reason: error.to_string() };
            return Some((file, Some(Known::Unreadable(log))));
        }
    };
    let entry = known.remove(&name).filter(|known| *known.file() == stamp);
    Some((stamp, entry))
}

fn digest(path: &Path, file: FileStamp) -> Known {
    if StoredRun::of_path(path).is_none() {
        let reason = "not named like a run log, so nothing finds it; `mapbench history import` \
                      copies it in under its name"
            .to_owned();
        return Known::Unreadable(Unreadable { file, reason });
    }
    match RunDigest::of_file(path) {
        Ok(digest) => Known::Run(Box::new(digest)),
        Err(error) => Known::Unreadable(Unreadable { file, reason: reason(&error, path) }),
    }
}

/// What an error says, without the file's name in front.
pub(super) fn reason(error: &RunLogError, path: &Path) -> String {
    let message = error.to_string();
    let prefix = format!("{}: ", path.display());
    message.strip_prefix(&prefix).map_or(message.clone(), str::to_owned)
}

/// What the file says, by log; `None` if it is not there, or is no index of this version.
fn known(store: &Path) -> Option<HashMap<String, Known>> {
    let path = store.join(INDEX_FILE);
    let stamp = FileStamp::of(&path).ok().filter(|stamp| stamp.bytes <= LARGEST_BYTES)?;
    let bytes = fs::read(store.join(&stamp.name)).ok()?;
    let wire: WireIndex = serde_json::from_slice(&bytes).ok()?;
    let ours = wire.format == FORMAT && wire.mapbench_version == env!("CARGO_PKG_VERSION");
    ours.then(|| {
        let runs = wire.runs.into_iter().map(|digest| Known::Run(Box::new(digest)));
        let others = wire.unreadable.into_iter().map(Known::Unreadable);
        runs.chain(others).map(|known| (known.file().name.clone(), known)).collect()
    })
}

fn write(store: &Path, index: &Index) -> Result<(), crate::export::ExportError> {
    let _writing = WRITING.lock();
    write_whole(&store.join(INDEX_FILE), |out| {
        let written = Written {
            format: FORMAT,
            mapbench_version: env!("CARGO_PKG_VERSION"),
            runs: &index.runs,
            unreadable: &index.unreadable,
        };
        serde_json::to_writer(&mut *out, &written)?;
        out.write_all(b"\n")
    })
}

impl Known {
    fn file(&self) -> &FileStamp {
        match self {
            Known::Run(digest) => &digest.file,
            Known::Unreadable(log) => &log.file,
        }
    }
}
