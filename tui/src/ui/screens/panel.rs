//! What the screens share: frames, overlays, lists of lines, the footer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::border;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Widget};

use crate::ui::keys::{self, Place};
use crate::ui::model::Model;
use crate::ui::theme::Theme;

const ASCII_BORDER: border::Set = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// Draws a frame with a title and returns what is inside.
pub(crate) fn frame(title: &str, theme: Theme, area: Rect, buffer: &mut Buffer) -> Rect {
    let set = if theme.ascii { ASCII_BORDER } else { border::PLAIN };
    let block = Block::bordered()
        .border_set(set)
        .border_style(theme.faint())
        .title(Line::styled(format!(" {title} "), theme.strong()));
    let inner = block.inner(area);
    block.render(area, buffer);
    inner
}

/// The area of an overlay: most of the screen.
pub(crate) fn overlay(area: Rect) -> Rect {
    let margin_x = if area.width >= 60 { area.width / 12 } else { 0 };
    let margin_y = if area.height >= 20 { area.height / 8 } else { 0 };
    Rect::new(
        area.x + margin_x,
        area.y + margin_y,
        area.width - 2 * margin_x,
        area.height - 2 * margin_y,
    )
}

/// Draws an overlay's frame over whatever is there and returns what is inside.
pub(crate) fn open(title: &str, theme: Theme, area: Rect, buffer: &mut Buffer) -> Rect {
    let area = overlay(area);
    Clear.render(area, buffer);
    frame(title, theme, area, buffer)
}

/// Draws lines from `scroll` on, as many as fit; never scrolls past the last page.
pub(crate) fn lines(lines: &[Line], scroll: usize, area: Rect, buffer: &mut Buffer) {
    let height = usize::from(area.height);
    let first = scroll.min(lines.len().saturating_sub(height));
    for (row, line) in lines.iter().skip(first).take(height).enumerate() {
        buffer.set_line(area.x, area.y + row as u16, line, area.width);
    }
}

/// Writes a text at a column of an area, cut at the area's edge. Returns the column after it.
pub(crate) fn put(text: &str, style: Style, column: u16, area: Rect, buffer: &mut Buffer) -> u16 {
    if area.is_empty() || column >= area.width {
        return column;
    }
    let room = usize::from(area.width - column);
    let (end, _) = buffer.set_stringn(area.x + column, area.y, text, room, style);
    end - area.x
}

/// Row `row` of an area, empty if it has none.
pub(crate) fn row(area: Rect, row: u16) -> Rect {
    Rect { y: area.y + row.min(area.height), height: u16::from(row < area.height), ..area }
}

/// Replaces what words and names still hold of other characters, such as `×` between scenario and
/// threads.
pub(crate) fn keep_to_ascii(buffer: &mut Buffer) {
    for cell in buffer.content.iter_mut().filter(|cell| !cell.symbol().is_ascii()) {
        let nearest = match cell.symbol() {
            "×" => "x",
            "→" | "▸" => ">",
            "←" => "<",
            "↑" => "^",
            "↓" => "v",
            "–" => "-",
            "…" => ".",
            "µ" => "u",
            _ => "?",
        };
        cell.set_symbol(nearest);
    }
}

/// What a key just did or what is being typed, else the keys that work here.
pub(crate) fn footer(model: &Model, place: Place, area: Rect, buffer: &mut Buffer) {
    let theme = model.theme;
    if model.typing {
        let end = put(&format!(" /{}", model.filter), theme.strong(), 0, area, buffer);
        put(theme.glyph("▏", "_"), theme.strong(), end, area, buffer);
        return;
    }
    if let Some(said) = &model.said {
        put(&format!(" {said}"), theme.warning(), 0, area, buffer);
        return;
    }
    let mut column = 1;
    for binding in keys::bindings(place).filter(|binding| !binding.footer.is_empty()) {
        let width = (binding.keys.chars().count() + binding.footer.chars().count() + 3) as u16;
        if column + width > area.width + 2 {
            continue;
        }
        column = put(binding.keys, theme.strong(), column, area, buffer) + 1;
        column = put(binding.footer, theme.faint(), column, area, buffer) + 2;
    }
}
