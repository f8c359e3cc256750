//! Writes a run log: creates the file, appends one line per event, syncs on request.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mapbench_core::event::{RunBegin, RunEnd, RunEvent};

use super::RunLogError;

/// Appends the events of one run to its file.
#[derive(Debug)]
pub struct RunLogWriter {
    file: File,
    path: PathBuf,
    line: Vec<u8>,
    begun: bool,
    /// Length of the file up to its last whole line. Bytes.
    whole_bytes: u64,
}

impl RunLogWriter {
    /// Creates the store if need be and in it a new file
    /// `<UTC date>T<time>Z-<commit7|nocommit>-<id>.ndjson` that holds the first line. The file
    /// and its name are on disk when this returns.
    ///
    /// # Errors
    /// [`RunLogError::Exists`] if there is such a file: nothing is ever overwritten.
    pub fn create(store: &Path, begin: &RunBegin) -> Result<Self, RunLogError> {
        let name = file_name(begin)?;
        let failed = |path: &Path, action| {
            let path = path.to_owned();
            move |source| RunLogError::Io { path, action, source }
        };
        fs::create_dir_all(store).map_err(failed(store, "creating the store"))?;
        let path = store.join(name);
        let file = match OpenOptions::new().append(true).create_new(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(RunLogError::Exists { path });
            }
            Err(error) => return Err(failed(&path, "creating the run log")(error)),
        };
        let mut writer =
            RunLogWriter { file, path, line: Vec::new(), begun: false, whole_bytes: 0 };
        writer.write(&RunEvent::Begin(Box::new(begin.clone())))?;
        writer.sync()?;
        // The new name is durable only once its folder is; file systems that cannot sync a folder
        // say so, and lose nothing that the run depends on.
        if let Ok(folder) = File::open(store) {
            let _ = folder.sync_all();
        }
        Ok(writer)
    }

    /// Opens the log of a run that goes on. A last line that was half-written when the run died is
    /// cut off.
    ///
    /// # Errors
    /// [`RunLogError::Io`] if the file cannot be read, cut or appended to.
    pub fn append(path: &Path) -> Result<Self, RunLogError> {
        let failed = |action| {
            let path = path.to_owned();
            move |source| RunLogError::Io { path, action, source }
        };
        let bytes = fs::read(path).map_err(failed("reading the run log"))?;
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let file = OpenOptions::new()
            .append(true)
            .open(path)
            .map_err(failed("opening the run log to append"))?;
        if whole < bytes.len() {
            file.set_len(whole as u64).map_err(failed("cutting a half-written line off"))?;
        }
        let whole_bytes = whole as u64;
        Ok(RunLogWriter { file, path: path.to_owned(), line: Vec::new(), begun: true, whole_bytes })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends one event as one line, in one write. [`RunEvent::RoundStarted`] is for screens and
    /// is left out, and so is a second [`RunEvent::Begin`], because `create` wrote the first.
    pub fn write(&mut self, event: &RunEvent) -> Result<(), RunLogError> {
        match event {
            RunEvent::RoundStarted { .. } => return Ok(()),
            RunEvent::Begin(_) if self.begun => return Ok(()),
            _ => self.begun = true,
        }
        self.line.clear();
        serde_json::to_writer(&mut self.line, event)
            .map_err(|error| self.failed("encoding an event", error.into()))?;
        self.line.push(b'\n');
        if let Err(error) = self.file.write_all(&self.line) {
            // A disk that is full takes a part of a line. What is written when there is room again
            // must not go on behind it, or neither would read.
            let _ = self.file.set_len(self.whole_bytes);
            return Err(self.failed("appending to the run log", error));
        }
        self.whole_bytes += self.line.len() as u64;
        Ok(())
    }

    /// Puts everything written so far on disk (`fdatasync`). Called once per group of rounds.
    pub fn sync(&mut self) -> Result<(), RunLogError> {
        self.file.sync_data().map_err(|error| self.failed("syncing the run log", error))
    }

    /// Appends the last line and syncs.
    pub fn finish(mut self, end: RunEnd) -> Result<PathBuf, RunLogError> {
        self.write(&RunEvent::End(end))?;
        self.sync()?;
        Ok(self.path)
    }

    fn failed(&self, action: &'static str, source: io::Error) -> RunLogError {
        RunLogError::Io { path: self.path.clone(), action, source }
    }
}

/// The name of the log of a run.
pub(crate) fn file_name(begin: &RunBegin) -> Result<String, RunLogError> {
    let refuse =
        |field, value: &str, why: String| RunLogError::Name { field, value: value.to_owned(), why };
    let started: Timestamp = begin
        .started
        .parse()
        .map_err(|error: jiff::Error| refuse("started", &begin.started, error.to_string()))?;
    let id = &begin.run_id;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if id.is_empty() || id.len() > 64 || !id.chars().all(plain) {
        let why = "use 1 to 64 letters, digits, `-` and `_`".to_owned();
        return Err(refuse("run_id", id, why));
    }
    let commit = begin.commit.as_ref().map(|commit| commit.sha.as_str());
    let commit = commit.filter(|sha| !sha.is_empty() && sha.chars().all(plain));
    let commit = commit.map_or("nocommit", |sha| &sha[..sha.len().min(7)]);
    Ok(format!("{}-{commit}-{id}.ndjson", started.strftime("%Y%m%dT%H%M%SZ")))
}
