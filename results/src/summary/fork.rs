//! One fork of a cell: its state and its sums, apart by placement mode, because rounds of two
//! modes are two experiments.

use mapbench_core::event::{Done, Failure, PlacementMode, Ready, RoundReport};
use mapbench_core::op::OpClass;

use super::cell::CellState;
use super::memory::{Held, HeldPoint, MemoryFigures};
use super::tally::Tally;
use crate::stats::RoundSample;

/// The modes that rounds count in, in the order that breaks a tie.
pub(crate) const MODES: [Option<PlacementMode>; 3] =
    [None, Some(PlacementMode::Near), Some(PlacementMode::Far)];

/// One fork of a cell.
#[derive(Debug, Clone)]
pub struct ForkSummary {
    /// Its number, from 0.
    pub fork: u32,
    /// Where it is; never `Skipped`.
    pub state: CellState,
    /// From the last sign of life to the failure, if it failed. Nanoseconds.
    pub noticed_after_ns: Option<u64>,
    /// Its words when it was prefilled.
    pub ready: Option<Ready>,
    /// Its last words.
    pub done: Option<Done>,
    /// What its rounds counted, dropped rounds included.
    pub counts: Counts,
    /// What its maps held at the end of its rounds.
    pub(super) held: Held,
    /// What was lost to others, if anybody looked.
    pub(super) pressure: Option<LostTime>,
    tallies: [Tally; MODES.len()],
}

/// Time that was lost to others while the rounds of a fork ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LostTime {
    /// Time of the rounds. Nanoseconds.
    pub(super) elapsed_ns: u64,
    /// Time in which the hypervisor ran something else. Milliseconds.
    pub(super) steal_ms: Option<u64>,
    /// Time in which some task waited for a processor. Microseconds.
    pub(super) psi_some_us: Option<u64>,
}

/// Counts that hold for every round, whatever the placement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rounds.
    pub rounds: u64,
    /// Rounds that straddled a placement flip: dropped from throughput and latency.
    pub mixed_rounds: u64,
    /// Ops.
    pub ops: u64,
    /// Reads.
    pub reads: u64,
    /// Reads that found their key.
    pub hits: u64,
    /// Writes that changed something.
    pub effective_writes: u64,
    /// Writes of which the map does not say what they changed.
    pub unanswered_writes: u64,
    /// Reads whose value belonged to another key.
    pub wrong_values: u64,
    /// Involuntary context switches.
    pub involuntary_switches: u64,
    /// Rounds with at least one involuntary context switch.
    pub preempted_rounds: u64,
    /// Heap allocations, of the rounds that counted them.
    pub allocations: u64,
    /// Ops of the rounds that counted allocations.
    pub allocation_ops: u64,
    /// Rounds with a latency payload that could not be read.
    pub unreadable_rounds: u64,
    /// Accesses to the trace's most accessed key; 0 from workers that do not count them.
    pub top_key_ops: u64,
    /// Bytes that those rounds took from the heap.
    pub taken_bytes: u64,
    /// Bytes that they gave back.
    pub given_bytes: u64,
}

impl ForkSummary {
    pub(super) fn new(fork: u32) -> Self {
        ForkSummary {
            fork,
            state: CellState::Waiting,
            noticed_after_ns: None,
            ready: None,
            done: None,
            counts: Counts::default(),
            held: Held::default(),
            pressure: None,
            tallies: Default::default(),
        }
    }

    pub(super) fn round(&mut self, report: &RoundReport) {
        let mode = report.placement.map(|placement| placement.mode);
        let mut readable = true;
        if let Some(at) = MODES.iter().position(|known| *known == mode) {
            readable = self.tallies[at].add(report);
        } else {
            self.counts.mixed_rounds += 1;
        }
        self.counts.add(report);
        self.held.round(report);
        self.counts.unreadable_rounds += u64::from(!readable);
    }

    /// The sums of one mode.
    pub(super) fn tally(&self, mode: Option<PlacementMode>) -> Option<&Tally> {
        let at = MODES.iter().position(|known| *known == mode)?;
        (self.tallies[at].rounds > 0).then(|| &self.tallies[at])
    }

    /// Rounds of each of [`MODES`].
    pub(super) fn rounds_by_mode(&self) -> [u64; MODES.len()] {
        [0, 1, 2].map(|at: usize| self.tallies[at].rounds)
    }

    /// The classes that have ops, in the order of reports.
    pub(super) fn classes(&self) -> impl Iterator<Item = OpClass> {
        OpClass::ALL
            .into_iter()
            .filter(|class| self.tallies.iter().any(|tally| tally.classes().any(|c| c == *class)))
    }

    /// The throughput of its rounds, all modes, in bounded number.
    pub(super) fn samples(&self) -> impl Iterator<Item = RoundSample> {
        MODES.iter().zip(&self.tallies).flat_map(|(mode, tally)| {
            tally.samples(None).iter().map(|sample| RoundSample {
                fork: self.fork,
                n: sample.n,
                mode: *mode,
                ops_per_sec: sample.ops_per_sec,
                preempted: sample.preempted,
            })
        })
    }

    /// Bytes per entry after prefill: the moment at which every map holds the same entries. At the
    /// end each map has come to another point of its lap.
    pub fn bytes_per_entry(&self) -> Option<f64> {
        self.ready.as_ref().and_then(|ready| ready.bytes_per_entry)
    }

    /// What its maps held, and when; `None` from a worker that does not count.
    pub fn memory(&self) -> Option<MemoryFigures> {
        MemoryFigures::of(self.ready.as_ref(), &self.held, self.done.as_ref(), &self.counts)
    }

    /// What its maps held at the ends of its rounds, in bounded number and ascending.
    pub fn held(&self) -> &[HeldPoint] {
        self.held.points()
    }

    /// Instructions per op; `None` if nobody counted.
    pub fn instructions_per_op(&self) -> Option<f64> {
        self.done.as_ref()?.instructions?.per_op()
    }

    /// Its failure, if it failed.
    pub fn failure(&self) -> Option<&Failure> {
        if let CellState::Failed(failure) = &self.state { Some(failure) } else { None }
    }

    /// Whether its contents were verified; `None` while it runs.
    pub fn verified(&self) -> Option<bool> {
        match (&self.done, self.failure()) {
            (Some(done), _) => Some(done.verified),
            (None, Some(failure)) if failure.kind.is_wrong_answer() => Some(false),
            _ => None,
        }
    }
}

impl Counts {
    pub(super) fn add(&mut self, report: &RoundReport) {
        let one = Counts {
            rounds: 1,
            // The fork knows these two.
            mixed_rounds: 0,
            unreadable_rounds: 0,
            ops: report.ops,
            reads: report.reads,
            hits: report.hits,
            effective_writes: report.effective_writes,
            unanswered_writes: report.unanswered_writes,
            wrong_values: report.wrong_values,
            involuntary_switches: report.involuntary_switches,
            preempted_rounds: u64::from(report.involuntary_switches > 0),
            allocations: report.allocations.unwrap_or(0),
            allocation_ops: report.allocations.map_or(0, |_| report.ops),
            top_key_ops: report.top_key_ops,
            taken_bytes: report.taken_bytes.unwrap_or(0),
            given_bytes: report.given_bytes.unwrap_or(0),
        };
        *self = self.plus(one);
    }

    /// The counts of two together; saturating, because a log may hold any number.
    #[must_use]
    pub fn plus(self, other: Counts) -> Counts {
        Counts {
            rounds: self.rounds.saturating_add(other.rounds),
            mixed_rounds: self.mixed_rounds.saturating_add(other.mixed_rounds),
            ops: self.ops.saturating_add(other.ops),
            reads: self.reads.saturating_add(other.reads),
            hits: self.hits.saturating_add(other.hits),
            effective_writes: self.effective_writes.saturating_add(other.effective_writes),
            unanswered_writes: self.unanswered_writes.saturating_add(other.unanswered_writes),
            wrong_values: self.wrong_values.saturating_add(other.wrong_values),
            involuntary_switches: self
                .involuntary_switches
                .saturating_add(other.involuntary_switches),
            preempted_rounds: self.preempted_rounds.saturating_add(other.preempted_rounds),
            allocations: self.allocations.saturating_add(other.allocations),
            allocation_ops: self.allocation_ops.saturating_add(other.allocation_ops),
            unreadable_rounds: self.unreadable_rounds.saturating_add(other.unreadable_rounds),
            top_key_ops: self.top_key_ops.saturating_add(other.top_key_ops),
            taken_bytes: self.taken_bytes.saturating_add(other.taken_bytes),
            given_bytes: self.given_bytes.saturating_add(other.given_bytes),
        }
    }

    /// Hits ÷ reads; `None` without a read.
    pub fn hit_share(&self) -> Option<f64> {
        share(self.hits, self.reads)
    }

    /// Effective writes ÷ ops; `None` without an op, or if the map left a write unanswered.
    pub fn effective_write_share(&self) -> Option<f64> {
        share(self.effective_writes, self.ops).filter(|_| self.unanswered_writes == 0)
    }

    /// Accesses to the most accessed key ÷ ops; `None` if nobody counted them.
    pub fn top_key_share(&self) -> Option<f64> {
        share(self.top_key_ops, self.ops).filter(|_| self.top_key_ops > 0)
    }

    /// Heap allocations per op; `None` if no round counted them.
    pub fn allocations_per_op(&self) -> Option<f64> {
        share(self.allocations, self.allocation_ops)
    }
}

/// A part of a whole; `None` of nothing.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
