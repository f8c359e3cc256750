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
    pub(super) fn add(&mut self, report: &RoundReport) {
        let mode = report.placement.map(|placement| placement.mode);
        if let Some(at) = MODES.iter().position(|known| *known == mode) {
            // A latency that cannot be read leaves the others of its round.
            let _ = self.tallies[at].add(report);
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
        percentile: f64,
    ) -> impl Iterator<Item = VisitFigures> {
        let modes = MODES.iter().zip(self.tallies.iter().zip(&self.counters));
        let modes = modes.filter(|_| self.failure.is_none());
        let enough = modes.filter(move |(_, (tally, _))| tally.rounds >= least_rounds.max(1));
        enough.filter_map(move |(mode, (tally, counters))| {
            let samples = tally.samples(None).iter();
            let rounds: Vec<f64> = samples.map(|sample| sample.ops_per_sec).collect();
            Some(VisitFigures {
                placement: *mode,
                rounds: tally.rounds,
                ops_per_sec: median(&rounds)?,
                latency: latency(tally, percentile),
                pace: LoadKept::of(tally, threads),
                extra: per_second(counters, tally.elapsed_ns),
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

fn latency(tally: &Tally, percentile: f64) -> Option<LatencyNs> {
    let intended = intended_of(tally);
    let at = |quantile: f64| intended.value_at_quantile(quantile);
    (!intended.is_empty()).then(|| LatencyNs {
        p50: at(0.5),
        p99: at(0.99),
        p999: at(0.999),
        asked: at((percentile / 100.0).clamp(0.0, 1.0)),
    })
}
