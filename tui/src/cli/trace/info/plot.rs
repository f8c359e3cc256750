//! Plots as plain lines of text, at most 80 columns wide, that work when piped. Braille, or ASCII.

use mapbench_results::units::Charset;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::ui::widgets::axis::round_up;
use crate::ui::widgets::braille::Canvas;

/// Columns of a plot without its labels: two parts of a lap to the column.
const COLUMNS: u16 = 60;
const ROWS: u16 = 8;
/// Columns of the labels at the left.
const LABEL: usize = 9;

/// Positive points on logarithmic axes, connected. `x` and `y` spell labels.
pub(super) fn log_log(
    points: &[(f64, f64)],
    x: impl Fn(f64) -> String,
    y: impl Fn(f64) -> String,
    charset: Charset,
) -> String {
    let decades = |of: fn(&(f64, f64)) -> f64| {
        let logs = points.iter().map(|point| of(point).log10());
        let low = logs.clone().fold(f64::INFINITY, f64::min).floor();
        (low, logs.fold(f64::NEG_INFINITY, f64::max).ceil().max(low + 1.0))
    };
    let ((left, right), (bottom, top)) = (decades(|point| point.0), decades(|point| point.1));
    let mut canvas = Canvas::new(COLUMNS, ROWS);
    let (width, height) = (f64::from(canvas.width() - 1), f64::from(canvas.height() - 1));
    let place = |&(x, y): &(f64, f64)| {
        let across = (x.log10() - left) / (right - left) * width;
        let down = (top - y.log10()) / (top - bottom) * height;
        (across.round() as i32, down.round() as i32)
    };
    for pair in points.windows(2) {
        canvas.line(place(&pair[0]), place(&pair[1]), Style::new());
    }
    points.iter().map(place).for_each(|(across, down)| canvas.dot(across, down, Style::new()));
    // Every decade that falls on a line of its own.
    let rows = (bottom as i32..=top as i32).map(|decade| {
        let row = (top - f64::from(decade)) / (top - bottom) * f64::from(ROWS - 1);
        (row.round() as u16, y(10_f64.powi(decade)))
    });
    let every = ((right - left) / 6.0).ceil().max(1.0) as usize;
    let columns = (left as i32..=right as i32).step_by(every).map(|decade| {
        let column = (f64::from(decade) - left) / (right - left) * f64::from(COLUMNS - 1);
        (column.round() as usize, x(10_f64.powi(decade)))
    });
    framed(&canvas, &rows.collect::<Vec<_>>(), &columns.collect::<Vec<_>>(), charset)
}

/// One bar, a dot wide, for each value. `y` spells the label of the highest.
pub(super) fn bars(
    values: &[f64],
    ends: (String, String),
    y: impl Fn(f64) -> String,
    charset: Charset,
) -> String {
    let top = round_up(values.iter().copied().fold(0.0, f64::max));
    let mut canvas = Canvas::new(COLUMNS, ROWS);
    let (width, height) = (canvas.width(), canvas.height());
    for (at, value) in values.iter().enumerate() {
        let across = (at as f64 / values.len() as f64 * f64::from(width)) as i32;
        let tall = (value / top * f64::from(height)).round() as i32;
        // What is there at all is seen.
        let tall = if *value > 0.0 { tall.max(1) } else { 0 };
        (height - tall..height).for_each(|down| canvas.dot(across, down, Style::new()));
    }
    let rows = [(0, y(top)), (ROWS / 2, y(top / 2.0)), (ROWS - 1, y(0.0))];
    let end = usize::from(COLUMNS).saturating_sub(ends.1.chars().count());
    framed(&canvas, &rows, &[(0, ends.0), (end, ends.1)], charset)
}

/// The canvas with labels at rows and below columns; where two would touch, the first stays.
fn framed(
    canvas: &Canvas,
    rows: &[(u16, String)],
    columns: &[(usize, String)],
    charset: Charset,
) -> String {
    let ascii = charset == Charset::Ascii;
    let area = Rect::new(0, 0, COLUMNS, ROWS);
    let mut buffer = Buffer::empty(area);
    canvas.paint(area, &mut buffer, ascii);
    let (side, corner, line) = if ascii { ("|", "+", "-") } else { ("│", "└", "─") };
    let mut text = String::new();
    for row in 0..ROWS {
        let label = rows.iter().rev().find(|(at, _)| *at == row).map_or("", |(_, label)| label);
        let dots: String = (0..COLUMNS).map(|column| buffer[(column, row)].symbol()).collect();
        text.push_str(format!("{label:>LABEL$} {side}{dots}").trim_end());
        text.push('\n');
    }
    let rule = line.repeat(usize::from(COLUMNS));
    let mut labels = String::new();
    for (column, label) in columns {
        let start = column.saturating_sub(label.chars().count() / 2);
        let start = start.min(usize::from(COLUMNS).saturating_sub(label.chars().count()));
        let used = labels.chars().count();
        if used == 0 || start > used {
            labels.push_str(&" ".repeat(start.saturating_sub(used)));
            labels.push_str(label);
        }
    }
    format!("{text}{:>LABEL$} {corner}{rule}\n{:>LABEL$}  {labels}\n", "", "")
}

/// Values from 0 to the largest as one row of characters.
pub(super) fn sparkline(values: &[u32], columns: usize, charset: Charset) -> String {
    let steps: Vec<char> = match charset {
        Charset::Utf8 => "▁▂▃▄▅▆▇█".chars().collect(),
        Charset::Ascii => "_.:-=+*#".chars().collect(),
    };
    let top = values.iter().copied().max().unwrap_or(0).max(1);
    let column = |column: usize| {
        let part = &values[column * values.len() / columns..(column + 1) * values.len() / columns];
        let value = part.iter().copied().max().unwrap_or(0);
        let step = u64::from(value) * (steps.len() - 1) as u64 / u64::from(top);
        steps[step as usize]
    };
    (0..columns).map(column).collect()
}
