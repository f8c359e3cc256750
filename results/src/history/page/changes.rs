//! The change points by commit, and how old those are that nobody has looked at.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::super::{ChangePoint, Event, History, Series, spell};
use super::table;
use crate::units::{self, Charset};

/// The page of all change points of the series at these positions: a heading per commit, a line per
/// series.
pub fn changes(history: &History, positions: &[usize], charset: Charset) -> String {
    let mut page = String::new();
    for event in &history.events {
        let of: Vec<_> = selected(history, event, positions).collect();
        if of.is_empty() {
            continue;
        }
        let _ = writeln!(page, "{}", heading(event));
        let mut rows = table(&["", "series", "Mops/s", "change", "between", "chance", "state"]);
        for (series, change) in of {
            rows.add_row(row(series, change, charset));
        }
        let _ = writeln!(page, "{}\n", rows.trim_fmt());
    }
    if page.is_empty() { "no change points\n".to_owned() } else { page }
}

/// The page of the commits with nominations that wait for somebody, the oldest first.
pub fn open(history: &History, positions: &[usize], now: Timestamp, charset: Charset) -> String {
    let mut rows = table(&["commit", "day", "subject", "age", "series", "largest change"]);
    let mut first = None;
    for event in &history.events {
        let of: Vec<&ChangePoint> = selected(history, event, positions)
            .map(|(_, change)| change)
            .filter(|change| change.state.is_open())
            .collect();
        let size =
            |change: &&&ChangePoint| change.shift.map_or(0.0, |shift| shift.ratio.ln().abs());
        let Some(largest) = of.iter().max_by(|a, b| size(a).total_cmp(&size(b))) else { continue };
        let (commits, days) = spell::age(event.position, &event.time, &history.commits, now);
        let days = days.map_or_else(String::new, |days| format!(", {days} days"));
        let commit = spell::short(&event.commit);
        rows.add_row([
            commit.clone(),
            spell::day(&event.time),
            spell::one_line(&event.subject),
            format!("{commits} commits{days}"),
            of.len().to_string(),
            spell::shift(largest.shift, charset),
        ]);
        first.get_or_insert(commit);
    }
    match first {
        None => "no open nominations\n".to_owned(),
        Some(commit) => format!(
            "{}\n\nTo know for sure: mapbench history changepoints --confirm. It is as it should be: \
             mapbench history accept {commit} --reason TEXT\n",
            rows.trim_fmt()
        ),
    }
}

fn selected<'h>(
    history: &'h History,
    event: &'h Event,
    positions: &'h [usize],
) -> impl Iterator<Item = (&'h Series, &'h ChangePoint)> {
    let chosen = event.changes.iter().filter(|(series, _)| positions.contains(series));
    chosen.map(|(series, change)| {
        let series = &history.series[*series];
        (series, &series.changes[*change])
    })
}

fn heading(event: &Event) -> String {
    let (commit, day) = (spell::short(&event.commit), spell::day(&event.time));
    format!("{commit} {day} {}", spell::one_line(&event.subject))
}

fn row(series: &Series, change: &ChangePoint, charset: Charset) -> [String; 7] {
    let (before, after) = (&series.points[change.before], &series.points[change.after]);
    let mark = match (change.shift.is_some_and(super::super::Shift::is_slowdown), charset) {
        (true, Charset::Utf8) => "▼",
        (false, Charset::Utf8) => "▲",
        (true, Charset::Ascii) => "slower",
        (false, Charset::Ascii) => "faster",
    };
    [
        mark.to_owned(),
        spell::name(&series.name, charset),
        format!("{} to {}", units::mops(before.ops_per_sec), units::mops(after.ops_per_sec)),
        spell::shift(change.shift, charset),
        format!("{}..{}", spell::short(&before.commit), spell::short(&after.commit)),
        spell::chance(change.p, charset),
        spell::state(change),
    ]
}
