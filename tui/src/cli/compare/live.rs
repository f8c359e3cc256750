//! Two programs in one session: commits that are built, or programs that somebody built, run side
//! by side in quads. What they measured is judged by the verb, from the run's log.

use std::path::PathBuf;

use clap::Args;
use mapbench_core::registry::Registry;

use super::CompareArgs;
use crate::cli::{CliError, Globals};
use crate::session::conduct::Conducted;

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

/// Builds what is to be built and measures both.
pub(super) fn run(
    _registry: &Registry,
    _globals: &Globals,
    _args: &CompareArgs,
    programs: &Programs,
) -> Result<Conducted, CliError> {
    let what = match programs {
        Programs::Commits { a, b } => format!("commits {a} and {b}"),
        Programs::Files { a, b } => format!("{} and {}", a.display(), b.display()),
    };
    Err(CliError::usage(format!(
        "{what} cannot be run side by side by this build; measure each with `mapbench run` and \
         compare the two runs"
    )))
}
