//! `mapbench scenarios list|show`: the workloads that ship with the program, and why they exist.

use clap::{Args, Subcommand};
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use mapbench_core::registry::Registry;
use mapbench_core::scenario;

use super::{CliError, output};
use crate::session::prepare::find_scenarios;

/// Flags of `scenarios`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mapbench scenarios list\n  mapbench scenarios show hot-key")]
pub(crate) struct ScenariosArgs {
    #[command(subcommand)]
    verb: ScenariosVerb,
}

#[derive(Debug, Subcommand)]
enum ScenariosVerb {
    /// One line each
    List,
    /// The scenario's file: a start for your own
    Show {
        /// Names, unique suffixes, globs or paths to .toml files
        #[arg(required = true, value_name = "NAMES")]
        names: Vec<String>,
    },
}

pub(crate) fn run(registry: &Registry, args: &ScenariosArgs) -> Result<u8, CliError> {
    let text = match &args.verb {
        ScenariosVerb::List => list(registry),
        ScenariosVerb::Show { names } => {
            let found = find_scenarios(names)?;
            let texts = found.iter().map(|scenario| {
                format!("# {}: {}\n{}\n", scenario.name, scenario.summary, scenario.source.trim())
            });
            texts.collect::<Vec<_>>().join("\n")
        }
    };
    output::print(text.as_bytes())?;
    Ok(0)
}

fn list(registry: &Registry) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["scenario", "key", "value", "summary"]);
    for scenario in scenario::catalog() {
        let (key, value) = (scenario.key.name(), scenario.value.name());
        let names = registry.entries().iter().map(|entry| entry.meta.name);
        let summary = match scenario.lacks_adapters(names) {
            Some(reason) => format!("{} (skipped: {reason})", scenario.summary),
            None => scenario.summary.clone(),
        };
        table.add_row([scenario.name.as_str(), key, &value, summary.as_str()]);
    }
    format!("{}\n", table.trim_fmt())
}
