//! `mapbench compare`: did B make it worse than A? Two stored runs, two commits or programs that run
//! side by side, or the log of such a run again. Says what is to be compared and what the exit code
//! is; measuring is `live`'s, judging that of the results crate.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;
use globset::{Glob, GlobSet, GlobSetBuilder};
use mapbench_core::event::{Cell, RunBegin};
use mapbench_core::registry::Registry;
use mapbench_results::compare::{self, CompareError, Compared, EqualRuns, Filter, NamedRun, page};
use mapbench_results::exit::{ExitCause, graver_code, gravest};
use mapbench_results::{RunSummary, store};

use super::selection::{Conditions, Subjects};
use super::sweep::log;
use super::{CliError, Globals, charset, output};
use crate::session::prepare::store_of;
use crate::session::request::RunRequest;

mod baseline;
pub(crate) mod build;
mod gate;
pub(crate) mod live;
mod names;
mod output_file;

pub(crate) use baseline::BaselineArgs;
use gate::GateArgs;
use live::LiveArgs;
use names::Asked;
use output_file::CompareOutput;

/// Columns of a page where nobody tells the width.
const USUAL_COLUMNS: usize = 120;

/// Flags of `compare`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench compare baseline:main run:3fa9c2d1 --gate\n  \
    mapbench compare commit:HEAD~1 commit:HEAD -s read-heavy -a sharded -t 1 --gate\n  \
    mapbench compare --bin-a old/mapbench --bin-b new/mapbench -o json=verdict.json\n  \
    mapbench compare 3fa9c2d1\n  \
    mapbench compare here.ndjson there.ndjson --across-machines")]
pub(crate) struct CompareArgs {
    /// The reference: a run's id or log, baseline:NAME, or commit:SHA. Alone: the log of a
    /// comparison, to be judged again
    #[arg(value_name = "A")]
    a: Option<String>,
    /// What is under test
    #[arg(value_name = "B")]
    b: Option<String>,
    #[command(flatten)]
    live: LiveArgs,
    #[command(flatten)]
    gate: GateArgs,
    /// Runs of two machines: ratios to one map, and no verdict
    #[arg(long, help_heading = "Verdict")]
    across_machines: bool,
    /// The map that --across-machines relates the others to
    #[arg(long, value_name = "ADAPTER", default_value = "std/rwlock", help_heading = "Verdict")]
    reference: String,
    /// Write the comparison: json, markdown, junit or html; `-` is standard output; repeat for more
    #[arg(short, long = "output", value_name = "FORMAT=PATH", help_heading = "Results")]
    outputs: Vec<CompareOutput>,
    /// Draw with ASCII only
    #[arg(long, help_heading = "Results")]
    ascii: bool,
    #[command(flatten)]
    subjects: Subjects,
    #[command(flatten)]
    conditions: Conditions,
}

pub(crate) fn run(
    registry: &Registry,
    globals: &Globals,
    args: &CompareArgs,
) -> Result<u8, CliError> {
    if args.outputs.iter().filter(|output| output.is_stdout()).count() > 1 {
        return Err(CliError::usage("only one `-o FORMAT=-` can have standard output"));
    }
    for output in &args.outputs {
        output.check()?;
    }
    match names::asked(args)? {
        Asked::Live(programs) => {
            let Some(conducted) = live::run(registry, globals, args, &programs)? else {
                return Ok(0);
            };
            let compared = compare::paired(&conducted.summary, Filter::ALL)?;
            let code = finish(&compared, &conducted.summary, globals, args);
            if !globals.quiet {
                anstream::eprintln!("run log: {}", conducted.log.display());
            }
            if let Some(error) = &conducted.log_failure {
                return Err(CliError::output(format!("{error}; the log is incomplete")));
            }
            // What the run itself ended with outranks no verdict, unless it is graver.
            Ok(graver_code(conducted.end.exit_code, code))
        }
        Asked::Log(name) => {
            let log = log(&args.conditions, &name)?;
            let summary = RunSummary::of_log(&log);
            let cells = Cells::of(args)?;
            let passes = |cell: &Cell| cells.has(cell);
            let compared = compare::paired(&summary, Filter::of(&passes))?;
            Ok(finish(&compared, &summary, globals, args))
        }
        Asked::Stored { a, b } => stored(&a, &b, globals, args),
    }
}

fn stored(a: &str, b: &str, globals: &Globals, args: &CompareArgs) -> Result<u8, CliError> {
    let (log_a, log_b) = (log(&args.conditions, a)?, log(&args.conditions, b)?);
    let (a, b) = (name(&log_a.begin), name(&log_b.begin));
    let (summary_a, summary_b) = (RunSummary::of_log(&log_a), RunSummary::of_log(&log_b));
    let a = NamedRun { name: &a, summary: &summary_a };
    let b = NamedRun { name: &b, summary: &summary_b };
    let cells = Cells::of(args)?;
    let passes = |cell: &Cell| cells.has(cell);
    if args.across_machines {
        let across = compare::across(a, b, &args.reference, Filter::of(&passes))?;
        let text = page::across::render(&across, columns(), charset::detect(args.ascii));
        return output::print(text.as_bytes()).map(|()| 0);
    }
    let equal = equal_runs(&folder(args)?, &log_b.begin, &log_a.begin);
    let compared = compare::stored(a, b, &equal, Filter::of(&passes))?;
    Ok(finish(&compared, &summary_b, globals, args))
}

fn folder(args: &CompareArgs) -> Result<PathBuf, CliError> {
    Ok(store_of(&args.conditions.over(RunRequest::default()))?)
}

/// What runs of one program differed by in a store; nothing where it cannot be read, which only
/// leaves δ as small as it can be.
fn equal_runs(store: &Path, b: &RunBegin, a: &RunBegin) -> EqualRuns {
    let runs = store::index(store).map(|index| index.runs).unwrap_or_default();
    EqualRuns::among(&runs, b, [&a.run_id, &b.run_id])
}

/// What a run is called on the page.
fn name(begin: &RunBegin) -> String {
    // To the second: `2026-01-02T03:04:05Z`.
    let started = begin.started.split('.').next().unwrap_or(&begin.started).trim_end_matches('Z');
    format!("run {} of {started}Z", begin.run_id)
}

/// Prints the page, writes the files, and says the exit code.
fn finish(compared: &Compared, of: &RunSummary, globals: &Globals, args: &CompareArgs) -> u8 {
    let mut causes = args.gate.causes(compared, of);
    for output in &args.outputs {
        if let Err(error) = output.write(compared, &causes) {
            anstream::eprintln!("mapbench: {error}");
            causes.insert(0, ExitCause::OutputFailed);
        }
    }
    let text = page::render(compared, columns(), charset::detect(args.ascii));
    if args.outputs.iter().any(CompareOutput::is_stdout) {
        if !globals.quiet {
            anstream::eprint!("{}", coloured(&text));
        }
    } else if let Err(error) = show(&text) {
        anstream::eprintln!("mapbench: {error}");
        causes.insert(0, ExitCause::OutputFailed);
    }
    gravest(causes).code()
}

/// Columns of the terminal that standard output is.
fn columns() -> usize {
    let is_terminal = std::io::stdout().is_terminal();
    let size = is_terminal.then(ratatui::crossterm::terminal::size).and_then(Result::ok);
    size.map_or(USUAL_COLUMNS, |size| usize::from(size.0))
}

/// Prints a page with its verdicts in colour, unless standard output is a pipe or `NO_COLOR` is set.
fn show(text: &str) -> Result<(), CliError> {
    match anstream::AutoStream::choice(&std::io::stdout()) {
        anstream::ColorChoice::Never => output::print(text.as_bytes()),
        _ => output::print(coloured(text).as_bytes()),
    }
}

/// The verdicts in colour.
fn coloured(text: &str) -> String {
    let mut text = text.to_owned();
    for (word, code) in [("INCONCLUSIVE", 33), ("REGRESSION", 31), ("FAIL", 31)] {
        text = text.replace(word, &format!("\u{1b}[1;{code}m{word}\u{1b}[0m"));
    }
    text
}

/// The cells that -a, -s and -t ask for; all if they ask for none.
struct Cells {
    adapters: Option<GlobSet>,
    scenarios: Option<GlobSet>,
    threads: Vec<u32>,
}

impl Cells {
    fn of(args: &CompareArgs) -> Result<Self, CliError> {
        let request = args.subjects.request();
        Ok(Cells {
            adapters: globs(args.subjects.asked_adapters(), "-a")?,
            scenarios: globs(&request.scenarios, "-s")?,
            threads: request.threads,
        })
    }

    fn has(&self, cell: &Cell) -> bool {
        let path = &cell.scenario;
        let base = path.rsplit('/').next().unwrap_or(path);
        self.adapters.as_ref().is_none_or(|globs| {
            globs.is_match(&cell.adapter) || globs.is_match(cell.adapter_name())
        }) && self
            .scenarios
            .as_ref()
            .is_none_or(|globs| globs.is_match(path) || globs.is_match(base))
            && (self.threads.is_empty() || self.threads.contains(&cell.threads))
    }
}

fn globs(patterns: &[String], flag: &str) -> Result<Option<GlobSet>, CliError> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = Glob::new(pattern).map_err(|error| {
            CliError::usage(format!("`{pattern}` ({flag}) is no glob: {error}"))
        })?;
        set.add(glob);
    }
    set.build().map(Some).map_err(CliError::unexpected)
}

impl From<CompareError> for CliError {
    fn from(error: CompareError) -> Self {
        match error {
            CompareError::Differs { .. } => CliError::not_comparable(error),
            CompareError::OneArm { .. }
            | CompareError::TwoArms { .. }
            | CompareError::NotTime { .. }
            | CompareError::NoReference { .. } => CliError::usage(error),
        }
    }
}
