//! A series as a picture of characters: a point per commit, the level of each stretch through them,
//! an arrow where it changes, a bar where the machine does, and below it in words what came with
//! each. A pure function to lines of text; it uses no colour and asks no terminal.
//!
//! ```text
//!  Mops/s over 60 commits
//!   18 ┤•·••·•⠤⠤•⠤•·•┆      •
//!   17 ┤              ▼·•·••⠤⠤•·••
//!      └────────────────────────────
//!       2026-01-02          2026-03-02
//!  ▼ 3fa9c2d 2026-02-01 Lock for longer: -6.1 % (-6.8 to -5.4), open
//! ```

use super::{Series, spell};
use crate::sweep::plot::canvas::Canvas;
use crate::sweep::ruler::{Round, Ruler};
use crate::units::{self, Charset};

/// Rows of a picture that is printed below a command.
pub const USUAL_ROWS: usize = 16;
/// A picture narrower than this shows nothing. Columns.
const FEWEST_COLUMNS: usize = 24;
/// A picture lower than this shows nothing. Rows.
const FEWEST_ROWS: usize = 4;

/// The places of the points of a series on a picture, as shares of its sides: commits that were
/// measured stand side by side, however many lie between them.
#[derive(Debug)]
pub(super) struct Frame<'s> {
    series: &'s Series,
    pub(super) y: Ruler,
}

impl<'s> Frame<'s> {
    pub(super) fn of(series: &'s Series) -> Frame<'s> {
        let ends = series.points.iter().map(|point| match point.interval {
            Some(interval) => {
                (interval.low.min(point.ops_per_sec), interval.high.max(point.ops_per_sec))
            }
            None => (point.ops_per_sec, point.ops_per_sec),
        });
        let (low, high) =
            ends.fold((f64::INFINITY, 0.0_f64), |all, end| (all.0.min(end.0), all.1.max(end.1)));
        Frame { series, y: Ruler::new(false, low, high).padded(0.06) }
    }

    /// From the left, of the point at a position.
    pub(super) fn x(&self, at: usize) -> f64 {
        (at as f64 + 0.5) / self.series.points.len().max(1) as f64
    }

    /// From the left, between a point and the one before.
    pub(super) fn x_before(&self, at: usize) -> f64 {
        at as f64 / self.series.points.len().max(1) as f64
    }

    /// From the bottom.
    pub(super) fn y(&self, ops_per_sec: f64) -> f64 {
        self.y.share(ops_per_sec).clamp(0.0, 1.0)
    }

    /// Each level: its first and last point and its median.
    pub(super) fn levels(&self) -> Vec<(usize, usize, f64)> {
        let series = self.series;
        let mut levels = Vec::new();
        for segment in 0..series.segments.len() {
            let points = series.clean_points(segment);
            let is_start = |at: &usize| series.changes.iter().any(|change| change.after == *at);
            for level in points.chunk_by(|_, next| !is_start(next)) {
                let speeds: Vec<f64> =
                    level.iter().map(|at| series.points[*at].ops_per_sec).collect();
                levels.extend(
                    crate::stats::median(&speeds)
                        .map(|median| (level[0], level[level.len() - 1], median)),
                );
            }
        }
        levels
    }

    /// Points whose machine is not that of the point before.
    pub(super) fn machine_changes(&self) -> impl Iterator<Item = usize> + '_ {
        let points = &self.series.points;
        (1..points.len()).filter(|at| points[*at].segment != points[*at - 1].segment)
    }
}

/// The picture as lines of text; none where there is no room, or nothing to see.
pub fn render(series: &Series, columns: usize, rows: usize, charset: Charset) -> Vec<String> {
    if columns < FEWEST_COLUMNS || rows < FEWEST_ROWS || series.points.is_empty() {
        return Vec::new();
    }
    let is_ascii = charset == Charset::Ascii;
    let frame = Frame::of(series);
    let ticks = frame.y.ticks(Round::Tens, 2.5 / rows as f64);
    let labels: Vec<(f64, String)> =
        ticks.iter().map(|tick| (frame.y(*tick), units::mops(*tick))).collect();
    let gutter = labels.iter().map(|(_, label)| label.chars().count()).max().unwrap_or(0) + 1;
    let width = columns.saturating_sub(gutter + 1);
    let mut canvas = Canvas::new(width, rows, is_ascii);
    draw(&mut canvas, &frame, charset);
    let mut lines = vec![format!("Mops/s over {} commits", series.points.len())];
    let (corner, tick, side, rule) =
        if is_ascii { ('+', '+', '|', "-") } else { ('└', '┤', '│', "─") };
    for (row, text) in canvas.lines().into_iter().enumerate() {
        let in_row = |share: f64| (((1.0 - share) * rows as f64) as usize).min(rows - 1) == row;
        let label = labels.iter().find(|(share, _)| in_row(*share)).map(|(_, label)| label);
        let (label, edge) = label.map_or(("", side), |label| (label.as_str(), tick));
        lines.push(format!("{label:>gutter$}{edge}{text}").trim_end().to_owned());
    }
    lines.push(format!("{:>gutter$}{corner}{}", "", rule.repeat(width)));
    lines.push(days(series, gutter, width));
    lines.extend(legend(series, &frame, charset));
    lines
}

fn draw(canvas: &mut Canvas, frame: &Frame<'_>, charset: Charset) {
    let is_ascii = charset == Charset::Ascii;
    let (point, dirty, bar) = if is_ascii { ('o', 'x', '|') } else { ('•', '◦', '┆') };
    for (first, last, median) in frame.levels() {
        let y = frame.y(median);
        canvas.line((frame.x_before(first), y), (frame.x_before(last + 1), y));
    }
    for at in frame.machine_changes() {
        let x = frame.x_before(at);
        (0..400).for_each(|step| canvas.put_behind(x, (f64::from(step) + 0.5) / 400.0, bar));
    }
    for (at, of) in frame.series.points.iter().enumerate() {
        canvas.put(frame.x(at), frame.y(of.ops_per_sec), if of.dirty { dirty } else { point });
    }
    for change in &frame.series.changes {
        let y = frame.y(frame.series.points[change.after].ops_per_sec);
        canvas.put(frame.x(change.after), y, arrow(change, charset));
    }
}

/// What stands where a level changes.
fn arrow(change: &super::ChangePoint, charset: Charset) -> char {
    match (change.shift.is_some_and(super::Shift::is_slowdown), charset) {
        (true, Charset::Utf8) => '▼',
        (false, Charset::Utf8) => '▲',
        (true, Charset::Ascii) => 'v',
        (false, Charset::Ascii) => '^',
    }
}

/// The days of the first and the last commit.
fn days(series: &Series, gutter: usize, width: usize) -> String {
    let day = |point: Option<&super::Point>| {
        point.map(|point| spell::day(&point.time)).unwrap_or_default()
    };
    let (first, last) = (day(series.points.first()), day(series.points.last()));
    let room = width.saturating_sub(first.chars().count());
    if series.points.len() < 2 || last.chars().count() + 1 > room {
        return format!("{:>gutter$} {first}", "");
    }
    format!("{:>gutter$} {first}{last:>room$}", "")
}

/// What came with each change, and in what each machine differs from the one before.
fn legend(series: &Series, frame: &Frame<'_>, charset: Charset) -> Vec<String> {
    let mut lines = Vec::new();
    for change in &series.changes {
        let point = &series.points[change.after];
        lines.push(format!(
            "{} {} {} {}: {}, {}",
            arrow(change, charset),
            spell::short(&point.commit),
            spell::day(&point.time),
            spell::one_line(&point.subject),
            spell::shift(change.shift, charset),
            spell::state(change),
        ));
    }
    let bar = if charset == Charset::Ascii { '|' } else { '┆' };
    for at in frame.machine_changes() {
        let point = &series.points[at];
        lines.push(format!(
            "{bar} {} {}",
            spell::short(&point.commit),
            machine(series, point.segment)
        ));
    }
    if series.points.iter().any(|point| point.dirty) {
        let mark = if charset == Charset::Ascii { 'x' } else { '◦' };
        lines.push(format!("{mark} the work tree had changes: shown, and nothing follows from it"));
    }
    lines
}

/// In what a machine or protocol differs from the one before, in a line.
pub(super) fn machine(series: &Series, segment: usize) -> String {
    let of = &series.segments[segment];
    let fields: Vec<String> = of
        .differs
        .iter()
        .map(|difference| {
            format!(
                "{}: {} was {}, is {}",
                difference.part.name(),
                difference.field,
                difference.a,
                difference.b
            )
        })
        .collect();
    spell::one_line(&if fields.is_empty() { of.machine.clone() } else { fields.join("; ") })
}
