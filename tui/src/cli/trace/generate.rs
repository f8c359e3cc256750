//! `mapbench trace gen`: a scenario's trace as a file, and how fast it was made.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use mapbench_core::driver::clock::monotonic_ns;
use mapbench_core::scenario::{Scenario, Setting, find};
use mapbench_core::trace::{Trace, Written};
use mapbench_core::workload;

use super::super::{CliError, Globals, output};
use super::file;
use crate::session::prepare::supply_traces;

/// Flags of `trace gen`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench trace gen read-heavy -o read-heavy.mbt\n  \
    mapbench trace gen mixed-write --set nodes=15000 --seed 7 -o large.mbt")]
pub(super) struct GenerateArgs {
    /// A scenario's name, or the path of a .toml file
    #[arg(value_name = "SCENARIO|FILE.toml")]
    scenario: String,
    /// The trace file to write; `-` is standard output
    #[arg(short, long = "output", value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    how: HowToGenerate,
}

/// How to turn a scenario into a trace.
#[derive(Debug, Args)]
pub(super) struct HowToGenerate {
    /// The seed of everything random
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Another value for a key of the scenario, as `cluster.nodes=15000`; repeatable
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Setting>,
    /// Threads that generate; the trace is the same for any number [default: one per processor]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

impl HowToGenerate {
    /// The first flag that was given, if any was.
    pub(super) fn flag(&self) -> Option<&'static str> {
        let given = [
            ("--set", !self.settings.is_empty()),
            ("--seed", self.seed != 1),
            ("--threads", self.threads.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
    }

    /// The scenario of a name or path, with the settings.
    pub(super) fn scenario(&self, name: &str) -> Result<Scenario, CliError> {
        let scenario = if is_scenario_file(name) {
            let text = fs::read_to_string(name).map_err(|error| file::unreadable(name, &error))?;
            Scenario::from_toml(name, &text)
        } else {
            find(name)
        };
        let mut scenario = scenario
            .and_then(|scenario| scenario.with_settings(&self.settings))
            .map_err(CliError::usage)?;
        supply_traces(&mut scenario, Path::new(name))?;
        Ok(scenario)
    }

    /// Runs `work` on as many threads as asked for, and says how many these are.
    pub(super) fn on_threads<T: Send>(
        &self,
        work: impl FnOnce() -> T + Send,
    ) -> Result<(T, usize), CliError> {
        let threads = self.threads.map_or(0, usize::from);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|error| CliError::unexpected(format!("{error} (--threads)")))?;
        Ok((pool.install(work), pool.current_num_threads()))
    }

    /// Generates the trace of a scenario.
    pub(super) fn generate(&self, scenario: &Scenario) -> Result<Trace, CliError> {
        workload::generate(scenario, self.seed)
            .map_err(|error| CliError::usage(format!("{}: {error}", scenario.name)))
    }
}

/// Whether a name is the path of a scenario file.
pub(super) fn is_scenario_file(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "toml")
}

pub(super) fn run(globals: &Globals, args: &GenerateArgs) -> Result<u8, CliError> {
    let scenario = args.how.scenario(&args.scenario)?;
    file::check_writable(&args.output)?;
    let work = || {
        let start_ns = monotonic_ns();
        let trace = args.how.generate(&scenario)?;
        let generated_ns = monotonic_ns() - start_ns;
        let written = file::write(&trace, &args.output)?;
        let total_ns = monotonic_ns() - start_ns;
        Ok::<_, CliError>((trace, written, generated_ns, total_ns))
    };
    let (made, threads) = args.how.on_threads(work)?;
    let (trace, written, generated_ns, total_ns) = made?;
    let text = report(&trace, &written, threads, generated_ns, total_ns);
    if !file::is_standard(&args.output) {
        output::print(text.as_bytes())?;
    } else if !globals.quiet {
        anstream::eprint!("{text}");
    }
    Ok(0)
}

fn report(
    trace: &Trace,
    written: &Written,
    threads: usize,
    generated_ns: u64,
    total_ns: u64,
) -> String {
    let ops = trace.header.ops;
    let unit = trace.header.unit.as_ref().map_or_else(String::new, |unit| {
        let per = ops as f64 / unit.count.max(1) as f64;
        format!(", {per:.1} for each of {} {}", unit.count, unit.name)
    });
    let speed = |ns: u64| {
        let seconds = ns.max(1) as f64 / 1e9;
        format!("{seconds:.3} s, {:.1} M ops/s", ops as f64 / seconds / 1e6)
    };
    let bytes = written.bytes as f64;
    format!(
        "scenario  {}, seed {}\nrecords   {}\nops       {ops}{unit}\nbytes     {}: {:.2} per record, \
         {:.3} per op\ngenerated {} on {threads} thread{}\nwritten   {} with that\nhash      {}\n",
        trace.header.name,
        trace.header.seed,
        written.records,
        written.bytes,
        written.bytes_per_record(),
        bytes / ops.max(1) as f64,
        speed(generated_ns),
        if threads == 1 { "" } else { "s" },
        speed(total_ns),
        written.hash,
    )
}
