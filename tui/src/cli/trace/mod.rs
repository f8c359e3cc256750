//! `mapbench trace gen|import|info|verify|convert`: traces from scenarios and real clusters as
//! files, and what is in them.

mod convert;
mod file;
mod generate;
mod import;
mod info;
mod verify;

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
    /// Check a trace file: every byte, every rule, and every figure that it says of itself
    Verify(verify::VerifyArgs),
    /// Turn a trace file into lines of JSON, or back
    Convert(convert::ConvertArgs),
}

pub(crate) fn run(globals: &Globals, args: &TraceArgs) -> Result<u8, CliError> {
    match &args.verb {
        TraceVerb::Import(args) => import::run(globals, args),
        TraceVerb::Generate(args) => generate::run(globals, args),
        TraceVerb::Info(args) => info::run(args),
        TraceVerb::Verify(args) => verify::run(args),
        TraceVerb::Convert(args) => convert::run(globals, args),
    }
}
