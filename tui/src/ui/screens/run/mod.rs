//! The Run screen: throughput over time, latency ridges on a shared axis, the table, progress.
//! Which of them are drawn depends on the size of the screen.

mod latency;
pub(super) mod progress;
mod table;
mod throughput;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Modifier;

use super::panel;
use crate::ui::keys::Place;
use crate::ui::model::Model;
use crate::ui::view::{Chart, Group, groups};

/// From this size on everything is drawn.
const FULL: (u16, u16) = (120, 36);
/// From this size on one chart and the table are drawn.
const ONE_CHART: (u16, u16) = (80, 24);
/// From this size on the table is drawn; below it, one line.
const TABLE_ONLY: (u16, u16) = (40, 12);

/// ```text
///  1 Run                                    ● RUN 00:42/03:00  between rounds
///  read-heavy ×1  [read-heavy ×2]  hot-key ×1
/// ┌ throughput Mops/s ──────────────────────┐┌ latency of all ops ─────────────┐
/// │18┤      ⣀⣀⠤⠤⠒⠒⠒⠒ ◆ sharded              ││◆ sharded  ╷50  ╷99              │
/// │12┤ ⣀⠤⠒⠒⠉⠉⠉⠒⠒⠤⠤ ▲ dashmap              ││          ▁▃█▇▃▁                 │
/// │ 0┤ ⠒⠒⠤⠤⠤⠤⣀⣀⣀⣀⣀ ■ std/rwlock           ││▲ dashmap   ╷50  ╷99             │
/// └──0────────20────────40 s────────────────┘└─50ns───200ns───1µs───5µs───50µs─┘
///  map         Mops/s  ±95%  p50  p99   p99.9 max    B/entry  scan   rounds  flags
/// ▸◆ sharded    17.9   0.2   61n  410n  2.1µ  1.1m   41       shard  7/10
///  Space pause  Enter details  f freeze  m metric  o overlay  ? help  q quit
/// ```
pub(crate) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let at_least = |size: (u16, u16)| area.width >= size.0 && area.height >= size.1;
    if !at_least(TABLE_ONLY) {
        progress::one_line(model, area, buffer);
        return;
    }
    let Some(run) = model.shown() else {
        progress::head(model, panel::row(area, 0), buffer);
        progress::waiting(model, panel::row(area, area.height / 2), buffer);
        panel::footer(model, Place::Run, panel::row(area, area.height - 1), buffer);
        return;
    };
    let groups = groups(run);
    let rows = model.rows();
    let wanted = rows.len() as u16 + 1;
    let table_height = if at_least(ONE_CHART) { wanted.min(area.height / 2) } else { area.height };
    let [head, tabs, charts, table_area, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(u16::from(at_least(ONE_CHART))),
        if at_least(ONE_CHART) { Constraint::Length(table_height) } else { Constraint::Fill(1) },
        Constraint::Length(1),
    ])
    .areas(area);
    progress::head(model, head, buffer);
    group_tabs(model, &groups, tabs, buffer);
    if at_least(FULL) && model.view.chart != Chart::Throughput {
        let [left, right] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(charts);
        throughput::draw(model, &rows, left, buffer);
        latency::draw(model, &rows, right, buffer);
    } else if at_least(ONE_CHART) {
        match model.view.chart {
            Chart::Throughput => throughput::draw(model, &rows, charts, buffer),
            Chart::Ridges | Chart::Curves => latency::draw(model, &rows, charts, buffer),
        }
    }
    table::draw(model, &rows, table_area, buffer);
    panel::footer(model, Place::Run, foot, buffer);
}

/// The groups of the run; the shown one is marked, and stays in sight when there are many.
fn group_tabs(model: &Model, groups: &[Group], area: Rect, buffer: &mut Buffer) {
    let theme = model.theme;
    let shown = model.view.group.min(groups.len().saturating_sub(1));
    let widths: Vec<usize> = groups.iter().map(|group| group.title.chars().count() + 3).collect();
    let mut first = 0;
    while first < shown && widths[first..=shown].iter().sum::<usize>() > usize::from(area.width) {
        first += 1;
    }
    let mut column = 1;
    for (position, group) in groups.iter().enumerate().skip(first) {
        let (text, style) = if position == shown {
            (format!("[{}]", group.title), theme.strong().add_modifier(Modifier::UNDERLINED))
        } else {
            (format!(" {} ", group.title), theme.faint())
        };
        column = panel::put(&text, style, column, area, buffer);
    }
    if model.view.fixed && model.phase.is_active() {
        panel::put("  Esc follows the run", theme.faint(), column, area, buffer);
    }
}
