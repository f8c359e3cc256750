//! The pictures of a page: SVG without colours of its own, which the page's style sheet gives it, so
//! that light, dark and print are the page's business. As wide as a phone in its own units, so that
//! its words stay readable there. Identity is shape, label and colour together.

mod bars;
mod forest;
mod percentiles;
mod ridges;

use hdrhistogram::Histogram;
use svg::node::element::{Element, Line, Path, Rectangle, Text, Title};
use svg::node::{Node as _, Value};

use crate::stats::Interval;
use crate::sweep::export::svg::style;
use crate::units::{self, Charset};

pub(super) use bars::bars;
pub(super) use forest::forest;
pub(super) use percentiles::percentiles;
pub(super) use ridges::ridges;

/// Width in the drawing's own units.
const WIDTH: f64 = 400.0;
/// Characters of a label that fit a line beside its figure.
const LABEL_CHARACTERS: usize = 34;

/// One bar.
#[derive(Debug)]
pub(super) struct Bar {
    /// Whose shape and colour.
    pub(super) position: usize,
    pub(super) label: String,
    /// The figure in words.
    pub(super) figure: String,
    pub(super) value: f64,
    pub(super) interval: Option<Interval>,
}

/// The latencies of one cell.
#[derive(Debug)]
pub(super) struct Latencies<'c> {
    pub(super) position: usize,
    pub(super) label: String,
    pub(super) histogram: &'c Histogram<u64>,
}

/// One line of a forest plot.
#[derive(Debug)]
pub(super) struct Stem {
    pub(super) position: usize,
    pub(super) label: String,
    pub(super) figure: String,
    /// A share of A's time.
    pub(super) slowdown: f64,
    pub(super) interval: Interval,
    pub(super) delta: f64,
    pub(super) tone: super::Tone,
}

/// The shape of the adapter at a position, as a small picture for a table.
pub(super) fn marker(position: usize) -> String {
    svg::Document::new()
        .set("class", "mk")
        .set("viewBox", "-7 -7 14 14")
        .set("width", "14")
        .set("height", "14")
        .set("aria-hidden", "true")
        .add(shape(position, 0.0, 0.0, 5.0))
        .to_string()
}

/// A picture, from the top down.
struct Chart {
    /// What lies behind everything else.
    behind: Vec<Element>,
    parts: Vec<Element>,
    /// Where the next part begins.
    y: f64,
}

impl Chart {
    fn new() -> Self {
        Chart { behind: Vec::new(), parts: Vec::new(), y: 4.0 }
    }

    fn put(&mut self, part: impl Into<Element>) {
        self.parts.push(part.into());
    }

    fn text(&mut self, x: f64, y: f64, words: &str, class: &str) {
        let text = Text::new(words).set("x", tenth(x)).set("y", tenth(y));
        self.put(text.set("class", class));
    }

    /// A line of the grid: behind bars and words, whenever it is drawn.
    fn grid(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.behind.push(line("grid", from, to));
    }

    fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.put(line(class, from, to));
    }

    fn rectangle(&mut self, class: &str, at: (f64, f64), size: (f64, f64)) {
        let rectangle = Rectangle::new().set("class", class);
        let rectangle = rectangle.set("x", tenth(at.0)).set("y", tenth(at.1));
        let size = (size.0.max(0.0), size.1.max(0.0));
        self.put(
            rectangle.set("width", tenth(size.0)).set("height", tenth(size.1)).set("rx", "1.5"),
        );
    }

    fn path(&mut self, class: &str, points: &[(f64, f64)]) {
        if points.len() < 2 {
            return;
        }
        let steps: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        self.put(Path::new().set("class", class).set("d", format!("M{}", steps.join("L"))));
    }

    /// A line of a subject: its shape and name on the left, its figure on the right.
    fn heading(&mut self, position: usize, label: &str, figure: &str) {
        self.y += 16.0;
        let y = self.y;
        self.put(shape(position, 7.0, y - 4.5, 4.6));
        self.text(18.0, y, &shortened(label, LABEL_CHARACTERS), "label");
        self.text(WIDTH, y, figure, "figure end");
    }

    fn finish(self, title: &str) -> String {
        let height = (self.y + 6.0).ceil();
        let mut document = svg::Document::new()
            .set("class", "chart")
            .set("viewBox", format!("0 0 {WIDTH} {height}"))
            .set("role", "img")
            .set("aria-label", title)
            .add(Title::new(title));
        for part in self.behind.into_iter().chain(self.parts) {
            document.append(part);
        }
        document.to_string()
    }
}

fn line(class: &str, from: (f64, f64), to: (f64, f64)) -> Element {
    let line = Line::new().set("class", class).set("x1", tenth(from.0)).set("y1", tenth(from.1));
    line.set("x2", tenth(to.0)).set("y2", tenth(to.1)).into()
}

/// A time with its whole unit, as an axis has room for: `100 ns`, `1 µs`.
pub(super) fn time(ns: u64) -> String {
    let spelled = units::time(ns, Charset::Utf8);
    let split = spelled.trim_end_matches(char::is_alphabetic).len();
    let (number, unit) = spelled.split_at(split);
    format!("{number} {}s", unit.trim_end_matches('s'))
}

/// The class of the colour of a position.
fn colour(position: usize) -> String {
    style::class(position)
}

/// The shape of a position, at a place.
fn shape(position: usize, x: f64, y: f64, size: f64) -> Element {
    let (outline, is_filled) = style::outline(position, size);
    let kind = if is_filled { "fill" } else { "hollow" };
    let place = format!("translate({x:.1} {y:.1})");
    let path = Path::new().set("d", outline).set("transform", place);
    path.set("class", format!("{kind} {}", colour(position))).into()
}

fn tenth(length: f64) -> Value {
    Value::from(format!("{length:.1}"))
}

fn shortened(words: &str, characters: usize) -> String {
    if words.chars().count() <= characters {
        return words.to_owned();
    }
    let kept: String = words.chars().take(characters.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Round values between two, about as many as asked: 1, 2 or 5 times a power of ten apart.
fn ticks(low: f64, high: f64, about: f64) -> Vec<f64> {
    let rough = (high - low) / about;
    if !rough.is_finite() || rough <= 0.0 {
        return vec![low];
    }
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|of| of * power).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power);
    let (first, last) = ((low / step).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|at| at as f64 * step).collect()
}

/// An axis of latencies, in decades.
#[derive(Debug, Clone, Copy)]
struct Decades {
    low_ns: f64,
    high_ns: f64,
}

impl Decades {
    /// From the fastest percentile that is seen to the slowest one; the largest value of all would
    /// leave no room for the rest.
    fn of(latencies: &[Latencies<'_>]) -> Option<Decades> {
        let low = latencies.iter().map(|of| of.histogram.min_nz()).min()?;
        let high = latencies.iter().map(|of| of.histogram.value_at_quantile(0.9999)).max()?;
        let low_ns = (low.max(1) as f64).min(high.max(1) as f64);
        Some(Decades { low_ns: low_ns * 0.9, high_ns: (high as f64 * 1.1).max(low_ns * 4.0) })
    }

    /// Where a latency is, from 0 to 1.
    fn share(self, ns: f64) -> f64 {
        let share = (ns.max(1.0) / self.low_ns).ln() / (self.high_ns / self.low_ns).ln();
        share.clamp(0.0, 1.0)
    }

    /// Powers of ten within.
    fn powers(self) -> Vec<u64> {
        let powers = (0..13).map(|power| 10_u64.pow(power));
        powers.filter(|ns| (self.low_ns..=self.high_ns).contains(&(*ns as f64))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_their_whole_unit() {
        let times = [100, 1_000, 10_000_000, 2_000_000_000].map(time);
        assert_eq!(times, ["100 ns", "1 µs", "10 ms", "2 s"]);
    }

    #[test]
    fn ticks_are_round_and_within() {
        assert_eq!(ticks(0.0, 17.3, 4.0), [0.0, 5.0, 10.0, 15.0]);
        assert_eq!(ticks(-0.03, 0.05, 4.0), [-0.02, 0.0, 0.02, 0.04]);
        assert_eq!(ticks(1.0, 1.0, 4.0), [1.0]);
    }
}
