//! The first line of the Run screen, the whole of a tiny one, and what is said before there is
//! anything to show.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::ui::figures::clock;
use crate::ui::model::{Model, Phase};
use crate::ui::screens::panel;
use mapbench_core::event::UiMode;
use mapbench_results::RunSummary;
use mapbench_results::units::mops;

/// Rounds longer than this get a line that says when the next frame comes. Nanoseconds.
const LONG_ROUND_NS: u64 = 1_000_000_000;

/// ```text
///  1 Run                       23/160 rounds  ● RUN 00:42/03:00  between rounds
/// ```
pub(crate) fn head(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = model.theme;
    panel::put(" 1 Run", theme.strong(), 0, area, buffer);
    let state = state(model);
    let words = [rounds(model), mode(model)].map(|words| format!("  {words} "));
    let [rounds, mode] = words;
    let width = [&rounds, &state, &mode].iter().map(|text| text.chars().count() as u16).sum();
    let start = area.width.saturating_sub(width).max(7);
    let column = panel::put(&rounds, theme.faint(), start, area, buffer);
    let style = match model.phase {
        Phase::Running | Phase::Finished(_) => theme.good(),
        Phase::Broken(_) => theme.bad(),
        _ => theme.warning(),
    };
    let column = panel::put(&state, style, column, area, buffer);
    panel::put(&mode, theme.faint(), column, area, buffer);
}

/// The state in as few words as fit.
pub(crate) fn one_line(model: &Model, area: Rect, buffer: &mut Buffer) {
    let best = model.rows().into_iter().filter_map(|id| {
        let cell = model.shown()?.cell(id)?;
        Some((cell.row().ops_per_sec_median?, cell.cell().adapter.clone()))
    });
    let best = best.max_by(|a, b| a.0.total_cmp(&b.0));
    let best =
        best.map_or_else(String::new, |(rate, name)| format!("  {name} {} Mops/s", mops(rate)));
    let text = format!("{} {}{best}", state(model), rounds(model));
    panel::put(&text, Style::new(), 0, panel::row(area, 0), buffer);
}

/// What is said before a run has begun.
pub(crate) fn waiting(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (text, style) = match &model.phase {
        Phase::Broken(reason) => (format!(" {reason}; Esc goes back"), model.theme.bad()),
        _ => (" writing traces and starting workers".to_owned(), model.theme.faint()),
    };
    panel::put(&text, style, 0, area, buffer);
}

fn state(model: &Model) -> String {
    let dot = model.theme.glyph("●", "*");
    let elapsed = clock(model.elapsed_ns());
    let planned = model.estimate_ns.map_or_else(String::new, |ns| format!("/{}", clock(ns)));
    let frozen = if model.frozen.is_some() { " FROZEN" } else { "" };
    let replay =
        model.replay.map_or_else(String::new, |replay| format!("REPLAY ×{} ", replay.speed));
    format!("{dot} {replay}{}{frozen} {elapsed}{planned}", model.phase.word())
}

fn rounds(model: &Model) -> String {
    model.run.as_ref().map_or_else(String::new, |run| {
        format!("{}/{} rounds", run.rounds_done(), run.rounds_planned())
    })
}

/// How it draws; if rounds are long and nothing is drawn meanwhile, when the next frame comes.
fn mode(model: &Model) -> String {
    let begin = model.run.as_ref().map(RunSummary::begin);
    let mode = match model.ui_mode {
        UiMode::None => "recorded without a UI",
        UiMode::BetweenRounds => "between rounds",
        UiMode::Live => "live",
    };
    let Some(begin) = begin.filter(|_| model.phase == Phase::Running && model.replay.is_none())
    else {
        return mode.to_owned();
    };
    let round_ns = begin.round_ns + begin.warm_ns;
    let long = round_ns > LONG_ROUND_NS || begin.cells.iter().any(|cell| cell.one_shot);
    if model.ui_mode != UiMode::BetweenRounds || !long {
        mode.to_owned()
    } else if begin.cells.iter().any(|cell| cell.one_shot) {
        "next frame after this round".to_owned()
    } else {
        format!("next frame at {}", clock(model.elapsed_ns() + round_ns))
    }
}
