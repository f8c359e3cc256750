//! CSV: one row per cell and op class, per fork and op class, and on request per round. Times are
//! whole nanoseconds; a figure that does not exist is an empty field. Columns are added at the
//! end, never renamed, moved or taken away.

use std::io::{self, Write};

use mapbench_core::event::{Cell, RunBegin, RunEvent, SCHEMA_VERSION, Skipped};

use crate::histogram::Percentiles;
use crate::summary::{RunSummary, SummaryRow, round_rows};

/// The columns, in order.
pub const COLUMNS: [&str; 46] = [
    "schema_version",
    "run_id",
    "commit",
    "scenario",
    "adapter",
    "adapter_version",
    "hasher",
    "key_kind",
    "value_bytes",
    "threads",
    "fork",
    "rounds",
    "ops",
    "elapsed_ns",
    "ops_per_sec_median",
    "ops_per_sec_ci95_low",
    "ops_per_sec_ci95_high",
    "service_ns_p50",
    "service_ns_p90",
    "service_ns_p99",
    "service_ns_p999",
    "service_ns_p9999",
    "service_ns_max",
    "hit_share",
    "effective_write_share",
    "bytes_per_entry",
    "status",
    "error",
    "level",
    "op_class",
    "axis",
    "axis_value",
    "seed",
    "trace_hash",
    "placement",
    "intended_ns_p50",
    "intended_ns_p90",
    "intended_ns_p99",
    "intended_ns_p999",
    "intended_ns_p9999",
    "intended_ns_max",
    "value_kind",
    "verified",
    "round",
    "shards",
    "publish_every",
];

/// Writes the header, every row of a summary, a row per round in `events`, and a row per
/// combination that was left out.
///
/// # Errors
/// What `out` says.
pub fn write(summary: &RunSummary, events: &[RunEvent], out: &mut dyn Write) -> io::Result<()> {
    let begin = summary.begin();
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(COLUMNS)?;
    for cell in summary.cells() {
        for row in cell.rows() {
            rows.write_record(fields(begin, cell.cell(), &row))?;
        }
    }
    for event in events {
        let RunEvent::Round { cell, fork, report } = event else { continue };
        let Some(cell) = summary.cell(*cell) else { continue };
        for row in round_rows(cell.cell(), *fork, report) {
            rows.write_record(fields(begin, cell.cell(), &row))?;
        }
    }
    for skipped in &begin.skipped {
        rows.write_record(skipped_fields(begin, skipped))?;
    }
    rows.flush()
}

fn fields(begin: &RunBegin, cell: &Cell, row: &SummaryRow) -> [String; COLUMNS.len()] {
    let [p50, p90, p99, p999, p9999, max] = percentiles(row.service);
    let none = String::new;
    [
        SCHEMA_VERSION.to_string(),
        begin.run_id.clone(),
        commit(begin),
        cell.scenario.clone(),
        cell.adapter.clone(),
        cell.adapter_version.clone(),
        cell.hasher.name().to_owned(),
        cell.key.name().to_owned(),
        cell.value.bytes().to_string(),
        cell.threads.to_string(),
        optional(row.fork),
        row.rounds.to_string(),
        row.ops.to_string(),
        row.elapsed_ns.to_string(),
        decimal(row.ops_per_sec_median, 3),
        decimal(row.ops_per_sec_ci95.map(|interval| interval.low), 3),
        decimal(row.ops_per_sec_ci95.map(|interval| interval.high), 3),
        p50,
        p90,
        p99,
        p999,
        p9999,
        max,
        decimal(row.hit_share, 6),
        decimal(row.effective_write_share, 6),
        decimal(row.bytes_per_entry, 3),
        row.status.name().to_owned(),
        row.error.clone().unwrap_or_default(),
        row.level.name().to_owned(),
        row.op_class.map_or("all", |class| class.name()).to_owned(),
        cell.axis.clone().unwrap_or_default(),
        cell.axis_value.clone().unwrap_or_default(),
        begin.seed.to_string(),
        cell.trace_hash.clone(),
        row.placement.map(|shares| shares.describe()).unwrap_or_default(),
        // Intended time comes with paced workloads.
        none(),
        none(),
        none(),
        none(),
        none(),
        none(),
        cell.value.name().to_owned(),
        optional(row.verified),
        optional(row.round),
        optional(cell.tuning.shards),
        optional(cell.tuning.publish_every),
    ]
}

/// A combination that was left out: what it is, that it was skipped, and why.
fn skipped_fields(begin: &RunBegin, skipped: &Skipped) -> [String; COLUMNS.len()] {
    COLUMNS.map(|column| match column {
        "schema_version" => SCHEMA_VERSION.to_string(),
        "run_id" => begin.run_id.clone(),
        "commit" => commit(begin),
        "scenario" => skipped.scenario.clone(),
        "adapter" => skipped.adapter.clone(),
        "status" => "skipped".to_owned(),
        "error" => skipped.reason.clone(),
        "level" => "cell".to_owned(),
        "op_class" => "all".to_owned(),
        "seed" => begin.seed.to_string(),
        _ => String::new(),
    })
}

/// The full hash; as `git describe` does, a changed work tree is not passed off as its commit.
fn commit(begin: &RunBegin) -> String {
    begin.commit.as_ref().map_or_else(String::new, |commit| {
        format!("{}{}", commit.sha, if commit.dirty { "-dirty" } else { "" })
    })
}

fn percentiles(service: Option<Percentiles>) -> [String; 6] {
    service.map_or_else(Default::default, |p| {
        [p.p50, p.p90, p.p99, p.p999, p.p9999, p.max].map(|ns| ns.to_string())
    })
}

fn optional(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn decimal(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(String::new, |value| format!("{value:.decimals$}"))
}
