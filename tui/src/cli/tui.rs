//! `mapbench tui`: the same measurements, live on screen.

use std::io::{IsTerminal, stdout};
use std::str::FromStr;

use clap::{Args, ValueEnum};
use mapbench_core::registry::Registry;

use super::{CliError, Globals, RunSelection};

/// Flags of `tui`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench tui\n  \
    mapbench tui -s hot-key -t 2 -d 10s\n  \
    mapbench tui --replay 3fa9c2d1 --once --size 120x36 --export svg > run.svg")]
pub(crate) struct TuiArgs {
    #[command(flatten)]
    pub(crate) selection: RunSelection,
    /// Show a finished run as it looked live: a run id, a file, or `-` for standard input
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

pub(crate) fn run(
    _registry: &Registry,
    _globals: &Globals,
    args: &TuiArgs,
) -> Result<u8, CliError> {
    if !args.once && !stdout().is_terminal() {
        return Err(CliError::usage(
            "the terminal UI needs a terminal, and standard output is none; `mapbench run` \
             measures the same and prints a table",
        ));
    }
    Err(CliError::usage("this build has no terminal UI; use `mapbench run`"))
}
