//! `mapbench version [--json]`: what was built, and which maps are in it.

use clap::Args;
use mapbench_core::adapter::Meta;
use mapbench_core::event::{PROTOCOL_VERSION, SCHEMA_VERSION};
use mapbench_core::registry::Registry;

use super::{CliError, output};
use crate::session::subject;

/// Flags of `version`.
#[derive(Debug, Args)]
#[command(after_help = "Example: mapbench version --json")]
pub(crate) struct VersionArgs {
    /// As one JSON object, with the versions of all maps and how the program was built
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(registry: &Registry, args: &VersionArgs) -> Result<u8, CliError> {
    let version = env!("CARGO_PKG_VERSION");
    if !args.json {
        output::print(format!("mapbench {version}\n").as_bytes())?;
        return Ok(0);
    }
    let adapters: serde_json::Map<_, _> = registry
        .entries()
        .iter()
        .map(|entry| (entry.meta.name.to_owned(), entry.meta.version.into()))
        .collect();
    let maps: serde_json::Map<_, _> = registry
        .entries()
        .iter()
        .map(|entry| (entry.meta.name.to_owned(), abilities(&entry.meta)))
        .collect();
    let object = serde_json::json!({
        "mapbench": version,
        "protocol": PROTOCOL_VERSION,
        "run_log_schema": SCHEMA_VERSION,
        "adapters": adapters,
        "maps": maps,
        "subject": subject::of_this_program(),
        "allocator": subject::ALLOCATOR,
    });
    output::print(format!("{object:#}\n").as_bytes())?;
    Ok(0)
}

/// What another program must know of a map to plan with it.
fn abilities(meta: &Meta) -> serde_json::Value {
    serde_json::json!({
        "version": meta.version,
        "class": meta.class,
        "capabilities": meta.capabilities,
    })
}
