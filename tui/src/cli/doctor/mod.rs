//! `mapbench doctor`: is this machine fit to measure? What it says of itself is judged at once,
//! what it does is measured for half a minute, and each finding says what to do. Needs no root and
//! changes nothing.

mod bench;
mod described;
mod finding;
mod instruments;
mod maps;
mod page;
mod screen;
mod study;

use std::io::Write;

use clap::Args;
use mapbench_core::driver::allowed_cpus;
use mapbench_core::registry::Registry;
use mapbench_results::fingerprint::{self, SystemFiles};

use bench::Bench;
use finding::{Examination, Finding};
use page::Page;

use super::{CliError, Globals, output};
use crate::session::subject::ALLOCATOR;

/// Exit code of an unfit machine with `--strict`: figures from it would be inconclusive.
const UNFIT: u8 = 5;

/// Flags of `doctor`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 fit, with warnings, or unfit without --strict; 5 unfit with \
    --strict; 4 no round of the run of --placement carries a tag.\n\n\
    Examples:\n  \
    mapbench doctor\n  \
    mapbench doctor --quick --strict\n  \
    mapbench doctor --ui-tax --json\n  \
    mapbench run -s read-heavy -a dashmap/v6 -t 2 -d 10m --forks 1 && mapbench doctor --placement RUN"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(crate) struct DoctorArgs {
    /// Measure nothing; takes less than a second
    #[arg(long, conflicts_with = "ui_tax")]
    quick: bool,
    /// Also measure what drawing between rounds costs them; draws on the terminal if there is one
    #[arg(long)]
    ui_tax: bool,
    /// As one JSON object
    #[arg(long)]
    json: bool,
    /// Exit with 5 if anything was found that makes figures untrustworthy
    #[arg(long)]
    strict: bool,
    /// The map to measure against itself; `dashmap/v6` if there is one
    #[arg(short, long, value_name = "NAME")]
    adapter: Option<String>,
    /// Instead: rounds by placement mode of a run, how often and how long, and what the tags explain
    /// of its spread; an id or a file
    #[arg(long, value_name = "RUN", conflicts_with_all = ["quick", "ui_tax", "strict", "adapter"])]
    placement: Option<String>,
}

pub(crate) fn run(
    registry: &Registry,
    globals: &Globals,
    args: &DoctorArgs,
) -> Result<u8, CliError> {
    if let Some(name) = &args.placement {
        return study::run(name, args.json);
    }
    if let Some(name) = args.adapter.as_deref().filter(|&name| registry.get(name).is_none()) {
        return Err(CliError::usage(format!(
            "no adapter is called `{name}`; `mapbench adapters list` names them"
        )));
    }
    let machine = fingerprint::machine(ALLOCATOR);
    let mut findings = described::findings(&SystemFiles::of_this_system(), &machine);
    findings.push(instruments::pinning());
    if !args.quick {
        if !globals.quiet {
            anstream::eprintln!("measuring for about half a minute; leave the machine alone");
        }
        findings.extend(instruments::findings());
        findings.extend(with_maps(registry, args));
    }
    let examination = Examination::new(machine, findings, !args.quick);
    if args.json {
        let json = serde_json::to_string_pretty(&examination).map_err(CliError::unexpected)?;
        output::print(format!("{json}\n").as_bytes())?;
    } else {
        print(&Page(&examination).to_string())?;
    }
    Ok(if args.strict && examination.is_unfit() { UNFIT } else { 0 })
}

fn with_maps(registry: &Registry, args: &DoctorArgs) -> Vec<Finding> {
    let Some(adapter) = maps::subject(registry, args.adapter.as_deref()) else {
        return vec![maps::unmeasured("a-a-1-thread", "this program has no map")];
    };
    let all = allowed_cpus().len() as u32;
    let threads = if all > 1 { vec![1, all] } else { vec![1] };
    let adapters: Vec<&str> =
        ["noop", adapter].into_iter().filter(|name| registry.get(name).is_some()).collect();
    let bench = match Bench::new(registry, &adapters, &threads) {
        Ok(bench) => bench,
        Err(reason) => return vec![maps::unmeasured("a-a-1-thread", &reason)],
    };
    let mut found = vec![maps::floor(&bench)];
    found.extend(threads.iter().map(|&threads| maps::pair(&bench, adapter, threads)));
    if args.ui_tax {
        found.push(ui_tax(&bench, adapter));
    }
    found
}

fn ui_tax(bench: &Bench<'_>, adapter: &str) -> Finding {
    let mut frames = match screen::Frames::of(bench.begin()) {
        Ok(frames) => frames,
        Err(error) => {
            return maps::unmeasured("ui-tax", &format!("no frame can be drawn: {error}"));
        }
    };
    let found = maps::ui_tax(bench, adapter, &mut || frames.draw());
    let terminal = frames.on_terminal();
    let means = if terminal {
        found.means.clone()
    } else {
        format!("{}; without a terminal, whose own work is not in it", found.means)
    };
    found.means(means).figure("terminal", terminal)
}

/// Prints a page, coloured where the stream takes colours. A reader that has gone is not an error.
fn print(page: &str) -> Result<(), CliError> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(page.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(CliError::output(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}
