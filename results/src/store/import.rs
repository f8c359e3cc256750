//! Copies logs into a store, one by one or those of another store. Everything is copied beside the
//! logs and checked first; a log is under its name whole or not at all, nothing is overwritten, and
//! the sources are only read.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use super::index::reason;
use super::lock::lock;
use super::{STORE, StoreError, list, logs};
use crate::run_log::{RunLogError, RunLogReader, Salvaged, file_name, salvage};

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Logs that were copied in.
    pub copied: Vec<Copied>,
    /// Logs of which the store has the very bytes already.
    pub there: Vec<PathBuf>,
    /// Logs of a folder that do not read, each with line and reason; they were passed over.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// A log that was copied in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Where it came from.
    pub from: PathBuf,
    /// Where it is now.
    pub to: PathBuf,
    /// Lines that did not read and were left out, with their reasons; empty unless it was salvaged.
    pub lost: Vec<String>,
    /// How many these are.
    pub lost_lines: usize,
}

/// How to import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportRules {
    /// Of a log with damaged lines, import what reads as a partial run with an id of its own.
    pub salvage: bool,
}

/// A copy that is not yet under its name; dropped, it is gone.
#[derive(Debug)]
struct Incoming {
    from: PathBuf,
    draft: PathBuf,
    /// The file's name, once its first line has told it.
    name: String,
    id: String,
    lost: Vec<String>,
    lost_lines: usize,
}

/// Copies logs into a store: files, and those of folders (a store, or a project that has one).
///
/// # Errors
/// [`StoreError::Import`] if a file that was named does not read, [`StoreError::Conflict`] if the
/// store, or another source, has another log of the same run; then nothing was copied.
pub fn import(
    store: &Path,
    sources: &[PathBuf],
    rules: ImportRules,
) -> Result<Imported, StoreError> {
    let _lock = lock(store)?;
    let mut imported = Imported::default();
    let mut incoming: Vec<Incoming> = Vec::new();
    let mut known: HashMap<String, PathBuf> =
        list(store)?.into_iter().map(|run| (run.id, run.path)).collect();
    for source in sources {
        let is_folder = source.is_dir();
        let files = if is_folder { logs_of_folder(source)? } else { vec![source.clone()] };
        for file in files {
            let number = incoming.len();
            let one = match Incoming::copy(&file, store, number, rules) {
                Ok(one) => one,
                Err(error) if is_folder && !matches!(error, RunLogError::Io { .. }) => {
                    let reason = reason(&error, &file);
                    imported.unreadable.push((file, reason));
                    continue;
                }
                Err(source) => return Err(StoreError::Import { source }),
            };
            match known.get(&one.id) {
                None => {
                    known.insert(one.id.clone(), one.draft.clone());
                    incoming.push(one);
                }
                Some(other) if same_bytes(other, &one.draft)? => imported.there.push(file),
                Some(other) => return Err(conflict(&one, other, &incoming)),
            }
        }
    }
    for one in incoming {
        imported.copied.push(one.publish(store)?);
    }
    Ok(imported)
}

/// The logs of a folder; of a project, those of its store.
fn logs_of_folder(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let inner = folder.join(STORE);
    let found = logs(folder)?;
    let found = if found.is_empty() && inner.is_dir() { logs(&inner)? } else { found };
    if found.is_empty() {
        return Err(StoreError::NoLogs { path: folder.to_owned() });
    }
    Ok(found)
}

fn conflict(one: &Incoming, other: &Path, incoming: &[Incoming]) -> StoreError {
    // A draft has no name that means anything to anybody.
    let known = incoming.iter().find(|known| known.draft == other);
    StoreError::Conflict {
        id: one.id.clone(),
        from: one.from.clone(),
        other: known.map_or_else(|| other.to_owned(), |known| known.from.clone()),
    }
}

fn same_bytes(a: &Path, b: &Path) -> Result<bool, StoreError> {
    let compared = || -> io::Result<bool> {
        let (a, b) = (File::open(a)?, File::open(b)?);
        if a.metadata()?.len() != b.metadata()?.len() {
            return Ok(false);
        }
        let (mut a, mut b) = (BufReader::new(a).bytes(), BufReader::new(b).bytes());
        loop {
            match (a.next().transpose()?, b.next().transpose()?) {
                (None, None) => return Ok(true),
                (one, other) if one != other => return Ok(false),
                _ => {}
            }
        }
    };
    let action = "comparing two logs";
    compared().map_err(|source| StoreError::Io { path: a.to_owned(), action, source })
}

impl Incoming {
    /// Copies a source beside the logs of the store and checks the copy, which nobody else writes.
    fn copy(
        from: &Path,
        store: &Path,
        number: usize,
        rules: ImportRules,
    ) -> Result<Incoming, RunLogError> {
        let draft = store.join(format!(".import.{}.{number}.draft", std::process::id()));
        let mut incoming = Incoming {
            from: from.to_owned(),
            draft,
            name: String::new(),
            id: String::new(),
            lost: Vec::new(),
            lost_lines: 0,
        };
        let reading =
            |source| RunLogError::Io { path: from.to_owned(), action: "copying the log", source };
        let mut file = File::create(&incoming.draft).map_err(|source| RunLogError::Io {
            path: incoming.draft.clone(),
            action: "making a copy",
            source,
        })?;
        let mut source = File::open(from).map_err(reading)?;
        io::copy(&mut source, &mut file).and_then(|_| file.sync_all()).map_err(reading)?;
        // Runs that began in one second are told apart by when their logs last changed.
        let _ = source.metadata().and_then(|of| of.modified()).map(|at| file.set_modified(at));
        match incoming.check() {
            Err(RunLogError::Line { .. } | RunLogError::Order { .. }) if rules.salvage => {
                let salvaged = salvage(&incoming.draft).map_err(|error| of(error, from))?;
                incoming.write_salvaged(&salvaged)?;
            }
            checked => checked?,
        }
        Ok(incoming)
    }

    /// Reads the copy to its end, and takes id and name from its first line.
    fn check(&mut self) -> Result<(), RunLogError> {
        let from = self.from.clone();
        for event in RunLogReader::open(&self.draft)? {
            if let mapbench_core::event::RunEvent::Begin(begin) =
                event.map_err(|error| of(error, &from))?
            {
                self.name = file_name(&begin)?;
                self.id = begin.run_id;
            }
        }
        Ok(())
    }

    fn write_salvaged(&mut self, salvaged: &Salvaged) -> Result<(), RunLogError> {
        let write = || -> io::Result<()> {
            let mut out = io::BufWriter::new(File::create(&self.draft)?);
            for event in salvaged.log.replay() {
                serde_json::to_writer(&mut out, &event)?;
                out.write_all(b"\n")?;
            }
            out.flush()?;
            out.get_ref().sync_all()
        };
        let path = self.draft.clone();
        write().map_err(|source| RunLogError::Io { path, action: "writing the log", source })?;
        self.name = file_name(&salvaged.log.begin)?;
        self.id.clone_from(&salvaged.log.begin.run_id);
        self.lost.clone_from(&salvaged.lost);
        self.lost_lines = salvaged.lost_lines;
        Ok(())
    }

    /// Puts the copy under its name, unless somebody has put another file there meanwhile.
    fn publish(self, store: &Path) -> Result<Copied, StoreError> {
        let to = store.join(&self.name);
        match fs::hard_link(&self.draft, &to) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let (id, from) = (self.id.clone(), self.from.clone());
                return Err(StoreError::Conflict { id, from, other: to });
            }
            // File systems without links.
            Err(_) => fs::rename(&self.draft, &to),
            Ok(()) => Ok(()),
        }
        .map_err(|source| StoreError::Io {
            path: to.clone(),
            action: "naming a copied log",
            source,
        })?;
        if let Ok(folder) = File::open(store) {
            let _ = folder.sync_all();
        }
        let (lost, lost_lines) = (self.lost.clone(), self.lost_lines);
        Ok(Copied { from: self.from.clone(), to, lost, lost_lines })
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // Gone already where it was renamed.
        let _ = fs::remove_file(&self.draft);
    }
}

/// An error of a copy, told of its source.
fn of(error: RunLogError, from: &Path) -> RunLogError {
    let path = from.to_owned();
    match error {
        RunLogError::Line { line, reason, .. } => RunLogError::Line { path, line, reason },
        RunLogError::Order { line, reason, .. } => RunLogError::Order { path, line, reason },
        RunLogError::Empty { .. } => RunLogError::Empty { path },
        RunLogError::NewerSchema { found, .. } => RunLogError::NewerSchema { path, found },
        other => other,
    }
}
