//! `mapbench trace info`: what is in a trace, as a page for people or as JSON.

mod page;
mod plot;

use std::io;
use std::path::Path;

use clap::Args;
use mapbench_core::trace::{self, Figures, Trace, TraceHeader, Written};
use serde::Serialize;

use super::super::{CliError, charset, output};
use super::file;
use super::generate::{HowToGenerate, is_scenario_file};

/// Flags of `trace info`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench trace info openb.mbt\n  \
    mapbench trace info mixed-write --set nodes=15000\n  \
    mapbench trace info read-heavy --json | jq .figures.maps[0].keys")]
pub(super) struct InfoArgs {
    /// A trace file, `-` for standard input, a scenario's name, or the path of its .toml file
    #[arg(value_name = "FILE|SCENARIO")]
    what: String,
    #[command(flatten)]
    how: HowToGenerate,
    /// The map whose keys' popularity is drawn [default: the one with most accesses to many keys]
    #[arg(long, value_name = "ID")]
    map: Option<String>,
    /// Draw with ASCII characters only
    #[arg(long)]
    ascii: bool,
    /// Print everything as JSON
    #[arg(long, conflicts_with_all = ["map", "ascii"])]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Info<'a> {
    hash: String,
    bytes: u64,
    header: &'a TraceHeader,
    figures: &'a Figures,
}

pub(super) fn run(args: &InfoArgs) -> Result<u8, CliError> {
    let (made, _) = args.how.on_threads(|| {
        let (trace, written) = get(args)?;
        let figures = trace.figures().map_err(CliError::usage)?;
        Ok::<_, CliError>((trace.header, figures, written))
    })?;
    let (header, figures, written) = made?;
    let text = if args.json {
        let (hash, bytes) = (written.hash.to_string(), written.bytes);
        let info = Info { hash, bytes, header: &header, figures: &figures };
        serde_json::to_string_pretty(&info).map_err(CliError::unexpected)?
    } else {
        page::Page {
            header: &header,
            figures: &figures,
            written: &written,
            popularity_of: map_to_draw(args.map.as_deref(), &figures)?,
            charset: charset::detect(args.ascii),
        }
        .to_string()
    };
    output::print(format!("{}\n", text.trim_end()).as_bytes())?;
    Ok(0)
}

/// The trace of a file or scenario, and what it takes as a file.
fn get(args: &InfoArgs) -> Result<(Trace, Written), CliError> {
    let path = Path::new(&args.what);
    let is_trace = file::is_standard(path)
        || path.extension().is_some_and(|extension| extension == "mbt")
        || (path.is_file() && !is_scenario_file(&args.what));
    let trace = if is_trace {
        if let Some(flag) = args.how.flag() {
            return Err(CliError::usage(format!(
                "`{}` is made already; {flag} is for scenarios",
                args.what
            )));
        }
        file::read(path)?.0
    } else {
        args.how.generate(&args.how.scenario(&args.what)?)?
    };
    let written = trace::write(&trace, io::sink()).map_err(CliError::unexpected)?;
    Ok((trace, written))
}

/// Position of the map of an id; without one, of the map with most accesses, if it can be of one
/// with more than a few keys.
fn map_to_draw(id: Option<&str>, figures: &Figures) -> Result<Option<usize>, CliError> {
    let maps = &figures.maps;
    if let Some(id) = id {
        let found = maps.iter().position(|map| map.id == id);
        return found.map(Some).ok_or_else(|| {
            let ids: Vec<&str> = maps.iter().map(|map| map.id.as_str()).collect();
            CliError::usage(format!("there is no map `{id}` (--map); there is {}", ids.join(", ")))
        });
    }
    let interest = |&at: &usize| {
        let keys = maps[at].keys;
        keys.map(|keys| (keys.distinct > 100, keys.accesses))
    };
    let accessed = (0..maps.len()).filter(|&at| maps[at].keys.is_some());
    Ok(accessed.max_by_key(interest))
}
