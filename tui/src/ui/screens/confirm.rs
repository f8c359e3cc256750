//! The question whether to quit while a run is under way.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use super::panel;
use crate::ui::keys::Place;
use crate::ui::model::Model;

/// ```text
/// ┌ a run is under way ──────────────────────────────┐
/// │ Results up to here are kept.                     │
/// │ y stop, save and quit  n go on                   │
/// └──────────────────────────────────────────────────┘
/// ```
pub(crate) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let width = area.width.min(54);
    let height = area.height.min(4);
    let area = Rect::new(
        area.x + (area.width - width) / 2,
        area.y + (area.height - height) / 2,
        width,
        height,
    );
    Clear.render(area, buffer);
    let inside = panel::frame("a run is under way", model.theme, area, buffer);
    let words = " Results up to here are kept.";
    panel::put(words, ratatui::style::Style::new(), 0, panel::row(inside, 0), buffer);
    panel::footer(model, Place::Confirm, panel::row(inside, 1), buffer);
}
