//! The final table: what a run found, for people. Groups rows that may be compared, keeps the order
//! of the plan, and says below it what failed, what was left out and what the marks mean. It
//! computes nothing, uses no colour and asks no terminal.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};

use crate::label;
use crate::summary::{CellState, CellSummary, Flag, RunSummary, Status, SummaryRow};
use crate::units::{self, Charset};

/// Columns whose text is on the left; numbers are on the right.
const LEFT: [&str; 4] = ["adapter", "scan", "placement", "status"];

/// Spells the results of a run.
pub fn render(summary: &RunSummary, charset: Charset) -> String {
    let mut text = String::new();
    let mut rest: Vec<&CellSummary> = summary.cells().iter().collect();
    while let Some(first) = rest.first() {
        let heading = label::setting(first.cell(), charset);
        let (group, others) =
            rest.into_iter().partition(|cell| label::setting(cell.cell(), charset) == heading);
        rest = others;
        let _ = writeln!(text, "{heading}\n{}", table(&group, charset));
    }
    footnotes(&mut text, summary, charset);
    failures(&mut text, summary, charset);
    skips(&mut text, summary);
    text
}

/// The rows of a group under one rule: few enough that lines between them would only be noise.
fn table(group: &[&CellSummary], charset: Charset) -> String {
    let placed = group.iter().any(|cell| cell.row().placement.is_some());
    let spread = format!("{}95%", charset.plus_minus());
    let mut header = vec![
        "adapter",
        "Mops/s",
        &spread,
        "p50",
        "p99",
        "p99.9",
        "max",
        "B/entry",
        "scan",
        "hit %",
        "rounds",
        "placement",
        "status",
    ];
    header.retain(|column| placed || *column != "placement");

    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header.clone());
    for cell in group {
        table.add_row(fields(cell, placed, charset));
    }
    for (column, name) in table.column_iter_mut().zip(header) {
        column.set_padding((0, 2));
        if !LEFT.contains(&name) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let (header, rows) = lines.split_first().map_or(("", &[][..]), |(h, rows)| (h, rows));
    let rule = charset.rule().repeat(width);
    format!("{header}\n{rule}\n{}\n", rows.join("\n"))
}

fn fields(cell: &CellSummary, placed: bool, charset: Charset) -> Vec<String> {
    let row = cell.row();
    let absent = || charset.absent().to_owned();
    let latency = |pick: fn(&crate::histogram::Percentiles) -> u64| {
        row.service.as_ref().map_or_else(absent, |p| units::percentile(pick(p), charset))
    };
    let median = row.ops_per_sec_median;
    let spread = median.zip(row.ops_per_sec_ci95);
    let mut fields = vec![
        label::adapter(cell.cell()),
        median.map_or_else(absent, units::mops),
        spread.map_or_else(absent, |(m, ci)| units::mops_like(ci.half_width(), m)),
        latency(|p| p.p50),
        latency(|p| p.p99),
        latency(|p| p.p999),
        latency(|p| p.max),
        row.bytes_per_entry.map_or_else(absent, units::bytes),
        cell.cell().scan.clone(),
        row.hit_share.map_or_else(absent, units::percent),
        rounds(cell),
    ];
    if placed {
        fields.push(row.placement.map_or_else(absent, |shares| shares.brief()));
    }
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

/// A flag in a word or two, so that a row stays on its line.
fn mark(flag: Flag) -> &'static str {
    match flag {
        Flag::WrongValues => "wrong values",
        Flag::HitShare => "hits off",
        Flag::WriteShare => "writes off",
        Flag::Noisy => "noisy",
        Flag::MixedPlacement => "mixed",
        Flag::UnreadableLatency => "times lost",
    }
}

fn footnotes(text: &mut String, summary: &RunSummary, charset: Charset) {
    let rows: Vec<&SummaryRow> = summary.cells().iter().map(CellSummary::row).collect();
    let any = |test: &dyn Fn(&SummaryRow) -> bool| rows.iter().any(|row| test(row));
    let plus_minus = charset.plus_minus();
    let mut note = |note: &str| {
        let _ = writeln!(text, "{note}");
    };
    if any(&|row| row.ops_per_sec_ci95.is_some()) {
        note(&format!(
            "{plus_minus}95%: half the bootstrap interval of the median, over forks and rounds"
        ));
    }
    if any(&|row| row.ops_per_sec_median.is_some() && row.ops_per_sec_ci95.is_none()) {
        note("fewer than three rounds show no spread: measure longer for an interval");
    }
    if any(&|row| row.service.is_some_and(|service| service.p50 < units::CLOCK_BADGE_NS)) {
        note("~: below 100 ns the clock's resolution (about 10 ns) shows; compare throughput");
    }
    if any(&|row| row.placement.is_some()) {
        note("placement: near or far, by what it cost to move a cache line between the threads");
    }
    let flagged = |flag: Flag| any(&|row| row.flags.contains(&flag));
    if flagged(Flag::MixedPlacement) {
        note(
            "near or far n%: it changed during the run; figures are of those n% of the rounds, \
             to be compared with the same only",
        );
    }
    if any(&|row| row.status == Status::Ok && row.verified == Some(true)) {
        note("ok: all rounds ran, and the map's final contents were checked");
    }
    if any(&|row| row.status == Status::Ok && row.verified != Some(true)) {
        note("unverified: all rounds ran, but nobody checked the map's final contents");
    }
    if any(&|row| row.status == Status::Partial) {
        note("partial: the run ended before all rounds of the cell did");
    }
    if flagged(Flag::Noisy) {
        note(&format!("noisy: the interval is wider than {plus_minus}5 % of the median"));
    }
    if flagged(Flag::WrongValues) {
        note("wrong values: a read answered with another key's value");
    }
    if flagged(Flag::HitShare) {
        note("hits off: the share of hits is more than a point from the scenario's");
    }
    if flagged(Flag::WriteShare) {
        note("writes off: the share of effective writes is more than a point from the scenario's");
    }
    if flagged(Flag::UnreadableLatency) {
        note("times lost: some latencies could not be read from the log");
    }
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
