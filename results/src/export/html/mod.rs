//! HTML: one page that needs nothing else, to be sent around and opened years later. No script, and
//! nothing is loaded from anywhere; light or dark as the reader's system is; readable on a phone and
//! on paper. The template escapes all words; only the pictures and the style sheet, which are ours,
//! go in as they are.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use serde::Serialize;

use super::page::Page;
use super::{Run, csv, json, syntax};
use crate::compare::Compared;
use crate::sweep::export::svg::style;

/// The page.
const TEMPLATE: &str = include_str!("page.html");
/// Its style sheet.
const STYLE: &str = include_str!("style.css");
/// Raw data that is larger stays out, and the page says where it is. Bytes.
const MOST_DATA: usize = 2 << 20;

/// A file within the page.
#[derive(Serialize)]
struct Download {
    name: String,
    about: &'static str,
    /// A `data:` link; `None` of a file that is too large.
    href: Option<String>,
    kib: usize,
}

impl Download {
    fn of(name: String, about: &'static str, kind: &str, bytes: &[u8]) -> Self {
        let fits = bytes.len() <= MOST_DATA;
        let href = fits.then(|| format!("data:{kind};base64,{}", STANDARD.encode(bytes)));
        Download { name, about, href, kib: bytes.len().div_ceil(1024) }
    }
}

/// Writes the page of a run, of a sweep, or of the log of a comparison.
///
/// # Errors
/// What `out` says.
pub fn write(run: Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    let id = &run.summary.begin().run_id;
    let (mut rows, mut document) = (Vec::new(), Vec::new());
    csv::write(run.summary, &[], &mut rows)?;
    json::write_dense(run, &mut document)?;
    let downloads = vec![
        Download::of(
            format!("{}.csv", file_name(id)),
            "a row per cell, fork and class of op",
            "text/csv",
            &rows,
        ),
        Download::of(
            format!("{}.json", file_name(id)),
            "the same rows, identity and fingerprint",
            "application/json",
            &document,
        ),
    ];
    render(&Page::of(run), &downloads, out)
}

/// Writes the page of a comparison.
///
/// # Errors
/// What `out` says.
pub fn write_compared(compared: &Compared, out: &mut dyn Write) -> io::Result<()> {
    let mut document = Vec::new();
    let cause = compared.exit_cause(false);
    crate::compare::json::write(compared, &[cause], &mut document)?;
    let name = "comparison.json".to_owned();
    let about = "every figure of this page";
    let downloads = vec![Download::of(name, about, "application/json", &document)];
    render(&Page::of_compared(compared), &downloads, out)
}

fn render(page: &Page, downloads: &[Download], out: &mut dyn Write) -> io::Result<()> {
    let mut environment = Environment::new();
    environment.set_syntax(syntax().map_err(io::Error::other)?);
    let failed = io::Error::other;
    environment.add_template("page.html", TEMPLATE).map_err(failed)?;
    let style = Value::from_safe_string(format!("{STYLE}\n{}", colours()));
    let page = context! { page => Value::from(Serde(page)), style => style, downloads => Value::from(Serde(downloads)) };
    let text = environment.get_template("page.html").and_then(|template| template.render(page));
    // HTML has no control characters but those of white space, and pictures hold names too.
    let text = text.map_err(failed)?.replace(|c: char| c.is_control() && c != '\n', "");
    out.write_all(text.as_bytes())
}

/// The colours of subjects, light and dark.
fn colours() -> String {
    let of = |colours: &[&str]| {
        let named = colours.iter().enumerate().map(|(at, colour)| format!("--s{at}:{colour};"));
        named.collect::<String>()
    };
    let classes = (0..style::LIGHT.len())
        .map(|at| format!(".chart .mb-{at},.mk .mb-{at}{{--c:var(--s{at})}}\n"));
    format!(
        ":root{{{}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{}}}}}\n{}",
        of(&style::LIGHT),
        of(&style::DARK),
        classes.collect::<String>()
    )
}

/// What may stand in a file's name on every system.
fn file_name(id: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    format!("mapbench-{}", id.chars().take(40).map(plain).collect::<String>())
}
