//! `mapbench history list|show|plot|changepoints|accept|import|prune`: figures over commits, what
//! changed, when, and what people made of it; and the store that they are of.

mod accept;
mod changepoints;
mod confirm;
mod gather;
mod import;
mod list;
mod output_file;
mod plot;
mod prune;
mod show;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use mapbench_core::registry::Registry;

use super::{CliError, Globals, run_name};

/// Flags of `history`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench history list --open\n  \
    mapbench history plot 'sharded*2 threads*' --svg history.svg\n  \
    mapbench history changepoints --confirm\n  \
    mapbench history changepoints --gate\n  \
    mapbench history accept 3fa9c2d --reason 'safe locking costs this much'")]
pub(crate) struct HistoryArgs {
    #[command(subcommand)]
    verb: HistoryVerb,
    /// Folder of run logs [default: .mapbench/runs beside mapbench.toml or here]
    #[arg(long, global = true, value_name = "DIR")]
    store: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum HistoryVerb {
    /// The series: one per setting, adapter and placement mode
    List(list::ListArgs),
    /// A series with all its points, machines and changes
    Show(show::ShowArgs),
    /// A series as a picture
    Plot(plot::PlotArgs),
    /// Where levels change, by commit
    Changepoints(changepoints::ChangepointsArgs),
    /// Say that a change of speed is as it should be: series begin a new level there
    Accept(accept::AcceptArgs),
    /// Copy run logs into the store, or merge another store into it
    Import(import::ImportArgs),
    /// Remove old run logs, and the traces that no log needs
    Prune(prune::PruneArgs),
}

/// What is the same for every verb of `history`.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    globals: &'a Globals,
    /// The store that was asked for.
    store: Option<&'a Path>,
}

pub(crate) fn run(
    registry: &Registry,
    globals: &Globals,
    args: &HistoryArgs,
) -> Result<u8, CliError> {
    let place = Place { globals, store: args.store.as_deref() };
    let store = || run_name::folder(place.store);
    match &args.verb {
        HistoryVerb::List(args) => list::run(place, args),
        HistoryVerb::Show(args) => show::run(place, args),
        HistoryVerb::Plot(args) => plot::run(place, args),
        HistoryVerb::Changepoints(args) => changepoints::run(registry, place, args),
        HistoryVerb::Accept(args) => accept::run(globals, args),
        HistoryVerb::Import(args) => import::run(globals, &store()?, args),
        HistoryVerb::Prune(args) => prune::run(&store()?, args),
    }
}
