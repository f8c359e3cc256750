//! Everything about one cell: what it is, how far it got, its percentiles per class of op, and, if
//! it failed, what is known about the cause.

use mapbench_results::CellSummary;
use mapbench_results::summary::CellState;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::log::wrapped;
use super::panel;
use crate::ui::model::Model;
use mapbench_results::histogram::Percentiles;
use mapbench_results::units::{Charset, mops, percentile, time};

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
    let theme = model.theme;
    let mut drawn: Vec<Line> = Vec::new();
    let Some(summary) = model.shown().and_then(|run| run.cell(cell)) else { return drawn };
    let width = usize::from(width).saturating_sub(12).max(8);
    let mut say = |label: &str, text: &str, style| {
        for (position, part) in wrapped(text, width).into_iter().enumerate() {
            let label = if position == 0 { label } else { "" };
            drawn.push(Line::from(vec![
                Span::styled(format!(" {label:<10}"), theme.faint()),
                Span::styled(part, style),
            ]));
        }
    };
    let plain = ratatui::style::Style::new();
    say("map", &what_it_is(summary), plain);
    say("state", &how_far(summary), plain);
    for fork in summary.forks() {
        if let Some(failure) = fork.failure() {
            let noticed = fork.noticed_after_ns.map_or_else(String::new, |ns| {
                format!(", noticed after {}", time(ns, model.charset()))
            });
            let kind = format!("{}, fork {}{noticed}", failure.kind.name(), fork.fork);
            say("failed", &kind, theme.bad());
            say("", &failure.message, plain);
        }
    }
    for (label, text) in figures(summary, model.charset()) {
        say(&label, &text, plain);
    }
    let flags: Vec<&str> = summary.row().flags.iter().map(|flag| flag.name()).collect();
    if !flags.is_empty() {
        say("flags", &flags.join(", "), theme.warning());
    }
    drawn
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

fn figures(summary: &CellSummary, charset: Charset) -> Vec<(String, String)> {
    let row = summary.row();
    let mut lines = Vec::new();
    if let Some(rate) = row.ops_per_sec_median {
        let interval = row.ops_per_sec_ci95.map_or_else(String::new, |interval| {
            format!(", 95 % interval {} to {}", mops(interval.low), mops(interval.high))
        });
        lines.push(("rate".to_owned(), format!("{} Mops/s{interval}", mops(rate))));
    }
    lines.extend(row.service.map(|all| ("all ops".to_owned(), percentiles(&all, charset))));
    for class in summary.classes() {
        let service = Percentiles::of(&summary.class_histogram(class));
        let line = |service| (format!("{}s", class.name()), percentiles(&service, charset));
        lines.extend(service.map(line));
    }
    lines.extend(
        Some(shares(summary))
            .filter(|text| !text.is_empty())
            .map(|text| ("shares".to_owned(), text)),
    );
    lines
}

fn percentiles(at: &Percentiles, charset: Charset) -> String {
    let figures = [
        ("p50", at.p50),
        ("p90", at.p90),
        ("p99", at.p99),
        ("p99.9", at.p999),
        ("p99.99", at.p9999),
        ("max", at.max),
    ];
    figures.map(|(name, ns)| format!("{name} {}", percentile(ns, charset))).join("  ")
}

fn shares(summary: &CellSummary) -> String {
    let row = summary.row();
    let mut shares = Vec::new();
    if let Some(share) = row.hit_share {
        shares.push(format!("{:.1} % of reads hit", share * 100.0));
    }
    if let Some(share) = row.effective_write_share {
        shares.push(format!("{:.1} % of ops changed something", share * 100.0));
    }
    if let Some(allocations) = row.allocations_per_op {
        shares.push(format!("{allocations:.2} allocations per op"));
    }
    if let Some(bytes) = row.bytes_per_entry {
        shares.push(format!("{bytes:.0} B per entry"));
    }
    if let Some(rss) = summary.peak_rss_bytes() {
        shares.push(format!("{} MiB resident at most", rss >> 20));
    }
    if let Some(placement) = &row.placement {
        shares.push(format!("placement {}", placement.describe()));
    }
    shares.join(", ")
}
