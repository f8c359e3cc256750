//! One cell of a run: its state, its forks, and the rows that tables and exports are made of. Rows
//! are made when somebody asks, once per change.

use std::sync::OnceLock;

use hdrhistogram::Histogram;
use mapbench_core::event::{Cell, Done, Failure, PlacementMode, Ready, RoundReport, Stacks};
use mapbench_core::op::OpClass;

use super::fork::{Counts, ForkSummary, LostTime};
use super::memory::MemoryFigures;
use super::row::{self, PlacementShares, SummaryRow};
use super::samples::{Series, SeriesPoint};
use super::tally::{Tally, merged, merged_intended, per_second};
use crate::stats::RoundSample;

/// Where a cell is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CellState {
    /// No worker, or between two forks.
    #[default]
    Waiting,
    /// A worker prefills.
    Preparing,
    /// A worker is parked or runs a round.
    Running,
    /// Every fork ended as it should.
    Done,
    /// A fork failed; this is its failure, the first one if several did.
    Failed(Failure),
    /// Somebody skipped it while it ran.
    Skipped,
}

/// One cell of a run.
#[derive(Debug, Clone)]
pub struct CellSummary {
    cell: Cell,
    planned_forks: u32,
    state: CellState,
    forks: Vec<ForkSummary>,
    series: Series,
    /// Of its sampled rounds, which are in nothing else of here.
    stacks: Option<Stacks>,
    /// What `row` and `histogram` last said; forgotten at every change.
    cache: OnceLock<(SummaryRow, Histogram<u64>)>,
}

impl CellSummary {
    pub(super) fn new(cell: &Cell, planned_forks: u32) -> Self {
        CellSummary {
            cell: cell.clone(),
            planned_forks,
            state: CellState::Waiting,
            forks: Vec::new(),
            series: Series::default(),
            stacks: None,
            cache: OnceLock::new(),
        }
    }

    /// The cell as the plan has it.
    pub fn cell(&self) -> &Cell {
        &self.cell
    }

    /// Where it is.
    pub fn state(&self) -> &CellState {
        &self.state
    }

    /// The forks that were started, in order.
    pub fn forks(&self) -> &[ForkSummary] {
        &self.forks
    }

    /// Forks that the plan asks for.
    pub fn planned_forks(&self) -> u32 {
        self.planned_forks
    }

    /// No further fork runs after this one.
    pub(super) fn ends_with(&mut self, fork: u32) {
        self.cache = OnceLock::new();
        self.planned_forks = self.planned_forks.min(fork.saturating_add(1));
    }

    /// Throughput over the time of the run, in bounded length.
    pub fn series(&self) -> &[SeriesPoint] {
        self.series.points()
    }

    /// Where its threads spent their processor time, if that was sampled.
    pub fn stacks(&self) -> Option<&Stacks> {
        self.stacks.as_ref()
    }

    /// The row of the cell over all forks and ops: what tables and screens show.
    pub fn row(&self) -> &SummaryRow {
        &self.cached().0
    }

    /// The latencies behind [`row`](CellSummary::row): service time of all ops, in the same
    /// placement mode.
    pub fn histogram(&self) -> &Histogram<u64> {
        &self.cached().1
    }

    /// The latencies of one class of op.
    pub fn class_histogram(&self, class: OpClass) -> Histogram<u64> {
        merged(&self.tallies(), Some(class))
    }

    /// The times from when events of paced actors were due to the end of their ops.
    pub fn intended_histogram(&self) -> Histogram<u64> {
        merged_intended(&self.tallies(), None)
    }

    /// The classes of op that it has seen, in the order of reports.
    pub fn classes(&self) -> Vec<OpClass> {
        let seen = |class: &OpClass| self.forks.iter().any(|f| f.classes().any(|c| c == *class));
        OpClass::ALL.into_iter().filter(seen).collect()
    }

    /// Every row: the cell's for all ops and per class, then those of each fork.
    pub fn rows(&self) -> Vec<SummaryRow> {
        let mut rows = vec![self.row().clone()];
        rows.extend(self.classes().into_iter().map(|class| row::of_cell(self, Some(class))));
        for fork in &self.forks {
            rows.push(row::of_fork(self, fork, None));
            rows.extend(fork.classes().map(|class| row::of_fork(self, fork, Some(class))));
        }
        rows
    }

    /// The throughput of its rounds, for ratios; in bounded number, every mode but mixed.
    pub fn samples(&self) -> Vec<RoundSample> {
        self.forks.iter().flat_map(ForkSummary::samples).collect()
    }

    /// What its rounds counted.
    pub fn counts(&self) -> Counts {
        self.forks.iter().fold(Counts::default(), |sum, fork| sum.plus(fork.counts))
    }

    /// The placement modes of its rounds; `None` at one thread.
    pub fn placement(&self) -> Option<PlacementShares> {
        PlacementShares::of(&self.forks)
    }

    /// What its maps held, and when; `None` if no worker counts.
    pub fn memory(&self) -> Option<MemoryFigures> {
        MemoryFigures::mean(self.forks.iter().filter_map(ForkSummary::memory))
    }

    /// Instructions per op, of the first fork that counted them: others count the same.
    pub fn instructions_per_op(&self) -> Option<f64> {
        self.forks.iter().find_map(ForkSummary::instructions_per_op)
    }

    /// Mean over forks of bytes per entry after prefill.
    pub fn bytes_per_entry(&self) -> Option<f64> {
        let known: Vec<f64> = self.forks.iter().filter_map(ForkSummary::bytes_per_entry).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    }

    /// Largest resident memory of any fork. Bytes.
    pub fn peak_rss_bytes(&self) -> Option<u64> {
        self.forks.iter().filter_map(|fork| Some(fork.done.as_ref()?.peak_rss_bytes)).max()
    }

    /// Whether all forks that ended were verified; `None` if none has ended.
    pub fn verified(&self) -> Option<bool> {
        self.forks.iter().filter_map(ForkSummary::verified).reduce(|all, one| all && one)
    }

    /// The sums of each fork in the mode that the cell reports.
    pub(super) fn tallies(&self) -> Vec<&Tally> {
        let mode = self.mode();
        self.forks.iter().filter_map(|fork| fork.tally(mode)).collect()
    }

    fn mode(&self) -> Option<PlacementMode> {
        self.placement().map(|shares| shares.mode)
    }

    fn cached(&self) -> &(SummaryRow, Histogram<u64>) {
        self.cache.get_or_init(|| (row::of_cell(self, None), merged(&self.tallies(), None)))
    }

    pub(super) fn started(&mut self, fork: u32) {
        self.change(fork, |fork| fork.state = CellState::Preparing);
        self.proceed(CellState::Preparing);
    }

    pub(super) fn ready(&mut self, fork: u32, ready: &Ready) {
        self.change(fork, |fork| {
            fork.state = CellState::Running;
            fork.ready = Some(ready.clone());
        });
        self.proceed(CellState::Running);
    }

    pub(super) fn round(&mut self, fork: u32, report: &RoundReport, at_ns: u64) {
        self.change(fork, |fork| fork.round(report));
        self.series.push(at_ns, per_second(report.ops, report.elapsed_ns));
    }

    pub(super) fn lost(&mut self, fork: u32, lost: LostTime) {
        self.change(fork, |fork| fork.pressure = Some(lost));
    }

    pub(super) fn sampled(&mut self, report: &RoundReport) {
        if let Some(stacks) = &report.stacks {
            crate::stacks::merge(self.stacks.get_or_insert_default(), stacks);
        }
    }

    pub(super) fn done(&mut self, fork: u32, done: &Done) {
        self.change(fork, |fork| {
            fork.state = CellState::Done;
            fork.done = Some(done.clone());
        });
        let ended = self.forks.iter().filter(|fork| fork.state == CellState::Done).count();
        let all = ended >= self.planned_forks as usize;
        self.proceed(if all { CellState::Done } else { CellState::Waiting });
    }

    pub(super) fn failed(&mut self, fork: u32, failure: &Failure, noticed_after_ns: u64) {
        self.change(fork, |fork| {
            fork.state = CellState::Failed(failure.clone());
            fork.noticed_after_ns = Some(noticed_after_ns);
        });
        self.proceed(CellState::Failed(failure.clone()));
    }

    pub(super) fn skipped(&mut self) {
        self.cache = OnceLock::new();
        self.proceed(CellState::Skipped);
    }

    /// Moves on, except out of a failure or a skip.
    fn proceed(&mut self, to: CellState) {
        if !matches!(self.state, CellState::Failed(_) | CellState::Skipped) {
            self.state = to;
        }
    }

    fn change(&mut self, number: u32, change: impl FnOnce(&mut ForkSummary)) {
        self.cache = OnceLock::new();
        let at = match self.forks.binary_search_by_key(&number, |fork| fork.fork) {
            Ok(at) => at,
            Err(at) => {
                self.forks.insert(at, ForkSummary::new(number));
                at
            }
        };
        change(&mut self.forks[at]);
    }
}
