//! The History screen: the series of the store, and the one under the cursor over commits, with its
//! change points and the subjects of their commits; machines are parted.

use mapbench_results::history::{History, Series, page, plot};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;

use super::{panel, tabs};
use crate::ui::keys::Place;
use crate::ui::model::Model;

/// From this size on the series is drawn.
const PICTURE: (u16, u16) = (60, 20);
/// From this size on there is a list; below it, one line.
const LIST: (u16, u16) = (40, 8);
/// Lines of a picture that are not its rows, at least.
const AROUND: u16 = 4;

/// ```text
///  1 Run  2 Sweep  3 Compare  4 History                        3 series of .mapbench/runs
///  ▸ sharded, curated/read-heavy, 1 thread, ..., 41 commits, 1 open
///    sharded, curated/read-heavy, 2 threads, ...
/// ┌ sharded, curated/read-heavy, 1 thread ─────────────────────────────────┐
/// │ 17.9 ┤ ● ● ●●● ●                                                       │
/// │ 16.1 ┤           ╎ ● ● ● ●                                             │
/// │ ▼ cb331c1 2026-01-01 Name the arms: -6.1 % (-7.0 to -5.2), open        │
/// └────────────────────────────────────────────────────────────────────────┘
///  Enter all of it  Tab screen  ? help  q quit
/// ```
pub(crate) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let entry = &model.shelf.history;
    let shown = entry.get().filter(|history| !history.series.is_empty());
    let Some(history) = shown else {
        tabs::nothing(model, Place::History, entry.instead(), area, buffer);
        return;
    };
    let at_least = |size: (u16, u16)| area.width >= size.0 && area.height >= size.1;
    let cursor = cursor(model, history);
    let series = &history.series[cursor];
    if !at_least(LIST) {
        let line = row_of(model, series, usize::from(area.width));
        panel::put(&line, Style::new(), 0, panel::row(area, 0), buffer);
        return;
    }
    let rows = history.series.len() as u16;
    let with_picture = at_least(PICTURE);
    let [head, list, picture, foot] = Layout::vertical([
        Constraint::Length(1),
        if with_picture {
            Constraint::Length(rows.min(area.height / 4))
        } else {
            Constraint::Fill(1)
        },
        Constraint::Fill(u16::from(with_picture)),
        Constraint::Length(1),
    ])
    .areas(area);
    tabs::head(model, entry.from(), head, buffer);
    draw_list(model, history, cursor, list, buffer);
    if with_picture {
        let inside = panel::frame(&series.name.to_string(), model.theme, picture, buffer);
        draw_series(model, series, inside, buffer);
    }
    panel::footer(model, Place::History, foot, buffer);
}

fn cursor(model: &Model, history: &History) -> usize {
    model.shelf.cursors[model.tab as usize].min(history.series.len().saturating_sub(1))
}

/// A series on a line of so many characters: its name gives way to what waits.
fn row_of(model: &Model, series: &Series, width: usize) -> String {
    let points = series.points.len();
    let open = series.nominations().count();
    let waits = if open > 0 { format!(", {open} open") } else { String::new() };
    let state = format!(": {points} points{waits}");
    let name = series.name.to_string();
    let room = width.saturating_sub(state.chars().count());
    if name.chars().count() <= room {
        return name + &state;
    }
    let cut: String = name.chars().take(room.saturating_sub(1)).collect();
    format!("{cut}{}{state}", model.theme.glyph("…", "~"))
}

fn draw_list(model: &Model, history: &History, cursor: usize, area: Rect, buffer: &mut Buffer) {
    let theme = model.theme;
    let rows = usize::from(area.height).max(1);
    let first = (cursor + 1).saturating_sub(rows);
    let shown = history.series.iter().enumerate().skip(first).take(rows);
    for (row, (at, series)) in (0..).zip(shown) {
        let (mark, style) = if at == cursor {
            (theme.glyph("▸", ">"), theme.strong())
        } else if series.nominations().next().is_some() {
            (" ", theme.warning())
        } else {
            (" ", Style::new())
        };
        let line = row_of(model, series, usize::from(area.width.saturating_sub(4)));
        panel::put(&format!(" {mark} {line}"), style, 0, panel::row(area, row), buffer);
    }
}

/// The picture, as high as leaves room for its legend.
fn draw_series(model: &Model, series: &Series, area: Rect, buffer: &mut Buffer) {
    let mut rows = area.height.saturating_sub(AROUND);
    while rows > 0 {
        let lines =
            plot::render(series, usize::from(area.width), usize::from(rows), model.charset());
        if lines.len() <= usize::from(area.height) || rows == 1 {
            tabs::picture(model, &lines, 1, area, buffer);
            return;
        }
        rows -= (lines.len() as u16 - area.height).min(rows - 1);
    }
}

/// The whole page of the series under the cursor.
pub(crate) fn page(model: &Model) -> String {
    let history = model.shelf.history.get().filter(|history| !history.series.is_empty());
    history.map_or_else(String::new, |history| {
        page::show(&history.series[cursor(model, history)], model.charset())
    })
}
