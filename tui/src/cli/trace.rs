//! `mapbench trace import|info`: trace files from real clusters, and what is in them.

use std::fmt::Write;
use std::fs::File;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use mapbench_core::trace::{self, Shape, Trace};

use super::{CliError, Globals, output};

/// Flags of `trace`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench trace import openb-2023 openb_pod_list_default.csv -o openb.mbt --superpose 150\n  \
    mapbench trace info openb.mbt")]
pub(crate) struct TraceArgs {
    #[command(subcommand)]
    verb: TraceVerb,
}

#[derive(Debug, Subcommand)]
enum TraceVerb {
    /// What a trace file holds
    Info {
        /// The trace file
        file: PathBuf,
    },
}

pub(crate) fn run(_globals: &Globals, args: &TraceArgs) -> Result<u8, CliError> {
    match &args.verb {
        TraceVerb::Info { file } => {
            let trace = read(file)?;
            output::print(describe(&trace).as_bytes())?;
            Ok(0)
        }
    }
}

fn read(path: &Path) -> Result<Trace, CliError> {
    let label = path.display().to_string();
    let file = File::open(path)
        .map_err(|error| CliError::usage(format!("`{label}` cannot be read: {error}")))?;
    trace::read(file, &label).map_err(CliError::usage)
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
