//! Bencher Metric Format: `{name: {measure: {value, lower_value?, upper_value?}}}`. The measures are
//! `throughput` in ops per second, with its interval, and `latency`, `latency-p99` and
//! `latency-p999` in nanoseconds. Cells that did not end as they should have no entry.
//!
//! Source: <https://bencher.dev/docs/reference/bencher-metric-format/>.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::name;
use crate::summary::{CellSummary, RunSummary, Status};

/// One figure.
#[derive(Serialize)]
struct Metric {
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper_value: Option<f64>,
}

/// Writes the object.
///
/// # Errors
/// What `out` says.
pub fn write(summary: &RunSummary, out: &mut dyn Write) -> io::Result<()> {
    let ended = summary.cells().iter().filter(|cell| cell.row().status == Status::Ok);
    let benchmarks: BTreeMap<String, BTreeMap<&str, Metric>> = ended
        .map(|cell| (name::of(cell), measures(cell)))
        .filter(|(_, measures)| !measures.is_empty())
        .collect();
    serde_json::to_writer_pretty(&mut *out, &benchmarks)?;
    writeln!(out)
}

fn measures(cell: &CellSummary) -> BTreeMap<&'static str, Metric> {
    let row = cell.row();
    let throughput = row.ops_per_sec_median.map(|value| Metric {
        value,
        lower_value: row.ops_per_sec_ci95.map(|ci| ci.low),
        upper_value: row.ops_per_sec_ci95.map(|ci| ci.high),
    });
    let mut measures: BTreeMap<&str, Metric> =
        throughput.into_iter().map(|metric| ("throughput", metric)).collect();
    let latencies = row.service.map(|service| {
        [("latency", service.p50), ("latency-p99", service.p99), ("latency-p999", service.p999)]
    });
    for (measure, ns) in latencies.into_iter().flatten() {
        let value = ns as f64;
        measures.insert(measure, Metric { value, lower_value: None, upper_value: None });
    }
    measures
}
