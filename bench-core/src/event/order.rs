//! What the session tells a worker. Plain data.

use serde::{Deserialize, Serialize};

use crate::adapter::{HasherKind, Tuning};
use crate::key::KeyKind;
use crate::value::ValueKind;
use crate::workload::Schedule;

/// What the session tells a worker; one JSON object per line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The trial to prepare; always first.
    Trial(Box<TrialSpec>),
    /// Run one round now.
    Round(RoundOrder),
    /// Verify, report and exit.
    Stop {},
}

/// Everything a worker needs to know about its trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialSpec {
    /// Exact adapter name.
    pub adapter: String,
    /// The trace file.
    pub trace: std::path::PathBuf,
    /// Threads that run ops.
    pub threads: u32,
    /// Type of the keys.
    pub key: KeyKind,
    /// Type of the values.
    pub value: ValueKind,
    /// The hasher.
    pub hasher: HasherKind,
    /// The run's seed; the hasher is seeded from it and the fork.
    pub seed: u64,
    /// Number of this fork of the cell, from 0.
    pub fork: u32,
    /// How ops are timed.
    pub timing: Timing,
    /// Processors for the threads, in order; empty leaves them unpinned.
    pub cpus: Vec<u32>,
    /// A phase without progress for this long is a hang. Nanoseconds.
    pub timeout_ns: u64,
    /// Address-space limit of the worker. Bytes; 0 is none.
    pub max_memory_bytes: u64,
    /// Whether maps are built with room for their peak; false lets them grow.
    pub presize: bool,
    /// Settings that only some maps have.
    #[serde(default)]
    pub tuning: Tuning,
    /// The rate at which the trace is offered; `None` runs it as its actors say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<Offered>,
    /// Whether the instructions of the measured words are counted instead of their time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub count_instructions: bool,
}

/// Open loop over a closed-loop trace: its events are due at times that are drawn from the run's
/// seed, whether the ones before have ended or not. The trace stays what it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Offered {
    /// Units of the trace per second if it has units, else ops per second; by all threads together.
    pub per_s: f64,
    /// How they are spread.
    pub schedule: Schedule,
}

impl TrialSpec {
    /// A trial that nobody started a worker for, as tests and examples run it on a trace in memory:
    /// unpinned, unlimited, `u64` keys and 8-byte values, maps with room for their peak.
    pub fn in_memory(threads: u32) -> Self {
        TrialSpec {
            adapter: "in memory".to_owned(),
            trace: "in memory".into(),
            threads,
            key: KeyKind::U64,
            value: ValueKind::Word,
            hasher: HasherKind::Foldhash,
            seed: 1,
            fork: 0,
            timing: Timing::Sampled,
            cpus: Vec::new(),
            timeout_ns: 60_000_000_000,
            max_memory_bytes: 0,
            presize: true,
            tuning: Tuning::default(),
            offered: None,
            count_instructions: false,
        }
    }
}

/// How ops are timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Timing {
    /// One jittered op in 64.
    #[default]
    Sampled,
    /// Every op; a diagnostic mode, it hides the map.
    Every,
    /// No op.
    None,
}

/// One round to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundOrder {
    /// Number of the round within the trial, from 0.
    pub n: u32,
    /// What ends it.
    pub work: Work,
    /// Unmeasured running before it. Nanoseconds.
    pub warm_ns: u64,
    /// Whether the threads' stacks are sampled meanwhile. Such a round enters no statistic.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sampled: bool,
}

/// What ends a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Time. Nanoseconds.
    DurationNs(u64),
    /// The whole trace once: a one-shot one on maps built anew, a steady one from lap end to lap end.
    Trace,
    /// So many words of each thread's hand, whatever the time: rounds of two workers that are told
    /// the same run the same ops. Only for steady traces whose threads have one hand each, without
    /// a pace and without waiting for another thread.
    Words {
        /// Unmeasured ones first, in place of [`RoundOrder::warm_ns`].
        warm: u64,
        /// Measured ones.
        measured: u64,
    },
}
