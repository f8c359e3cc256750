//! JSON of a history: series with their machines, points and change points.

use std::io::{self, Write};

use serde::Serialize;

use super::super::{ChangePoint, History, Point, Segment, Series, State};

#[derive(Serialize)]
struct WireHistory<'h> {
    schema_version: u32,
    series: Vec<WireSeries<'h>>,
    left_out: &'h [String],
}

#[derive(Serialize)]
struct WireSeries<'h> {
    series: String,
    setting: &'h str,
    adapter: &'h str,
    placement: Option<&'h str>,
    segments: Vec<WireSegment<'h>>,
    points: Vec<WirePoint<'h>>,
    changes: Vec<WireChange<'h>>,
}

#[derive(Serialize)]
struct WireSegment<'h> {
    machine: &'h str,
    differs: Vec<WireDifference<'h>>,
}

#[derive(Serialize)]
struct WireDifference<'h> {
    part: &'static str,
    field: &'h str,
    was: &'h str,
    is: &'h str,
}

#[derive(Serialize)]
struct WirePoint<'h> {
    commit: &'h str,
    time: &'h str,
    subject: &'h str,
    position: usize,
    segment: usize,
    dirty: bool,
    ops_per_sec: f64,
    ops_per_sec_low: Option<f64>,
    ops_per_sec_high: Option<f64>,
    runs: Vec<WireRun<'h>>,
}

#[derive(Serialize)]
struct WireRun<'h> {
    id: &'h str,
    ops_per_sec: f64,
}

#[derive(Serialize)]
struct WireChange<'h> {
    before: &'h str,
    after: &'h str,
    ratio: Option<f64>,
    ratio_low: Option<f64>,
    ratio_high: Option<f64>,
    p: Option<f64>,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'h str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'h str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'h str>,
}

/// Writes it, with a line break at the end.
///
/// # Errors
/// What `out` says.
pub fn write(history: &History, positions: &[usize], out: &mut dyn Write) -> io::Result<()> {
    let chosen = positions.iter().filter_map(|at| history.series.get(*at));
    let wire = WireHistory {
        schema_version: 1,
        series: chosen.map(series).collect(),
        left_out: &history.left_out,
    };
    serde_json::to_writer_pretty(&mut *out, &wire)?;
    writeln!(out)
}

fn series(series: &Series) -> WireSeries<'_> {
    WireSeries {
        series: series.name.to_string(),
        setting: &series.name.setting,
        adapter: &series.name.adapter,
        placement: series.name.mode,
        segments: series.segments.iter().map(segment).collect(),
        points: series.points.iter().map(point).collect(),
        changes: series.changes.iter().map(|of| change(series, of)).collect(),
    }
}

fn segment(segment: &Segment) -> WireSegment<'_> {
    let differs = segment.differs.iter().map(|difference| WireDifference {
        part: difference.part.name(),
        field: &difference.field,
        was: &difference.a,
        is: &difference.b,
    });
    WireSegment { machine: &segment.machine, differs: differs.collect() }
}

fn point(point: &Point) -> WirePoint<'_> {
    let run = |run: &'_ super::super::PointRun| run.ops_per_sec;
    WirePoint {
        commit: &point.commit,
        time: &point.time,
        subject: &point.subject,
        position: point.position,
        segment: point.segment,
        dirty: point.dirty,
        ops_per_sec: point.ops_per_sec,
        ops_per_sec_low: point.interval.map(|interval| interval.low),
        ops_per_sec_high: point.interval.map(|interval| interval.high),
        runs: point.runs.iter().map(|of| WireRun { id: &of.id, ops_per_sec: run(of) }).collect(),
    }
}

fn change<'h>(series: &'h Series, change: &'h ChangePoint) -> WireChange<'h> {
    let interval = change.shift.and_then(|shift| shift.interval);
    let (reason, found) = match &change.state {
        State::Open => (None, None),
        State::Accepted(accepted) => (Some(accepted.reason.as_str()), None),
        State::Confirmed(found) | State::Refuted(found) => (None, Some(found)),
    };
    WireChange {
        before: &series.points[change.before].commit,
        after: &series.points[change.after].commit,
        ratio: change.shift.map(|shift| shift.ratio),
        ratio_low: interval.map(|interval| interval.low),
        ratio_high: interval.map(|interval| interval.high),
        p: change.p,
        state: change.state.name(),
        reason,
        run: found.map(|found| found.run.as_str()),
        verdict: found.map(|found| found.verdict.as_str()),
    }
}
