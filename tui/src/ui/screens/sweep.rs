//! The Sweep screen: the curve of each map with its knee and the knee's interval, and the list of
//! what was found. One picture at a time: a setting in a placement mode.

use mapbench_results::sweep::plot::{self, PlotSize};
use mapbench_results::sweep::{JudgedGroup, Sweep, page};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;

use super::{panel, tabs};
use crate::ui::keys::Place;
use crate::ui::model::Model;

/// From this size on curves are drawn.
const CURVES: (u16, u16) = (60, 20);
/// From this size on there is a list; below it, one line.
const LIST: (u16, u16) = (40, 8);
/// Lines of a picture that are not its curves, at least: title, axis, names, legend.
const AROUND: u16 = 5;

/// ```text
///  1 Run  2 Sweep  3 Compare  4 History                                  run 3fa9c2d1
///  curated/read-heavy · 2 threads · u64 keys · 8 B values · foldhash            1 of 2
///  Mops/s by write share, %
///   20 ┤◆⣀⣀⣀⣀⣀⣀◆⣀⣀╳⣀⣀◆
///   10 ┤             ⠉⠉◆⠒⠒⠒⠒◆
///    0 └──┬─────────┬─────────┬──
///                 ├─╳─┤ slope break 31 % ◆
///  knee         whose      point  95% interval  visits
///  slope break  ◆ sharded  31 %   27 to 35      24
///  Enter all of it  → setting  Tab screen  ? help  q quit
/// ```
pub(crate) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let entry = &model.shelf.sweep;
    let shown = entry.get().filter(|sweep| !sweep.groups.is_empty());
    let Some(sweep) = shown else {
        let why = if entry.get().is_some() { "no point of the sweep yet" } else { entry.instead() };
        tabs::nothing(model, Place::Sweep, why, area, buffer);
        return;
    };
    let at_least = |size: (u16, u16)| area.width >= size.0 && area.height >= size.1;
    let (group, picture) = under_way(model, sweep);
    let table = page::table(group, sweep, model.charset());
    let lines: Vec<&str> = table.lines().collect();
    if !at_least(LIST) {
        let line = lines.get(2).copied().unwrap_or("no knee yet");
        panel::put(line, Style::new(), 0, panel::row(area, 0), buffer);
        return;
    }
    let wanted = (lines.len() as u16).max(1);
    let height = if at_least(CURVES) { wanted.min(area.height / 3) } else { area.height };
    let [head, setting, curves, list, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(u16::from(at_least(CURVES))),
        if at_least(CURVES) { Constraint::Length(height) } else { Constraint::Fill(1) },
        Constraint::Length(1),
    ])
    .areas(area);
    tabs::head(model, entry.from(), head, buffer);
    let charset = model.charset();
    let end = panel::put(
        &format!(" {}", group.series.setting.describe(charset)),
        model.theme.strong(),
        0,
        setting,
        buffer,
    );
    let of = pictures(model);
    if of > 1 {
        let at = model.shelf.picture.min(of - 1) + 1;
        panel::put(&format!("  {at} of {of}"), model.theme.faint(), end, setting, buffer);
    }
    if at_least(CURVES) {
        draw_curves(model, (group, sweep, picture), curves, buffer);
    }
    findings(model, &lines, list, buffer);
    panel::footer(model, Place::Sweep, foot, buffer);
}

/// The picture, as high as leaves room for its legend.
fn draw_curves(
    model: &Model,
    (group, sweep, picture): (&JudgedGroup, &Sweep, usize),
    area: Rect,
    buffer: &mut Buffer,
) {
    let columns = usize::from(area.width.saturating_sub(2));
    let mut rows = area.height.saturating_sub(AROUND);
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    while rows >= 4 {
        let size = PlotSize { columns, rows: usize::from(rows) };
        let drawn = plot::render(group, sweep, size, model.charset());
        let Some(lines) = drawn.get(picture) else { return };
        // The lines below the axis depend on how many knees there are.
        if lines.len() <= usize::from(area.height) || rows == 4 {
            tabs::picture(model, lines, group.series.subjects.len(), area, buffer);
            return;
        }
        rows -= (lines.len() as u16 - area.height).min(rows - 4);
    }
}

/// Header, rule and rows; the rows scroll so that the one under the cursor is in sight.
fn findings(model: &Model, lines: &[&str], area: Rect, buffer: &mut Buffer) {
    let theme = model.theme;
    if lines.len() <= 2 {
        panel::put(" no knee yet", theme.faint(), 0, panel::row(area, 0), buffer);
        return;
    }
    let rows = usize::from(area.height.saturating_sub(1)).max(1);
    let cursor = model.shelf.cursors[model.tab as usize].min(lines.len() - 3);
    let first = (cursor + 1).saturating_sub(rows);
    panel::put(&format!("  {}", lines[0]), theme.faint(), 0, panel::row(area, 0), buffer);
    for (row, (at, line)) in (1..).zip(lines[2..].iter().enumerate().skip(first).take(rows)) {
        let (mark, style) = if at == cursor {
            (theme.glyph("▸", ">"), theme.strong())
        } else {
            (" ", Style::new())
        };
        panel::put(&format!("{mark} {line}"), style, 0, panel::row(area, row), buffer);
    }
}

/// The setting on view and the number of its picture.
fn under_way<'s>(model: &Model, sweep: &'s Sweep) -> (&'s JudgedGroup, usize) {
    let mut at = model.shelf.picture.min(pictures(model).saturating_sub(1));
    for group in &sweep.groups {
        let own = pictures_of(group);
        if at < own {
            return (group, at);
        }
        at -= own;
    }
    (&sweep.groups[0], 0)
}

fn pictures_of(group: &JudgedGroup) -> usize {
    mapbench_results::sweep::modes(&group.series).len().max(1)
}

/// Pictures of the sweep.
pub(crate) fn pictures(model: &Model) -> usize {
    model.shelf.sweep.get().map_or(0, |sweep| sweep.groups.iter().map(pictures_of).sum())
}

/// Rows of the list of what was found.
pub(crate) fn rows(model: &Model) -> usize {
    let Some(sweep) = model.shelf.sweep.get().filter(|sweep| !sweep.groups.is_empty()) else {
        return 0;
    };
    let (group, _) = under_way(model, sweep);
    page::table(group, sweep, model.charset()).lines().count().saturating_sub(2)
}
