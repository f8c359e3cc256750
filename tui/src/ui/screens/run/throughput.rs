//! Throughput over time: one braille line per map through the medians of its rounds, with bars
//! from the slowest to the fastest round of each column.

use mapbench_results::CellSummary;
use mapbench_results::stats::median;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::model::Model;
use crate::ui::screens::panel;
use crate::ui::widgets::axis::round_up;
use crate::ui::widgets::braille::Canvas;
use mapbench_results::units::mops;

/// Columns for the numbers of the y axis.
const GUTTER: u16 = 6;
/// Most columns for the names of the lines.
const NAMES: u16 = 24;

/// ```text
/// ┌ throughput Mops/s, median + min–max ────┐
/// │  20┤      ⣀⣀⠤⠤⠒⠒⠒⠒ ◆ sharded            │
/// │  10┤ ⣀⠤⠒⠒⠉⠉⠉⠒⠒⠤⠤ ▲ dashmap            │
/// │   0┤ ⠒⠒⠤⠤⠤⠤⣀⣀⣀⣀⣀ ■ std/rwlock         │
/// │     0         20         40 s           │
/// └─────────────────────────────────────────┘
/// ```
pub(crate) fn draw(model: &Model, rows: &[u32], area: Rect, buffer: &mut Buffer) {
    let theme = model.theme;
    let title =
        theme.glyph("throughput Mops/s, median + min–max", "throughput Mops/s, median + min-max");
    let inside = panel::frame(title, theme, area, buffer);
    let longest =
        rows.iter().filter_map(|id| model.adapter(*id)).map(|name| name.chars().count()).max();
    let names = (longest.unwrap_or(0) as u16 + 4).min(NAMES);
    let names = if inside.width > 50 { names } else { 2 };
    let width = inside.width.saturating_sub(GUTTER + names);
    let height = inside.height.saturating_sub(1);
    let Some(run) = model.shown().filter(|_| width >= 4 && height >= 2) else { return };
    let cells: Vec<&CellSummary> = rows.iter().filter_map(|id| run.cell(*id)).collect();
    let plot = Rect::new(inside.x + GUTTER, inside.y, width, height);
    let points = || cells.iter().flat_map(|cell| cell.series());
    let (from_ns, to_ns) = points()
        .fold((u64::MAX, 0), |(from, to), point| (from.min(point.at_ns), to.max(point.at_ns)));
    if from_ns > to_ns {
        panel::put(" no round yet", theme.faint(), GUTTER, panel::row(inside, height / 2), buffer);
        return;
    }
    let top = round_up(points().map(|point| point.max).fold(0.0, f64::max));
    let span = Span { from_ns, to_ns, top };
    y_axis(model, top, inside, height, buffer);
    x_axis(model, &span, plot, panel::row(inside, height), buffer);
    let mut canvas = Canvas::new(width, height);
    let mut ends = Vec::new();
    // The cell under the cursor is drawn last, on top.
    let under_cursor = model.cell_under_cursor();
    let (last, first): (Vec<&CellSummary>, Vec<_>) =
        cells.iter().partition(|cell| Some(cell.cell().id) == under_cursor);
    for cell in first.into_iter().chain(last) {
        if let Some(end) = trace(model, cell, &span, &mut canvas) {
            ends.push((end, cell.cell().id));
        }
    }
    canvas.paint(plot, buffer, theme.ascii);
    name_lines(model, ends, plot, names, buffer);
}

/// What the chart spans.
struct Span {
    from_ns: u64,
    to_ns: u64,
    top: f64,
}

/// Draws one line. Returns the dot row at which it ends.
fn trace(model: &Model, cell: &CellSummary, span: &Span, canvas: &mut Canvas) -> Option<i32> {
    let style = model.series_style(cell.cell().id);
    let (right, bottom) = (canvas.width() - 1, canvas.height() - 1);
    let x = |at_ns: u64| {
        let share = (at_ns - span.from_ns) as f64 / (span.to_ns - span.from_ns).max(1) as f64;
        (share * f64::from(right)).round() as i32
    };
    let y = |rate: f64| bottom - (rate / span.top * f64::from(bottom)).round() as i32;
    let mut columns: Vec<(i32, Vec<f64>, f64, f64)> = Vec::new();
    for point in cell.series() {
        let at = x(point.at_ns);
        match columns.last_mut() {
            Some(last) if last.0 == at => {
                last.1.push(point.ops_per_sec);
                last.2 = last.2.min(point.min);
                last.3 = last.3.max(point.max);
            }
            _ => columns.push((at, vec![point.ops_per_sec], point.min, point.max)),
        }
    }
    let mut before = None;
    for (at, middles, low, high) in columns {
        let here = (at, y(median(&middles)?));
        canvas.line((at, y(low)), (at, y(high)), style);
        canvas.line(before.unwrap_or(here), here, style);
        before = Some(here);
    }
    before.map(|(_, y)| y)
}

fn y_axis(model: &Model, top: f64, inside: Rect, height: u16, buffer: &mut Buffer) {
    let theme = model.theme;
    let ticks = if height >= 9 { 4 } else { 2 };
    for row in 0..height {
        panel::put(
            theme.glyph("│", "|"),
            theme.faint(),
            GUTTER - 1,
            panel::row(inside, row),
            buffer,
        );
    }
    for tick in 0..=ticks {
        let row = ((height - 1) * (ticks - tick) + ticks / 2) / ticks;
        let text = format!("{:>5}", short(top * f64::from(tick) / f64::from(ticks)));
        panel::put(&text, theme.faint(), 0, panel::row(inside, row), buffer);
        panel::put(
            theme.glyph("┤", "+"),
            theme.faint(),
            GUTTER - 1,
            panel::row(inside, row),
            buffer,
        );
    }
}

/// A tick of the y axis without needless zeros.
fn short(rate: f64) -> String {
    let text = mops(rate);
    match text.split_once('.') {
        Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        None => text,
    }
}

fn x_axis(model: &Model, span: &Span, plot: Rect, area: Rect, buffer: &mut Buffer) {
    let seconds = |ns: u64| ns as f64 / 1e9;
    let (from, to) = (seconds(span.from_ns), seconds(span.to_ns));
    let decimals = usize::from(to - from < 5.0);
    let style = model.theme.faint();
    let left = plot.x - area.x;
    panel::put(&format!("{from:.decimals$}"), style, left, area, buffer);
    let middle = format!("{:.decimals$}", f64::midpoint(from, to));
    let end = format!("{to:.decimals$} s");
    if plot.width > 30 {
        panel::put(&middle, style, left + (plot.width - middle.len() as u16) / 2, area, buffer);
    }
    panel::put(&end, style, left + plot.width.saturating_sub(end.len() as u16), area, buffer);
}

/// Names the lines where they end; names that would lie on each other move apart.
fn name_lines(
    model: &Model,
    mut ends: Vec<(i32, u32)>,
    plot: Rect,
    room: u16,
    buffer: &mut Buffer,
) {
    ends.sort_unstable();
    let most = i32::from(plot.height) - 1;
    let mut next_free = 0;
    let mut below = i32::try_from(ends.len()).unwrap_or(i32::MAX);
    for (dot, id) in ends {
        below -= 1;
        let row = (dot / 4).max(next_free).min((most - below).max(next_free));
        if row > most {
            return;
        }
        next_free = row + 1;
        let area = Rect::new(plot.right(), plot.y + row as u16, room, 1);
        let end = panel::put(model.shape(id), model.series_style(id), 1, area, buffer);
        if room > 4 {
            let name = model.adapter(id).unwrap_or_default();
            panel::put(&format!(" {name}"), ratatui::style::Style::new(), end, area, buffer);
        }
    }
}
