//! `mapbench sweep`: measures along an axis and says where curves bend, or judges points that were
//! measured before. The run log is kept even if an export fails.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mapbench_core::event::{Slo, SweepDesign, SweepPart};
use mapbench_core::registry::Registry;
use mapbench_core::scenario::Axis;
use mapbench_results::RunLog;
use mapbench_results::knee::Scale;
use mapbench_results::sweep::{self as results, Sweep, SweepSpec};

use super::quantity::duration_ns;
use super::selection::{Conditions, Subjects};
use super::{CliError, Globals, output, run_name};
use crate::session::control::Control;
use crate::session::prepare::{Blame, store_of};
use crate::session::request::{Length, RunRequest};
use crate::session::signals::SignalListener;
use crate::session::sink::Fanout;
use crate::session::sweep::request::SweepRequest;
use crate::session::sweep::{ResumeError, SweepError, SweepPlan, Swept, prepare, resume, sweep};

pub(super) mod judge;
mod outputs;
mod progress;
pub(super) mod quantity;

use outputs::SweepOutput;

/// Flags of `sweep`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench sweep -s read-heavy -a core -t 2 --axis write-share --range 0..100 --budget 5m\n  \
    mapbench sweep -s sched-basic -a sharded,dashmap/v6 --axis rate --range 500..50k --slo p99=50us\n  \
    mapbench sweep -s shard-count -a sharded --axis shards --grid 11 --visits 10 -o svg=shards.svg\n  \
    mapbench sweep --resume 3fa9c2d1 --budget 5m\n  \
    mapbench sweep --from points.csv")]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    subjects: Subjects,

    /// What is varied: threads, rate, write-share, write-rate, skew, keys, value-size, scan-rate,
    /// shards, or set:KEY for any key of the scenario file
    #[arg(long, value_name = "AXIS", help_heading = "Along what")]
    #[arg(required_unless_present_any = ["from", "resume"])]
    axis: Option<Axis>,
    /// From where to where [default: the axis's own]
    #[arg(long, value_name = "LOW..HIGH", value_parser = quantity::range)]
    #[arg(help_heading = "Along what")]
    range: Option<(f64, f64)>,
    /// How the axis is read: in doublings, or in its own unit [default: the axis's own]
    #[arg(long, value_enum, value_name = "SCALE", help_heading = "Along what")]
    scale: Option<ScaleChoice>,
    /// Look for the highest rate whose latency keeps a limit, counted from when ops were due; with
    /// --axis rate
    #[arg(long, value_name = "pN=TIME", value_parser = quantity::slo, help_heading = "Along what")]
    slo: Option<Slo>,

    /// Choose points where the knees are least known [default]
    #[arg(long, help_heading = "Where and how long", conflicts_with = "grid")]
    adaptive: bool,
    /// So many evenly spaced points instead
    #[arg(long, value_name = "N", help_heading = "Where and how long")]
    #[arg(value_parser = clap::value_parser!(u32).range(2..=1_000))]
    grid: Option<u32>,
    /// Visits to each point of a grid [default: 5]; most visits to all points of an adaptive sweep
    /// [default: 60]. A visit measures all maps side by side
    #[arg(long, value_name = "N", help_heading = "Where and how long")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    visits: Option<u32>,
    /// Half the width of a knee's interval that is narrow enough: in doublings, or in the axis's unit
    /// where it is linear [default: 0.1, or 2.5 % of the range]
    #[arg(long, value_name = "WIDTH", value_parser = quantity::precision)]
    #[arg(help_heading = "Where and how long")]
    precision: Option<f64>,
    /// Time that the sweep may take [default: until its visits are made]
    #[arg(long, value_name = "TIME", value_parser = duration_ns)]
    #[arg(help_heading = "Where and how long")]
    budget: Option<u64>,
    /// Rounds of each map in a visit
    #[arg(long, value_name = "N", default_value_t = 6, help_heading = "Where and how long")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rounds: u32,
    /// Length of a round [default: the scenario's, else 50ms, with --slo 200ms]
    #[arg(long = "round", value_name = "TIME", value_parser = duration_ns)]
    #[arg(help_heading = "Where and how long")]
    round_ns: Option<u64>,
    /// Measure one part of a grid; --from RUN,RUN puts the parts together
    #[arg(long, value_name = "hash:I/N", value_parser = quantity::part)]
    #[arg(help_heading = "Where and how long")]
    partition: Option<SweepPart>,

    #[command(flatten)]
    conditions: Conditions,

    /// Go on with a sweep that was stopped or whose budget was spent: its log or the beginning of its
    /// id. Everything else is as it was; --budget, --visits and --precision may be other ones
    #[arg(long, value_name = "RUN", help_heading = "From what there is")]
    #[arg(conflicts_with_all = ["from", "axis", "range", "scale", "slo", "grid", "partition"])]
    resume: Option<String>,
    /// Judge what was measured before: logs of sweeps, or a .csv with the columns `adapter`, `x`,
    /// `ops_per_sec` and maybe `fork`
    #[arg(long, value_name = "FILES", value_delimiter = ',', help_heading = "From what there is")]
    from: Vec<String>,

    /// Write the results: csv (points), csv-findings, json or svg; `-` is standard output; repeat
    /// for more
    #[arg(short, long = "output", value_name = "FORMAT=PATH", help_heading = "Results")]
    outputs: Vec<SweepOutput>,
    /// Show what would be swept; measure nothing
    #[arg(long, help_heading = "Results")]
    dry_run: bool,
    /// Draw with ASCII only
    #[arg(long, help_heading = "Results")]
    ascii: bool,
}

/// How an axis is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ScaleChoice {
    /// In doublings
    Log,
    /// In its own unit
    Linear,
}

impl ScaleChoice {
    fn scale(self) -> Scale {
        match self {
            ScaleChoice::Log => Scale::Log,
            ScaleChoice::Linear => Scale::Linear,
        }
    }
}

impl SweepArgs {
    /// The request that these flags make; `None` without an axis.
    fn request(&self) -> Option<SweepRequest> {
        let run = self.conditions.over(RunRequest {
            length: Length::Rounds(self.rounds),
            round_ns: self.round_ns,
            ..self.subjects.request()
        });
        Some(SweepRequest {
            range: self.range,
            scale: self.scale.map(ScaleChoice::scale),
            design: self.grid.map_or(SweepDesign::Adaptive, SweepDesign::Grid),
            visits: self.visits,
            precision: self.precision,
            budget_ns: self.budget,
            slo: self.slo,
            part: self.partition,
            ..SweepRequest::along(self.axis.clone()?, run)
        })
    }
}

pub(crate) fn run(
    registry: &Registry,
    globals: &Globals,
    args: &SweepArgs,
) -> Result<u8, CliError> {
    if args.outputs.iter().filter(|output| output.is_stdout()).count() > 1 {
        return Err(CliError::usage("only one `-o FORMAT=-` can have standard output"));
    }
    for output in &args.outputs {
        output.check()?;
    }
    if !args.from.is_empty() {
        let sweep = judge::from(judge::Stored {
            from: &args.from,
            axis: args.axis.as_ref(),
            scale: args.scale.map(ScaleChoice::scale),
            conditions: &args.conditions,
        })?;
        return page(&sweep, globals, args).map(|()| 0);
    }
    match &args.resume {
        Some(name) => go_on(registry, globals, args, name),
        None => begin(registry, globals, args),
    }
}

fn begin(registry: &Registry, globals: &Globals, args: &SweepArgs) -> Result<u8, CliError> {
    let Some(request) = args.request() else {
        return Err(CliError::usage("--axis says what to sweep along, as --axis write-share"));
    };
    let plan = prepare(registry, &request)?;
    if args.dry_run {
        output::print(plan.described().as_bytes())?;
        return Ok(0);
    }
    announce(&plan, globals);
    let command = std::env::args().collect();
    let swept = measured(globals, |control, sink| {
        sweep(plan, command, control, sink).map_err(CliError::from)
    })?;
    finish(&swept, globals, args)
}

fn go_on(
    registry: &Registry,
    globals: &Globals,
    args: &SweepArgs,
    name: &str,
) -> Result<u8, CliError> {
    let log = log(&args.conditions, name)?;
    let request = asked_in(&log, registry, args)?;
    let plan = prepare(registry, &request)?;
    announce(&plan, globals);
    let command = std::env::args().collect();
    let swept = measured(globals, |control, sink| {
        resume(plan, &log, command, control, sink).map_err(CliError::from)
    })?;
    finish(&swept, globals, args)
}

/// The log that a name means, in the store of these conditions.
pub(super) fn log(conditions: &Conditions, name: &str) -> Result<RunLog, CliError> {
    run_name::log(&store_of(&conditions.over(RunRequest::default()))?, name)
}

/// What the sweep of a log asked for, with this command's limits on how long it may go on.
fn asked_in(log: &RunLog, registry: &Registry, args: &SweepArgs) -> Result<SweepRequest, CliError> {
    use clap::Parser;

    let unreadable = || {
        CliError::usage(format!(
            "{}: its command line is not one of a sweep, so that nothing says how to go on",
            log.path.display()
        ))
    };
    let cli = super::Cli::try_parse_from(&log.begin.command).map_err(|_| unreadable())?;
    // One that was resumed before is asked in its first line all the same.
    let mut request = match cli.verb {
        super::Verb::Sweep(first) => first.request().ok_or_else(unreadable)?,
        super::Verb::Recommend(first) => first.asked(registry)?,
        _ => return Err(unreadable()),
    };
    request.budget_ns = args.budget;
    request.visits = args.visits.or(request.visits);
    request.precision = args.precision.or(request.precision);
    // Beside its log, wherever that is now.
    let store: Option<PathBuf> = log.path.parent().map(Into::into);
    request.run.store = args.conditions.over(RunRequest::default()).store.or(store);
    Ok(request)
}

fn announce(plan: &SweepPlan<'_>, globals: &Globals) {
    if globals.quiet {
        return;
    }
    anstream::eprint!("{}", plan.described());
}

/// Sweeps while a signal can stop it and people see its visits.
pub(super) fn measured(
    globals: &Globals,
    work: impl FnOnce(&Control, &mut Fanout<'_>) -> Result<Swept, CliError>,
) -> Result<Swept, CliError> {
    let control = Control::default();
    let listener = SignalListener::start(control.clone())
        .map_err(|error| CliError::unexpected(format!("signals cannot be heard: {error}")))?;
    let mut sinks = Fanout::default();
    if !globals.quiet {
        sinks.push(progress::Visits::default());
    }
    let swept = work(&control, &mut sinks)?;
    drop(listener);
    Ok(swept)
}

fn finish(swept: &Swept, globals: &Globals, args: &SweepArgs) -> Result<u8, CliError> {
    let spec = SweepSpec::of(&swept.begin);
    let written =
        spec.map_or(Ok(()), |spec| page(&results::judge(&swept.evidence, &spec), globals, args));
    let conducted = &swept.conducted;
    if !globals.quiet {
        anstream::eprintln!("run log: {}", conducted.log.display());
    }
    if let Some(error) = &conducted.log_failure {
        return Err(CliError::output(format!("{error}; the log is incomplete")));
    }
    // An interrupt outranks an export that could not be written.
    match conducted.end.exit_code {
        code @ (130 | 143) => Ok(code),
        code => written.map(|()| code),
    }
}

/// Prints what a sweep came to, and writes the files that were asked for.
fn page(sweep: &Sweep, globals: &Globals, args: &SweepArgs) -> Result<(), CliError> {
    let mut failed = Ok(());
    for output in &args.outputs {
        if let Err(error) = output.write(sweep) {
            anstream::eprintln!("mapbench: {error}; the run log has everything");
            failed = Err(error);
        }
    }
    let text = judge::text(sweep, args.ascii);
    if args.outputs.iter().any(SweepOutput::is_stdout) {
        if !globals.quiet {
            anstream::eprint!("{text}");
        }
    } else {
        output::print(text.as_bytes())?;
    }
    failed
}

impl From<SweepError> for CliError {
    fn from(error: SweepError) -> Self {
        match error.blame() {
            Blame::Nothing => CliError::nothing(error),
            Blame::Output => CliError::output(error),
            Blame::Usage => CliError::usage(error),
        }
    }
}

impl From<ResumeError> for CliError {
    fn from(error: ResumeError) -> Self {
        match error {
            ResumeError::NoSweep { .. } => CliError::usage(error),
            ResumeError::Differs { .. } => CliError::not_comparable(error),
            ResumeError::Sweep(error) => error.into(),
            ResumeError::Conduct(error) => error.into(),
        }
    }
}
