//! Two runs, or the two arms of one run, held against each other: what each cell differs by, what
//! the gate says of it, and what differs between the programs. Everything that shows a comparison
//! (page, exports, screen, exit code) reads a [`Compared`]. Measures nothing, builds nothing.

mod across;
mod equal_runs;
mod filter;
mod harness;
pub mod json;
mod noise_floor;
pub mod page;
mod paired;
mod pairing;
mod refusal;
mod spread;
mod stored;

pub use across::{AcrossMachines, AcrossSetting, across};
pub use equal_runs::EqualRuns;
pub use filter::Filter;
pub use paired::paired;
pub use refusal::CompareError;
pub use stored::{LEAST_STORED_DELTA, NamedRun, stored};

use mapbench_core::event::{Cell, PlacementMode, RunBegin};

use crate::exit::ExitCause;
use crate::fingerprint::Difference;
use crate::gate::{Judgement, Verdict};
use crate::stats::Looks;

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
    /// Looks that were settled before the first round; one look for stored runs.
    pub looks: Looks,
    /// Pairs of runs of one program that the floors of stored runs are of; 0 where none was found,
    /// and in paired comparisons, whose floors come from their own rounds.
    pub equal_runs: usize,
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
    /// The run, with the commit and the program of this side and its cells only. Both sides of a
    /// paired comparison are of one run.
    pub begin: Box<RunBegin>,
}

impl Side {
    /// The commit as people call it: seven digits and the first line of its message.
    pub fn commit(&self) -> Option<String> {
        let commit = self.begin.commit.as_ref()?;
        let sha: String = commit.sha.chars().take(7).collect();
        let dirty = if commit.dirty { " (with changes)" } else { "" };
        Some(format!("{sha}{dirty} {}", commit.subject))
    }
}

/// What the interval of a cell is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// Quads of fewer than three forks, pooled: it holds for these processes only.
    Quads,
    /// The means of forks, each over its quads.
    ForksOfQuads,
    /// The medians of forks, at least three on both sides.
    Forks,
    /// Rounds, with an error no smaller than what forks of these runs differ by.
    Rounds,
    /// Nothing: one fork a side, and nothing else that says what processes differ by.
    Nothing,
}

impl Basis {
    /// The word in files.
    pub const fn key(self) -> &'static str {
        match self {
            Basis::Quads => "quads",
            Basis::ForksOfQuads => "forks-of-quads",
            Basis::Forks => "forks",
            Basis::Rounds => "rounds",
            Basis::Nothing => "nothing",
        }
    }

    /// What stands on the page, as a sentence without its full stop.
    pub const fn describe(self) -> &'static str {
        match self {
            Basis::Quads => "all quads together, of these processes only",
            Basis::ForksOfQuads => "the means of forks, each over its quads",
            Basis::Forks => "the medians of forks",
            Basis::Rounds => "rounds, with an error no smaller than what forks differ by",
            Basis::Nothing => "nothing: one fork says not what processes differ by",
        }
    }
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
    /// Forks of each arm; of the smaller side of a stored comparison.
    pub forks: u32,
    /// Quads that were dropped for a preemption.
    pub dropped: usize,
    /// What the interval is of.
    pub basis: Basis,
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
    /// The placement mode; `None` at one thread.
    pub mode: Option<PlacementMode>,
    /// The slowdown of the map that keeps nothing, with its interval and verdict.
    pub judgement: Judgement,
    /// What the shift is of the time per op of the cell that it is the most of, as a share, with
    /// its sign; 0 if the setting has no such cell.
    pub share: f64,
    /// That cell's adapter; empty if there is none.
    pub adapter: String,
}

impl HarnessShift {
    /// A smaller share of a cell's time per op does not matter.
    pub const LEAST_SHARE: f64 = 0.005;

    /// Whether the harness changed enough to move a cell: its shift was detected, and is more than
    /// [`LEAST_SHARE`](HarnessShift::LEAST_SHARE) of the time per op of one.
    pub fn is_change(&self) -> bool {
        self.judgement.detected && self.share.abs() > HarnessShift::LEAST_SHARE
    }
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
    /// The word in files.
    pub const fn key(self) -> &'static str {
        match self {
            Overall::Regression => "regression",
            Overall::Inconclusive => "inconclusive",
            Overall::Same => "same",
        }
    }

    /// The word in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Overall::Regression => "REGRESSION",
            Overall::Inconclusive => "INCONCLUSIVE",
            Overall::Same => "no regression",
        }
    }
}

impl Design {
    /// The word in files.
    pub const fn key(self) -> &'static str {
        match self {
            Design::Paired => "paired",
            Design::Stored => "stored",
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
