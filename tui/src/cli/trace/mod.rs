//! `mapbench trace import|info`: trace files from real clusters, and what is in them.

mod file;
mod generate;
mod import;

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use mapbench_core::trace::{self, Shape, Trace};

use super::{CliError, Globals, output};
use file::{read, unreadable, write};

/// Flags of `trace`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench trace import openb-2023 openb_pod_list_default.csv -o openb.mbt --until-alive 8000\n  \
    mapbench trace info openb.mbt\n  \
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
    /// What a trace file holds
    Info {
        /// The trace file
        file: PathBuf,
    },
}

pub(crate) fn run(globals: &Globals, args: &TraceArgs) -> Result<u8, CliError> {
    match &args.verb {
        TraceVerb::Import(args) => import::run(globals, args),
        TraceVerb::Generate(args) => generate::run(globals, args),
        TraceVerb::Info { file } => {
            let (trace, _) = read(file)?;
            output::print(describe(&trace).as_bytes())?;
            Ok(0)
        }
    }
}

fn describe(trace: &Trace) -> String {
    let header = &trace.header;
    let shape = match header.shape {
        Shape::Steady => "steady: rounds may loop",
        Shape::OneShot => "one-shot: a round is the whole trace",
    };
    let share = |share: f64| format!("{:.2} %", share * 100.0);
    let mut text = format!(
        "name        {}\nhash        {}\ngenerator   {}\nseed        {}\nshape       {shape}\n\
         ops         {}\nhit share   {}\neffective writes {}\n",
        header.name,
        trace::hash(trace),
        header.generator,
        header.seed,
        header.ops,
        header.hit_share.map_or_else(|| "no reads".to_owned(), share),
        share(header.effective_write_share),
    );
    for (map, end) in header.maps.iter().zip(&header.expected) {
        let _ = writeln!(
            text,
            "map {:<4} {:<24} {} keys, {} at the start, at most {}, {} at the end",
            map.id, map.name, map.keys, map.preload, map.peak, end.len
        );
    }
    for (actor, stream) in header.actors.iter().zip(&trace.streams) {
        let _ = writeln!(text, "actor {:<12} {} records", actor.name, stream.ops().count());
    }
    text
}
