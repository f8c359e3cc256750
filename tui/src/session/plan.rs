//! What a run will do: its cells, their groups, the settings of every round, and what is left
//! out. Pure: it starts nothing and reads no file.

use std::path::PathBuf;

use mapbench_core::adapter::{HasherKind, Requirement, Tuning};
use mapbench_core::event::{
    Cell, CellMap, Measure, Offered, Role, RoundOrder, Sequence, Skipped, Timing, TrialSpec, Work,
};
use mapbench_core::key::KeyKind;
use mapbench_core::registry::AdapterEntry;
use mapbench_core::trace::{MapSpec, Shape, TraceHeader};
use mapbench_core::value::ValueKind;

use super::calibrate::Calibration;
use super::extent::Extent;
use super::stopping::Rules;
use super::variant::Variant;

/// The round in which instructions are counted: long enough that the ops stand for the trace's mix,
/// short enough for a processor that is simulated.
const COUNTED: Work = Work::Words { warm: 50_000, measured: 200_000 };

/// A trace on disk and what must be known about it to plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// Canonical scenario name, or the trace's name.
    pub name: String,
    /// The trace file.
    pub path: PathBuf,
    /// Its hash, 16 hexadecimal digits.
    pub hash: String,
    /// What it says about itself.
    pub header: TraceHeader,
    /// How large its streams are, and what is due in them.
    pub extent: Extent,
    /// What an adapter must be able to do.
    pub requires: Vec<Requirement>,
    /// The key kind where none is asked for.
    pub key: KeyKind,
    /// The value kind where none is asked for.
    pub value: ValueKind,
    /// Thread counts where none is asked for; `None` takes 1 and all processors.
    pub threads: Option<Vec<u32>>,
    /// Length of a round where the workload needs its own. Nanoseconds.
    pub round_ns: Option<u64>,
    /// Whether maps are built with room for their peak.
    pub presize: bool,
}

/// What holds for every cell of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The seed of traces, hashers and the order of rounds.
    pub seed: u64,
    /// Forks per cell.
    pub forks: u32,
    /// Rounds per fork, unless the workload's own round length makes them fewer.
    pub rounds: u32,
    /// Time per cell and fork, if that is what was asked for. Nanoseconds.
    pub per_fork_ns: Option<u64>,
    /// Length of a steady round, unless the workload has its own. Nanoseconds.
    pub round_ns: u64,
    /// Unmeasured running before a round. Nanoseconds.
    pub warm_ns: u64,
    /// How ops are timed.
    pub timing: Timing,
    /// What is measured.
    pub measure: Measure,
    /// A phase without progress for this long is a hang. Nanoseconds.
    pub timeout_ns: u64,
    /// What the workers of a group may hold together. Bytes.
    pub max_memory_bytes: u64,
    /// Processors for the threads; empty leaves them unpinned.
    pub cpus: Vec<u32>,
    /// The hasher.
    pub hasher: HasherKind,
    /// Settings that only some maps have.
    pub tuning: Tuning,
    /// In what order the rounds of a group run.
    pub order: Sequence,
    /// Whether results that say nothing are a failure.
    pub strict: bool,
    /// Whether the stacks of each cell are sampled after its measured rounds.
    pub stacks: bool,
    /// What may end the rounds of a group early.
    pub rules: Rules,
}

/// The axes that are crossed with workloads and adapters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Axes {
    /// Thread counts; empty takes each workload's own.
    pub threads: Vec<u32>,
    /// Key kinds; empty takes each workload's own.
    pub keys: Vec<KeyKind>,
    /// Value kinds; empty takes each workload's own.
    pub values: Vec<ValueKind>,
    /// Rates at which traces are offered; empty runs them as their actors say.
    pub offered: Vec<Offered>,
    /// Whether maps are built with room for their peak; empty takes each workload's own.
    pub presize: Vec<bool>,
}

/// Where one group of cells runs its workload.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    /// Threads.
    pub(super) threads: u32,
    /// Type of the keys.
    pub(super) key: KeyKind,
    /// Type of the values.
    pub(super) value: ValueKind,
    /// Rate at which the trace is offered.
    pub(super) offered: Option<Offered>,
    /// Whether maps are built with room for their peak.
    pub(super) presize: bool,
    /// Settings that only some maps have, over the run's.
    pub(super) tuning: Tuning,
    /// The axis that is swept and the value on it.
    pub(super) axis: Option<(String, String)>,
}

/// What a run will do.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What holds for every cell.
    pub settings: Settings,
    /// The workloads, in the order asked for.
    pub workloads: Vec<Workload>,
    /// The cells, by id.
    pub cells: Vec<Cell>,
    /// For each cell, the position of its workload.
    pub workload_of: Vec<usize>,
    /// Cells that are alive together: one scenario × threads × key × value, all adapters.
    pub groups: Vec<Vec<u32>>,
    /// What calibrates each group; empty if nothing does.
    pub calibrations: Vec<Calibration>,
    /// What is left out, and why.
    pub skipped: Vec<Skipped>,
}

impl Plan {
    /// A plan without cells, to be filled while it runs.
    pub fn empty(settings: Settings) -> Plan {
        Plan {
            settings,
            workloads: Vec::new(),
            cells: Vec::new(),
            workload_of: Vec::new(),
            groups: Vec::new(),
            calibrations: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// Adds a workload; its position.
    pub(super) fn add_workload(&mut self, workload: Workload) -> usize {
        self.workloads.push(workload);
        self.workloads.len() - 1
    }

    /// Crosses workloads, axes and adapters, and leaves out what does not fit.
    pub fn new(
        workloads: Vec<Workload>,
        adapters: &[Variant<'_>],
        axes: &Axes,
        settings: Settings,
    ) -> Plan {
        let mut plan = Plan::empty(settings);
        for (position, workload) in workloads.iter().enumerate() {
            let (fit, unfit): (Vec<&Variant<'_>>, Vec<&Variant<'_>>) =
                adapters.iter().partition(|adapter| lacks(&workload.requires, adapter).is_none());
            plan.skipped.extend(
                unfit.into_iter().map(|adapter| skip(&workload.name, &workload.requires, adapter)),
            );
            plan.add_groups(position, workload, &fit, axes);
        }
        plan.workloads = workloads;
        plan
    }

    /// A quad has two rounds of each cell, so that pairs run an even number of them.
    fn round_up_to_quads(&mut self, group: &[u32]) {
        for &id in group {
            let rounds = self.rounds(id);
            if self.runs_quads(id) && !rounds.is_multiple_of(2) {
                self.cells[id as usize].rounds = Some(rounds + 1);
            }
        }
    }

    fn add_groups(
        &mut self,
        position: usize,
        workload: &Workload,
        adapters: &[&Variant<'_>],
        axes: &Axes,
    ) {
        let keys = if axes.keys.is_empty() { &[workload.key][..] } else { &axes.keys };
        let values = if axes.values.is_empty() { &[workload.value][..] } else { &axes.values };
        let threads = match (&axes.threads[..], &workload.threads) {
            ([], Some(own)) => own.clone(),
            ([], None) => default_threads(),
            (asked, _) => asked.to_vec(),
        };
        let rates: Vec<Option<Offered>> = match &axes.offered[..] {
            [] => vec![None],
            rates => rates.iter().copied().map(Some).collect(),
        };
        let presize = if axes.presize.is_empty() { &[workload.presize][..] } else { &axes.presize };
        let (rates, threads) = (rates.as_slice(), threads.as_slice());
        let points = threads.iter().flat_map(|&threads| {
            let pairs = keys.iter().flat_map(|&key| values.iter().map(move |&value| (key, value)));
            pairs.flat_map(move |(key, value)| {
                rates.iter().flat_map(move |&offered| {
                    let point = move |&presize| Point {
                        threads,
                        key,
                        value,
                        offered,
                        presize,
                        tuning: Tuning::default(),
                        axis: offered.map(|rate| ("rate".to_owned(), rate.per_s.to_string())),
                    };
                    presize.iter().map(point)
                })
            })
        });
        for point in points {
            self.add_group(position, workload, adapters, &point);
        }
    }

    /// Adds one cell for each adapter at a point of a workload; their ids.
    pub(super) fn add_group(
        &mut self,
        position: usize,
        workload: &Workload,
        adapters: &[&Variant<'_>],
        point: &Point,
    ) -> Vec<u32> {
        let group: Vec<u32> = adapters
            .iter()
            .map(|adapter| self.add_cell(position, workload, adapter, point))
            .collect();
        if !group.is_empty() {
            self.groups.push(group.clone());
        }
        self.round_up_to_quads(&group);
        group
    }

    fn add_cell(
        &mut self,
        position: usize,
        workload: &Workload,
        variant: &Variant<'_>,
        point: &Point,
    ) -> u32 {
        let id = self.cells.len() as u32;
        let adapter = variant.entry;
        self.cells.push(Cell {
            id,
            scenario: workload.name.clone(),
            adapter: variant.label.clone(),
            adapter_version: adapter.meta.version.to_owned(),
            scan: adapter.meta.capabilities.scan.name().to_owned(),
            hasher: self.settings.hasher,
            key: point.key,
            value: point.value,
            threads: point.threads,
            axis: point.axis.as_ref().map(|(axis, _)| axis.clone()),
            axis_value: point.axis.as_ref().map(|(_, value)| value.clone()),
            presize: Some(point.presize),
            trace_hash: workload.hash.clone(),
            trace_ops: workload.header.ops,
            one_shot: workload.header.shape == Shape::OneShot
                || self.settings.measure == Measure::Memory,
            hit_share: workload.header.hit_share,
            effective_write_share: workload.header.effective_write_share,
            top_key_share: workload.header.top_key.map(|top| top.share),
            unit: workload.header.unit.clone(),
            maps: maps_of(&workload.header),
            free_actors: workload.extent.free_actors,
            tuning: variant.settings.over(&point.tuning.over(&self.settings.tuning)),
            offered: point.offered,
            paced: workload.extent.roles(point.offered.is_some()),
            role: Role::Measured,
            rounds: self.own_rounds(workload),
            arm: None,
        });
        self.workload_of.push(position);
        id
    }

    /// Adds a cell that runs the work of another one of its group.
    pub(super) fn push(&mut self, like: Cell) -> u32 {
        let id = self.cells.len() as u32;
        self.workload_of.push(self.workload_of[like.id as usize]);
        self.cells.push(Cell { id, ..like });
        id
    }

    /// Whether an adapter can run the work of a cell.
    pub(super) fn accepts(&self, id: u32, entry: &AdapterEntry) -> bool {
        lacks(&self.workload(id).requires, &Variant::plain(entry)).is_none()
    }

    /// The cell of an id.
    pub fn cell(&self, id: u32) -> &Cell {
        &self.cells[id as usize]
    }

    /// The workload of a cell.
    pub fn workload(&self, id: u32) -> &Workload {
        &self.workloads[self.workload_of[id as usize]]
    }

    /// What the worker of a cell and fork is told.
    pub fn trial(&self, id: u32, fork: u32) -> TrialSpec {
        let cell = self.cell(id);
        let settings = &self.settings;
        TrialSpec {
            adapter: cell.adapter_name().to_owned(),
            trace: self.workload(id).path.clone(),
            threads: cell.threads,
            key: cell.key,
            value: cell.value,
            hasher: cell.hasher,
            seed: settings.seed,
            fork,
            timing: settings.timing,
            cpus: settings.cpus.clone(),
            timeout_ns: settings.timeout_ns,
            max_memory_bytes: self.address_limit_bytes(id),
            presize: cell.presize.unwrap_or(self.workload(id).presize),
            tuning: cell.tuning.clone(),
            offered: cell.offered,
            count_instructions: settings.measure == Measure::Instructions,
        }
    }

    /// What a round of a cell executes, unless it is one of a pair that counts words.
    pub fn work(&self, id: u32) -> Work {
        if self.settings.measure == Measure::Instructions {
            return COUNTED;
        }
        let one_shot = self.cell(id).one_shot;
        if one_shot { Work::Trace } else { Work::DurationNs(self.round_ns(id)) }
    }

    /// Round `n` of a cell.
    pub fn round(&self, id: u32, n: u32, work: Work) -> RoundOrder {
        // A soak is not interrupted: it warms up once.
        let cold = n == 0 || self.warms_each_round(id);
        let warms = cold && matches!(work, Work::DurationNs(_));
        let warm_ns = if warms { self.settings.warm_ns } else { 0 };
        RoundOrder { n, work, warm_ns, sampled: false }
    }

    /// Rounds of a cell in each fork, unless a rule ends them sooner.
    pub fn rounds(&self, id: u32) -> u32 {
        self.cell(id).rounds.unwrap_or(self.settings.rounds)
    }

    /// Whether a cell is one of two that take rounds in quads.
    pub fn runs_quads(&self, id: u32) -> bool {
        let pair = |group: &&Vec<u32>| group.len() == 2 && group.contains(&id);
        self.settings.order == Sequence::Interleaved
            && self.settings.measure != Measure::Instructions
            && (!self.cell(id).one_shot || self.cell(id).arm.is_some())
            && self.groups.iter().any(|group| pair(&group))
    }

    /// Whether a round of a cell can be a number of words.
    pub fn counts_words(&self, id: u32) -> bool {
        self.cell(id).offered.is_none() && self.workload(id).extent.counts_words
    }

    /// Rounds per fork that the asked time comes to where the workload has a round length of its
    /// own; `None` where it comes to the run's.
    fn own_rounds(&self, workload: &Workload) -> Option<u32> {
        let (per_fork_ns, round_ns) = self.settings.per_fork_ns.zip(workload.round_ns)?;
        let steady = workload.header.shape == Shape::Steady;
        let rounds = u32::try_from(per_fork_ns.div_ceil(round_ns.max(1))).unwrap_or(u32::MAX);
        (steady && rounds != self.settings.rounds).then_some(rounds.max(1))
    }

    /// Length of a steady round of a cell. Nanoseconds.
    pub fn round_ns(&self, id: u32) -> u64 {
        let own_ns = self.workload(id).round_ns.unwrap_or(self.settings.round_ns);
        self.calibration_round_ns(id).unwrap_or(own_ns)
    }
}

/// 1 and all processors of this process.
pub(super) fn default_threads() -> Vec<u32> {
    match cpus_of_process() {
        1 => vec![1],
        all => vec![1, all],
    }
}

pub(super) fn cpus_of_process() -> u32 {
    std::thread::available_parallelism().map_or(1, |cpus| cpus.get() as u32)
}

/// The first of some requirements that an adapter does not meet.
pub(super) fn lacks(requires: &[Requirement], variant: &Variant<'_>) -> Option<Requirement> {
    requires.iter().copied().find(|&need| !variant.entry.meta.capabilities.meets(need))
}

/// Why an adapter is left out of a workload.
pub(super) fn skip(scenario: &str, requires: &[Requirement], variant: &Variant<'_>) -> Skipped {
    let reason = lacks(requires, variant).map_or("", Requirement::reason);
    Skipped {
        scenario: scenario.to_owned(),
        adapter: variant.label.clone(),
        reason: format!("{} {reason}", variant.label),
    }
}

/// What the maps of a trace are called.
fn maps_of(header: &TraceHeader) -> Vec<CellMap> {
    let named = |map: &MapSpec| CellMap { id: map.id.clone(), name: map.name.clone() };
    header.maps.iter().map(named).collect()
}
