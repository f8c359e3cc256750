//! `HdrHistogram`'s interval log, version 1.3: one interval per round, in the order of their starts,
//! with the latencies of all its ops in nanoseconds. Each cell has a tag, in each placement mode; the
//! times from due to done have one of their own. Counts are ops: frequent classes are timed by
//! sampling, and are scaled to the ops that they stand for.
//!
//! Source: `HistogramLogWriter` of <https://github.com/HdrHistogram/HdrHistogram>.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogWriterBuilder, IntervalLogWriterError, Tag,
};
use mapbench_core::event::{Cell, RoundReport, RunEvent};

use super::name;
use crate::histogram;
use crate::summary::{RunSummary, Tally, intended_of, mode_name};

/// Nanoseconds in the unit of the column with the largest value, which is for people only.
const MILLISECOND_NS: f64 = 1e6;

/// Writes the log of all measured rounds in `events`.
///
/// # Errors
/// What `out` says.
pub fn write(summary: &RunSummary, events: &[RunEvent], mut out: &mut dyn Write) -> io::Result<()> {
    let rounds = rounds(summary, events);
    let origin_ns = rounds.iter().map(|(_, report)| report.started_ns).min().unwrap_or(0);
    let begin = summary.begin();
    let started = started(&begin.started);
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new();
    log.add_comment("[Histogram log format version 1.3]")
        .add_comment(&format!("[mapbench {}, run {}]", begin.mapbench_version, begin.run_id))
        .add_comment("[values are nanoseconds; Interval_Max is in milliseconds]")
        .with_start_time(started)
        .with_base_time(started)
        .with_max_value_divisor(MILLISECOND_NS);
    let mut log = log.begin_log_with(&mut out, &mut serializer)?;
    for (cell, report) in rounds {
        let start = Duration::from_nanos(report.started_ns.saturating_sub(origin_ns));
        let length = Duration::from_nanos(report.elapsed_ns);
        for (tag, latencies) in tagged(cell, report) {
            log.write_histogram(&latencies, start, length, Tag::new(&tag)).map_err(failed)?;
        }
    }
    Ok(())
}

/// The rounds that count, by their start. A log is in that order already, unless it was put together
/// or gone on with.
fn rounds<'r>(summary: &'r RunSummary, events: &'r [RunEvent]) -> Vec<(&'r Cell, &'r RoundReport)> {
    let measured = |event: &'r RunEvent| {
        let RunEvent::Round { cell, report, .. } = event else { return None };
        let cell = summary.cell(*cell)?.cell();
        (cell.role.is_measured() && !report.sampled).then_some((cell, &**report))
    };
    let mut rounds: Vec<_> = events.iter().filter_map(measured).collect();
    rounds.sort_by_key(|(_, report)| report.started_ns);
    rounds
}

/// The histograms of a round, each with its tag; those without a value are left out.
fn tagged(cell: &Cell, report: &RoundReport) -> Vec<(String, Histogram<u64>)> {
    let mode = report.placement.map(|placement| mode_name(placement.mode));
    let name = tag(&name::with_mode(cell, mode));
    let intended = (format!("{name};due-to-done"), intended_of_round(report));
    let service = (name, histogram::of_round(report));
    [service, intended].into_iter().filter(|(_, latencies)| !latencies.is_empty()).collect()
}

fn intended_of_round(report: &RoundReport) -> Histogram<u64> {
    let mut tally = Tally::default();
    tally.add(report);
    intended_of(&tally)
}

/// A tag may hold neither commas nor white space, and readers of lines want no other control.
fn tag(name: &str) -> String {
    let plain = name.replace(", ", ";").replace(": ", ";");
    plain
        .chars()
        .map(|c| if c == ',' || c.is_whitespace() || c.is_control() { '_' } else { c })
        .collect()
}

/// The start of a run; that of time where a foreign log tells none.
fn started(at: &str) -> SystemTime {
    let since_epoch_ms =
        at.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_millisecond).max(0);
    SystemTime::UNIX_EPOCH + Duration::from_millis(since_epoch_ms as u64)
}

fn failed<E: std::fmt::Debug>(error: IntervalLogWriterError<E>) -> io::Error {
    match error {
        IntervalLogWriterError::IoError(error) => error,
        IntervalLogWriterError::SerializeError(error) => {
            io::Error::other(format!("a histogram cannot be written: {error:?}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_holds_neither_commas_nor_white_space() {
        let name = "sharded (shards 64): curated/hot-key, 2 threads, a\tb,c\u{2028}d, near";
        assert_eq!(tag(name), "sharded_(shards_64);curated/hot-key;2_threads;a_b_c_d;near");
    }
}
