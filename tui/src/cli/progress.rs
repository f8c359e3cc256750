//! What a person sees of a run without the terminal UI, on standard error: a bar on a terminal,
//! one line per finished cell elsewhere. It moves only when an event arrives; no thread ticks.

use std::io::{IsTerminal, stderr};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mapbench_core::event::{RunBegin, RunEvent};

use mapbench_results::units::rate;

use super::quantity::{show_bytes, show_ns};
use crate::session::Sink;
use crate::session::clock::Clock;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressMode {
    /// A bar on a terminal, a counter elsewhere
    Auto,
    /// A bar
    Bar,
    /// One line per finished cell, and a heartbeat each minute
    Counter,
    /// Nothing
    None,
}

/// Least time between two heartbeats. Nanoseconds.
const HEARTBEAT_NS: u64 = 60_000_000_000;

/// Shows progress.
pub(crate) struct Progress<C> {
    clock: C,
    bar: Option<ProgressBar>,
    lines: bool,
    /// Also say when a worker is ready and when it has verified.
    verbose: bool,
    begin: Option<Box<RunBegin>>,
    cells: Vec<CellProgress>,
    rounds_done: u64,
    last_line_ns: u64,
}

#[derive(Debug, Clone, Default)]
struct CellProgress {
    ops: u64,
    elapsed_ns: u64,
    rounds: u32,
    forks_over: u32,
    failed: bool,
}

impl<C: Clock> Progress<C> {
    /// Progress in a mode; `Auto` looks at standard error.
    pub(crate) fn new(mode: ProgressMode, verbose: bool, clock: C) -> Self {
        let mode = match mode {
            ProgressMode::Auto if stderr().is_terminal() => ProgressMode::Bar,
            ProgressMode::Auto => ProgressMode::Counter,
            chosen => chosen,
        };
        let bar = (mode == ProgressMode::Bar).then(bar);
        let last_line_ns = clock.now_ns();
        Progress {
            clock,
            bar,
            lines: mode == ProgressMode::Counter,
            verbose,
            begin: None,
            cells: Vec::new(),
            rounds_done: 0,
            last_line_ns,
        }
    }

    fn say(&mut self, line: &str) {
        self.last_line_ns = self.clock.now_ns();
        match &self.bar {
            Some(bar) => bar.println(line),
            None if self.lines => anstream::eprintln!("{line}"),
            None => {}
        }
    }

    fn name(&self, cell: u32) -> String {
        let found = self.begin.as_ref().and_then(|begin| begin.cells.get(cell as usize));
        found.map_or_else(String::new, |cell| {
            let (key, value) = (cell.key.name(), cell.value.name());
            let why = if cell.role.is_measured() { "" } else { " (calibration)" };
            let arm = cell.arm.map_or_else(String::new, |arm| format!(" in {}", arm.name()));
            let (scenario, adapter, threads) = (&cell.scenario, &cell.adapter, cell.threads);
            format!("{scenario} {key}/{value} t{threads} {adapter}{arm}{why}")
        })
    }

    /// The throughput in units of the trace, in words; empty if it has none.
    fn units_per_sec(&self, cell: u32, state: &CellProgress) -> String {
        let cell = self.begin.as_ref().and_then(|begin| begin.cells.get(cell as usize));
        let unit = cell.and_then(|cell| Some((cell.unit.as_ref()?, cell.trace_ops)));
        let Some((unit, trace_ops)) = unit.filter(|(_, ops)| *ops > 0) else {
            return String::new();
        };
        let passes = state.ops as f64 / trace_ops as f64;
        let per_sec = passes * unit.count as f64 * 1e9 / state.elapsed_ns.max(1) as f64;
        format!(", {} {}/s", rate(per_sec), unit.name)
    }

    fn rounds_planned(&self) -> u64 {
        self.begin.as_ref().map_or(0, |begin| {
            let measured = begin.cells.iter().filter(|cell| cell.role.is_measured());
            let rounds = measured.map(|cell| u64::from(cell.rounds.unwrap_or(begin.rounds)));
            rounds.sum::<u64>() * u64::from(begin.forks)
        })
    }

    /// Notes that a fork of a cell is over; after the last one the cell has its line.
    fn fork_over(&mut self, cell: u32, failed: bool) {
        let forks = self.begin.as_ref().map_or(0, |begin| begin.forks);
        let Some(state) = self.cells.get_mut(cell as usize) else { return };
        state.forks_over += 1;
        state.failed |= failed;
        let state = state.clone();
        if state.forks_over < forks || state.failed || !self.lines || !self.is_measured(cell) {
            return;
        }
        let measured = (0..).zip(&self.cells).filter(|(id, _)| self.is_measured(*id));
        let (mut finished, mut all) = (0, 0);
        for (_, cell) in measured {
            finished += u32::from(cell.forks_over >= forks);
            all += 1;
        }
        let mops = state.ops as f64 * 1e3 / state.elapsed_ns.max(1) as f64;
        let units = self.units_per_sec(cell, &state);
        let line = format!(
            "[{finished}/{all}] {}: {mops:.2} Mops/s{units} over {} rounds",
            self.name(cell),
            state.rounds
        );
        self.say(&line);
    }

    /// Whether a cell is measured for its own sake, so that somebody waits for its rounds.
    fn is_measured(&self, cell: u32) -> bool {
        let cells = self.begin.as_ref().map_or(&[][..], |begin| &begin.cells);
        cells.get(cell as usize).is_some_and(|cell| cell.role.is_measured())
    }

    fn round_over(&mut self, cell: u32) {
        if self.is_measured(cell) {
            self.rounds_done += 1;
            if let Some(bar) = &self.bar {
                bar.inc(1);
            }
        }
        if self.clock.now_ns().saturating_sub(self.last_line_ns) >= HEARTBEAT_NS {
            let line = format!("{} of {} rounds", self.rounds_done, self.rounds_planned());
            self.say(&line);
        }
    }
}

impl<C: Clock> Sink for Progress<C> {
    fn event(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Begin(begin) => {
                self.cells = vec![CellProgress::default(); begin.cells.len()];
                self.begin = Some(begin.clone());
                let planned = self.rounds_planned();
                if let Some(bar) = &self.bar {
                    bar.set_length(planned);
                }
            }
            RunEvent::CellAdded(cell) => {
                if let Some(begin) = &mut self.begin {
                    begin.cells.push((**cell).clone());
                    self.cells.push(CellProgress::default());
                }
            }
            RunEvent::TrialStarted { cell, .. } => {
                let name = self.name(*cell);
                if let Some(bar) = &self.bar {
                    bar.set_message(format!("preparing {name}"));
                }
            }
            RunEvent::Round { report, .. } if report.sampled => {}
            RunEvent::Round { cell, report, .. } => {
                if let Some(state) = self.cells.get_mut(*cell as usize) {
                    state.ops += report.ops;
                    state.elapsed_ns += report.elapsed_ns;
                    state.rounds += 1;
                }
                let name = self.name(*cell);
                if let Some(bar) = &self.bar {
                    bar.set_message(name);
                }
                self.round_over(*cell);
            }
            RunEvent::TrialReady { cell, fork, ready } if self.verbose => {
                let (entries, time) = (ready.entries, show_ns(ready.prefill_ns));
                let name = self.name(*cell);
                self.say(&format!("{name} fork {fork}: {entries} entries in {time}"));
            }
            RunEvent::TrialDone { cell, fork, done } => {
                if self.verbose {
                    let what = if done.verified { "verified" } else { "ended with" };
                    let memory = show_bytes(done.peak_rss_bytes);
                    let (name, entries) = (self.name(*cell), done.entries);
                    self.say(&format!("{name} fork {fork}: {what} {entries} entries, {memory}"));
                }
                self.fork_over(*cell, false);
            }
            RunEvent::TrialFailed { cell, fork, failure, .. } => {
                let (kind, message) = (failure.kind.name(), &failure.message);
                let line = format!("{} fork {fork}: {kind}: {message}", self.name(*cell));
                self.say(&line);
                self.fork_over(*cell, true);
            }
            RunEvent::CellSkipped { cell } => {
                let line = format!("{}: skipped", self.name(*cell));
                self.say(&line);
            }
            RunEvent::Note { text } => self.say(&format!("note: {text}")),
            RunEvent::End(_) => {
                if let Some(bar) = &self.bar {
                    bar.finish_and_clear();
                }
            }
            RunEvent::TrialReady { .. }
            | RunEvent::Resumed { .. }
            | RunEvent::RoundStarted { .. }
            | RunEvent::Pressure { .. }
            | RunEvent::Quads { .. }
            | RunEvent::RoundsEnded { .. }
            | RunEvent::Drew { .. } => {}
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{elapsed_precise} {bar:24} {pos}/{len} rounds  {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
