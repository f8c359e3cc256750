//! Judges a live comparison: both arms in one session, every cell in quads. One family of tests over
//! all cells and placement modes. Reads a summary; runs nothing.

use mapbench_core::event::{Arm, Measure, RunBegin};

use super::filter::Filter;
use super::harness;
use super::noise_floor::NoiseFloors;
use super::pairing::{self, Pair};
use super::{Basis, CompareError, Compared, ComparedCell, Design, LeftOut, Side};
use crate::fingerprint;
use crate::gate::{self, Comparison, Judgement};
use crate::stats::{Looks, PairedEstimate, Quads, compare_quads, median};
use crate::summary::{CellSummary, RunSummary};

/// Below so many forks, quads are pooled.
const MIN_FORKS: usize = 3;

/// Judges the log of a live comparison, or what there is of it so far.
///
/// # Errors
/// [`CompareError::OneArm`] of a run without arms, [`CompareError::NotTime`] of one that measured
/// something else.
pub fn paired(summary: &RunSummary, filter: Filter<'_>) -> Result<Compared, CompareError> {
    let begin = summary.begin();
    let name = format!("run {}", begin.run_id);
    let Some(arms) = &begin.comparison else { return Err(CompareError::OneArm { name }) };
    check_measures_time(begin, &name)?;
    let looks = looks(arms.looks);
    let floors = NoiseFloors::of(summary);
    let (pairs, mut left_out) = pairing::measured(summary, filter);
    let mut drafts = Vec::new();
    for pair in &pairs {
        let found = drafts.len();
        let quads = Quads::of(&pair.a.samples(), &pair.b.samples());
        drafts.extend(estimates(*pair, &quads).into_iter().map(|estimate| (*pair, estimate)));
        if drafts.len() == found {
            let cell = pairing::spelled(pair.b.cell());
            left_out.push(LeftOut { cell, reason: without_estimate(&quads) });
        }
    }
    let floor = |pair: &Pair<'_>, estimate: &PairedEstimate| {
        floors.at(pair.a.cell().threads, estimate.mode)
    };
    let comparisons: Vec<Comparison> = drafts
        .iter()
        .map(|(pair, estimate)| Comparison::of(estimate, floor(pair, estimate)))
        .collect();
    let judged = gate::judge(&comparisons, looks);
    let cells = drafts.iter().zip(comparisons).zip(judged);
    let cells = cells
        .filter_map(|(((pair, estimate), comparison), judgement)| {
            compared(*pair, estimate, comparison.floor, judgement)
        })
        .collect();
    let (a, b) = (side(begin, Arm::A, &arms.a.name), side(begin, Arm::B, &arms.b.name));
    Ok(Compared {
        design: Design::Paired,
        treatment: treatment(&a.begin, &b.begin),
        harness: harness::shifts(summary, &pairs, looks),
        a,
        b,
        cells,
        left_out,
        looks,
        equal_runs: 0,
    })
}

pub(super) fn check_measures_time(begin: &RunBegin, name: &str) -> Result<(), CompareError> {
    let measured = match begin.measure {
        Measure::Time => return Ok(()),
        Measure::Memory => "memory",
        Measure::Instructions => "instructions",
    };
    Err(CompareError::NotTime { name: name.to_owned(), measured })
}

/// The looks of a number; a number that no level is known for is taken for more of them.
fn looks(count: u32) -> Looks {
    match count {
        0 | 1 => Looks::One,
        2 => Looks::Two,
        _ => Looks::Four,
    }
}

/// What the quads of a pair say, in each placement mode.
pub(super) fn estimates(pair: Pair<'_>, quads: &Quads) -> Vec<PairedEstimate> {
    let pressure = |cell: &CellSummary| cell.row().disturbance.pressure;
    compare_quads(quads, pair.a.cell().threads, pressure(pair.a).worse(pressure(pair.b)))
}

fn without_estimate(quads: &Quads) -> String {
    match (quads.whole.len(), quads.flipped) {
        (0, 0) => "has no whole quad; measure for longer".to_owned(),
        (0, flipped) => {
            format!("all {flipped} quads straddle a flip of placement; measure for longer")
        }
        (whole, flipped) => format!(
            "{whole} whole quads are too few in any placement mode ({flipped} straddle a flip); \
             measure for longer"
        ),
    }
}

fn compared(
    Pair { a, b }: Pair<'_>,
    estimate: &PairedEstimate,
    floor: Option<f64>,
    judgement: Judgement,
) -> Option<ComparedCell> {
    let forks = forks(a, estimate).min(forks(b, estimate));
    Some(ComparedCell {
        cell: b.cell().clone(),
        mode: estimate.mode,
        a_ops_per_sec: median_of(a, estimate)?,
        b_ops_per_sec: median_of(b, estimate)?,
        n: estimate.log_ratio.n,
        forks: forks as u32,
        dropped: estimate.dropped,
        basis: if forks >= MIN_FORKS { Basis::ForksOfQuads } else { Basis::Quads },
        floor,
        judgement,
    })
}

fn median_of(cell: &CellSummary, estimate: &PairedEstimate) -> Option<f64> {
    let samples = cell.samples();
    let of_mode = samples.iter().filter(|sample| sample.mode == estimate.mode);
    median(&of_mode.map(|sample| sample.ops_per_sec).collect::<Vec<f64>>())
}

/// Forks that have rounds of the mode.
fn forks(cell: &CellSummary, estimate: &PairedEstimate) -> usize {
    let mut forks: Vec<u32> = cell
        .samples()
        .iter()
        .filter(|sample| sample.mode == estimate.mode)
        .map(|sample| sample.fork)
        .collect();
    forks.sort_unstable();
    forks.dedup();
    forks.len()
}

/// A side of a run: its own commit, program and cells.
fn side(begin: &RunBegin, arm: Arm, asked: &str) -> Side {
    let mut begin = begin.clone();
    if let Some(arms) = begin.comparison.clone() {
        let of_arm = arms.arm(arm);
        begin.commit.clone_from(&of_arm.commit);
        begin.subject = Some(of_arm.subject.clone());
    }
    begin.cells.retain(|cell| cell.arm == Some(arm));
    let mut side = Side { name: asked.to_owned(), begin: Box::new(begin) };
    // A program that somebody built has a path, and no commit that we know of.
    if let Some(commit) = side.commit() {
        side.name = format!("commit {commit}");
    }
    side
}

/// What differs between the sides that may.
pub(super) fn treatment(a: &RunBegin, b: &RunBegin) -> Vec<fingerprint::Difference> {
    let mut differences = fingerprint::differences(a, b);
    differences.retain(|difference| !difference.part.must_match());
    differences
}
