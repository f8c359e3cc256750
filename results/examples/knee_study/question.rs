//! What is asked of each algorithm: on which curves, within how many visits, and the goal.

use mapbench_results::knee::corpus::{Case, Family};
use mapbench_results::knee::{
    Curve, Definition, Finding, cache_cliffs, crossovers, slo_load, slope_break, usl_peak,
};

/// An algorithm under study.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) name: &'static str,
    pub(crate) definition: Definition,
    pub(crate) families: &'static [Family],
    /// Visits that a sweep may spend.
    pub(crate) most_visits: u32,
    /// 95 % of errors are at most this.
    pub(crate) goal: f64,
    /// Errors are in percent of the value, or in doublings.
    pub(crate) in_percent: bool,
    /// The noise at which the goal holds, in percent; below it as well.
    pub(crate) goal_noise_percent: f64,
}

pub(crate) const QUESTIONS: [Question; 5] = [
    Question {
        name: "slope-break",
        definition: Definition::SlopeBreak,
        families: &[Family::Hinge, Family::Smooth, Family::Straight],
        most_visits: 30,
        goal: 0.25,
        in_percent: false,
        goal_noise_percent: 5.0,
    },
    Question {
        name: "crossover",
        definition: Definition::Crossover,
        families: &[Family::Crossing, Family::BentCrossing, Family::TwoCrossings, Family::Apart],
        most_visits: 16,
        goal: 0.2,
        in_percent: false,
        goal_noise_percent: 5.0,
    },
    Question {
        name: "n-star",
        definition: Definition::UslPeak,
        families: &[Family::Usl],
        most_visits: 24,
        goal: 5.0,
        in_percent: true,
        goal_noise_percent: 5.0,
    },
    Question {
        name: "slo-load",
        definition: Definition::SloLoad,
        families: &[Family::Queue, Family::OddQueue],
        most_visits: 24,
        goal: 5.0,
        in_percent: true,
        goal_noise_percent: 5.0,
    },
    Question {
        name: "cache-cliff",
        definition: Definition::CacheCliff,
        families: &[Family::TwoBreaks, Family::Straight],
        most_visits: 40,
        goal: 0.25,
        in_percent: false,
        goal_noise_percent: 5.0,
    },
];

impl Question {
    /// What the algorithm finds.
    pub(crate) fn findings(&self, case: &Case, curves: &[Curve], seed: u64) -> Vec<Finding> {
        let scale = case.range.scale;
        match self.definition {
            Definition::SlopeBreak => vec![slope_break(&curves[0], scale, seed)],
            Definition::CacheCliff => cache_cliffs(&curves[0], scale, seed),
            Definition::UslPeak => vec![usl_peak(&curves[0], seed)],
            Definition::Crossover => crossovers(&curves[0], &curves[1], scale),
            Definition::SloLoad => {
                vec![slo_load(&curves[0], case.limit.unwrap_or(f64::INFINITY), scale)]
            }
            Definition::Kneedle => Vec::new(),
        }
    }
}
