//! The screens, one file each. They draw the state and nothing else: no screen changes state,
//! reads a clock or writes to the terminal.

mod confirm;
mod details;
mod help;
mod log;
mod panel;
mod run;
mod wizard;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::keys::Place;
use super::model::{Model, Overlay};
use super::update::place_below;

/// Draws the screen that the state asks for.
pub fn draw(model: &Model, frame: &mut Frame) {
    let area = frame.area();
    paint(model, area, frame.buffer_mut());
}

/// The screen at a size, without a terminal.
pub fn picture(model: &Model, columns: u16, rows: u16) -> Buffer {
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    paint(model, area, &mut buffer);
    buffer
}

fn paint(model: &Model, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    match place_below(model) {
        Place::Wizard => wizard::draw(model, area, buffer),
        _ => run::draw(model, area, buffer),
    }
    match model.overlay {
        Some(Overlay::Help) => help::draw(model, area, buffer),
        Some(Overlay::Log) => log::draw(model, area, buffer),
        Some(Overlay::Details(cell)) => details::draw(model, cell, area, buffer),
        Some(Overlay::Confirm) => confirm::draw(model, area, buffer),
        None => {}
    }
    if model.theme.ascii {
        panel::keep_to_ascii(buffer);
    }
}

/// Lines that the open overlay has in all.
pub fn overlay_length(model: &Model) -> usize {
    let width = 70;
    match model.overlay {
        Some(Overlay::Help) => help::lines(model).len(),
        Some(Overlay::Log) => log::lines(model, width).len(),
        Some(Overlay::Details(cell)) => details::lines(model, cell, width).len(),
        Some(Overlay::Confirm) | None => 0,
    }
}

/// Lines of an overlay that a screen of a height shows at once.
pub fn overlay_lines(height: u16) -> usize {
    usize::from(panel::overlay(Rect::new(0, 0, 80, height)).height.saturating_sub(2)).max(1)
}
