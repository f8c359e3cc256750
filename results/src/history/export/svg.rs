//! SVG of one series: a self-contained picture of its points with their intervals, the level of each
//! stretch, the changes with their commits, and where the machine changes. Light or dark as the
//! reader's system is, readable at the width of a phone, with text that can be selected and no
//! script.

use svg::node::element::{Circle, Element, Line, Rectangle, Style, Text, Title};
use svg::node::{Node as _, Value};

use super::super::plot::{Frame, machine};
use super::super::{Point, Series, Shift, spell};
use crate::sweep::ruler::Round;
use crate::units::{self, Charset};

/// Width of the drawing in its own units: narrow, so that its words stay readable on a phone.
const WIDTH: f64 = 440.0;
const MARGIN: f64 = 12.0;
/// Left edge of the points; the names of heights stand before it.
const LEFT: f64 = 52.0;
const RIGHT: f64 = WIDTH - 12.0;
/// Height of the points.
const HEIGHT: f64 = 220.0;
/// From one line of text to the next.
const LINE: f64 = 17.0;
/// Characters that fit a line.
const LINE_CHARACTERS: usize = 66;
/// Characters of the title that fit one.
const TITLE_CHARACTERS: usize = 56;

const STYLE: &str = "\
.mb-history{font-family:system-ui,sans-serif;font-size:12px}\
.mb-history .ground{fill:#fff}.mb-history text{fill:#1c1c1c}.mb-history .faint{fill:#5c5c5c}\
.mb-history .small{font-size:11px}.mb-history .title{font-weight:600}\
.mb-history .frame{stroke:#9a9a9a;fill:none}.mb-history .grid{stroke:#e4e4e4}\
.mb-history .point{fill:#1f87c4}.mb-history .hollow{fill:none;stroke:#1f87c4}\
.mb-history .span{stroke:#1f87c4;stroke-opacity:.35}\
.mb-history .level{stroke:#1c1c1c;stroke-width:1.6}\
.mb-history .slower{stroke:#b84f00;stroke-width:1.4}.mb-history .faster{stroke:#007f5c;stroke-width:1.4}\
.mb-history .machine{stroke:#5c5c5c;stroke-dasharray:2 4}\
@media (prefers-color-scheme:dark){.mb-history .ground{fill:#15181c}\
.mb-history text{fill:#e6e6e6}.mb-history .faint{fill:#a8a8a8}\
.mb-history .frame{stroke:#707070}.mb-history .grid{stroke:#2c3036}\
.mb-history .point{fill:#56b4e9}.mb-history .hollow{stroke:#56b4e9}.mb-history .span{stroke:#56b4e9}\
.mb-history .level{stroke:#e6e6e6}.mb-history .slower{stroke:#e6792b}\
.mb-history .faster{stroke:#19b88d}.mb-history .machine{stroke:#a8a8a8}}";

/// The picture.
pub fn render(series: &Series) -> String {
    let mut page = Page { y: 10.0, parts: Vec::new() };
    let title = format!("History of {}", spell::name(&series.name, Charset::Utf8));
    page.words(&title, "title");
    page.words(&format!("Mops/s over {} commits", series.points.len()), "small faint");
    page.picture(series);
    page.legend(series);
    page.finish(&title).to_string()
}

/// The drawing, from the top down.
struct Page {
    /// Where the next part begins.
    y: f64,
    parts: Vec<Element>,
}

impl Page {
    /// Words, on as many lines as they need.
    fn words(&mut self, words: &str, class: &str) {
        // The title is bold and larger.
        let fit = if class == "title" { TITLE_CHARACTERS } else { LINE_CHARACTERS };
        for line in wrapped(words, fit) {
            self.y += LINE;
            self.parts.push(text(MARGIN, self.y - 4.0, &line, class, "start"));
        }
    }

    fn picture(&mut self, series: &Series) {
        let frame = Frame::of(series);
        let top = self.y + 8.0;
        let x = |share: f64| LEFT + share * (RIGHT - LEFT);
        let y = |share: f64| top + (1.0 - share) * HEIGHT;
        for tick in frame.y.ticks(Round::Tens, 0.11) {
            let at = y(frame.y(tick));
            self.parts.push(line("grid", (LEFT, at), (RIGHT, at)));
            self.parts.push(text(LEFT - 5.0, at + 4.0, &units::mops(tick), "small faint", "end"));
        }
        for at in frame.machine_changes() {
            let at = x(frame.x_before(at));
            self.parts.push(line("machine", (at, top), (at, top + HEIGHT)));
        }
        for (number, change) in series.changes.iter().enumerate() {
            let at = x(frame.x_before(change.after));
            let class =
                if change.shift.is_some_and(Shift::is_slowdown) { "slower" } else { "faster" };
            self.parts.push(line(class, (at, top), (at, top + HEIGHT)));
            self.parts.push(text(
                at + 3.0,
                top + 12.0,
                &(number + 1).to_string(),
                "small",
                "start",
            ));
        }
        for (at, point) in series.points.iter().enumerate() {
            if let Some(interval) = point.interval {
                let (low, high) = (y(frame.y(interval.low)), y(frame.y(interval.high)));
                self.parts.push(line("span", (x(frame.x(at)), low), (x(frame.x(at)), high)));
            }
            self.parts.push(dot(point, x(frame.x(at)), y(frame.y(point.ops_per_sec))));
        }
        for (first, last, median) in frame.levels() {
            let at = y(frame.y(median));
            let ends = (x(frame.x_before(first)), x(frame.x_before(last + 1)));
            self.parts.push(line("level", (ends.0, at), (ends.1, at)));
        }
        let outline =
            Rectangle::new().set("class", "frame").set("x", tenth(LEFT)).set("y", tenth(top));
        self.parts
            .push(outline.set("width", tenth(RIGHT - LEFT)).set("height", tenth(HEIGHT)).into());
        let below = top + HEIGHT + 15.0;
        for (at, anchor, point) in
            [(LEFT, "start", series.points.first()), (RIGHT, "end", series.points.last())]
        {
            let day = point.map(|point| spell::day(&point.time)).unwrap_or_default();
            self.parts.push(text(at, below, &day, "small faint", anchor));
        }
        self.y = below + 8.0;
    }

    /// What came with each change, in words.
    fn legend(&mut self, series: &Series) {
        for (number, change) in series.changes.iter().enumerate() {
            let point = &series.points[change.after];
            self.words(
                &format!(
                    "{}: {} {} {}: {}, {}",
                    number + 1,
                    spell::short(&point.commit),
                    spell::day(&point.time),
                    spell::one_line(&point.subject),
                    spell::shift(change.shift, Charset::Utf8),
                    spell::state(change)
                ),
                "small",
            );
        }
        for at in Frame::of(series).machine_changes() {
            let point = &series.points[at];
            let of = machine(series, point.segment);
            self.words(
                &format!("dotted, from {}: {of}", spell::short(&point.commit)),
                "small faint",
            );
        }
        if series.points.iter().any(|point| point.dirty) {
            self.words("Hollow: the work tree had changes.", "small faint");
        }
    }

    fn finish(self, title: &str) -> svg::Document {
        let height = (self.y + 12.0).ceil();
        let mut document = svg::Document::new()
            .set("viewBox", format!("0 0 {WIDTH} {height}"))
            .set("width", "100%")
            .set("style", "max-width:660px")
            .set("class", "mb-history")
            .set("role", "img")
            .set("aria-label", title)
            .add(Title::new(title))
            .add(Style::new(STYLE))
            .add(
                Rectangle::new().set("class", "ground").set("width", "100%").set("height", "100%"),
            );
        for part in self.parts {
            document.append(part);
        }
        document
    }
}

/// A point, which says its commit when it is pointed at.
fn dot(point: &Point, x: f64, y: f64) -> Element {
    let words = format!(
        "{} {}: {} Mops/s",
        spell::short(&point.commit),
        spell::one_line(&point.subject),
        units::mops(point.ops_per_sec)
    );
    let class = if point.dirty { "hollow" } else { "point" };
    let circle = Circle::new().set("r", "2.4").set("class", class).add(Title::new(words));
    circle.set("cx", tenth(x)).set("cy", tenth(y)).into()
}

fn line(class: &str, from: (f64, f64), to: (f64, f64)) -> Element {
    let line = Line::new().set("class", class).set("x1", tenth(from.0)).set("y1", tenth(from.1));
    line.set("x2", tenth(to.0)).set("y2", tenth(to.1)).into()
}

fn text(x: f64, y: f64, words: &str, class: &str, anchor: &str) -> Element {
    let text = Text::new(words).set("x", tenth(x)).set("y", tenth(y));
    text.set("class", class).set("text-anchor", anchor).into()
}

/// A length to a tenth, which no eye tells from more.
fn tenth(length: f64) -> Value {
    Value::from(format!("{length:.1}"))
}

/// Words in lines of at most so many characters, broken at spaces.
fn wrapped(words: &str, characters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= characters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.chars().take(characters).collect()),
        }
    }
    lines
}
