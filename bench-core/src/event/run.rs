//! What happens in a run: the lines of its log. Plain data.

use serde::{Deserialize, Serialize};

use super::{
    Arm, Commit, ComparisonBegin, Done, Failure, Machine, Offered, Ready, RoundOrder, RoundReport,
    Subject, SweepBegin, Timing, Work,
};
use crate::adapter::{HasherKind, Tuning};
use crate::key::KeyKind;
use crate::trace::Unit;
use crate::value::ValueKind;

/// One line of the run log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum RunEvent {
    /// First line: what was asked for, of what, where.
    Begin(Box<RunBegin>),
    /// A cell that the plan did not have: the next point of a sweep, for one adapter.
    CellAdded(Box<Cell>),
    /// A run that had ended goes on; the end before this line is none.
    Resumed {
        /// When, UTC, RFC 3339.
        at: String,
        /// The command line, program name first.
        command: Vec<String>,
    },
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
    /// What else the processors did during the rounds of a trial; once, when it ends.
    Pressure {
        /// The cell.
        cell: u32,
        /// The fork.
        fork: u32,
        /// Time that its rounds took, unmeasured running included. Nanoseconds.
        elapsed_ns: u64,
        /// Time in which the hypervisor ran something else on the processors in use; `None` where
        /// the system does not say. Milliseconds.
        steal_ms: Option<u64>,
        /// Time in which some task of the machine waited for a processor; `None` as above.
        /// Microseconds.
        psi_some_us: Option<u64>,
    },
    /// Two cells run in quads from here on, and this is what each of their rounds executes.
    Quads {
        /// The cells: rounds `2k` and `2k + 1` of both make quad `k` of a fork.
        cells: [u32; 2],
        /// What ends a round: words, or time where words cannot be counted out.
        work: Work,
    },
    /// The rounds of cells ended by a rule that looks at what was measured.
    RoundsEnded {
        /// The cells.
        cells: Vec<u32>,
        /// The last fork that they ran in.
        fork: u32,
        /// Rounds of each cell, over all its forks.
        rounds: u32,
        /// The rule.
        rule: StopRule,
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
    /// [`SCHEMA_VERSION`](super::SCHEMA_VERSION) of the log.
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
    /// What is measured.
    #[serde(default)]
    pub measure: Measure,
    /// How the UI draws while this run measures.
    pub ui: UiMode,
    /// In what order the rounds of a group run.
    #[serde(default)]
    pub order: Sequence,
    /// The cells, by id: those that are measured, then those that calibrate. A sweep adds its own.
    pub cells: Vec<Cell>,
    /// What was left out, and why.
    pub skipped: Vec<Skipped>,
    /// The commit under test; `None` outside a repository.
    pub commit: Option<Commit>,
    /// The machine.
    pub machine: Machine,
    /// Processors for the threads, in order; empty leaves them unpinned, or in logs that do not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cpus: Vec<u32>,
    /// How the program was built; `None` in logs that do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// What a sweep was asked to do; `None` for a run at fixed points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<SweepBegin>,
    /// The two programs that a comparison runs; `None` where the program measures with itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<ComparisonBegin>,
}

/// In what order the rounds of a group's cells run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sequence {
    /// In blocks of one round of each cell, shuffled; two cells in quads ABBA or BAAB.
    #[default]
    Interleaved,
    /// All rounds of a cell, then all of the next: what drifts looks like a difference. To compare
    /// with, and to teach.
    Block,
    /// As `Block`, one worker alive at a time and no warming up between rounds.
    Soak,
}

/// Which rule ended the rounds of cells.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopRule {
    /// All rounds that were planned are done, and no rule ended them sooner.
    Planned,
    /// Half the 95 % interval is at most this part of the estimate.
    Width(f64),
    /// This look of so many, at this significance each, found the pair to differ.
    Look {
        /// The look, from 1.
        look: u32,
        /// Looks that were registered before the run.
        of: u32,
        /// Significance of each.
        alpha: f64,
    },
}

/// What a cell is measured for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// For its own sake: it has rows in tables and exports.
    #[default]
    Measured,
    /// To know what the harness itself costs with the trace and types of its group.
    Floor,
    /// One of two workers that run the same as a measured cell: a difference between them is noise.
    Twin {
        /// The measured cell.
        of: u32,
    },
}

impl Role {
    /// Whether it is measured for its own sake.
    pub fn is_measured(&self) -> bool {
        matches!(self, Role::Measured)
    }
}

/// What a run measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Time: throughput and latency, and the memory that goes with them.
    #[default]
    Time,
    /// Memory: each round is one lap of the trace, so that it is the same ops with every map.
    Memory,
    /// Instructions of one thread's ops, exactly; they say nothing of contention.
    Instructions,
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
    /// Adapter as it was asked for, with its own settings: `sharded@shards=64`. Unique in a group.
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
    /// Whether the maps are built with room for their peak; `None` in logs that do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presize: Option<bool>,
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
    /// Settings that only some maps have: the adapter's own over the run's.
    #[serde(default)]
    pub tuning: Tuning,
    /// The rate at which its trace is offered; `None` runs it as its actors say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<Offered>,
    /// Whose events are due at their times, in the order of [`RoundReport::actors`]; empty for
    /// ordered traces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paced: Vec<PacedRole>,
    /// What it is measured for.
    #[serde(default, skip_serializing_if = "Role::is_measured")]
    pub role: Role,
    /// Rounds per fork where they are not the run's: of scenarios with a round length of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds: Option<u32>,
    /// Which program of a comparison runs it; `None` outside of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arm: Option<Arm>,
}

impl Cell {
    /// The adapter's bare name, without settings.
    pub fn adapter_name(&self) -> &str {
        self.adapter.split_once('@').map_or(self.adapter.as_str(), |(name, _)| name)
    }
}

/// Paced actors of one role, side by side in the trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacedRole {
    /// The role.
    pub name: String,
    /// How many.
    pub actors: u32,
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
