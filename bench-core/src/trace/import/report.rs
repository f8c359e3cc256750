//! What an import read, used, skipped and made: for people as text, for programs as JSON.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::key_figures::{KeyFigures, KeyTally};
use super::lifecycle::Lifecycle;
use super::superpose::live_peak_of_one;
use crate::op::OpKind;
use crate::trace::{Stream, Trace};

/// What an import read, used, skipped and made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Format or preset.
    pub format: String,
    /// The file.
    pub file: String,
    /// Rows, lines or items read.
    pub rows_read: u64,
    /// Those that became part of the trace.
    pub rows_used: u64,
    /// Those that did not, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Those that were taken differently from how they stand, by what was done.
    pub approximations: BTreeMap<String, u64>,
    /// Figures of the recorded pods, before copies; `None` in recordings of keys.
    pub recording: Option<Recording>,
    /// The pods of the trace; `None` in recordings of keys.
    pub pods: Option<PodCounts>,
    /// How accesses are spread over keys and time: those of the recording, or, of pods, those of
    /// the trace to the informer's store.
    pub keys: Option<KeyFigures>,
    /// Different keys over all maps.
    pub distinct_keys: u64,
    /// Ops.
    pub ops: u64,
    /// Things worth knowing.
    pub notes: Vec<String>,
}

/// The pods of a trace, over all copies.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PodCounts {
    /// Copies that were laid over each other.
    pub copies: u32,
    /// Time between two copies. Seconds.
    pub shift_s: f64,
    /// Pods that are bound and present from the start.
    pub at_start: u64,
    /// Pods added.
    pub added: u64,
    /// Pods bound.
    pub bound: u64,
    /// Pods added and never bound.
    pub never_bound: u64,
    /// Pods deleted.
    pub deleted: u64,
    /// Most pods present at once.
    pub live_peak: u32,
}

impl ImportReport {
    /// The report of a trace, still without what was read.
    pub(super) fn new(format: &str, label: &str, trace: &Trace) -> Self {
        ImportReport {
            format: format.to_owned(),
            file: label.to_owned(),
            rows_read: 0,
            rows_used: 0,
            skipped: BTreeMap::new(),
            approximations: BTreeMap::new(),
            recording: None,
            pods: None,
            keys: None,
            distinct_keys: 0,
            ops: trace.header.ops,
            notes: Vec::new(),
        }
    }

    /// Counts the accesses of a trace to its first map.
    pub(super) fn count_keys(&mut self, trace: &Trace) {
        let mut tally = KeyTally::default();
        for (op, _) in trace.streams.iter().flat_map(Stream::ops) {
            if op.map() == 0 && op.kind().is_some_and(OpKind::accesses_a_key) {
                tally.access(op.key());
            }
        }
        self.keys = tally.figures();
    }
}

/// Figures of the rows that were used, before copies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// Different names.
    pub distinct_names: u64,
    /// From the first creation, or the start of the window, to the last event. Seconds.
    pub span_s: f64,
    /// Most pods alive at once.
    pub live_peak: u32,
    /// Most creations in one second, minute and hour of the recording's clock.
    pub peak_creates_per_second: u32,
    /// In one minute.
    pub peak_creates_per_minute: u32,
    /// In one hour.
    pub peak_creates_per_hour: u32,
    /// Coefficient of variation of the gaps between the last 80 % of the creations (1 for a
    /// Poisson process); `None` with fewer than three pods.
    pub inter_arrival_cv: Option<f64>,
    /// Quantile in percent, lifetime in seconds.
    pub lifetime_s: Vec<(f64, f64)>,
}

const QUANTILES: [f64; 10] = [1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9];

impl Recording {
    /// The figures of pods as they were recorded; creations count from `start_ms`.
    pub(super) fn of(pods: &[Lifecycle], start_ms: i64) -> Self {
        let names: HashSet<u64> = pods.iter().map(|pod| pod.name).collect();
        let created = pods.iter().map(|pod| pod.created_ms);
        let mut created: Vec<i64> = created.filter(|&at| at >= start_ms).collect();
        created.sort_unstable();
        let last_event = pods.iter().map(|pod| pod.deleted_ms.unwrap_or(pod.created_ms)).max();
        let span_ms = last_event.map_or(0, |at| at - start_ms);
        Recording {
            distinct_names: names.len() as u64,
            span_s: seconds(span_ms),
            live_peak: live_peak_of_one(pods),
            peak_creates_per_second: peak_in_windows(&created, 1_000),
            peak_creates_per_minute: peak_in_windows(&created, 60_000),
            peak_creates_per_hour: peak_in_windows(&created, 3_600_000),
            inter_arrival_cv: gap_variation(&created[created.len() / 5..]),
            lifetime_s: lifetimes(pods),
        }
    }
}

/// The lifetime at each quantile, interpolated between neighbours; none without deleted pods.
fn lifetimes(pods: &[Lifecycle]) -> Vec<(f64, f64)> {
    let deleted = pods.iter().filter_map(|pod| Some(pod.deleted_ms? - pod.created_ms));
    let mut lifetimes: Vec<i64> = deleted.collect();
    lifetimes.sort_unstable();
    let at = |quantile: f64| {
        let rank = quantile / 100.0 * lifetimes.len().saturating_sub(1) as f64;
        let below = *lifetimes.get(rank as usize)?;
        let above = *lifetimes.get(rank.ceil() as usize)?;
        let lifetime_ms = below as f64 + rank.fract() * (above - below) as f64;
        Some((quantile, lifetime_ms.round() / 1_000.0))
    };
    QUANTILES.into_iter().filter_map(at).collect()
}

/// Most of the ascending times in one window of the clock.
fn peak_in_windows(ascending_ms: &[i64], window_ms: i64) -> u32 {
    let same_window =
        |one: &i64, next: &i64| one.div_euclid(window_ms) == next.div_euclid(window_ms);
    let groups = ascending_ms.chunk_by(same_window);
    groups.map(|group| group.len() as u32).max().unwrap_or(0)
}

fn gap_variation(ascending_ms: &[i64]) -> Option<f64> {
    let gaps: Vec<f64> = ascending_ms.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
    if gaps.len() < 2 {
        return None;
    }
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let squares = gaps.iter().map(|gap| (gap - mean) * (gap - mean)).sum::<f64>();
    (mean > 0.0).then(|| (squares / gaps.len() as f64).sqrt() / mean)
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} from {}", self.format, self.file)?;
        writeln!(f, "  rows         {} read, {} used", self.rows_read, self.rows_used)?;
        for (reason, rows) in &self.skipped {
            writeln!(f, "  skipped      {rows}: {reason}")?;
        }
        for (what, rows) in &self.approximations {
            writeln!(f, "  approximated {rows}: {what}")?;
        }
        if let Some(recording) = &self.recording {
            write!(f, "{recording}")?;
        }
        if let Some(pods) = &self.pods {
            write!(f, "{pods}")?;
        }
        if let Some(keys) = &self.keys {
            write!(f, "{keys}")?;
        }
        write!(f, "  trace        {} ops on {} keys", self.ops, self.distinct_keys)?;
        for note in &self.notes {
            write!(f, "\n  note         {note}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  recording    {:.1} days, {} names, at most {} alive",
            self.span_s / 86_400.0,
            self.distinct_names,
            self.live_peak
        )?;
        writeln!(
            f,
            "  creations    at most {} in a second, {} in a minute, {} in an hour",
            self.peak_creates_per_second, self.peak_creates_per_minute, self.peak_creates_per_hour
        )?;
        if let Some(cv) = self.inter_arrival_cv {
            writeln!(f, "  gaps         variation {cv:.2} over the last 80 % (Poisson: 1)")?;
        }
        if !self.lifetime_s.is_empty() {
            let quantiles = self.lifetime_s.iter();
            let shown = quantiles.map(|(quantile, life_s)| format!("p{quantile} {life_s:.0} s"));
            writeln!(f, "  lifetimes    {}", shown.collect::<Vec<_>>().join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for PodCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.copies > 1 {
            writeln!(
                f,
                "  copies       {}, each {} s after the one before",
                self.copies, self.shift_s
            )?;
        }
        let at_start = match self.at_start {
            0 => String::new(),
            pods => format!("{pods} at the start, "),
        };
        writeln!(
            f,
            "  pods         {at_start}{} added, {} bound, {} never bound, {} deleted; at most {} \
             alive",
            self.added, self.bound, self.never_bound, self.deleted, self.live_peak
        )
    }
}
