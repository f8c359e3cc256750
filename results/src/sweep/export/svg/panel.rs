//! The curves of one placement mode with their axes. Writes no sentence.

use svg::node::element::{Circle, Element, Line, Path, Rectangle};

use super::super::super::judged::Sweep;
use super::super::super::picture::{Mark, Picture, Series};
use super::super::super::plot::height;
use super::super::super::point::Quantity;
use super::super::super::ruler::Round;
use super::super::super::spell;
use super::{MARGIN, WIDTH, marker, style, tenth, text};
use crate::knee::Definition;
use crate::summary::mode_name;
use crate::units::Charset;

/// Left edge of the curves; their names of heights stand before it.
const LEFT: f64 = 52.0;
/// Right edge.
const RIGHT: f64 = WIDTH - 12.0;
/// Height of the curves.
const HEIGHT: f64 = 230.0;
/// What is up stands above the curves.
const ABOVE: f64 = 18.0;
/// The names of the axis stand below them.
const BELOW: f64 = 42.0;

/// Where values are on the drawing.
#[derive(Clone, Copy)]
struct Frame<'a> {
    picture: &'a Picture,
    top: f64,
}

/// The parts, and how high they are together.
pub(super) fn draw(picture: &Picture, sweep: &Sweep, y: f64) -> (Vec<Element>, f64) {
    let frame = Frame { picture, top: y + ABOVE };
    let mut parts = vec![text(MARGIN, y + 11.0, &title(picture, sweep), "small")];
    parts.extend(oversubscribed(frame));
    parts.extend(axes(frame, sweep));
    for mark in &picture.marks {
        parts.extend(band(frame, mark));
    }
    for series in &picture.series {
        parts.extend(curve(frame, series));
    }
    for mark in &picture.marks {
        parts.extend(knee(frame, mark));
    }
    (parts, ABOVE + HEIGHT + BELOW)
}

fn title(picture: &Picture, sweep: &Sweep) -> String {
    let what = match picture.quantity {
        Quantity::Throughput => "Mops/s".to_owned(),
        Quantity::Latency => format!("p{} from due to done", sweep.spec.percentile()),
    };
    picture.placement.map_or(what.clone(), |mode| format!("{what}, {}", mode_name(mode)))
}

impl Frame<'_> {
    fn x(&self, value: f64) -> f64 {
        LEFT + self.picture.x.share(value).clamp(0.0, 1.0) * (RIGHT - LEFT)
    }

    fn y(&self, value: f64) -> f64 {
        self.top + (1.0 - self.picture.y.share(value).clamp(0.0, 1.0)) * HEIGHT
    }

    fn bottom(&self) -> f64 {
        self.top + HEIGHT
    }

    /// Path data through points.
    fn path(&self, points: &[(f64, f64)]) -> String {
        let steps = points.iter().map(|(x, y)| format!("{:.1} {:.1}", self.x(*x), self.y(*y)));
        format!("M{}", steps.collect::<Vec<_>>().join("L"))
    }
}

fn line(class: &str, from: (f64, f64), to: (f64, f64)) -> Element {
    let line = Line::new().set("class", class).set("x1", tenth(from.0)).set("y1", tenth(from.1));
    line.set("x2", tenth(to.0)).set("y2", tenth(to.1)).into()
}

fn rectangle(class: &str, left: f64, top: f64, width: f64, height: f64) -> Element {
    let rectangle = Rectangle::new().set("class", class).set("x", tenth(left)).set("y", tenth(top));
    rectangle.set("width", tenth(width)).set("height", tenth(height)).into()
}

/// Where threads take turns.
fn oversubscribed(frame: Frame<'_>) -> Vec<Element> {
    let Some(from) = frame.picture.oversubscribed_from else { return Vec::new() };
    let left = frame.x(from);
    vec![
        rectangle("turns", left, frame.top, RIGHT - left, HEIGHT),
        text(left + 4.0, frame.top + 13.0, "oversubscribed", "small faint"),
    ]
}

fn axes(frame: Frame<'_>, sweep: &Sweep) -> Vec<Element> {
    let picture = frame.picture;
    let (top, bottom) = (frame.top, frame.bottom());
    let mut parts = Vec::new();
    for value in picture.y.ticks(Round::Tens, 0.11) {
        let y = frame.y(value);
        parts.push(line("grid", (LEFT, y), (RIGHT, y)));
        let name = height(value, picture.quantity, Charset::Utf8);
        let mut label = text(LEFT - 5.0, y + 4.0, &name, "small faint");
        svg::Node::assign(&mut label, "text-anchor", "end");
        parts.push(label);
    }
    for value in picture.x.ticks(picture.x_round, 0.11) {
        let x = frame.x(value);
        parts.push(line("grid", (x, top), (x, bottom)));
        let mut label = text(x, bottom + 15.0, &spell::number(value), "small faint");
        svg::Node::assign(&mut label, "text-anchor", "middle");
        parts.push(label);
    }
    parts.push(rectangle("frame", LEFT, top, RIGHT - LEFT, HEIGHT));
    let mut label = text(RIGHT, bottom + 31.0, &spell::axis_title(&sweep.spec), "small");
    svg::Node::assign(&mut label, "text-anchor", "end");
    parts.push(label);
    if let Some(limit) = picture.limit_ns {
        let y = frame.y(limit);
        parts.push(line("limit", (LEFT, y), (RIGHT, y)));
        let name = format!("limit {}", height(limit, picture.quantity, Charset::Utf8));
        parts.push(text(LEFT + 4.0, y - 4.0, &name, "small faint"));
    }
    parts
}

/// A subject's visits, line and medians.
fn curve(frame: Frame<'_>, series: &Series) -> Vec<Element> {
    let colour = style::class(series.position);
    let mut parts = Vec::new();
    for (x, y) in &series.visits {
        let dot = Circle::new().set("r", "1.4").set("class", format!("fill visit {colour}"));
        parts.push(dot.set("cx", tenth(frame.x(*x))).set("cy", tenth(frame.y(*y))).into());
    }
    if series.line().len() > 1 {
        let kind = if series.model.is_empty() { "line unmodelled" } else { "line" };
        let path = Path::new().set("d", frame.path(series.line()));
        parts.push(path.set("class", format!("{kind} {colour}")).into());
    }
    let medians = series.medians.iter();
    parts.extend(medians.map(|(x, y)| marker(series.position, frame.x(*x), frame.y(*y), 3.6)));
    parts
}

/// The part of a curve that a knee's interval spans.
fn band(frame: Frame<'_>, mark: &Mark) -> Option<Element> {
    let position = *mark.positions.first()?;
    let series = frame.picture.series.iter().find(|series| series.position == position)?;
    if mark.low >= mark.high {
        return None;
    }
    let ends =
        [mark.low, mark.high].map(|x| Some((x, series.height(x, frame.picture.x.is_log())?)));
    let inner = series.line().iter().filter(|(x, _)| (mark.low..=mark.high).contains(x));
    let mut points: Vec<(f64, f64)> = inner.copied().collect();
    points.extend(ends.into_iter().flatten());
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    if points.len() < 2 {
        return None;
    }
    let path = Path::new().set("d", frame.path(&points));
    Some(path.set("class", format!("band {}", style::class(position))).into())
}

/// A ring at a knee, a cross where two maps cross.
fn knee(frame: Frame<'_>, mark: &Mark) -> Option<Element> {
    let (x, y) = (frame.x(mark.point), frame.y(mark.y?));
    if mark.definition == Definition::Crossover {
        let (top, left, right) = (y - 5.0, x - 5.0, x + 5.0);
        let cross = format!("M{left:.1} {top:.1}l10 10M{right:.1} {top:.1}l-10 10");
        return Some(Path::new().set("d", cross).set("class", "knee").into());
    }
    let ring = Circle::new().set("r", "7").set("class", "knee");
    Some(ring.set("cx", tenth(x)).set("cy", tenth(y)).into())
}
