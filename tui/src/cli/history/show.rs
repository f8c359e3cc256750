//! `mapbench history show CELL`: a series with all its points, machines and changes.

use clap::Args;
use mapbench_results::history::page;

use super::Place;
use super::gather::Sources;
use super::output_file::{HistoryOutput, check};
use crate::cli::{CliError, output};

/// Flags of `history show`.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The series: a glob, or a part of their names
    cell: String,
    /// Write the series as csv, csv-changes or json; `-` is standard output; repeat for more
    #[arg(short, long = "output", value_name = "FORMAT=PATH", help_heading = "Results")]
    outputs: Vec<HistoryOutput>,
    #[command(flatten)]
    sources: Sources,
}

pub(super) fn run(place: Place<'_>, args: &ShowArgs) -> Result<u8, CliError> {
    let prints = check(&args.outputs)?;
    let gathered = args.sources.gather(place.store)?;
    let chosen = gathered.chosen(Some(&args.cell))?;
    for output in &args.outputs {
        output.write(&gathered.history, &chosen)?;
    }
    if prints {
        let pages =
            chosen.iter().map(|at| page::show(&gathered.history.series[*at], gathered.charset));
        output::print(pages.collect::<Vec<_>>().join("\n").as_bytes())?;
    }
    Ok(0)
}
