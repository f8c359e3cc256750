//! The percentile table. Its figures are the summary's, which the final table and CSV show too.

use mapbench_results::histogram::Percentiles;
use mapbench_results::summary::CellState;
use mapbench_results::{CellSummary, SummaryRow};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::ui::model::Model;
use crate::ui::screens::panel;
use crate::ui::view::{Sort, plural};
use mapbench_results::units::{Charset, bytes, mops, mops_like, percentile, rate, rate_like};

/// One column: title, width, and whether it is left out of narrow tables, the highest first.
#[derive(Clone, Copy)]
struct Column {
    title: &'static str,
    width: u16,
    rank: u8,
    figure: fn(&Shown) -> String,
}

/// A row's cell and what it is drawn with.
struct Shown<'a> {
    summary: &'a CellSummary,
    row: &'a SummaryRow,
    service: Option<Percentiles>,
    charset: Charset,
    planned: u32,
}

/// Throughput of a trace that is ops and nothing else.
const IN_OPS: [Column; 2] = [
    Column { title: "Mops/s", width: 8, rank: 0, figure: throughput },
    Column { title: "±95%", width: 7, rank: 4, figure: half_width },
];

/// Throughput of a trace that amounts to something, with the room that its name needs.
const IN_UNITS: [Column; 3] = [
    Column {
        title: UNITS,
        width: 9,
        rank: 0,
        figure: |shown| opt(shown.row.units_per_sec_median, shown.charset, rate),
    },
    Column { title: "±95%", width: 7, rank: 4, figure: half_width_in_units },
    Column { title: "Mops/s", width: 8, rank: 5, figure: throughput },
];

/// Stands for the name of the unit, per second.
const UNITS: &str = "units/s";

const COLUMNS: [Column; 7] = [
    Column { title: "p50", width: 6, rank: 1, figure: |shown| latency(shown, |at| at.p50) },
    Column { title: "p99", width: 6, rank: 0, figure: |shown| latency(shown, |at| at.p99) },
    Column { title: "p99.9", width: 6, rank: 2, figure: |shown| latency(shown, |at| at.p999) },
    Column { title: "max", width: 6, rank: 5, figure: |shown| latency(shown, |at| at.max) },
    Column {
        title: "B/entry",
        width: 9,
        rank: 6,
        figure: |shown| opt(shown.row.bytes_per_entry, shown.charset, bytes),
    },
    Column { title: "scan", width: 9, rank: 7, figure: |shown| shown.summary.cell().scan.clone() },
    Column {
        title: "rounds",
        width: 8,
        rank: 3,
        figure: |shown| format!("{}/{}", shown.summary.counts().rounds, shown.planned),
    },
];

/// ```text
///  map         Mops/s  ±95%  p50  p99   p99.9 max    B/entry  scan   rounds  flags
/// ▸◆ sharded    17.9   0.2   61n  410n  2.1µ  1.1m   41       shard  7/10
///  ● flurry     6.2    0.9   140n 1.9µ  88µ   9.8m   96       weak   7/10    noisy
///  ■ test/abort crash: died by SIGABRT
/// ```
pub(crate) fn draw(model: &Model, rows: &[u32], area: Rect, buffer: &mut Buffer) {
    let theme = model.theme;
    let Some(run) = model.shown() else { return };
    let cells: Vec<&CellSummary> = rows.iter().filter_map(|id| run.cell(*id)).collect();
    let longest = cells.iter().map(|cell| cell.cell().adapter.chars().count()).max().unwrap_or(0);
    let names = (longest as u16 + 4).clamp(8, (area.width / 3).max(8));
    let unit = cells.iter().find_map(|cell| cell.cell().unit.as_ref());
    let columns = columns_that_fit(unit.is_some(), area.width.saturating_sub(names));
    let unit = unit.map_or("", |unit| &unit.name);
    head(model, names, &columns, unit, panel::row(area, 0), buffer);
    let height = usize::from(area.height.saturating_sub(1));
    let cursor = model.view.cursor.min(cells.len().saturating_sub(1));
    let first = (cursor + 1).saturating_sub(height);
    for (line, summary) in cells.iter().enumerate().skip(first).take(height) {
        let row_area = panel::row(area, (line - first) as u16 + 1);
        let id = summary.cell().id;
        let name_area = Rect { width: names.min(row_area.width), ..row_area };
        let arrow = if line == cursor { theme.glyph("▸", ">") } else { " " };
        let end = panel::put(arrow, theme.strong(), 0, name_area, buffer);
        let end = panel::put(model.shape(id), model.series_style(id), end, name_area, buffer);
        let name = format!(" {}", summary.cell().adapter);
        let style = if line == cursor { theme.strong() } else { Style::new() };
        panel::put(&name, style, end, name_area, buffer);
        let planned = run.planned_rounds(summary);
        cell_figures(model, summary, planned, &columns, names, row_area, buffer);
    }
}

fn head(
    model: &Model,
    names: u16,
    columns: &[Column],
    unit: &str,
    area: Rect,
    buffer: &mut Buffer,
) {
    let style = model.theme.faint();
    panel::put(" map", style, 1, area, buffer);
    let mut column = names;
    for shown in columns {
        let title = match shown.title {
            UNITS => format!("{}/s", unit.chars().take(6).collect::<String>()),
            title if model.theme.ascii => title.replace('±', "+-"),
            title => title.to_owned(),
        };
        column = right(&title, shown.width, style, column, area, buffer);
    }
    let mut words = vec!["  flags".to_owned()];
    if model.view.sort != Sort::Plan {
        words.push(format!("by {}", model.view.sort.name()));
    }
    if let Some(class) = model.view.class {
        words.push(format!("latency of {}", plural(class)));
    }
    panel::put(&words.join("  "), style, column, area, buffer);
}

fn cell_figures(
    model: &Model,
    summary: &CellSummary,
    planned: u32,
    columns: &[Column],
    names: u16,
    area: Rect,
    buffer: &mut Buffer,
) {
    let theme = model.theme;
    let all = summary.row();
    // Only latency is told apart by class: throughput is of the round, whatever it did.
    let service = match model.view.class {
        Some(class) => Percentiles::of(&summary.class_histogram(class)),
        None => all.service,
    };
    let shown = Shown { summary, row: all, service, charset: model.charset(), planned };
    let trouble = trouble(summary);
    let mut column = names;
    if summary.counts().rounds > 0 {
        for figure in columns {
            let text = (figure.figure)(&shown);
            column = right(&text, figure.width, Style::new(), column, area, buffer);
        }
    }
    if let Some(trouble) = trouble {
        panel::put(&format!("  {trouble}"), theme.bad(), column, area, buffer);
        return;
    }
    let flags: Vec<&str> = all.flags.iter().map(|flag| flag.name()).collect();
    if !flags.is_empty() {
        let text = format!("  {} {}", theme.glyph("⚠", "!"), flags.join(", "));
        panel::put(&text, theme.warning(), column, area, buffer);
    } else if summary.counts().rounds == 0 {
        let state = match summary.state() {
            CellState::Preparing => "  prefills",
            CellState::Running => "  is prefilled",
            _ => "  waits",
        };
        panel::put(state, theme.faint(), column, area, buffer);
    }
}

fn trouble(summary: &CellSummary) -> Option<String> {
    match summary.state() {
        CellState::Failed(failure) => {
            let first = failure.message.lines().next().unwrap_or_default();
            Some(format!("{}: {first}", failure.kind.name()))
        }
        CellState::Skipped => Some("skipped".to_owned()),
        _ => None,
    }
}

/// Room that columns leave to the flags: that of the most frequent one.
const FLAGS_WIDTH: u16 = 9;

/// The columns that fit, in the table's order.
fn columns_that_fit(in_units: bool, width: u16) -> Vec<Column> {
    let width = width.saturating_sub(FLAGS_WIDTH);
    let first = if in_units { &IN_UNITS[..] } else { &IN_OPS[..] };
    let all = || first.iter().chain(&COLUMNS).copied();
    let mut ranks: Vec<u8> = all().map(|column| column.rank).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let fits = |rank: u8| all().filter(|c| c.rank <= rank).map(|c| c.width).sum::<u16>() <= width;
    let most = ranks.into_iter().take_while(|rank| fits(*rank)).last();
    all().filter(|column| most.is_some_and(|most| column.rank <= most)).collect()
}

fn right(
    text: &str,
    width: u16,
    style: Style,
    column: u16,
    area: Rect,
    buffer: &mut Buffer,
) -> u16 {
    let used = text.chars().count() as u16;
    panel::put(text, style, column + width.saturating_sub(used), area, buffer);
    column + width
}

fn throughput(shown: &Shown) -> String {
    opt(shown.row.ops_per_sec_median, shown.charset, mops)
}

fn half_width_in_units(shown: &Shown) -> String {
    let figures = shown.row.units_per_sec_ci95.zip(shown.row.units_per_sec_median);
    opt(figures, shown.charset, |(ci, median)| rate_like(ci.half_width(), median))
}

fn half_width(shown: &Shown) -> String {
    let figures = shown.row.ops_per_sec_ci95.zip(shown.row.ops_per_sec_median);
    opt(figures, shown.charset, |(ci, median)| mops_like(ci.half_width(), median))
}

fn opt<T>(figure: Option<T>, charset: Charset, written: impl Fn(T) -> String) -> String {
    figure.map_or_else(|| charset.absent().to_owned(), written)
}

fn latency(shown: &Shown, pick: fn(&Percentiles) -> u64) -> String {
    opt(shown.service.as_ref(), shown.charset, |service| percentile(pick(service), shown.charset))
}
