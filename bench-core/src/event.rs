//! The messages between session and worker, and the events of a run. The run log is these events,
//! one JSON object per line; the terminal UI, the progress line and every export are made of them.
//! Plain data: nothing here computes or judges.

use serde::{Deserialize, Serialize};

use crate::adapter::{HasherKind, Tuning};
use crate::key::KeyKind;
use crate::op::OpClass;
use crate::trace::Unit;
use crate::value::ValueKind;

/// Version of the worker protocol.
pub const PROTOCOL_VERSION: u32 = 1;
/// Version of the run log.
pub const SCHEMA_VERSION: u32 = 1;

// ---------------------------------------------------------------- session → worker

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
}

/// What ends a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Time. Nanoseconds.
    DurationNs(u64),
    /// The whole trace once, on maps built anew.
    Trace,
}

// ---------------------------------------------------------------- worker → session

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
    /// [`PROTOCOL_VERSION`] of the worker.
    pub protocol: u32,
    /// The adapter.
    pub adapter: String,
    /// Crate and version of the map.
    pub adapter_version: String,
}

/// The worker is prefilled and parked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// Time to prefill. Nanoseconds.
    pub prefill_ns: u64,
    /// Entries in all maps.
    pub entries: u64,
    /// Bytes that the maps hold on the heap, per entry; `None` if it has no entries or if the
    /// process does not count its allocations.
    pub bytes_per_entry: Option<f64>,
}

/// What one round measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Per map of the trace, in the order of its map table; empty if it has only one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub maps: Vec<MapReport>,
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

/// Last words of a worker that did all it was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// Entries in all maps at the end.
    pub entries: u64,
    /// Whether contents were compared with the model. False only for adapters that keep nothing.
    pub verified: bool,
    /// Time that `quiesce` took. Nanoseconds.
    pub quiesce_ns: u64,
    /// Bytes per entry at the end; `None` as in [`Ready::bytes_per_entry`].
    pub bytes_per_entry: Option<f64>,
    /// Peak resident memory of the process. Bytes.
    pub peak_rss_bytes: u64,
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

// ---------------------------------------------------------------- the run

/// One line of the run log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum RunEvent {
    /// First line: what was asked for, of what, where.
    Begin(Box<RunBegin>),
    /// A worker was started.
    TrialStarted {
        /// The cell.
        cell: u32,
        /// The fork.
        fork: u32,
    },
    /// A worker is prefilled and parked.
    TrialReady {
        /// The cell.
        cell: u32,
        /// The fork.
        fork: u32,
        /// What it said.
        ready: Ready,
    },
    /// A round begins now. Goes to the UI and the progress line, not into the log.
    RoundStarted {
        /// The cell.
        cell: u32,
        /// The fork.
        fork: u32,
        /// The order.
        order: RoundOrder,
    },
    /// A round ended.
    Round {
        /// The cell.
        cell: u32,
        /// The fork.
        fork: u32,
        /// What it measured.
        report: Box<RoundReport>,
    },
    /// A trial ended as it should.
    TrialDone {
        /// The cell.
        cell: u32,
        /// The fork.
        fork: u32,
        /// What it said.
        done: Done,
    },
    /// A trial failed; the run goes on without it.
    TrialFailed {
        /// The cell.
        cell: u32,
        /// The fork.
        fork: u32,
        /// Why.
        failure: Failure,
        /// From the last sign of life to the verdict. Nanoseconds.
        noticed_after_ns: u64,
    },
    /// Somebody skipped a cell while it ran.
    CellSkipped {
        /// The cell.
        cell: u32,
    },
    /// The terminal UI drew.
    Drew {
        /// Start on the system's monotonic clock. Nanoseconds.
        started_ns: u64,
        /// End, the terminal's own work included. Nanoseconds.
        ended_ns: u64,
    },
    /// Something worth knowing, in a sentence.
    Note {
        /// The sentence.
        text: String,
    },
    /// Last line. A log without it is a partial run.
    End(RunEnd),
}

/// What a run was asked to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunBegin {
    /// [`SCHEMA_VERSION`] of the log.
    pub schema_version: u32,
    /// Id of the run, unique in a store.
    pub run_id: String,
    /// Start, UTC, RFC 3339.
    pub started: String,
    /// The command line, program name first.
    pub command: Vec<String>,
    /// Version of mapbench.
    pub mapbench_version: String,
    /// The seed.
    pub seed: u64,
    /// Forks per cell.
    pub forks: u32,
    /// Rounds per fork, for steady workloads and one-shot ones alike.
    pub rounds: u32,
    /// Length of a steady round. Nanoseconds.
    pub round_ns: u64,
    /// Unmeasured running before a round. Nanoseconds.
    pub warm_ns: u64,
    /// How ops are timed.
    pub timing: Timing,
    /// How the UI draws while this run measures.
    pub ui: UiMode,
    /// The cells that are measured, by id.
    pub cells: Vec<Cell>,
    /// What was left out, and why.
    pub skipped: Vec<Skipped>,
    /// The commit under test; `None` outside a repository.
    pub commit: Option<Commit>,
    /// The machine.
    pub machine: Machine,
}

/// How the UI draws while a run measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UiMode {
    /// No UI.
    #[default]
    None,
    /// It draws only while no round runs.
    BetweenRounds,
    /// It draws on a spare processor.
    Live,
}

/// One point of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Position in the plan.
    pub id: u32,
    /// Canonical scenario name, or the trace's name.
    pub scenario: String,
    /// Adapter.
    pub adapter: String,
    /// Crate and version of the map.
    pub adapter_version: String,
    /// What a scan of this adapter shows, for the table.
    pub scan: String,
    /// Hasher.
    pub hasher: HasherKind,
    /// Type of the keys.
    pub key: KeyKind,
    /// Type of the values.
    pub value: ValueKind,
    /// Threads.
    pub threads: u32,
    /// Axis that is swept, if any.
    pub axis: Option<String>,
    /// Value on the axis.
    pub axis_value: Option<String>,
    /// Hash of the trace, 16 hexadecimal digits.
    pub trace_hash: String,
    /// Ops of the whole trace: one lap of a steady one. 0 in logs that do not say.
    #[serde(default)]
    pub trace_ops: u64,
    /// Whether a round is the whole trace.
    pub one_shot: bool,
    /// Intended hit share of the reads.
    pub hit_share: Option<f64>,
    /// Intended share of all ops that are effective writes.
    pub effective_write_share: f64,
    /// Intended share of all ops that access the most accessed key; `None` if no op names a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_key_share: Option<f64>,
    /// What the trace's ops amount to, if they amount to something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// The trace's maps, in the order of its map table; empty in logs that do not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub maps: Vec<CellMap>,
    /// Whether the trace has several actors without an order among them: each goes at its own pace,
    /// so that a round does not hold the trace's mix of ops.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub free_actors: bool,
    /// Settings that only some maps have.
    #[serde(default)]
    pub tuning: Tuning,
}

/// One map of a cell's trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellMap {
    /// Short id, e.g. `M9`.
    pub id: String,
    /// What it is, e.g. `pod states`.
    pub name: String,
}

/// A scenario × adapter that is not measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Scenario.
    pub scenario: String,
    /// Adapter.
    pub adapter: String,
    /// Why, as a sentence.
    pub reason: String,
}

/// The commit under test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Full hash.
    pub sha: String,
    /// Full hash of the first parent, if it has one.
    pub parent: Option<String>,
    /// Whether the work tree had changes.
    pub dirty: bool,
    /// First line of the message.
    pub subject: String,
    /// Commit time, RFC 3339.
    pub time: String,
}

/// The machine that a run measured on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Processor model.
    pub cpu: String,
    /// Processors that the process may use.
    pub cpus: u32,
    /// Operating system and kernel.
    pub kernel: String,
    /// Clock source of the system.
    pub clock_source: String,
    /// Hypervisor, if the processor names one.
    pub hypervisor: Option<String>,
    /// Transparent huge pages setting.
    pub huge_pages: String,
    /// Frequency governor, if there is one.
    pub governor: Option<String>,
    /// Physical memory. Bytes.
    pub memory_bytes: u64,
    /// Allocator of the worker.
    pub allocator: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEnd {
    /// Cause.
    pub cause: EndCause,
    /// Exit code that follows from the cells and the cause.
    pub exit_code: u8,
    /// End, UTC, RFC 3339.
    pub ended: String,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndCause {
    /// Everything was measured.
    Finished,
    /// Somebody asked it to stop and save.
    Stopped,
    /// SIGINT.
    Interrupted,
    /// SIGTERM or SIGHUP.
    Terminated,
}
