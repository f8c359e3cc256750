//! One run from the first line of its log to the last: identity, log, schedule, exit code. Every
//! event goes into the run log and the summary before it goes to the sinks of the caller.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mapbench_core::event::{EndCause, RunBegin, RunEnd, RunEvent, SCHEMA_VERSION, UiMode};
use mapbench_results::run_log::{RunLogError, RunLogWriter};
use mapbench_results::summary::RunSummary;
use mapbench_results::{exit, fingerprint};
use thiserror::Error;

use super::arms::Arms;
use super::clock::{Clock, Monotonic};
use super::control::Control;
use super::crew::Tools;
use super::plan::Settings;
use super::prepare::Prepared;
use super::pressure::Proc;
use super::process::Processes;
use super::schedule;
use super::sink::Sink;
use super::subject::{self, ALLOCATOR};

/// Least time between two waits for the disk while rounds run. Nanoseconds.
const SYNC_NS: u64 = 1_000_000_000;

/// What a run left behind.
#[derive(Debug)]
pub struct Conducted {
    /// The run log.
    pub log: PathBuf,
    /// What it says.
    pub summary: RunSummary,
    /// How it ended.
    pub end: RunEnd,
    /// Why the log is incomplete, if it is.
    pub log_failure: Option<RunLogError>,
}

/// Why a run could not begin.
#[derive(Debug, Error)]
pub enum ConductError {
    /// The run log cannot be made.
    #[error("{0}; choose another folder with --store")]
    Log(#[from] RunLogError),
    /// The program cannot find itself to start workers.
    #[error("the path of this program cannot be found, so no worker can be started: {0}")]
    Program(#[from] io::Error),
}

/// Runs a plan with real workers. Returns when all is measured, or stopped and saved.
pub fn conduct(
    prepared: &Prepared,
    command: Vec<String>,
    ui: UiMode,
    control: &Control,
    sink: &mut dyn Sink,
) -> Result<Conducted, ConductError> {
    let launch = Processes::of_this_program()?;
    let begin = begin(prepared, command, ui);
    conduct_with(prepared, begin, launch, control, sink)
}

/// Runs a plan whose cells are of the programs of a comparison.
pub fn conduct_comparison(
    prepared: &Prepared,
    arms: &Arms,
    command: Vec<String>,
    control: &Control,
    sink: &mut dyn Sink,
) -> Result<Conducted, ConductError> {
    let launch = Processes::of_this_program()?.with_arms(arms.paths());
    let looks = prepared.plan.settings.rules.looks.count();
    let begin = RunBegin {
        // What is under test is B, whatever program holds the session.
        commit: arms.b.commit.clone(),
        subject: Some(arms.b.said.subject.clone()),
        comparison: Some(arms.begin(looks)),
        ..begin(prepared, command, UiMode::None)
    };
    conduct_with(prepared, begin, launch, control, sink)
}

fn conduct_with(
    prepared: &Prepared,
    begin: RunBegin,
    launch: Processes,
    control: &Control,
    sink: &mut dyn Sink,
) -> Result<Conducted, ConductError> {
    let writer = RunLogWriter::create(&prepared.store, &begin)?;
    let plan = &prepared.plan;
    let recorder = Recorder::new(RunSummary::new(&begin), writer, control, sink);
    let first = RunEvent::Begin(Box::new(begin));
    Ok(recorder.record(launch, &first, &plan.settings, |tools| {
        for text in plan.notes() {
            tools.sink.event(&RunEvent::Note { text });
        }
        schedule::run(plan, tools)
    }))
}

/// The first line of a run's log, and the first event of its UI.
pub fn begin(prepared: &Prepared, command: Vec<String>, ui: UiMode) -> RunBegin {
    let plan = &prepared.plan;
    let begin = begin_with(&plan.settings, command, ui);
    RunBegin { cells: plan.cells.clone(), skipped: plan.skipped.clone(), ..begin }
}

/// The first line of a run without cells.
pub(super) fn begin_with(settings: &Settings, command: Vec<String>, ui: UiMode) -> RunBegin {
    RunBegin {
        schema_version: SCHEMA_VERSION,
        run_id: run_id(),
        started: Timestamp::now().to_string(),
        command,
        mapbench_version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: settings.seed,
        forks: settings.forks,
        rounds: settings.rounds,
        round_ns: settings.round_ns,
        warm_ns: settings.warm_ns,
        timing: settings.timing,
        measure: settings.measure,
        ui,
        order: settings.order,
        cells: Vec::new(),
        skipped: Vec::new(),
        commit: fingerprint::commit(Path::new(".")),
        machine: fingerprint::machine(ALLOCATOR),
        cpus: settings.cpus.clone(),
        subject: Some(subject::of_this_program()),
        sweep: None,
        comparison: None,
    }
}

/// Eight random hexadecimal digits: unique among the runs of a store, and short to type.
fn run_id() -> String {
    // The keys of `RandomState` come from the system's entropy.
    let random = RandomState::new().hash_one(Timestamp::now().as_nanosecond());
    format!("{:08x}", random as u32)
}

/// Keeps log and summary, then passes events on.
pub(super) struct Recorder<'a> {
    writer: RunLogWriter,
    summary: RunSummary,
    sink: &'a mut dyn Sink,
    control: &'a Control,
    log_failure: Option<RunLogError>,
    /// Workers that live, and rounds since the log was last put on disk.
    alive: usize,
    unsynced: usize,
    synced_ns: u64,
}

impl<'a> Recorder<'a> {
    /// Of a run that has come to a summary so far.
    pub(super) fn new(
        summary: RunSummary,
        writer: RunLogWriter,
        control: &'a Control,
        sink: &'a mut dyn Sink,
    ) -> Self {
        Recorder {
            writer,
            summary,
            sink,
            control,
            log_failure: None,
            alive: 0,
            unsynced: 0,
            synced_ns: Monotonic.now_ns(),
        }
    }

    /// Tells a first event, has the work done, and writes the last line.
    pub(super) fn record(
        mut self,
        mut launch: Processes,
        first: &RunEvent,
        settings: &Settings,
        work: impl FnOnce(&mut Tools<'_>) -> EndCause,
    ) -> Conducted {
        let log = self.writer.path().to_owned();
        self.event(first);
        let control = self.control;
        let cause = work(&mut Tools {
            launch: &mut launch,
            clock: &Monotonic,
            gauge: &Proc::new(settings.cpus.clone()),
            sink: &mut self,
            control,
        });
        let exit_code = if settings.strict {
            exit::strict_code(&self.summary, cause)
        } else {
            exit::code(&self.summary, cause)
        };
        let end = RunEnd { cause, exit_code, ended: Timestamp::now().to_string() };
        self.event(&RunEvent::End(end.clone()));
        self.sync();
        let Recorder { summary, log_failure, .. } = self;
        Conducted { log, summary, end, log_failure }
    }

    fn sync(&mut self) {
        self.unsynced = 0;
        self.synced_ns = Monotonic.now_ns();
        let synced = self.writer.sync();
        self.keep(synced);
    }

    fn keep(&mut self, outcome: Result<(), RunLogError>) {
        if let Err(error) = outcome
            && self.log_failure.is_none()
        {
            self.log_failure = Some(error);
            // To measure on without keeping anything would waste the time of whoever waits.
            self.control.ask(|requests| {
                requests.stop.get_or_insert(EndCause::Stopped);
            });
        }
    }
}

impl Sink for Recorder<'_> {
    fn event(&mut self, event: &RunEvent) {
        match event {
            RunEvent::TrialStarted { .. } => self.alive += 1,
            RunEvent::TrialDone { .. } | RunEvent::TrialFailed { .. } => {
                self.alive = self.alive.saturating_sub(1);
                self.unsynced += 1;
            }
            RunEvent::Round { .. } => self.unsynced += 1,
            _ => {}
        }
        let written = self.writer.write(event);
        self.keep(written);
        self.summary.apply(event);
        self.sink.event(event);
    }

    fn between_rounds(&mut self) {
        // A crash of the machine may cost this long; a crash of the program costs nothing, as each
        // event is written at once. To wait for the disk after rounds of 10 ms would be most of
        // the time between them.
        let due = Monotonic.now_ns().saturating_sub(self.synced_ns) >= SYNC_NS;
        if self.unsynced > 0 && self.unsynced >= self.alive && due {
            self.sync();
        }
        self.sink.between_rounds();
        for event in self.sink.own_events() {
            let written = self.writer.write(&event);
            self.keep(written);
        }
    }
}
