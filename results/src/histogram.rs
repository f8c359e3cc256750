//! The one shape of latency histograms: what workers send is decoded into it, merged in it, and
//! every percentile on a screen, in a table or in a file is read from it. No figure is computed
//! from averages of percentiles.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use mapbench_core::event::RoundReport;
use thiserror::Error;

/// Longest latency that is told apart: one hour. Longer ones count as one hour. Nanoseconds.
pub const LONGEST_NS: u64 = 3_600_000_000_000;
/// Significant decimal digits of a latency.
pub const DIGITS: u8 = 3;

/// A payload that is not a histogram.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a base64 HdrHistogram V2 payload: {reason}")]
pub struct HistogramError {
    /// What is wrong with it.
    pub reason: String,
}

/// An empty histogram of nanoseconds: 1 ns to [`LONGEST_NS`] at [`DIGITS`] digits. It takes a few
/// kilobytes and grows with its largest value; so record into it with `record`, because the
/// crate's `saturating_record` does not grow a histogram.
#[expect(clippy::missing_panics_doc, reason = "the constants are in range")]
pub fn histogram() -> Histogram<u64> {
    Histogram::new(DIGITS).expect("3 digits are in range")
}

/// Decodes what a worker sent: `HdrHistogram` V2 in base64; `None` for an empty payload.
///
/// # Errors
/// [`HistogramError`] if it is neither.
pub fn decode(payload: &str) -> Result<Option<Histogram<u64>>, HistogramError> {
    if payload.is_empty() {
        return Ok(None);
    }
    let bytes =
        STANDARD.decode(payload).map_err(|error| HistogramError { reason: error.to_string() })?;
    let decoded = Deserializer::new()
        .deserialize(&mut bytes.as_slice())
        .map_err(|error| HistogramError { reason: error.to_string() })?;
    Ok(Some(decoded))
}

/// Adds `source` to `target`, which [`histogram`] made.
pub fn merge(target: &mut Histogram<u64>, source: &Histogram<u64>) {
    if source.max() <= LONGEST_NS && target.add(source).is_ok() {
        return;
    }
    for step in source.iter_recorded() {
        // Cannot fail: the target grows, and an hour fits any address space.
        let _ = target.record_n(step.value_iterated_to().min(LONGEST_NS), step.count_at_value());
    }
}

/// One histogram of several classes of op, each given with the ops that it ran. Rare classes are
/// timed op by op and frequent ones by sampling, so each class is scaled to as many counts as it
/// ran ops: otherwise a percent of writes would weigh like half of all ops.
pub fn weighted(parts: &[(u64, &Histogram<u64>)]) -> Histogram<u64> {
    let mut target = histogram();
    let timed: Vec<_> = parts.iter().filter(|(_, part)| !part.is_empty()).collect();
    if let [(_, only)] = timed.as_slice() {
        merge(&mut target, only);
        return target;
    }
    for (ops, part) in timed {
        // What is rounded off at one value is carried to the next, so that the sum is exact.
        let (mut seen, mut given) = (0, 0);
        for step in part.iter_recorded() {
            seen += u128::from(step.count_at_value());
            let due = (seen * u128::from(*ops) / u128::from(part.len())) as u64;
            let value = step.value_iterated_to().min(LONGEST_NS);
            // Cannot fail: the target grows, and an hour fits any address space.
            let _ = target.record_n(value, due.saturating_sub(given));
            given = due;
        }
    }
    target
}

/// The latencies of all ops of one round; payloads that cannot be read are left out.
pub fn of_round(report: &RoundReport) -> Histogram<u64> {
    let parts: Vec<(u64, Histogram<u64>)> = report
        .classes
        .iter()
        .filter_map(|part| Some((part.ops, decode(&part.service).ok()??)))
        .collect();
    weighted(&parts.iter().map(|(ops, part)| (*ops, part)).collect::<Vec<_>>())
}

/// The percentiles that every table and export shows. Nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percentiles {
    /// Median.
    pub p50: u64,
    /// 90th percentile.
    pub p90: u64,
    /// 99th percentile.
    pub p99: u64,
    /// 99.9th percentile.
    pub p999: u64,
    /// 99.99th percentile.
    pub p9999: u64,
    /// Largest.
    pub max: u64,
}

impl Percentiles {
    /// The percentiles of a histogram; `None` if it is empty.
    pub fn of(histogram: &Histogram<u64>) -> Option<Percentiles> {
        let at = |quantile| histogram.value_at_quantile(quantile);
        (!histogram.is_empty()).then(|| Percentiles {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            p9999: at(0.9999),
            max: histogram.max(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(counts: &[(u64, u64)]) -> Histogram<u64> {
        let mut made = histogram();
        for (value, count) in counts {
            made.record_n(*value, *count).expect("it grows");
        }
        made
    }

    #[test]
    fn classes_weigh_by_their_ops_and_not_by_how_often_they_were_timed() {
        // 99 % reads, one in 64 of them timed; 1 % writes, all of them timed.
        let reads = of(&[(100, 1_000), (120, 546)]);
        let writes = of(&[(5_000, 1_000)]);
        let all = weighted(&[(99_000, &reads), (1_000, &writes)]);
        assert_eq!(all.len(), 100_000);
        assert_eq!(all.value_at_quantile(0.5), 100);
        assert_eq!(all.value_at_quantile(0.989), 120);
        assert!(all.value_at_quantile(0.991) >= 5_000);
    }

    #[test]
    fn a_class_alone_keeps_its_counts() {
        let reads = of(&[(100, 10), (200, 1)]);
        assert_eq!(weighted(&[(704, &reads), (9, &histogram())]), reads);
        assert!(weighted(&[]).is_empty());
    }

    #[test]
    fn latencies_above_an_hour_count_as_an_hour() {
        let mut target = histogram();
        merge(&mut target, &of(&[(LONGEST_NS * 9, 3), (50, 1)]));
        assert_eq!(target.len(), 4);
        assert!(target.max() >= LONGEST_NS && target.max() < LONGEST_NS / 1000 * 1001);
    }

    #[test]
    fn payloads_that_are_none_are_refused() {
        assert_eq!(decode(""), Ok(None));
        for payload in ["?", "AAAA", "HISTFAAA"] {
            let message = decode(payload).expect_err("refused").to_string();
            assert!(message.starts_with("not a base64 HdrHistogram V2 payload"), "{message}");
        }
    }
}
