//! The intervals of the knees, each on a line of its own below the axis that it is an interval of.

use super::super::picture::{Mark, Picture};
use super::{cross, spell};
use crate::units::Charset;

/// Knees beyond these are told in the table only.
const MOST_BANDS: usize = 20;

/// One line per knee; its words beside the band, where there is room, or below it.
pub(super) fn lines(
    picture: &Picture,
    indent: usize,
    columns: usize,
    charset: Charset,
) -> Vec<String> {
    let lines = picture.marks.iter().take(MOST_BANDS).flat_map(|mark| {
        let (start, end, text) = band(mark, picture, columns, charset);
        let label: Vec<char> = label(mark, charset).chars().collect();
        let mut line = text;
        let mut lines = Vec::new();
        let fits_right = end + 2 + label.len() <= columns;
        let fits_left = label.len() < start;
        if fits_right {
            line[end + 2..end + 2 + label.len()].copy_from_slice(&label);
        } else if fits_left {
            line[start - 1 - label.len()..start - 1].copy_from_slice(&label);
        }
        lines.push(line);
        if !fits_right && !fits_left {
            lines.push(label);
        }
        lines
    });
    let indented = |line: Vec<char>| {
        let text: String = line.into_iter().collect();
        format!("{:indent$}{}", "", text.trim_end())
    };
    let mut lines: Vec<String> = lines.map(indented).collect();
    if let Some(more) = picture.marks.len().checked_sub(MOST_BANDS).filter(|more| *more > 0) {
        lines.push(format!("{:indent$}and {more} more in the table", ""));
    }
    lines
}

/// The band on an otherwise empty line, with its first and its last column.
fn band(
    mark: &Mark,
    picture: &Picture,
    columns: usize,
    charset: Charset,
) -> (usize, usize, Vec<char>) {
    let column = |x: f64| {
        let share = picture.x.share(x).clamp(0.0, 1.0);
        ((share * columns as f64) as usize).min(columns.saturating_sub(1))
    };
    let (low, line, high) =
        if charset == Charset::Ascii { ('[', '-', ']') } else { ('├', '─', '┤') };
    let (start, end) = (column(mark.low), column(mark.high));
    let mut text = vec![' '; columns];
    text[start..=end.max(start)].fill(line);
    (text[start], text[end]) = (low, high);
    text[column(mark.point)] = cross(charset);
    (start, end, text)
}

/// What the knee is, where, and the shapes that it is of.
fn label(mark: &Mark, charset: Charset) -> String {
    let shapes = mark.positions.iter().map(|position| spell::shape(*position, charset));
    let shapes: Vec<String> = shapes.map(String::from).collect();
    format!("{} {}", mark.label, shapes.join(" "))
}
