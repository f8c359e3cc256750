//! All settings at a glance: a row per adapter, a column per setting, and the fastest of each column
//! marked. Only where there are several settings.

use mapbench_core::event::Measure;
use serde::Serialize;

use super::chart;
use super::setting::Identities;
use crate::export::name;
use crate::summary::{CellSummary, RunSummary, Status};
use crate::table;
use crate::units::{self, Charset};

/// Columns that are shown; of more settings a reader sees nothing at a glance.
const MOST_SETTINGS: usize = 12;

/// All settings at a glance.
#[derive(Debug, Serialize)]
pub(super) struct Overview {
    columns: Vec<String>,
    rows: Vec<OverviewRow>,
    /// What all settings have in common.
    common: String,
}

#[derive(Debug, Serialize)]
struct OverviewRow {
    marker: String,
    name: String,
    fields: Vec<OverviewField>,
}

#[derive(Debug, Serialize)]
struct OverviewField {
    figure: String,
    is_fastest: bool,
}

/// The overview of a run; `None` where it would say nothing.
pub(super) fn of(summary: &RunSummary, identities: &Identities) -> Option<Overview> {
    let groups = table::groups(summary, Charset::Utf8);
    let one_map = identities.names().len() < 2;
    let fits = (2..=MOST_SETTINGS).contains(&groups.len());
    if !fits || one_map || summary.begin().measure != Measure::Time {
        return None;
    }
    let (common, columns) = told_apart(groups.iter().map(|(heading, _)| heading.as_str()));
    let fastest: Vec<Option<u32>> = groups.iter().map(|(_, group)| fastest(group)).collect();
    let rows = identities.names().iter().enumerate().map(|(position, adapter)| OverviewRow {
        marker: chart::marker(position),
        name: adapter.clone(),
        fields: groups
            .iter()
            .zip(&fastest)
            .map(|((_, group), fastest)| field(group, adapter, *fastest))
            .collect(),
    });
    Some(Overview { rows: rows.collect(), columns, common })
}

fn field(group: &[&CellSummary], adapter: &str, fastest: Option<u32>) -> OverviewField {
    let cell = group.iter().find(|cell| name::adapter(cell.cell()) == adapter);
    let Some(cell) = cell else {
        return OverviewField { figure: "–".to_owned(), is_fastest: false };
    };
    let row = cell.row();
    let figure = match (row.status, row.ops_per_sec_median) {
        (Status::Failed, _) => "failed".to_owned(),
        (_, Some(median)) => units::mops(median),
        (_, None) => "–".to_owned(),
    };
    OverviewField { figure, is_fastest: fastest == Some(cell.cell().id) }
}

/// The fastest cell of a setting that ended as it should; `None` where the figures are of several
/// placement modes, which are not compared.
fn fastest(group: &[&CellSummary]) -> Option<u32> {
    let ended = || group.iter().filter(|cell| cell.row().status == Status::Ok);
    let mode = |cell: &&CellSummary| cell.row().placement.map(|shares| shares.mode);
    let first = ended().next().map(mode)?;
    if ended().any(|cell| mode(cell) != first) {
        return None;
    }
    let speed = |cell: &&&CellSummary| cell.row().ops_per_sec_median.unwrap_or(0.0);
    let fastest = ended().max_by(|a, b| speed(a).total_cmp(&speed(b)))?;
    Some(fastest.cell().id)
}

/// The parts that all headings have, and what is left of each.
fn told_apart<'h>(headings: impl Iterator<Item = &'h str>) -> (String, Vec<String>) {
    let separator = Charset::Utf8.separator();
    let parts: Vec<Vec<&str>> =
        headings.map(|heading| heading.split(separator).collect()).collect();
    let in_all = |part: &&str| parts.iter().all(|heading| heading.contains(part));
    let common: Vec<&str> =
        parts.first().into_iter().flatten().copied().filter(|part| in_all(part)).collect();
    let rest = parts.iter().map(|heading| {
        let own: Vec<&str> = heading.iter().copied().filter(|part| !in_all(part)).collect();
        own.join(separator)
    });
    (common.join(separator), rest.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_by_what_tells_them_apart() {
        let headings = ["a · 1 thread · u64 keys", "a · 2 threads · u64 keys"];
        let (common, columns) = told_apart(headings.into_iter());
        assert_eq!(
            (common.as_str(), columns),
            ("a · u64 keys", vec!["1 thread".into(), "2 threads".into()])
        );
    }
}
