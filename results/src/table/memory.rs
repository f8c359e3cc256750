//! The table of a run that measured memory: what each map held at the three places at which every
//! map has run the same ops, and what came on top of it from lap to lap.

use std::fmt::Write as _;

use super::{grid, rounds, status};
use crate::label;
use crate::summary::{CellSummary, HeldPoint, RunSummary, SummaryRow};
use crate::units::{self, Charset};

/// Laps that are shown of a series.
const MOST_LAPS: usize = 10;

/// Writes what the maps of a group held.
pub(super) fn write(text: &mut String, group: &[&CellSummary], charset: Charset) {
    let _ = writeln!(text, "{}", stages(group, charset));
    let series: Vec<(&CellSummary, &[HeldPoint])> = group
        .iter()
        .filter_map(|cell| Some((*cell, cell.forks().first()?.held())))
        .filter(|(_, points)| points.len() > 1)
        .collect();
    if !series.is_empty() {
        let _ = writeln!(text, "{}", laps(&series, charset));
    }
}

fn stages(group: &[&CellSummary], charset: Charset) -> String {
    let absent = || charset.absent().to_owned();
    let per_entry = |bytes: Option<f64>| bytes.map_or_else(absent, |bytes| format!("{bytes:.1}"));
    let size = |bytes: Option<f64>| bytes.map_or_else(absent, units::mebibytes);
    let rows = group.iter().map(|cell| {
        let held = cell.row().memory.unwrap_or_default();
        vec![
            label::adapter(cell.cell()),
            per_entry(held.prefilled),
            per_entry(held.churned),
            per_entry(held.quiesced),
            size(held.reclaimed_bytes),
            held.quiesce_ns.map_or_else(absent, |ns| units::time(ns as u64, charset)),
            size(held.peak_bytes.map(|bytes| bytes as f64)),
            size(held.rss_bytes),
            size(held.peak_rss_bytes.map(|bytes| bytes as f64)),
            cell.row().allocations_per_op.map_or_else(absent, |count| format!("{count:.2}")),
            per_entry(held.taken_bytes_per_op),
            rounds(cell),
            status(&SummaryRow { flags: Vec::new(), ..cell.row().clone() }),
        ]
    });
    let header = [
        "adapter",
        "B/entry",
        "churned",
        "quiesced",
        "lag MiB",
        "quiesce",
        "peak MiB",
        "RSS MiB",
        "most RSS",
        "allocs/op",
        "B/op",
        "rounds",
        "status",
    ];
    grid(&header, rows.collect(), charset)
}

/// What the maps held at the ends of the rounds of their first fork.
fn laps(series: &[(&CellSummary, &[HeldPoint])], charset: Charset) -> String {
    let longest = series.iter().map(|(_, points)| points.len()).max().unwrap_or(0);
    let step = longest.div_ceil(MOST_LAPS).max(1);
    let shown: Vec<usize> = (0..longest).skip(step - 1).step_by(step).collect();
    let mut header = vec!["MiB held after lap".to_owned()];
    let number = |at: &usize| {
        let point = series.iter().find_map(|(_, points)| points.get(*at));
        point.map_or(0, |point| u64::from(point.n) + 1).to_string()
    };
    header.extend(shown.iter().map(number));
    let rows = series.iter().map(|(cell, points)| {
        let held = |at: &usize| {
            let point = points.get(*at);
            let size = point.map(|point| units::mebibytes(point.held_bytes as f64));
            size.unwrap_or_else(|| charset.absent().to_owned())
        };
        std::iter::once(label::adapter(cell.cell())).chain(shown.iter().map(held)).collect()
    });
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    grid(&header, rows.collect(), charset)
}

/// What the columns mean.
pub(super) fn footnotes(text: &mut String, summary: &RunSummary) {
    let churn = summary.begin().rounds;
    let laps = if churn == 1 { "lap".to_owned() } else { format!("{churn} laps") };
    let _ = writeln!(
        text,
        "B/entry, churned, quiesced: heap that the map holds per entry after the prefill, after \
         {laps} of the trace, and after quiescing, which takes the time beside it\n\
         lag: what quiescing gave back; peak: the most heap that the map held at once\n\
         RSS: of the process at the end and at most, with keys, ops and model of the harness\n\
         allocs/op, B/op: blocks and bytes that the map took from the heap per op of a lap"
    );
}
