//! The flags that say under which conditions rounds run, whatever is measured and however often.
//! Shared by every verb that measures.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mapbench_core::event::Timing;

use crate::cli::quantity::{bytes, duration_ns};
use crate::session::request::RunRequest;

/// Under which conditions rounds run.
#[derive(Debug, Clone, Args)]
pub(crate) struct Conditions {
    /// Take flags that are not typed from this profile: `quick`, `ci`, or one of mapbench.toml
    #[arg(long, value_name = "NAME", help_heading = "How")]
    profile: Option<String>,
    /// Unmeasured running before each round
    #[arg(long = "warm", value_name = "TIME", value_parser = duration_ns)]
    #[arg(default_value = "10ms", help_heading = "How long")]
    warm_ns: u64,
    /// Seed of traces, hashers and the order of rounds
    #[arg(long, default_value_t = 1, help_heading = "How")]
    seed: u64,
    /// Which ops are timed
    #[arg(long, value_enum, default_value = "sampled", help_heading = "How")]
    timing: TimingChoice,
    /// Whether maps are built with room for their peak, or grow [default: the scenario's]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "YES|NO", help_heading = "How")]
    presize: Vec<YesNo>,
    /// A worker without progress for this long hangs
    #[arg(long = "timeout", value_name = "TIME", value_parser = duration_ns)]
    #[arg(default_value = "30s", help_heading = "How")]
    timeout_ns: u64,
    /// Memory for all workers that live together [default: 80 % of what is available]
    #[arg(long, value_name = "SIZE", value_parser = bytes, help_heading = "How")]
    max_memory: Option<u64>,
    /// Processors for the threads, in order [default: those of this process]
    #[arg(long, value_delimiter = ',', value_name = "CPUS", help_heading = "How")]
    cpus: Vec<u32>,
    /// Folder of run logs and traces [default: .mapbench/runs beside mapbench.toml or here]
    #[arg(long, value_name = "DIR", help_heading = "How")]
    store: Option<PathBuf>,
}

/// Which ops are timed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum TimingChoice {
    /// One in 64
    Sampled,
    /// Every one; hides fast maps behind the clock
    Every,
    /// None
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum YesNo {
    Yes,
    No,
}

impl Conditions {
    /// A request with these conditions.
    pub(crate) fn over(&self, request: RunRequest) -> RunRequest {
        RunRequest {
            warm_ns: self.warm_ns,
            seed: self.seed,
            timing: match self.timing {
                TimingChoice::Sampled => Timing::Sampled,
                TimingChoice::Every => Timing::Every,
                TimingChoice::None => Timing::None,
            },
            presize: self.presize.iter().map(|&choice| choice == YesNo::Yes).collect(),
            timeout_ns: self.timeout_ns,
            max_memory_bytes: self.max_memory,
            cpus: self.cpus.clone(),
            store: self.store.clone(),
            ..request
        }
    }
}
