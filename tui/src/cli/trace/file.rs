//! Trace files by their path: read whole, and written beside their target first, so that nobody ever
//! reads half of one. `-` is standard input and output. What is in them is other files' business.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use mapbench_core::trace::{self, Trace, TraceHash, Written, json_lines};

use super::super::{CliError, output};

/// Large enough that a block is one call.
const BUFFER_BYTES: usize = 1 << 18;

/// Whether a path is standard input or output.
pub(super) fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// What a path is called in messages.
pub(super) fn label(path: &Path) -> String {
    if is_standard(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// Fails if a file could not be written. Leaves nothing behind.
pub(super) fn check_writable(path: &Path) -> Result<(), CliError> {
    if is_standard(path) { Ok(()) } else { output::check(path) }
}

/// Opens a file or standard input.
fn open(path: &Path) -> Result<Box<dyn Read>, CliError> {
    if is_standard(path) {
        return Ok(Box::new(io::stdin().lock()));
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(unreadable(&label(path), &error)),
    }
}

/// Reads a trace file, or lines of JSON, told apart by their first byte. The hash is that of the
/// bytes of a trace file.
pub(super) fn read(path: &Path) -> Result<(Trace, Option<TraceHash>), CliError> {
    let label = label(path);
    let mut input = BufReader::with_capacity(BUFFER_BYTES, open(path)?);
    let begin = input.fill_buf().map_err(|error| unreadable(&label, &error))?;
    if begin.trim_ascii_start().starts_with(b"{") {
        let trace = json_lines::read(input, &label).map_err(CliError::usage)?;
        return Ok((trace, None));
    }
    let (trace, hash) = trace::read_hashed(input, &label).map_err(CliError::usage)?;
    Ok((trace, Some(hash)))
}

/// Writes a trace file.
pub(super) fn write(trace: &Trace, path: &Path) -> Result<Written, CliError> {
    write_with(path, |out| trace::write(trace, out))
}

/// Writes a file with what `fill` writes.
pub(super) fn write_with<T>(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> Result<T, CliError> {
    let filled = |to: &mut dyn Write| {
        let mut out = BufWriter::with_capacity(BUFFER_BYTES, to);
        let result = fill(&mut out)?;
        out.flush().map(|()| result)
    };
    if is_standard(path) {
        return filled(&mut io::stdout().lock()).map_err(|error| {
            CliError::output(format!("standard output cannot be written: {error}"))
        });
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.draft", std::process::id()));
    let draft = path.with_file_name(name);
    let written = File::create(&draft)
        .and_then(|mut file| filled(&mut file))
        .and_then(|result| fs::rename(&draft, path).map(|()| result));
    written.map_err(|error| {
        let _ = fs::remove_file(&draft);
        CliError::output(format!(
            "`{}` (-o) cannot be written: {error}; choose another path",
            path.display()
        ))
    })
}

pub(super) fn unreadable(label: &str, error: &io::Error) -> CliError {
    CliError::usage(format!("`{label}` cannot be read: {error}; check the path"))
}
