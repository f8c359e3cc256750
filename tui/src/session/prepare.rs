//! From a request in names to a plan: looks scenarios and adapters up, writes each trace once
//! into the store, and crosses the lot. Measures nothing and starts nothing.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use mapbench_core::adapter::{AdapterClass, HasherKind};
use mapbench_core::driver::allowed_cpus;
use mapbench_core::event::{Cell, Measure, Skipped, Timing};
use mapbench_core::key::KeyKind;
use mapbench_core::registry::{AdapterEntry, Registry};
use mapbench_core::scenario::{self, Scenario, ScenarioError};
use mapbench_core::trace::{self, FormatError, Shape, Trace};
use mapbench_core::value::ValueKind;
use mapbench_core::workload::{self, WorkloadError};
use mapbench_results::store;
use thiserror::Error;

use super::calibrate::Effort;
use super::extent::Extent;
use super::plan::{Axes, Plan, Settings, Workload};
use super::request::{Length, RunRequest};
use super::select::{self, SelectError};
use super::variant::{self, Variant};

/// A plan and where its results go.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// What the run will do.
    pub plan: Plan,
    /// The folder of run logs and traces.
    pub store: PathBuf,
}

/// Why a request cannot be planned.
#[derive(Debug, Error)]
pub enum PrepareError {
    /// Names or globs of adapters or scenarios.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// A scenario file that is not one.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A scenario that cannot become a trace.
    #[error(
        "scenario `{name}`: {source}; correct it, `mapbench scenarios show` prints one that works"
    )]
    Workload {
        /// The scenario.
        name: String,
        /// Why.
        source: WorkloadError,
    },
    /// A file that cannot be read.
    #[error("`{}` ({flag}) cannot be read: {source}; check the path", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The flag that named it.
        flag: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A trace file that is not one.
    #[error(transparent)]
    Trace(#[from] FormatError),
    /// The store cannot be written.
    #[error("`{}` cannot be written: {source}; choose another folder with --store", path.display())]
    Store {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A duration for work that has none.
    #[error(
        "`{name}` is one-shot here: a round is the whole trace, so -d cannot size it; use --rounds"
    )]
    DurationOfOneShot {
        /// The scenario or trace.
        name: String,
    },
    /// A rate for a workload whose actors all have their own.
    #[error("`{name}` keeps a pace of its own, so --rate cannot offer it at another; leave it out")]
    OwnPace {
        /// The scenario or trace.
        name: String,
    },
    /// Work whose instructions are not those of a number of ops.
    #[error(
        "--measure instructions counts one thread's ops in a closed loop: leave -t and --rate out, \
         and take a steady scenario of one actor instead of `{name}` if it has several"
    )]
    Uncountable {
        /// The scenario or trace.
        name: String,
    },
    /// Types that this hasher is not built for.
    #[error(
        "--hasher siphash is built for --key u64 --value 8 only, and `{name}` runs with {key} keys and {value}-byte values; name both, or use foldhash"
    )]
    Siphash {
        /// The scenario or trace.
        name: String,
        /// Its key kind.
        key: &'static str,
        /// Its value kind.
        value: String,
    },
    /// Types that boxed values are not built for.
    #[error(
        "--value {value} is built for --key u64 only, and `{name}` runs with string keys; add --key u64"
    )]
    Boxed {
        /// The scenario or trace.
        name: String,
        /// The value kind.
        value: String,
    },
    /// A processor that this process may not use.
    #[error("processor {cpu} (--cpus) is not among those of this process: {allowed}")]
    Cpu {
        /// The processor.
        cpu: u32,
        /// Those it may use.
        allowed: String,
    },
    /// No adapter fits any scenario.
    #[error("no adapter can run what was asked for: {0}")]
    NothingFits(String),
}

/// Whether a preparation failed for want of anything to do, of a writable store, or for the way
/// it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Nothing was selected.
    Nothing,
    /// The store.
    Output,
    /// The request or a file that it names.
    Usage,
}

impl PrepareError {
    /// Who is to blame.
    pub fn blame(&self) -> Blame {
        match self {
            PrepareError::Select(SelectError::Nothing { .. }) | PrepareError::NothingFits(_) => {
                Blame::Nothing
            }
            PrepareError::Store { .. } => Blame::Output,
            _ => Blame::Usage,
        }
    }
}

/// Traces in the store, beside the run logs.
const TRACES: &str = "traces";
/// Memory that is assumed to be available where the system does not say. Bytes.
const ASSUMED_MEMORY_BYTES: u64 = 4 << 30;
/// How much slower everything is on a processor that is simulated, at most.
const SIMULATED_SLOWDOWN: u64 = 100;
/// Part of the available memory that workers may take together, in percent.
const MEMORY_PERCENT: u64 = 80;

/// Plans a request. Writes the traces that it needs into the store, unless they are there.
pub fn prepare(registry: &Registry, request: &RunRequest) -> Result<Prepared, PrepareError> {
    let mut adapters = variant::variants(registry, &request.adapters)?;
    if request.measure == Measure::Instructions {
        add_floor(registry, &mut adapters);
    }
    let store = store_of(request)?;
    let (workloads, out_of_reach) = workloads(registry, request, &store)?;
    for workload in &workloads {
        check(workload, request)?;
    }
    let axes = Axes {
        threads: each_once(request.threads()),
        keys: each_once(&request.keys),
        values: each_once(&request.values),
        offered: request.offered(),
        presize: each_once(&request.presize),
    };
    let mut plan = Plan::new(workloads, &adapters, &axes, settings(request)?);
    plan.skipped.extend(out_of_reach);
    if plan.cells.is_empty() {
        return Err(nothing_fits(&plan));
    }
    if request.calibration == Effort::Quick && request.measure == Measure::Time {
        let keeps = |cell: &Cell| registry.get(cell.adapter_name()).is_some_and(keeps_entries);
        plan.calibrate(nothing(registry), keeps);
    }
    Ok(Prepared { plan, store })
}

/// Whether a map keeps its entries.
pub(super) fn keeps_entries(entry: &AdapterEntry) -> bool {
    entry.meta.capabilities.keeps_entries
}

/// The map that keeps nothing, by which the harness is measured.
pub(super) fn nothing(registry: &Registry) -> Option<&AdapterEntry> {
    let mut entries = registry.entries().iter();
    entries.find(|entry| entry.meta.class == AdapterClass::Control && !keeps_entries(entry))
}

/// That a plan has no cells, with the reasons.
pub(super) fn nothing_fits(plan: &Plan) -> PrepareError {
    let reason = |skipped: &Skipped| format!("{} ({})", skipped.reason, skipped.scenario);
    PrepareError::NothingFits(plan.skipped.iter().map(reason).collect::<Vec<_>>().join("; "))
}

/// Counts mean something beside those of the harness alone.
fn add_floor<'r>(registry: &'r Registry, adapters: &mut Vec<Variant<'r>>) {
    let floor = registry.entries().iter().find(|entry| !entry.meta.capabilities.keeps_entries);
    if let Some(floor) = floor
        && adapters.iter().all(|adapter| adapter.entry.meta.name != floor.meta.name)
    {
        adapters.push(Variant::plain(floor));
    }
}

/// What a request runs, and the scenarios that it names but that need adapters which are not there.
fn workloads(
    registry: &Registry,
    request: &RunRequest,
    store: &Path,
) -> Result<(Vec<Workload>, Vec<Skipped>), PrepareError> {
    if let Some(path) = &request.trace {
        return Ok((vec![workload_of_file(path)?], Vec::new()));
    }
    let (lacking, runnable) = by_adapters(registry, scenarios(request)?);
    let workloads = runnable.iter().map(|scenario| workload_of_scenario(scenario, request, store));
    Ok((workloads.collect::<Result<_, _>>()?, lacking))
}

/// Splits scenarios into those whose question needs adapters that are not there, and the others.
pub(super) fn by_adapters(
    registry: &Registry,
    scenarios: Vec<Scenario>,
) -> (Vec<Skipped>, Vec<Scenario>) {
    let mut lacking = Vec::new();
    let mut runnable = Vec::new();
    for scenario in scenarios {
        let names = registry.entries().iter().map(|entry| entry.meta.name);
        match scenario.lacks_adapters(names) {
            Some(reason) => lacking.push(Skipped {
                adapter: scenario.needs_adapters.join(", "),
                scenario: scenario.name,
                reason,
            }),
            None => runnable.push(scenario),
        }
    }
    (lacking, runnable)
}

fn each_once<T: Copy + PartialEq>(items: &[T]) -> Vec<T> {
    let mut once = Vec::new();
    for item in items {
        if !once.contains(item) {
            once.push(*item);
        }
    }
    once
}

/// The folder of run logs and traces that a request means.
pub fn store_of(request: &RunRequest) -> Result<PathBuf, PrepareError> {
    let chosen = request.store.clone();
    // Workers get the traces by path, so it must not depend on anybody's current folder.
    let here = std::env::current_dir()
        .map_err(|source| PrepareError::Store { path: PathBuf::from("."), source })?;
    Ok(chosen.map_or_else(|| store::find(&here), |folder| here.join(folder)))
}

/// The scenarios that a request names: built-in ones, and files by their path.
pub fn scenarios(request: &RunRequest) -> Result<Vec<Scenario>, PrepareError> {
    let mut patterns = request.scenarios.clone();
    if patterns.is_empty() {
        patterns = request.presets().iter().copied().map(str::to_owned).collect();
    }
    find_scenarios(&patterns)
}

/// Built-in scenarios by name, suffix or glob, and files by their path; each once.
pub fn find_scenarios(patterns: &[String]) -> Result<Vec<Scenario>, PrepareError> {
    let catalog = scenario::catalog();
    let names: Vec<&str> = catalog.iter().map(|scenario| scenario.name.as_str()).collect();
    let mut found: Vec<Scenario> = Vec::new();
    let mut built_in = Vec::new();
    for pattern in patterns {
        if Path::new(pattern).extension().is_some_and(|extension| extension == "toml") {
            let text = fs::read_to_string(pattern).map_err(|source| PrepareError::Read {
                path: pattern.into(),
                flag: "-s",
                source,
            })?;
            let mut scenario = Scenario::from_toml(pattern, &text)?;
            supply_traces(&mut scenario, Path::new(pattern))?;
            found.push(scenario);
        } else {
            built_in.push(pattern.clone());
        }
    }
    if !built_in.is_empty() {
        let positions = select::scenarios(&names, &built_in)?;
        found.splice(0..0, positions.into_iter().map(|at| catalog[at].clone()));
    }
    Ok(found)
}

/// Reads the trace files that a scenario takes popularity from; their paths are relative to its own
/// file.
pub fn supply_traces(scenario: &mut Scenario, scenario_file: &Path) -> Result<(), PrepareError> {
    let folder = scenario_file.parent().unwrap_or(Path::new(""));
    for name in scenario.workload.files() {
        let path = folder.join(&name);
        let file = File::open(&path).map_err(|source| PrepareError::Read {
            path: path.clone(),
            flag: "popularity.replay.file",
            source,
        })?;
        let (trace, hash) = trace::read_hashed(file, &path.display().to_string())?;
        scenario
            .workload
            .supply(&name, &trace, hash)
            .map_err(|source| PrepareError::Workload { name: scenario.name.clone(), source })?;
    }
    Ok(())
}

pub(super) fn workload_of_scenario(
    scenario: &Scenario,
    request: &RunRequest,
    store: &Path,
) -> Result<Workload, PrepareError> {
    let trace = workload::generate(scenario, request.seed)
        .map_err(|source| PrepareError::Workload { name: scenario.name.clone(), source })?;
    let hash = trace::hash(&trace).to_string();
    let path = keep(&trace, &hash, store)?;
    Ok(Workload {
        name: scenario.name.clone(),
        path,
        hash,
        extent: Extent::of(&trace),
        header: trace.header,
        requires: scenario.requirements().into_iter().collect(),
        key: scenario.key,
        value: scenario.value,
        threads: scenario.threads.clone(),
        round_ns: scenario.round_ns.filter(|_| request.round_ns.is_none()),
        presize: scenario.presize,
    })
}

/// What a request's trace file holds, checked against the rest of the request; `None` if it names
/// no trace.
pub fn trace_of(request: &RunRequest) -> Result<Option<Workload>, PrepareError> {
    let Some(path) = &request.trace else { return Ok(None) };
    let workload = workload_of_file(path)?;
    check(&workload, request)?;
    Ok(Some(workload))
}

fn workload_of_file(path: &Path) -> Result<Workload, PrepareError> {
    let unreadable = |source| PrepareError::Read { path: path.to_owned(), flag: "--trace", source };
    let path = path.canonicalize().map_err(unreadable)?;
    let file = File::open(&path).map_err(unreadable)?;
    let (trace, hash) = trace::read_hashed(file, &path.display().to_string())?;
    Ok(Workload {
        name: trace.header.name.clone(),
        hash: hash.to_string(),
        requires: trace.requirements().into_iter().collect(),
        // An import is of pods, whose names are strings; --key overrides it.
        key: KeyKind::String,
        value: ValueKind::Word,
        threads: None,
        round_ns: None,
        presize: trace.header.shape == Shape::Steady,
        extent: Extent::of(&trace),
        header: trace.header,
        path,
    })
}

/// Writes a trace into the store under its hash, in one step, unless it is there already.
fn keep(trace: &Trace, hash: &str, store: &Path) -> Result<PathBuf, PrepareError> {
    let folder = store.join(TRACES);
    let path = folder.join(format!("{hash}.mbt"));
    if is_whole(&path, hash) {
        return Ok(path);
    }
    let draft = folder.join(format!("{hash}.{}.draft", std::process::id()));
    fs::create_dir_all(&folder)
        .and_then(|()| File::create(&draft))
        .and_then(|file| trace::write(trace, file))
        .and_then(|_| fs::rename(&draft, &path))
        .map_err(|source| PrepareError::Store { path: path.clone(), source })?;
    Ok(path)
}

fn is_whole(path: &Path, hash: &str) -> bool {
    let Ok(file) = File::open(path) else { return false };
    trace::read_hashed(file, "").is_ok_and(|(_, found)| found.to_string() == hash)
}

pub(super) fn check(workload: &Workload, request: &RunRequest) -> Result<(), PrepareError> {
    let name = workload.name.clone();
    let whole = workload.header.shape == Shape::OneShot || request.measure == Measure::Memory;
    if whole && matches!(request.length, Length::PerCellNs(_)) {
        return Err(PrepareError::DurationOfOneShot { name });
    }
    if request.measure == Measure::Instructions {
        let several = request.threads().iter().any(|&threads| threads != 1);
        if several || !request.rates.is_empty() || !workload.extent.counts_words {
            return Err(PrepareError::Uncountable { name });
        }
    }
    let paced = workload.header.actors.iter().filter(|actor| actor.pace.is_some()).count();
    let all_paced = paced == workload.header.actors.len();
    if !request.rates.is_empty() && (all_paced || (paced > 0 && !workload.extent.free_actors)) {
        return Err(PrepareError::OwnPace { name });
    }
    let keys = request.keys.iter().copied().chain(request.keys.is_empty().then_some(workload.key));
    let values =
        request.values.iter().copied().chain(request.values.is_empty().then_some(workload.value));
    let others = (
        keys.clone().find(|&key| key != KeyKind::U64),
        values.clone().find(|&value| value != ValueKind::Word),
    );
    if request.hasher == HasherKind::Siphash && others != (None, None) {
        let key = others.0.unwrap_or(KeyKind::U64).name();
        let value = others.1.unwrap_or(ValueKind::Word).name().into_owned();
        return Err(PrepareError::Siphash { name, key, value });
    }
    let boxed = values.clone().find(|value| matches!(value, ValueKind::Boxed(_)));
    if let (Some(_), Some(value)) = (others.0, boxed) {
        return Err(PrepareError::Boxed { name, value: value.name().into_owned() });
    }
    Ok(())
}

pub(super) fn settings(request: &RunRequest) -> Result<Settings, PrepareError> {
    let allowed = allowed_cpus();
    if let Some(&cpu) = request.cpus.iter().find(|cpu| !allowed.contains(cpu)) {
        let allowed = allowed.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        return Err(PrepareError::Cpu { cpu, allowed });
    }
    let counts = request.measure == Measure::Instructions;
    Ok(Settings {
        seed: request.seed,
        forks: if counts { 1 } else { request.forks() },
        rounds: request.rounds_per_fork(),
        per_fork_ns: request.per_fork_ns(),
        round_ns: request.round_ns(),
        warm_ns: request.warm_ns,
        timing: if counts { Timing::None } else { request.timing },
        measure: request.measure,
        timeout_ns: request.timeout_ns.saturating_mul(if counts { SIMULATED_SLOWDOWN } else { 1 }),
        max_memory_bytes: request.max_memory_bytes.unwrap_or_else(memory_to_use_bytes),
        cpus: if request.cpus.is_empty() { allowed } else { request.cpus.clone() },
        hasher: request.hasher,
        tuning: request.tuning.clone(),
        order: request.order,
        strict: request.strict,
        stacks: request.stacks.is_some(),
        rules: request.rules(),
    })
}

fn memory_to_use_bytes() -> u64 {
    let available_kib = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    });
    available_kib.map_or(ASSUMED_MEMORY_BYTES, |kib| kib * 1024) / 100 * MEMORY_PERCENT
}
