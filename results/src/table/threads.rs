//! What threads did to each other, and how paced actors kept their pace: nothing where no thread
//! met another and nothing was due.

use std::fmt::Write as _;

use super::grid;
use crate::histogram::Percentiles;
use crate::label;
use crate::summary::{CellSummary, SummaryRow};
use crate::units::{self, Charset};

/// Writes the lines of a group that say something.
pub(super) fn write(text: &mut String, group: &[&CellSummary], charset: Charset) {
    if group.iter().any(|cell| cell.row().due_events > 0) {
        let _ = writeln!(text, "{}", paced(group, charset));
    }
    let lines: Vec<String> = [
        line("updates of a key that another thread wrote last", group, |row| row.contended_share),
        line("thread time spent waiting for other threads' events", group, |row| row.waiting_share),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "{}\n", lines.join("\n"));
    }
}

/// From the smallest share to the largest, with the adapters that have them.
fn line(
    title: &str,
    group: &[&CellSummary],
    share: fn(&SummaryRow) -> Option<f64>,
) -> Option<String> {
    let mut shares: Vec<(f64, String)> = group
        .iter()
        .filter_map(|cell| Some((share(cell.row())?, label::adapter(cell.cell()))))
        .collect();
    shares.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (least, most) = (shares.first()?, shares.last()?);
    let percent = |share: f64| format!("{} %", units::percent(share));
    let (low, high) = (percent(least.0), percent(most.0));
    let range = match shares.len() {
        1 => format!("{low} {}", least.1),
        _ if low == high => format!("{low} with every adapter"),
        _ => format!("{low} {} to {high} {}", least.1, most.1),
    };
    (most.0 > 0.0).then(|| format!("{title}:\n  {range}"))
}

/// The latencies of paced actors: from when an event was due, not from when somebody got to it.
fn paced(group: &[&CellSummary], charset: Charset) -> String {
    let absent = || charset.absent().to_owned();
    let rows = group.iter().map(|cell| {
        let row = cell.row();
        let latency = |pick: fn(&Percentiles) -> u64| {
            row.intended.as_ref().map_or_else(absent, |p| units::percentile(pick(p), charset))
        };
        vec![
            label::adapter(cell.cell()),
            row.due_events.to_string(),
            row.late_share.map_or_else(absent, units::percent),
            latency(|p| p.p50),
            latency(|p| p.p99),
            latency(|p| p.p999),
            latency(|p| p.max),
        ]
    });
    let header = ["from due to done", "events", "late %", "p50", "p99", "p99.9", "max"];
    grid(&header, rows.collect(), charset)
}
