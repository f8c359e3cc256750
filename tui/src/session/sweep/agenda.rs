//! Which point of which curve is visited next: the grid in shuffled order, or where the findings so
//! far are least precise. Series take turns. Starts nothing.

use std::collections::VecDeque;

use mapbench_core::event::{PlacementMode, SweepDesign, SweepPart};
use mapbench_core::scenario::Axis;
use mapbench_core::scenario::axis::Part;
use mapbench_results::knee::{Curve, Definition, Design, Finding};
use mapbench_results::sweep::{self as results, Evidence, JudgedGroup, Setting};
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use xxhash_rust::xxh3::xxh3_64;

use super::points::Series;
use super::prepare::SweepPlan;
use crate::session::plan::Plan;

/// What is still to be visited.
#[derive(Debug)]
pub(super) struct Agenda {
    queues: Vec<Queue>,
    /// The series whose turn it is.
    turn: usize,
}

#[derive(Debug, Default)]
struct Queue {
    points: VecDeque<f64>,
    /// Nothing more would help.
    ended: bool,
}

impl Agenda {
    /// Everything that a grid has left to visit; an adaptive sweep asks as it goes.
    pub(super) fn new(sweep: &SweepPlan<'_>, random: &mut Xoshiro256PlusPlus) -> Self {
        let queue = |series: &Series<'_>| match sweep.begin.design {
            SweepDesign::Adaptive => Queue::default(),
            SweepDesign::Grid(count) => {
                Queue { points: grid(sweep, series, count, random), ended: true }
            }
        };
        Agenda { queues: sweep.series.iter().map(queue).collect(), turn: 0 }
    }

    /// The next series and its point; `None` when nothing is left.
    pub(super) fn next(
        &mut self,
        sweep: &SweepPlan<'_>,
        plan: &Plan,
        evidence: &Evidence,
        random: &mut Xoshiro256PlusPlus,
    ) -> Option<(usize, f64)> {
        for _ in 0..self.queues.len() {
            let at = self.turn % self.queues.len();
            self.turn += 1;
            let (queue, series) = (&mut self.queues[at], &sweep.series[at]);
            let left = sweep.visits.saturating_sub(series.all_visits()) as usize;
            if queue.points.is_empty() && !queue.ended {
                let mut points = wanted(sweep, series, plan, evidence);
                points.retain(|&x| !series.has_given_up(x));
                points.shuffle(random);
                points.truncate(left);
                queue.ended = points.is_empty();
                queue.points = points.into();
            }
            while let Some(x) = queue.points.pop_front() {
                if !series.has_given_up(x) {
                    return Some((at, x));
                }
            }
        }
        None
    }
}

/// Every visit of a grid that was not made yet: a shuffled pass over all points, then the next, so
/// that what drifts does not look like the axis.
fn grid(
    sweep: &SweepPlan<'_>,
    series: &Series<'_>,
    count: u32,
    random: &mut Xoshiro256PlusPlus,
) -> VecDeque<f64> {
    let mut points = series.range.evenly(count);
    if let Some(part) = sweep.begin.part {
        points.retain(|&x| falls_into(part, &series.name(), x));
    }
    let mut visits = VecDeque::new();
    for visit in 0..sweep.visits {
        let mut pass: Vec<f64> =
            points.iter().copied().filter(|&x| series.visits(x) <= visit).collect();
        pass.shuffle(random);
        visits.extend(pass);
    }
    visits
}

/// Whether a point of a series belongs to a part of the grid: the same on every machine.
pub(super) fn falls_into(part: SweepPart, series: &str, x: f64) -> bool {
    let hash = xxh3_64(format!("{series} {x}").as_bytes());
    hash % u64::from(part.of) == u64::from(part.number - 1)
}

/// Where an adaptive sweep wants to measure, given what it knows.
fn wanted(
    sweep: &SweepPlan<'_>,
    series: &Series<'_>,
    plan: &Plan,
    evidence: &Evidence,
) -> Vec<f64> {
    let design = Design {
        range: series.range.clone(),
        definitions: definitions(sweep),
        limit: sweep.begin.slo.map(|slo| slo.limit_ns as f64),
        precision: sweep.begin.precision.unwrap_or(f64::INFINITY),
        most_visits: sweep.visits,
    };
    let known = judged(sweep, series, plan, evidence);
    let (curves, findings) = known.as_ref().map_or((Vec::new(), Vec::new()), in_one_mode);
    design.next_visits(&curves, &findings)
}

/// What the evidence says of one series.
fn judged(
    sweep: &SweepPlan<'_>,
    series: &Series<'_>,
    plan: &Plan,
    evidence: &Evidence,
) -> Option<JudgedGroup> {
    let setting = Setting::of(plan.cell(series.first_cell()?))?;
    let group = evidence.groups().into_iter().find(|group| group.setting == setting)?;
    Some(results::judge_group(group, &sweep.spec))
}

/// The curves and findings of the placement mode that most was measured in.
fn in_one_mode(judged: &JudgedGroup) -> (Vec<Curve>, Vec<Finding>) {
    let points = |mode: &Option<PlacementMode>| {
        judged.series.points.iter().filter(|point| point.placement == *mode).count()
    };
    let mode = results::modes(&judged.series).into_iter().max_by_key(points).flatten();
    let curves = judged.series.curves(judged.quantity, mode);
    let findings = judged.findings.iter().filter(|finding| finding.placement == mode).cloned();
    (curves, findings.collect())
}

/// What an adaptive sweep tries to know precisely on its axis.
fn definitions(sweep: &SweepPlan<'_>) -> Vec<Definition> {
    match (&sweep.axis, sweep.axis.part()) {
        (Axis::Threads, _) => vec![Definition::UslPeak, Definition::Crossover],
        (Axis::Keys, _) => vec![Definition::CacheCliff, Definition::Crossover],
        (_, Part::Offered) if sweep.begin.slo.is_some() => vec![Definition::SloLoad],
        (_, Part::Offered) => vec![Definition::SlopeBreak],
        _ => vec![Definition::SlopeBreak, Definition::Crossover],
    }
}
