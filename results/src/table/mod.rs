//! The final table: what a run found, for people. Groups rows that may be compared, keeps the order
//! of the plan, and says below it how the maps of a trace share the time, what failed, what was left
//! out and what the marks mean. It computes nothing, uses no colour and asks no terminal.

mod calibration;
mod counters;
mod hottest;
mod instructions;
mod maps;
mod memory;
mod notes;
mod pairs;
mod stops;
mod threads;

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};
use mapbench_core::event::Measure;

use crate::label;
use crate::summary::{CellState, CellSummary, Flag, RunSummary, Status, SummaryRow};
use crate::units::{self, Charset};

pub use self::hottest::render_stacks;
use self::notes::mark;

/// Columns whose text is on the left; numbers are on the right.
const LEFT: [&str; 10] = [
    "adapter",
    "scan",
    "placement",
    "status",
    "whose",
    "remarks",
    "runner-up",
    "ends",
    "mode",
    "verdict",
];

/// Spells the results of a run.
pub fn render(summary: &RunSummary, charset: Charset) -> String {
    let mut text = String::new();
    for (heading, group) in groups(summary, charset) {
        let _ = writeln!(text, "{heading}");
        text.push_str(&group_text(summary, &group, charset));
    }
    text.push_str(&footnotes(summary, charset));
    failures(&mut text, summary, charset);
    skips(&mut text, summary);
    text
}

/// The cells by setting, in the order of the plan.
pub(crate) fn groups(summary: &RunSummary, charset: Charset) -> Vec<(String, Vec<&CellSummary>)> {
    let mut groups = Vec::new();
    let mut rest: Vec<&CellSummary> = summary.cells().iter().collect();
    while let Some(first) = rest.first() {
        let heading = label::setting(first.cell(), charset);
        let (group, others): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|cell| label::setting(cell.cell(), charset) == heading);
        rest = others;
        groups.push((heading, group));
    }
    groups
}

/// The table of a group with all that stands below it.
pub(crate) fn group_text(summary: &RunSummary, group: &[&CellSummary], charset: Charset) -> String {
    let mut text = String::new();
    match summary.begin().measure {
        Measure::Memory => memory::write(&mut text, group, charset),
        Measure::Instructions => {
            let _ = writeln!(text, "{}", instructions::table(group, charset));
        }
        Measure::Time => {
            let (header, rows) = columns(group, charset);
            let header: Vec<&str> = header.iter().map(String::as_str).collect();
            let _ = writeln!(text, "{}", grid(&header, rows, charset));
            text.push_str(&below(summary, group, charset));
        }
    }
    text
}

/// What stands below the table of a group: maps of the trace, threads, counters, rules that ended
/// it, the harness, pairs.
pub(crate) fn below(summary: &RunSummary, group: &[&CellSummary], charset: Charset) -> String {
    let mut text = String::new();
    maps::write(&mut text, group, charset);
    threads::write(&mut text, group, charset);
    counters::write(&mut text, group, charset);
    stops::write(&mut text, summary, group);
    calibration::floor(&mut text, summary, group);
    pairs::write(&mut text, summary, group);
    text
}

/// The lines below all tables: what marks mean, and what the run says of its own noise.
pub(crate) fn footnotes(summary: &RunSummary, charset: Charset) -> String {
    let mut text = String::new();
    match summary.begin().measure {
        Measure::Memory => memory::footnotes(&mut text, summary),
        Measure::Instructions => text.push_str(instructions::FOOTNOTES),
        Measure::Time => notes::footnotes(&mut text, summary, charset),
    }
    calibration::noise(&mut text, summary);
    text
}

/// Whether the words of a column stand on the left; numbers are on the right.
pub(crate) fn is_left(column: &str) -> bool {
    LEFT.contains(&column)
}

/// The header of a group's table, and its rows in the order of the cells.
pub(crate) fn columns(group: &[&CellSummary], charset: Charset) -> (Vec<String>, Vec<Vec<String>>) {
    let placed = group.iter().any(|cell| cell.row().placement.is_some());
    // The cells of a group ran one trace, so that one unit is the unit of all.
    let unit = group.iter().find_map(|cell| cell.cell().unit.as_ref());
    let per_sec = unit.map(|unit| format!("{}/s", unit.name));
    let spread = format!("{}95%", charset.plus_minus());
    let mut header = vec!["adapter"];
    match &per_sec {
        // The interval of the ops is the same one on another scale.
        Some(per_sec) => header.extend([per_sec, &*spread, "Mops/s"]),
        None => header.extend(["Mops/s", &*spread]),
    }
    header.extend(["p50", "p99", "p99.9", "max", "B/entry", "scan"]);
    // It is the trace's, and flagged where it is not; units need the room.
    header.extend(unit.is_none().then_some("hit %"));
    header.push("rounds");
    header.extend(placed.then_some("placement"));
    header.push("status");
    let rows = group.iter().map(|cell| fields(cell, unit.is_some(), placed, charset)).collect();
    (header.into_iter().map(str::to_owned).collect(), rows)
}

/// Rows under one rule: few enough that lines between them would only be noise.
pub(crate) fn grid(header: &[&str], rows: Vec<Vec<String>>, charset: Charset) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header.to_vec());
    table.add_rows(rows);
    for (position, (column, name)) in table.column_iter_mut().zip(header).enumerate() {
        column.set_padding((0, 2));
        if position > 0 && !LEFT.contains(name) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let (header, rows) = lines.split_first().map_or(("", &[][..]), |(h, rows)| (h, rows));
    let rule = charset.rule().repeat(width);
    format!("{header}\n{rule}\n{}\n", rows.join("\n"))
}

fn fields(cell: &CellSummary, in_units: bool, placed: bool, charset: Charset) -> Vec<String> {
    let row = cell.row();
    let absent = || charset.absent().to_owned();
    let latency = |pick: fn(&crate::histogram::Percentiles) -> u64| {
        row.service.as_ref().map_or_else(absent, |p| units::percentile(pick(p), charset))
    };
    let mops = row.ops_per_sec_median.map_or_else(absent, units::mops);
    let mut fields = vec![label::adapter(cell.cell())];
    if in_units {
        let median = row.units_per_sec_median;
        let spread = median.zip(row.units_per_sec_ci95);
        fields.push(median.map_or_else(absent, units::rate));
        fields.push(spread.map_or_else(absent, |(m, ci)| units::rate_like(ci.half_width(), m)));
        fields.push(mops);
    } else {
        let spread = row.ops_per_sec_median.zip(row.ops_per_sec_ci95);
        fields.push(mops);
        fields.push(spread.map_or_else(absent, |(m, ci)| units::mops_like(ci.half_width(), m)));
    }
    fields.extend([
        latency(|p| p.p50),
        latency(|p| p.p99),
        latency(|p| p.p999),
        latency(|p| p.max),
        row.bytes_per_entry.map_or_else(absent, units::bytes),
        cell.cell().scan.clone(),
    ]);
    fields.extend((!in_units).then(|| row.hit_share.map_or_else(absent, units::percent)));
    fields.push(rounds(cell));
    fields.extend(placed.then(|| row.placement.map_or_else(absent, |shares| shares.brief())));
    fields.push(status(row));
    fields
}

/// Forks × rounds, or the rounds as they are where forks differ.
fn rounds(cell: &CellSummary) -> String {
    let counts: Vec<u64> = cell.forks().iter().map(|fork| fork.counts.rounds).collect();
    match counts.first() {
        Some(first) if counts.iter().all(|count| count == first) => {
            format!("{}x{first}", counts.len())
        }
        Some(_) => counts.iter().map(u64::to_string).collect::<Vec<_>>().join("+"),
        None => "0".to_owned(),
    }
}

/// The status in a word, then what a reader should know; the lines below the table explain both.
fn status(row: &SummaryRow) -> String {
    let mut words = vec![match (row.status, row.verified) {
        (Status::Ok, Some(true)) => "ok",
        (Status::Ok, _) => "unverified",
        (status, _) => status.name(),
    }];
    // The column of placements tells that one already.
    let flags = row.flags.iter().filter(|flag| **flag != Flag::MixedPlacement);
    words.extend(flags.map(|flag| mark(*flag)));
    words.join(", ")
}

fn failures(text: &mut String, summary: &RunSummary, charset: Charset) {
    let mut lines = Vec::new();
    for cell in summary.cells() {
        for fork in cell.forks() {
            let Some(failure) = fork.failure() else { continue };
            let noticed = fork.noticed_after_ns.unwrap_or_default();
            lines.push(format!(
                "  {}: {}, fork {}: {}: {} (noticed after {:.3} s)",
                label::adapter(cell.cell()),
                label::setting(cell.cell(), charset),
                fork.fork,
                failure.kind.name(),
                failure.message,
                noticed as f64 / 1e9,
            ));
        }
    }
    list(text, "failed", &lines);
}

fn skips(text: &mut String, summary: &RunSummary) {
    let planned = summary.begin().skipped.iter().map(|skipped| {
        // A reason is a sentence, which usually begins with the adapter.
        let named = skipped.reason.starts_with(&skipped.adapter);
        let subject = if named { String::new() } else { format!("{}: ", skipped.adapter) };
        format!("  {}: {subject}{}", skipped.scenario, skipped.reason)
    });
    let mut lines: Vec<String> = planned.collect();
    let stopped = summary.cells().iter().filter(|cell| *cell.state() == CellState::Skipped);
    lines.extend(stopped.map(|cell| {
        let adapter = label::adapter(cell.cell());
        format!("  {}: {adapter}: skipped while it ran", cell.cell().scenario)
    }));
    list(text, "skipped", &lines);
}

fn list(text: &mut String, title: &str, lines: &[String]) {
    if !lines.is_empty() {
        let _ = writeln!(text, "\n{title}:\n{}", lines.join("\n"));
    }
}
