//! A sweep as a picture of characters: measured points as their subject's shape, the model through
//! them in dots, a cross where a knee is, and below the axis each knee's interval. A pure function
//! to lines of text; it uses no colour and asks no terminal.
//!
//! ```text
//!  Mops/s by threads
//!   20 ┤            ⢀⣀⣀◆⣀⣀╳⣀⣀◆⣀⣀⣀⣀⣀⣀⣀◆
//!   10 ┤  ⢀⣀◆⠤⠒⠊⠉
//!    0 ┼────┬─────────┬─────────┬───────
//!           1         2         4
//!                       ├──╳──┤ N* (USL) 2.6 threads ◆
//!  ◆ sharded  ╳ knee, with its 95 % interval below
//! ```

mod bands;
pub(crate) mod canvas;

use self::canvas::Canvas;
use super::judged::{JudgedGroup, Sweep};
use super::picture::{Picture, pictures};
use super::point::Quantity;
use super::spec::SweepSpec;
use super::spell;
use crate::summary::mode_name;
use crate::units::{self, Charset};

/// Rows of a picture that is printed below a command.
pub const USUAL_ROWS: usize = 16;
/// A picture narrower than this shows nothing. Columns, of which the names of heights take at most
/// half.
const FEWEST_COLUMNS: usize = 24;
/// A picture lower than this shows nothing. Rows.
const FEWEST_ROWS: usize = 4;

/// How large a picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlotSize {
    /// Columns in all.
    pub columns: usize,
    /// Rows of the curves, without axes and legend.
    pub rows: usize,
}

/// One picture per placement mode that is judged and has points, as lines of text; none where there
/// is no room.
pub fn render(
    group: &JudgedGroup,
    sweep: &Sweep,
    size: PlotSize,
    charset: Charset,
) -> Vec<Vec<String>> {
    if size.columns < FEWEST_COLUMNS || size.rows < FEWEST_ROWS {
        return Vec::new();
    }
    let pictures = pictures(group, sweep);
    pictures.iter().map(|picture| draw(picture, &sweep.spec, size, charset)).collect()
}

fn draw(picture: &Picture, spec: &SweepSpec, size: PlotSize, charset: Charset) -> Vec<String> {
    let is_ascii = charset == Charset::Ascii;
    let ticks = picture.y.ticks(super::ruler::Round::Tens, 2.5 / size.rows as f64);
    let labels: Vec<(f64, String)> =
        ticks.iter().map(|tick| (*tick, height(*tick, picture.quantity, charset))).collect();
    let gutter = labels.iter().map(|(_, label)| label.chars().count()).max().unwrap_or(0) + 1;
    let columns = size.columns.saturating_sub(gutter + 1);
    let mut canvas = Canvas::new(columns, size.rows, is_ascii);
    curves(&mut canvas, picture, charset);
    let mut lines = vec![title(picture, spec)];
    let (corner, tick, side) = if is_ascii { ('+', '+', '|') } else { ('└', '┤', '│') };
    for (row, text) in canvas.lines().into_iter().enumerate() {
        let in_row = |value: &f64| row_of(picture.y.share(*value), size.rows) == row;
        let label = labels.iter().find(|(value, _)| in_row(value)).map(|(_, label)| label);
        let (label, edge) = label.map_or(("", side), |label| (label.as_str(), tick));
        lines.push(format!("{label:>gutter$}{edge}{text}").trim_end().to_owned());
    }
    let (rule, names) = x_axis(picture, columns, charset);
    lines.push(format!("{:>gutter$}{corner}{rule}", ""));
    lines.push(format!("{:>gutter$} {names}", "").trim_end().to_owned());
    lines.extend(bands::lines(picture, gutter + 1, columns, charset));
    lines.extend(key(picture, size.columns, charset));
    lines
}

/// What is up, what is across and, of two pictures of one setting, which this is.
fn title(picture: &Picture, spec: &SweepSpec) -> String {
    let what = match picture.quantity {
        Quantity::Throughput => "Mops/s".to_owned(),
        Quantity::Latency => format!("p{} from due to done", spec.percentile()),
    };
    let by = spell::axis_title(spec);
    match picture.placement {
        Some(mode) => format!("{what} by {by}, {}", mode_name(mode)),
        None => format!("{what} by {by}"),
    }
}

/// A value on the upright axis.
pub(super) fn height(value: f64, quantity: Quantity, charset: Charset) -> String {
    match quantity {
        Quantity::Throughput => spell::number(value / 1e6),
        Quantity::Latency => format!("{}s", units::time(value as u64, charset)).replace("ss", "s"),
    }
}

/// The row, from the top, of a share of the height.
fn row_of(share: f64, rows: usize) -> usize {
    (((1.0 - share) * rows as f64) as usize).min(rows - 1)
}

fn curves(canvas: &mut Canvas, picture: &Picture, charset: Charset) {
    let place = |&(x, y): &(f64, f64)| (picture.x.share(x), picture.y.share(y));
    for series in &picture.series {
        for pair in series.line().windows(2) {
            canvas.line(place(&pair[0]), place(&pair[1]));
        }
    }
    for series in &picture.series {
        for median in &series.medians {
            let (x, y) = place(median);
            canvas.put(x, y, spell::shape(series.position, charset));
        }
    }
    for mark in &picture.marks {
        if let Some(y) = mark.y {
            canvas.put(picture.x.share(mark.point), picture.y.share(y), cross(charset));
        }
    }
    let (dash, bar) = if charset == Charset::Ascii { ('-', '|') } else { ('╌', '╎') };
    let along = |at: usize| (at as f64 + 0.5) / 400.0;
    if let Some(limit) = picture.limit_ns {
        (0..400).for_each(|at| canvas.put_behind(along(at), picture.y.share(limit), dash));
    }
    if let Some(from) = picture.oversubscribed_from {
        (0..400).for_each(|at| canvas.put_behind(picture.x.share(from), along(at), bar));
    }
}

/// What stands where a knee is.
fn cross(charset: Charset) -> char {
    if charset == Charset::Ascii { 'X' } else { '╳' }
}

/// The axis and the names of its ticks.
fn x_axis(picture: &Picture, columns: usize, charset: Charset) -> (String, String) {
    let (line, tick) = if charset == Charset::Ascii { ('-', '+') } else { ('─', '┬') };
    let mut rule = vec![line; columns];
    let mut names = vec![' '; columns];
    for value in picture.x.ticks(picture.x_round, 8.0 / columns.max(1) as f64) {
        let column = ((picture.x.share(value) * columns as f64) as usize).min(columns - 1);
        rule[column] = tick;
        let name: Vec<char> = spell::number(value).chars().collect();
        let start = column.saturating_sub(name.len() / 2);
        if start + name.len() <= columns {
            names[start..start + name.len()].copy_from_slice(&name);
        }
    }
    (rule.into_iter().collect(), names.into_iter().collect())
}

/// What shapes and lines mean, as many to a line as fit.
fn key(picture: &Picture, columns: usize, charset: Charset) -> Vec<String> {
    let mut entries: Vec<String> = picture
        .series
        .iter()
        .map(|series| format!("{} {}", spell::shape(series.position, charset), series.subject))
        .collect();
    if !picture.marks.is_empty() {
        entries.push(format!("{} knee, with its 95% interval below the axis", cross(charset)));
    }
    let (dash, bar) = if charset == Charset::Ascii { ('-', '|') } else { ('╌', '╎') };
    entries.extend(picture.limit_ns.map(|_| format!("{dash} the limit")));
    let turns = picture.oversubscribed_from;
    entries.extend(turns.map(|from| format!("{bar} the {from} processors of the machine")));
    let mut lines: Vec<String> = Vec::new();
    for entry in entries {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 2 + entry.chars().count() <= columns => {
                line.push_str("  ");
                line.push_str(&entry);
            }
            _ => lines.push(entry),
        }
    }
    lines
}
