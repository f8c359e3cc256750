//! What the names on the command line mean: two stored runs, one log of a live comparison, or two
//! programs to run. Decides; reads and runs nothing.

use std::path::Path;

use super::CompareArgs;
use super::build;
use super::live::Programs;
use crate::cli::{CliError, run_name};
use crate::session::request::RunRequest;

/// What begins the name of a commit.
const COMMIT: &str = "commit:";

/// What is to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// Two runs that were measured before.
    Stored {
        /// The reference.
        a: String,
        /// What is under test.
        b: String,
    },
    /// The log of a live comparison.
    Log(String),
    /// Two programs that are to be run.
    Live(Programs),
}

/// What the arguments ask for.
pub(super) fn asked(args: &CompareArgs) -> Result<Asked, CliError> {
    if let (Some(a), Some(b)) = (&args.live.bin_a, &args.live.bin_b) {
        return Ok(Asked::Live(Programs::Files { a: a.clone(), b: b.clone() }));
    }
    let Some(a) = &args.a else {
        return Err(CliError::usage(
            "name two runs, two commits as commit:SHA, or two programs with --bin-a and --bin-b",
        ));
    };
    let store = run_name::folder(args.conditions.over(RunRequest::default()).store.as_deref())?;
    let Some(b) = &args.b else {
        return match commit(&store, a) {
            None => Ok(Asked::Log(a.clone())),
            Some(_) => Err(CliError::usage(format!(
                "{a} needs a second commit to be compared with, as `mapbench compare {a} \
                 commit:HEAD`"
            ))),
        };
    };
    match (commit(&store, a), commit(&store, b)) {
        (None, None) => Ok(Asked::Stored { a: a.clone(), b: b.clone() }),
        (Some(a), Some(b)) => {
            Ok(Asked::Live(Programs::Commits { a: a.to_owned(), b: b.to_owned() }))
        }
        _ => Err(CliError::usage(format!(
            "{a} and {b}: a commit is built and run beside another one, which a stored run cannot \
             be; name two commits or two runs"
        ))),
    }
}

/// The revision that a name means; `None` if it means a run. A bare name that no run has is tried
/// as a revision.
fn commit<'n>(store: &Path, name: &'n str) -> Option<&'n str> {
    if let Some(revision) = name.strip_prefix(COMMIT) {
        return Some(revision);
    }
    let bare = !name.contains(':') && run_name::path(store, name).is_err();
    (bare && build::is_revision(name)).then_some(name)
}
