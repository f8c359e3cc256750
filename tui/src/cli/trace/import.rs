//! `mapbench trace import`: the options of an import, from flags, and its report.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use mapbench_core::trace::import::{Columns, Copies, Options, Superpose, lifecycle_csv};

use super::super::quantity::duration_ns;
use super::super::{CliError, Globals, output};
use super::{unreadable, write};

/// Flags of `trace import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
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

pub(super) fn run(globals: &Globals, args: &ImportArgs) -> Result<u8, CliError> {
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
