//! `mapbench history accept COMMIT --reason TEXT`: keeps in a file under version control that a
//! change of speed is as it should be. Re-runs and judges nothing.

use std::path::{Path, PathBuf};

use clap::Args;
use globset::Glob;
use jiff::Timestamp;
use mapbench_results::fingerprint;
use mapbench_results::history::{Accepted, AcceptedError, AcceptedFile};

use crate::cli::{CliError, Globals};

/// Flags of `history accept`.
#[derive(Debug, Args)]
pub(crate) struct AcceptArgs {
    /// The first commit at the new speed: any name of it that `git` knows, or a full hash
    commit: String,
    /// Why it is as it should be; the next reader will ask
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Only in these series, as `history list` calls them [default: all]
    #[arg(long, value_name = "GLOB")]
    cell: Option<String>,
}

pub(crate) fn run(globals: &Globals, args: &AcceptArgs) -> Result<u8, CliError> {
    if args.reason.trim().is_empty() {
        return Err(CliError::usage("--reason is empty; say why the change is as it should be"));
    }
    if let Some(glob) = &args.cell {
        Glob::new(glob).map_err(|error| CliError::usage(format!("--cell: {error}")))?;
    }
    let here = std::env::current_dir().map_err(CliError::unexpected)?;
    let accepted = Accepted {
        commit: full_hash(&here, &args.commit)?,
        reason: args.reason.trim().to_owned(),
        cell: args.cell.clone(),
        at: Some(Timestamp::now().to_string()),
        by: fingerprint::author(&here),
    };
    let mut file = AcceptedFile::read(&project(&here)).map_err(failed)?;
    let short = accepted.commit.get(..7).unwrap_or(&accepted.commit).to_owned();
    file.add(accepted).map_err(failed)?;
    if !globals.quiet {
        anstream::eprintln!(
            "accepted {short}; commit {} so that it holds for everybody",
            file.path().display()
        );
    }
    Ok(0)
}

/// The folder of the project: where `mapbench.toml` is, upward from here, else here.
pub(super) fn project(here: &Path) -> PathBuf {
    let marked = here.ancestors().find(|folder| folder.join("mapbench.toml").is_file());
    marked.unwrap_or(here).to_owned()
}

/// The file of accepted changes cannot be used: to write it is output, to read it is input.
pub(super) fn failed(error: AcceptedError) -> CliError {
    match error {
        AcceptedError::Write(error) => CliError::output(error),
        error => CliError::usage(error),
    }
}

fn full_hash(here: &Path, name: &str) -> Result<String, CliError> {
    if let Some(hash) = fingerprint::full_hash(here, name) {
        return Ok(hash);
    }
    let is_full = name.len() == 40 && name.bytes().all(|at| at.is_ascii_hexdigit());
    // A store may hold commits of another clone, which `git` does not know here.
    if is_full {
        return Ok(name.to_lowercase());
    }
    Err(CliError::usage(format!(
        "`{name}` is no commit that git knows here; run in the repository, or give all 40 digits"
    )))
}
