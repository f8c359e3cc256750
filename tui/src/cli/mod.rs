//! The command line: one file per verb. Results go to standard output, everything else to
//! standard error; exit codes are those of the table in `failure`.

mod adapters;
mod baseline;
mod charset;
mod compare;
mod completions;
mod config;
mod doctor;
mod failure;
mod history;
mod output;
mod progress;
mod quantity;
mod recommend;
mod report;
mod run;
mod run_name;
mod scenarios;
mod selection;
mod sweep;
mod trace;
mod tui;
mod version;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use mapbench_core::registry::Registry;

use failure::CliError;
use selection::RunSelection;

/// Choose and track concurrent maps.
#[derive(Debug, Parser)]
#[command(
    name = "mapbench",
    version,
    after_help = "Exit codes: 0 fine, 1 unexpected error, 2 usage, 3 not comparable, 4 \
                  nothing selected, 5 inconclusive (--strict), 100 a regression (--gate), 102 an \
                  adapter crashed or hung, 103 an adapter answered wrongly, 110 output could not \
                  be written, 130 and 143 interrupted with partial results saved.\n\n\
                  Examples:\n  \
                  mapbench run -s read-heavy -t 1,2 -d 2s -o csv=out.csv\n  \
                  mapbench tui\n  \
                  mapbench adapters list"
)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    verb: Verb,
}

/// Flags that every verb takes.
#[derive(Debug, Clone, Args)]
struct Globals {
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
    /// Say nothing but results and errors
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say more: when each worker is ready and has verified
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Measure scenarios × adapters at fixed points
    Run(Box<run::RunArgs>),
    /// Measure along an axis and find where curves bend
    Sweep(Box<sweep::SweepArgs>),
    /// Figures over commits: what changed, when, and what was made of it
    History(Box<history::HistoryArgs>),
    /// Which map for this workload, up to where, and what comes with it
    Recommend(Box<recommend::RecommendArgs>),
    /// Did B make it worse than A? Two runs, or two commits side by side
    Compare(Box<compare::CompareArgs>),
    /// A finished run in another format: HTML, Markdown, CSV, JSON and others
    Report(report::ReportArgs),
    /// Runs live on screen
    Tui(Box<tui::TuiArgs>),
    /// Generate, import and inspect traces
    Trace(trace::TraceArgs),
    /// Names for runs, to compare with later
    Baseline(baseline::BaselineArgs),
    /// The maps that can be measured
    Adapters(adapters::AdaptersArgs),
    /// The workloads that ship with the program
    Scenarios(scenarios::ScenariosArgs),
    /// Is this machine fit to measure?
    Doctor(doctor::DoctorArgs),
    /// The configuration that holds here
    Config(config::ConfigArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Print the version
    Version(version::VersionArgs),
    /// The measured process; the session starts it
    #[command(hide = true)]
    Worker,
}

/// Runs the program over a registry and returns its exit code. A map author's own `main` is
/// `mapbench::run(REGISTRY.with::<MyMap>("mine"))`.
#[expect(clippy::needless_pass_by_value, reason = "a `main` of one line hands its registry over")]
pub fn run(registry: Registry) -> ExitCode {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run_with(&registry, std::env::args_os())
    }));
    // The panic hook has printed the message; 101 would read as a panic of a map under test.
    outcome.unwrap_or(ExitCode::from(failure::UNEXPECTED))
}

fn run_with(registry: &Registry, args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = args.into_iter().collect();
    let expanded = std::env::current_dir()
        .map_err(|error| CliError::unexpected(format!("the current folder is gone: {error}")))
        .and_then(|here| {
            config::expand(&Cli::command(), args, &here, |name| std::env::var_os(name))
        });
    let args = match expanded {
        Ok(args) => args,
        Err(error) => return told(&error),
    };
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(failure::USAGE));
        }
    };
    cli.globals.color.apply();
    match dispatch(registry, cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => told(&error),
    }
}

fn told(error: &CliError) -> ExitCode {
    anstream::eprintln!("mapbench: {error}");
    ExitCode::from(error.code)
}

fn dispatch(registry: &Registry, cli: Cli) -> Result<u8, CliError> {
    let globals = cli.globals;
    match cli.verb {
        Verb::Run(args) => run::run(registry, &globals, &args),
        Verb::Sweep(args) => sweep::run(registry, &globals, &args),
        Verb::History(args) => history::run(registry, &globals, &args),
        Verb::Recommend(args) => recommend::run(registry, &globals, &args),
        Verb::Compare(args) => compare::run(registry, &globals, &args),
        Verb::Report(args) => report::run(&globals, &args),
        Verb::Tui(args) => tui::run(registry, &globals, &args),
        Verb::Trace(args) => trace::run(&globals, &args),
        Verb::Baseline(args) => baseline::run(&globals, &args),
        Verb::Adapters(args) => adapters::run(registry, &args),
        Verb::Scenarios(args) => scenarios::run(registry, &args),
        Verb::Doctor(args) => doctor::run(registry, &globals, &args),
        Verb::Config(args) => config::run(&args),
        Verb::Completions(args) => completions::run(&args),
        Verb::Version(args) => version::run(registry, &args),
        Verb::Worker => Ok(crate::session::worker::serve(registry)),
    }
}

impl Color {
    fn apply(self) {
        let choice = match self {
            Color::Auto => return,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
