//! The forest plot: one lane per cell with its estimate, its interval, zero and the margin, all on
//! one scale. What is slower is to the right.

use mapbench_results::compare::{Compared, ComparedCell, page};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{named, verdict_style};
use crate::ui::model::Model;
use crate::ui::screens::panel;

/// Most columns of the names of maps and of settings.
const NAMES: [usize; 2] = [18, 26];
/// Columns of the figure and of the verdict.
const FIGURE: u16 = 11;
const VERDICT: u16 = 21;
/// Fewest columns of a lane.
const LANE: u16 = 12;
/// The scale reaches at least so many margins, and at most.
const MARGINS: (f64, f64) = (1.5, 12.0);

/// Where columns begin.
struct Columns {
    setting: u16,
    lane: u16,
    lane_width: u16,
    figure: u16,
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
        panel::put(" no cell yet", theme.faint(), 0, panel::row(inside, 0), buffer);
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
        put_within(&adapter, names, (2, columns.setting - 1), line, buffer);
        put_within(
            &setting,
            names,
            (columns.setting, columns.lane.min(columns.figure)),
            line,
            buffer,
        );
        lane(model, cell, limit, &columns, line, buffer);
        let figure = format!("{} %", page::signed(cell.judgement.slowdown));
        let start = (columns.figure + FIGURE).saturating_sub(figure.chars().count() as u16 + 1);
        panel::put(&figure, names, start, line, buffer);
        panel::put(&page::verdict(cell), verdict_style(model, cell), columns.verdict, line, buffer);
    }
    if columns.lane_width > 0 {
        axis(model, limit, &columns, panel::row(inside, inside.height - 1), buffer);
    }
}

fn columns(compared: &Compared, width: u16, with_lanes: bool) -> Columns {
    let longest = |part: usize| {
        let of = |cell: &ComparedCell| {
            let (adapter, setting) = named(cell);
            [adapter, setting][part].chars().count()
        };
        compared.cells.iter().map(of).max().unwrap_or(0).min(NAMES[part]) as u16
    };
    let setting = 2 + longest(0) + 2;
    let lane = setting + longest(1) + 2;
    let room = width.saturating_sub(lane + FIGURE + VERDICT);
    let lane_width = if with_lanes && room >= LANE { room } else { 0 };
    // Without lanes and without room the settings give way to the verdicts.
    let least = width.saturating_sub(FIGURE + VERDICT).max(setting);
    let figure = if lane_width > 0 { lane + lane_width } else { lane.min(least) };
    Columns { setting, lane, lane_width, figure, verdict: figure + FIGURE + 1 }
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

fn axis(model: &Model, limit: f64, columns: &Columns, line: Rect, buffer: &mut Buffer) {
    let style = model.theme.faint();
    let width = columns.lane_width;
    let end = format!("{:+.0} %", limit * 100.0);
    panel::put(&format!("{:+.0} %", -limit * 100.0), style, columns.lane, line, buffer);
    panel::put("0", style, columns.lane + (width - 1) / 2, line, buffer);
    let start = (columns.lane + width).saturating_sub(end.chars().count() as u16);
    panel::put(&end, style, start, line, buffer);
}

/// A text between two columns, cut where it does not fit.
fn put_within(text: &str, style: Style, (from, to): (u16, u16), line: Rect, buffer: &mut Buffer) {
    let room = usize::from(to.saturating_sub(from));
    let text: String = text.chars().take(room).collect();
    panel::put(&text, style, from, line, buffer);
}
