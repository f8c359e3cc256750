//! CSV of a history: one row per point, or one per change point. A figure that does not exist is an
//! empty field. Columns are added at the end, never renamed, moved or taken away. `history --from`
//! reads the points back.

use std::io::{self, Write};

use super::super::{History, Series, State};

/// Version of the columns.
const SCHEMA_VERSION: &str = "1";

const POINT_COLUMNS: [&str; 17] = [
    "schema_version",
    "series",
    "setting",
    "adapter",
    "placement",
    "commit",
    "time",
    "subject",
    "position",
    "segment",
    "machine",
    "dirty",
    "runs",
    "run_ids",
    "ops_per_sec",
    "ops_per_sec_low",
    "ops_per_sec_high",
];

const CHANGE_COLUMNS: [&str; 15] = [
    "schema_version",
    "series",
    "setting",
    "adapter",
    "placement",
    "before",
    "after",
    "subject",
    "time",
    "ratio",
    "ratio_low",
    "ratio_high",
    "p",
    "state",
    "detail",
];

/// Writes the points.
///
/// # Errors
/// What `out` says.
pub fn write(history: &History, positions: &[usize], out: &mut dyn Write) -> io::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(POINT_COLUMNS)?;
    for series in positions.iter().filter_map(|at| history.series.get(*at)) {
        for point in &series.points {
            let ids: Vec<&str> = point.runs.iter().map(|run| run.id.as_str()).collect();
            let machine = series.segments.get(point.segment).map(|segment| segment.machine.clone());
            let fields = [
                point.commit.clone(),
                point.time.clone(),
                point.subject.clone(),
                point.position.to_string(),
                point.segment.to_string(),
                machine.unwrap_or_default(),
                point.dirty.to_string(),
                point.runs.len().to_string(),
                ids.join(" "),
                point.ops_per_sec.to_string(),
                optional(point.interval.map(|interval| interval.low)),
                optional(point.interval.map(|interval| interval.high)),
            ];
            rows.write_record(name(series).iter().chain(&fields))?;
        }
    }
    rows.flush()
}

/// Writes the change points.
///
/// # Errors
/// What `out` says.
pub fn write_changes(
    history: &History,
    positions: &[usize],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(CHANGE_COLUMNS)?;
    for series in positions.iter().filter_map(|at| history.series.get(*at)) {
        for change in &series.changes {
            let after = &series.points[change.after];
            let interval = change.shift.and_then(|shift| shift.interval);
            let fields = [
                series.points[change.before].commit.clone(),
                after.commit.clone(),
                after.subject.clone(),
                after.time.clone(),
                optional(change.shift.map(|shift| shift.ratio)),
                optional(interval.map(|interval| interval.low)),
                optional(interval.map(|interval| interval.high)),
                optional(change.p),
                change.state.name().to_owned(),
                detail(&change.state),
            ];
            rows.write_record(name(series).iter().chain(&fields))?;
        }
    }
    rows.flush()
}

fn name(series: &Series) -> [String; 5] {
    [
        SCHEMA_VERSION.to_owned(),
        series.name.to_string(),
        series.name.setting.clone(),
        series.name.adapter.clone(),
        series.name.mode.unwrap_or_default().to_owned(),
    ]
}

/// The reason of an accepted change, the run of a re-run.
fn detail(state: &State) -> String {
    match state {
        State::Open => String::new(),
        State::Accepted(accepted) => accepted.reason.clone(),
        State::Confirmed(found) | State::Refuted(found) => found.run.clone(),
    }
}

fn optional(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
