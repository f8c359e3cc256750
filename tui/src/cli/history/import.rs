//! `mapbench history import`: copies run logs into the store, one by one or those of another store.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use mapbench_results::RunLogError;
use mapbench_results::store::{self, Copied, ImportRules, Imported, StoreError};

use crate::cli::{CliError, Globals, output, run_name};

/// Flags of `history import`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench history import downloads/20260102T030405Z-0123456-3fa9c2d1.ndjson\n  \
    mapbench history import ../other-clone/.mapbench/runs")]
pub(crate) struct ImportArgs {
    /// Run logs, stores, or projects that have a store
    #[arg(required = true, value_name = "FILE|FOLDER")]
    sources: Vec<PathBuf>,
    /// Of logs with damaged lines, take what reads: a partial run with an id of its own
    #[arg(long)]
    salvage: bool,
}

pub(crate) fn run(globals: &Globals, store: &Path, args: &ImportArgs) -> Result<u8, CliError> {
    let rules = ImportRules { salvage: args.salvage };
    let imported = store::import(store, &args.sources, rules).map_err(refused)?;
    output::print(page(&imported, globals.quiet).as_bytes())?;
    for (path, reason) in &imported.unreadable {
        anstream::eprintln!("mapbench: {}: {reason}", path.display());
    }
    match imported.unreadable.len() {
        0 => Ok(0),
        passed_over => Err(CliError::usage(format!(
            "{passed_over} of the logs do not read and stay where they are; --salvage takes what \
             reads of one with damaged lines"
        ))),
    }
}

/// A damaged file that was named can be salvaged; that is worth telling.
fn refused(error: StoreError) -> CliError {
    match error {
        StoreError::Import {
            source: source @ (RunLogError::Line { .. } | RunLogError::Order { .. }),
        } => run_name::unreadable(source),
        error => error.into(),
    }
}

fn page(imported: &Imported, quiet: bool) -> String {
    let mut page = String::new();
    if !quiet {
        for log in &imported.copied {
            let _ = writeln!(page, "{} -> {}", log.from.display(), log.to.display());
            for line in &log.lost {
                let _ = writeln!(page, "  left out {line}");
            }
            let unnamed = log.lost_lines - log.lost.len();
            if unnamed > 0 {
                let _ = writeln!(page, "  left out {unnamed} more");
            }
        }
    }
    let salvaged = imported.copied.iter().filter(|log: &&Copied| log.lost_lines > 0).count();
    let note = if salvaged > 0 { format!(" ({salvaged} of them salvaged)") } else { String::new() };
    let _ = writeln!(
        page,
        "imported {}{note}, already there {}, not readable {}",
        imported.copied.len(),
        imported.there.len(),
        imported.unreadable.len()
    );
    page
}
