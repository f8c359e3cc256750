//! `mapbench trace convert`: a trace file as lines of JSON for people, and back.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use mapbench_core::trace::{self, Trace, json_lines};

use super::super::{CliError, Globals};
use super::file;

/// Flags of `trace convert`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench trace convert openb.mbt -o openb.jsonl\n  \
    mapbench trace convert openb.mbt -o - --to jsonl | head\n  \
    mapbench trace convert edited.jsonl -o edited.mbt")]
pub(super) struct ConvertArgs {
    /// A trace file or its lines of JSON; `-` is standard input
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The file to write; `-` is standard output
    #[arg(short, long = "output", value_name = "OUT")]
    output: PathBuf,
    /// What to write [default: what the name of the output ends in]
    #[arg(long, value_enum, value_name = "FORMAT")]
    to: Option<Form>,
}

/// A form of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A trace file
    Mbt,
    /// Lines of JSON
    Jsonl,
}

pub(super) fn run(globals: &Globals, args: &ConvertArgs) -> Result<u8, CliError> {
    let to = args.to.or_else(|| Form::of(&args.output)).ok_or_else(|| {
        CliError::usage(format!(
            "`{}` (-o) does not say what to write; end it in .mbt or .jsonl, or take --to",
            args.output.display()
        ))
    })?;
    file::check_writable(&args.output)?;
    let (trace, _) = file::read(&args.input)?;
    let what = write(&trace, &args.output, to)?;
    if !globals.quiet && !file::is_standard(&args.output) {
        anstream::eprintln!("{}: {what}, hash {}", args.output.display(), trace::hash(&trace));
    }
    Ok(0)
}

fn write(trace: &Trace, path: &Path, to: Form) -> Result<String, CliError> {
    match to {
        Form::Mbt => file::write(trace, path).map(|written| format!("{} bytes", written.bytes)),
        Form::Jsonl => file::write_with(path, |out| json_lines::write(trace, BufWriter::new(out)))
            .map(|lines| format!("{lines} lines")),
    }
}

impl Form {
    fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        Form::from_str(extension, true).ok()
    }
}
