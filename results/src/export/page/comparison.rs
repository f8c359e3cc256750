//! A comparison: what differs by intention, and per setting the differences with their intervals, as
//! a table and as a forest plot against the margin.

use serde::Serialize;

use super::chart::{self, Stem};
use super::{Fact, Table, TableRow, Tone};
use crate::compare::{Basis, Compared, ComparedCell, page};
use crate::gate::Verdict;
use crate::label;
use crate::summary::mode_name;
use crate::units::{self, Charset};

/// A comparison.
#[derive(Debug, Serialize)]
pub(super) struct Comparison {
    treatment: Vec<Treated>,
    settings: Vec<ComparedSetting>,
    harness: Vec<String>,
}

/// One field that differs.
#[derive(Debug, Serialize)]
struct Treated {
    field: String,
    a: String,
    b: String,
}

/// One setting.
#[derive(Debug, Serialize)]
struct ComparedSetting {
    heading: String,
    table: Table,
    /// What disturbed the cells that are noisy, a line each.
    disturbed: Vec<String>,
    /// The forest plot, as SVG.
    forest: String,
}

/// What a comparison shows.
pub(super) fn of(compared: &Compared) -> Comparison {
    let treated = compared.treatment.iter();
    Comparison {
        treatment: treated
            .map(|of| Treated { field: of.field.clone(), a: of.a.clone(), b: of.b.clone() })
            .collect(),
        settings: settings(compared),
        harness: compared.harness.iter().map(page::harness).collect(),
    }
}

/// As a headline.
pub(super) fn title(compared: &Compared) -> String {
    format!("{} against {}", compared.b.name, compared.a.name)
}

/// How it was measured and judged, a fact per sentence.
pub(super) fn method(compared: &Compared) -> Vec<Fact> {
    let mut text = String::new();
    page::method(&mut text, compared, Charset::Utf8);
    let lines = text.trim().lines();
    let mut facts: Vec<Fact> = Vec::new();
    for line in lines {
        match line.trim().split_once(": ") {
            Some((name, value)) if line.starts_with("  ") => facts.push(Fact::new(name, value)),
            _ if facts.is_empty() => facts.push(Fact::new("measured", line.trim())),
            _ => facts.push(Fact::new("judged", line.trim().trim_end_matches(':'))),
        }
    }
    facts
}

/// What the words of the tables mean.
pub(super) fn words(compared: &Compared) -> Vec<String> {
    let mut words = vec![
        "slower by: what B takes longer than A, of A's time; below 0 it is faster".to_owned(),
        "FAIL: B is surely slower, and by more than the margin δ".to_owned(),
        "same: B is surely not slower by δ".to_owned(),
        "INCONCLUSIVE: neither can be said; it is no verdict that all is well".to_owned(),
        "the intervals hold together, for all cells at once (Holm)".to_owned(),
    ];
    let mut bases: Vec<Basis> = compared.cells.iter().map(|cell| cell.basis).collect();
    bases.sort_unstable();
    bases.dedup();
    words.extend(bases.into_iter().map(|basis| format!("intervals are of {}", basis.describe())));
    let dropped: usize = compared.cells.iter().map(|cell| cell.dropped).sum();
    if dropped > 0 {
        words.push(format!("{dropped} quads in which a thread was preempted were dropped"));
    }
    words
}

fn settings(compared: &Compared) -> Vec<ComparedSetting> {
    let mut settings = Vec::new();
    let mut rest: Vec<&ComparedCell> = compared.cells.iter().collect();
    while let Some(first) = rest.first() {
        let heading = label::setting(&first.cell, Charset::Utf8);
        let (group, others): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|cell| label::setting(&cell.cell, Charset::Utf8) == heading);
        rest = others;
        let stems: Vec<Stem> = group.iter().enumerate().map(|(at, cell)| stem(at, cell)).collect();
        settings.push(ComparedSetting {
            forest: chart::forest(&stems, &format!("Slowdown of B against A, {heading}")),
            table: rows(&group),
            disturbed: group.iter().filter_map(|cell| disturbed(cell)).collect(),
            heading,
        });
    }
    settings
}

fn named(cell: &ComparedCell) -> String {
    let mode = cell.mode.map_or(String::new(), |mode| format!(", {}", mode_name(mode)));
    format!("{}{mode}", label::adapter(&cell.cell))
}

fn tone(cell: &ComparedCell) -> Tone {
    match cell.judgement.verdict {
        Verdict::Fail => Tone::Bad,
        Verdict::Same => Tone::Good,
        Verdict::Inconclusive | Verdict::Noisy(_) => Tone::Open,
    }
}

fn disturbed(cell: &ComparedCell) -> Option<String> {
    let verdict = &cell.judgement.verdict;
    let is_noisy = matches!(verdict, Verdict::Noisy(_));
    is_noisy.then(|| format!("{}: {}", named(cell), verdict.describe()))
}

fn stem(position: usize, cell: &ComparedCell) -> Stem {
    let judgement = &cell.judgement;
    Stem {
        position,
        label: named(cell),
        figure: format!("{} %, {}", page::signed(judgement.slowdown), page::verdict(cell)),
        slowdown: judgement.slowdown,
        interval: judgement.interval,
        delta: judgement.delta,
        tone: tone(cell),
    }
}

fn rows(group: &[&ComparedCell]) -> Table {
    let titles =
        ["adapter", "A Mops/s", "B Mops/s", "slower by", "interval, %", "δ", "n", "verdict"];
    let rows = group.iter().enumerate().map(|(position, cell)| {
        let judgement = &cell.judgement;
        TableRow {
            marker: chart::marker(position),
            fields: vec![
                named(cell),
                units::mops(cell.a_ops_per_sec),
                units::mops_like(cell.b_ops_per_sec, cell.a_ops_per_sec),
                format!("{} %", page::signed(judgement.slowdown)),
                page::interval(judgement.interval, Charset::Utf8),
                format!("{:.1} %", judgement.delta * 100.0),
                cell.n.to_string(),
                page::verdict(cell),
            ],
            tone: Some(tone(cell)),
        }
    });
    let mut columns = Table::columns(titles.map(str::to_owned).to_vec());
    if let Some(verdict) = columns.last_mut() {
        verdict.is_number = false;
    }
    Table { rows: rows.collect(), columns }
}
