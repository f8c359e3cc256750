//! Everything about one cell: what it is, how far it got, its percentiles per class of op, what was
//! intended of it, how its maps share the time, and, if it failed, what is known about the cause.

mod figures;
mod maps;

use mapbench_results::CellSummary;
use mapbench_results::summary::CellState;
use mapbench_results::units::time;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::log::wrapped;
use super::panel;
use crate::ui::model::Model;
use crate::ui::theme::Theme;

/// ```text
/// ┌ dashmap/v6 on read-heavy ×2 ────────────────────────────────┐
/// │ map       dashmap 6.2.1, foldhash, u64 → 8                  │
/// │ failed    crash, fork 1                                     │
/// │           worker died by SIGKILL; last lines: …             │
/// │ rate      17.9 Mops/s, 95 % interval 17.7 to 18.1           │
/// │ all ops   p50 61n  p90 …  p99 410n  …                       │
/// └─────────────────────────────────────────────────────────────┘
/// ```
pub(crate) fn draw(model: &Model, cell: u32, area: Rect, buffer: &mut Buffer) {
    let theme = model.theme;
    let inside = panel::open(&model.cell_name(cell), theme, area, buffer);
    panel::lines(&lines(model, cell, inside.width), model.scroll, inside, buffer);
}

/// The lines about a cell at a width.
pub(crate) fn lines(model: &Model, cell: u32, width: u16) -> Vec<Line<'static>> {
    let Some(summary) = model.shown().and_then(|run| run.cell(cell)) else { return Vec::new() };
    let (theme, charset, plain) = (model.theme, model.charset(), Style::new());
    let mut drawn = said(theme, "map", &what_it_is(summary), plain, width);
    let mut say = |label: &str, text: &str, style| {
        drawn.extend(said(theme, label, text, style, width));
    };
    say("state", &how_far(summary), plain);
    for fork in summary.forks() {
        if let Some(failure) = fork.failure() {
            let noticed = fork
                .noticed_after_ns
                .map_or_else(String::new, |ns| format!(", noticed after {}", time(ns, charset)));
            let kind = format!("{}, fork {}{noticed}", failure.kind.name(), fork.fork);
            say("failed", &kind, theme.bad());
            say("", &failure.message, plain);
        }
    }
    for (label, text) in figures::rates(summary, charset) {
        say(&label, &text, plain);
    }
    let flags: Vec<&str> = summary.row().flags.iter().map(|flag| flag.name()).collect();
    if !flags.is_empty() {
        say("flags", &flags.join(", "), theme.warning());
    }
    if let Some(run) = model.shown() {
        for (label, text) in figures::calibration(&run.calibration(summary)) {
            say(label, &text, plain);
        }
    }
    drawn.extend(maps::lines(&summary.maps(), theme, width));
    for (label, text) in figures::latencies_and_shares(summary, charset) {
        drawn.extend(said(theme, &label, &text, plain, width));
    }
    for (label, text) in figures::hottest(summary) {
        drawn.extend(said(theme, label, &text, plain, width));
    }
    drawn
}

/// A text beside its label, in as many lines as it needs.
fn said(theme: Theme, label: &str, text: &str, style: Style, width: u16) -> Vec<Line<'static>> {
    let width = usize::from(width).saturating_sub(12).max(8);
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    let line = |(label, part): (&str, String)| {
        let label = Span::styled(format!(" {label:<10}"), theme.faint());
        Line::from(vec![label, Span::styled(part, style)])
    };
    labels.zip(wrapped(text, width)).map(line).collect()
}

fn what_it_is(summary: &CellSummary) -> String {
    let cell = summary.cell();
    format!(
        "{}, {}, keys {}, values {}, {} threads, scan {}, trace {}",
        cell.adapter_version,
        cell.hasher.name(),
        cell.key.name(),
        cell.value.name(),
        cell.threads,
        cell.scan,
        cell.trace_hash
    )
}

fn how_far(summary: &CellSummary) -> String {
    let state = match summary.state() {
        CellState::Waiting => "waiting",
        CellState::Preparing => "a worker prefills",
        CellState::Running => "running",
        CellState::Done => "done",
        CellState::Failed(_) => "failed",
        CellState::Skipped => "skipped",
    };
    let verified = match summary.verified() {
        Some(true) => ", final contents verified",
        Some(false) => ", final contents not verified",
        None => "",
    };
    let rounds = summary.counts().rounds;
    let forks = summary.forks().len();
    format!("{state}, {rounds} rounds in {forks} of {} forks{verified}", summary.planned_forks())
}
