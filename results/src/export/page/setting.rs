//! One setting of a run: who is fastest and how surely, the table, and the pictures of throughput and
//! latency. The fastest stands first.

use mapbench_core::event::{Measure, PlacementMode};
use serde::Serialize;

use super::chart::{self, Bar, Latencies};
use super::{Table, TableRow, Tone};
use crate::export::name;
use crate::stats::Interval;
use crate::summary::{CellSummary, RunSummary, Status, mode_name};
use crate::table;
use crate::units::{self, Charset};

/// One setting.
#[derive(Debug, Serialize)]
pub(super) struct Setting {
    heading: String,
    /// Who leads, a sentence per placement mode.
    leaders: Vec<String>,
    /// `None` where something else than time was measured.
    table: Option<Table>,
    /// Pictures, as SVG; empty where there is nothing to show.
    bars: String,
    ridges: String,
    curves: String,
    /// What else there is, as the terminal shows it.
    below: String,
}

/// Which shape and colour is whose: by the order of the plan, on the whole page.
#[derive(Debug)]
pub(super) struct Identities(Vec<String>);

impl Identities {
    pub(super) fn of(summary: &RunSummary) -> Self {
        let mut known: Vec<String> = Vec::new();
        for cell in summary.cells() {
            let name = name::adapter(cell.cell());
            if !known.contains(&name) {
                known.push(name);
            }
        }
        Identities(known)
    }

    /// The adapters, in order.
    pub(super) fn names(&self) -> &[String] {
        &self.0
    }

    /// The position of a cell's adapter.
    pub(super) fn position(&self, cell: &CellSummary) -> usize {
        let name = name::adapter(cell.cell());
        self.0.iter().position(|known| *known == name).unwrap_or(0)
    }
}

/// All settings, in the order of the plan.
pub(super) fn all(summary: &RunSummary, identities: &Identities) -> Vec<Setting> {
    let groups = table::groups(summary, Charset::Utf8);
    groups.into_iter().map(|(heading, group)| of(summary, heading, group, identities)).collect()
}

fn of(
    summary: &RunSummary,
    heading: String,
    mut group: Vec<&CellSummary>,
    identities: &Identities,
) -> Setting {
    if summary.begin().measure != Measure::Time {
        return Setting {
            heading,
            leaders: Vec::new(),
            table: None,
            bars: String::new(),
            ridges: String::new(),
            curves: String::new(),
            below: table::group_text(summary, &group, Charset::Utf8),
        };
    }
    let below = table::below(summary, &group, Charset::Utf8).trim_end().to_owned();
    group.sort_by(|a, b| speed(b).total_cmp(&speed(a)));
    Setting {
        leaders: leaders(&group),
        table: Some(rows(&group, identities)),
        bars: chart::bars(&bars(&group, identities), &format!("Throughput, {heading}")),
        ridges: chart::ridges(&latencies(&group, identities), &format!("Latency, {heading}")),
        curves: chart::percentiles(
            &latencies(&group, identities),
            &format!("Percentiles of latency, {heading}"),
        ),
        below,
        heading,
    }
}

/// What the fastest stands first by; cells without a figure stand last.
fn speed(cell: &CellSummary) -> f64 {
    cell.row().ops_per_sec_median.unwrap_or(f64::NEG_INFINITY)
}

fn rows(group: &[&CellSummary], identities: &Identities) -> Table {
    let (header, rows) = table::columns(group, Charset::Utf8);
    let rows = group.iter().zip(rows).map(|(cell, mut fields)| {
        fields[0] = name::adapter(cell.cell());
        TableRow { marker: chart::marker(identities.position(cell)), fields, tone: tone(cell) }
    });
    Table { rows: rows.collect(), columns: Table::columns(header) }
}

fn tone(cell: &CellSummary) -> Option<Tone> {
    match cell.row().status {
        Status::Failed => Some(Tone::Bad),
        Status::Skipped | Status::Partial => Some(Tone::Open),
        Status::Ok => None,
    }
}

/// The fastest of each placement mode, and whose intervals overlap its own. Two modes are two
/// machines: nothing is compared across them.
pub(super) fn leaders(group: &[&CellSummary]) -> Vec<String> {
    let ended: Vec<&CellSummary> = group
        .iter()
        .copied()
        .filter(|cell| cell.row().status == Status::Ok && cell.row().ops_per_sec_median.is_some())
        .collect();
    let mode = |cell: &CellSummary| cell.row().placement.map(|shares| shares.mode);
    let modes: [Option<PlacementMode>; 3] =
        [None, Some(PlacementMode::Near), Some(PlacementMode::Far)];
    let of_mode = |wanted| {
        let cells: Vec<&CellSummary> =
            ended.iter().copied().filter(|cell| mode(cell) == wanted).collect();
        leader(&cells, wanted)
    };
    modes.into_iter().filter_map(of_mode).collect()
}

fn leader(cells: &[&CellSummary], mode: Option<PlacementMode>) -> Option<String> {
    let (first, others) = cells.split_first()?;
    if others.is_empty() {
        return None;
    }
    let row = first.row();
    let median = row.ops_per_sec_median?;
    let place = mode.map_or(String::new(), |mode| format!(" ({})", mode_name(mode)));
    let name = name::adapter(first.cell());
    let figure = match row.ops_per_sec_ci95 {
        Some(ci) => {
            format!(
                "{} ± {} Mops/s",
                units::mops(median),
                units::mops_like(ci.half_width(), median)
            )
        }
        None => format!("{} Mops/s", units::mops(median)),
    };
    let rivals = row.ops_per_sec_ci95.map(|ci| rivals(ci, others));
    let surely = match rivals.as_deref() {
        None => "; too few rounds for an interval, so the order may be noise".to_owned(),
        Some([]) => "; no other interval overlaps its own".to_owned(),
        Some([one]) => format!("; the interval of {one} overlaps its own"),
        Some(several) if several.len() <= 3 => {
            format!("; the intervals of {} overlap its own", several.join(", "))
        }
        Some(several) => format!(
            "; the intervals of {} of {} others overlap its own",
            several.len(),
            others.len()
        ),
    };
    Some(format!("Fastest{place}: {name}, {figure}{surely}."))
}

/// Those that may be as fast.
fn rivals(leader: Interval, others: &[&CellSummary]) -> Vec<String> {
    let overlaps =
        |cell: &&&CellSummary| cell.row().ops_per_sec_ci95.is_none_or(|ci| ci.high >= leader.low);
    others.iter().filter(overlaps).map(|cell| name::adapter(cell.cell())).collect()
}

fn bars(group: &[&CellSummary], identities: &Identities) -> Vec<Bar> {
    let bar = |cell: &&CellSummary| {
        let row = cell.row();
        let value = row.ops_per_sec_median?;
        let spread = row.ops_per_sec_ci95.map_or_else(String::new, |ci| {
            format!(" ± {}", units::mops_like(ci.half_width(), value))
        });
        let mode = row.placement.map_or_else(String::new, |at| format!(", {}", at.brief()));
        Some(Bar {
            position: identities.position(cell),
            label: format!("{}{mode}", name::adapter(cell.cell())),
            figure: format!("{}{spread} Mops/s", units::mops(value)),
            value,
            interval: row.ops_per_sec_ci95,
        })
    };
    group.iter().filter_map(bar).collect()
}

fn latencies<'c>(group: &[&'c CellSummary], identities: &Identities) -> Vec<Latencies<'c>> {
    let timed = group.iter().filter(|cell| !cell.histogram().is_empty());
    let shown = timed.map(|cell| Latencies {
        position: identities.position(cell),
        label: name::adapter(cell.cell()),
        histogram: cell.histogram(),
    });
    shown.collect()
}
