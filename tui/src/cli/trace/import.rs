//! `mapbench trace import`: the options of an import, from flags, and its report.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use mapbench_core::trace::Trace;
use mapbench_core::trace::import::{
    AccessFormat, AccessOptions, Columns, Copies, HistoryOptions, ImportError, ImportReport,
    InitialPods, Options, Preload, Speed, Superpose, access, audit, kubectl, lifecycle_csv,
};

use super::super::quantity::duration_ns;
use super::super::{CliError, Globals, output};
use super::{unreadable, write};

/// Flags of `trace import`.
#[derive(Debug, Args)]
#[command(after_help = "Formats:\n  \
    openb-2023     pod list of a GPU cluster (CSV)\n  \
    csv            any other pod list: say its columns with --map\n  \
    audit          audit log of a Kubernetes API server\n  \
    kubectl-pods   kubectl get pods -A -o json\n  \
    kubectl-events kubectl get events -A -o json\n  \
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
    /// Pods that are there before the recording begins: kubectl get pods -A -o json
    #[arg(long, value_name = "FILE")]
    initial_pods: Option<PathBuf>,
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
    let initial = args.initial_pods.as_deref().map(initial_pods).transpose()?;
    let (input, label) = open(&args.file)?;
    let (trace, report) = import.run(input, &label, initial.as_ref()).map_err(CliError::usage)?;
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

/// Opens a recording, and names it.
fn open(path: &Path) -> Result<(Box<dyn Read>, String), CliError> {
    let label = path.display().to_string();
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin().lock()), "standard input".to_owned()));
    }
    let file = File::open(path).map_err(|error| unreadable(&label, &error))?;
    Ok((Box::new(file), label))
}

fn initial_pods(path: &Path) -> Result<InitialPods, CliError> {
    let (input, label) = open(path)?;
    kubectl::read_initial_pods(input, &label).map_err(CliError::usage)
}

/// What to import, and how.
enum Import {
    Lifecycles(Options),
    Audit(HistoryOptions),
    Pods(HistoryOptions),
    Events(HistoryOptions),
    Accesses(AccessOptions),
}

impl Import {
    fn of(args: &ImportArgs) -> Result<Import, CliError> {
        if let Some(options) = Options::preset(&args.format) {
            args.refuse_preload()?;
            args.refuse_initial_pods()?;
            return Ok(Import::Lifecycles(lifecycles(args, options)?));
        }
        let histories: [(_, fn(_) -> _); 3] = [
            (audit::FORMAT, Import::Audit),
            (kubectl::PODS_FORMAT, Import::Pods),
            (kubectl::EVENTS_FORMAT, Import::Events),
        ];
        if let Some((format, import)) = histories.iter().find(|(name, _)| *name == args.format) {
            args.refuse_preload()?;
            args.refuse_lifecycle_flags()?;
            if *format == kubectl::PODS_FORMAT {
                args.refuse_initial_pods()?;
            }
            let seed = args.seed.unwrap_or(HistoryOptions::default().seed);
            return Ok(import(HistoryOptions { seed, nodes: args.nodes, speed: args.speed() }));
        }
        let formats = [AccessFormat::I32Be, AccessFormat::Lines, AccessFormat::TwitterCsv];
        if let Some(format) = formats.into_iter().find(|format| format.name() == args.format) {
            args.refuse_lifecycle_flags()?;
            args.refuse_initial_pods()?;
            args.refuse(&[("--nodes", args.nodes.is_some()), ("--seed", args.seed.is_some())])?;
            return Ok(Import::Accesses(AccessOptions {
                format,
                preload: match args.preload {
                    Some(PreloadArg::None) => Preload::None,
                    _ => Preload::All,
                },
                speed: args.speed(),
            }));
        }
        let lifecycles = Columns::PRESETS.into_iter();
        let names = lifecycles
            .chain(histories.map(|(name, _)| name))
            .chain(formats.map(AccessFormat::name));
        Err(CliError::usage(format!(
            "unknown format `{}` of recordings; there is {}",
            args.format,
            names.collect::<Vec<_>>().join(", ")
        )))
    }

    fn run(
        &self,
        input: impl Read,
        label: &str,
        initial: Option<&InitialPods>,
    ) -> Result<(Trace, ImportReport), ImportError> {
        match self {
            Import::Lifecycles(options) => lifecycle_csv::import(input, label, options),
            Import::Audit(options) => audit::import(input, label, initial, options),
            Import::Pods(options) => kubectl::import_pods(input, label, options),
            Import::Events(options) => kubectl::import_events(input, label, initial, options),
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

    fn refuse_preload(&self) -> Result<(), CliError> {
        self.refuse(&[("--preload", self.preload.is_some())])
    }

    fn refuse_initial_pods(&self) -> Result<(), CliError> {
        self.refuse(&[("--initial-pods", self.initial_pods.is_some())])
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
