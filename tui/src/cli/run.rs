//! `mapbench run`: measures scenarios × adapters at fixed points, then prints the table and writes
//! the exports. The run log is kept even if an export fails.

use std::io::Write;
use std::path::Path;

use clap::{Args, ValueEnum};
use mapbench_core::event::{Cell, Measure, RunEvent, UiMode};
use mapbench_core::registry::Registry;
use mapbench_results::units::Charset;
use mapbench_results::{export, table};

use super::compare::BaselineArgs;
use super::output::{self, Output};
use super::progress::{Progress, ProgressMode};
use super::quantity::{show_bytes, show_ns};
use super::{CliError, Globals, RunSelection};
use crate::session::callgrind;
use crate::session::clock::Monotonic;
use crate::session::conduct::{ConductError, Conducted, conduct};
use crate::session::control::Control;
use crate::session::plan::Plan;
use crate::session::prepare::{Blame, PrepareError, Prepared, prepare};
use crate::session::signals::SignalListener;
use crate::session::sink::{Fanout, Sink};

/// Flags of `run`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench run -s read-heavy -s hot-key -s mixed-write -a core -t 1,2 -d 2s -o csv=out.csv\n  \
    mapbench run -s hot-key -a 'dashmap/*,sharded' --key string --value arc224\n  \
    mapbench run --trace openb.mbt -a core --rounds 3 --dry-run")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) selection: RunSelection,
    #[command(flatten)]
    baseline: BaselineArgs,
    /// Write the results; `-` is standard output; repeat for more
    #[arg(short, long = "output", value_name = "FORMAT=PATH", help_heading = "Results")]
    outputs: Vec<Output>,
    /// Show the plan, what is skipped, and how long it will take; measure nothing
    #[arg(long, help_heading = "Results")]
    dry_run: bool,
    /// What standard output gets: the table, or each event as a line of JSON
    #[arg(long, value_enum, default_value = "human", help_heading = "Results")]
    message_format: MessageFormat,
    /// How progress is shown on standard error
    #[arg(long, value_enum, default_value = "auto", help_heading = "Results")]
    progress: ProgressMode,
}

/// What standard output gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MessageFormat {
    /// The final table
    Human,
    /// Each event of the run as a line of JSON
    Ndjson,
}

pub(crate) fn run(registry: &Registry, globals: &Globals, args: &RunArgs) -> Result<u8, CliError> {
    let to_stdout = args.outputs.iter().filter(|output| output.is_stdout()).count();
    if to_stdout > 1 || (to_stdout == 1 && args.message_format == MessageFormat::Ndjson) {
        return Err(CliError::usage(
            "only one of `-o FORMAT=-` and `--message-format ndjson` can have standard output; \
             write the others to files",
        ));
    }
    for output in &args.outputs {
        output.check()?;
    }
    let request = args.selection.request();
    if request.measure == Measure::Instructions
        && let Some(obstacle) = callgrind::obstacle()
    {
        return Err(CliError::usage(obstacle));
    }
    if let Some(folder) = &request.stacks {
        check_stacks(folder)?;
    }
    let prepared = prepare(registry, &request)?;
    if args.dry_run {
        output::print(describe(&prepared.plan).as_bytes())?;
        return Ok(0);
    }
    let baseline = args.baseline.read(&prepared, request.strict)?;
    let conducted = measure(&prepared, globals, args)?;
    let code = report(&conducted, globals, args, to_stdout == 1, request.stacks.as_deref())?;
    let Some(baseline) = baseline else { return Ok(code) };
    let on_stdout = to_stdout == 0 && args.message_format == MessageFormat::Human;
    baseline.judge(&conducted, code, on_stdout)
}

/// Refuses before anything is measured what could not be delivered after it.
fn check_stacks(folder: &Path) -> Result<(), CliError> {
    if let Some(reason) = crate::stacks::MISSING {
        return Err(CliError::usage(format!("--stacks: {reason}")));
    }
    export::check_folder(folder).map_err(|error| output::unwritable(&error))
}

fn measure(prepared: &Prepared, globals: &Globals, args: &RunArgs) -> Result<Conducted, CliError> {
    let control = Control::default();
    let listener = SignalListener::start(control.clone())
        .map_err(|error| CliError::unexpected(format!("signals cannot be heard: {error}")))?;
    let mut sinks = Fanout::default();
    let progress = if globals.quiet { ProgressMode::None } else { args.progress };
    sinks.push(Progress::new(progress, globals.verbose > 0, Monotonic));
    if args.message_format == MessageFormat::Ndjson {
        sinks.push(Ndjson);
    }
    if !globals.quiet {
        announce(&prepared.plan);
    }
    let command = std::env::args().collect();
    let conducted = conduct(prepared, command, UiMode::None, &control, &mut sinks)?;
    drop(listener);
    Ok(conducted)
}

fn report(
    conducted: &Conducted,
    globals: &Globals,
    args: &RunArgs,
    export_on_stdout: bool,
    stacks: Option<&Path>,
) -> Result<u8, CliError> {
    let mut failed = None;
    for output in &args.outputs {
        if let Err(error) = output.write(conducted) {
            anstream::eprintln!("mapbench: {error}; the run log has everything");
            failed = Some(error.code);
        }
    }
    if let Some(folder) = stacks {
        match export::write_stacks(&conducted.summary, folder) {
            Ok(files) if files.is_empty() && !globals.quiet => {
                anstream::eprintln!("no stacks: no cell came to its sampled round");
            }
            Ok(_) => {}
            Err(error) => {
                anstream::eprintln!("mapbench: {error}; the run log has everything");
                failed = Some(output::unwritable(&error).code);
            }
        }
    }
    if args.message_format == MessageFormat::Human {
        let hottest = table::render_stacks(&conducted.summary, Charset::Utf8);
        let gap = if hottest.is_empty() { "" } else { "\n" };
        let table = table::render(&conducted.summary, Charset::Utf8);
        let table = format!("{table}{gap}{hottest}");
        if export_on_stdout {
            anstream::eprintln!("{table}");
        } else {
            output::print(format!("{table}\n").as_bytes())?;
        }
    }
    if !globals.quiet {
        anstream::eprintln!("run log: {}", conducted.log.display());
    }
    if let Some(error) = &conducted.log_failure {
        return Err(CliError::output(format!("{error}; the log is incomplete")));
    }
    // An interrupt outranks an export that could not be written.
    let interrupted = matches!(conducted.end.exit_code, 130 | 143);
    Ok(if interrupted {
        conducted.end.exit_code
    } else {
        failed.unwrap_or(conducted.end.exit_code)
    })
}

/// Each event as a line of JSON on standard output.
struct Ndjson;

impl Sink for Ndjson {
    fn event(&mut self, event: &RunEvent) {
        if let Ok(mut line) = serde_json::to_vec(event) {
            line.push(b'\n');
            // A reader that has gone does not end the run: its log is being written.
            let _ = std::io::stdout().lock().write_all(&line);
        }
    }
}

/// One line before the first worker starts.
fn announce(plan: &Plan) {
    anstream::eprintln!(
        "{} cells × {} forks × {} rounds, about {}{}",
        measured(plan).count(),
        plan.settings.forks,
        plan.settings.rounds,
        show_ns(plan.estimate_ns()),
        calibration(plan),
    );
    for skipped in &plan.skipped {
        anstream::eprintln!("skipped in {}: {}", skipped.scenario, skipped.reason);
    }
}

/// The cells that are measured for their own sake.
fn measured(plan: &Plan) -> impl Iterator<Item = &Cell> {
    plan.cells.iter().filter(|cell| cell.role.is_measured())
}

/// What part of the time the run spends on itself; empty if none.
fn calibration(plan: &Plan) -> String {
    match plan.calibration_ns() {
        0 => String::new(),
        ns => format!(", of them {} to calibrate", show_ns(ns)),
    }
}

/// The plan as a table, with what is skipped and what it will cost.
fn describe(plan: &Plan) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["cell", "scenario", "key", "value", "threads", "adapter", "memory"]);
    for cell in measured(plan) {
        table.add_row([
            cell.id.to_string(),
            cell.scenario.clone(),
            cell.key.name().to_owned(),
            cell.value.name().into_owned(),
            cell.threads.to_string(),
            cell.adapter.clone(),
            show_bytes(plan.memory_bytes(cell.id)),
        ]);
    }
    let most = plan
        .groups
        .iter()
        .map(|group| group.iter().map(|&cell| plan.memory_bytes(cell)).sum::<u64>());
    let skipped = plan.skipped.iter().fold(String::new(), |text, skipped| {
        format!("{text}skipped in {}: {}\n", skipped.scenario, skipped.reason)
    });
    let notes =
        plan.notes().into_iter().fold(String::new(), |text, note| format!("{text}note: {note}\n"));
    let settings = &plan.settings;
    format!(
        "{}\n{skipped}{notes}{} cells in {} groups × {} forks × {} rounds of {}: about {}{}; a \
         group's workers hold about {} together, of {} that they may\n",
        table.trim_fmt(),
        measured(plan).count(),
        plan.groups.len(),
        settings.forks,
        settings.rounds,
        show_ns(settings.round_ns),
        show_ns(plan.estimate_ns()),
        calibration(plan),
        show_bytes(most.max().unwrap_or(0)),
        show_bytes(settings.max_memory_bytes),
    )
}

impl From<PrepareError> for CliError {
    fn from(error: PrepareError) -> Self {
        match error.blame() {
            Blame::Nothing => CliError::nothing(error),
            Blame::Output => CliError::output(error),
            Blame::Usage => CliError::usage(error),
        }
    }
}

impl From<ConductError> for CliError {
    fn from(error: ConductError) -> Self {
        match error {
            ConductError::Log(_) => CliError::output(error),
            ConductError::Program(_) => CliError::unexpected(error),
        }
    }
}
