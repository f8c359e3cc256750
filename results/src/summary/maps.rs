//! The maps of a trace one by one: what share of the ops and of the time each of them takes, and
//! what an op on it costs. Sums over the same rounds as every other figure of the row; how much
//! they vary shows in the rows of the forks.

use mapbench_core::event::{Cell, MapReport, RoundReport};

use super::cell::CellSummary;
use super::fork::{ForkSummary, share};
use super::row::{Level, PlacementShares, Status, state_of, status};
use super::tally::{Tally, per_second, sum};
use crate::label;

/// Sums over rounds of one map.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MapTally {
    pub(super) busy_ns: u64,
    ops: u64,
    reads: u64,
    writes: u64,
    /// At the end of the last round.
    entries: u64,
}

/// One map's part in a cell, a fork or a round. Figures that do not exist are `None`, never zero.
#[derive(Debug, Clone, PartialEq)]
pub struct MapRow {
    /// What it sums over.
    pub level: Level,
    /// Id of the cell.
    pub cell: u32,
    /// The fork, at the levels of fork and round.
    pub fork: Option<u32>,
    /// Number of the round, at that level.
    pub round: Option<u32>,
    /// Position in the trace's map table.
    pub position: usize,
    /// Short id, e.g. `M9`.
    pub id: String,
    /// What it is, e.g. `pod states`; empty in logs that do not say.
    pub name: String,
    /// Rounds that the figures are of.
    pub rounds: u64,
    /// Time of them. Nanoseconds.
    pub elapsed_ns: u64,
    /// Ops on it.
    pub ops: u64,
    /// Reads among them.
    pub reads: u64,
    /// Writes among them.
    pub writes: u64,
    /// Its ops ÷ those of all maps.
    pub ops_share: Option<f64>,
    /// Time in its ops ÷ time in those of all maps; `None` if no op was timed.
    pub time_share: Option<f64>,
    /// Time per op; `None` if none was timed. Nanoseconds.
    pub ns_per_op: Option<f64>,
    /// Entries at the end of the last round, of the last fork.
    pub entries: u64,
    /// How far the measuring got.
    pub status: Status,
}

impl MapTally {
    pub(super) fn add(&mut self, part: &MapReport) {
        *self = MapTally { entries: part.entries, ..self.plus(part) };
    }

    fn plus(self, part: &MapReport) -> MapTally {
        MapTally {
            busy_ns: self.busy_ns.saturating_add(part.busy_ns),
            ops: self.ops.saturating_add(part.ops),
            reads: self.reads.saturating_add(part.reads),
            writes: self.writes.saturating_add(part.writes),
            entries: self.entries,
        }
    }
}

impl MapRow {
    /// Throughput over all its rounds together, of all threads.
    pub fn ops_per_sec(&self) -> f64 {
        per_second(self.ops, self.elapsed_ns)
    }
}

impl CellSummary {
    /// Its maps over all forks, in the order of the trace; empty if it has one only.
    pub fn maps(&self) -> Vec<MapRow> {
        rows(self.cell(), Level::Cell, status(self.state()), &self.tallies())
    }

    /// The rows of its maps, then those of each fork.
    pub fn map_rows(&self) -> Vec<MapRow> {
        let mut all = self.maps();
        for fork in self.forks() {
            let status = status(state_of(self, fork));
            let of_fork = rows(self.cell(), Level::Fork, status, &own_tally(fork));
            all.extend(of_fork.into_iter().map(|row| MapRow { fork: Some(fork.fork), ..row }));
        }
        all
    }
}

/// The sums of a fork in its own most frequent mode, as in its other rows.
fn own_tally(fork: &ForkSummary) -> Vec<&Tally> {
    let mode = PlacementShares::of([fork]).map(|shares| shares.mode);
    fork.tally(mode).into_iter().collect()
}

/// The rows of the maps of one round.
pub fn round_map_rows(cell: &Cell, fork: u32, report: &RoundReport) -> Vec<MapRow> {
    let mut tally = Tally::default();
    tally.add(report);
    let of_round = rows(cell, Level::Round, Status::Ok, &[&tally]).into_iter();
    of_round.map(|row| MapRow { fork: Some(fork), round: Some(report.n), ..row }).collect()
}

fn rows(cell: &Cell, level: Level, status: Status, tallies: &[&Tally]) -> Vec<MapRow> {
    let maps = tallies.iter().map(|tally| tally.maps.len()).max().unwrap_or(0);
    let total = |position, of: fn(&MapTally) -> u64| {
        sum(tallies.iter().filter_map(|tally| tally.maps.get(position)).map(of))
    };
    let of_all = |of| sum((0..maps).map(|position| total(position, of)));
    let (ops_of_all, busy_of_all) = (of_all(|map| map.ops), of_all(|map| map.busy_ns));
    (0..maps)
        .map(|position| {
            let (id, name) = label::map(cell, position);
            let (ops, busy_ns) = (total(position, |map| map.ops), total(position, |m| m.busy_ns));
            let last = tallies.iter().rev().find_map(|tally| tally.maps.get(position));
            MapRow {
                level,
                cell: cell.id,
                fork: None,
                round: None,
                position,
                id,
                name,
                rounds: sum(tallies.iter().map(|tally| tally.rounds)),
                elapsed_ns: sum(tallies.iter().map(|tally| tally.elapsed_ns)),
                ops,
                reads: total(position, |map| map.reads),
                writes: total(position, |map| map.writes),
                ops_share: share(ops, ops_of_all),
                time_share: share(busy_ns, busy_of_all),
                ns_per_op: share(busy_ns, ops).filter(|_| busy_ns > 0),
                entries: last.map_or(0, |map| map.entries),
                status,
            }
        })
        .collect()
}
