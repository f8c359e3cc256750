//! The idle screen: four columns of choices, what they come to, and the command that asks for the
//! same.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;

use super::{panel, tabs};
use crate::ui::figures::clock;
use crate::ui::keys::Place;
use crate::ui::model::Model;

/// ```text
///  mapbench  choose what to measure           2 Sweep  3 Compare  4 History
/// ┌ scenarios ─────────┐┌ maps ─────────────┐┌ threads ┐┌ time per cell ┐
/// │▸[x] curated/hot-key││ [x] std/rwlock    ││ [ ] 1   ││ ( ) 1 s       │
/// │ [ ] curated/…      ││ [x] dashmap/v6    ││ [x] 2   ││ (•) 2 s       │
/// └────────────────────┘└───────────────────┘└─────────┘└───────────────┘
///  One key takes 31 % of all reads …
///  16 cells, about 00:58
///  mapbench run -s curated/hot-key -a std/rwlock …
///  Enter run  Space choose  / filter  ? help  q quit
/// ```
pub(crate) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = model.theme;
    if area.height < 8 || area.width < 40 {
        let text = format!("{} {}", estimate(model), "Enter run  q quit");
        panel::put(&text, Style::new(), 0, panel::row(area, 0), buffer);
        return;
    }
    let [head, body, about, cost, command, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    let end = panel::put(" mapbench", theme.strong(), 0, head, buffer);
    let end = panel::put("  choose what to measure", theme.faint(), end, head, buffer);
    let others = tabs::others(model);
    let start = area.width.saturating_sub(others.chars().count() as u16 + 1);
    if start > end + 1 {
        panel::put(&others, theme.faint(), start, head, buffer);
    }
    // Narrow, each column is as wide as its longest usual line.
    let (names, numbers) =
        if area.width >= 100 { ([1, 1], [17, 17]) } else { ([26, 29], [13, 12]) };
    let columns: [Rect; 4] = Layout::horizontal([
        Constraint::Fill(names[0]),
        Constraint::Fill(names[1]),
        Constraint::Length(numbers[0]),
        Constraint::Length(numbers[1]),
    ])
    .areas(body);
    for (position, area) in columns.into_iter().enumerate() {
        column(model, position, area, buffer);
    }
    let here = &model.wizard.columns[model.wizard.column];
    if let Some(choice) = here.choices.get(here.cursor) {
        panel::put(&format!(" {}", choice.about), theme.faint(), 0, about, buffer);
    }
    panel::put(&format!(" {}", estimate(model)), theme.strong(), 0, cost, buffer);
    if let Ok(wish) = model.wizard.wish() {
        panel::put(
            &format!(" {}", wish.command(&model.wizard.rest)),
            theme.faint(),
            0,
            command,
            buffer,
        );
    }
    panel::footer(model, Place::Wizard, foot, buffer);
}

fn column(model: &Model, position: usize, area: Rect, buffer: &mut Buffer) {
    let theme = model.theme;
    let here = position == model.wizard.column;
    let column = &model.wizard.columns[position];
    let short = column.title.split(' ').next().unwrap_or_default();
    let title = if area.width < 17 { short } else { column.title };
    let title =
        if here { format!("{} {title}", theme.glyph("▸", ">")) } else { title.to_owned() };
    let inside = panel::frame(&title, theme, area, buffer);
    let visible = model.wizard.visible(position, &model.filter);
    let height = usize::from(inside.height);
    let at = visible.iter().position(|row| *row == column.cursor).unwrap_or(0);
    let first = (at + 1).saturating_sub(height);
    for (line, row) in visible.iter().skip(first).take(height).enumerate() {
        let choice = &column.choices[*row];
        let cursor = here && *row == column.cursor;
        let mark = match (choice.chosen, column.single) {
            (true, true) => theme.glyph("(•)", "(*)"),
            (false, true) => "( )",
            (true, false) => "[x]",
            (false, false) => "[ ]",
        };
        let arrow = if cursor { theme.glyph("▸", ">") } else { " " };
        let style = match (cursor, choice.chosen) {
            (true, _) => theme.strong(),
            (false, true) => theme.series(1),
            (false, false) => Style::new(),
        };
        let text = format!("{arrow}{mark} {}", choice.name);
        panel::put(&text, style, 0, panel::row(inside, line as u16), buffer);
    }
}

fn estimate(model: &Model) -> String {
    match &model.wizard.estimate {
        None => "working out how long this takes".to_owned(),
        Some(Err(reason)) => reason.clone(),
        Some(Ok(estimate)) => {
            let left_out = match estimate.skipped {
                0 => String::new(),
                n => format!(", {n} left out, lacking what the scenario needs"),
            };
            format!("{} cells, about {}{left_out}", estimate.cells, clock(estimate.total_ns))
        }
    }
}
