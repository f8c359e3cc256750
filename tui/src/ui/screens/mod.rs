//! The screens, one file each. They draw the state and nothing else: no screen changes state,
//! reads a clock or writes to the terminal.

mod compare;
mod confirm;
mod details;
mod help;
mod history;
mod log;
mod panel;
mod run;
mod sweep;
mod tabs;
mod wizard;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::keys::Place;
use super::model::{Model, Overlay};
use super::tab::Tab;
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
        Place::Sweep => sweep::draw(model, area, buffer),
        Place::Compare => compare::draw(model, area, buffer),
        Place::History => history::draw(model, area, buffer),
        _ => run::draw(model, area, buffer),
    }
    match model.overlay {
        Some(Overlay::Help) => help::draw(model, area, buffer),
        Some(Overlay::Log) => log::draw(model, area, buffer),
        Some(Overlay::Page) => tabs::draw_page(model, area, buffer),
        Some(Overlay::Details(cell)) => details::draw(model, cell, area, buffer),
        Some(Overlay::Confirm) => confirm::draw(model, area, buffer),
        None => {}
    }
    if model.theme.ascii {
        panel::keep_to_ascii(buffer);
    }
}

/// Rows that the cursor of the screen on view can stand on.
pub fn found_rows(model: &Model) -> usize {
    match model.tab {
        Tab::Run => 0,
        Tab::Sweep => sweep::rows(model),
        Tab::Compare => model.shelf.compared.get().map_or(0, |compared| compared.cells.len()),
        Tab::History => model.shelf.history.get().map_or(0, |history| history.series.len()),
    }
}

/// Pictures of the sweep: one per setting and placement mode.
pub fn sweep_pictures(model: &Model) -> usize {
    sweep::pictures(model)
}

/// Lines that the open overlay has in all.
pub fn overlay_length(model: &Model) -> usize {
    let width = 70;
    match model.overlay {
        Some(Overlay::Help) => help::lines(model).len(),
        Some(Overlay::Log) => log::lines(model, width).len(),
        Some(Overlay::Page) => tabs::page(model, usize::from(width)).lines().count(),
        Some(Overlay::Details(cell)) => details::lines(model, cell, width).len(),
        Some(Overlay::Confirm) | None => 0,
    }
}

/// Lines of an overlay that a screen of a height shows at once.
pub fn overlay_lines(height: u16) -> usize {
    usize::from(panel::overlay(Rect::new(0, 0, 80, height)).height.saturating_sub(2)).max(1)
}
