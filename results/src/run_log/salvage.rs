//! What can be read of a log in which somebody or something damaged lines: every line that is an
//! event, and which lines are not. A damaged log never silently stands for a run, because rounds
//! that are missing without a trace are a bias; the salvaged one says what it lacks.

use std::path::Path;

use mapbench_core::event::RunEvent;

use super::{RunLog, RunLogError, RunLogReader};

/// Lines that a salvaged log names; more are counted.
const MOST_NAMED: usize = 20;

/// The readable part of a damaged log.
#[derive(Debug, Clone, PartialEq)]
pub struct Salvaged {
    /// The run: partial, under an id of its own, with a note that names the lost lines.
    pub log: RunLog,
    /// The first lost lines, each with line number and reason.
    pub lost: Vec<String>,
    /// All of them.
    pub lost_lines: usize,
}

/// Reads what can be read. The memory is that of the events, as of any log that is read.
///
/// # Errors
/// [`RunLogError`] if the first line does not read, because then nothing tells what the others are
/// of, or if the file cannot be read to its end.
pub fn salvage(path: &Path) -> Result<Salvaged, RunLogError> {
    let mut reader = RunLogReader::open(path)?;
    let mut begin = None;
    let mut events = Vec::new();
    let (mut lost, mut lost_lines) = (Vec::new(), 0);
    let mut end = None;
    for event in &mut reader {
        match event {
            Ok(RunEvent::Begin(first)) => begin = Some(*first),
            Ok(RunEvent::End(last)) => end = Some(last),
            Ok(event) => events.push(event),
            Err(RunLogError::Line { line, reason, .. }) if begin.is_some() => {
                lost_lines += 1;
                lost.push(format!("line {line}: {reason}"));
            }
            Err(RunLogError::Order { line, reason, .. }) => {
                lost_lines += 1;
                lost.push(format!("line {line}: {reason}"));
            }
            Err(error) => return Err(error),
        }
        lost.truncate(MOST_NAMED);
    }
    let mut begin = begin.ok_or_else(|| RunLogError::Empty { path: path.to_owned() })?;
    if lost_lines > 0 {
        begin.run_id.push_str("-salvaged");
        events.push(RunEvent::Note { text: note(path, &lost, lost_lines) });
        // What misses lines has not measured what it was asked to.
        end = None;
    }
    let torn_tail = reader.torn_tail();
    let log = RunLog { path: path.to_owned(), begin, events, end, torn_tail };
    Ok(Salvaged { log, lost, lost_lines })
}

fn note(path: &Path, lost: &[String], lost_lines: usize) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let more = match lost_lines - lost.len() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let lines = if lost_lines == 1 { "1 line" } else { &format!("{lost_lines} lines") };
    format!("salvaged from {name} without {lines} that did not read: {}{more}", lost.join("; "))
}
