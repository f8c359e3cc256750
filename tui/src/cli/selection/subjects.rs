//! The flags that say what is measured: maps, workloads, types and threads. Shared by every verb that
//! measures; says nothing of how long or how.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mapbench_core::adapter::{HasherKind, Tuning};
use mapbench_core::key::KeyKind;
use mapbench_core::value::ValueKind;
use mapbench_core::workload;

use crate::cli::quantity::per_second;
use crate::session::request::RunRequest;

/// What is measured.
#[derive(Debug, Clone, Args)]
pub(crate) struct Subjects {
    /// Adapters: names, globs, `core` (the real maps) or `all`; `NAME@KEY=VALUE` for settings of
    /// one, `NAME@twin` for a second cell of it
    /// [default: core; of recommend every map that a program could use]
    #[arg(short, long = "adapter", value_delimiter = ',')]
    #[arg(value_name = "NAMES", help_heading = "What")]
    adapters: Vec<String>,
    /// Scenarios: names, unique suffixes, globs or paths to .toml files [default: read-heavy,
    /// hot-key, mixed-write]
    #[arg(short, long = "scenario", value_delimiter = ',', value_name = "NAMES")]
    #[arg(help_heading = "What", conflicts_with = "trace")]
    scenarios: Vec<String>,
    /// Replay this trace file instead of scenarios
    #[arg(long, value_name = "FILE", help_heading = "What")]
    trace: Option<PathBuf>,
    /// Threads that share the map [default: 1 and all processors]
    #[arg(short, long, value_delimiter = ',', value_name = "COUNTS", help_heading = "What")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1024))]
    threads: Vec<u32>,
    /// Key types [default: the scenario's]
    #[arg(long = "key", value_delimiter = ',', value_name = "TYPES", help_heading = "What")]
    keys: Vec<Key>,
    /// Value types: 8 or 224 bytes in place, arc224, or boxed:N with N bytes, 8 to 1048576, for u64
    /// keys only [default: the scenario's]
    #[arg(long = "value", value_delimiter = ',', value_name = "TYPES", help_heading = "What")]
    values: Vec<ValueKind>,
    /// Open loop: offer the trace at these rates, in its units (pods) or else ops per second
    #[arg(long = "rate", value_delimiter = ',', value_name = "RATES", value_parser = per_second)]
    #[arg(help_heading = "What")]
    rates: Vec<f64>,
    /// How what is offered at a rate is spread over time
    #[arg(long, value_enum, default_value = "poisson", help_heading = "What")]
    schedule: Schedule,
    /// The hasher that all maps share
    #[arg(long, value_enum, default_value = "foldhash", help_heading = "What")]
    hasher: Hasher,
    /// Shards, for maps that have shards [default: the crate's own]
    #[arg(long, value_name = "N", help_heading = "What")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    shards: Option<u32>,
    /// Writes per publication, for maps that publish
    #[arg(long, value_name = "N", help_heading = "What")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    publish_every: Option<u32>,
}

/// Key types.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Key {
    /// A scrambled 64-bit number
    U64,
    /// A pod-like string of 36 or 40 characters
    String,
}

/// Hashers.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Hasher {
    /// Fast, seeded from the run's seed and the fork
    Foldhash,
    /// The standard library's
    Siphash,
}

/// Schedules of an open loop.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Schedule {
    /// At random, as independent arrivals are
    Poisson,
    /// At equal distances
    Uniform,
}

impl Subjects {
    /// The request that these flags make, everything else as is usual.
    pub(crate) fn request(&self) -> RunRequest {
        let usual = RunRequest::default();
        RunRequest {
            adapters: if self.adapters.is_empty() { usual.adapters } else { self.adapters.clone() },
            scenarios: self.scenarios.clone(),
            trace: self.trace.clone(),
            threads: self.threads.clone(),
            keys: self.keys.iter().map(|&key| key.kind()).collect(),
            values: self.values.clone(),
            rates: self.rates.clone(),
            schedule: match self.schedule {
                Schedule::Poisson => workload::Schedule::Poisson,
                Schedule::Uniform => workload::Schedule::Uniform,
            },
            hasher: match self.hasher {
                Hasher::Foldhash => HasherKind::Foldhash,
                Hasher::Siphash => HasherKind::Siphash,
            },
            tuning: Tuning {
                shards: self.shards,
                publish_every: self.publish_every,
                ..Tuning::default()
            },
            ..usual
        }
    }

    /// Adapters as they were asked for; empty if nobody did.
    pub(crate) fn asked_adapters(&self) -> &[String] {
        &self.adapters
    }
}

impl Key {
    fn kind(self) -> KeyKind {
        match self {
            Key::U64 => KeyKind::U64,
            Key::String => KeyKind::String,
        }
    }
}
