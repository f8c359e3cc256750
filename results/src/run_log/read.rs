//! A run log in memory: every whole line is an event, and a file that stops early is a partial run.
//! A broken line in the middle is an error with its number, never a guess; what can be read of such
//! a log is `salvage`'s.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use mapbench_core::event::{RunBegin, RunEnd, RunEvent};

use super::{RunLogError, RunLogReader};

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

impl RunLog {
    /// Reads a file. A last line without its line break that is no event was being written when
    /// the run died: it is left out and [`torn_tail`](RunLog::torn_tail) says so.
    ///
    /// # Errors
    /// [`RunLogError`] names file and line.
    pub fn read(path: &Path) -> Result<RunLog, RunLogError> {
        RunLog::collect(RunLogReader::open(path)?)
    }

    /// Reads from any source; `path` only names it in errors.
    ///
    /// # Errors
    /// As [`RunLog::read`].
    pub fn read_from(source: impl BufRead, path: &Path) -> Result<RunLog, RunLogError> {
        RunLog::collect(RunLogReader::new(source, path))
    }

    fn collect(mut reader: RunLogReader<impl BufRead>) -> Result<RunLog, RunLogError> {
        let mut begin = None;
        let mut events = Vec::new();
        let mut end = None;
        for event in &mut reader {
            match event? {
                RunEvent::Begin(first) => begin = Some(*first),
                RunEvent::End(last) => end = Some(last),
                event => {
                    // The only one that there is after an end: the run went on.
                    end = None;
                    events.push(event);
                }
            }
        }
        let path = reader.path().to_owned();
        let begin = begin.ok_or_else(|| RunLogError::Empty { path: path.clone() })?;
        Ok(RunLog { path, begin, events, end, torn_tail: reader.torn_tail() })
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
