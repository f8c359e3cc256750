//! Markdown as GitHub renders it: the page of a CI job's summary, or a comment. The verdict stands
//! first, details can be folded out. All words are escaped by the template's formatter.

use std::io::{self, Write};

use minijinja::value::{Serde, ValueKind};
use minijinja::{AutoEscape, Environment, Error, Output, State, Value, context};

use super::page::Page;
use super::{Run, syntax};
use crate::compare::Compared;

/// The page.
const TEMPLATE: &str = include_str!("page.md");

/// Writes the page of a run, of a sweep, or of the log of a comparison.
///
/// # Errors
/// What `out` says.
pub fn write(run: Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    render(&Page::of(run), out)
}

/// Writes the page of a comparison.
///
/// # Errors
/// What `out` says.
pub fn write_compared(compared: &Compared, out: &mut dyn Write) -> io::Result<()> {
    render(&Page::of_compared(compared), out)
}

fn render(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let mut environment = Environment::new();
    environment.set_syntax(syntax().map_err(io::Error::other)?);
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    environment.set_formatter(format);
    environment.add_filter("fenced", fenced);
    environment.add_template("page.md", TEMPLATE).map_err(io::Error::other)?;
    let page = context! { page => Value::from(Serde(page)) };
    let text = environment.get_template("page.md").and_then(|template| template.render(page));
    out.write_all(text.map_err(io::Error::other)?.as_bytes())
}

/// Writes a value; words are escaped.
fn format(out: &mut Output, _: &mut State, value: &Value) -> Result<(), Error> {
    let text = value.to_string();
    let is_plain = value.is_safe() || value.kind() == ValueKind::Number;
    let text = if is_plain { text } else { escaped(&text) };
    Ok(out.write_str(&text)?)
}

/// Words that stay words: in a paragraph, in a cell of a table and within HTML.
fn escaped(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    let mut rest = words.chars();
    while let Some(c) = rest.next() {
        match c {
            '\n' | '\r' | '\t' => text.push(' '),
            c if c.is_control() => {}
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => {
                text.push('\\');
                text.push(c);
            }
            // No mention of anybody, and no address that becomes a link.
            '@' => text.push_str("&#64;"),
            ':' if rest.as_str().starts_with("//") => text.push_str("&#58;"),
            c => text.push(c),
        }
    }
    text
}

/// A block of text as it is, in a fence longer than any in it.
fn fenced(text: &str) -> Value {
    let mut longest = 2;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    Value::from_safe_string(format!("{fence}text\n{}\n{fence}", text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        assert_eq!(escaped("a|b`c`<i>&\n*_[x](y)"), "a\\|b\\`c\\`&lt;i&gt;&amp; \\*\\_\\[x\\](y)");
        assert_eq!(escaped("@all http://x \u{1b}[0m"), "&#64;all http&#58;//x \\[0m");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("a ```` b").to_string(), "`````text\na ```` b\n`````");
    }
}
