//! Which cells of a live comparison belong together: the same adapter in the same setting, once in
//! arm A and once in arm B. Judges nothing.

use mapbench_core::event::{Arm, Cell, Role};

use super::LeftOut;
use super::filter::Filter;
use crate::label;
use crate::summary::{CellState, CellSummary, RunSummary};
use crate::units::Charset;

/// One map in one setting, in both arms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'s> {
    /// The reference.
    pub(super) a: &'s CellSummary,
    /// What is under test.
    pub(super) b: &'s CellSummary,
}

/// What makes two cells the same but for the arm.
pub(super) fn identity(cell: &Cell) -> (String, String, &str) {
    (label::setting(cell, Charset::Ascii), label::adapter(cell), &cell.trace_hash)
}

/// What people call a cell, on one line.
pub(super) fn spelled(cell: &Cell) -> String {
    format!("{}, {}", label::adapter(cell), label::setting(cell, Charset::Ascii))
}

/// The measured pairs that can be compared, in the order of the plan, and those that cannot, each
/// with its reason.
pub(super) fn measured<'s>(
    summary: &'s RunSummary,
    filter: Filter<'_>,
) -> (Vec<Pair<'s>>, Vec<LeftOut>) {
    let cells = || summary.cells().iter().filter(|cell| filter.takes(cell.cell()));
    let of_arm = |arm: Arm| cells().filter(move |cell| cell.cell().arm == Some(arm));
    let (mut pairs, mut left_out) = (Vec::new(), Vec::new());
    for a in of_arm(Arm::A) {
        let wanted = identity(a.cell());
        let partner = of_arm(Arm::B).find(|b| identity(b.cell()) == wanted);
        let reason = match partner {
            None => Some("was measured in A only".to_owned()),
            Some(b) => failing(a, "A").or_else(|| failing(b, "B")),
        };
        match (partner, reason) {
            (Some(b), None) => pairs.push(Pair { a, b }),
            (_, reason) => left_out
                .push(LeftOut { cell: spelled(a.cell()), reason: reason.unwrap_or_default() }),
        }
    }
    let known: Vec<_> = of_arm(Arm::A).map(|a| identity(a.cell())).collect();
    for b in of_arm(Arm::B).filter(|b| !known.contains(&identity(b.cell()))) {
        let reason = "was measured in B only".to_owned();
        left_out.push(LeftOut { cell: spelled(b.cell()), reason });
    }
    (pairs, left_out)
}

/// The map that keeps nothing in both arms, for each setting that has it so.
pub(super) fn floors(summary: &RunSummary) -> Vec<Pair<'_>> {
    let of_arm = move |arm: Arm| {
        let floors = summary.calibrating().iter();
        floors.filter(move |cell| cell.cell().role == Role::Floor && cell.cell().arm == Some(arm))
    };
    let partner =
        |a: &CellSummary| of_arm(Arm::B).find(|b| identity(b.cell()) == identity(a.cell()));
    of_arm(Arm::A).filter_map(|a| Some(Pair { a, b: partner(a)? })).collect()
}

/// Pairs that ran the same: A and A's second copy, or A twice.
pub(super) fn twins(summary: &RunSummary) -> Vec<Pair<'_>> {
    let is_twin = |cell: &&CellSummary| matches!(cell.cell().role, Role::Twin { .. });
    let mut waiting: Vec<&CellSummary> = Vec::new();
    let mut pairs = Vec::new();
    for twin in summary.calibrating().iter().filter(is_twin) {
        match waiting.iter().position(|other| other.cell().role == twin.cell().role) {
            Some(at) => pairs.push(Pair { a: waiting.remove(at), b: twin }),
            None => waiting.push(twin),
        }
    }
    pairs
}

/// Why a cell is not compared: it failed, or somebody skipped it.
pub(super) fn failing(cell: &CellSummary, side: &str) -> Option<String> {
    match cell.state() {
        CellState::Failed(failure) => {
            Some(format!("{} in {side}: {}", failure.kind.name(), failure.message))
        }
        CellState::Skipped => Some(format!("was skipped while it ran in {side}")),
        _ if cell.cell().offered.is_some() => Some(
            "is offered at a rate, so that its throughput is what was offered; compare without \
             --rate"
                .to_owned(),
        ),
        _ if cell.forks().is_empty() => Some(format!("was not run in {side}")),
        _ => None,
    }
}
