//! `mapbench history accept`: figures over commits, what changed, when, and what people made of it.

mod accept;
mod import;
mod prune;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CliError, Globals, run_name};

/// Flags of `history`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
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
    /// Say that a change of speed is as it should be: series begin a new level there
    Accept(accept::AcceptArgs),
    /// Copy run logs into the store, or merge another store into it
    Import(import::ImportArgs),
    /// Remove old run logs, and the traces that no log needs
    Prune(prune::PruneArgs),
}

pub(crate) fn run(globals: &Globals, args: &HistoryArgs) -> Result<u8, CliError> {
    let store = || run_name::folder(args.store.as_deref());
    match &args.verb {
        HistoryVerb::Accept(args) => accept::run(globals, args),
        HistoryVerb::Import(args) => import::run(globals, &store()?, args),
        HistoryVerb::Prune(args) => prune::run(&store()?, args),
    }
}
