//! SVG: one self-contained picture per setting, with the measured points, the model through them,
//! the part of it that the knee's interval spans, and the knees in words below. Light or dark as
//! the reader's system is, readable at the width of a phone, with text that can be selected and no
//! script.

mod panel;
pub(crate) mod style;

use std::fmt::Write as _;

use svg::node::element::{Element, Path, Rectangle, Style, Text, Title};
use svg::node::{Node as _, Value};

use super::super::judged::{JudgedGroup, Sweep};
use super::super::picture::{Picture, pictures};
use super::super::spell;
use crate::knee::{Definition, Location};
use crate::summary::mode_name;
use crate::units::Charset;

/// Width of the drawing in its own units: narrow, so that its words stay readable on a phone.
const WIDTH: f64 = 440.0;
/// Left edge of what is written.
const MARGIN: f64 = 12.0;
/// From one line of text to the next.
const LINE: f64 = 17.0;
/// Characters that fit a line.
const LINE_CHARACTERS: usize = 66;

/// The picture of a setting.
pub fn render(group: &JudgedGroup, sweep: &Sweep) -> String {
    let mut page = Page { y: 10.0, parts: Vec::new() };
    let setting = group.series.setting.describe(Charset::Utf8);
    page.words(&format!("Sweep of {}", sweep.spec.axis), "title");
    page.words(&setting, "small faint");
    let pictures = pictures(group, sweep);
    for picture in &pictures {
        let (parts, height) = panel::draw(picture, sweep, page.y + 4.0);
        page.parts.extend(parts);
        page.y += height + 4.0;
    }
    page.key(&pictures);
    page.findings(group, sweep);
    let title = format!("Sweep of {}: {setting}", sweep.spec.axis);
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
        for line in wrapped(words, LINE_CHARACTERS) {
            self.y += LINE;
            self.parts.push(text(MARGIN, self.y - 4.0, &line, class));
        }
    }

    /// Which shape and colour is whose.
    fn key(&mut self, pictures: &[Picture]) {
        let mut known: Vec<usize> = Vec::new();
        for series in pictures.iter().flat_map(|picture| &picture.series) {
            if known.contains(&series.position) {
                continue;
            }
            known.push(series.position);
            self.y += LINE;
            self.parts.push(marker(series.position, MARGIN + 6.0, self.y - 8.0, 4.5));
            let name = shortened(&series.subject, LINE_CHARACTERS - 4);
            self.parts.push(text(MARGIN + 18.0, self.y - 4.0, &name, ""));
        }
        self.y += LINE / 2.0;
    }

    /// The knees in words, by placement.
    fn findings(&mut self, group: &JudgedGroup, sweep: &Sweep) {
        self.words(
            "Ring: a knee, with the part of its curve that the 95% interval spans. Cross: two maps \
             are equally fast; the first is the faster one below it.",
            "small faint",
        );
        let mut placement = None;
        for finding in &group.findings {
            let Location::Found { low, high, .. } = &finding.location else { continue };
            if finding.definition == Definition::Kneedle {
                continue;
            }
            if placement != finding.placement {
                placement = finding.placement;
                self.words(placement.map_or("", mode_name), "small faint");
            }
            let mut words = format!(
                "{} {}",
                spell::definition_title(finding.definition),
                spell::location(&finding.location, &sweep.spec),
            );
            if low < high {
                let interval = spell::interval(&finding.location, Charset::Utf8);
                let _ = write!(words, " ({interval})");
            }
            self.y += LINE;
            let known =
                |subject: &String| group.series.subjects.iter().position(|at| at == subject);
            let mut x = MARGIN + 6.0;
            for position in finding.subjects.iter().filter_map(known) {
                self.parts.push(marker(position, x, self.y - 8.0, 4.5));
                x += 14.0;
            }
            self.parts.push(text(MARGIN + 34.0, self.y - 4.0, &words, "small"));
        }
    }

    fn finish(self, title: &str) -> svg::Document {
        let height = (self.y + 12.0).ceil();
        let mut document = svg::Document::new()
            .set("viewBox", format!("0 0 {WIDTH} {height}"))
            .set("width", "100%")
            .set("style", "max-width:660px")
            .set("class", "mb-sweep")
            .set("role", "img")
            .set("aria-label", title)
            .add(Title::new(title))
            .add(Style::new(style::sheet()))
            .add(
                Rectangle::new().set("class", "ground").set("width", "100%").set("height", "100%"),
            );
        for part in self.parts {
            document.append(part);
        }
        document
    }
}

/// Words at a place.
fn text(x: f64, y: f64, words: &str, class: &str) -> Element {
    let text = Text::new(words).set("x", tenth(x)).set("y", tenth(y));
    if class.is_empty() { text.into() } else { text.set("class", class).into() }
}

/// The shape of the subject at a position, at a place.
fn marker(position: usize, x: f64, y: f64, size: f64) -> Element {
    let (outline, is_filled) = style::outline(position, size);
    let kind = if is_filled { "fill" } else { "hollow" };
    let place = format!("translate({x:.1} {y:.1})");
    let path = Path::new().set("d", outline).set("transform", place);
    path.set("class", format!("{kind} {}", style::class(position))).into()
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
            _ => lines.push(shortened(word, characters)),
        }
    }
    lines
}

/// At most so many characters of it.
fn shortened(words: &str, characters: usize) -> String {
    if words.chars().count() <= characters {
        return words.to_owned();
    }
    let kept: String = words.chars().take(characters.saturating_sub(1)).collect();
    format!("{kept}…")
}
