//! What maps counted of themselves in rounds, as rates: promotions, copies, retries. Knows no counter
//! by name, and no map.

use std::collections::BTreeMap;

use mapbench_core::event::RoundReport;

use super::samples::{Sample, Samples};
use super::tally::{Tally, per_second};
use crate::stats::median;

/// Counters that are kept of a fork; a log may name any number.
const MOST_COUNTERS: usize = 32;

/// One counter of a cell, a fork or a round.
#[derive(Debug, Clone, PartialEq)]
pub struct CounterRate {
    /// Its name, as the map has it.
    pub name: String,
    /// Median over rounds of what it counted per second. 0 of what comes in less than half of them.
    pub per_sec_median: f64,
    /// What it counted in all rounds together.
    pub count: u64,
}

/// The counters of the rounds of a fork, in bounded memory.
#[derive(Debug, Clone, Default)]
pub(super) struct CounterTally(BTreeMap<String, (u64, Samples)>);

impl CounterTally {
    pub(super) fn add(&mut self, report: &RoundReport) {
        for (name, &count) in &report.counters {
            if !self.0.contains_key(name) && self.0.len() == MOST_COUNTERS {
                continue;
            }
            let (sum, samples) = self.0.entry(name.clone()).or_default();
            *sum = sum.saturating_add(count);
            samples.push(Sample {
                n: report.n,
                ops_per_sec: per_second(count, report.elapsed_ns),
                preempted: false,
            });
        }
    }
}

/// The counters of several forks together, by name.
pub(super) fn rates(tallies: &[&Tally]) -> Vec<CounterRate> {
    let mut all: BTreeMap<&str, (u64, Vec<f64>)> = BTreeMap::new();
    for (name, (count, samples)) in tallies.iter().flat_map(|tally| &tally.counters.0) {
        let (sum, rates) = all.entry(name).or_default();
        *sum = sum.saturating_add(*count);
        rates.extend(samples.kept().iter().map(|sample| sample.ops_per_sec));
    }
    let rate = |(name, (count, rates)): (&str, (u64, Vec<f64>))| {
        let per_sec_median = median(&rates)?;
        Some(CounterRate { name: name.to_owned(), per_sec_median, count })
    };
    all.into_iter().filter_map(rate).collect()
}
