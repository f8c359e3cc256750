//! What the screens beside Run share: the tab bar, the first line, the sentence that stands where
//! there is nothing to see, lines of plain text in colour, and the overlay with the whole page.

use mapbench_results::{compare, sweep};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::run::progress;
use super::{history, log, panel};
use crate::ui::keys::Place;
use crate::ui::model::Model;
use crate::ui::tab::Tab;

/// A narrower screen names the shown tab only.
const ALL_TABS_FROM: u16 = 70;

/// ```text
///  1 Run  2 Sweep  3 Compare  4 History
/// ```
///
/// Returns the column after it.
pub(crate) fn bar(model: &Model, area: Rect, buffer: &mut Buffer) -> u16 {
    let theme = model.theme;
    let mut column = 0;
    for tab in Tab::ALL {
        let is_shown = tab == model.tab;
        if is_shown || area.width >= ALL_TABS_FROM {
            let style = if is_shown { theme.strong() } else { theme.faint() };
            let gap = if column == 0 { " " } else { "  " };
            column = panel::put(&format!("{gap}{}", tab.title()), style, column, area, buffer);
        }
    }
    column
}

/// The tab bar, and where what is shown comes from or what goes on.
pub(crate) fn head(model: &Model, from: &str, area: Rect, buffer: &mut Buffer) {
    let title = bar(model, area, buffer);
    let text = match (&model.run, from) {
        (Some(_), "") => progress::state(model),
        (Some(_), from) => format!("{from}  {}", progress::state(model)),
        (None, from) => from.to_owned(),
    };
    let width = text.chars().count() as u16 + 1;
    let column = area.width.saturating_sub(width).max(title + 2);
    panel::put(&text, model.theme.faint(), column, area, buffer);
}

/// A screen without anything to see: why, and the keys.
pub(crate) fn nothing(model: &Model, place: Place, why: &str, area: Rect, buffer: &mut Buffer) {
    head(model, "", panel::row(area, 0), buffer);
    let width = usize::from(area.width.saturating_sub(4));
    for (at, line) in (0_u16..).zip(log::wrapped(why, width)) {
        let row = panel::row(area, (area.height / 3 + at).max(1));
        panel::put(&line, Style::new(), 2, row, buffer);
    }
    if area.height > 2 {
        panel::footer(model, place, panel::row(area, area.height - 1), buffer);
    }
}

/// Lines of a plain picture, with the shapes of `series` in their colours and knees marked.
pub(crate) fn picture(
    model: &Model,
    lines: &[String],
    series: usize,
    area: Rect,
    buffer: &mut Buffer,
) {
    let theme = model.theme;
    let shapes: Vec<&str> = (0..series).map(|at| theme.shape(at)).collect();
    for (row, line) in (0_u16..).zip(lines) {
        let at = panel::row(area, row);
        for (column, character) in (0_u16..).zip(line.chars()) {
            let mut bytes = [0; 4];
            let symbol: &str = character.encode_utf8(&mut bytes);
            let style = match shapes.iter().position(|shape| *shape == symbol) {
                // In ASCII shapes are letters too.
                Some(position) if !theme.ascii => theme.series(position),
                _ if symbol == "╳" => theme.warning(),
                _ => Style::new(),
            };
            panel::put(symbol, style, column, at, buffer);
        }
    }
}

/// The whole page of what is on screen.
pub(crate) fn page(model: &Model, width: usize) -> String {
    let charset = model.charset();
    let shelf = &model.shelf;
    match model.tab {
        Tab::Run => String::new(),
        Tab::Sweep => shelf
            .sweep
            .get()
            .map_or_else(String::new, |shown| sweep::page::render(shown, width, charset)),
        Tab::Compare => shelf
            .compared
            .get()
            .map_or_else(String::new, |shown| compare::page::render(shown, width, charset)),
        Tab::History => history::page(model),
    }
}

pub(crate) fn draw_page(model: &Model, area: Rect, buffer: &mut Buffer) {
    let title = model.tab.title().split_once(' ').map_or("", |(_, name)| name);
    let inside = panel::open(&format!("{title}: Esc closes"), model.theme, area, buffer);
    let text = page(model, usize::from(inside.width));
    let lines: Vec<Line> = text.lines().map(|line| Line::raw(line.to_owned())).collect();
    panel::lines(&lines, model.scroll, inside, buffer);
}
