//! One line per series: how long it is, its last figure, how it went, and what waits for somebody.

use std::fmt::Write as _;

use comfy_table::CellAlignment;

use super::super::{History, Series, spell};
use super::table;
use crate::units::{self, Charset};

/// Points of the small picture of a series.
const TREND: usize = 24;

/// The page of the series at these positions, by setting.
pub fn list(history: &History, positions: &[usize], charset: Charset) -> String {
    let mut page = String::new();
    let series: Vec<&Series> = positions.iter().filter_map(|at| history.series.get(*at)).collect();
    for of_setting in series.chunk_by(|a, b| a.name.setting == b.name.setting) {
        let setting = &of_setting[0].name.setting;
        let heading =
            if setting.is_empty() { "imported".to_owned() } else { spell::name(setting, charset) };
        let _ = writeln!(page, "{heading}");
        let mut rows =
            table(&["adapter", "commits", "last Mops/s", "trend", "last change", "with", "open"]);
        for column in [1, 2, 6] {
            if let Some(column) = rows.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for series in of_setting {
            rows.add_row(row(series, charset));
        }
        let _ = writeln!(page, "{}\n", rows.trim_fmt());
    }
    page
}

fn row(series: &Series, charset: Charset) -> [String; 7] {
    let adapter = match series.name.mode {
        Some(mode) => format!("{}, {mode}", series.name.adapter),
        None => series.name.adapter.clone(),
    };
    let last = series.points.last();
    let segment = last.map_or(0, |point| point.segment);
    let clean = series.clean_points(segment);
    let speeds: Vec<f64> = clean.iter().map(|at| series.points[*at].ops_per_sec).collect();
    let shown = &speeds[speeds.len().saturating_sub(TREND)..];
    let trend = match charset {
        Charset::Utf8 => spell::sparkline(shown),
        Charset::Ascii => charset.absent().to_owned(),
    };
    let change = series.changes.last();
    let with = change.map(|change| &series.points[change.after]);
    let open = series.nominations().count();
    [
        spell::name(&adapter, charset),
        series.points.len().to_string(),
        last.map_or_else(String::new, |point| units::mops(point.ops_per_sec)),
        trend,
        change.map_or_else(String::new, |change| spell::shift(change.shift, charset)),
        with.map_or_else(String::new, |point| spell::short(&point.commit)),
        if open == 0 { charset.absent().to_owned() } else { open.to_string() },
    ]
}
