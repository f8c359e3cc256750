//! Reads a run log back: every whole line is an event, and a file that stops early is a partial
//! run. A broken line in the middle is an error with its number, never a guess.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use mapbench_core::event::{RunBegin, RunEnd, RunEvent, SCHEMA_VERSION};
use serde::Deserialize;

use super::RunLogError;

/// A run log in memory; its size is that of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct RunLog {
    /// The file.
    pub path: PathBuf,
    /// The first line.
    pub begin: RunBegin,
    /// The lines between first and last, in order.
    pub events: Vec<RunEvent>,
    /// The last line; `None` for a run that was cut off.
    pub end: Option<RunEnd>,
    /// Whether the last line was half-written, and left out.
    pub torn_tail: bool,
}

/// The part of the first line that must be understood before the rest is.
#[derive(Deserialize)]
struct Probe {
    event: String,
    schema_version: Option<u64>,
}

impl RunLog {
    /// Reads a file. A last line without its line break that is no event was being written when
    /// the run died: it is left out and [`torn_tail`](RunLog::torn_tail) says so.
    ///
    /// # Errors
    /// [`RunLogError`] names file and line.
    pub fn read(path: &Path) -> Result<RunLog, RunLogError> {
        let failed =
            |action| move |source| RunLogError::Io { path: path.to_owned(), action, source };
        let file = File::open(path).map_err(failed("opening the run log"))?;
        RunLog::read_from(BufReader::new(file), path)
    }

    /// Reads from any source; `path` only names it in errors.
    ///
    /// # Errors
    /// As [`RunLog::read`].
    pub fn read_from(mut source: impl BufRead, path: &Path) -> Result<RunLog, RunLogError> {
        let mut begin = None;
        let mut log_events = Vec::new();
        let mut end = None;
        let mut torn_tail = false;
        let mut bytes = Vec::new();
        for line in 1.. {
            bytes.clear();
            let read = source.read_until(b'\n', &mut bytes).map_err(|source| RunLogError::Io {
                path: path.to_owned(),
                action: "reading the run log",
                source,
            })?;
            if read == 0 {
                break;
            }
            let event = match parse(&bytes, line, path) {
                Ok(event) => event,
                Err(RunLogError::Line { .. }) if bytes.last() != Some(&b'\n') => {
                    torn_tail = true;
                    break;
                }
                Err(error) => return Err(error),
            };
            let misplaced = |reason| RunLogError::Order { path: path.to_owned(), line, reason };
            match event {
                RunEvent::Resumed { .. } => {
                    end = None;
                    log_events.push(event);
                }
                _ if end.is_some() => return Err(misplaced("an event after the end of the run")),
                RunEvent::Begin(first) if line == 1 => begin = Some(*first),
                RunEvent::Begin(_) => return Err(misplaced("a second beginning of a run")),
                RunEvent::End(last) => end = Some(last),
                event => log_events.push(event),
            }
        }
        let begin = begin.ok_or_else(|| RunLogError::Empty { path: path.to_owned() })?;
        Ok(RunLog { path: path.to_owned(), begin, events: log_events, end, torn_tail })
    }

    /// Whether the run was cut off: its log has no last line.
    pub fn partial(&self) -> bool {
        self.end.is_none()
    }

    /// All events as they happened, first and last line included.
    pub fn replay(&self) -> impl Iterator<Item = RunEvent> + '_ {
        let begin = std::iter::once_with(|| RunEvent::Begin(Box::new(self.begin.clone())));
        let end = self.end.iter().map(|end| RunEvent::End(end.clone()));
        begin.chain(self.events.iter().cloned()).chain(end)
    }
}

fn parse(bytes: &[u8], line: usize, path: &Path) -> Result<RunEvent, RunLogError> {
    let broken = |reason: String| RunLogError::Line { path: path.to_owned(), line, reason };
    if line == 1 {
        let probe: Probe =
            serde_json::from_slice(bytes).map_err(|error| broken(error.to_string()))?;
        if probe.event != "begin" {
            return Err(broken(format!("the first event is `{}`, not `begin`", probe.event)));
        }
        match probe.schema_version {
            Some(found) if found > u64::from(SCHEMA_VERSION) => {
                return Err(RunLogError::NewerSchema { path: path.to_owned(), found });
            }
            Some(_) => {}
            None => return Err(broken("no `schema_version`".to_owned())),
        }
    }
    serde_json::from_slice(bytes).map_err(|error| broken(error.to_string()))
}
