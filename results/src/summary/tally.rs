//! Sums over rounds that may be summed: those of one fork in one placement mode. Latency is merged
//! as histograms, throughput kept as samples, everything else added.

use hdrhistogram::Histogram;
use mapbench_core::event::RoundReport;
use mapbench_core::op::OpClass;

use super::counters::{self, CounterRate, CounterTally};
use super::fork::share;
use super::laps::Laps;
use super::maps::MapTally;
use super::pace::{self, PaceFigures, PaceTally};
use super::samples::{Sample, Samples};
use crate::histogram::{self, HistogramError, Percentiles};
use crate::stats::{Interval, median, median_interval};

/// Sums over rounds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) rounds: u64,
    pub(crate) elapsed_ns: u64,
    /// Per map of the trace; empty if rounds do not tell them apart.
    pub(super) maps: Vec<MapTally>,
    ops: u64,
    samples: Samples,
    laps: Laps,
    classes: Vec<ClassTally>,
    updates: u64,
    contended_updates: u64,
    waiting_ns: u64,
    due_events: u64,
    late_events: u64,
    pub(super) pacing: PaceTally,
    pub(super) counters: CounterTally,
}

#[derive(Debug, Clone)]
struct ClassTally {
    class: OpClass,
    ops: u64,
    samples: Samples,
    service: Histogram<u64>,
    /// From when an event was due to the end of its op; made with the first such latency.
    intended: Option<Histogram<u64>>,
}

/// The figures of a row that are sums or statistics over rounds of one placement mode.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figures {
    pub(super) rounds: u64,
    pub(super) ops: u64,
    pub(super) elapsed_ns: u64,
    pub(super) ops_per_sec_median: Option<f64>,
    pub(super) ops_per_sec_ci95: Option<Interval>,
    pub(super) service: Option<Percentiles>,
    pub(super) intended: Option<Percentiles>,
    pub(super) contended_share: Option<f64>,
    pub(super) waiting_ns: u64,
    pub(super) due_events: u64,
    pub(super) late_events: u64,
    pub(super) pace: Option<PaceFigures>,
    /// Time in ops of all maps; `None` if it was not told. Nanoseconds.
    pub(super) busy_ns: Option<u64>,
    /// What the maps counted of themselves.
    pub(super) counters: Vec<CounterRate>,
}

impl Tally {
    /// Adds a round. Returns false if a latency payload could not be read; its ops still count.
    pub(crate) fn add(&mut self, report: &RoundReport) -> bool {
        self.rounds += 1;
        for (sum, more) in [
            (&mut self.elapsed_ns, report.elapsed_ns),
            (&mut self.ops, report.ops),
            (&mut self.updates, report.updates),
            (&mut self.contended_updates, report.contended_updates),
            (&mut self.waiting_ns, report.waiting_ns),
            (&mut self.due_events, report.due_events),
            (&mut self.late_events, report.late_events),
        ] {
            *sum = sum.saturating_add(more);
        }
        let sample = |ops| Sample {
            n: report.n,
            ops_per_sec: per_second(ops, report.elapsed_ns),
            preempted: report.involuntary_switches > 0,
        };
        self.pacing.add(report);
        self.counters.add(report);
        self.samples.push(sample(report.ops));
        self.laps.push(report.ops, report.elapsed_ns);
        let missing = report.maps.len().saturating_sub(self.maps.len());
        self.maps.extend(std::iter::repeat_n(MapTally::default(), missing));
        for (map, part) in self.maps.iter_mut().zip(&report.maps) {
            map.add(part);
        }
        let mut readable = true;
        for part in &report.classes {
            let class = self.class_mut(part.class);
            class.ops = class.ops.saturating_add(part.ops);
            class.samples.push(sample(part.ops));
            readable &= class.add_latencies(&part.service, &part.intended).is_ok();
        }
        readable
    }

    /// The classes that have ops, in the order of reports.
    pub(super) fn classes(&self) -> impl Iterator<Item = OpClass> {
        OpClass::ALL.into_iter().filter(|class| self.class(*class).is_some())
    }

    /// The rounds that are kept; `None` is all classes.
    pub(crate) fn samples(&self, class: Option<OpClass>) -> &[Sample] {
        match class {
            None => self.samples.kept(),
            Some(class) => self.class(class).map_or(&[], |class| class.samples.kept()),
        }
    }

    /// The throughput of each lap of a trace of so many ops, in order.
    pub(super) fn throughput_by_lap(&self, trace_ops: u64) -> Vec<f64> {
        self.laps.throughputs(trace_ops)
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
                intended: None,
            });
            self.classes.len() - 1
        });
        &mut self.classes[at]
    }
}

impl ClassTally {
    /// Adds both, or as much of them as can be read.
    fn add_latencies(&mut self, service: &str, intended: &str) -> Result<(), HistogramError> {
        let service = histogram::decode(service).map(|latencies| {
            if let Some(part) = latencies {
                histogram::merge(&mut self.service, &part);
            }
        });
        let intended = histogram::decode(intended).map(|latencies| {
            if let Some(part) = latencies {
                let sum = self.intended.get_or_insert_with(histogram::histogram);
                histogram::merge(sum, &part);
            }
        });
        service.and(intended)
    }
}

/// The figures of a class, or of all, over several forks.
pub(super) fn figures(tallies: &[&Tally], class: Option<OpClass>) -> Figures {
    let forks: Vec<Vec<f64>> = tallies
        .iter()
        .map(|tally| tally.samples(class).iter().map(|sample| sample.ops_per_sec).collect())
        .collect();
    let total = |of: fn(&Tally) -> u64| sum(tallies.iter().map(|tally| of(tally)));
    let busy_ns = sum(tallies.iter().flat_map(|tally| &tally.maps).map(|map| map.busy_ns));
    Figures {
        rounds: total(|tally| tally.rounds),
        ops: sum(tallies.iter().map(|tally| tally.ops(class))),
        elapsed_ns: total(|tally| tally.elapsed_ns),
        ops_per_sec_median: median(&forks.concat()),
        ops_per_sec_ci95: median_interval(&forks),
        service: Percentiles::of(&merged(tallies, class)),
        intended: Percentiles::of(&merged_intended(tallies, class)),
        contended_share: share(
            total(|tally| tally.contended_updates),
            total(|tally| tally.updates),
        ),
        waiting_ns: total(|tally| tally.waiting_ns),
        due_events: total(|tally| tally.due_events),
        late_events: total(|tally| tally.late_events),
        pace: pace::figures(&tallies.iter().map(|tally| &tally.pacing).collect::<Vec<_>>()),
        busy_ns: (busy_ns > 0).then_some(busy_ns),
        counters: counters::rates(tallies),
    }
}

/// The service times of a class, or of all, over several forks.
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

/// The times from due to end of all classes of one tally; empty if nothing was paced.
pub(crate) fn intended_of(tally: &Tally) -> Histogram<u64> {
    merged_intended(&[tally], None)
}

/// The times from due to end of a class, or of all, over several forks. How many ops of a class are
/// of paced actors is not told: they are as many times the timed ones as in the whole class.
pub(super) fn merged_intended(tallies: &[&Tally], class: Option<OpClass>) -> Histogram<u64> {
    let of_class = |class| {
        let (mut ops, mut timed, mut intended) = (0_u64, 0_u64, histogram::histogram());
        for part in tallies.iter().filter_map(|tally| tally.class(class)) {
            ops = ops.saturating_add(part.ops);
            timed = timed.saturating_add(part.service.len());
            if let Some(part) = &part.intended {
                histogram::merge(&mut intended, part);
            }
        }
        let paced = u128::from(intended.len()) * u128::from(ops) / u128::from(timed.max(1));
        (u64::try_from(paced).unwrap_or(u64::MAX), intended)
    };
    if let Some(class) = class {
        return of_class(class).1;
    }
    let classes = OpClass::ALL.map(of_class);
    let parts: Vec<_> = classes.iter().map(|(ops, intended)| (*ops, intended)).collect();
    histogram::weighted(&parts)
}

/// A sum that does not overflow, because a log may hold any number.
pub(super) fn sum(values: impl Iterator<Item = u64>) -> u64 {
    values.fold(0, u64::saturating_add)
}

/// Throughput; 0 of a round that took no time.
pub(super) fn per_second(ops: u64, elapsed_ns: u64) -> f64 {
    if elapsed_ns == 0 { 0.0 } else { ops as f64 * 1e9 / elapsed_ns as f64 }
}
