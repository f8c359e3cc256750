//! The help overlay, generated from the key table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::panel;
use crate::ui::keys::{Binding, Place, TABLE};
use crate::ui::model::Model;

/// ```text
/// ┌ keys ── / searches, Esc closes ──────────────────────────────┐
/// │ Space    run     Pause at the next round boundary, or go on. │
/// │ j ↓      lists   Next row.                                   │
/// └──────────────────────────────────────────────────────────────┘
/// ```
pub(crate) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = model.theme;
    let searched = if model.typing || !model.filter.is_empty() {
        format!("keys: /{}", model.filter)
    } else {
        "keys: / searches, Esc closes".to_owned()
    };
    let inside = panel::open(&searched, theme, area, buffer);
    panel::lines(&lines(model), model.scroll, inside, buffer);
}

/// Lines that the search lets through.
pub(crate) fn lines(model: &Model) -> Vec<Line<'static>> {
    let theme = model.theme;
    bindings(model)
        .map(|binding| {
            Line::from(vec![
                Span::styled(format!(" {:<10}", keys(binding, model)), theme.strong()),
                Span::styled(format!("{:<9}", where_it_works(binding)), theme.faint()),
                Span::raw(binding.about),
            ])
        })
        .collect()
}

fn bindings(model: &Model) -> impl Iterator<Item = &'static Binding> {
    let searched = model.filter.to_lowercase();
    TABLE.iter().filter(move |binding| {
        binding.about.to_lowercase().contains(&searched) || binding.keys.contains(&searched)
    })
}

fn keys(binding: &Binding, model: &Model) -> String {
    if !model.theme.ascii {
        return binding.keys.to_owned();
    }
    let arrows = [("↓", "Down"), ("↑", "Up"), ("←", "Left"), ("→", "Right")];
    arrows.iter().fold(binding.keys.to_owned(), |keys, (from, to)| keys.replace(from, to))
}

fn where_it_works(binding: &Binding) -> &'static str {
    match binding.places {
        [Place::Wizard] => "wizard",
        [Place::Run] => "run",
        [Place::Sweep] => "sweep",
        [Place::Confirm] => "question",
        [Place::Sweep, Place::Compare, Place::History] => "others",
        places if places.len() >= 5 => "",
        places if places.contains(&Place::Wizard) && places.contains(&Place::Run) => "screens",
        _ => "run",
    }
}
