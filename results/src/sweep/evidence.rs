//! Evidence: the points of a sweep so far, from the events of its run as they come, so that
//! whoever chooses the next point can ask between visits. One fork of a cell is one visit to its
//! point. Reads no clock and no file.

use std::collections::BTreeMap;

use mapbench_core::event::{Cell, RunBegin, RunEvent};

use super::point::{Gap, MeasuredPoint, SeriesGroup};
use super::setting::{self, Setting};
use super::spec::USUAL_PERCENTILE;
use super::visit::Visit;
use crate::run_log::RunLog;

/// Fewer rounds than this in one placement mode make no point, unless fewer were planned.
pub const LEAST_ROUNDS: u64 = 3;

/// The points of a sweep so far.
#[derive(Debug, Clone)]
pub struct Evidence {
    percentile: f64,
    /// Rounds per fork, of cells that do not say.
    rounds: u32,
    processors: Option<u32>,
    groups: Vec<SeriesGroup>,
    places: BTreeMap<u32, Place>,
    visits: BTreeMap<(u32, u32), Visit>,
}

/// Where a cell's visits belong.
#[derive(Debug, Clone, Copy)]
struct Place {
    group: usize,
    subject: usize,
    x: f64,
    threads: u32,
    least_rounds: u64,
}

impl Default for Evidence {
    fn default() -> Self {
        Evidence::at_percentile(USUAL_PERCENTILE)
    }
}

impl Evidence {
    /// None yet. The latency that curves are made of is this percentile, as 99.
    pub fn at_percentile(percentile: f64) -> Self {
        Evidence {
            percentile,
            rounds: 0,
            processors: None,
            groups: Vec::new(),
            places: BTreeMap::new(),
            visits: BTreeMap::new(),
        }
    }

    /// The evidence of a whole log.
    pub fn of_log(log: &RunLog, percentile: f64) -> Self {
        let mut evidence = Evidence::at_percentile(percentile);
        evidence.begin(&log.begin);
        for event in &log.events {
            evidence.apply(event);
        }
        evidence
    }

    /// Takes one event. Events of cells that are on no axis, or that nobody announced, are passed
    /// over.
    pub fn apply(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Begin(begin) => self.begin(begin),
            RunEvent::CellAdded(cell) => self.add_cell(cell),
            RunEvent::Round { cell, fork, report } if !report.sampled => {
                let percentile = self.percentile;
                if let Some(visit) = self.visit(*cell, *fork) {
                    visit.add(report, percentile);
                }
            }
            RunEvent::TrialFailed { cell, fork, failure, .. } => {
                if let Some(visit) = self.visit(*cell, *fork) {
                    visit.failure = Some(failure.clone());
                }
            }
            RunEvent::TrialStarted { cell, fork } => {
                // A visit that was cut off and is made again begins anew.
                self.visits.remove(&(*cell, *fork));
            }
            _ => {}
        }
    }

    /// Takes what a run was asked to do: its cells.
    pub fn begin(&mut self, begin: &RunBegin) {
        self.rounds = begin.rounds;
        self.processors = Some(begin.machine.cpus).filter(|cpus| *cpus > 0);
        for cell in &begin.cells {
            self.add_cell(cell);
        }
    }

    /// Takes a cell that is measured from here on. One whose id is known changes nothing, and
    /// neither does one that is on no axis or that calibrates.
    pub fn add_cell(&mut self, cell: &Cell) {
        let (Some(setting), Some(x)) = (Setting::of(cell), setting::position(cell)) else { return };
        if !cell.role.is_measured() || self.places.contains_key(&cell.id) {
            return;
        }
        let group = self.group(setting);
        let subject = self.subject(group, setting::subject(cell));
        let planned = u64::from(cell.rounds.unwrap_or(self.rounds));
        let least_rounds = LEAST_ROUNDS.min(planned.max(1));
        let place = Place { group, subject, x, threads: cell.threads, least_rounds };
        self.places.insert(cell.id, place);
    }

    /// Takes a point that was measured elsewhere.
    pub fn add_point(&mut self, setting: &Setting, point: MeasuredPoint) {
        let group = self.group(setting.clone());
        self.subject(group, point.subject.clone());
        self.groups[group].points.push(point);
    }

    /// Processors of the machine that measured; `None` if nobody said.
    pub fn processors(&self) -> Option<u32> {
        self.processors
    }

    /// The points so far, by setting in the order of the plan.
    pub fn groups(&self) -> Vec<SeriesGroup> {
        let mut groups = self.groups.clone();
        for ((cell, fork), visit) in &self.visits {
            let Some(place) = self.places.get(cell) else { continue };
            let group = &mut groups[place.group];
            let subject = group.subjects[place.subject].clone();
            if let Some(failure) = &visit.failure {
                let (kind, message) = (failure.kind, failure.message.clone());
                group.gaps.push(Gap { subject, x: place.x, visit: *fork, kind, message });
                continue;
            }
            let figures = visit.figures(place.least_rounds, place.threads);
            group.points.extend(figures.map(|figures| MeasuredPoint {
                subject: subject.clone(),
                x: place.x,
                visit: *fork,
                placement: figures.placement,
                rounds: figures.rounds,
                ops_per_sec: figures.ops_per_sec,
                latency: figures.latency,
                achieved_share: figures.pace.and_then(|pace| pace.achieved_share),
                saturated: figures.pace.is_some_and(|pace| pace.is_saturated),
                extra: figures.extra,
            }));
        }
        for group in &mut groups {
            sort(group);
        }
        groups
    }

    /// The group of a setting, made if it is new.
    fn group(&mut self, setting: Setting) -> usize {
        self.groups.iter().position(|group| group.setting == setting).unwrap_or_else(|| {
            let (subjects, points, gaps) = (Vec::new(), Vec::new(), Vec::new());
            self.groups.push(SeriesGroup { setting, subjects, points, gaps });
            self.groups.len() - 1
        })
    }

    /// The position of a subject in its group, made if it is new.
    fn subject(&mut self, group: usize, subject: String) -> usize {
        let subjects = &mut self.groups[group].subjects;
        subjects.iter().position(|known| *known == subject).unwrap_or_else(|| {
            subjects.push(subject);
            subjects.len() - 1
        })
    }

    fn visit(&mut self, cell: u32, fork: u32) -> Option<&mut Visit> {
        let is_placed = self.places.contains_key(&cell);
        is_placed.then(|| self.visits.entry((cell, fork)).or_default())
    }
}

/// By subject in the order of the plan, then by x, visit and placement.
fn sort(group: &mut SeriesGroup) {
    let rank = |subject: &String| group.subjects.iter().position(|known| known == subject);
    group.points.sort_by(|a, b| {
        let modes = |point: &MeasuredPoint| point.placement.map(|mode| mode as u8);
        rank(&a.subject)
            .cmp(&rank(&b.subject))
            .then(a.x.total_cmp(&b.x))
            .then(a.visit.cmp(&b.visit))
            .then(modes(a).cmp(&modes(b)))
    });
}
