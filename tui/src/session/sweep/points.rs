//! The curves of a sweep, one per setting, and their points: which cells a value on the axis makes.
//! Traces are generated when a point is first visited. Measures nothing and chooses no point.

use std::path::Path;

use mapbench_core::event::{Cell, Offered, SweepDesign};
use mapbench_core::scenario::axis::Part;
use mapbench_core::scenario::{Axis, Scenario};
use mapbench_core::value::ValueKind;
use mapbench_results::knee::AxisRange;

use super::prepare::{SweepError, SweepPlan};
use super::request::SweepRequest;
use crate::session::plan::{Plan, Point, Workload};
use crate::session::prepare::workload_of_scenario;
use crate::session::variant::Variant;

/// Where the ops of a series come from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// A scenario, which most axes change.
    Scenario(Box<Scenario>),
    /// A trace file, which no axis changes.
    File(Box<Workload>),
}

/// One setting with its subjects: a curve each.
#[derive(Debug)]
pub struct Series<'r> {
    source: Source,
    fixed: Point,
    adapters: Vec<Variant<'r>>,
    /// Where it may be measured.
    pub range: AxisRange,
    /// The points that were made so far.
    made: Vec<Made>,
}

/// A point that was made.
#[derive(Debug)]
struct Made {
    x: f64,
    cells: Vec<u32>,
    visits: u32,
}

impl Made {
    /// Values are handed on as they are, so that the same point is the same number.
    fn is_at(&self, x: f64) -> bool {
        self.x.total_cmp(&x).is_eq()
    }
}

impl Source {
    pub(super) fn scenario(&self) -> Option<&Scenario> {
        match self {
            Source::Scenario(scenario) => Some(scenario),
            Source::File(_) => None,
        }
    }

    /// What is run at a value on the axis; its trace is kept in the store.
    pub(super) fn workload_at(
        &self,
        request: &SweepRequest,
        store: &Path,
        x: f64,
    ) -> Result<Workload, SweepError> {
        match self {
            Source::File(workload) => Ok((**workload).clone()),
            Source::Scenario(scenario) => {
                let scenario = request.axis.scenario_at(scenario, x)?;
                Ok(workload_of_scenario(&scenario, &request.run, store)?)
            }
        }
    }
}

impl<'r> Series<'r> {
    pub(super) fn new(
        source: Source,
        fixed: Point,
        adapters: Vec<Variant<'r>>,
        range: AxisRange,
    ) -> Self {
        Series { source, fixed, adapters, range, made: Vec::new() }
    }

    /// Its scenario or trace, and what sets it apart from the other series.
    pub fn name(&self) -> String {
        let scenario = match &self.source {
            Source::Scenario(scenario) => &scenario.name,
            Source::File(workload) => &workload.name,
        };
        let (key, value, threads) =
            (self.fixed.key.name(), self.fixed.value.name(), self.fixed.threads);
        format!("{scenario} {key}/{value} t{threads}")
    }

    /// Labels of its adapters.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        self.adapters.iter().map(|adapter| adapter.label.as_str())
    }

    /// Visits to a value so far.
    pub(super) fn visits(&self, x: f64) -> u32 {
        self.at(x).map_or(0, |made| made.visits)
    }

    /// All visits so far.
    pub(super) fn all_visits(&self) -> u32 {
        self.made.iter().map(|made| made.visits).sum()
    }

    /// The first cell that was made, to find its points in the evidence.
    pub(super) fn first_cell(&self) -> Option<u32> {
        self.made.iter().find_map(|made| made.cells.first().copied())
    }

    /// Whether a cell is one of its points.
    pub(super) fn has(&self, cell: u32) -> bool {
        self.made.iter().any(|made| made.cells.contains(&cell))
    }

    /// Notes that a value was visited; a resumed sweep tells the number of visits.
    pub(super) fn visited(&mut self, x: f64, visits: u32) {
        if let Some(made) = self.made.iter_mut().find(|made| made.is_at(x)) {
            made.visits = made.visits.max(visits);
        }
    }

    /// Notes that a value cannot be measured.
    pub(super) fn give_up(&mut self, x: f64) {
        self.made.push(Made { x, cells: Vec::new(), visits: 0 });
    }

    /// Whether a value was found to be one that cannot be measured.
    pub(super) fn has_given_up(&self, x: f64) -> bool {
        self.at(x).is_some_and(|made| made.cells.is_empty())
    }

    /// Whether a logged cell may be one of its points.
    pub(super) fn matches(&self, cell: &Cell) -> bool {
        let scenario = match &self.source {
            Source::Scenario(scenario) => &scenario.name,
            Source::File(workload) => &workload.name,
        };
        let fixed = &self.fixed;
        let axis = cell.axis.as_deref().unwrap_or_default();
        cell.scenario == *scenario
            && cell.key == fixed.key
            && cell.presize == Some(fixed.presize)
            && (cell.threads == fixed.threads || axis == "threads")
            && (cell.value == fixed.value || axis == "value-size")
            && (cell.offered == fixed.offered || axis == "rate")
    }

    fn at(&self, x: f64) -> Option<&Made> {
        self.made.iter().find(|made| made.is_at(x))
    }

    /// The cells of a value, made if it is new, one per adapter.
    pub(super) fn cells(
        &mut self,
        plan: &mut Plan,
        request: &SweepRequest,
        store: &Path,
        x: f64,
    ) -> Result<Vec<u32>, SweepError> {
        if let Some(made) = self.at(x) {
            return Ok(made.cells.clone());
        }
        let workload = self.workload(plan, request, store, x)?;
        let position = plan.add_workload(workload.clone());
        let adapters: Vec<&Variant<'r>> = self.adapters.iter().collect();
        let cells = plan.add_group(position, &workload, &adapters, &self.point(request, x));
        self.made.push(Made { x, cells: cells.clone(), visits: 0 });
        Ok(cells)
    }

    /// Axes that leave the trace as it is need it once.
    fn workload(
        &self,
        plan: &Plan,
        request: &SweepRequest,
        store: &Path,
        x: f64,
    ) -> Result<Workload, SweepError> {
        if request.axis.part() != Part::Scenario
            && let Some(cell) = self.first_cell()
        {
            return Ok(plan.workload(cell).clone());
        }
        self.source.workload_at(request, store, x)
    }

    fn point(&self, request: &SweepRequest, x: f64) -> Point {
        let mut point = self.fixed.clone();
        // Whole numbers, as the ruler of their axis has them.
        let whole = x.round() as u32;
        match &request.axis {
            Axis::Threads => point.threads = whole,
            Axis::Rate => {
                point.offered = Some(Offered { per_s: x, schedule: request.run.schedule });
            }
            Axis::ValueSize => point.value = ValueKind::Boxed(whole),
            Axis::Shards => point.tuning.shards = Some(whole),
            _ => {}
        }
        point.axis = Some((request.axis.to_string(), x.to_string()));
        point
    }
}

impl SweepPlan<'_> {
    /// What it is about to do, in lines for people.
    pub fn described(&self) -> String {
        let begin = &self.begin;
        let gap = if begin.unit.is_empty() { "" } else { " " };
        let how = match begin.design {
            SweepDesign::Grid(points) => format!("{points} points × {} visits", self.visits),
            SweepDesign::Adaptive => format!("up to {} visits, chosen as it goes", self.visits),
        };
        let budget = begin
            .budget_ns
            .map_or(String::new(), |ns| format!(", within {:.0} s", ns as f64 / 1e9));
        let head = format!(
            "{} {} to {}{gap}{}: {how}{budget}\n",
            begin.axis, begin.low, begin.high, begin.unit
        );
        let series = self.series.iter().map(|series| {
            let subjects: Vec<&str> = series.subjects().collect();
            format!("{}: {}\n", series.name(), subjects.join(", "))
        });
        let skipped = self
            .skipped
            .iter()
            .map(|skipped| format!("skipped in {}: {}\n", skipped.scenario, skipped.reason));
        std::iter::once(head).chain(series).chain(skipped).collect()
    }
}
