//! The Compare screen: what was held against what, a line per cell with its interval against the
//! margin, and what it all comes to.

mod forest;

use mapbench_core::key::KeyKind;
use mapbench_results::compare::{Compared, ComparedCell, page};
use mapbench_results::gate::Verdict;
use mapbench_results::label;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;

use super::{log, panel, tabs};
use crate::ui::keys::Place;
use crate::ui::model::Model;

/// From this size on intervals are drawn.
const FOREST: (u16, u16) = (80, 16);
/// From this size on there is a list; below it, one line.
const LIST: (u16, u16) = (40, 8);

/// ```text
///  1 Run  2 Sweep  3 Compare  4 History                                  run 3fa9c2d1
///  A  commit 135b197 Go on with a sweep
///  B  commit cb331c1 Name the arms
/// ┌ B slower by ── interval against the margin δ ──────────────────────────────────────┐
/// │ ▸ sharded     read-heavy ×1              │  ├──●──┤ ╎           +1.2 %  same       │
/// │   dashmap/v6  read-heavy ×1              │        ╎ ├──●──┤     +6.1 %  FAIL       │
/// │                                    -10 % 0        δ           +10 %                 │
/// └─────────────────────────────────────────────────────────────────────────────────────┘
///  REGRESSION: 1 of 2 fail
///  Enter all of it  Tab screen  ? help  q quit
/// ```
pub(crate) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let entry = &model.shelf.compared;
    let Some(compared) = entry.get() else {
        tabs::nothing(model, Place::Compare, entry.instead(), area, buffer);
        return;
    };
    let at_least = |size: (u16, u16)| area.width >= size.0 && area.height >= size.1;
    let on_screen = model.run.as_ref().and_then(|run| run.begin().comparison.as_ref());
    let is_going = on_screen.is_some() && model.phase.is_active();
    let sentence = page::sentence(compared, model.charset());
    let verdict = match (is_going, compared.cells.is_empty()) {
        (true, true) => "nothing to judge yet".to_owned(),
        (true, false) => format!("so far: {sentence}"),
        (false, _) => sentence,
    };
    if !at_least(LIST) {
        panel::put(&verdict, style_of(model, compared), 0, panel::row(area, 0), buffer);
        return;
    }
    let verdict = log::wrapped(&verdict, usize::from(area.width.saturating_sub(2)));
    let harness: Vec<String> = compared
        .harness
        .iter()
        .filter(|shift| shift.is_change())
        .flat_map(|shift| log::wrapped(&page::harness(shift), usize::from(area.width - 2)))
        .collect();
    // What is not measured yet is not left out.
    let left = if is_going { 0 } else { compared.left_out.len() };
    let below = verdict.len() + harness.len() + usize::from(left > 0);
    let [head, sides, middle, words, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(2),
        Constraint::Fill(1),
        Constraint::Length((below as u16).min(area.height / 3)),
        Constraint::Length(1),
    ])
    .areas(area);
    tabs::head(model, entry.from(), head, buffer);
    for (row, (letter, side)) in (0..).zip([("A", &compared.a), ("B", &compared.b)]) {
        panel::put(
            &format!(" {letter}  {}", side.name),
            Style::new(),
            0,
            panel::row(sides, row),
            buffer,
        );
    }
    forest::draw(model, compared, at_least(FOREST), middle, buffer);
    let left_out = (left > 0).then(|| format!("{left} left out; Enter says why"));
    let harness = harness.into_iter().map(|line| (line, model.theme.warning()));
    let verdict = verdict.into_iter().map(|line| (line, style_of(model, compared)));
    let left_out = left_out.into_iter().map(|line| (line, model.theme.faint()));
    for (row, (line, style)) in (0..).zip(harness.chain(left_out).chain(verdict)) {
        panel::put(&line, style, 1, panel::row(words, row), buffer);
    }
    panel::footer(model, Place::Compare, foot, buffer);
}

/// The style of what it all comes to.
fn style_of(model: &Model, compared: &Compared) -> Style {
    use mapbench_results::compare::Overall;

    match compared.overall() {
        Overall::Regression => model.theme.bad(),
        Overall::Inconclusive => model.theme.warning(),
        Overall::Same => model.theme.good(),
    }
}

/// The style of a verdict; its word stands beside it.
fn verdict_style(model: &Model, cell: &ComparedCell) -> Style {
    match cell.judgement.verdict {
        Verdict::Fail => model.theme.bad(),
        Verdict::Same => model.theme.good(),
        Verdict::Inconclusive | Verdict::Noisy(_) => model.theme.warning(),
    }
}

/// A cell in few words: adapter, and scenario, threads and what is unusual.
fn named(compared: &ComparedCell) -> (String, String) {
    let cell = &compared.cell;
    let scenario = cell.scenario.rsplit('/').next().unwrap_or(&cell.scenario);
    let mut setting = format!("{scenario} ×{}", cell.threads);
    if cell.key == KeyKind::String {
        setting.push_str(" string");
    }
    if let Some(mode) = compared.mode {
        setting.push_str(if mode == mapbench_core::event::PlacementMode::Far {
            " far"
        } else {
            " near"
        });
    }
    (label::adapter(cell), setting)
}
