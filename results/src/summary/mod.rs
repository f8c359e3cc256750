//! What a run says so far, kept up to date event by event: the one source of the final table, of
//! CSV and of the terminal UI, so that they cannot disagree. Its memory does not grow with the
//! length of a run. Reads no clock and no file.

use mapbench_core::event::{Cell, Failure, RunBegin, RunEnd, RunEvent, StopRule};

mod calibration;
mod cell;
mod counters;
mod disturbance;
mod flag;
mod fork;
mod laps;
mod maps;
mod memory;
mod modes;
mod pace;
mod row;
mod samples;
mod tally;

pub use calibration::{CellCalibration, Noise};
pub use cell::{CellState, CellSummary};
pub use counters::CounterRate;
pub use disturbance::Disturbance;
pub use flag::Flag;
pub(crate) use fork::MODES;
pub use fork::{Counts, ForkSummary};
pub use maps::{MapRow, round_map_rows};
pub use memory::{HeldPoint, MemoryFigures};
pub use modes::ModeFigures;
pub(crate) use pace::LoadKept;
pub use pace::{ActorsPace, PaceFigures};
pub(crate) use row::mode_name;
pub use row::{Level, PlacementShares, Status, SummaryRow, round_rows};
pub use samples::SeriesPoint;
pub(crate) use tally::{Tally, intended_of};

use self::fork::LostTime;
use crate::run_log::RunLog;

/// A hit share, effective write share or top-key share further than this from the intended one is flagged.
pub const SHARE_TOLERANCE: f64 = 0.01;
/// An interval whose half is wider than this part of its median is flagged as noisy.
pub const NOISY_HALF_WIDTH: f64 = 0.05;
/// A share of late events above this is flagged: less than 99 % of what was offered was done.
pub const BEHIND_SHARE: f64 = 0.01;
/// Where less than this part of what was offered was done, the point is saturated.
pub const SATURATED_BELOW: f64 = 0.99;
/// Notes that are kept; older ones go.
const MOST_NOTES: usize = 100;

/// What a run says so far.
#[derive(Debug, Clone)]
pub struct RunSummary {
    begin: RunBegin,
    /// Those that are measured for their own sake, then those that calibrate.
    cells: Vec<CellSummary>,
    measured: usize,
    /// Cells that ran in quads, two by two.
    pairs: Vec<[u32; 2]>,
    notes: Vec<String>,
    /// Cells, their rounds, and the rule that ended them.
    stops: Vec<(u32, u32, StopRule)>,
    end: Option<RunEnd>,
    current: Option<CurrentRound>,
    /// Monotonic time of the first thing that had one; zero of the series.
    origin_ns: Option<u64>,
    elapsed_ns: u64,
    rounds_done: u64,
}

/// The round that runs now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrentRound {
    /// The cell.
    pub cell: u32,
    /// The fork.
    pub fork: u32,
    /// Number of the round in the fork.
    pub n: u32,
}

impl RunSummary {
    /// A run that has measured nothing yet.
    pub fn new(begin: &RunBegin) -> Self {
        RunSummary {
            measured: begin.cells.iter().filter(|cell| cell.role.is_measured()).count(),
            cells: cells(begin),
            begin: begin.clone(),
            pairs: Vec::new(),
            notes: Vec::new(),
            stops: Vec::new(),
            end: None,
            current: None,
            origin_ns: None,
            elapsed_ns: 0,
            rounds_done: 0,
        }
    }

    /// The summary of a whole log.
    pub fn of_log(log: &RunLog) -> Self {
        let mut summary = RunSummary::new(&log.begin);
        for event in &log.events {
            summary.apply(event);
        }
        summary.end.clone_from(&log.end);
        summary
    }

    /// Takes one event. Events of cells that the plan does not have are passed over.
    pub fn apply(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Begin(_) => {}
            RunEvent::CellAdded(cell) => self.add(cell),
            RunEvent::Resumed { .. } => self.end = None,
            RunEvent::RoundsEnded { cells, fork, rounds, rule } => {
                for cell in cells {
                    self.stops.retain(|(known, ..)| known != cell);
                    self.stops.push((*cell, *rounds, *rule));
                    if matches!(rule, StopRule::Look { .. }) {
                        self.with(*cell, |cell| cell.ends_with(*fork));
                    }
                }
            }
            RunEvent::Quads { cells, .. } => {
                if !self.pairs.contains(cells) {
                    self.pairs.push(*cells);
                }
            }
            RunEvent::Pressure { cell, fork, elapsed_ns, steal_ms, psi_some_us } => {
                let lost = LostTime {
                    elapsed_ns: *elapsed_ns,
                    steal_ms: *steal_ms,
                    psi_some_us: *psi_some_us,
                };
                self.with(*cell, |cell| cell.lost(*fork, lost));
            }
            RunEvent::TrialStarted { cell, fork } => self.with(*cell, |cell| cell.started(*fork)),
            RunEvent::TrialReady { cell, fork, ready } => {
                self.with(*cell, |cell| cell.ready(*fork, ready));
            }
            RunEvent::RoundStarted { cell, fork, order } => {
                self.current = Some(CurrentRound { cell: *cell, fork: *fork, n: order.n });
            }
            RunEvent::Round { cell, report, .. } if report.sampled => {
                self.current = None;
                self.with(*cell, |cell| cell.sampled(report));
            }
            RunEvent::Round { cell, fork, report } => {
                self.current = None;
                let measured = self.cell(*cell).is_some_and(|cell| cell.cell().role.is_measured());
                self.rounds_done += u64::from(measured);
                let at_ns = self.advance(report.started_ns, report.elapsed_ns);
                self.with(*cell, |cell| cell.round(*fork, report, at_ns));
            }
            RunEvent::TrialDone { cell, fork, done } => {
                self.with(*cell, |cell| cell.done(*fork, done));
            }
            RunEvent::TrialFailed { cell, fork, failure, noticed_after_ns } => {
                self.current = None;
                self.with(*cell, |cell| cell.failed(*fork, failure, *noticed_after_ns));
            }
            RunEvent::CellSkipped { cell } => self.with(*cell, CellSummary::skipped),
            RunEvent::Drew { started_ns, ended_ns } => {
                self.advance(*started_ns, ended_ns.saturating_sub(*started_ns));
            }
            RunEvent::Note { text } => {
                if self.notes.len() == MOST_NOTES {
                    self.notes.remove(0);
                }
                self.notes.push(text.clone());
            }
            RunEvent::End(end) => {
                self.current = None;
                self.end = Some(end.clone());
            }
        }
    }

    /// What the run was asked to do.
    pub fn begin(&self) -> &RunBegin {
        &self.begin
    }

    /// The cells that are measured for their own sake, in the order of the plan.
    pub fn cells(&self) -> &[CellSummary] {
        &self.cells[..self.measured]
    }

    /// The cells that calibrate: they have no rows of their own.
    pub fn calibrating(&self) -> &[CellSummary] {
        &self.cells[self.measured..]
    }

    /// The cell of an id, whatever it is measured for.
    pub fn cell(&self, id: u32) -> Option<&CellSummary> {
        self.position(id).map(|at| &self.cells[at])
    }

    /// The pairs of cells that ran in quads, calibrating ones included.
    pub fn pairs(&self) -> impl Iterator<Item = (&CellSummary, &CellSummary)> {
        self.pairs.iter().filter_map(|[a, b]| Some((self.cell(*a)?, self.cell(*b)?)))
    }

    /// The round that runs now, if the events tell (a log does not).
    pub fn current(&self) -> Option<CurrentRound> {
        self.current
    }

    /// How the run ended, once it has.
    pub fn end(&self) -> Option<&RunEnd> {
        self.end.as_ref()
    }

    /// The latest notes, oldest first.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Rounds measured so far, over all cells.
    pub fn rounds_done(&self) -> u64 {
        self.rounds_done
    }

    /// Rounds that the plan asks for, over all cells.
    pub fn rounds_planned(&self) -> u64 {
        let rounds = self.cells().iter().map(|cell| u64::from(self.planned_rounds(cell)));
        rounds.fold(0, u64::saturating_add)
    }

    /// Rounds of a cell over all its forks and the rule that ended them; `None` where no rule could
    /// have, or before it did.
    pub fn stop(&self, id: u32) -> Option<(u32, StopRule)> {
        let stop = self.stops.iter().find(|(cell, ..)| *cell == id)?;
        Some((stop.1, stop.2))
    }

    /// Rounds that the plan asks for of one cell, over all its forks; a rule may end them sooner.
    pub fn planned_rounds(&self, cell: &CellSummary) -> u32 {
        cell.cell().rounds.unwrap_or(self.begin.rounds).saturating_mul(self.begin.forks)
    }

    /// From the first round's start to the last event that had a time. Nanoseconds.
    pub fn elapsed_ns(&self) -> u64 {
        self.elapsed_ns
    }

    /// The failed cells with their first failure.
    pub fn failures(&self) -> impl Iterator<Item = (&CellSummary, &Failure)> {
        self.cells().iter().filter_map(|cell| match cell.state() {
            CellState::Failed(failure) => Some((cell, failure)),
            _ => None,
        })
    }

    /// Adds a cell behind those that are measured; a cell of that id changes nothing.
    fn add(&mut self, cell: &Cell) {
        if self.position(cell.id).is_none() {
            self.cells.insert(self.measured, CellSummary::new(cell, self.begin.forks));
            self.measured += 1;
        }
    }

    fn position(&self, id: u32) -> Option<usize> {
        // Ids are positions in every plan that we make; a foreign log may differ.
        match self.cells.get(id as usize) {
            Some(cell) if cell.cell().id == id => Some(id as usize),
            _ => self.cells.iter().position(|cell| cell.cell().id == id),
        }
    }

    fn with(&mut self, id: u32, change: impl FnOnce(&mut CellSummary)) {
        if let Some(at) = self.position(id) {
            change(&mut self.cells[at]);
        }
    }

    /// Moves the run's time forward and returns it.
    fn advance(&mut self, started_ns: u64, elapsed_ns: u64) -> u64 {
        let origin = *self.origin_ns.get_or_insert(started_ns);
        let at_ns = started_ns.saturating_add(elapsed_ns).saturating_sub(origin);
        self.elapsed_ns = self.elapsed_ns.max(at_ns);
        at_ns
    }
}

/// The cells of a run, measured ones first.
fn cells(begin: &RunBegin) -> Vec<CellSummary> {
    let (measured, others): (Vec<&Cell>, Vec<&Cell>) =
        begin.cells.iter().partition(|cell| cell.role.is_measured());
    let of_role = |cell: &Cell| {
        // Calibration runs in the first fork.
        CellSummary::new(cell, if cell.role.is_measured() { begin.forks } else { 1 })
    };
    measured.into_iter().chain(others).map(of_role).collect()
}
