//! `mapbench trace import|info`: trace files from real clusters, and what is in them.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use mapbench_core::trace::import::{Columns, Copies, Options, Superpose, lifecycle_csv};
use mapbench_core::trace::{self, Shape, Trace};

use super::quantity::duration_ns;
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
    Import(ImportArgs),
    /// What a trace file holds
    Info {
        /// The trace file
        file: PathBuf,
    },
}

/// Flags of `trace import`.
#[derive(Debug, Args)]
struct ImportArgs {
    /// Format of the recording: openb-2023
    format: String,
    /// The recording; `-` is standard input
    file: PathBuf,
    /// The trace file to write
    #[arg(short, long = "output", value_name = "FILE")]
    output: PathBuf,
    /// Columns of another file, as `name=instance_sn,create=creation_time`
    #[arg(long, value_name = "ROLE=COLUMN,…")]
    map: Option<String>,
    /// Lay so many shifted copies over each other
    #[arg(long, value_name = "K", conflicts_with = "until_alive")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(Superpose::MAX_COPIES)))]
    superpose: Option<u32>,
    /// As many copies as make more than so many pods alive at once
    #[arg(long, value_name = "PODS")]
    until_alive: Option<u32>,
    /// Time between two copies [default: 37s]
    #[arg(long, value_name = "TIME", value_parser = duration_ns)]
    shift: Option<u64>,
    /// Only the last days of the recording
    #[arg(long, value_name = "DAYS")]
    last_days: Option<f64>,
    /// Nodes that pods are bound to [default: those of the recorded cluster]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    nodes: Option<u32>,
    /// Status updates of a bound pod [default: 3]
    #[arg(long, value_name = "N")]
    status_updates: Option<u32>,
    /// The seed that assigns nodes to pods
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(globals: &Globals, args: &TraceArgs) -> Result<u8, CliError> {
    match &args.verb {
        TraceVerb::Import(args) => import(globals, args),
        TraceVerb::Info { file } => {
            let trace = read(file)?;
            output::print(describe(&trace).as_bytes())?;
            Ok(0)
        }
    }
}

fn import(globals: &Globals, args: &ImportArgs) -> Result<u8, CliError> {
    let options = options(args)?;
    output::check(&args.output)?;
    let label = args.file.display().to_string();
    let input: Box<dyn Read> = if args.file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(&args.file).map_err(|error| unreadable(&label, &error))?)
    };
    let (trace, report) =
        lifecycle_csv::import(input, &label, &options).map_err(CliError::usage)?;
    let written = write(&trace, &args.output)?;
    let text = if args.json {
        format!("{}\n", serde_json::to_string_pretty(&report).map_err(CliError::unexpected)?)
    } else {
        format!("{}\n", report.to_string().trim_end())
    };
    output::print(text.as_bytes())?;
    if !globals.quiet {
        anstream::eprintln!(
            "{}: {} bytes, {:.2} per record, hash {}",
            args.output.display(),
            written.bytes,
            written.bytes_per_record(),
            written.hash
        );
    }
    Ok(0)
}

fn options(args: &ImportArgs) -> Result<Options, CliError> {
    let mut options = Options::preset(&args.format).ok_or_else(|| {
        let formats = Columns::PRESETS.join(", ");
        CliError::usage(format!(
            "unknown format `{}` of recordings; there is {formats}; for another CSV take it with \
             --map",
            args.format
        ))
    })?;
    if let Some(mapping) = &args.map {
        options.columns = options.columns.mapped(mapping).map_err(CliError::usage)?;
    }
    if let Some(copies) = args.superpose {
        options.superpose.copies = Copies::Exactly(copies);
    }
    if let Some(pods) = args.until_alive {
        options.superpose.copies = Copies::UntilAlive(pods);
    }
    if let Some(shift_ns) = args.shift {
        options.superpose.shift_ms = i64::try_from(shift_ns / 1_000_000).unwrap_or(i64::MAX);
    }
    options.last_s = args.last_days.map(|days| days * 86_400.0).or(options.last_s);
    options.nodes = args.nodes.unwrap_or(options.nodes);
    options.status_updates = args.status_updates.unwrap_or(options.status_updates);
    options.seed = args.seed;
    Ok(options)
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
