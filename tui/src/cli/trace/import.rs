//! `mapbench trace import`: the options of an import, from flags, and its report.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use mapbench_core::trace::Trace;
use mapbench_core::trace::import::{
    AccessFormat, AccessOptions, Columns, Copies, ImportError, ImportReport, Options, Preload,
    Speed, Superpose, access, lifecycle_csv,
};

use super::super::quantity::duration_ns;
use super::super::{CliError, Globals, output};
use super::{unreadable, write};

/// Flags of `trace import`.
#[derive(Debug, Args)]
#[command(after_help = "Formats:\n  \
    openb-2023     pod list of a GPU cluster (CSV)\n  \
    csv            any other pod list: say its columns with --map\n  \
    access-i32be   accesses to keys, four big-endian bytes each (cache2k)\n  \
    access-lines   accesses to keys, one key per line\n  \
    twitter-csv    requests of Twitter's cache clusters\n\n\
    Files packed with gzip or xz are unpacked, whatever they are called.")]
pub(crate) struct ImportArgs {
    /// Format of the recording; see below
    format: String,
    /// The recording; `-` is standard input
    file: PathBuf,
    /// The trace file to write
    #[arg(short, long = "output", value_name = "FILE")]
    output: PathBuf,
    /// Columns of a CSV, as `name=instance_sn,create=creation_time,delete=…,schedule=…`
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
    /// Keys that are present before the first access [default: all]
    #[arg(long, value_name = "KEYS")]
    preload: Option<PreloadArg>,
    /// Replay in open loop, so many times as fast as it was recorded
    #[arg(long, value_name = "X", conflicts_with = "as_fast_as_possible")]
    time_warp: Option<f64>,
    /// Replay in closed loop, one event after the other: the default
    #[arg(long)]
    as_fast_as_possible: bool,
    /// The seed that assigns nodes to pods
    #[arg(long, value_name = "SEED")]
    seed: Option<u64>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PreloadArg {
    /// Every key: reads find theirs
    All,
    /// None: a read that misses inserts its key
    None,
}

pub(super) fn run(globals: &Globals, args: &ImportArgs) -> Result<u8, CliError> {
    let import = Import::of(args)?;
    output::check(&args.output)?;
    let label = args.file.display().to_string();
    let input: Box<dyn Read> = if args.file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(&args.file).map_err(|error| unreadable(&label, &error))?)
    };
    let (trace, report) = import.run(input, &label).map_err(CliError::usage)?;
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

/// What to import, and how.
enum Import {
    Lifecycles(Options),
    Accesses(AccessOptions),
}

impl Import {
    fn of(args: &ImportArgs) -> Result<Import, CliError> {
        if let Some(options) = Options::preset(&args.format) {
            args.refuse(&[("--preload", args.preload.is_some())])?;
            return Ok(Import::Lifecycles(lifecycles(args, options)?));
        }
        let formats = [AccessFormat::I32Be, AccessFormat::Lines, AccessFormat::TwitterCsv];
        if let Some(format) = formats.into_iter().find(|format| format.name() == args.format) {
            args.refuse_pod_flags()?;
            return Ok(Import::Accesses(AccessOptions {
                format,
                preload: match args.preload {
                    Some(PreloadArg::None) => Preload::None,
                    _ => Preload::All,
                },
                speed: args.speed(),
            }));
        }
        let pods = Columns::PRESETS.join(", ");
        let accesses = formats.map(AccessFormat::name).join(", ");
        Err(CliError::usage(format!(
            "unknown format `{}` of recordings; there is {pods}, {accesses}",
            args.format
        )))
    }

    fn run(&self, input: impl Read, label: &str) -> Result<(Trace, ImportReport), ImportError> {
        match self {
            Import::Lifecycles(options) => lifecycle_csv::import(input, label, options),
            Import::Accesses(options) => access::import(input, label, options),
        }
    }
}

impl ImportArgs {
    fn speed(&self) -> Speed {
        self.time_warp.map_or(Speed::AsFastAsPossible, Speed::Warped)
    }

    /// Refuses flags that the format does not know, rather than to ignore them.
    fn refuse(&self, flags: &[(&str, bool)]) -> Result<(), CliError> {
        match flags.iter().find(|(_, given)| *given) {
            Some((flag, _)) => Err(CliError::usage(format!(
                "{flag} means nothing to recordings of {}; leave it out",
                self.format
            ))),
            None => Ok(()),
        }
    }

    fn refuse_pod_flags(&self) -> Result<(), CliError> {
        self.refuse_lifecycle_flags()?;
        self.refuse(&[("--nodes", self.nodes.is_some()), ("--seed", self.seed.is_some())])
    }

    fn refuse_lifecycle_flags(&self) -> Result<(), CliError> {
        self.refuse(&[
            ("--map", self.map.is_some()),
            ("--superpose", self.superpose.is_some()),
            ("--until-alive", self.until_alive.is_some()),
            ("--shift", self.shift.is_some()),
            ("--last-days", self.last_days.is_some()),
            ("--status-updates", self.status_updates.is_some()),
        ])
    }
}

fn lifecycles(args: &ImportArgs, mut options: Options) -> Result<Options, CliError> {
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
    options.seed = args.seed.unwrap_or(options.seed);
    options.speed = args.speed();
    Ok(options)
}
