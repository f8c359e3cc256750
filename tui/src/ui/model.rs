//! The state of the UI. It is changed by `update` only and read by the screens; it holds no
//! terminal, no channel and no clock.

use std::collections::VecDeque;

use mapbench_core::event::{EndCause, RunEvent, UiMode};
use mapbench_results::RunSummary;
use mapbench_results::units::Charset;
use ratatui::style::Style;

use super::host::{Choices, Wish};
use super::shelf::Shelf;
use super::tab::Tab;
use super::theme::Theme;
use super::view::{Sort, View, groups};
use super::wizard::Wizard;

/// Lines that the log keeps.
const MOST_LOG_LINES: usize = 500;

/// The state of the UI.
#[derive(Debug, Clone)]
pub struct Model {
    /// Colours and shapes.
    pub theme: Theme,
    /// What the program is doing.
    pub phase: Phase,
    /// The run that is shown; `None` shows the wizard.
    pub run: Option<RunSummary>,
    /// A copy of the run that stands still, while the view is frozen.
    pub frozen: Option<Box<RunSummary>>,
    /// The wizard.
    pub wizard: Wizard,
    /// What is shown of the run.
    pub view: View,
    /// The screen of the tab bar.
    pub tab: Tab,
    /// What the screens beside Run show.
    pub shelf: Shelf,
    /// What lies over the screen.
    pub overlay: Option<Overlay>,
    /// The filter of the screen or of help, and whether it is being typed.
    pub filter: String,
    /// Whether typed characters go into the filter.
    pub typing: bool,
    /// How the UI draws while rounds run.
    pub ui_mode: UiMode,
    /// Speed of a replay; `None` in a live run.
    pub replay: Option<Replay>,
    /// The cell of the last round that ended.
    pub last: Option<u32>,
    /// What was asked for, if the wizard asked.
    pub wish: Option<Wish>,
    /// Time on the clock that feeds the UI. Nanoseconds.
    pub now_ns: u64,
    /// When the run began on that clock. Nanoseconds.
    pub began_ns: u64,
    /// When it ended, once it has. Nanoseconds.
    pub ended_ns: Option<u64>,
    /// The host's guess of the run's length. Nanoseconds.
    pub estimate_ns: Option<u64>,
    /// Sentences, newest last.
    pub log: VecDeque<LogLine>,
    /// Lines scrolled up from the end of the log, or down from the start of help.
    pub scroll: usize,
    /// What a key just did, for the status line.
    pub said: Option<String>,
    /// Leave as soon as the session has ended.
    pub leaving: bool,
    /// Exit code so far.
    pub exit_code: u8,
    /// Whether the screen no longer shows the state.
    pub dirty: bool,
    /// Rows of the screen.
    pub height: u16,
}

/// What the program is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Waiting for a choice.
    Idle,
    /// Workers start and prefill.
    Preparing,
    /// Rounds run.
    Running,
    /// The pause begins at the next round boundary.
    Pausing,
    /// Nothing runs until somebody says so.
    Paused,
    /// The round in progress is the last one.
    Stopping,
    /// The run ended; it stays on screen.
    Finished(EndCause),
    /// The session could not begin or broke.
    Broken(String),
}

impl Phase {
    /// Whether a session is under way.
    pub fn is_active(&self) -> bool {
        matches!(
            self,
            Phase::Preparing | Phase::Running | Phase::Pausing | Phase::Paused | Phase::Stopping
        )
    }

    /// Its word on screen.
    pub fn word(&self) -> &'static str {
        match self {
            Phase::Idle => "IDLE",
            Phase::Preparing => "PREPARING",
            Phase::Running => "RUN",
            Phase::Pausing => "PAUSING",
            Phase::Paused => "PAUSED",
            Phase::Stopping => "STOPPING",
            Phase::Finished(EndCause::Finished) => "FINISHED",
            Phase::Finished(EndCause::Stopped) => "STOPPED",
            Phase::Finished(EndCause::Interrupted) => "INTERRUPTED",
            Phase::Finished(EndCause::Terminated) => "TERMINATED",
            Phase::Broken(_) => "ERROR",
        }
    }
}

/// What lies over the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlay {
    /// All keys.
    Help,
    /// The log.
    Log,
    /// Everything about a cell.
    Details(u32),
    /// The whole page of a sweep, a comparison or a series.
    Page,
    /// Whether to quit while a run is under way.
    Confirm,
}

/// A replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    /// How many times faster than it was.
    pub speed: u32,
}

/// Speeds of a replay.
pub const SPEEDS: [u32; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

/// A sentence of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Since the start of the run. Nanoseconds.
    pub at_ns: u64,
    /// Whether it is about something that failed.
    pub bad: bool,
    /// The sentence.
    pub text: String,
}

impl Model {
    /// An idle program.
    pub fn new(theme: Theme, choices: Choices, ui_mode: UiMode) -> Self {
        Model {
            theme,
            phase: Phase::Idle,
            run: None,
            frozen: None,
            wizard: Wizard::new(choices),
            view: View::default(),
            tab: Tab::Run,
            shelf: Shelf::default(),
            overlay: None,
            filter: String::new(),
            typing: false,
            ui_mode,
            replay: None,
            last: None,
            wish: None,
            now_ns: 0,
            began_ns: 0,
            ended_ns: None,
            estimate_ns: None,
            log: VecDeque::new(),
            scroll: 0,
            said: None,
            leaving: false,
            exit_code: 0,
            dirty: true,
            height: 24,
        }
    }

    /// The run as it is to be drawn.
    pub fn shown(&self) -> Option<&RunSummary> {
        self.frozen.as_deref().or(self.run.as_ref())
    }

    /// Whether the session is to be kept waiting between rounds.
    pub fn holds_the_session(&self) -> bool {
        self.phase == Phase::Paused && self.replay.is_none()
    }

    /// Since the run began, until it ended. Nanoseconds.
    pub fn elapsed_ns(&self) -> u64 {
        self.ended_ns.unwrap_or(self.now_ns).saturating_sub(self.began_ns)
    }

    /// The rows of the table: cells of the shown group that pass the filter, in the order that
    /// was asked for. Empty without a run.
    pub fn rows(&self) -> Vec<u32> {
        let Some(run) = self.shown() else { return Vec::new() };
        let groups = groups(run);
        let Some(group) = groups.get(self.view.group.min(groups.len().saturating_sub(1))) else {
            return Vec::new();
        };
        let cells = group.cells.iter().filter_map(|id| run.cell(*id));
        let filtered = cells
            .filter(|cell| self.overlay.is_some() || cell.cell().adapter.contains(&self.filter));
        let mut keyed: Vec<(f64, &str, u32)> = filtered
            .map(|cell| {
                let row = cell.row();
                let service = row.service.as_ref();
                let key = match self.view.sort {
                    Sort::Plan | Sort::Name => Some(0.0),
                    Sort::Throughput => row.ops_per_sec_median.map(|rate| -rate),
                    Sort::P50 => service.map(|service| service.p50 as f64),
                    Sort::P99 => service.map(|service| service.p99 as f64),
                };
                (key.unwrap_or(f64::INFINITY), cell.cell().adapter.as_str(), cell.cell().id)
            })
            .collect();
        match self.view.sort {
            Sort::Plan => {}
            Sort::Name => keyed.sort_by_key(|row| row.1),
            _ => keyed.sort_by(|a, b| a.0.total_cmp(&b.0)),
        }
        keyed.into_iter().map(|row| row.2).collect()
    }

    /// The cell under the cursor.
    pub fn cell_under_cursor(&self) -> Option<u32> {
        let rows = self.rows();
        rows.get(self.view.cursor.min(rows.len().saturating_sub(1))).copied()
    }

    /// Adds a sentence to the log.
    pub fn note(&mut self, bad: bool, text: String) {
        if self.log.len() == MOST_LOG_LINES {
            self.log.pop_front();
        }
        self.log.push_back(LogLine { at_ns: self.elapsed_ns(), bad, text });
        self.dirty = true;
    }

    /// Takes an event of a run into the summary and the log.
    pub fn take(&mut self, event: &RunEvent) {
        if let RunEvent::Begin(begin) = event {
            self.run = Some(RunSummary::new(begin));
            self.ui_mode = begin.ui;
            self.began_ns = self.now_ns;
            self.ended_ns = None;
            self.last = None;
            self.tab = self.shelf.begin(begin);
            for skipped in &begin.skipped {
                self.note(false, format!("left out of {}: {}", skipped.scenario, skipped.reason));
            }
        }
        if let Some(run) = &mut self.run {
            run.apply(event);
            self.shelf.take(event);
            if matches!(event, RunEvent::Begin(_) | RunEvent::Round { .. }) {
                self.shelf.judge(self.tab, run, self.now_ns, false);
            }
        }
        if let RunEvent::TrialStarted { cell, .. }
        | RunEvent::RoundStarted { cell, .. }
        | RunEvent::Round { cell, .. } = event
        {
            self.follow(*cell);
        }
        if let RunEvent::Round { cell, .. } = event {
            self.last = Some(*cell);
        }
        self.log_event(event);
        self.dirty |= !matches!(event, RunEvent::Drew { .. });
    }

    /// Shows the group of a cell, unless somebody chose a group.
    fn follow(&mut self, cell: u32) {
        let Some(run) = self.run.as_ref().filter(|_| !self.view.fixed && self.frozen.is_none())
        else {
            return;
        };
        let position = groups(run).iter().position(|group| group.cells.contains(&cell));
        self.view.group = position.unwrap_or(self.view.group);
    }

    fn log_event(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Note { text } => self.note(false, text.clone()),
            RunEvent::TrialFailed { cell, fork, failure, .. } => {
                let name = self.cell_name(*cell);
                let (kind, message) = (failure.kind.name(), &failure.message);
                self.note(true, format!("{name}, fork {fork}: {kind}: {message}"));
            }
            RunEvent::CellSkipped { cell } => {
                let name = self.cell_name(*cell);
                self.note(false, format!("{name}: skipped"));
            }
            _ => {}
        }
    }

    /// The adapter of a cell of the shown run.
    pub fn adapter(&self, cell: u32) -> Option<&str> {
        Some(self.shown()?.cell(cell)?.cell().adapter.as_str())
    }

    /// Judges for the screen on view what the run says in the end.
    pub fn judge(&mut self) {
        if let Some(run) = &self.run {
            self.shelf.judge(self.tab, run, self.now_ns, true);
            self.dirty = true;
        }
    }

    /// The shape that stands for a cell's adapter in the whole run.
    pub fn shape(&self, cell: u32) -> &'static str {
        self.theme.shape(self.identity(cell))
    }

    /// The style that stands for a cell's adapter in the whole run.
    pub fn series_style(&self, cell: u32) -> Style {
        self.theme.series(self.identity(cell))
    }

    /// How figures are spelled.
    pub fn charset(&self) -> Charset {
        self.theme.charset()
    }

    /// Position of a cell's adapter among the adapters of the run.
    fn identity(&self, cell: u32) -> usize {
        let Some((run, adapter)) = self.shown().zip(self.adapter(cell)) else { return 0 };
        let mut known: Vec<&str> = Vec::new();
        for cell in run.cells() {
            let name = cell.cell().adapter.as_str();
            if name == adapter {
                break;
            }
            if !known.contains(&name) {
                known.push(name);
            }
        }
        known.len()
    }

    /// Adapter, scenario and threads of a cell.
    pub fn cell_name(&self, cell: u32) -> String {
        self.run.as_ref().and_then(|run| run.cell(cell)).map_or_else(
            || format!("cell {cell}"),
            |cell| {
                let cell = cell.cell();
                format!("{} on {} ×{}", cell.adapter, cell.scenario, cell.threads)
            },
        )
    }
}
