//! Latency: one ridge per map on a shared logarithmic axis, or all curves on top of each other.

use hdrhistogram::Histogram;
use mapbench_results::CellSummary;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::ui::figures::axis_ns;
use crate::ui::model::Model;
use crate::ui::screens::panel;
use crate::ui::view::{Chart, plural};
use crate::ui::widgets::axis::LogAxis;
use crate::ui::widgets::braille::Canvas;
use crate::ui::widgets::ridgeline::{self, Density, HeightScale};

/// The lowest latency of an axis. Nanoseconds.
const LOWEST_NS: f64 = 8.0;
/// Single ops are told apart to about this much. Nanoseconds.
const CLOCK_STEP_NS: u64 = 10;

/// ```text
/// ┌ latency of all ops, √ density ──────────────────────────────┐
/// │◆ sharded     ╷50 ╷99                                        │
/// │           ▁▃█▇▃▁                                            │
/// │▲ dashmap      ╷50   ╷99                                     │
/// │            ▁▂▅█▆▃▂▁                                         │
/// │         50ns   200ns   1µs   5µs   50µs   1ms               │
/// └─────────────────────────────────────────────────────────────┘
/// ```
pub(crate) fn draw(model: &Model, rows: &[u32], area: Rect, buffer: &mut Buffer) {
    let theme = model.theme;
    let inside = panel::frame(&title(model), theme, area, buffer);
    let Some(run) = model.shown().filter(|_| inside.height >= 2 && inside.width >= 12) else {
        return;
    };
    let cells: Vec<(&CellSummary, Histogram<u64>)> = rows
        .iter()
        .filter_map(|id| run.cell(*id))
        .map(|cell| {
            let of_class = model.view.class.map(|class| cell.class_histogram(class));
            (cell, of_class.unwrap_or_else(|| cell.histogram().clone()))
        })
        .collect();
    let names = name_width(&cells, inside.width);
    let columns = inside.width - names;
    let plots = Rect::new(inside.x, inside.y, inside.width, inside.height - 1);
    let Some(axis) = axis(&cells, columns) else {
        panel::put(
            " nothing timed yet",
            theme.faint(),
            0,
            panel::row(inside, inside.height / 2),
            buffer,
        );
        return;
    };
    if model.view.chart == Chart::Curves {
        curves(model, &cells, &axis, Rect { x: plots.x + names, width: columns, ..plots }, buffer);
        legend(model, &cells, Rect { width: names, ..plots }, buffer);
    } else {
        ridges(model, &cells, &axis, names, plots, buffer);
    }
    let ticks =
        Rect { x: inside.x + names, width: columns, ..panel::row(inside, inside.height - 1) };
    for tick in axis.ticks(6) {
        let column = axis.column(tick * 1.000_1);
        panel::put(theme.glyph("╵", "'"), theme.faint(), column, ticks, buffer);
        panel::put(&axis_ns(tick, theme.ascii), theme.faint(), column + 1, ticks, buffer);
    }
}

fn title(model: &Model) -> String {
    let class = model.view.class.map_or("all ops", plural);
    let heights = match (model.view.heights, model.theme.ascii) {
        (HeightScale::Log, _) => "log density",
        (HeightScale::Root, false) => "√density",
        (HeightScale::Root, true) => "sqrt density",
    };
    format!("latency of {class}, log x, {heights}")
}

fn name_width(cells: &[(&CellSummary, Histogram<u64>)], width: u16) -> u16 {
    let longest = cells.iter().map(|(cell, _)| cell.cell().adapter.chars().count()).max();
    (longest.unwrap_or(0) as u16 + 3).min(width * 2 / 5)
}

/// The axis that all cells share: from just below the fastest op to almost the slowest one.
fn axis(cells: &[(&CellSummary, Histogram<u64>)], columns: u16) -> Option<LogAxis> {
    let timed = || cells.iter().map(|(_, histogram)| histogram).filter(|h| !h.is_empty());
    let low = timed().map(Histogram::min).min()? as f64;
    // The last op in 10,000 would stretch the axis; whatever lies beyond falls into its last column.
    let high = timed().map(|histogram| histogram.value_at_quantile(0.9999)).max()? as f64;
    Some(LogAxis::new((low * 0.8).max(LOWEST_NS), high.max(low * 4.0) * 1.3, columns))
}

fn density(histogram: &Histogram<u64>, axis: &LogAxis) -> Density {
    let buckets = histogram.iter_recorded().map(|step| {
        let value = step.value_iterated_to();
        let low = histogram.lowest_equivalent(value);
        let high = histogram.highest_equivalent(value);
        // Drawn at least as wide as the clock tells ops apart, or its steps would look like humps.
        let widen = CLOCK_STEP_NS.saturating_sub(high - low) / 2;
        (low.saturating_sub(widen), high + widen, step.count_at_value())
    });
    Density::new(axis, buckets)
}

fn ridges(
    model: &Model,
    cells: &[(&CellSummary, Histogram<u64>)],
    axis: &LogAxis,
    names: u16,
    area: Rect,
    buffer: &mut Buffer,
) {
    let rows_each = (area.height / cells.len().max(1) as u16).clamp(1, 5);
    for (position, (cell, histogram)) in cells.iter().enumerate() {
        let top = position as u16 * rows_each;
        if top + rows_each > area.height {
            return;
        }
        let id = cell.cell().id;
        let lane = Rect { y: area.y + top, height: rows_each, ..area };
        let name = Rect { width: names, ..panel::row(lane, 0) };
        let end = panel::put(model.shape(id), model.series_style(id), 0, name, buffer);
        panel::put(&format!(" {}", cell.cell().adapter), Style::new(), end, name, buffer);
        if histogram.is_empty() {
            continue;
        }
        let plot = Rect { x: lane.x + names, width: axis.columns(), ..lane };
        let hump_rows = if rows_each > 1 { rows_each - 1 } else { 1 };
        let humps = Rect { y: plot.bottom() - hump_rows, height: hump_rows, ..plot };
        ridgeline::paint(
            &density(histogram, axis),
            model.view.heights,
            model.series_style(id),
            model.theme.ascii,
            humps,
            buffer,
        );
        markers(model, histogram, axis, rows_each > 1, panel::row(plot, 0), buffer);
    }
}

/// Marks p50 and p99 in the row above the humps, or p99 alone where there is no such row.
fn markers(
    model: &Model,
    histogram: &Histogram<u64>,
    axis: &LogAxis,
    roomy: bool,
    area: Rect,
    buffer: &mut Buffer,
) {
    let theme = model.theme;
    let mut mark = |quantile: f64, text: &str| {
        let column = axis.column(histogram.value_at_quantile(quantile) as f64);
        let end = panel::put(theme.glyph("╷", "|"), theme.strong(), column, area, buffer);
        panel::put(text, theme.faint(), end, area, buffer);
    };
    if roomy {
        mark(0.5, "50");
    }
    mark(0.99, "99");
}

/// All densities as lines over each other.
fn curves(
    model: &Model,
    cells: &[(&CellSummary, Histogram<u64>)],
    axis: &LogAxis,
    area: Rect,
    buffer: &mut Buffer,
) {
    let mut canvas = Canvas::new(area.width, area.height);
    let bottom = canvas.height() - 1;
    for (cell, histogram) in cells.iter().filter(|(_, histogram)| !histogram.is_empty()) {
        let style = model.series_style(cell.cell().id);
        let heights = density(histogram, axis);
        let heights = heights.columns().iter().map(|density| model.view.heights.height(*density));
        let dots: Vec<(i32, i32)> = (0..)
            .zip(heights)
            .map(|(column, height)| {
                (column * 2, bottom - (height * f64::from(bottom)).round() as i32)
            })
            .collect();
        for pair in dots.windows(2).filter(|pair| pair.iter().any(|dot| dot.1 < bottom)) {
            canvas.line(pair[0], pair[1], style);
        }
    }
    canvas.paint(area, buffer, model.theme.ascii);
}

fn legend(
    model: &Model,
    cells: &[(&CellSummary, Histogram<u64>)],
    area: Rect,
    buffer: &mut Buffer,
) {
    for (row, (cell, _)) in cells.iter().enumerate().take(usize::from(area.height)) {
        let id = cell.cell().id;
        let row = panel::row(area, row as u16);
        let end = panel::put(model.shape(id), model.series_style(id), 0, row, buffer);
        panel::put(&format!(" {}", cell.cell().adapter), Style::new(), end, row, buffer);
    }
}
