//! One row of results: a cell, a fork or a round, for one class of op or all. The final table, CSV
//! and the terminal UI show rows and compute nothing of their own.

use mapbench_core::event::{Cell, PlacementMode, RoundReport};
use mapbench_core::op::OpClass;
use serde::{Deserialize, Serialize};

use super::cell::{CellState, CellSummary};
use super::counters::CounterRate;
use super::disturbance::{self, Disturbance};
use super::flag::{self, Flag};
use super::fork::{Counts, ForkSummary, MODES, share};
use super::memory::MemoryFigures;
use super::pace::PaceFigures;
use super::tally::{Figures, Tally, figures};
use crate::histogram::Percentiles;
use crate::stats::Interval;

/// What a row sums over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// All forks of a cell.
    Cell,
    /// One fork.
    Fork,
    /// One round.
    Round,
}

impl Level {
    /// The name in CSV.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Cell => "cell",
            Level::Fork => "fork",
            Level::Round => "round",
        }
    }
}

/// How far the measuring got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It ended as it should.
    Ok,
    /// It failed; [`SummaryRow::error`] says why. Figures are of the rounds before.
    Failed,
    /// It was left out; [`SummaryRow::error`] says why.
    Skipped,
    /// It has not ended (yet).
    Partial,
}

impl Status {
    /// The name in CSV and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Failed => "failed",
            Status::Skipped => "skipped",
            Status::Partial => "partial",
        }
    }
}

/// Shares of rounds by placement mode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlacementShares {
    /// The mode that the row's figures are of: the most frequent of near and far.
    pub mode: PlacementMode,
    /// Share of near rounds.
    pub near: f64,
    /// Share of far rounds.
    pub far: f64,
    /// Share of rounds that straddled a flip and were dropped.
    pub mixed: f64,
}

impl PlacementShares {
    pub(super) fn of<'f>(forks: impl IntoIterator<Item = &'f ForkSummary>) -> Option<Self> {
        let mut rounds = [0; MODES.len()];
        let mut mixed = 0;
        for fork in forks {
            for (sum, more) in rounds.iter_mut().zip(fork.rounds_by_mode()) {
                *sum += more;
            }
            mixed += fork.counts.mixed_rounds;
        }
        let [_, near, far] = rounds;
        let all = near + far + mixed;
        let mode = match (near, far) {
            (0, 0) => PlacementMode::Mixed,
            (near, far) if near >= far => PlacementMode::Near,
            _ => PlacementMode::Far,
        };
        let share = |part: u64| part as f64 / all as f64;
        (all > 0).then(|| PlacementShares {
            mode,
            near: share(near),
            far: share(far),
            mixed: share(mixed),
        })
    }

    /// Whether all rounds ran in one mode.
    pub fn is_pure(&self) -> bool {
        self.mode != PlacementMode::Mixed && (self.near >= 1.0 || self.far >= 1.0)
    }

    /// `near`, or with shares where it is not pure: `near 0.75 far 0.20 mixed 0.05`.
    pub fn describe(&self) -> String {
        if [self.near, self.far, self.mixed].iter().any(|share| *share >= 1.0) {
            return mode_name(self.mode).to_owned();
        }
        let (mut near, mut far) = (("near", self.near), ("far", self.far));
        if self.mode == PlacementMode::Far {
            std::mem::swap(&mut near, &mut far);
        }
        let parts = [near, far, ("mixed", self.mixed)];
        let shown = parts.iter().filter(|(_, share)| *share > 0.0);
        shown.map(|(name, share)| format!("{name} {share:.2}")).collect::<Vec<_>>().join(" ")
    }

    /// The mode that the figures are of, with its share where it is not pure: `near 75%`.
    pub fn brief(&self) -> String {
        let name = mode_name(self.mode);
        let share = match self.mode {
            PlacementMode::Near => self.near,
            PlacementMode::Far => self.far,
            PlacementMode::Mixed => return name.to_owned(),
        };
        // What is not pure must not read as 100 %.
        let percent = (share * 100.0).round().min(99.0);
        if self.is_pure() { name.to_owned() } else { format!("{name} {percent}%") }
    }
}

/// The name of a placement mode in CSV and tables.
pub(crate) const fn mode_name(mode: PlacementMode) -> &'static str {
    match mode {
        PlacementMode::Near => "near",
        PlacementMode::Far => "far",
        PlacementMode::Mixed => "mixed",
    }
}

/// One row of results. Figures that do not exist are `None`, never zero.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryRow {
    /// What it sums over.
    pub level: Level,
    /// Id of the cell.
    pub cell: u32,
    /// The fork, at the levels of fork and round.
    pub fork: Option<u32>,
    /// Number of the round, at that level.
    pub round: Option<u32>,
    /// The class of op; `None` is all.
    pub op_class: Option<OpClass>,
    /// Rounds that the figures are of.
    pub rounds: u64,
    /// Ops in them.
    pub ops: u64,
    /// Time of them. Nanoseconds.
    pub elapsed_ns: u64,
    /// Median throughput over rounds.
    pub ops_per_sec_median: Option<f64>,
    /// Its 95 % interval; `None` below three rounds.
    pub ops_per_sec_ci95: Option<Interval>,
    /// Median throughput in units of the trace, e.g. pods; `None` if it has none, or of a class.
    pub units_per_sec_median: Option<f64>,
    /// Its 95 % interval: that of the ops, in units.
    pub units_per_sec_ci95: Option<Interval>,
    /// Service time; `None` if no op was timed.
    pub service: Option<Percentiles>,
    /// Of paced actors, from when an event was due to the end of its ops; `None` if none was due.
    pub intended: Option<Percentiles>,
    /// Hits ÷ reads, of all rounds.
    pub hit_share: Option<f64>,
    /// Effective writes ÷ ops, of all rounds.
    pub effective_write_share: Option<f64>,
    /// Accesses to the most accessed key ÷ ops, of all rounds; `None` if nobody counted them.
    pub top_key_share: Option<f64>,
    /// Updates whose key was last written by another thread ÷ updates.
    pub contended_share: Option<f64>,
    /// Time that threads waited for events of others ÷ time of all threads; `None` in logs that do
    /// not say.
    pub waiting_share: Option<f64>,
    /// Events of paced actors that were due.
    pub due_events: u64,
    /// Of those, the share that was not done at the end of its round.
    pub late_share: Option<f64>,
    /// What was offered and what was achieved; `None` if nothing was due, or nobody counted.
    pub pace: Option<PaceFigures>,
    /// Time in ops of the maps ÷ time: how many processors they kept busy. `None` if rounds do
    /// not tell maps apart, or if no op was timed.
    pub busy_cores: Option<f64>,
    /// Time in ops of the maps per unit of the trace. Nanoseconds.
    pub busy_ns_per_unit: Option<f64>,
    /// What the maps counted of themselves, by name; of all ops only.
    pub counters: Vec<CounterRate>,
    /// Heap allocations per op.
    pub allocations_per_op: Option<f64>,
    /// Bytes per entry after prefill.
    pub bytes_per_entry: Option<f64>,
    /// What the maps held, and when; `None` if nobody counted, or of a class.
    pub memory: Option<MemoryFigures>,
    /// Placement modes; `None` at one thread.
    pub placement: Option<PlacementShares>,
    /// How calm it was: of all ops, and not of one round.
    pub disturbance: Disturbance,
    /// Whether the final contents were verified; `None` if none was.
    pub verified: Option<bool>,
    /// How far it got.
    pub status: Status,
    /// Instructions per op of one thread; `None` unless they were counted, or of a class.
    pub instructions_per_op: Option<f64>,
    /// Why it failed or was left out.
    pub error: Option<String>,
    /// What a reader should know.
    pub flags: Vec<Flag>,
}

/// The row of a cell.
pub(super) fn of_cell(cell: &CellSummary, class: Option<OpClass>) -> SummaryRow {
    let placement = cell.placement();
    let figures = figures(&cell.tallies(), class);
    let forks: Vec<&ForkSummary> = cell.forks().iter().collect();
    let disturbance = disturbed(cell.cell(), &forks, class, &figures, placement);
    SummaryRow {
        bytes_per_entry: cell.bytes_per_entry(),
        memory: cell.memory().filter(|_| class.is_none()),
        instructions_per_op: cell.instructions_per_op().filter(|_| class.is_none()),
        verified: cell.verified(),
        status: status(cell.state()),
        error: error(cell.state()),
        flags: flag::raised(
            cell.cell(),
            &cell.counts(),
            &figures,
            placement,
            cell.verified(),
            &disturbance,
        ),
        disturbance,
        placement,
        ..measured(Level::Cell, cell.cell(), class, &figures, &cell.counts())
    }
}

/// The row of a fork. Its figures are of its own most frequent mode.
pub(super) fn of_fork(
    cell: &CellSummary,
    fork: &ForkSummary,
    class: Option<OpClass>,
) -> SummaryRow {
    let placement = PlacementShares::of([fork]);
    let tally = fork.tally(placement.map(|shares| shares.mode));
    let figures = figures(tally.as_slice(), class);
    let state = state_of(cell, fork);
    let disturbance = disturbed(cell.cell(), &[fork], class, &figures, placement);
    SummaryRow {
        fork: Some(fork.fork),
        bytes_per_entry: fork.bytes_per_entry(),
        memory: fork.memory().filter(|_| class.is_none()),
        instructions_per_op: fork.instructions_per_op().filter(|_| class.is_none()),
        verified: fork.verified(),
        status: status(state),
        error: error(state),
        flags: flag::raised(
            cell.cell(),
            &fork.counts,
            &figures,
            placement,
            fork.verified(),
            &disturbance,
        ),
        disturbance,
        placement,
        ..measured(Level::Fork, cell.cell(), class, &figures, &fork.counts)
    }
}

/// How calm it was, for a row of all ops; a class has no part of its own.
fn disturbed(
    cell: &Cell,
    forks: &[&ForkSummary],
    class: Option<OpClass>,
    figures: &Figures,
    placement: Option<PlacementShares>,
) -> Disturbance {
    if class.is_some() {
        return Disturbance::default();
    }
    disturbance::of(cell, forks, figures, placement)
}

/// The state of a fork, unless its cell was skipped under it.
pub(super) fn state_of<'c>(cell: &'c CellSummary, fork: &'c ForkSummary) -> &'c CellState {
    let skipped = *cell.state() == CellState::Skipped && fork.state != CellState::Done;
    if skipped && fork.failure().is_none() { cell.state() } else { &fork.state }
}

/// The rows of one round: all ops, then per class. A round that straddled a placement flip has
/// figures of its own, though it enters no other row.
pub fn round_rows(cell: &Cell, fork: u32, report: &RoundReport) -> Vec<SummaryRow> {
    let mut tally = Tally::default();
    tally.add(report);
    let mut counts = Counts::default();
    counts.add(report);
    let placement = report.placement.map(|placement| {
        let is = |mode| f64::from(u8::from(placement.mode == mode));
        PlacementShares {
            mode: placement.mode,
            near: is(PlacementMode::Near),
            far: is(PlacementMode::Far),
            mixed: is(PlacementMode::Mixed),
        }
    });
    let classes = std::iter::once(None).chain(tally.classes().map(Some));
    classes
        .map(|class| SummaryRow {
            fork: Some(fork),
            round: Some(report.n),
            memory: MemoryFigures::of_round(report).filter(|_| class.is_none()),
            placement,
            status: Status::Ok,
            ..measured(Level::Round, cell, class, &figures(&[&tally], class), &counts)
        })
        .collect()
}

fn measured(
    level: Level,
    cell: &Cell,
    op_class: Option<OpClass>,
    figures: &Figures,
    counts: &Counts,
) -> SummaryRow {
    let per_op = units_per_op(cell).filter(|_| op_class.is_none());
    let in_units = |interval: Interval, per_op| Interval {
        low: interval.low * per_op,
        high: interval.high * per_op,
    };
    let threads_ns = figures.elapsed_ns.saturating_mul(u64::from(cell.threads));
    // Logs that do not say which maps there are come from before waits were told.
    let waits_are_told = !cell.maps.is_empty();
    SummaryRow {
        level,
        cell: cell.id,
        fork: None,
        round: None,
        op_class,
        rounds: figures.rounds,
        ops: figures.ops,
        elapsed_ns: figures.elapsed_ns,
        ops_per_sec_median: figures.ops_per_sec_median,
        ops_per_sec_ci95: figures.ops_per_sec_ci95,
        units_per_sec_median: figures.ops_per_sec_median.zip(per_op).map(|(ops, per)| ops * per),
        units_per_sec_ci95: figures.ops_per_sec_ci95.zip(per_op).map(|(ci, per)| in_units(ci, per)),
        service: figures.service,
        intended: figures.intended,
        top_key_share: counts.top_key_share(),
        contended_share: figures.contended_share,
        waiting_share: share(figures.waiting_ns, threads_ns).filter(|_| waits_are_told),
        due_events: figures.due_events,
        late_share: share(figures.late_events, figures.due_events),
        pace: figures.pace.filter(|_| op_class.is_none()),
        busy_cores: figures.busy_ns.and_then(|busy| share(busy, figures.elapsed_ns)),
        busy_ns_per_unit: figures.busy_ns.zip(per_op).and_then(|(busy, per)| {
            let units = figures.ops as f64 * per;
            (units > 0.0).then(|| busy as f64 / units)
        }),
        counters: if op_class.is_none() { figures.counters.clone() } else { Vec::new() },
        hit_share: counts.hit_share(),
        effective_write_share: counts.effective_write_share(),
        allocations_per_op: counts.allocations_per_op(),
        bytes_per_entry: None,
        memory: None,
        instructions_per_op: None,
        placement: None,
        disturbance: Disturbance::default(),
        verified: None,
        status: Status::Partial,
        error: None,
        flags: Vec::new(),
    }
}

/// Units of the trace per op: one pass over it is so many units and so many ops.
fn units_per_op(cell: &Cell) -> Option<f64> {
    let unit = cell.unit.as_ref()?;
    share(unit.count, cell.trace_ops)
}

pub(super) fn status(state: &CellState) -> Status {
    match state {
        CellState::Done => Status::Ok,
        CellState::Failed(_) => Status::Failed,
        CellState::Skipped => Status::Skipped,
        CellState::Waiting | CellState::Preparing | CellState::Running => Status::Partial,
    }
}

pub(super) fn error(state: &CellState) -> Option<String> {
    match state {
        CellState::Failed(failure) => Some(format!("{}: {}", failure.kind.name(), failure.message)),
        CellState::Skipped => Some("skipped while it ran".to_owned()),
        _ => None,
    }
}
