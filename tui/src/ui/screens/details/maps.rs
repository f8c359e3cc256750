//! The maps of a cell's trace, one a line: a bar for the share of the time, beside the share of the
//! ops and what an op costs. The map that takes the most time stands first.

use mapbench_results::summary::MapRow;
use mapbench_results::units::{count, percent, rate, time};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::ui::theme::Theme;
use crate::ui::widgets::bar::bar;

/// Columns of everything but names and bar.
const FIGURES: u16 = 42;
/// Narrowest and widest name of a map.
const NAMES: (u16, u16) = (15, 24);
/// Widest bar.
const MOST_BAR: u16 = 24;

/// ```text
///  map  name            ops % time %            per op  ops/s entries
///  M9   pod states       15.0   47.4  ████▋       60n   769k   55.0k
///  M14  cycle state      80.0   42.1  ████▏       10n  4.10M       8
/// ```
pub(crate) fn lines(maps: &[MapRow], theme: Theme, width: u16) -> Vec<Line<'static>> {
    if maps.len() < 2 {
        return Vec::new();
    }
    let names = if width >= FIGURES + NAMES.1 + MOST_BAR { NAMES.1 } else { NAMES.0 };
    let bar_width = width.saturating_sub(FIGURES + names).min(MOST_BAR);
    let titles = ["map", "name", "ops %", "time %", "per op", "ops/s", "entries"];
    let heading = row(titles.map(str::to_owned), names, blank(bar_width), theme.faint());
    let mut order: Vec<&MapRow> = maps.iter().collect();
    order.sort_by(|one, other| {
        other.time_share.unwrap_or(0.0).total_cmp(&one.time_share.unwrap_or(0.0))
    });
    let maps = order.into_iter().map(|map| of_map(map, theme, names, bar_width));
    [Line::default(), heading].into_iter().chain(maps).chain([Line::default()]).collect()
}

fn of_map(map: &MapRow, theme: Theme, names: u16, bar_width: u16) -> Line<'static> {
    let absent = || theme.glyph("–", "-").to_owned();
    let share = |share: Option<f64>| share.map_or_else(absent, percent);
    let charset = theme.charset();
    let figures = [
        map.id.clone(),
        map.name.chars().take(usize::from(names)).collect(),
        share(map.ops_share),
        share(map.time_share),
        map.ns_per_op.map_or_else(absent, |ns| time(ns.round() as u64, charset)),
        rate(map.ops_per_sec()),
        count(map.entries),
    ];
    let drawn = bar(map.time_share.unwrap_or(0.0), bar_width, theme.ascii);
    let bar = Span::styled(format!("{drawn:<0$}", usize::from(bar_width)), theme.series(0));
    row(figures, names, bar, Style::new())
}

fn blank(width: u16) -> Span<'static> {
    Span::raw(" ".repeat(usize::from(width)))
}

fn row(figures: [String; 7], names: u16, bar: Span<'static>, style: Style) -> Line<'static> {
    let [id, name, ops, time, cost, per_sec, entries] = figures;
    let names = usize::from(names);
    let left = format!(" {id:<4} {name:<names$} {ops:>5} {time:>6}  ");
    let right = format!("{cost:>6} {per_sec:>6} {entries:>7}");
    Line::from(vec![Span::styled(left, style), bar, Span::styled(right, style)])
}
