//! What of a run is shown, and how: the group of cells, the order of the table, the chart. Plain
//! state; it is changed by `update` only.

use mapbench_core::event::Cell;
use mapbench_core::op::OpClass;
use mapbench_results::{CellSummary, RunSummary};

use super::widgets::ridgeline::HeightScale;

/// What is shown of a run.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The group that is shown.
    pub group: usize,
    /// Whether the group that runs is shown; choosing one by hand ends it.
    pub fixed: bool,
    /// The row under the cursor.
    pub cursor: usize,
    /// Order of the table.
    pub sort: Sort,
    /// Class of ops whose latency is shown; `None` is all.
    pub class: Option<OpClass>,
    /// What the charts show.
    pub chart: Chart,
    /// Scale of heights.
    pub heights: HeightScale,
}

/// A class of ops in the plural.
pub fn plural(class: OpClass) -> &'static str {
    match class {
        OpClass::Read => "reads",
        OpClass::Write => "writes",
        OpClass::Scan => "scans",
        OpClass::Bulk => "bulk ops",
    }
}

/// What the charts show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Chart {
    /// One latency ridge per map; beside it throughput, where there is room.
    #[default]
    Ridges,
    /// All latency curves on top of each other; beside them throughput, where there is room.
    Curves,
    /// Throughput over the whole width.
    Throughput,
}

impl Chart {
    /// The next chart of the cycle.
    #[must_use]
    pub fn next(self) -> Chart {
        match self {
            Chart::Ridges => Chart::Curves,
            Chart::Curves => Chart::Throughput,
            Chart::Throughput => Chart::Ridges,
        }
    }
}

/// Order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// As planned.
    #[default]
    Plan,
    /// Fastest first.
    Throughput,
    /// Lowest median latency first.
    P50,
    /// Lowest 99th percentile first.
    P99,
    /// By name.
    Name,
}

impl Sort {
    /// The next order of the cycle.
    #[must_use]
    pub fn next(self) -> Sort {
        match self {
            Sort::Plan => Sort::Throughput,
            Sort::Throughput => Sort::P50,
            Sort::P50 => Sort::P99,
            Sort::P99 => Sort::Name,
            Sort::Name => Sort::Plan,
        }
    }

    /// Its name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Sort::Plan => "plan",
            Sort::Throughput => "throughput",
            Sort::P50 => "p50",
            Sort::P99 => "p99",
            Sort::Name => "name",
        }
    }
}

/// Cells that are compared with each other: one scenario at one setting, all adapters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What they have in common.
    pub title: String,
    /// Ids of the cells, in the order of the plan.
    pub cells: Vec<u32>,
}

/// The groups of a run, in the order of its plan.
pub fn groups(run: &RunSummary) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let cells = || run.cells().iter().map(CellSummary::cell);
    let one_kind = cells().all(|cell| same_kinds(cell, &run.cells()[0]));
    for cell in cells() {
        let title = title(cell, one_kind);
        // Scenarios of equal file names in different folders are different groups.
        let known = groups.iter_mut().find(|group| {
            let first = run.cell(group.cells[0]).map(CellSummary::cell);
            group.title == title && first.is_some_and(|first| first.scenario == cell.scenario)
        });
        match known {
            Some(group) => group.cells.push(cell.id),
            None => groups.push(Group { title, cells: vec![cell.id] }),
        }
    }
    groups
}

fn same_kinds(cell: &Cell, other: &CellSummary) -> bool {
    (cell.key, cell.value) == (other.cell().key, other.cell().value)
}

/// What the cells of a group have in common; types only where they differ within the run.
fn title(cell: &Cell, one_kind: bool) -> String {
    let scenario = cell.scenario.rsplit('/').next().unwrap_or(&cell.scenario);
    let kinds = if one_kind {
        String::new()
    } else {
        format!(" {}→{}", cell.key.name(), cell.value.name())
    };
    let axis = cell.axis_value.as_ref().map_or_else(String::new, |value| format!(" {value}"));
    format!("{scenario} ×{}{kinds}{axis}", cell.threads)
}
