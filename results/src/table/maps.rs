//! How the maps of a trace share the time: which of them dominates, and what an op on it costs with
//! each adapter. Adapters stand below each other as in the main table, so that a map is compared
//! down its column; the maps that take the most time come first.

use std::fmt::Write as _;

use super::grid;
use crate::label;
use crate::summary::{CellSummary, MapRow};
use crate::units::{self, Charset};

/// Maps that have a column of their own; the others share one. As many as fit 80 columns beside
/// the names of adapters.
const MOST_MAPS: usize = 7;

/// Writes the blocks of a group, if its rounds tell maps apart and ops were timed.
pub(super) fn write(text: &mut String, group: &[&CellSummary], charset: Charset) {
    let cells: Vec<(&CellSummary, Vec<MapRow>)> =
        group.iter().map(|cell| (*cell, cell.maps())).collect();
    let order = by_time(&cells);
    if order.len() < 2 {
        return;
    }
    let alone = if order.len() <= MOST_MAPS + 1 { order.len() } else { MOST_MAPS };
    let (alone, rest) = order.split_at(alone);
    let mut columns: Vec<&[usize]> = alone.chunks(1).collect();
    columns.extend((!rest.is_empty()).then_some(rest));
    let known = cells.iter().find_map(|(_, maps)| (maps.len() == order.len()).then_some(maps));
    let Some(known) = known else { return };
    let mut ids: Vec<&str> = alone.iter().map(|&position| &*known[position].id).collect();
    ids.extend((!rest.is_empty()).then_some("rest"));

    let names: Vec<String> = alone.iter().map(|&position| full_name(&known[position])).collect();
    for line in wrapped("maps by time: ", &names) {
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(text, "{}", shares(&cells, known, &columns, &ids, charset));
    let _ = writeln!(text, "{}", costs(&cells, &columns, &ids, charset));
}

/// Share of the time in each map, under the share of the ops, which is the trace's.
fn shares(
    cells: &[(&CellSummary, Vec<MapRow>)],
    known: &[MapRow],
    columns: &[&[usize]],
    ids: &[&str],
    charset: Charset,
) -> String {
    let line = |title: String, maps: &[MapRow], share: fn(&MapRow) -> Option<f64>| {
        let shown = columns.iter().map(|positions| {
            let parts = positions.iter().map(|&at| share(maps.get(at)?));
            let sum: Option<f64> = parts.sum();
            sum.map_or_else(|| charset.absent().to_owned(), units::percent)
        });
        std::iter::once(title).chain(shown).collect::<Vec<_>>()
    };
    let mut rows = vec![line("(share of the ops)".to_owned(), known, |map| map.ops_share)];
    rows.extend(
        cells
            .iter()
            .map(|(cell, maps)| line(label::adapter(cell.cell()), maps, |map| map.time_share)),
    );
    let header: Vec<&str> = std::iter::once("time per map, %").chain(ids.iter().copied()).collect();
    grid(&header, rows, charset)
}

/// What an op costs in each map, and all ops of a unit together.
fn costs(
    cells: &[(&CellSummary, Vec<MapRow>)],
    columns: &[&[usize]],
    ids: &[&str],
    charset: Charset,
) -> String {
    let unit = cells.iter().find_map(|(cell, _)| cell.cell().unit.as_ref());
    let per_unit = unit.map(|unit| {
        let one = unit.name.strip_suffix('s').unwrap_or(&unit.name);
        format!("per {one}")
    });
    let time = |ns: Option<f64>| {
        ns.map_or_else(|| charset.absent().to_owned(), |ns| units::time(ns.round() as u64, charset))
    };
    let rows = cells.iter().map(|(cell, maps)| {
        let mut line = vec![label::adapter(cell.cell())];
        line.extend(columns.iter().map(|positions| time(cost(maps, positions))));
        line.extend(unit.map(|_| time(cell.row().busy_ns_per_unit)));
        line
    });
    let mut header = vec!["time per op"];
    header.extend(ids);
    header.extend(per_unit.as_deref());
    grid(&header, rows.collect(), charset)
}

/// Time per op over some maps together. Nanoseconds.
fn cost(maps: &[MapRow], positions: &[usize]) -> Option<f64> {
    let parts = || positions.iter().filter_map(|&at| maps.get(at));
    let busy_ns: f64 = parts().filter_map(|map| Some(map.ns_per_op? * map.ops as f64)).sum();
    let ops: f64 = parts().map(|map| map.ops as f64).sum();
    (busy_ns > 0.0).then(|| busy_ns / ops)
}

/// Positions of the maps, those first that take the most time of all adapters together. Empty if
/// no op was timed.
fn by_time(cells: &[(&CellSummary, Vec<MapRow>)]) -> Vec<usize> {
    let maps = cells.iter().map(|(_, maps)| maps.len()).max().unwrap_or(0);
    let mut order: Vec<(f64, usize)> = (0..maps)
        .map(|at| {
            let shares = cells.iter().filter_map(|(_, maps)| maps.get(at)?.time_share);
            (shares.sum(), at)
        })
        .collect();
    if order.iter().all(|(time, _)| *time <= 0.0) {
        return Vec::new();
    }
    order.sort_by(|one, other| other.0.total_cmp(&one.0));
    order.into_iter().map(|(_, at)| at).collect()
}

fn full_name(map: &MapRow) -> String {
    if map.name.is_empty() { map.id.clone() } else { format!("{} {}", map.id, map.name) }
}

/// A list of words in lines of at most 80 columns.
fn wrapped(title: &str, words: &[String]) -> Vec<String> {
    let mut lines = vec![title.to_owned()];
    for (position, word) in words.iter().enumerate() {
        let word = if position + 1 < words.len() { format!("{word}, ") } else { word.clone() };
        match lines.last_mut() {
            Some(line) if (line.len() + word.trim_end().len()) <= 80 => line.push_str(&word),
            _ => lines.push(format!("  {word}")),
        }
    }
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}
