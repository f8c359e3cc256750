//! What one run log comes to: who measured what, where and when, and the figures of each cell. The
//! index keeps one of every log, so that lists and histories need not read the logs. Plain data;
//! made from a log in `build`.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mapbench_core::event::{
    Arm, EndCause, Machine, PlacementMode, RunBegin, Sequence, Timing, UiMode,
};
use mapbench_core::key::KeyKind;
use mapbench_core::value::ValueKind;
use serde::{Deserialize, Serialize};

use crate::fingerprint::{Difference, differences};
use crate::stats::Interval;
use crate::summary::Status;

mod build;

/// A file as it was when it was read. The same stamp is the same file, as far as a list goes:
/// logs only ever grow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileStamp {
    /// Its name within the store.
    pub name: String,
    /// Its size. Bytes.
    pub bytes: u64,
    /// When it was last written, since 1970. Nanoseconds.
    pub modified_ns: u64,
}

/// What one run log comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunDigest {
    /// The log, as it was read.
    pub file: FileStamp,
    /// The first line of the log without its cells and what was skipped: schema version, id,
    /// start, command, version of mapbench, commit, machine, subject, UI mode, sweep, comparison.
    /// What [`differences`] says of two of them holds for machine, protocol and subject; traces
    /// and versions of maps are told by [`CellDigest`].
    pub begin: RunBegin,
    /// How the run ended.
    pub outcome: Outcome,
    /// When it ended, UTC, RFC 3339; `None` for a run that was cut off.
    pub ended: Option<String>,
    /// Exit code that its last line tells; `None` for a run that was cut off.
    pub exit_code: Option<u8>,
    /// Whether the last line was half-written, and left out.
    pub torn_tail: bool,
    /// Hash of what the run says of its machine, 16 hexadecimal digits. Figures that are calibrated
    /// anew in each run (the tick counter's frequency, the memory) and the allocator, which is part
    /// of what is measured, are not in it. Two runs of one hash ran on one machine; of two that
    /// differ [`RunDigest::breaks`] tells in what.
    pub machine_hash: String,
    /// Hash of how the run measured (version of mapbench, round length, warming, order, timing, UI
    /// mode, processors), 16 hexadecimal digits.
    pub protocol_hash: String,
    /// The cells that were measured for their own sake, in the order of the plan.
    pub cells: Vec<CellDigest>,
}

/// How a run ended, as far as its log tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything was measured.
    Finished,
    /// Somebody asked it to stop and save.
    Stopped,
    /// SIGINT.
    Interrupted,
    /// SIGTERM or SIGHUP.
    Terminated,
    /// The log has no last line: it was cut off, or still runs.
    Partial,
}

impl Outcome {
    /// The word in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Finished => "finished",
            Outcome::Stopped => "stopped",
            Outcome::Interrupted => "interrupted",
            Outcome::Terminated => "terminated",
            Outcome::Partial => "partial",
        }
    }
}

impl From<EndCause> for Outcome {
    fn from(cause: EndCause) -> Self {
        match cause {
            EndCause::Finished => Outcome::Finished,
            EndCause::Stopped => Outcome::Stopped,
            EndCause::Interrupted => Outcome::Interrupted,
            EndCause::Terminated => Outcome::Terminated,
        }
    }
}

/// One measured cell of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellDigest {
    /// Its id in the run.
    pub id: u32,
    /// Everything but the adapter, as [`crate::label::setting`] calls it in UTF-8: cells of one
    /// setting did the same kind of work, whatever the run.
    pub setting: String,
    /// The adapter with its settings, as [`crate::label::adapter`] calls it.
    pub adapter: String,
    /// Crate and version of the map.
    pub adapter_version: String,
    /// Canonical scenario name, or the trace's name.
    pub scenario: String,
    /// Threads.
    pub threads: u32,
    /// Type of the keys.
    pub key: KeyKind,
    /// Type of the values.
    pub value: ValueKind,
    /// Axis that was swept, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub axis: Option<String>,
    /// Value on the axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub axis_value: Option<String>,
    /// Hash of the trace, 16 hexadecimal digits: cells of two hashes did not do the same work.
    pub trace_hash: String,
    /// Which program of a comparison ran it; `None` outside of one. Its commit is that of
    /// [`RunBegin::comparison`], not of [`RunBegin::commit`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arm: Option<Arm>,
    /// How far it got.
    pub status: Status,
    /// Why it failed or was skipped, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Its figures by placement mode, near first; empty if no round ended.
    pub modes: Vec<ModeDigest>,
    /// Bytes that the maps held per entry after prefill, mean over forks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_entry: Option<f64>,
    /// Instructions per op, where they were counted: exact, and without a placement mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions_per_op: Option<f64>,
}

/// The figures of one cell in one placement mode.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ModeDigest {
    /// The mode; `None` at one thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<PlacementMode>,
    /// Rounds.
    pub rounds: u64,
    /// Forks that have such rounds.
    pub forks: u32,
    /// Median throughput over the rounds. Ops per second.
    pub ops_per_sec_median: f64,
    /// Its 95 % interval. Ops per second; `None` below three rounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ops_per_sec_ci95: Option<Interval>,
    /// Median service time of the timed ops. Nanoseconds; `None` if none was timed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50_ns: Option<u64>,
    /// 99th percentile of it. Nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99_ns: Option<u64>,
}

impl RunDigest {
    /// The run's id.
    pub fn id(&self) -> &str {
        &self.begin.run_id
    }

    /// When it began; `None` if the log says it in a way that is no time.
    pub fn started(&self) -> Option<Timestamp> {
        self.begin.started.parse().ok()
    }

    /// The log's file in a store.
    pub fn path(&self, store: &Path) -> PathBuf {
        store.join(&self.file.name)
    }

    /// What forbids to hold the figures of another run against those of this one: fields of machine
    /// and protocol in which both say something, and not the same. Traces are compared by cell.
    pub fn breaks(&self, other: &RunDigest) -> Vec<Difference> {
        let same = self.machine_hash == other.machine_hash
            && self.protocol_hash == other.protocol_hash
            && self.begin.machine == other.begin.machine;
        if same {
            return Vec::new();
        }
        let mut found = differences(&self.begin, &other.begin);
        found.retain(Difference::forbids);
        found
    }
}

/// What the hash of a machine is of: see [`RunDigest::machine_hash`].
fn without_calibrated(machine: &Machine) -> Machine {
    Machine { tsc_hz: None, memory_bytes: 0, allocator: String::new(), ..machine.clone() }
}

/// What the hash of a protocol is of.
#[derive(Serialize)]
struct Protocol<'b> {
    mapbench_version: &'b str,
    round_ns: u64,
    warm_ns: u64,
    order: Sequence,
    timing: Timing,
    ui: UiMode,
    cpus: &'b [u32],
}
