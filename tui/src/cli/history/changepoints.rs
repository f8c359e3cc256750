//! `mapbench history changepoints`: where levels change, by commit; with `--gate` a slowdown that
//! nobody accepted or refuted fails, and with `--confirm` what is open is re-run before.

use clap::Args;
use mapbench_core::registry::Registry;
use mapbench_results::exit::{ExitCause, graver_code};
use mapbench_results::history::{ChangePoint, History, State, page};

use super::Place;
use super::confirm::{self, ConfirmArgs};
use super::gather::Sources;
use super::output_file::{HistoryOutput, check};
use crate::cli::{CliError, output};

/// Flags of `history changepoints`.
#[derive(Debug, Args)]
pub(super) struct ChangepointsArgs {
    /// Exit with 100 if there is a slowdown that was neither accepted nor refuted
    #[arg(long)]
    gate: bool,
    /// Only these series: a glob, or a part of their names
    #[arg(long, value_name = "GLOB", help_heading = "Series")]
    cell: Option<String>,
    /// Write the series as csv, csv-changes or json; `-` is standard output; repeat for more
    #[arg(short, long = "output", value_name = "FORMAT=PATH", help_heading = "Results")]
    outputs: Vec<HistoryOutput>,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    sources: Sources,
}

pub(super) fn run(
    registry: &Registry,
    place: Place<'_>,
    args: &ChangepointsArgs,
) -> Result<u8, CliError> {
    let prints = check(&args.outputs)?;
    let mut gathered = args.sources.gather(place.store)?;
    let chosen = gathered.chosen(args.cell.as_deref())?;
    let mut rerun = ExitCause::Fine.code();
    if args.confirm.confirm {
        rerun = confirm::run(registry, place, &gathered, &chosen, &args.confirm)?;
        // A comparison stands in no series, so that these are where they were.
        gathered = args.sources.gather(place.store)?;
    }
    for output in &args.outputs {
        output.write(&gathered.history, &chosen)?;
    }
    if prints {
        let text = page::changes(&gathered.history, &chosen, gathered.charset);
        output::print(text.as_bytes())?;
    }
    let slower = slowdowns(&gathered.history, &chosen);
    if !args.gate || slower == 0 {
        return Ok(rerun);
    }
    if !place.globals.quiet {
        let plural = if slower == 1 { "slowdown" } else { "slowdowns" };
        anstream::eprintln!("{slower} {plural} that nobody accepted or refuted");
    }
    Ok(graver_code(rerun, ExitCause::Regression.code()))
}

/// Slowdowns that wait for somebody, or that a re-run found to be true.
fn slowdowns(history: &History, chosen: &[usize]) -> usize {
    let stands = |change: &&ChangePoint| {
        let is_slower = change.shift.is_some_and(mapbench_results::history::Shift::is_slowdown);
        is_slower && matches!(change.state, State::Open | State::Confirmed(_))
    };
    let changes = chosen.iter().flat_map(|at| &history.series[*at].changes);
    changes.filter(stands).count()
}
