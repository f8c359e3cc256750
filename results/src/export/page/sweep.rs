//! The settings of a sweep: the picture of its curves, the knees as a table, and why there are none
//! where there are none.

use serde::Serialize;

use super::{Table, TableRow, chart};
use crate::knee::Location;
use crate::sweep::export::svg;
use crate::sweep::{JudgedGroup, Sweep, page};
use crate::units::Charset;

/// One setting of a sweep.
#[derive(Debug, Serialize)]
pub(super) struct SweptSetting {
    heading: String,
    /// The curves, as SVG.
    picture: String,
    knees: Table,
    /// Which maps are faster than which over the whole range.
    apart: Vec<String>,
    /// Why what is unresolved is.
    unresolved: Vec<String>,
    failed: Vec<String>,
}

/// All settings of a sweep.
pub(super) fn all(sweep: &Sweep) -> Vec<SweptSetting> {
    sweep.groups.iter().map(|group| of(group, sweep)).collect()
}

fn of(group: &JudgedGroup, sweep: &Sweep) -> SweptSetting {
    let (header, rows) = page::knees(group, sweep, Charset::Utf8);
    // What is unresolved has its reason below the table, and would only make it long.
    let shown = group.findings.iter().filter(|finding| !page::is_apart(finding)).zip(rows);
    let resolved =
        shown.filter(|(finding, _)| !matches!(finding.location, Location::Unresolved { .. }));
    let rows = resolved.map(|(_, (subjects, fields))| {
        let position = |name: &String| group.series.subjects.iter().position(|known| known == name);
        let markers = subjects.iter().filter_map(position).map(chart::marker);
        TableRow { marker: markers.collect(), fields, tone: None }
    });
    SweptSetting {
        heading: group.series.setting.describe(Charset::Utf8),
        picture: svg::render(group, sweep),
        knees: Table {
            rows: rows.collect(),
            columns: Table::columns(header.into_iter().map(str::to_owned).collect()),
        },
        apart: page::apart(group, Charset::Utf8),
        unresolved: page::unresolved(group, Charset::Utf8),
        failed: page::failed(group, &sweep.spec, Charset::Utf8),
    }
}
