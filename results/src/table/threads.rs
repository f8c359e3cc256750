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
        if group.iter().any(|cell| cell.row().pace.is_some()) {
            let _ = writeln!(text, "{}", offered(group, charset));
        }
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

/// What was offered and achieved in all, and by role where a cell has several paced actors.
fn offered(group: &[&CellSummary], charset: Charset) -> String {
    let absent = || charset.absent().to_owned();
    let line = |name: String, offered: f64, achieved: f64, each: String, wakes: String| {
        let share = if offered > 0.0 { units::percent(achieved / offered) } else { absent() };
        vec![name, units::rate(offered), units::rate(achieved), share, each, wakes]
    };
    let mut rows = Vec::new();
    for cell in group {
        let Some(pace) = cell.row().pace else { continue };
        let wakes = pace.wakes.map_or_else(absent, |wakes| {
            let time = |ns| units::time(ns, charset);
            format!("{} {}", time(wakes.p50), time(wakes.p99))
        });
        let (offered, achieved) = (pace.offered_per_sec, pace.achieved_per_sec);
        rows.push(line(label::adapter(cell.cell()), offered, achieved, absent(), wakes));
        let roles = cell.actors();
        if roles.iter().map(|role| role.actors).sum::<usize>() < 2 {
            continue;
        }
        rows.extend(roles.into_iter().map(|role| {
            let (least, most) = role.each_per_sec;
            let each = match role.actors {
                1 => absent(),
                _ => format!("{} to {}", units::rate(least), units::rate(most)),
            };
            let name = format!("  {} x {} events", role.actors, role.name);
            line(name, role.offered_per_sec, role.achieved_per_sec, each, absent())
        }));
    }
    let header =
        ["offered and achieved", "offered/s", "achieved/s", "%", "each/s", "awake late p50 p99"];
    grid(&header, rows, charset)
}
