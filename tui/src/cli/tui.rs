//! `mapbench tui`: the same measurements, live on screen.

use std::io::{IsTerminal, Write, stdout};
use std::path::Path;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use mapbench_core::registry::Registry;
use mapbench_core::trace::Shape;
use mapbench_results::units::Charset;
use mapbench_results::{RunLog, table};

use super::{CliError, Color, Globals, RunSelection, output, run_name};
use crate::session::plan::Workload;
use crate::session::request::{Length, RunRequest};
use crate::session::{prepare, variant};
use crate::ui::real_host::RealHost;
use crate::ui::theme::{ColorChoice, Depth, Palette, Theme};
use crate::ui::{event_loop, export, screens};

/// Flags of `tui`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench tui\n  \
    mapbench tui -s hot-key -t 2 -d 10s\n  \
    mapbench tui --trace openb.mbt -a core -t 2\n  \
    mapbench tui --replay 3fa9c2d1 --once --size 120x36 --export svg > run.svg")]
pub(crate) struct TuiArgs {
    #[command(flatten)]
    pub(crate) selection: RunSelection,
    /// Show a finished run as it looked live: a run id, baseline:NAME, latest, a file, or `-` for
    /// standard input
    #[arg(long, value_name = "RUN", help_heading = "Screen")]
    pub(crate) replay: Option<String>,
    /// Draw one frame of a replay and exit; needs no terminal
    #[arg(long, requires = "replay", help_heading = "Screen")]
    pub(crate) once: bool,
    /// Columns and rows of that frame
    #[arg(long, value_name = "WxH", default_value = "120x36", help_heading = "Screen")]
    pub(crate) size: Size,
    /// Print that frame as a picture
    #[arg(long, value_enum, value_name = "FORMAT", requires = "once", help_heading = "Screen")]
    pub(crate) export: Option<Picture>,
    /// How many times faster than it was a replay begins
    #[arg(long, value_name = "N", default_value_t = 1, requires = "replay")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=128), help_heading = "Screen")]
    pub(crate) speed: u32,
    /// Draw with ASCII characters only
    #[arg(long, help_heading = "Screen")]
    pub(crate) ascii: bool,
}

/// Columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// Columns.
    pub(crate) columns: u16,
    /// Rows.
    pub(crate) rows: u16,
}

/// Formats of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Picture {
    /// Scalable vector graphics
    Svg,
    /// The characters alone
    Text,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('x').and_then(|(columns, rows)| {
            Some(Size { columns: columns.parse().ok()?, rows: rows.parse().ok()? })
        });
        parsed
            .filter(|size| (1..=1000).contains(&size.columns) && (1..=1000).contains(&size.rows))
            .ok_or_else(|| "write columns x rows, as `120x36`".to_owned())
    }
}

pub(crate) fn run(registry: &Registry, globals: &Globals, args: &TuiArgs) -> Result<u8, CliError> {
    if !args.once && !stdout().is_terminal() {
        return Err(CliError::usage(
            "the terminal UI needs a terminal, and standard output is none; `mapbench run` \
             measures the same and prints a table",
        ));
    }
    let theme = theme(globals, args);
    match &args.replay {
        Some(name) => replay(&log(name, args)?, theme, args),
        None => measure(registry, theme, globals, args),
    }
}

/// Measures what the wizard is told to, then prints the table.
fn measure(
    registry: &Registry,
    theme: Theme,
    globals: &Globals,
    args: &TuiArgs,
) -> Result<u8, CliError> {
    let request = args.selection.request();
    let trace = check(registry, &request)?;
    let host = RealHost::new(registry, request, trace);
    let exit_code = event_loop::live(&host, theme).map_err(|error| broken(&error))?;
    let Some(conducted) = host.into_conducted() else { return Ok(exit_code) };
    let charset = if args.ascii { Charset::Ascii } else { Charset::Utf8 };
    let table = table::render(&conducted.summary, charset);
    let printed = output::print(format!("{table}\n").as_bytes());
    if !globals.quiet {
        // The terminal may have been closed, which is no reason to panic.
        let _ = writeln!(anstream::stderr(), "run log: {}", conducted.log.display());
    }
    let kept = match &conducted.log_failure {
        Some(error) => Err(CliError::output(format!("{error}; the log is incomplete"))),
        None => Ok(exit_code),
    };
    // An interrupt outranks output that could not be written.
    if matches!(exit_code, 130 | 143) { Ok(exit_code) } else { printed.and(kept) }
}

/// Names that nothing has, and traces that cannot be read, are told before the terminal is taken
/// over. Returns what the trace holds, if the request names one.
fn check(registry: &Registry, request: &RunRequest) -> Result<Option<Workload>, CliError> {
    variant::variants(registry, &request.adapters)?;
    let trace = prepare::trace_of(request)?;
    let steady = trace.as_ref().is_none_or(|trace| trace.header.shape == Shape::Steady);
    if steady && matches!(request.length, Length::Rounds(_)) {
        return Err(CliError::usage(
            "--rounds is for one-shot traces; the terminal UI asks for the time per cell of a \
             steady scenario, which -d sets",
        ));
    }
    if trace.is_none() {
        prepare::scenarios(request)?;
    }
    Ok(trace)
}

fn replay(log: &RunLog, theme: Theme, args: &TuiArgs) -> Result<u8, CliError> {
    if !args.once {
        return event_loop::replay(log, theme, args.speed).map_err(|error| broken(&error));
    }
    let model = event_loop::replayed(log, theme);
    let buffer = screens::picture(&model, args.size.columns, args.size.rows);
    let picture = match args.export {
        Some(Picture::Svg) => export::svg(&buffer),
        Some(Picture::Text) | None => export::text(&buffer),
    };
    output::print(picture.as_bytes())?;
    Ok(0)
}

/// The log of a run: standard input, or what a name means.
fn log(name: &str, args: &TuiArgs) -> Result<RunLog, CliError> {
    if name == "-" {
        let stdin = std::io::stdin().lock();
        return RunLog::read_from(stdin, Path::new("standard input")).map_err(CliError::usage);
    }
    run_name::log(&prepare::store_of(&args.selection.request())?, name)
}

fn theme(globals: &Globals, args: &TuiArgs) -> Theme {
    let choice = match globals.color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    let depth = Depth::detect(choice, |name| std::env::var(name).ok());
    // A picture is for a reader, not for this terminal.
    let picture = args.export == Some(Picture::Svg) && choice != ColorChoice::Never;
    Theme {
        depth: if picture { Depth::Full } else { depth },
        palette: Palette::Dark,
        ascii: args.ascii || std::env::var("TERM").is_ok_and(|term| term == "dumb"),
    }
}

fn broken(error: &std::io::Error) -> CliError {
    CliError::unexpected(format!(
        "the terminal cannot be used: {error}; `mapbench run` measures the same without it"
    ))
}
