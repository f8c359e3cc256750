//! `mapbench report FORMAT [RUN]`: a finished run in a format of other programs. Measures nothing,
//! and changes no log.

use std::path::{Path, PathBuf};

use clap::Args;
use mapbench_results::compare::{self, Compared, Filter};
use mapbench_results::export::{ExportError, FORMATS, Format, Run};
use mapbench_results::sweep::{self, Evidence, Sweep, SweepSpec};
use mapbench_results::{RunLog, RunSummary, store as runs};

use super::output::Target;
use super::{CliError, Globals};
use crate::session::prepare::store_of;
use crate::session::request::RunRequest;

/// Flags of `report`.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct ReportArgs {
    /// The format
    #[arg(value_name = "FORMAT", value_parser = format)]
    format: Format,
    /// The run: its log, or the beginning of its id [default: the newest one that is finished]
    #[arg(value_name = "RUN")]
    run: Option<String>,
    /// The file; `-` is standard output
    #[arg(short, long, value_name = "PATH", default_value = "-")]
    output: Target,
    /// Folder of run logs [default: .mapbench/runs beside mapbench.toml or here]
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
}

fn format(name: &str) -> Result<Format, String> {
    name.parse().map_err(|error: ExportError| error.to_string())
}

fn after_help() -> String {
    let width = FORMATS.iter().map(|described| described.name.len()).max().unwrap_or(0);
    let lines: Vec<String> = FORMATS
        .iter()
        .map(|described| format!("  {:width$}  {}", described.name, described.about))
        .collect();
    format!(
        "Formats:\n{}\n\nExamples:\n  \
         mapbench report html -o report.html\n  \
         mapbench report markdown 3fa9c2d1 >> \"$GITHUB_STEP_SUMMARY\"\n  \
         mapbench report github run.ndjson -o bench.json",
        lines.join("\n")
    )
}

pub(crate) fn run(globals: &Globals, args: &ReportArgs) -> Result<u8, CliError> {
    args.output.check(args.format)?;
    let stored = Stored::of(log(args)?);
    let files = args.output.write(args.format, stored.run())?;
    if !globals.quiet {
        for file in files {
            anstream::eprintln!("wrote {}", file.display());
        }
    }
    Ok(0)
}

/// A run as its log has it.
pub(crate) struct Stored {
    log: RunLog,
    summary: RunSummary,
    sweep: Option<Sweep>,
    compared: Option<Compared>,
}

impl Stored {
    /// Judges what a log holds.
    pub(crate) fn of(log: RunLog) -> Stored {
        let sweep = SweepSpec::of(&log.begin)
            .map(|spec| sweep::judge(&Evidence::of_log(&log, spec.percentile()), &spec));
        let summary = RunSummary::of_log(&log);
        let compared = compare::paired(&summary, Filter::ALL).ok();
        Stored { log, summary, sweep, compared }
    }

    /// What is exported of it.
    pub(crate) fn run(&self) -> Run<'_> {
        Run {
            summary: &self.summary,
            events: &self.log.events,
            sweep: self.sweep.as_ref(),
            compared: self.compared.as_ref(),
            log: Some(&self.log.path),
        }
    }
}

/// The log that was asked for.
fn log(args: &ReportArgs) -> Result<RunLog, CliError> {
    let request = RunRequest { store: args.store.clone(), ..RunRequest::default() };
    let store = store_of(&request)?;
    match &args.run {
        Some(name) => {
            let path = runs::resolve(&store, name).map_err(CliError::usage)?;
            RunLog::read(&path).map_err(CliError::usage)
        }
        None => newest(&store),
    }
}

/// The newest run of a store that is finished. Logs that do not read are passed over.
fn newest(store: &Path) -> Result<RunLog, CliError> {
    let runs = runs::list(store).map_err(CliError::usage)?;
    let logs = runs.iter().rev().filter_map(|run| RunLog::read(&run.path).ok());
    logs.into_iter().find(|log| !log.partial()).ok_or_else(|| {
        CliError::nothing(format!(
            "no finished run in {}; make one with `mapbench run`, or name the run or its log",
            store.display()
        ))
    })
}
