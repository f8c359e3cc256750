//! The first line of the Run screen, the whole of a tiny one, and what is said before there is
//! anything to show.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::ui::figures::clock;
use crate::ui::model::{Model, Phase};
use crate::ui::screens::{panel, tabs};
use crate::ui::view::groups;
use mapbench_core::event::UiMode;
use mapbench_results::RunSummary;
use mapbench_results::summary::CellState;
use mapbench_results::units::mops;

/// Rounds longer than this get a line that says when the next frame comes. Nanoseconds.
const LONG_ROUND_NS: u64 = 1_000_000_000;

/// ```text
///  1 Run  2 Sweep  3 Compare  4 History  last hot-key ×2 sharded     23/160 rounds  ● RUN 00:42/03:00  between rounds
/// ```
pub(crate) fn head(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = model.theme;
    let title = tabs::bar(model, spelling(model, area.width), area, buffer);
    let state = state(model);
    let rounds = format!("  {} ", rounds(model));
    let next_frame = next_frame(model);
    let mode = next_frame.as_deref().unwrap_or_else(|| mode(model));
    let mut mode = format!("  {mode} ");
    let width = |texts: &[&str]| texts.iter().map(|text| text.chars().count() as u16).sum::<u16>();
    let room = |mode: &str| area.width.saturating_sub(title + width(&[&rounds, &state, mode]));
    let names = under_way(model);
    let fits = |mode: &str| names.iter().find(|name| width(&[name]) <= room(mode));
    // Which cell it is says more than how the screen is drawn, but less than when it moves again.
    let name = fits(&mode).or_else(|| {
        let name = fits("").filter(|_| next_frame.is_none())?;
        mode.clear();
        Some(name)
    });
    if let Some(name) = name {
        panel::put(name, theme.faint(), title, area, buffer);
    }
    let start = area.width.saturating_sub(width(&[&rounds, &state, &mode])).max(title + 1);
    let column = panel::put(&rounds, theme.faint(), start, area, buffer);
    let style = match model.phase {
        Phase::Running | Phase::Finished(_) => theme.good(),
        Phase::Broken(_) => theme.bad(),
        _ => theme.warning(),
    };
    let column = panel::put(&state, style, column, area, buffer);
    panel::put(&mode, theme.faint(), column, area, buffer);
}

/// How much of the tabs is said: while a run goes on, which cell is measured says more.
fn spelling(model: &Model, width: u16) -> tabs::Spelling {
    match width {
        0..80 => tabs::Spelling::Shown,
        80..100 if model.phase.is_active() => tabs::Spelling::Shown,
        100..150 if model.phase.is_active() => tabs::Spelling::Keys,
        _ => tabs::Spelling::Names,
    }
}

/// What happens now, or else which round was the last: the order of rounds is random, so the next
/// one is not known before it begins. The longer spelling first; none once the run has ended.
fn under_way(model: &Model) -> Vec<String> {
    let Some(run) = model.run.as_ref().filter(|_| model.phase.is_active()) else {
        return Vec::new();
    };
    let preparing = run.cells().iter().find(|cell| *cell.state() == CellState::Preparing);
    let (word, id) = match (run.current(), preparing, model.last) {
        (Some(current), ..) => ("now", current.cell),
        (None, Some(cell), _) => ("prefills", cell.cell().id),
        (None, None, Some(last)) => ("last", last),
        (None, None, None) => return Vec::new(),
    };
    let Some(cell) = run.cell(id) else { return Vec::new() };
    let adapter = &cell.cell().adapter;
    let group = groups(run).into_iter().find(|group| group.cells.contains(&id));
    let group = group.map_or_else(String::new, |group| group.title);
    vec![format!("  {word} {group} {adapter}"), format!("  {word} {adapter}")]
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

pub(crate) fn state(model: &Model) -> String {
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

/// How it draws.
fn mode(model: &Model) -> &'static str {
    match model.ui_mode {
        UiMode::None => "recorded without a UI",
        UiMode::BetweenRounds => "between rounds",
        UiMode::Live => "live",
    }
}

/// When the next frame comes, if rounds are long and nothing is drawn meanwhile.
fn next_frame(model: &Model) -> Option<String> {
    let waits = model.phase == Phase::Running
        && model.replay.is_none()
        && model.ui_mode == UiMode::BetweenRounds;
    let begin = model.run.as_ref().map(RunSummary::begin).filter(|_| waits)?;
    if begin.cells.iter().any(|cell| cell.one_shot) {
        return Some("next frame after this round".to_owned());
    }
    let round_ns = begin.round_ns + begin.warm_ns;
    (round_ns > LONG_ROUND_NS)
        .then(|| format!("next frame at {}", clock(model.elapsed_ns() + round_ns)))
}
