//! The one shape of latency histograms: what workers send is decoded into it, merged in it, and
//! every percentile on a screen, in a table or in a file is read from it. No figure is computed
//! from averages of percentiles.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
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
