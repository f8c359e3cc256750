//! A few trials inside this process, parked between rounds, so that an examination can interleave
//! rounds of its own. Measures through the driver and judges nothing.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;

use mapbench_core::driver::InProcess;
use mapbench_core::event::{RoundOrder, RoundReport, RunBegin, TrialSpec, UiMode, Work};
use mapbench_core::registry::{Registry, TrialFn};
use mapbench_core::trace::{self, Trace};
use mapbench_results::stats::RoundSample;

use crate::session::request::RunRequest;
use crate::session::{Prepared, conduct, prepare};

/// What is run: gets of many keys with a few writes.
const SCENARIO: &str = "curated/read-heavy";
/// Measured part of a round, and unmeasured running before it. Nanoseconds.
pub(super) const ROUND_NS: u64 = 10_000_000;
const WARM_NS: u64 = 8_000_000;
/// Rounds by time, from which the ops of all that follow are taken.
const FIRST_ROUNDS: u32 = 5;

/// A plan of one scenario, its trace in memory.
pub(super) struct Bench<'r> {
    registry: &'r Registry,
    prepared: Prepared,
    trace: Arc<Trace>,
    /// Removed when the bench is dropped.
    folder: PathBuf,
}

impl<'r> Bench<'r> {
    /// Plans the adapters at these thread counts.
    pub(super) fn new(
        registry: &'r Registry,
        adapters: &[&str],
        threads: &[u32],
    ) -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("mapbench-doctor-{}", std::process::id()));
        let request = RunRequest {
            adapters: adapters.iter().map(|&name| name.to_owned()).collect(),
            scenarios: vec![SCENARIO.to_owned()],
            threads: threads.to_vec(),
            store: Some(folder.clone()),
            ..RunRequest::default()
        };
        let prepared = prepare(registry, &request).map_err(|error| error.to_string())?;
        let path = &prepared.plan.workloads[0].path;
        let label = path.display().to_string();
        let file = File::open(path).map_err(|error| format!("{label}: {error}"))?;
        let trace = Arc::new(trace::read(file, &label).map_err(|error| error.to_string())?);
        Ok(Bench { registry, prepared, trace, folder })
    }

    /// The first line that a run of this bench would log.
    pub(super) fn begin(&self) -> RunBegin {
        conduct::begin(
            &self.prepared,
            vec!["mapbench".into(), "doctor".into()],
            UiMode::BetweenRounds,
        )
    }

    /// A trial of an adapter, prefilled and parked.
    pub(super) fn seat(&self, adapter: &str, threads: u32) -> Result<Seat, String> {
        let plan = &self.prepared.plan;
        let mut cells = plan.cells.iter();
        let cell = cells.find(|cell| cell.adapter == adapter && cell.threads == threads);
        let entry = self.registry.get(adapter);
        let (Some(cell), Some(entry)) = (cell, entry) else {
            return Err(format!("{adapter} cannot run {SCENARIO}"));
        };
        // Nothing but this process would be limited.
        let spec = TrialSpec { max_memory_bytes: 0, ..plan.trial(cell.id, 0) };
        Seat::take(entry.trial, spec, &self.trace)
    }
}

impl Drop for Bench<'_> {
    fn drop(&mut self) {
        // What stays behind is one trace in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A trial of this process and what its rounds are.
pub(super) struct Seat {
    trial: InProcess,
    rounds: u32,
    /// Words of each thread in a round, once they are known.
    words: Option<u64>,
}

impl Seat {
    fn take(trial: TrialFn, spec: TrialSpec, trace: &Arc<Trace>) -> Result<Seat, String> {
        let trial = InProcess::start(trial, spec, trace);
        let mut seat = Seat { trial, rounds: 0, words: None };
        // The most of a few: a round that was preempted would make all that follow too short.
        let mut most = 0;
        for _ in 0..FIRST_ROUNDS {
            most = seat.round()?.ops_per_thread.into_iter().fold(most, u64::max);
        }
        seat.words = (most > 0).then_some(most);
        Ok(seat)
    }

    /// Makes the rounds of this seat execute as many ops as those of another.
    pub(super) fn runs_as(&mut self, other: &Seat) {
        self.words = other.words;
    }

    /// Runs one round.
    pub(super) fn round(&mut self) -> Result<RoundReport, String> {
        let (work, warm_ns) = match self.words {
            None => (Work::DurationNs(ROUND_NS), WARM_NS),
            Some(measured) => (Work::Words { warm: measured * WARM_NS / ROUND_NS, measured }, 0),
        };
        let order = RoundOrder { n: self.rounds, work, warm_ns, sampled: false };
        self.rounds += 1;
        self.trial.round(order).map_err(|failure| failure.message)
    }
}

/// A round as statistics take it, the `n`-th of its arm.
pub(super) fn sample(report: &RoundReport, n: u32) -> RoundSample {
    RoundSample {
        fork: 0,
        n,
        mode: report.placement.map(|placement| placement.mode),
        ops_per_sec: report.ops as f64 * 1e9 / report.elapsed_ns.max(1) as f64,
        preempted: report.involuntary_switches > 0,
    }
}
