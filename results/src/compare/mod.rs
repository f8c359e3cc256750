//! Two runs, or the two arms of one run, held against each other: what each cell differs by, what
//! the gate says of it, and what differs between the programs. Everything that shows a comparison
//! (page, exports, screen, exit code) reads a [`Compared`]. Measures nothing, builds nothing.

use mapbench_core::event::{Cell, PlacementMode, RunBegin};

use crate::exit::ExitCause;
use crate::fingerprint::Difference;
use crate::gate::{Judgement, Verdict};

/// A comparison with its verdicts.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// How it was measured.
    pub design: Design,
    /// The reference.
    pub a: Side,
    /// What is under test.
    pub b: Side,
    /// What differs between the two: commits, versions, compiler, flags. The treatment.
    pub treatment: Vec<Difference>,
    /// One entry per cell and placement mode, in the order of the plan.
    pub cells: Vec<ComparedCell>,
    /// Whether the cost of the harness itself differs, per setting; empty where it was not
    /// measured in both.
    pub harness: Vec<HarnessShift>,
    /// Cells that only one side has, or that have no rounds to hold against each other, each with
    /// its reason as a sentence.
    pub left_out: Vec<LeftOut>,
}

/// How a comparison was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    /// Both arms in one session, in quads ABBA or BAAB.
    Paired,
    /// Two runs, one after the other: δ is larger, because machines drift between runs.
    Stored,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// As people call it: `run 3fa9c2d1`, `commit 135b197 Go on with …`.
    pub name: String,
    /// The run. Both sides of a paired comparison have the same one.
    pub begin: Box<RunBegin>,
}

/// What one cell differs by, in one placement mode.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedCell {
    /// The cell, as side B has it.
    pub cell: Cell,
    /// The placement mode; `None` at one thread.
    pub mode: Option<PlacementMode>,
    /// Median throughput of A's rounds in that mode. Ops per second.
    pub a_ops_per_sec: f64,
    /// Median throughput of B's rounds in that mode. Ops per second.
    pub b_ops_per_sec: f64,
    /// Quads of a paired comparison; rounds of the smaller side of a stored one.
    pub n: usize,
    /// Forks of each arm.
    pub forks: u32,
    /// What two equal things differed by, as a share; `None` if that was not measured.
    pub floor: Option<f64>,
    /// What the gate says.
    pub judgement: Judgement,
}

/// What the harness itself costs on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct HarnessShift {
    /// The setting, as [`crate::label::setting`] calls it.
    pub setting: String,
    /// The slowdown of the map that keeps nothing, with its interval and verdict.
    pub judgement: Judgement,
}

/// A cell that is not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Adapter and setting.
    pub cell: String,
    /// Why, as a sentence.
    pub reason: String,
}

/// What a whole comparison comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overall {
    /// At least one cell fails.
    Regression,
    /// No cell fails, and at least one is inconclusive.
    Inconclusive,
    /// All cells are the same, as far as the gate goes.
    Same,
}

impl Overall {
    /// The word in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Overall::Regression => "REGRESSION",
            Overall::Inconclusive => "INCONCLUSIVE",
            Overall::Same => "no regression",
        }
    }
}

impl Compared {
    /// What it all comes to. A comparison without cells is inconclusive.
    pub fn overall(&self) -> Overall {
        let any = |wanted: fn(&Verdict) -> bool| {
            self.cells.iter().any(|cell| wanted(&cell.judgement.verdict))
        };
        if any(|verdict| *verdict == Verdict::Fail) {
            Overall::Regression
        } else if self.cells.is_empty() || any(|verdict| *verdict != Verdict::Same) {
            Overall::Inconclusive
        } else {
            Overall::Same
        }
    }

    /// Why a gate over it would end as it does; `strict` makes it fail on what is inconclusive.
    pub fn exit_cause(&self, strict: bool) -> ExitCause {
        match self.overall() {
            Overall::Regression => ExitCause::Regression,
            Overall::Inconclusive if strict => ExitCause::Inconclusive,
            Overall::Inconclusive | Overall::Same => ExitCause::Fine,
        }
    }
}
