//! The forest plot: one lane per cell with its estimate, its interval, zero and the margin, all on
//! one scale. What is slower is to the right.

use mapbench_results::compare::{Compared, ComparedCell, page};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{named, verdict_style};
use crate::ui::model::Model;
use crate::ui::screens::panel;

/// Most columns of the names of maps, and on a wide screen, and of settings.
const NAMES: [usize; 2] = [18, 32];
const SETTINGS: usize = 26;
/// A screen is wide from so many columns on.
const WIDE: u16 = 100;
/// Fewest columns of the name of a map, and most of a verdict.
const NAME: u16 = 8;
const VERDICT: usize = 21;
/// Fewest columns of a lane.
const LANE: u16 = 12;
/// The scale reaches at least so many margins, and at most.
const MARGINS: (f64, f64) = (1.5, 12.0);

/// Where columns begin.
struct Columns {
    setting: u16,
    lane: u16,
    lane_width: u16,
    /// The column after the figures, which end there.
    figure_end: u16,
    verdict: u16,
}

/// Draws the cells from the first that keeps the cursor in sight.
pub(super) fn draw(
    model: &Model,
    compared: &Compared,
    with_lanes: bool,
    area: Rect,
    buffer: &mut Buffer,
) {
    let theme = model.theme;
    let title = if with_lanes {
        theme.glyph(
            "B is slower by: interval against the margin δ",
            "B is slower by: interval against the margin d",
        )
    } else {
        "B is slower by"
    };
    let inside = panel::frame(title, theme, area, buffer);
    if compared.cells.is_empty() || inside.height == 0 {
        let none = if model.phase.is_active() { " no cell yet" } else { " no cell was compared" };
        panel::put(none, theme.faint(), 0, panel::row(inside, 0), buffer);
        return;
    }
    let columns = columns(compared, inside.width, with_lanes);
    let rows = inside.height.saturating_sub(u16::from(columns.lane_width > 0)).max(1);
    let cursor = model.shelf.cursors[model.tab as usize].min(compared.cells.len() - 1);
    let first = (cursor + 1).saturating_sub(usize::from(rows));
    let limit = limit(compared);
    for (row, (at, cell)) in (0..rows).zip(compared.cells.iter().enumerate().skip(first)) {
        let line = panel::row(inside, row);
        let names = if at == cursor { theme.strong() } else { Style::new() };
        let (adapter, setting) = named(cell);
        let mark = if at == cursor { theme.glyph("▸ ", "> ") } else { "  " };
        panel::put(mark, names, 0, line, buffer);
        put_within(model, &adapter, names, (2, columns.setting - 2), line, buffer);
        if columns.lane > columns.setting {
            put_within(model, &setting, names, (columns.setting, columns.lane - 2), line, buffer);
        }
        lane(model, cell, limit, &columns, line, buffer);
        let figure = figure(cell);
        let start = columns.figure_end.saturating_sub(figure.chars().count() as u16);
        panel::put(&figure, names, start, line, buffer);
        panel::put(&page::verdict(cell), verdict_style(model, cell), columns.verdict, line, buffer);
    }
    if columns.lane_width > 0 {
        let shown = (compared.cells.len() - first).min(usize::from(rows)) as u16;
        axis(model, compared, limit, &columns, panel::row(inside, shown), buffer);
    }
}

/// By how much a cell is slower.
fn figure(cell: &ComparedCell) -> String {
    format!("{} %", page::signed(cell.judgement.slowdown))
}

/// Lays the columns out: verdicts and figures always, then the names of the maps, then lanes, then
/// the settings.
fn columns(compared: &Compared, width: u16, with_lanes: bool) -> Columns {
    let longest = |of: &dyn Fn(&ComparedCell) -> String| {
        compared.cells.iter().map(|cell| of(cell).chars().count()).max().unwrap_or(0)
    };
    let verdict = longest(&page::verdict).min(VERDICT) as u16;
    let figure = longest(&figure) as u16;
    let right = figure + 2 + verdict + 1;
    let left = width.saturating_sub(right);
    let adapter = longest(&|cell| named(cell).0).min(NAMES[usize::from(width >= WIDE)]) as u16;
    let setting = 2 + adapter.min(left.saturating_sub(4)).max(NAME) + 2;
    let settings = longest(&|cell| named(cell).1).min(SETTINGS) as u16 + 2;
    // A setting that would be cut to nothing is left out.
    let lane = if setting + NAME + 2 > left { setting } else { (setting + settings).min(left) };
    let room = left.saturating_sub(lane + 2);
    let lane_width = if with_lanes && room >= LANE { room } else { 0 };
    let gap = if lane_width > 0 { 2 } else { 0 };
    let figure_end = lane + lane_width + gap + figure;
    Columns { setting, lane, lane_width, figure_end, verdict: figure_end + 2 }
}

/// The slowdown at the end of the scale: all that is finite, but not so far that the margins vanish.
fn limit(compared: &Compared) -> f64 {
    let judgements = || compared.cells.iter().map(|cell| &cell.judgement);
    let delta = judgements().map(|judgement| judgement.delta).fold(0.0, f64::max);
    let ends = judgements().flat_map(|judgement| {
        [judgement.slowdown, judgement.interval.low, judgement.interval.high]
    });
    let furthest = ends.filter(|end| end.is_finite()).map(f64::abs).fold(0.0, f64::max);
    (furthest * 1.05).clamp(MARGINS.0 * delta, (MARGINS.1 * delta).max(f64::MIN_POSITIVE))
}

/// The column of a slowdown in a lane; `None` beyond its ends.
fn column(slowdown: f64, limit: f64, width: u16) -> Option<u16> {
    let share = f64::midpoint(slowdown / limit, 1.0);
    (0.0..=1.0).contains(&share).then(|| (share * f64::from(width - 1)).round() as u16)
}

fn lane(
    model: &Model,
    cell: &ComparedCell,
    limit: f64,
    columns: &Columns,
    line: Rect,
    buffer: &mut Buffer,
) {
    let width = columns.lane_width;
    if width == 0 {
        return;
    }
    let theme = model.theme;
    let judgement = &cell.judgement;
    let style = verdict_style(model, cell).remove_modifier(Modifier::BOLD);
    let mut put = |at: u16, glyph: &str, style: Style| {
        panel::put(glyph, style, columns.lane + at, line, buffer);
    };
    let last = width - 1;
    let (low, high) = (judgement.interval.low, judgement.interval.high);
    let left = column(low, limit, width);
    let right = column(high, limit, width);
    let (from, to) = (
        left.unwrap_or(if low > limit { last } else { 0 }),
        right.unwrap_or(if high < -limit { 0 } else { last }),
    );
    for at in from..=to {
        put(at, theme.glyph("─", "-"), style);
    }
    for (slowdown, unicode, ascii) in [(0.0, "│", "|"), (judgement.delta, "╎", ":")] {
        if let Some(at) = column(slowdown, limit, width) {
            put(at, theme.glyph(unicode, ascii), theme.faint());
        }
    }
    put(from, if left.is_some() { theme.glyph("├", "[") } else { theme.glyph("◂", "<") }, style);
    put(to, if right.is_some() { theme.glyph("┤", "]") } else { theme.glyph("▸", ">") }, style);
    if let Some(at) = column(judgement.slowdown, limit, width) {
        put(at, theme.glyph("●", "o"), verdict_style(model, cell));
    }
}

/// The ends of the scale, zero, and the margin if all cells have the same.
fn axis(
    model: &Model,
    compared: &Compared,
    limit: f64,
    columns: &Columns,
    line: Rect,
    buffer: &mut Buffer,
) {
    let style = model.theme.faint();
    let width = columns.lane_width;
    let middle = (width - 1) / 2;
    let end = format!("{:+.0} %", limit * 100.0);
    panel::put(&format!("{:+.0} %", -limit * 100.0), style, columns.lane, line, buffer);
    let start = (columns.lane + width).saturating_sub(end.chars().count() as u16);
    panel::put(&end, style, start, line, buffer);
    let zero = column(0.0, limit, width).unwrap_or(middle);
    panel::put("0", style, columns.lane + zero, line, buffer);
    let mut deltas = compared.cells.iter().map(|cell| cell.judgement.delta);
    let delta = deltas.next().filter(|first| deltas.all(|delta| (delta - first).abs() < 1e-9));
    let at = delta.and_then(|delta| column(delta, limit, width));
    if let Some(at) = at.filter(|at| *at > zero + 1 && columns.lane + at + 1 < start) {
        panel::put(model.theme.glyph("δ", "d"), style, columns.lane + at, line, buffer);
    }
}

/// A text between two columns, cut where it does not fit.
fn put_within(
    model: &Model,
    text: &str,
    style: Style,
    (from, to): (u16, u16),
    line: Rect,
    buffer: &mut Buffer,
) {
    let room = usize::from(to.saturating_sub(from));
    if text.chars().count() <= room {
        panel::put(text, style, from, line, buffer);
        return;
    }
    let mut cut: String = text.chars().take(room.saturating_sub(1)).collect();
    cut.push_str(model.theme.glyph("…", "~"));
    panel::put(&cut, style, from, line, buffer);
}
