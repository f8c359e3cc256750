//! github-action-benchmark: arrays of `{name, unit, value, range?, extra?}`, in a file for
//! `customBiggerIsBetter` and one for `customSmallerIsBetter`, because the action reads a file in one
//! of the two ways. Cells that did not end as they should have no entry: a series of figures must
//! not hold those of half a run.
//!
//! Source: <https://github.com/benchmark-action/github-action-benchmark>, "Tool: customBiggerIsBetter".

use std::io::{self, Write};

use serde::Serialize;

use super::name;
use crate::histogram::Percentiles;
use crate::summary::{CellSummary, RunSummary, Status};

/// One entry.
#[derive(Serialize)]
struct Entry {
    name: String,
    unit: String,
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<String>,
    extra: String,
}

/// Writes the file of a part: 0 is throughput, anything else latency.
///
/// # Errors
/// What `out` says.
pub fn write(summary: &RunSummary, part: usize, out: &mut dyn Write) -> io::Result<()> {
    let ended = summary.cells().iter().filter(|cell| cell.row().status == Status::Ok);
    let entries: Vec<Entry> = match part {
        0 => ended.flat_map(throughput).collect(),
        _ => ended.flat_map(latency).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &entries)?;
    writeln!(out)
}

/// Ops per second, and units per second where the trace has units.
fn throughput(cell: &CellSummary) -> Vec<Entry> {
    let row = cell.row();
    let entry = |unit: String, value, range| Entry {
        name: format!("{}: {unit}", name::of(cell)),
        unit,
        value,
        range,
        extra: extra(cell),
    };
    let half = |half: f64| format!("± {half:.0}");
    let ops = row.ops_per_sec_median.map(|median| {
        entry("ops/s".to_owned(), median, row.ops_per_sec_ci95.map(|ci| half(ci.half_width())))
    });
    let units = cell.cell().unit.as_ref().zip(row.units_per_sec_median).map(|(unit, median)| {
        let range = row.units_per_sec_ci95.map(|ci| half(ci.half_width()));
        entry(format!("{}/s", unit.name), median, range)
    });
    ops.into_iter().chain(units).collect()
}

/// Percentiles of the service time, and of the time from due to done where something was due.
fn latency(cell: &CellSummary) -> Vec<Entry> {
    let row = cell.row();
    let parts = [("", row.service), ("due to done ", row.intended)];
    let named = |(what, percentiles): (&str, Option<Percentiles>)| {
        let percentiles = percentiles?;
        let shown =
            [("p50", percentiles.p50), ("p99", percentiles.p99), ("p99.9", percentiles.p999)];
        Some(shown.map(|(percentile, ns)| Entry {
            name: format!("{}: {what}{percentile}", name::of(cell)),
            unit: "ns".to_owned(),
            value: ns as f64,
            range: None,
            extra: extra(cell),
        }))
    };
    parts.into_iter().filter_map(named).flatten().collect()
}

/// What a reader should know, for the tooltip.
fn extra(cell: &CellSummary) -> String {
    let row = cell.row();
    let mut parts = vec![
        cell.cell().adapter_version.clone(),
        format!("{} forks, {} rounds", cell.forks().len(), row.rounds),
    ];
    parts.extend(row.flags.iter().map(|flag| flag.name().to_owned()));
    parts.join("\n")
}
