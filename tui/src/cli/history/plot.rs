//! `mapbench history plot CELL`: a series as a picture, in the terminal and as SVG.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;
use mapbench_results::export::write_whole;
use mapbench_results::history::export::svg;
use mapbench_results::history::{plot, spell};

use super::Place;
use super::gather::Sources;
use crate::cli::{CliError, output};

/// Columns of a picture where nobody tells the width.
const USUAL_COLUMNS: usize = 100;

/// Flags of `history plot`.
#[derive(Debug, Args)]
pub(super) struct PlotArgs {
    /// The series: a glob, or a part of their names
    cell: String,
    /// Write the picture there instead; of several series as NAME.svg, NAME-2.svg, …; `-` is standard
    /// output
    #[arg(long, value_name = "PATH", help_heading = "Results")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    sources: Sources,
}

pub(super) fn run(place: Place<'_>, args: &PlotArgs) -> Result<u8, CliError> {
    let is_file = |path: &&Path| *path != Path::new("-");
    if let Some(path) = args.svg.as_deref().filter(is_file) {
        output::check(path)?;
    }
    let gathered = args.sources.gather(place.store)?;
    let chosen = gathered.chosen(Some(&args.cell))?;
    let series = chosen.iter().map(|at| &gathered.history.series[*at]);
    match args.svg.as_deref() {
        Some(path) if is_file(&path) => {
            for (number, series) in (1..).zip(series) {
                let path = numbered(path, number);
                write_whole(&path, |out| writeln!(out, "{}", svg::render(series)))
                    .map_err(|error| output::unwritable(&error))?;
                if !place.globals.quiet {
                    let name = spell::name(&series.name, gathered.charset);
                    anstream::eprintln!("{}: {name}", path.display());
                }
            }
        }
        Some(_) => {
            let pictures: Vec<String> = series.map(svg::render).collect();
            output::print(format!("{}\n", pictures.join("\n")).as_bytes())?;
        }
        None => {
            let columns = columns_of_terminal().unwrap_or(USUAL_COLUMNS).clamp(40, 140);
            let mut text = String::new();
            for series in series {
                let lines = plot::render(series, columns, plot::USUAL_ROWS, gathered.charset);
                let name = spell::name(&series.name, gathered.charset);
                let _ = write!(text, "{name}\n{}\n\n", lines.join("\n"));
            }
            output::print(text.as_bytes())?;
        }
    }
    Ok(0)
}

/// The file of a picture: `history.svg`, `history-2.svg`, …
fn numbered(path: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = path.extension().map(|end| format!(".{}", end.to_string_lossy()));
    path.with_file_name(format!("{stem}-{number}{}", end.unwrap_or_default()))
}

/// Width of the terminal that standard output is; `None` if it is none.
fn columns_of_terminal() -> Option<usize> {
    let is_terminal = std::io::stdout().is_terminal();
    let size = is_terminal.then(ratatui::crossterm::terminal::size)?.ok()?;
    Some(usize::from(size.0))
}
