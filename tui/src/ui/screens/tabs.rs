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

/// How much the tab bar says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// ` 1 Run  2 Sweep  3 Compare  4 History`
    Names,
    /// ` 1 Run  2 3 4`: the keys of the others, where the line has more to say.
    Keys,
    /// ` 1 Run`
    Shown,
}

/// Draws the tab bar. Returns the column after it.
pub(crate) fn bar(model: &Model, spelling: Spelling, area: Rect, buffer: &mut Buffer) -> u16 {
    let theme = model.theme;
    let mut column = 0;
    let mut after_title = true;
    for tab in Tab::ALL {
        let is_shown = tab == model.tab;
        let text = match spelling {
            _ if is_shown => tab.title(),
            Spelling::Names => tab.title(),
            Spelling::Keys => &tab.title()[..1],
            Spelling::Shown => continue,
        };
        let style = if is_shown { theme.strong() } else { theme.faint() };
        let is_close = column == 0 || !(is_shown || after_title);
        let gap = if is_close { " " } else { "  " };
        column = panel::put(&format!("{gap}{text}"), style, column, area, buffer);
        after_title = text.len() > 1;
    }
    column
}

/// The screens that are not shown: `2 Sweep  3 Compare  4 History`.
pub(crate) fn others(model: &Model) -> String {
    let others = Tab::ALL.into_iter().filter(|tab| *tab != model.tab);
    others.map(Tab::title).collect::<Vec<_>>().join("  ")
}

/// The tab bar, and where what is shown comes from or what goes on.
pub(crate) fn head(model: &Model, from: &str, area: Rect, buffer: &mut Buffer) {
    let all = area.width >= ALL_TABS_FROM;
    let spelling = if all { Spelling::Names } else { Spelling::Shown };
    let title = bar(model, spelling, area, buffer);
    let room = usize::from(area.width.saturating_sub(title + 2));
    let text = match (&model.run, from) {
        (Some(_), "") => progress::state(model),
        (Some(_), from) => {
            let text = format!("{from}  {}", progress::state(model));
            // What goes on says more than which run it is.
            if text.chars().count() > room { progress::state(model) } else { text }
        }
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
