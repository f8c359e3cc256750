//! What a run says of itself: the floor of the harness in each setting, what one map against itself
//! differed by, and the smallest difference that the run could have found. Computed from the cells
//! that calibrate; judges nothing.

use mapbench_core::event::{Cell, Role};

use super::RunSummary;
use super::cell::CellSummary;
use crate::label;
use crate::stats::minimum_detectable;
use crate::stats::{Interval, LEVEL, PairedEstimate, Pressure, Quads, compare_quads};
use crate::units::Charset;

/// What calibration says of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CellCalibration {
    /// Time of an op of one thread with a map that keeps nothing, in the setting of the cell:
    /// what the harness costs. Nanoseconds.
    pub floor_ns_per_op: Option<f64>,
    /// Part of the cell's time per op that this is.
    pub floor_share: Option<f64>,
    /// One map against itself at the cell's number of threads.
    pub noise: Option<Noise>,
}

/// One map against itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// How many times as fast as itself it was: 1 but for noise.
    pub ratio: f64,
    /// Its 95 % interval.
    pub interval: Interval,
    /// Quads that this is of.
    pub quads: usize,
    /// The smallest difference between two cells that as many rounds as a cell of this run has
    /// would show in 95 % of runs, if they scatter as these did, as a share; `None` of too few.
    pub detectable: Option<f64>,
}

impl RunSummary {
    /// What calibration says of a cell.
    pub fn calibration(&self, cell: &CellSummary) -> CellCalibration {
        let floor_ns_per_op = self.floor(cell.cell()).and_then(ns_per_op);
        let floor_share = floor_ns_per_op.zip(ns_per_op(cell)).map(|(floor, all)| floor / all);
        CellCalibration {
            floor_ns_per_op,
            floor_share,
            noise: self.twins(cell.cell().threads).and_then(|twins| self.noise(cell, twins)),
        }
    }

    /// The two workers of one map at a number of threads.
    pub fn twins(&self, threads: u32) -> Option<[&CellSummary; 2]> {
        let of = |cell: &CellSummary| match cell.cell().role {
            Role::Twin { of } if cell.cell().threads == threads => Some(of),
            _ => None,
        };
        let mut twins = self.calibrating().iter().filter(|cell| of(cell).is_some());
        let first = twins.next()?;
        let second = twins.find(|cell| of(cell) == of(first))?;
        Some([first, second])
    }

    fn floor(&self, like: &Cell) -> Option<&CellSummary> {
        let setting = |cell: &Cell| label::setting(cell, Charset::Ascii);
        let wanted = setting(like);
        self.calibrating().iter().find(|cell| {
            cell.cell().role == Role::Floor
                && cell.cell().trace_hash == like.trace_hash
                && setting(cell.cell()) == wanted
        })
    }

    fn noise(&self, cell: &CellSummary, [a, b]: [&CellSummary; 2]) -> Option<Noise> {
        let quads = Quads::of(&a.samples(), &b.samples());
        let threads = a.cell().threads;
        let modes = compare_quads(&quads, threads, Pressure::default());
        let most = modes.iter().max_by_key(|of_mode| of_mode.log_ratio.n)?;
        let interval = most.log_ratio.interval(LEVEL);
        let rounds = self.planned_rounds(cell) as usize;
        let logs = kept(&quads, most, threads);
        Some(Noise {
            ratio: most.log_ratio.value.exp(),
            interval: Interval { low: interval.low.exp(), high: interval.high.exp() },
            quads: most.log_ratio.n,
            detectable: minimum_detectable(&logs, rounds / 2).map(f64::exp_m1),
        })
    }
}

/// The log ratios that an estimate is of.
fn kept(quads: &Quads, of: &PairedEstimate, threads: u32) -> Vec<f64> {
    let drops = threads == 1 && of.dropped > 0;
    let of_mode = quads.whole.iter().filter(|quad| quad.mode == of.mode);
    of_mode.filter(|quad| !(drops && quad.preempted)).map(|quad| quad.log_ratio).collect()
}

/// Time of an op of one thread. Nanoseconds.
fn ns_per_op(cell: &CellSummary) -> Option<f64> {
    let per_sec = cell.row().ops_per_sec_median.filter(|per_sec| *per_sec > 0.0)?;
    Some(f64::from(cell.cell().threads) * 1e9 / per_sec)
}
