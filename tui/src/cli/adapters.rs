//! `mapbench adapters list|show`: the maps of this program and what they declare.

use std::fmt::Write;

use clap::{Args, Subcommand};
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use mapbench_core::adapter::{AdapterClass, AdapterSetting, LenCost, Waits};
use mapbench_core::registry::{AdapterEntry, Registry};

use super::{CliError, output};
use crate::session::select;

/// Flags of `adapters`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mapbench adapters list\n  mapbench adapters show dashmap/v6")]
pub(crate) struct AdaptersArgs {
    #[command(subcommand)]
    verb: AdaptersVerb,
}

#[derive(Debug, Subcommand)]
enum AdaptersVerb {
    /// One line each
    List,
    /// Versions, capabilities, trade-offs and semantics
    Show {
        /// Names, globs, `core` or `all`
        #[arg(required = true, value_name = "NAMES")]
        names: Vec<String>,
    },
}

pub(crate) fn run(registry: &Registry, args: &AdaptersArgs) -> Result<u8, CliError> {
    let text = match &args.verb {
        AdaptersVerb::List => list(registry),
        AdaptersVerb::Show { names } => {
            let chosen = select::adapters(registry, names)?;
            chosen.into_iter().map(show).collect::<Vec<_>>().join("\n")
        }
    };
    output::print(text.as_bytes())?;
    Ok(0)
}

fn list(registry: &Registry) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["adapter", "class", "version", "summary"]);
    for AdapterEntry { meta, .. } in registry.entries() {
        table.add_row([meta.name, class(meta.class), meta.version, meta.summary]);
    }
    format!("{}\n", table.trim_fmt())
}

fn show(entry: &AdapterEntry) -> String {
    let meta = &entry.meta;
    let can = &meta.capabilities;
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    let len = match can.len {
        LenCost::Constant => "one lock or load",
        LenCost::PerShard => "a visit to every shard",
        LenCost::Scan => "a visit to every bucket",
        LenCost::Approximate => "a counter that may lag",
    };
    let rows = [
        ("version", meta.version),
        ("class", class(meta.class)),
        ("own hasher", meta.default_hasher),
        ("takes the run's hasher", yes(can.pluggable_hasher)),
        ("atomic read-modify-write", yes(can.read_modify_write)),
        ("writes visible at once", yes(can.immediate_visibility)),
        ("overwriting hides nothing", yes(can.atomic_replace)),
        ("says what was there before", yes(can.returns_previous)),
        ("reads in place", yes(can.borrowed_reads)),
        ("scan under writes", can.scan.name()),
        ("reads wait for writes", waits(can.reads_wait)),
        ("writes wait for scans", waits(can.writes_wait_for_scans)),
        ("in key order", yes(can.ordered)),
        ("len", len),
    ];
    let mut text = format!("{}: {}\n", meta.name, meta.summary);
    for (name, value) in rows {
        let _ = writeln!(text, "  {name:<27} {value}");
    }
    for AdapterSetting { key, takes, summary } in meta.settings {
        let name = format!("setting {key}");
        let _ = writeln!(text, "  {name:<27} {summary}; {}", takes.described());
    }
    let _ = writeln!(text, "\nTrade-offs: {}\n\nSemantics: {}", meta.trade_offs, meta.semantics);
    text
}

fn waits(waits: Waits) -> &'static str {
    match waits {
        Waits::Never => "never",
        Waits::SlowPath => "on a slow path",
        Waits::Shard => "of the same shard or bucket",
        Waits::Map => "of the whole map",
    }
}

fn class(class: AdapterClass) -> &'static str {
    match class {
        AdapterClass::Core => "core",
        AdapterClass::Map => "map",
        AdapterClass::Control => "control",
        AdapterClass::Simulated => "simulated",
        AdapterClass::Fault => "fault",
    }
}
