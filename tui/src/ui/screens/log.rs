//! The log overlay: what was left out, what failed, what is worth knowing, newest last.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::panel;
use crate::ui::figures::clock;
use crate::ui::model::Model;

/// ```text
/// ┌ log ─────────────────────────────────────────────────────────────────┐
/// │ 00:00 left out of curated/mixed-write: evmap/publish-every-n has no …│
/// │ 00:12 test/abort on read-heavy ×2, fork 0: crash: SIGABRT            │
/// └──────────────────────────────────────────────────────────────────────┘
/// ```
pub(crate) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = model.theme;
    let inside = panel::open("log: l or Esc closes", theme, area, buffer);
    panel::lines(&lines(model, inside.width), model.scroll, inside, buffer);
}

/// The lines of the log at a width.
pub(crate) fn lines(model: &Model, width: u16) -> Vec<Line<'static>> {
    let theme = model.theme;
    let width = usize::from(width).saturating_sub(8).max(8);
    let mut drawn = Vec::new();
    for line in &model.log {
        let style = if line.bad { theme.bad() } else { ratatui::style::Style::new() };
        for (position, part) in wrapped(&line.text, width).into_iter().enumerate() {
            let time = if position == 0 { clock(line.at_ns) } else { String::new() };
            drawn.push(Line::from(vec![
                Span::styled(format!(" {time:<6}"), theme.faint()),
                Span::styled(part, style),
            ]));
        }
    }
    if drawn.is_empty() {
        drawn.push(Line::styled(" Nothing to report.", theme.faint()));
    }
    drawn
}

/// A text in lines of at most `width` characters, at least one, broken at blanks where it can be.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    // Without room for a character no word would ever end.
    let width = width.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let mut word: Vec<char> = word.chars().collect();
            if !line.is_empty() && line.chars().count() + 1 + word.len() > width {
                lines.push(std::mem::take(&mut line));
            } else if !line.is_empty() {
                line.push(' ');
            }
            while word.len() > width {
                lines.push(word.drain(..width).collect());
            }
            line.extend(word);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn text_breaks_at_blanks_and_long_words_anywhere() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrapped("a\nb", 9), ["a", "b"]);
        assert_eq!(wrapped("ab", 0), ["a", "b"]);
    }
}
