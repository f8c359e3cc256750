//! Exports of a sweep, one file per format. Nothing is computed here.

pub mod csv;
pub mod findings_csv;
pub mod json;
pub mod svg;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;

use super::judged::Sweep;
use crate::export::{ExportError, write_whole};

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SweepFormat {
    /// The points: comma-separated values with a header.
    Csv,
    /// The findings, likewise.
    CsvFindings,
    /// Points, findings, models and what was asked.
    Json,
    /// A picture of each setting.
    Svg,
}

/// There is no such format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no export format {name:?} of a sweep; use csv, csv-findings, json or svg")]
pub struct UnknownSweepFormat {
    /// What was asked for.
    pub name: String,
}

impl SweepFormat {
    /// Every format.
    pub const ALL: [SweepFormat; 4] =
        [SweepFormat::Csv, SweepFormat::CsvFindings, SweepFormat::Json, SweepFormat::Svg];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            SweepFormat::Csv => "csv",
            SweepFormat::CsvFindings => "csv-findings",
            SweepFormat::Json => "json",
            SweepFormat::Svg => "svg",
        }
    }
}

impl FromStr for SweepFormat {
    type Err = UnknownSweepFormat;

    fn from_str(name: &str) -> Result<Self, UnknownSweepFormat> {
        let known = SweepFormat::ALL.into_iter().find(|format| format.name() == name);
        known.ok_or_else(|| UnknownSweepFormat { name: name.to_owned() })
    }
}

/// Writes a sweep in a format; pictures of several settings one after another.
///
/// # Errors
/// What `out` says.
pub fn write(format: SweepFormat, sweep: &Sweep, out: &mut dyn Write) -> io::Result<()> {
    match format {
        SweepFormat::Csv => csv::write(sweep, out),
        SweepFormat::CsvFindings => findings_csv::write(sweep, out),
        SweepFormat::Json => json::write(sweep, out),
        SweepFormat::Svg => {
            let pictures = sweep.groups.iter().map(|group| svg::render(group, sweep));
            pictures.into_iter().try_for_each(|picture| writeln!(out, "{picture}"))
        }
    }
}

/// Writes a sweep into a file, whole or not at all. A picture holds one setting: those of further
/// settings go beside it, as `curve-2.svg`. Returns the files.
///
/// # Errors
/// [`ExportError::Write`] names the file.
pub fn write_file(
    format: SweepFormat,
    sweep: &Sweep,
    path: &Path,
) -> Result<Vec<PathBuf>, ExportError> {
    if format != SweepFormat::Svg {
        write_whole(path, |out| write(format, sweep, out))?;
        return Ok(vec![path.to_owned()]);
    }
    let mut written = Vec::new();
    for (at, group) in sweep.groups.iter().enumerate() {
        let path = if at == 0 { path.to_owned() } else { numbered(path, at + 1) };
        write_whole(&path, |out| writeln!(out, "{}", svg::render(group, sweep)))?;
        written.push(path);
    }
    Ok(written)
}

fn numbered(path: &Path, number: usize) -> PathBuf {
    let part = |part: Option<&std::ffi::OsStr>| {
        part.map(|part| part.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let (stem, extension) = (part(path.file_stem()), part(path.extension()));
    let dot = if extension.is_empty() { "" } else { "." };
    path.with_file_name(format!("{stem}-{number}{dot}{extension}"))
}
