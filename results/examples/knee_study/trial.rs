//! One case, measured and searched, and what came of many.

use mapbench_results::knee::corpus::{Case, Family, Meter, Noise};
use mapbench_results::knee::{Design, Finding, Location};
use mapbench_results::stats::Proportion;

use crate::question::Question;

/// How points are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// By the design.
    Adaptive,
    /// Evenly, as many as the design spent on the same case.
    Grid,
}

/// What came of the cases of one cell.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tally {
    /// One a true knee that was found: doublings, or percent.
    pub(crate) errors: Vec<f64>,
    /// Half-widths of their intervals, in the same unit.
    pub(crate) half_widths: Vec<f64>,
    /// Intervals that hold the true knee.
    pub(crate) held: Proportion,
    /// True knees that were not found.
    pub(crate) missed: Proportion,
    /// Cases with a knee too many.
    pub(crate) false_knees: Proportion,
    /// Visits spent by each case.
    pub(crate) visits: Vec<f64>,
}

/// A setting of the study.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) family: Family,
    pub(crate) noise: Noise,
    pub(crate) precision: f64,
    pub(crate) most_visits: u32,
}

/// Runs the case of a seed under both choices.
pub(crate) fn run(question: &Question, setting: Setting, seed: u64, tallies: &mut [Tally; 2]) {
    let case = Case::new(setting.family, seed);
    let (spent, findings) = adaptive(question, setting, &case, seed);
    tallies[Choice::Adaptive as usize].count(question, &case, &findings, spent);
    let findings = on_grid(question, setting, &case, seed, spent);
    tallies[Choice::Grid as usize].count(question, &case, &findings, spent);
}

fn adaptive(question: &Question, setting: Setting, case: &Case, seed: u64) -> (u32, Vec<Finding>) {
    let design = Design {
        range: case.range.clone(),
        definitions: vec![question.definition],
        limit: case.limit,
        precision: setting.precision.max(1e-6),
        most_visits: setting.most_visits,
    };
    let mut meter = case.meter(setting.noise, seed);
    let mut findings = Vec::new();
    loop {
        let next = design.next_visits(meter.curves(), &findings);
        if next.is_empty() {
            return (spent(&meter), findings);
        }
        for x in next {
            meter.visit(x);
        }
        findings = question.findings(case, meter.curves(), seed);
    }
}

fn on_grid(
    question: &Question,
    setting: Setting,
    case: &Case,
    seed: u64,
    visits: u32,
) -> Vec<Finding> {
    let mut meter = case.meter(setting.noise, seed.wrapping_add(1 << 40));
    // Where an axis has fewer values than there are visits, its values take turns.
    for x in case.range.evenly(visits).into_iter().cycle().take(visits as usize) {
        meter.visit(x);
    }
    question.findings(case, meter.curves(), seed)
}

fn spent(meter: &Meter<'_>) -> u32 {
    meter.curves()[0].observations.len() as u32
}

impl Tally {
    fn count(&mut self, question: &Question, case: &Case, findings: &[Finding], visits: u32) {
        self.visits.push(f64::from(visits));
        let scale = case.range.scale;
        let distance = |a: f64, b: f64| {
            if question.in_percent {
                (a / b - 1.0).abs() * 100.0
            } else {
                (scale.position(a) - scale.position(b)).abs()
            }
        };
        let mut found: Vec<(f64, f64, f64)> = findings
            .iter()
            .filter_map(|finding| match finding.location {
                Location::Found { point, low, high } => Some((point, low, high)),
                _ => None,
            })
            .collect();
        for &knee in &case.knees {
            let nearest = (0..found.len())
                .min_by(|&a, &b| distance(found[a].0, knee).total_cmp(&distance(found[b].0, knee)));
            self.missed.count(nearest.is_none());
            let Some(nearest) = nearest else { continue };
            let (point, low, high) = found.remove(nearest);
            self.errors.push(distance(point, knee));
            self.half_widths.push(distance(high, low) / 2.0);
            self.held.count(low <= knee && knee <= high);
        }
        self.false_knees.count(!found.is_empty());
    }
}
