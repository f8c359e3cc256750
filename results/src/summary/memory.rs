//! What the maps of a fork or cell held: after the prefill, at the end of the last round, and once
//! they were quiesced. Figures of bytes that were counted, not sampled; nothing here knows time but
//! that of quiescing.

use mapbench_core::event::{Done, MemoryReport, Ready, RoundReport};

use super::fork::{Counts, share};

/// Points that are kept of a fork; then every second one goes.
const MOST_POINTS: usize = 256;

/// What the maps held when a round had ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldPoint {
    /// Number of the round.
    pub n: u32,
    /// Heap that the maps held. Bytes.
    pub held_bytes: u64,
    /// Their entries, where they are known.
    pub entries: Option<u64>,
}

/// What the maps of a fork held at the ends of its rounds, in bounded number.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    points: Vec<HeldPoint>,
    /// Of so many rounds one is kept; 0 before the first.
    stride: u32,
    seen: u32,
    last: Option<MemoryReport>,
    peak_bytes: u64,
}

impl Held {
    pub(super) fn round(&mut self, report: &RoundReport) {
        let Some(memory) = report.memory else { return };
        self.last = Some(memory);
        self.peak_bytes = self.peak_bytes.max(memory.peak_bytes);
        if self.points.len() == MOST_POINTS {
            let mut keep = false;
            self.points.retain(|_| {
                keep = !keep;
                keep
            });
            self.stride = self.stride.saturating_mul(2);
        }
        let stride = self.stride.max(1);
        self.stride = stride;
        if self.seen.is_multiple_of(stride) {
            let MemoryReport { held_bytes, entries, .. } = memory;
            self.points.push(HeldPoint { n: report.n, held_bytes, entries });
        }
        self.seen = self.seen.wrapping_add(1);
    }

    pub(super) fn points(&self) -> &[HeldPoint] {
        &self.points
    }
}

/// What maps held, and when. Figures that do not exist are `None`, never zero. Of a cell, means
/// over its forks, and the largest of its peaks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MemoryFigures {
    /// After the prefill: bytes per entry.
    pub prefilled: Option<f64>,
    /// At the end of the last round, before anything was quiesced: bytes per entry.
    pub churned: Option<f64>,
    /// Once the maps were quiesced: bytes per entry.
    pub quiesced: Option<f64>,
    /// Heap at the end of the last round. Bytes.
    pub held_bytes: Option<f64>,
    /// What quiescing gave back: heap at the end of the last round less heap afterwards; below
    /// zero where quiescing took memory. Bytes.
    pub reclaimed_bytes: Option<f64>,
    /// The most that the maps held at once. Bytes.
    pub peak_bytes: Option<u64>,
    /// The most that they held at once while they were prefilled. Bytes.
    pub prefill_peak_bytes: Option<u64>,
    /// Time that quiescing took. Nanoseconds.
    pub quiesce_ns: Option<f64>,
    /// Resident memory of the process after the prefill, its own included. Bytes.
    pub prefilled_rss_bytes: Option<f64>,
    /// The same at the end. Bytes.
    pub rss_bytes: Option<f64>,
    /// The most that was ever resident. Bytes.
    pub peak_rss_bytes: Option<u64>,
    /// Bytes taken from the heap per op of the rounds.
    pub taken_bytes_per_op: Option<f64>,
    /// Bytes given back per op of the rounds.
    pub given_bytes_per_op: Option<f64>,
}

impl MemoryFigures {
    /// The figures of one fork; `None` if its worker did not count.
    pub(super) fn of(
        ready: Option<&Ready>,
        held: &Held,
        done: Option<&Done>,
        counts: &Counts,
    ) -> Option<Self> {
        let prefilled = ready?.memory?;
        let last = held.last;
        let end = done.and_then(|done| done.memory);
        let per_entry = |memory: Option<MemoryReport>| memory?.bytes_per_entry();
        let rss = |memory: Option<MemoryReport>| Some(memory?.rss_bytes? as f64);
        let peaks = [Some(prefilled.peak_bytes), Some(held.peak_bytes), end.map(|e| e.peak_bytes)];
        Some(MemoryFigures {
            prefilled: per_entry(Some(prefilled)),
            churned: per_entry(last),
            quiesced: per_entry(end),
            held_bytes: last.map(|last| last.held_bytes as f64),
            reclaimed_bytes: last
                .zip(end)
                .map(|(last, end)| last.held_bytes as f64 - end.held_bytes as f64),
            peak_bytes: peaks.into_iter().flatten().max(),
            prefill_peak_bytes: Some(prefilled.peak_bytes),
            quiesce_ns: done.map(|done| done.quiesce_ns as f64),
            prefilled_rss_bytes: rss(Some(prefilled)),
            rss_bytes: rss(end),
            peak_rss_bytes: done.map(|done| done.peak_rss_bytes),
            taken_bytes_per_op: share(counts.taken_bytes, counts.allocation_ops),
            given_bytes_per_op: share(counts.given_bytes, counts.allocation_ops),
        })
    }

    /// The figures of several forks together; `None` of none.
    pub(super) fn mean(forks: impl Iterator<Item = MemoryFigures>) -> Option<Self> {
        let forks: Vec<MemoryFigures> = forks.collect();
        let mean = |figure: fn(&MemoryFigures) -> Option<f64>| {
            let known: Vec<f64> = forks.iter().filter_map(figure).collect();
            (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
        };
        let most =
            |figure: fn(&MemoryFigures) -> Option<u64>| forks.iter().filter_map(figure).max();
        (!forks.is_empty()).then(|| MemoryFigures {
            prefilled: mean(|of| of.prefilled),
            churned: mean(|of| of.churned),
            quiesced: mean(|of| of.quiesced),
            held_bytes: mean(|of| of.held_bytes),
            reclaimed_bytes: mean(|of| of.reclaimed_bytes),
            peak_bytes: most(|of| of.peak_bytes),
            prefill_peak_bytes: most(|of| of.prefill_peak_bytes),
            quiesce_ns: mean(|of| of.quiesce_ns),
            prefilled_rss_bytes: mean(|of| of.prefilled_rss_bytes),
            rss_bytes: mean(|of| of.rss_bytes),
            peak_rss_bytes: most(|of| of.peak_rss_bytes),
            taken_bytes_per_op: mean(|of| of.taken_bytes_per_op),
            given_bytes_per_op: mean(|of| of.given_bytes_per_op),
        })
    }

    /// The figures of one round.
    pub(super) fn of_round(report: &RoundReport) -> Option<Self> {
        let memory = report.memory?;
        let per_op = |bytes: Option<u64>| share(bytes?, report.ops);
        Some(MemoryFigures {
            churned: memory.bytes_per_entry(),
            held_bytes: Some(memory.held_bytes as f64),
            peak_bytes: Some(memory.peak_bytes),
            rss_bytes: memory.rss_bytes.map(|bytes| bytes as f64),
            taken_bytes_per_op: per_op(report.taken_bytes),
            given_bytes_per_op: per_op(report.given_bytes),
            ..MemoryFigures::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(n: u32) -> RoundReport {
        let memory = MemoryReport { held_bytes: u64::from(n), ..MemoryReport::default() };
        RoundReport { n, memory: Some(memory), ..RoundReport::default() }
    }

    #[test]
    fn a_long_series_keeps_rounds_at_equal_distances_from_the_first_on() {
        let mut held = Held::default();
        for n in 0..10_000 {
            held.round(&round(n));
        }
        let points = held.points();
        assert!((MOST_POINTS / 2..=MOST_POINTS).contains(&points.len()), "{}", points.len());
        assert_eq!(points[0].n, 0);
        let steps: Vec<u32> = points.windows(2).map(|pair| pair[1].n - pair[0].n).collect();
        assert!(steps.iter().all(|&step| step == steps[0]), "{steps:?}");
        assert!(points.iter().all(|point| point.held_bytes == u64::from(point.n)));
        assert!(points.last().is_some_and(|last| last.n + 2 * steps[0] > 10_000));
    }
}
