//! The History screen: the series of the store, and the one under the cursor over commits, with its
//! change points and the subjects of their commits; machines are parted.

use mapbench_results::history::{History, Series, page, plot, spell};
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
/// └────────────────────────────────────────────────────────────────────────┘
///  cb331c1 Name the arms: -6.1 % (-7.0 to -5.2), open
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
        panel::put(&row_of(series), Style::new(), 0, panel::row(area, 0), buffer);
        return;
    }
    let rows = history.series.len() as u16;
    let changes = series.changes.len() as u16;
    let with_picture = at_least(PICTURE);
    let [head, list, picture, events, foot] = Layout::vertical([
        Constraint::Length(1),
        if with_picture {
            Constraint::Length(rows.min(area.height / 4))
        } else {
            Constraint::Fill(1)
        },
        Constraint::Fill(u16::from(with_picture)),
        Constraint::Length(if with_picture { changes.min(area.height / 4) } else { 0 }),
        Constraint::Length(1),
    ])
    .areas(area);
    tabs::head(model, entry.from(), head, buffer);
    draw_list(model, history, cursor, list, buffer);
    if with_picture {
        let inside = panel::frame(&series.name.to_string(), model.theme, picture, buffer);
        draw_series(model, series, inside, buffer);
        draw_changes(model, series, events, buffer);
    }
    panel::footer(model, Place::History, foot, buffer);
}

fn cursor(model: &Model, history: &History) -> usize {
    model.shelf.cursors[model.tab as usize].min(history.series.len().saturating_sub(1))
}

/// A series on one line.
fn row_of(series: &Series) -> String {
    let points = series.points.len();
    let open = series.nominations().count();
    let waits = if open > 0 { format!(", {open} open") } else { String::new() };
    format!("{}: {points} points{waits}", series.name)
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
        panel::put(&format!(" {mark} {}", row_of(series)), style, 0, panel::row(area, row), buffer);
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

/// A line per change: commit, subject, shift, what people made of it. The latest last.
fn draw_changes(model: &Model, series: &Series, area: Rect, buffer: &mut Buffer) {
    let charset = model.charset();
    let hidden = series.changes.len().saturating_sub(usize::from(area.height));
    for (row, change) in (0..).zip(series.changes.iter().skip(hidden)) {
        let Some(point) = series.points.get(change.after) else { continue };
        let style = if change.state.is_open() { model.theme.warning() } else { Style::new() };
        let line = format!(
            " {} {}: {}, {}",
            spell::short(&point.commit),
            spell::one_line(&point.subject),
            spell::shift(change.shift, charset),
            spell::state(change)
        );
        panel::put(&line, style, 0, panel::row(area, row), buffer);
    }
}

/// The whole page of the series under the cursor.
pub(crate) fn page(model: &Model) -> String {
    let history = model.shelf.history.get().filter(|history| !history.series.is_empty());
    history.map_or_else(String::new, |history| {
        page::show(&history.series[cursor(model, history)], model.charset())
    })
}
