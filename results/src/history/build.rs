//! Series from the digests of a store: which run stands where, and which machine it is of. Finds no
//! change.

use std::collections::BTreeMap;

use mapbench_core::event::{Commit, Measure, PlacementMode};

use super::commits::Commits;
use super::{Point, PointRun, Segment, Series, SeriesName};
use crate::fingerprint::{Difference, Part};
use crate::stats::{Interval, median};
use crate::store::{CellDigest, ModeDigest, RunDigest};
use crate::summary::Status;

/// The series of a store with the order of its commits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Built {
    /// The series, by name. Nothing was searched for in them yet.
    pub series: Vec<Series>,
    /// The commits of the repository and of the runs, in order.
    pub commits: Commits,
    /// Runs that stand in no series, each with its reason as a sentence.
    pub left_out: Vec<String>,
}

/// A figure on its way to a point.
struct Figure<'d> {
    run: &'d RunDigest,
    commit: &'d Commit,
    cell: &'d CellDigest,
    mode: &'d ModeDigest,
    machine: usize,
}

/// Makes the series of runs, oldest first, over the commits of a repository.
pub fn build(runs: &[RunDigest], repository: Commits) -> Built {
    let mut left_out = Vec::new();
    let fitting: Vec<&RunDigest> = runs
        .iter()
        .filter(|run| {
            let reason = misfit(run);
            left_out.extend(reason.map(|reason| format!("run {}: {reason}", run.id())));
            reason.is_none()
        })
        .collect();
    let commit = |run: &&RunDigest| run.begin.commit.clone();
    let commits = repository.with(fitting.iter().filter_map(commit));
    let mut figures: BTreeMap<SeriesName, Vec<Figure>> = BTreeMap::new();
    for (run, machine) in fitting.iter().zip(machines(&fitting)) {
        let Some(commit) = &run.begin.commit else { continue };
        for cell in run.cells.iter().filter(|cell| cell.status == Status::Ok) {
            for mode in cell.modes.iter().filter(|mode| is_figure(mode)) {
                let name = SeriesName::new(cell.setting.clone(), cell.adapter.clone(), mode.mode);
                let figure = Figure { run, commit, cell, mode, machine };
                figures.entry(name).or_default().push(figure);
            }
        }
    }
    let series = figures.into_iter().map(|(name, figures)| series(name, &figures, &commits));
    Built { series: series.collect(), commits, left_out }
}

/// Why a run stands in no series.
fn misfit(run: &RunDigest) -> Option<&'static str> {
    if run.begin.sweep.is_some() {
        Some("a sweep, whose points are no cells of a history")
    } else if run.begin.comparison.is_some() {
        Some("a comparison, which has its verdict already")
    } else if run.begin.measure != Measure::Time {
        Some("measures no time")
    } else if run.begin.commit.is_none() {
        Some("was made outside of a repository, so no commit is known")
    } else {
        None
    }
}

/// Rounds that straddle a flip of the placement are of no series; what is no speed is of none.
fn is_figure(mode: &ModeDigest) -> bool {
    let speed = mode.ops_per_sec_median;
    mode.mode != Some(PlacementMode::Mixed) && speed.is_finite() && speed > 0.0
}

/// Which machine and protocol each run is of, as the position of the first run of it. What an older
/// log does not say does not set it apart.
fn machines(runs: &[&RunDigest]) -> Vec<usize> {
    let mut firsts: Vec<usize> = Vec::new();
    let mut of = Vec::with_capacity(runs.len());
    for (at, run) in runs.iter().enumerate() {
        let known = firsts.iter().copied().find(|first| runs[*first].breaks(run).is_empty());
        let first = known.unwrap_or(at);
        if known.is_none() {
            firsts.push(at);
        }
        of.push(first);
    }
    of
}

/// What sets the points of a segment apart: a machine, and what it executed.
type Kind<'d> = (usize, &'d str);

fn series(name: SeriesName, figures: &[Figure<'_>], commits: &Commits) -> Series {
    // By place, kind and cleanness: runs of one commit are one point, a changed tree is its own.
    let mut points: BTreeMap<(usize, Kind<'_>, bool), Vec<&Figure>> = BTreeMap::new();
    for figure in figures {
        let Some(position) = commits.position(&figure.commit.sha) else { continue };
        let kind = (figure.machine, figure.cell.trace_hash.as_str());
        points.entry((position, kind, figure.commit.dirty)).or_default().push(figure);
    }
    let mut kinds: Vec<Kind<'_>> = Vec::new();
    let mut segments: Vec<Segment> = Vec::new();
    let mut last: Option<&Figure> = None;
    let points = points.into_iter().filter_map(|((position, kind, dirty), figures)| {
        let first = *figures.first()?;
        let segment = kinds.iter().position(|known| *known == kind).unwrap_or_else(|| {
            kinds.push(kind);
            segments.push(segment(first, last));
            kinds.len() - 1
        });
        last = Some(first);
        point(position, segment, dirty, &figures)
    });
    Series { name, points: points.collect(), segments, changes: Vec::new() }
}

fn segment(of: &Figure<'_>, after: Option<&Figure<'_>>) -> Segment {
    let machine = &of.run.begin.machine;
    let mut differs = after.map(|before| before.run.breaks(of.run)).unwrap_or_default();
    if let Some(before) = after
        && before.cell.trace_hash != of.cell.trace_hash
    {
        differs.push(Difference {
            part: Part::Protocol,
            field: format!("trace of {}", of.cell.scenario),
            a: before.cell.trace_hash.clone(),
            b: of.cell.trace_hash.clone(),
        });
    }
    let cpus = machine.cpus;
    let plural = if cpus == 1 { "processor" } else { "processors" };
    Segment { machine: format!("{}, {cpus} {plural}, {}", machine.cpu, machine.kernel), differs }
}

fn point(position: usize, segment: usize, dirty: bool, figures: &[&Figure<'_>]) -> Option<Point> {
    let commit = figures.first()?.commit;
    let runs: Vec<PointRun> = figures
        .iter()
        .map(|figure| PointRun {
            id: figure.run.id().to_owned(),
            ops_per_sec: figure.mode.ops_per_sec_median,
            interval: figure.mode.ops_per_sec_ci95,
        })
        .collect();
    let speeds: Vec<f64> = runs.iter().map(|run| run.ops_per_sec).collect();
    let interval = match runs.as_slice() {
        [only] => only.interval,
        _ => Some(Interval {
            low: speeds.iter().copied().fold(f64::INFINITY, f64::min),
            high: speeds.iter().copied().fold(0.0, f64::max),
        }),
    };
    Some(Point {
        commit: commit.sha.clone(),
        subject: commit.subject.clone(),
        time: commit.time.clone(),
        position,
        segment,
        ops_per_sec: median(&speeds)?,
        interval,
        runs,
        dirty,
    })
}
