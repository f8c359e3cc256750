//! `mapbench completions SHELL`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, CliError, output};

/// Flags of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "Example: mapbench completions bash > mapbench.bash")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs) -> Result<u8, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "mapbench", &mut script);
    output::print(&script)?;
    Ok(0)
}
