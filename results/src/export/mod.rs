//! Exports: a run in a format of other programs. One file per format, all made of the rows of a
//! summary, the events of its log, the curves of a sweep or the verdicts of a comparison; nothing
//! is computed here. A file appears whole or not at all.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use mapbench_core::event::RunEvent;
use minijinja::syntax::SyntaxConfig;
use thiserror::Error;

use crate::compare::Compared;
use crate::exit::ExitCause;
use crate::summary::RunSummary;
use crate::sweep::Sweep;

pub mod bencher;
mod columns;
pub mod csv;
mod files;
pub mod folded;
mod format;
pub mod github;
pub mod hlog;
pub mod html;
pub mod json;
pub mod junit;
mod lines;
pub mod markdown;
mod name;
mod page;
pub mod pprof;
mod stack_files;

pub use files::{check_writable, write_whole};
pub use format::{Described, FORMATS, Format};
pub use stack_files::{check_folder, write_stacks};

/// What is exported.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The figures.
    pub summary: &'a RunSummary,
    /// The events, for formats that go down to rounds; empty otherwise.
    pub events: &'a [RunEvent],
    /// What a sweep came to; `None` of a run at fixed points.
    pub sweep: Option<&'a Sweep>,
    /// What a comparison came to; `None` where nothing was compared.
    pub compared: Option<&'a Compared>,
    /// Its log, of which only the name is shown; `None` if nobody kept one.
    pub log: Option<&'a Path>,
}

impl<'a> Run<'a> {
    /// A run of which only the figures are shown.
    pub fn of(summary: &'a RunSummary) -> Self {
        Run { summary, events: &[], sweep: None, compared: None, log: None }
    }

    /// With the events of its log.
    #[must_use]
    pub fn with_events(self, events: &'a [RunEvent]) -> Self {
        Run { events, ..self }
    }

    /// With the name of its log.
    #[must_use]
    pub fn with_log(self, log: &'a Path) -> Self {
        Run { log: Some(log), ..self }
    }
}

/// Why an export failed.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The file cannot be written.
    #[error("{}: cannot write the export: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no such format.
    #[error("no export format {name:?}; use {}", Format::names(|_| true))]
    UnknownFormat {
        /// What was asked for.
        name: String,
    },
}

/// Writes a run in a format; of a format that is several files the first one.
///
/// # Errors
/// What `out` says.
pub fn write(format: Format, run: Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_part(format, 0, run, out)
}

fn write_part(format: Format, part: usize, run: Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    match (format, run.compared) {
        (Format::Csv, _) => csv::write(run.summary, &[], out),
        (Format::CsvRounds, _) => csv::write(run.summary, run.events, out),
        (Format::Json, _) => json::write(run, out),
        (Format::Markdown, _) => markdown::write(run, out),
        (Format::Junit, Some(compared)) => junit::write_compared(compared, out),
        (Format::Junit, None) => junit::write(run.summary, out),
        (Format::Github, _) => github::write(run.summary, part, out),
        (Format::Bencher, _) => bencher::write(run.summary, out),
        (Format::Hlog, _) => hlog::write(run.summary, run.events, out),
        (Format::Html, _) => html::write(run, out),
    }
}

/// Writes a comparison in a format that shows one, as [`Described::shows_comparison`] says;
/// `causes` are those of the exit code.
///
/// # Errors
/// What `out` says; that the format shows none.
pub fn write_compared(
    format: Format,
    compared: &Compared,
    causes: &[ExitCause],
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Json => crate::compare::json::write(compared, causes, out),
        Format::Markdown => markdown::write_compared(compared, out),
        Format::Junit => junit::write_compared(compared, out),
        Format::Html => html::write_compared(compared, out),
        _ => Err(io::Error::other(format!("{} shows no comparison", format.name()))),
    }
}

/// Writes a run into a file, whole or not at all; a format of several files into files beside it,
/// as [`paths`] calls them.
///
/// # Errors
/// [`ExportError::Write`] names the file; an old export is then untouched.
pub fn write_file(format: Format, run: Run<'_>, path: &Path) -> Result<(), ExportError> {
    let paths = paths(format, path);
    let mut numbered = paths.iter().enumerate();
    numbered
        .try_for_each(|(part, path)| write_whole(path, |out| write_part(format, part, run, out)))
}

/// The files that a format writes when it is given a path: that one, or of a format that is several
/// `bench-throughput.json` and `bench-latency.json` for `bench.json`.
pub fn paths(format: Format, path: &Path) -> Vec<PathBuf> {
    let parts = format.described().parts;
    if parts.is_empty() {
        return vec![path.to_owned()];
    }
    let text = |part: Option<&std::ffi::OsStr>| {
        part.map(|part| part.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let (stem, extension) = (text(path.file_stem()), text(path.extension()));
    let dot = if extension.is_empty() { "" } else { "." };
    let named = |part: &&str| path.with_file_name(format!("{stem}-{part}{dot}{extension}"));
    parts.iter().map(named).collect()
}

/// How templates are written: a line with nothing but a block leaves no line behind.
fn syntax() -> Result<SyntaxConfig, minijinja::Error> {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()
}
