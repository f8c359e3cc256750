//! CSV of the points of a sweep: one row per subject, point, visit and placement mode, and one per
//! visit that failed. Times are whole nanoseconds; a figure that does not exist is an empty field.
//! Columns are added at the end, never renamed, moved or taken away. `sweep --from` reads it back.

use std::io::{self, Write};

use mapbench_core::adapter::HasherKind;
use mapbench_core::key::KeyKind;
use mapbench_core::workload::Schedule;

use super::super::judged::Sweep;
use super::super::point::{LatencyNs, MeasuredPoint};
use super::super::setting::Setting;
use super::super::spec::SweepSpec;
use super::super::spell;
use crate::summary::mode_name;

/// The columns that say which setting a row is of.
pub(super) const SETTING_COLUMNS: [&str; 11] = [
    "schema_version",
    "scenario",
    "threads",
    "key_kind",
    "value_kind",
    "hasher",
    "schedule",
    "offered_per_sec",
    "axis",
    "unit",
    "scale",
];

const POINT_COLUMNS: [&str; 17] = [
    "x",
    "adapter",
    "visit",
    "placement",
    "rounds",
    "ops_per_sec",
    "intended_ns_p50",
    "intended_ns_p99",
    "intended_ns_p999",
    "asked_percentile",
    "intended_ns_asked",
    "achieved_share",
    "saturated",
    "oversubscribed",
    "status",
    "error",
    "counters_per_sec",
];

/// Writes the header and every row.
///
/// # Errors
/// What `out` says.
pub fn write(sweep: &Sweep, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(SETTING_COLUMNS.iter().chain(&POINT_COLUMNS))?;
    for group in &sweep.groups {
        let setting = setting_fields(&group.series.setting, sweep);
        for point in &group.series.points {
            let oversubscribed = oversubscribed(sweep, &group.series.setting, point.x);
            let fields = point_fields(point, &sweep.spec, oversubscribed);
            rows.write_record(setting.iter().chain(&fields))?;
        }
        for gap in &group.series.gaps {
            let mut fields = [const { String::new() }; POINT_COLUMNS.len()];
            (fields[0], fields[1]) = (gap.x.to_string(), gap.subject.clone());
            fields[2] = gap.visit.to_string();
            fields[13] = oversubscribed(sweep, &group.series.setting, gap.x);
            (fields[14], fields[15]) = (gap.kind.name().to_owned(), gap.message.clone());
            rows.write_record(setting.iter().chain(&fields))?;
        }
    }
    rows.flush()
}

/// Whether a row's threads outnumber the processors; empty if nobody knows.
fn oversubscribed(sweep: &Sweep, setting: &Setting, x: f64) -> String {
    let threads = setting.threads.map_or(x, f64::from);
    let known = sweep.processors.filter(|_| setting.threads.is_some() || setting.axis == "threads");
    optional(known.map(|processors| threads > f64::from(processors)))
}

pub(super) fn setting_fields(setting: &Setting, sweep: &Sweep) -> [String; SETTING_COLUMNS.len()] {
    let named = |name: Option<&str>| name.unwrap_or_default().to_owned();
    [
        sweep.schema_version.to_string(),
        setting.scenario.clone(),
        optional(setting.threads),
        named(setting.key.map(KeyKind::name)),
        setting.value.map(|value| value.name().to_string()).unwrap_or_default(),
        named(setting.hasher.map(HasherKind::name)),
        named(setting.schedule.map(Schedule::name)),
        optional(setting.offered_per_s),
        setting.axis.clone(),
        sweep.spec.unit.clone(),
        spell::scale_name(sweep.spec.scale).to_owned(),
    ]
}

fn point_fields(
    point: &MeasuredPoint,
    spec: &SweepSpec,
    oversubscribed: String,
) -> [String; POINT_COLUMNS.len()] {
    let latency = |pick: fn(LatencyNs) -> u64| optional(point.latency.map(pick));
    let counters = point.extra.iter().map(|(name, rate)| format!("{name}={rate}"));
    [
        point.x.to_string(),
        point.subject.clone(),
        point.visit.to_string(),
        point.placement.map_or("", mode_name).to_owned(),
        point.rounds.to_string(),
        point.ops_per_sec.to_string(),
        latency(|latency| latency.p50),
        latency(|latency| latency.p99),
        latency(|latency| latency.p999),
        optional(point.latency.map(|_| spec.percentile())),
        latency(|latency| latency.asked),
        optional(point.achieved_share),
        optional(point.achieved_share.map(|_| point.saturated)),
        oversubscribed,
        "ok".to_owned(),
        String::new(),
        counters.collect::<Vec<_>>().join(";"),
    ]
}

/// A value in full, or nothing.
pub(super) fn optional(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
