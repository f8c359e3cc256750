//! Judges two runs that were measured one after the other. Nothing pairs their rounds, so the
//! smallest slowdown that can fail is larger, and an interval is of forks. Refuses what differs in
//! more than what is compared. Reads two summaries; runs nothing.

use mapbench_core::event::PlacementMode;

use super::equal_runs::EqualRuns;
use super::filter::Filter;
use super::paired::{check_measures_time, treatment};
use super::pairing::{self, identity};
use super::spread::{self, Forks, PooledSpread};
use super::{Basis, CompareError, Compared, ComparedCell, Design, LeftOut, Side};
use crate::fingerprint;
use crate::gate::{self, Comparison};
use crate::stats::{Looks, NoiseCause};
use crate::summary::{CellSummary, MODES, RunSummary};

/// The smallest slowdown of stored runs that can fail.
pub const LEAST_STORED_DELTA: f64 = 0.05;

/// A run and what people call it.
#[derive(Debug, Clone, Copy)]
pub struct NamedRun<'r> {
    /// As it was asked for, or `run 3fa9c2d1`.
    pub name: &'r str,
    /// What it says.
    pub summary: &'r RunSummary,
}

/// One cell of both runs in one placement mode.
struct Draft<'r> {
    b: &'r CellSummary,
    mode: Option<PlacementMode>,
    forks: [Forks; 2],
    comparison: Comparison,
    basis: Basis,
}

/// Judges run `b` against run `a`. `equal` is what runs of one program differed by on this machine.
///
/// # Errors
/// [`CompareError::Differs`] with every field of machine, protocol and trace that forbids it;
/// [`CompareError::TwoArms`] and [`CompareError::NotTime`] of logs of another kind.
pub fn stored(
    a: NamedRun<'_>,
    b: NamedRun<'_>,
    equal: &EqualRuns,
    filter: Filter<'_>,
) -> Result<Compared, CompareError> {
    let (side_a, side_b) = (side(a, filter)?, side(b, filter)?);
    let forbidding: Vec<_> = fingerprint::differences(&side_a.begin, &side_b.begin)
        .into_iter()
        .filter(fingerprint::Difference::forbids)
        .collect();
    if !forbidding.is_empty() {
        let (a, b) = (side_a.name, side_b.name);
        return Err(CompareError::Differs { a, b, differences: forbidding });
    }
    let spreads = Spreads::of([a.summary, b.summary]);
    let mut left_out = Vec::new();
    let mut drafts: Vec<Draft<'_>> = Vec::new();
    for cell_b in b.summary.cells().iter().filter(|cell| filter.takes(cell.cell())) {
        let found = drafts.len();
        let partner = partner(a.summary, cell_b);
        let reason = match partner {
            None => Some("was measured in B only".to_owned()),
            Some(cell_a) => pairing::failing(cell_a, "A").or_else(|| pairing::failing(cell_b, "B")),
        };
        if let (Some(cell_a), None) = (partner, &reason) {
            drafts.extend(
                MODES.into_iter().filter_map(|mode| draft(cell_a, cell_b, mode, &spreads, equal)),
            );
        }
        if drafts.len() == found {
            let none = "has no rounds of one placement mode in both; measure for longer";
            left_out.push(LeftOut {
                cell: pairing::spelled(cell_b.cell()),
                reason: reason.unwrap_or_else(|| none.to_owned()),
            });
        }
    }
    for cell_a in a.summary.cells().iter().filter(|cell| filter.takes(cell.cell())) {
        if partner(b.summary, cell_a).is_none() {
            let cell = pairing::spelled(cell_a.cell());
            left_out.push(LeftOut { cell, reason: "was measured in A only".to_owned() });
        }
    }
    Ok(Compared {
        design: Design::Stored,
        treatment: treatment(&side_a.begin, &side_b.begin),
        a: side_a,
        b: side_b,
        cells: judged(drafts),
        harness: Vec::new(),
        left_out,
        looks: Looks::One,
        equal_runs: equal.pairs(),
    })
}

/// Judges the drafts as one family.
fn judged(drafts: Vec<Draft<'_>>) -> Vec<ComparedCell> {
    let comparisons: Vec<Comparison> =
        drafts.iter().map(|draft| draft.comparison.clone()).collect();
    let judged = gate::judge_from(LEAST_STORED_DELTA, &comparisons, Looks::One);
    let cells = drafts.into_iter().zip(judged).filter_map(|(draft, judgement)| {
        let [a, b] = &draft.forks;
        Some(ComparedCell {
            cell: draft.b.cell().clone(),
            mode: draft.mode,
            a_ops_per_sec: a.ops_per_sec()?,
            b_ops_per_sec: b.ops_per_sec()?,
            n: draft.comparison.log_slowdown.n,
            forks: a.count().min(b.count()) as u32,
            dropped: 0,
            basis: draft.basis,
            floor: draft.comparison.floor,
            judgement,
        })
    });
    cells.collect()
}

fn draft<'r>(
    a: &CellSummary,
    b: &'r CellSummary,
    mode: Option<PlacementMode>,
    spreads: &Spreads,
    equal: &EqualRuns,
) -> Option<Draft<'r>> {
    let threads = b.cell().threads;
    let forks = [a, b].map(|cell| Forks::of(&cell.samples(), mode));
    let pooled = spreads.at(threads, mode);
    let (log_slowdown, basis) = spread::difference(&forks[0], &forks[1], &pooled)?;
    let floor = equal.floor(threads, mode);
    let noise = disturbances([a, b]);
    Some(Draft {
        b,
        mode,
        forks,
        comparison: Comparison { log_slowdown, floor, noise, mode },
        basis,
    })
}

/// What disturbed one of two cells so that its own interval is wide, the larger of each kind; how
/// wide the difference is known already.
fn disturbances(cells: [&CellSummary; 2]) -> Vec<NoiseCause> {
    let mut worst: Vec<NoiseCause> = Vec::new();
    for cause in cells.iter().flat_map(|cell| &cell.row().disturbance.causes) {
        if matches!(cause, NoiseCause::WideInterval(_)) {
            continue;
        }
        let kind = std::mem::discriminant(cause);
        match worst.iter_mut().find(|known| std::mem::discriminant(*known) == kind) {
            Some(known) if known.size() < cause.size() => *known = *cause,
            Some(_) => {}
            None => worst.push(*cause),
        }
    }
    worst
}

/// The cell of a run that is the same but for the run.
fn partner<'r>(summary: &'r RunSummary, like: &CellSummary) -> Option<&'r CellSummary> {
    let wanted = identity(like.cell());
    summary.cells().iter().find(|cell| identity(cell.cell()) == wanted)
}

fn side(run: NamedRun<'_>, filter: Filter<'_>) -> Result<Side, CompareError> {
    let mut begin = run.summary.begin().clone();
    if begin.comparison.is_some() {
        return Err(CompareError::TwoArms { name: run.name.to_owned() });
    }
    check_measures_time(&begin, run.name)?;
    begin.cells.retain(|cell| cell.role.is_measured() && filter.takes(cell));
    Ok(Side { name: run.name.to_owned(), begin: Box::new(begin) })
}

/// What forks of both runs differ by, by number of threads and placement mode.
#[derive(Debug, Default)]
struct Spreads(Vec<(u32, Option<PlacementMode>, PooledSpread)>);

impl Spreads {
    fn of(summaries: [&RunSummary; 2]) -> Self {
        let mut spreads = Spreads::default();
        for cell in summaries.into_iter().flat_map(RunSummary::cells) {
            let samples = cell.samples();
            for mode in MODES {
                spreads.with(cell.cell().threads, mode).add(&Forks::of(&samples, mode));
            }
        }
        spreads
    }

    fn with(&mut self, threads: u32, mode: Option<PlacementMode>) -> &mut PooledSpread {
        let known = self.0.iter().position(|known| known.0 == threads && known.1 == mode);
        let at = known.unwrap_or_else(|| {
            self.0.push((threads, mode, PooledSpread::default()));
            self.0.len() - 1
        });
        &mut self.0[at].2
    }

    fn at(&self, threads: u32, mode: Option<PlacementMode>) -> PooledSpread {
        let known = self.0.iter().find(|known| known.0 == threads && known.1 == mode);
        known.map_or_else(PooledSpread::default, |known| known.2)
    }
}
