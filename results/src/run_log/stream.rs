//! The events of a run log one by one, in memory that one line bounds, whatever the size of the
//! file. Tells what a line is and whether it may stand where it does; keeps nothing.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use mapbench_core::event::{RunEvent, SCHEMA_VERSION};
use serde::Deserialize;

use super::RunLogError;

/// The longest line that is read. The longest that is written is a plan of some ten thousand
/// cells, or a round with its stacks: a few megabytes.
pub const LONGEST_LINE_BYTES: usize = 64 << 20;

/// The longest reason that is told. Characters.
const LONGEST_REASON: usize = 200;

/// Reads events in order. After a line that is no event it goes on with the next one; after an
/// error that leaves nothing to go on with it ends.
#[derive(Debug)]
pub struct RunLogReader<R> {
    source: R,
    path: PathBuf,
    bytes: Vec<u8>,
    line: usize,
    longest: usize,
    place: Place,
    torn_tail: bool,
}

/// Where in a log a reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first line.
    Start,
    /// After the first line.
    Run,
    /// After a last line.
    End,
    /// At the end of the file, or where it cannot be read on.
    Nowhere,
}

/// The part of the first line that must be understood before the rest is.
#[derive(Deserialize)]
struct Probe {
    event: String,
    schema_version: Option<u64>,
}

/// What the next line of a source is.
enum Line {
    /// Bytes, line break included where there is one.
    Whole,
    /// Longer than anything that is written; passed over.
    TooLong,
    /// There is none.
    Nothing,
}

impl RunLogReader<BufReader<File>> {
    /// Opens a file.
    ///
    /// # Errors
    /// [`RunLogError::Io`] if it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, RunLogError> {
        let failed = |source| RunLogError::Io {
            path: path.to_owned(),
            action: "opening the run log",
            source,
        };
        Ok(RunLogReader::new(BufReader::new(File::open(path).map_err(failed)?), path))
    }
}

impl<R: BufRead> RunLogReader<R> {
    /// Reads from any source; `path` only names it in errors.
    pub fn new(source: R, path: &Path) -> Self {
        RunLogReader {
            source,
            path: path.to_owned(),
            bytes: Vec::new(),
            line: 0,
            longest: LONGEST_LINE_BYTES,
            place: Place::Start,
            torn_tail: false,
        }
    }

    /// The file, or what stands for it in errors.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The line that was read last, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Whether the last line was half-written, and left out; known at the end.
    pub fn torn_tail(&self) -> bool {
        self.torn_tail
    }

    fn read_line(&mut self) -> io::Result<Line> {
        self.bytes.clear();
        let read = self
            .source
            .by_ref()
            .take(self.longest as u64 + 1)
            .read_until(b'\n', &mut self.bytes)?;
        if read == 0 {
            return Ok(Line::Nothing);
        }
        if read <= self.longest || self.bytes.last() == Some(&b'\n') {
            return Ok(Line::Whole);
        }
        self.bytes = Vec::new();
        self.source.skip_until(b'\n')?;
        Ok(Line::TooLong)
    }

    /// What the line says, if it may stand here.
    fn understood(&mut self) -> Result<RunEvent, RunLogError> {
        let event = parse(&self.bytes, self.line, &self.path)?;
        let misplaced =
            |reason| RunLogError::Order { path: self.path.clone(), line: self.line, reason };
        match event {
            RunEvent::Resumed { .. } => self.place = Place::Run,
            _ if self.place == Place::End => {
                return Err(misplaced("an event after the end of the run"));
            }
            RunEvent::Begin(_) if self.place == Place::Run => {
                return Err(misplaced("a second beginning of a run"));
            }
            RunEvent::Begin(_) => self.place = Place::Run,
            RunEvent::End(_) => self.place = Place::End,
            _ => {}
        }
        Ok(event)
    }

    fn end(&mut self) -> Option<Result<RunEvent, RunLogError>> {
        let place = std::mem::replace(&mut self.place, Place::Nowhere);
        (place == Place::Start).then(|| Err(RunLogError::Empty { path: self.path.clone() }))
    }

    fn next_event(&mut self) -> Option<Result<RunEvent, RunLogError>> {
        self.line += 1;
        match self.read_line() {
            Ok(Line::Whole) => {}
            Ok(Line::Nothing) => {
                self.line -= 1;
                return self.end();
            }
            Ok(Line::TooLong) => {
                return Some(Err(RunLogError::Line {
                    path: self.path.clone(),
                    line: self.line,
                    reason: format!("longer than {} bytes, and no event is", self.longest),
                }));
            }
            Err(source) => {
                self.place = Place::Nowhere;
                let path = self.path.clone();
                return Some(Err(RunLogError::Io { path, action: "reading the run log", source }));
            }
        }
        match self.understood() {
            Err(RunLogError::Line { .. }) if self.bytes.last() != Some(&b'\n') => {
                self.torn_tail = true;
                self.end()
            }
            understood => Some(understood),
        }
    }
}

impl<R: BufRead> Iterator for RunLogReader<R> {
    type Item = Result<RunEvent, RunLogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.place == Place::Nowhere {
            return None;
        }
        let next = self.next_event();
        if self.place == Place::Start {
            // Without a first line nothing tells what the others are of.
            self.place = Place::Nowhere;
        }
        next
    }
}

fn parse(bytes: &[u8], line: usize, path: &Path) -> Result<RunEvent, RunLogError> {
    let broken = |reason: String| {
        let reason = on_one_line(&reason);
        RunLogError::Line { path: path.to_owned(), line, reason }
    };
    if line == 1 {
        let probe: Probe = serde_json::from_slice(bytes).map_err(|error| broken(said(&error)))?;
        if probe.event != "begin" {
            return Err(broken(format!("the first event is `{}`, not `begin`", probe.event)));
        }
        match probe.schema_version {
            Some(0) => return Err(broken("run log schema 0 is none; the first is 1".to_owned())),
            Some(found) if found > u64::from(SCHEMA_VERSION) => {
                return Err(RunLogError::NewerSchema { path: path.to_owned(), found });
            }
            Some(_) => {}
            None => return Err(broken("no `schema_version`".to_owned())),
        }
    }
    serde_json::from_slice(bytes).map_err(|error| broken(said(&error)))
}

/// What a parser says of a line, without the number that it gives to the only line it saw.
fn said(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column ", " at column ")
}

/// A reason may quote the file, which may hold anything: escape sequences and line breaks are
/// spelled out, and what is long is cut.
fn on_one_line(reason: &str) -> String {
    let spelled: String = reason.chars().flat_map(spell).take(LONGEST_REASON).collect();
    if spelled.chars().count() < LONGEST_REASON { spelled } else { spelled + "…" }
}

fn spell(character: char) -> Vec<char> {
    if character.is_control() { character.escape_default().collect() } else { vec![character] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_beyond_all_measure_is_passed_over_in_bounded_memory() {
        let note = br#"{"event":"note","text":"short"}"#.to_vec();
        let long = [b"x".repeat(1000), b"\n".to_vec(), note.clone(), b"\n".to_vec()].concat();
        let mut reader = RunLogReader::new(long.as_slice(), Path::new("long"));
        (reader.place, reader.line, reader.longest) = (Place::Run, 1, 100);
        let error = reader.next().expect("a line").expect_err("too long");
        assert!(
            error.to_string().contains("line 2: not an event of a run: longer than 100 bytes"),
            "{error}"
        );
        assert!(reader.bytes.capacity() <= 101);
        assert!(matches!(reader.next(), Some(Ok(RunEvent::Note { .. }))));
        assert!(reader.next().is_none());
    }
}
