//! What a worker tells the session. Plain data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Stacks;
use crate::op::OpClass;

/// What a worker tells the session; one JSON object per line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerMessage {
    /// First words.
    Hello(Hello),
    /// Still alive in a long phase between rounds.
    Progress {
        /// What it is doing: `prefill`, `verify`.
        phase: String,
    },
    /// Prefilled and parked.
    Ready(Ready),
    /// A round ended.
    Round(Box<RoundReport>),
    /// Last words of a worker that did all it was told.
    Done(Done),
    /// Last words of one that did not.
    Error(Failure),
}

/// First words of a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL_VERSION`](super::PROTOCOL_VERSION) of the worker.
    pub protocol: u32,
    /// The adapter.
    pub adapter: String,
    /// Crate and version of the map.
    pub adapter_version: String,
}

/// What maps count of themselves, summed over the maps of a trial, by name.
pub type Counters = BTreeMap<String, u64>;

/// The worker is prefilled and parked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// Time to prefill. Nanoseconds.
    pub prefill_ns: u64,
    /// Entries in all maps.
    pub entries: u64,
    /// Bytes that the maps hold on the heap, per entry; `None` if it has no entries or if the
    /// process does not count its allocations.
    pub bytes_per_entry: Option<f64>,
    /// Memory after the prefill, and at most in it; `None` if the process does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryReport>,
}

/// The memory of a worker at one moment, and the most of it since the moment before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryReport {
    /// Heap that the maps hold: what the process holds, less what it held before it built them.
    /// Bytes.
    pub held_bytes: u64,
    /// The most that they held at once in the phase that ends now, its warm-up included; off by at
    /// most 16 KiB per thread. Bytes.
    pub peak_bytes: u64,
    /// Entries of all maps, where they are known without asking the maps for more than their length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<u64>,
    /// Resident memory of the process, the harness's own included; `None` where the system does
    /// not say. Bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rss_bytes: Option<u64>,
}

impl MemoryReport {
    /// Bytes held per entry; `None` without entries.
    pub fn bytes_per_entry(&self) -> Option<f64> {
        let entries = self.entries.filter(|&entries| entries > 0)?;
        Some(self.held_bytes as f64 / entries as f64)
    }
}

/// What one round measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RoundReport {
    /// Number of the round within the trial, from 0.
    pub n: u32,
    /// Start of the measured part on the system's monotonic clock. Nanoseconds.
    pub started_ns: u64,
    /// From the first thread's start to the last thread's end. Nanoseconds.
    pub elapsed_ns: u64,
    /// Ops of all threads.
    pub ops: u64,
    /// Per class of op that the trace holds.
    pub classes: Vec<ClassReport>,
    /// Reads (gets, range gets, presence checks).
    pub reads: u64,
    /// Reads that found their key.
    pub hits: u64,
    /// Writes.
    pub writes: u64,
    /// Writes that changed something: inserts that inserted, removes that removed, overwrites and
    /// updates of a present key.
    pub effective_writes: u64,
    /// Writes of which the map does not say what they changed.
    #[serde(default)]
    pub unanswered_writes: u64,
    /// Reads whose value belonged to another key.
    pub wrong_values: u64,
    /// Ops per thread, to show imbalance.
    pub ops_per_thread: Vec<u64>,
    /// Involuntary context switches of all threads.
    pub involuntary_switches: u64,
    /// Heap allocations by all threads, the map's included; `None` if not counted.
    pub allocations: Option<u64>,
    /// Bytes of them; `None` if not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_bytes: Option<u64>,
    /// Bytes that all threads gave back; `None` if not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_bytes: Option<u64>,
    /// Memory when the last op had ended, before anything was quiesced; `None` if not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryReport>,
    /// Cost of moving a cache line between the first two threads; `None` at one thread.
    pub placement: Option<Placement>,
    /// Updates among the writes.
    #[serde(default)]
    pub updates: u64,
    /// Updates whose key was last written by another thread.
    #[serde(default)]
    pub contended_updates: u64,
    /// Accesses to the trace's most accessed key.
    #[serde(default)]
    pub top_key_ops: u64,
    /// Time that all threads together waited for events of other threads. Nanoseconds.
    #[serde(default)]
    pub waiting_ns: u64,
    /// Events of paced actors that were due in this round.
    #[serde(default)]
    pub due_events: u64,
    /// Of those, the ones that were still not done at its end: they go on in the next round.
    #[serde(default)]
    pub late_events: u64,
    /// Events of paced actors that were done in this round, whenever they were due.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub done_events: u64,
    /// Ops of the events that were due.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offered_ops: u64,
    /// The time in which they were due. Nanoseconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offered_ns: u64,
    /// Ops of paced actors that were done in this round.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub achieved_ops: u64,
    /// Whether threads that waited for something to be due gave way, because threads outnumber
    /// processors; else they spun.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub yielded: bool,
    /// How late threads woke up that had slept until an event was due: `HdrHistogram` V2, base64.
    /// Part of the intended times. Empty if none slept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wakes: String,
    /// By paced actor of a trace of independent actors, in the order of the trace: events that were
    /// due and that were done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actors: Vec<ActorReport>,
    /// Per map of the trace, in the order of its map table; empty if it has only one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub maps: Vec<MapReport>,
    /// What the maps counted of themselves in the measured part; maps that the trace renews are left
    /// out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counters: Counters,
    /// Whether the threads' stacks were sampled meanwhile. Such a round enters no statistic.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sampled: bool,
    /// The sampled stacks; `None` of other rounds, and where the worker could not sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stacks: Option<Box<Stacks>>,
}

/// One paced actor's events in one round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorReport {
    /// Events that were due.
    pub due: u64,
    /// Events that were done, whenever they were due.
    pub done: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// One map's part in one round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct MapReport {
    /// Ops.
    pub ops: u64,
    /// Reads among them.
    pub reads: u64,
    /// Writes among them.
    pub writes: u64,
    /// Time that all threads together spent in its ops, estimated from those that were timed; 0 if
    /// none was. Nanoseconds.
    pub busy_ns: u64,
    /// Entries at the end of the round, as the map says.
    pub entries: u64,
}

/// Latency of one class of op in one round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassReport {
    /// The class.
    pub class: OpClass,
    /// Ops of this class.
    pub ops: u64,
    /// Service time of the timed ops in nanoseconds: `HdrHistogram` V2, base64. Empty if none was timed.
    pub service: String,
    /// Of the ops of paced actors, the time from when their event was due to their end, likewise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub intended: String,
}

/// Cost of moving a cache line between two processors, around one round.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    /// Median round trip before. Nanoseconds.
    pub before_ns: f64,
    /// Median round trip after. Nanoseconds.
    pub after_ns: f64,
    /// What the two say.
    pub mode: PlacementMode,
}

/// Whether two processors share a cache closely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlacementMode {
    /// A cheap round trip before and after.
    Near,
    /// A dear round trip before and after.
    Far,
    /// One of each: the round straddles a flip, and is dropped from statistics.
    Mixed,
}

/// Instructions of the hot loop over the measured words of the last round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstructionReport {
    /// Instructions, the map's and the harness's.
    pub instructions: u64,
    /// Ops that they were for.
    pub ops: u64,
}

impl InstructionReport {
    /// Instructions per op; `None` without ops.
    pub fn per_op(self) -> Option<f64> {
        (self.ops > 0).then(|| self.instructions as f64 / self.ops as f64)
    }
}

/// Last words of a worker that did all it was told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// Entries in all maps at the end.
    pub entries: u64,
    /// Whether contents were compared with the model. False only for adapters that keep nothing.
    pub verified: bool,
    /// Time that `quiesce` took. Nanoseconds.
    pub quiesce_ns: u64,
    /// Bytes per entry at the end, after `quiesce`; `None` as in [`Ready::bytes_per_entry`].
    pub bytes_per_entry: Option<f64>,
    /// Memory after `quiesce`, and at most in it; `None` if the process does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryReport>,
    /// Peak resident memory of the process. Bytes.
    pub peak_rss_bytes: u64,
    /// Instructions, where they are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<InstructionReport>,
    /// What the maps counted of themselves since they were built, prefill and warm-up included; of
    /// the last round's maps if each round builds its own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counters: Counters,
}

/// Why a trial failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The kind.
    pub kind: FailureKind,
    /// One sentence for people, with the op or key where it is known.
    pub message: String,
}

/// Kinds of failure. Failure is data: each has its row and its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// No progress for the timeout.
    Hang,
    /// A panic in the map.
    Panic,
    /// The process ended by a signal or without last words.
    Crash,
    /// The memory limit was reached.
    Memory,
    /// A read returned another key's value or a torn one.
    WrongValue,
    /// The final state is not what the ops add up to.
    Verification,
    /// The worker could not prepare or broke the protocol.
    Protocol,
}

impl FailureKind {
    /// The name in CSV and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            FailureKind::Hang => "hang",
            FailureKind::Panic => "panic",
            FailureKind::Crash => "crash",
            FailureKind::Memory => "memory",
            FailureKind::WrongValue => "wrong-value",
            FailureKind::Verification => "verification",
            FailureKind::Protocol => "protocol",
        }
    }

    /// Whether the map answered wrongly (exit 103), rather than not at all (exit 102).
    pub const fn is_wrong_answer(self) -> bool {
        matches!(self, FailureKind::WrongValue | FailureKind::Verification)
    }
}
