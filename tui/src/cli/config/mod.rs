//! Configuration: `mapbench.toml`, profiles and environment variables, and the verb that shows them.
//! A setting is a flag that nobody typed: it is put into the command line before that is parsed, so
//! that there is one set of names, one check of values, and one place where they mean something.
//! Flags win over `MAPBENCH_*`, which wins over the profile.

mod expand;
mod profile;

use std::fmt::Write as _;
use std::path::Path;

use clap::{Args, Subcommand};

use super::{CliError, output};
pub(super) use expand::expand;
use profile::Profiles;

/// The file of a project.
const FILE: &str = "mapbench.toml";

/// Flags of `config`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench config show ci\n  \
    mapbench run --profile ci -o csv=results.csv\n\n\
    A mapbench.toml beside your project sets flags by their long names:\n\n  \
    [profile.ci]\n  \
    scenario = [\"hot-key\"]\n  \
    threads = [1, 4]\n\n\
    MAPBENCH_THREADS=1,4 does the same for one command.")]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    verb: ConfigVerb,
}

#[derive(Debug, Subcommand)]
enum ConfigVerb {
    /// The flags that a profile sets, and where each comes from
    Show {
        /// The profile [default: all]
        profile: Option<String>,
    },
    /// The configuration file that holds here
    Path,
}

pub(crate) fn run(args: &ConfigArgs) -> Result<u8, CliError> {
    let here = std::env::current_dir().map_err(CliError::unexpected)?;
    let text = match &args.verb {
        ConfigVerb::Path => path(&here)?,
        ConfigVerb::Show { profile } => show(&Profiles::load(&here)?, profile.as_deref())?,
    };
    output::print(text.as_bytes())?;
    Ok(0)
}

fn path(here: &Path) -> Result<String, CliError> {
    let found = profile::find(here).ok_or_else(|| {
        CliError::nothing(format!("no {FILE} in this folder or above; the built-in profiles hold"))
    })?;
    Ok(format!("{}\n", found.display()))
}

fn show(profiles: &Profiles, name: Option<&str>) -> Result<String, CliError> {
    let names = match name {
        Some(name) => vec![name],
        None => profiles.names(),
    };
    let mut text = String::new();
    for name in names {
        let _ = writeln!(text, "[profile.{name}]");
        for setting in profiles.resolve(name)? {
            let line = format!("{} = {}", setting.key, setting.value);
            let _ = writeln!(text, "{line:<48}# {}", setting.origin);
        }
        text.push('\n');
    }
    Ok(text)
}
