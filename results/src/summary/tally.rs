//! Sums over rounds that may be summed: those of one fork in one placement mode. Latency is merged
//! as histograms, throughput kept as samples, everything else added.

use hdrhistogram::Histogram;
use mapbench_core::event::RoundReport;
use mapbench_core::op::OpClass;

use super::samples::Samples;
use crate::histogram::{self, Percentiles};
use crate::stats::{Interval, median, median_interval};

/// Sums over rounds.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) rounds: u64,
    pub(super) elapsed_ns: u64,
    ops: u64,
    samples: Samples,
    classes: Vec<ClassTally>,
}

#[derive(Debug, Clone)]
struct ClassTally {
    class: OpClass,
    ops: u64,
    samples: Samples,
    service: Histogram<u64>,
}

/// The figures of a row that are statistics over rounds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figures {
    pub(super) rounds: u64,
    pub(super) ops: u64,
    pub(super) elapsed_ns: u64,
    pub(super) ops_per_sec_median: Option<f64>,
    pub(super) ops_per_sec_ci95: Option<Interval>,
    pub(super) service: Option<Percentiles>,
}

impl Tally {
    /// Adds a round. Returns false if a latency payload could not be read; its ops still count.
    pub(super) fn add(&mut self, report: &RoundReport) -> bool {
        self.rounds += 1;
        self.elapsed_ns = self.elapsed_ns.saturating_add(report.elapsed_ns);
        self.ops = self.ops.saturating_add(report.ops);
        self.samples.push(report.n, per_second(report.ops, report.elapsed_ns));
        let mut readable = true;
        for part in &report.classes {
            let class = self.class_mut(part.class);
            class.ops = class.ops.saturating_add(part.ops);
            class.samples.push(report.n, per_second(part.ops, report.elapsed_ns));
            match histogram::decode(&part.service) {
                Ok(Some(service)) => histogram::merge(&mut class.service, &service),
                Ok(None) => {}
                Err(_) => readable = false,
            }
        }
        readable
    }

    /// The classes that have ops, in the order of reports.
    pub(super) fn classes(&self) -> impl Iterator<Item = OpClass> {
        OpClass::ALL.into_iter().filter(|class| self.class(*class).is_some())
    }

    /// Round number and throughput of the rounds that are kept; `None` is all classes.
    pub(super) fn samples(&self, class: Option<OpClass>) -> &[(u32, f64)] {
        match class {
            None => self.samples.kept(),
            Some(class) => self.class(class).map_or(&[], |class| class.samples.kept()),
        }
    }

    fn ops(&self, class: Option<OpClass>) -> u64 {
        class.map_or(self.ops, |class| self.class(class).map_or(0, |class| class.ops))
    }

    fn class(&self, class: OpClass) -> Option<&ClassTally> {
        self.classes.iter().find(|part| part.class == class)
    }

    fn class_mut(&mut self, class: OpClass) -> &mut ClassTally {
        let at = self.classes.iter().position(|part| part.class == class).unwrap_or_else(|| {
            self.classes.push(ClassTally {
                class,
                ops: 0,
                samples: Samples::default(),
                service: histogram::histogram(),
            });
            self.classes.len() - 1
        });
        &mut self.classes[at]
    }
}

/// The figures of a class, or of all, over several forks.
pub(super) fn figures(tallies: &[&Tally], class: Option<OpClass>) -> Figures {
    let forks: Vec<Vec<f64>> = tallies
        .iter()
        .map(|tally| tally.samples(class).iter().map(|(_, value)| *value).collect())
        .collect();
    Figures {
        rounds: tallies.iter().map(|tally| tally.rounds).sum(),
        ops: sum(tallies.iter().map(|tally| tally.ops(class))),
        elapsed_ns: sum(tallies.iter().map(|tally| tally.elapsed_ns)),
        ops_per_sec_median: median(&forks.concat()),
        ops_per_sec_ci95: median_interval(&forks),
        service: Percentiles::of(&merged(tallies, class)),
    }
}

/// The latencies of a class, or of all, over several forks.
pub(super) fn merged(tallies: &[&Tally], class: Option<OpClass>) -> Histogram<u64> {
    let of_class = |class| {
        let mut service = histogram::histogram();
        for part in tallies.iter().filter_map(|tally| tally.class(class)) {
            histogram::merge(&mut service, &part.service);
        }
        service
    };
    if let Some(class) = class {
        return of_class(class);
    }
    let ops = |class| sum(tallies.iter().map(|tally| tally.ops(Some(class))));
    let classes = OpClass::ALL.map(|class| (ops(class), of_class(class)));
    let parts: Vec<_> = classes.iter().map(|(ops, service)| (*ops, service)).collect();
    histogram::weighted(&parts)
}

/// A sum that does not overflow, because a log may hold any number.
fn sum(values: impl Iterator<Item = u64>) -> u64 {
    values.fold(0, u64::saturating_add)
}

/// Throughput; 0 of a round that took no time.
pub(super) fn per_second(ops: u64, elapsed_ns: u64) -> f64 {
    if elapsed_ns == 0 { 0.0 } else { ops as f64 * 1e9 / elapsed_ns as f64 }
}
