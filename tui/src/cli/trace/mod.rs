//! `mapbench trace import|info`: trace files from real clusters, and what is in them.

mod import;

use std::fmt::Write;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use mapbench_core::trace::{self, Shape, Trace};

use super::{CliError, Globals, output};

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
    /// What a trace file holds
    Info {
        /// The trace file
        file: PathBuf,
    },
}

pub(crate) fn run(globals: &Globals, args: &TraceArgs) -> Result<u8, CliError> {
    match &args.verb {
        TraceVerb::Import(args) => import::run(globals, args),
        TraceVerb::Info { file } => {
            let trace = read(file)?;
            output::print(describe(&trace).as_bytes())?;
            Ok(0)
        }
    }
}

/// Writes a trace beside its file first, so that nobody ever reads half of one.
fn write(trace: &Trace, path: &Path) -> Result<trace::Written, CliError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.draft", std::process::id()));
    let draft = path.with_file_name(name);
    let written = File::create(&draft)
        .and_then(|file| trace::write(trace, file))
        .and_then(|written| fs::rename(&draft, path).map(|()| written));
    written.map_err(|error| {
        let _ = fs::remove_file(&draft);
        CliError::output(format!(
            "`{}` (-o) cannot be written: {error}; choose another path",
            path.display()
        ))
    })
}

fn unreadable(label: &str, error: &io::Error) -> CliError {
    CliError::usage(format!("`{label}` cannot be read: {error}; check the path"))
}

fn read(path: &Path) -> Result<Trace, CliError> {
    let label = path.display().to_string();
    let file = File::open(path).map_err(|error| unreadable(&label, &error))?;
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
