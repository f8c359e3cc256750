//! What the rounds of one visit add up to, apart by placement mode. Rounds that straddle a flip of
//! the placement are dropped.

use mapbench_core::event::{Counters, Failure, PlacementMode, RoundReport};

use super::point::LatencyNs;
use crate::stats::median;
use crate::summary::{LoadKept, MODES, Tally, intended_of};

/// Sums over the rounds of one fork of a cell.
#[derive(Debug, Clone, Default)]
pub(super) struct Visit {
    tallies: [Tally; MODES.len()],
    counters: [Counters; MODES.len()],
    /// The percentile that is asked for, of each round. Nanoseconds.
    asked_ns: [Vec<f64>; MODES.len()],
    pub(super) failure: Option<Failure>,
}

/// What a visit measured in one mode.
#[derive(Debug, Clone)]
pub(super) struct VisitFigures {
    pub(super) placement: Option<PlacementMode>,
    pub(super) rounds: u64,
    pub(super) ops_per_sec: f64,
    pub(super) latency: Option<LatencyNs>,
    pub(super) pace: Option<LoadKept>,
    pub(super) extra: Vec<(String, f64)>,
}

impl Visit {
    /// Takes a round, whose latency at a percentile is kept apart.
    pub(super) fn add(&mut self, report: &RoundReport, percentile: f64) {
        let mode = report.placement.map(|placement| placement.mode);
        if let Some(at) = MODES.iter().position(|known| *known == mode) {
            // A latency that cannot be read leaves the others of its round.
            let _ = self.tallies[at].add(report);
            self.asked_ns[at].extend(latency_ns(report, percentile));
            for (name, count) in &report.counters {
                let sum = self.counters[at].entry(name.clone()).or_default();
                *sum = sum.saturating_add(*count);
            }
        }
    }

    /// The figures of each mode that has so many rounds; none of a visit that failed.
    pub(super) fn figures(
        &self,
        least_rounds: u64,
        threads: u32,
    ) -> impl Iterator<Item = VisitFigures> {
        let modes = MODES.iter().enumerate().filter(|_| self.failure.is_none());
        let enough = modes.filter(move |(at, _)| self.tallies[*at].rounds >= least_rounds.max(1));
        enough.filter_map(move |(at, mode)| {
            let tally = &self.tallies[at];
            let samples = tally.samples(None).iter();
            let rounds: Vec<f64> = samples.map(|sample| sample.ops_per_sec).collect();
            Some(VisitFigures {
                placement: *mode,
                rounds: tally.rounds,
                ops_per_sec: median(&rounds)?,
                latency: latency(tally, &self.asked_ns[at]),
                pace: LoadKept::of(tally, threads),
                extra: per_second(&self.counters[at], tally.elapsed_ns),
            })
        })
    }
}

/// What the maps counted of themselves over so long, by name. Per second.
fn per_second(counters: &Counters, elapsed_ns: u64) -> Vec<(String, f64)> {
    let seconds = elapsed_ns as f64 / 1e9;
    let rate = |count: u64| if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
    counters.iter().map(|(name, count)| (name.clone(), rate(*count))).collect()
}

/// The percentiles of all rounds together, but what is asked for is the median of the rounds': a
/// stall of the machine that hits one round of six does not decide whether a load is kept.
fn latency(tally: &Tally, asked_ns: &[f64]) -> Option<LatencyNs> {
    let intended = intended_of(tally);
    let at = |quantile: f64| intended.value_at_quantile(quantile);
    let asked = median(asked_ns)?;
    (!intended.is_empty()).then(|| LatencyNs {
        p50: at(0.5),
        p99: at(0.99),
        p999: at(0.999),
        asked: asked as u64,
    })
}

/// Latency of one round from when something was due, at a percentile; `None` in a closed loop.
/// Nanoseconds.
fn latency_ns(report: &RoundReport, percentile: f64) -> Option<f64> {
    let mut one = Tally::default();
    let _ = one.add(report);
    let intended = intended_of(&one);
    let quantile = (percentile / 100.0).clamp(0.0, 1.0);
    (!intended.is_empty()).then(|| intended.value_at_quantile(quantile) as f64)
}
