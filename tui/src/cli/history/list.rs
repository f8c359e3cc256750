//! `mapbench history list`: the series of a store, or what in them waits for somebody.

use clap::Args;
use mapbench_results::history::page;

use super::Place;
use super::gather::Sources;
use super::output_file::{HistoryOutput, check};
use crate::cli::{CliError, output};

/// Lines that say what was left out; the rest is counted.
const MOST_REASONS: usize = 5;

/// Flags of `history list`.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only the commits whose change nobody has confirmed, refuted or accepted, with their age
    #[arg(long)]
    open: bool,
    /// Only these series: a glob, or a part of their names
    #[arg(long, value_name = "GLOB", help_heading = "Series")]
    cell: Option<String>,
    /// Write the series as csv, csv-changes or json; `-` is standard output; repeat for more
    #[arg(short, long = "output", value_name = "FORMAT=PATH", help_heading = "Results")]
    outputs: Vec<HistoryOutput>,
    #[command(flatten)]
    sources: Sources,
}

pub(super) fn run(place: Place<'_>, args: &ListArgs) -> Result<u8, CliError> {
    let prints = check(&args.outputs)?;
    let gathered = args.sources.gather(place.store)?;
    let chosen = gathered.chosen(args.cell.as_deref())?;
    for output in &args.outputs {
        output.write(&gathered.history, &chosen)?;
    }
    if prints {
        let text = if args.open {
            page::open(&gathered.history, &chosen, gathered.now, gathered.charset)
        } else {
            page::list(&gathered.history, &chosen, gathered.charset)
        };
        output::print(text.as_bytes())?;
    }
    if !place.globals.quiet {
        anstream::eprint!("{}", page::left_out(&gathered.history.left_out, MOST_REASONS));
    }
    Ok(0)
}
