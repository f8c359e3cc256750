//! `mapbench trace gen|import|info`: traces from scenarios and real clusters as files, and what is
//! in them.

mod file;
mod generate;
mod import;
mod info;

use clap::{Args, Subcommand};

use super::{CliError, Globals};
use file::{unreadable, write};

/// Flags of `trace`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench trace import openb-2023 openb_pod_list_default.csv -o openb.mbt --until-alive 8000\n  \
    mapbench trace info openb.mbt\n  \
    mapbench trace gen mixed-write --set nodes=15000 -o large.mbt\n  \
    mapbench run --trace openb.mbt -a core --rounds 3")]
pub(crate) struct TraceArgs {
    #[command(subcommand)]
    verb: TraceVerb,
}

#[derive(Debug, Subcommand)]
enum TraceVerb {
    /// Turn recorded cluster activity into a trace, and report what was read
    Import(import::ImportArgs),
    /// Turn a scenario into a trace file
    #[command(name = "gen")]
    Generate(generate::GenerateArgs),
    /// What is in a trace file, or in a scenario's trace
    Info(info::InfoArgs),
}

pub(crate) fn run(globals: &Globals, args: &TraceArgs) -> Result<u8, CliError> {
    match &args.verb {
        TraceVerb::Import(args) => import::run(globals, args),
        TraceVerb::Generate(args) => generate::run(globals, args),
        TraceVerb::Info(args) => info::run(args),
    }
}
