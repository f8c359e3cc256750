//! Two programs in one session: commits that are built, or programs that somebody built, run side
//! by side in quads. What they measured is judged by the verb, from the run's log.

use std::path::PathBuf;

use clap::Args;
use mapbench_core::event::{Arm, Cell};
use mapbench_core::registry::Registry;
use mapbench_results::stats::Looks;

use super::CompareArgs;
use super::build::{BuildArgs, Builder};
use crate::cli::progress::{Progress, ProgressMode};
use crate::cli::quantity::{duration_ns, show_bytes, show_ns};
use crate::cli::selection::looks;
use crate::cli::{CliError, Globals, output};
use crate::session::arms::{ArmProgram, Arms, ArmsError};
use crate::session::clock::Monotonic;
use crate::session::comparison::{Time, prepare_comparison};
use crate::session::conduct::{Conducted, conduct_comparison};
use crate::session::control::Control;
use crate::session::plan::Plan;
use crate::session::prepare::{Prepared, store_of};
use crate::session::request::{Length, RunRequest};
use crate::session::signals::SignalListener;

/// What the rounds of a pair of cells take when nobody says. Nanoseconds.
const USUAL_CELL_NS: u64 = 60_000_000_000;
/// Length of a round when nobody says: short, so that both arms see the same machine. Nanoseconds.
const USUAL_ROUND_NS: u64 = 10_000_000;

/// Pairs of processes when nobody says.
const USUAL_FORKS: u32 = 5;

/// Flags of a comparison that measures.
#[derive(Debug, Clone, Args)]
pub(crate) struct LiveArgs {
    /// The program of A, instead of a commit
    #[arg(long, value_name = "FILE", requires = "bin_b", conflicts_with = "a")]
    #[arg(help_heading = "Measure")]
    pub(super) bin_a: Option<PathBuf>,
    /// The program of B
    #[arg(long, value_name = "FILE", requires = "bin_a", help_heading = "Measure")]
    pub(super) bin_b: Option<PathBuf>,
    /// A, built a second time in another folder, for the noise floor [default: A itself runs twice,
    /// which does not show what the layout of code does]
    #[arg(long, value_name = "FILE", requires = "bin_a", help_heading = "Measure")]
    again_a: Option<PathBuf>,
    /// What the rounds of a cell take in both arms together, warm-ups included, over all forks
    /// [default: 60s]
    #[arg(short, long, value_name = "TIME", value_parser = duration_ns, help_heading = "How long")]
    #[arg(conflicts_with = "budget")]
    duration: Option<u64>,
    /// What the whole comparison may take, shared by its cells; building is not counted
    #[arg(long, value_name = "TIME", value_parser = duration_ns, help_heading = "How long")]
    budget: Option<u64>,
    /// Pairs of worker processes per cell, one after the other: what processes differ by by chance
    /// is averaged over them
    #[arg(long, value_name = "N", default_value_t = USUAL_FORKS, help_heading = "How long")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    forks: u32,
    /// Length of a round [default: 10ms]
    #[arg(long = "round", value_name = "TIME", value_parser = duration_ns)]
    #[arg(help_heading = "How long")]
    round_ns: Option<u64>,
    /// End a pair's rounds once half of its interval is within this part of it
    #[arg(long, value_name = "PERCENT", help_heading = "How long")]
    #[arg(value_parser = crate::cli::selection::percent)]
    until: Option<f64>,
    /// End a pair's rounds if its verdict is plain at one of so many looks, 2 or 4, settled now and
    /// each at Pocock's level
    #[arg(long, value_name = "N", value_parser = looks, help_heading = "How long")]
    #[arg(conflicts_with = "until")]
    looks: Option<Looks>,
    #[command(flatten)]
    build: BuildArgs,
    /// Show the plan, what is left out, and how long it will take; build and measure nothing
    #[arg(long, help_heading = "Results")]
    dry_run: bool,
    /// How progress is shown on standard error
    #[arg(long, value_enum, default_value = "auto", help_heading = "Results")]
    progress: ProgressMode,
}

/// The two programs that were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Programs {
    /// Two commits, to be built.
    Commits {
        /// The reference, as git knows it.
        a: String,
        /// What is under test.
        b: String,
    },
    /// Two programs that there are.
    Files {
        /// The reference.
        a: PathBuf,
        /// What is under test.
        b: PathBuf,
    },
}

/// Builds what is to be built and measures both; `None` if nothing was to be measured.
pub(super) fn run(
    registry: &Registry,
    globals: &Globals,
    args: &CompareArgs,
    programs: &Programs,
) -> Result<Option<Conducted>, CliError> {
    let live = &args.live;
    let control = Control::default();
    let listener = listen(&control)?;
    let mut request = live.request(args.conditions.over(args.subjects.request()));
    let arms = match programs {
        Programs::Files { a, b } => files(a, live.again_a.as_ref(), b)?,
        Programs::Commits { a, b } if live.dry_run => unbuilt(a, b),
        Programs::Commits { a, b } => {
            let store = &store_of(&request)?;
            let quiet = globals.quiet;
            Builder { args: &live.build, store, control: &control, quiet }.arms(a, b)?
        }
    };
    if args.subjects.asked_adapters().is_empty() {
        request.adapters = Vec::new();
    }
    let prepared = plan(registry, request, &arms, live.time())?;
    if live.dry_run {
        output::print(describe(&prepared, &arms).as_bytes())?;
        return Ok(None);
    }
    let conducted = measure(&prepared, &arms, globals, live.progress, &control)?;
    drop(listener);
    Ok(Some(conducted))
}

/// What is to be measured again in two commits.
#[derive(Debug)]
pub(crate) struct Confirmation<'a> {
    /// The commit before.
    pub(crate) a: &'a str,
    /// The commit that is suspected.
    pub(crate) b: &'a str,
    /// The cells: adapters (none is those whose version differs, or the core group), scenarios,
    /// threads, types, store.
    pub(crate) cells: RunRequest,
    /// What measuring may take in all; `None` takes a minute for each cell. Nanoseconds.
    pub(crate) budget_ns: Option<u64>,
    /// How both are built.
    pub(crate) build: &'a BuildArgs,
}

/// Builds two commits and runs cells of both side by side. What they measured is for
/// [`paired`](mapbench_results::compare::paired) to judge, from the summary or the log.
pub(crate) fn confirm(
    registry: &Registry,
    globals: &Globals,
    of: &Confirmation<'_>,
) -> Result<Conducted, CliError> {
    let control = Control::default();
    let _listener = listen(&control)?;
    let store = &store_of(&of.cells)?;
    let builder = Builder { args: of.build, store, control: &control, quiet: globals.quiet };
    let arms = builder.arms(of.a, of.b)?;
    let time = of.budget_ns.map_or(Time::PerPair(USUAL_CELL_NS), Time::All);
    let request = RunRequest {
        length: Length::Rounds(1),
        forks: USUAL_FORKS,
        round_ns: Some(USUAL_ROUND_NS),
        ..of.cells.clone()
    };
    let prepared = plan(registry, request, &arms, time)?;
    measure(&prepared, &arms, globals, ProgressMode::Auto, &control)
}

fn listen(control: &Control) -> Result<SignalListener, CliError> {
    SignalListener::start(control.clone())
        .map_err(|error| CliError::unexpected(format!("signals cannot be heard: {error}")))
}

fn plan(
    registry: &Registry,
    mut request: RunRequest,
    arms: &Arms,
    time: Time,
) -> Result<Prepared, CliError> {
    arms.check()?;
    let registry = arms.registry(registry);
    if request.adapters.is_empty() {
        request.adapters = arms.default_maps(&registry);
    }
    Ok(prepare_comparison(&registry, &request, arms, time)?)
}

fn measure(
    prepared: &Prepared,
    arms: &Arms,
    globals: &Globals,
    mode: ProgressMode,
    control: &Control,
) -> Result<Conducted, CliError> {
    if !globals.quiet {
        announce(&prepared.plan, arms);
    }
    let mode = if globals.quiet { ProgressMode::None } else { mode };
    let mut progress = Progress::new(mode, globals.verbose > 0, Monotonic);
    let command = std::env::args().collect();
    Ok(conduct_comparison(prepared, arms, command, control, &mut progress)?)
}

impl LiveArgs {
    /// The request that these flags make of one that says what is measured.
    fn request(&self, of: RunRequest) -> RunRequest {
        RunRequest {
            // The time of a pair says how many rounds it has.
            length: Length::Rounds(1),
            forks: self.forks,
            round_ns: Some(self.round_ns.unwrap_or(USUAL_ROUND_NS)),
            until_percent: self.until,
            looks: self.looks.unwrap_or(Looks::One),
            ..of
        }
    }

    fn time(&self) -> Time {
        match self.budget {
            Some(all_ns) => Time::All(all_ns),
            None => Time::PerPair(self.duration.unwrap_or(USUAL_CELL_NS)),
        }
    }
}

/// Programs that somebody built.
fn files(a: &PathBuf, again: Option<&PathBuf>, b: &PathBuf) -> Result<Arms, CliError> {
    let ask = |path: &PathBuf| {
        // Workers are started from wherever the session is, and a bare name would be looked for in
        // `PATH`.
        let full = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        ArmProgram::ask(path.display().to_string(), full, None)
    };
    Ok(Arms { a: ask(a)?, again: again.map(ask).transpose()?, b: ask(b)? })
}

/// Commits that nobody has built yet, of which all is expected.
fn unbuilt(a: &str, b: &str) -> Arms {
    Arms {
        a: ArmProgram::unbuilt(a),
        again: Some(ArmProgram::unbuilt(a)),
        b: ArmProgram::unbuilt(b),
    }
}

/// One line before the first worker starts, and what is left out.
fn announce(plan: &Plan, arms: &Arms) {
    let quads: u32 = pairs(plan).map(|cell| plan.rounds(cell.id) / 2).sum();
    anstream::eprintln!(
        "cells in both arms: {}, forks of each: {}, quads in all: {}; about {}",
        pairs(plan).count(),
        plan.settings.forks,
        quads * plan.settings.forks,
        cost(plan),
    );
    for line in remarks(plan, arms) {
        anstream::eprintln!("{line}");
    }
}

/// The measured cells of the reference: one for each pair.
fn pairs(plan: &Plan) -> impl Iterator<Item = &Cell> {
    plan.cells.iter().filter(|cell| cell.role.is_measured() && cell.arm == Some(Arm::A))
}

fn cost(plan: &Plan) -> String {
    let (all_ns, own_ns) = (plan.estimate_ns(), plan.calibration_ns());
    format!("{}, of them {} for what they are held against", show_ns(all_ns), show_ns(own_ns))
}

fn remarks(plan: &Plan, arms: &Arms) -> Vec<String> {
    let skipped = plan.skipped.iter();
    let mut remarks: Vec<String> =
        skipped.map(|of| format!("left out in {}: {}", of.scenario, of.reason)).collect();
    if arms.again.is_none() {
        remarks.push(
            "the noise floor is of one build of A: it holds no difference by the layout of code \
             (--again-a takes a second build)"
                .to_owned(),
        );
    }
    remarks
}

/// The plan as a table, with what is left out and what it will cost.
fn describe(prepared: &Prepared, arms: &Arms) -> String {
    let plan = &prepared.plan;
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["scenario", "key", "value", "threads", "adapter", "quads", "memory"]);
    for cell in pairs(plan) {
        table.add_row([
            cell.scenario.clone(),
            cell.key.name().to_owned(),
            cell.value.name().into_owned(),
            cell.threads.to_string(),
            cell.adapter.clone(),
            format!("{}", plan.rounds(cell.id) / 2 * plan.settings.forks),
            show_bytes(2 * plan.memory_bytes(cell.id)),
        ]);
    }
    let remarks: String =
        remarks(plan, arms).iter().fold(String::new(), |text, line| format!("{text}{line}\n"));
    let (a, b) = (&arms.a.name, &arms.b.name);
    format!(
        "A: {a}\nB: {b}\n\n{}\n{remarks}{} forks of rounds of {}: about {}\n",
        table.trim_fmt(),
        plan.settings.forks,
        show_ns(plan.settings.round_ns),
        cost(plan),
    )
}

impl From<ArmsError> for CliError {
    fn from(error: ArmsError) -> Self {
        match error {
            ArmsError::Start { .. } => CliError::usage(error),
            ArmsError::Protocol { .. } => CliError::not_comparable(error),
        }
    }
}
