//! `mapbench history accept`: figures over commits, what changed, when, and what people made of it.

mod accept;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CliError, Globals};

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
}

pub(crate) fn run(globals: &Globals, args: &HistoryArgs) -> Result<u8, CliError> {
    match &args.verb {
        HistoryVerb::Accept(args) => accept::run(globals, args),
    }
}
