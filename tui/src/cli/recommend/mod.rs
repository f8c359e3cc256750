//! `mapbench recommend`: which map to use for a workload, up to where, and what comes with it. It
//! sweeps for a short while, or judges a sweep that exists; the judging is `results::advice`'s, and
//! what maps promise is what their adapters declare.

use std::collections::BTreeSet;

use clap::Args;
use mapbench_core::event::{Slo, SweepDesign};
use mapbench_core::registry::Registry;
use mapbench_core::scenario::Axis;
use mapbench_results::advice::{LEAST_VISITS, advise};
use mapbench_results::sweep::{self as results, Sweep};
use mapbench_results::{RunLog, RunSummary};

use super::quantity::duration_ns;
use super::selection::{Conditions, Subjects};
use super::sweep::{judge, log, measured, quantity};
use super::{CliError, Globals, output};
use crate::session::clock::{Clock, Monotonic};
use crate::session::request::{Length, RunRequest};
use crate::session::sweep::request::{SweepRequest, VISIT_ROUNDS};
use crate::session::sweep::{Swept, prepare, sweep};

mod candidates;
mod need;
mod page;
mod promises;

use candidates::LeftOut;
use need::Need;
use page::{JsonFile, Recommendation};

/// Most visits to each point of the grid when nobody says: the budget ends most sweeps sooner.
const GRID_VISITS: u32 = 10;

/// Flags of `recommend`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench recommend -s read-heavy\n  \
    mapbench recommend -s sched-basic --need snapshot-scan,non-blocking-reads --budget 5m\n  \
    mapbench recommend --trace mine.mbt --range 1..16 -o json=advice.json\n  \
    mapbench recommend -s read-heavy -t 2 --axis write-share --range 0..100\n  \
    mapbench recommend --from 3fa9c2d1")]
pub(crate) struct RecommendArgs {
    #[command(flatten)]
    subjects: Subjects,
    /// What a map must have; maps that lack it are left out
    #[arg(long = "need", value_enum, value_delimiter = ',', value_name = "NEEDS")]
    #[arg(help_heading = "What")]
    needs: Vec<Need>,

    /// What is varied: threads, rate, write-share, write-rate, skew, keys, value-size, scan-rate,
    /// shards, or set:KEY for any key of the scenario file
    #[arg(long, value_name = "AXIS", default_value = "threads", help_heading = "Along what")]
    axis: Axis,
    /// From where to where [default: of threads 1 to twice the processors, else the axis's own]
    #[arg(long, value_name = "LOW..HIGH", value_parser = quantity::range)]
    #[arg(help_heading = "Along what")]
    range: Option<(f64, f64)>,
    /// Judge by a percentile of latency, counted from when ops were due; with --axis rate
    #[arg(long, value_name = "pN=TIME", value_parser = quantity::slo, help_heading = "Along what")]
    slo: Option<Slo>,

    /// Time that the sweep may take
    #[arg(long, value_name = "TIME", value_parser = duration_ns, default_value = "2m")]
    #[arg(help_heading = "Where and how long")]
    budget: u64,
    /// So many evenly spaced points, each visited as often as the others
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Where and how long")]
    #[arg(value_parser = clap::value_parser!(u32).range(2..=1_000))]
    grid: u32,
    /// Choose points where knees are least known instead; where few of them fall nothing is advised
    #[arg(long, help_heading = "Where and how long", conflicts_with = "grid")]
    adaptive: bool,
    /// Most visits: to each point of the grid [default: 10], or in all with --adaptive [default: 60]
    #[arg(long, value_name = "N", help_heading = "Where and how long")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    visits: Option<u32>,
    /// Rounds of each map in a visit
    #[arg(long, value_name = "N", default_value_t = VISIT_ROUNDS)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    #[arg(help_heading = "Where and how long")]
    rounds: u32,
    /// Length of a round [default: the scenario's, else 50ms, with --slo 200ms]
    #[arg(long = "round", value_name = "TIME", value_parser = duration_ns)]
    #[arg(help_heading = "Where and how long")]
    round_ns: Option<u64>,

    #[command(flatten)]
    conditions: Conditions,

    /// Judge what was measured before: logs of sweeps, or a .csv with the columns `adapter`, `x`,
    /// `ops_per_sec` and maybe `fork`
    #[arg(long, value_name = "RUN", value_delimiter = ',', help_heading = "From what there is")]
    from: Vec<String>,

    /// Write the advice as JSON; `-` is standard output
    #[arg(short, long = "output", value_name = "json=PATH", help_heading = "Results")]
    outputs: Vec<JsonFile>,
    /// Show what would be swept; measure nothing
    #[arg(long, help_heading = "Results")]
    dry_run: bool,
    /// Write with ASCII only
    #[arg(long, help_heading = "Results")]
    ascii: bool,
}

pub(crate) fn run(
    registry: &Registry,
    globals: &Globals,
    args: &RecommendArgs,
) -> Result<u8, CliError> {
    if args.outputs.iter().filter(|output| output.is_stdout()).count() > 1 {
        return Err(CliError::usage("only one `-o json=-` can have standard output"));
    }
    for output in &args.outputs {
        output.check()?;
    }
    if args.from.is_empty() {
        measure(registry, globals, args)
    } else {
        stored(registry, globals, args)
    }
}

/// Sweeps, and advises.
fn measure(registry: &Registry, globals: &Globals, args: &RecommendArgs) -> Result<u8, CliError> {
    let (request, mut left_out) = args.request(registry)?;
    let plan = prepare(registry, &request)?;
    if args.dry_run {
        output::print(plan.described().as_bytes())?;
        output::print(page::left_out(&left_out).as_bytes())?;
        return Ok(0);
    }
    if !globals.quiet {
        anstream::eprint!("{}", plan.described());
    }
    let (skipped, spec) = (plan.skipped.clone(), plan.spec.clone());
    let command: Vec<String> = std::env::args().collect();
    let began_ns = Monotonic.now_ns();
    let swept = measured(globals, |control, sink| {
        sweep(plan, command.clone(), control, sink).map_err(CliError::from)
    })?;
    let spent_ns = Monotonic.now_ns().saturating_sub(began_ns);
    let judged = results::judge(&swept.evidence, &spec);
    left_out.extend(candidates::failed(&judged, &skipped));
    let summary = &swept.conducted.summary;
    let recommendation = Recommendation {
        run_log: Some(swept.conducted.log.clone()),
        enough_ns: enough_ns(&judged, spent_ns, args),
        ..recommendation(registry, &judged, left_out, Some(summary), &command)
    };
    let shown = show(&recommendation, globals, args);
    ended(&swept, shown)
}

/// Advises on what was measured before.
fn stored(registry: &Registry, globals: &Globals, args: &RecommendArgs) -> Result<u8, CliError> {
    let mut judged = judge::from(judge::Stored {
        from: &args.from,
        axis: Some(&args.axis),
        scale: None,
        conditions: &args.conditions,
    })?;
    let first: Option<RunLog> = match args.from.first() {
        Some(name) if !judge::is_csv(name) => Some(log(&args.conditions, name)?),
        _ => None,
    };
    let mut left_out =
        candidates::narrow(&mut judged, registry, args.subjects.asked_adapters(), &args.needs)?;
    let skipped = first.as_ref().map_or(&[][..], |log| &log.begin.skipped);
    left_out.extend(candidates::failed(&judged, skipped));
    let summary = first.as_ref().map(RunSummary::of_log);
    let command: Vec<String> = match &first {
        Some(log) => log.begin.command.clone(),
        None => std::env::args().collect(),
    };
    let advised = Recommendation {
        run_log: first.map(|log| log.path),
        ..recommendation(registry, &judged, left_out, summary.as_ref(), &command)
    };
    show(&advised, globals, args).map(|()| 0)
}

fn recommendation(
    registry: &Registry,
    judged: &Sweep,
    left_out: Vec<LeftOut>,
    summary: Option<&RunSummary>,
    command: &[String],
) -> Recommendation {
    let advice = advise(judged);
    let memory = summary.map(promises::memory).unwrap_or_default();
    let maps = promises::of(registry, &advice.named(), &memory);
    let command = page::command(command);
    Recommendation { advice, maps, left_out, command, run_log: None, enough_ns: None }
}

/// How long the visits would take that each point of a grid needs, by those that were made; `None`
/// where points are chosen as it goes, or none was visited. Nanoseconds.
fn enough_ns(judged: &Sweep, spent_ns: u64, args: &RecommendArgs) -> Option<u64> {
    let visits = judged.groups.iter().map(|group| {
        let points = group.series.points.iter().map(|point| (point.x.to_bits(), point.visit));
        points.collect::<BTreeSet<_>>().len() as u64
    });
    let made = visits.sum::<u64>();
    let needed = u64::from(args.grid) * judged.groups.len() as u64 * LEAST_VISITS as u64;
    let is_known = !args.adaptive && made > 0;
    is_known.then(|| (spent_ns / made).saturating_mul(needed))
}

/// Prints it, and writes the files that were asked for.
fn show(
    recommendation: &Recommendation,
    globals: &Globals,
    args: &RecommendArgs,
) -> Result<(), CliError> {
    let mut failed = Ok(());
    for output in &args.outputs {
        if let Err(error) = output.write(recommendation) {
            anstream::eprintln!("mapbench: {error}; the run log has everything");
            failed = Err(error);
        }
    }
    let text = recommendation.describe(args.ascii);
    if args.outputs.iter().any(JsonFile::is_stdout) {
        if !globals.quiet {
            anstream::eprint!("{text}");
        }
    } else {
        output::print(text.as_bytes())?;
    }
    failed
}

/// The exit code: that of the sweep, unless what it came to could not be written.
fn ended(swept: &Swept, shown: Result<(), CliError>) -> Result<u8, CliError> {
    let conducted = &swept.conducted;
    if let Some(error) = &conducted.log_failure {
        return Err(CliError::output(format!("{error}; the log is incomplete")));
    }
    match conducted.end.exit_code {
        code @ (130 | 143) => Ok(code),
        code => shown.map(|()| code),
    }
}

impl RecommendArgs {
    /// The sweep that these flags make.
    pub(super) fn asked(&self, registry: &Registry) -> Result<SweepRequest, CliError> {
        self.request(registry).map(|(request, _)| request)
    }

    /// The sweep that these flags make, and the maps that are left out of it.
    fn request(&self, registry: &Registry) -> Result<(SweepRequest, Vec<LeftOut>), CliError> {
        let subjects = self.subjects.request();
        if subjects.scenarios.is_empty() && subjects.trace.is_none() {
            return Err(CliError::usage(
                "recommend for what? Name a scenario (-s read-heavy), a trace (--trace FILE) or a \
                 sweep that exists (--from RUN); `mapbench scenarios list` shows the scenarios",
            ));
        }
        let every = candidates::all(registry);
        let asked = match self.subjects.asked_adapters() {
            [] => &every,
            asked => asked,
        };
        let (adapters, left_out) = candidates::choose(registry, asked, &self.needs)?;
        let run = self.conditions.over(RunRequest {
            adapters,
            length: Length::Rounds(self.rounds),
            round_ns: self.round_ns,
            ..subjects
        });
        let range = self.range.or_else(|| (self.axis == Axis::Threads).then(|| threads(&run)));
        let design =
            if self.adaptive { SweepDesign::Adaptive } else { SweepDesign::Grid(self.grid) };
        let request = SweepRequest {
            range,
            design,
            visits: self.visits.or((!self.adaptive).then_some(GRID_VISITS)),
            budget_ns: Some(self.budget),
            slo: self.slo,
            ..SweepRequest::along(self.axis.clone(), run)
        };
        Ok((request, left_out))
    }
}

/// One thread to twice the processors that may be used.
fn threads(run: &RunRequest) -> (f64, f64) {
    let all = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let processors = if run.cpus.is_empty() { all } else { run.cpus.len() };
    (1.0, 2.0 * processors as f64)
}
