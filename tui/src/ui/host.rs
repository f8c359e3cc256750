//! What the UI needs of the program around it: what can be chosen, what a choice costs, and a run
//! of it. The real one plans and runs sessions; tests simulate. No terminal here.

use mapbench_core::event::{RunEnd, UiMode};

use super::link::UiLink;
use super::shelf::Found;
use super::tab::Tab;
use crate::session::request::{Length, RunRequest};
use crate::session::{Control, command};

/// What can be chosen in the wizard.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choices {
    /// Scenarios: canonical name and one line about each.
    pub scenarios: Vec<Choice>,
    /// Adapters: name and one line about each.
    pub adapters: Vec<Choice>,
    /// All that the wizard does not ask, and which thread counts and time per cell are chosen at
    /// first, where it says so.
    pub request: RunRequest,
    /// Processors that workers may use.
    pub cpus: u32,
    /// Whether the work is one-shot, so that rounds are chosen and not time.
    pub one_shot: bool,
}

/// One thing that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its name.
    pub name: String,
    /// One line about it.
    pub about: String,
    /// Whether it is chosen at the start.
    pub chosen: bool,
}

/// What somebody chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Canonical scenario names, or the name of the trace.
    pub scenarios: Vec<String>,
    /// Adapter names.
    pub adapters: Vec<String>,
    /// Thread counts.
    pub threads: Vec<u32>,
    /// How long each cell is measured.
    pub length: Length,
}

impl Wish {
    /// The whole request; `rest` says what the wizard does not ask.
    #[must_use]
    pub fn request(&self, rest: &RunRequest) -> RunRequest {
        RunRequest {
            // A trace is the only work of its run, and names itself.
            scenarios: if rest.trace.is_some() { Vec::new() } else { self.scenarios.clone() },
            adapters: self.adapters.clone(),
            threads: self.threads.clone(),
            length: self.length,
            ..rest.clone()
        }
    }

    /// The command line that asks for the same, as it is typed into a shell.
    pub fn command(&self, rest: &RunRequest) -> String {
        command::shell(&command::of(&self.request(rest)))
    }
}

/// What a wish comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// How long it will take. Nanoseconds.
    pub total_ns: u64,
    /// Cells that it measures.
    pub cells: usize,
    /// Combinations that do not fit together and are left out.
    pub skipped: usize,
}

/// The program around the UI.
pub trait Host: Sync {
    /// What can be chosen.
    fn choices(&self) -> Choices;

    /// What a wish comes to, or in a sentence why it cannot be.
    fn estimate(&self, wish: &Wish) -> Result<Estimate, String>;

    /// How the UI may draw while a wish is measured.
    fn ui_mode(&self, wish: &Wish) -> UiMode;

    /// The newest thing of the store that a screen shows, or in a sentence why there is none and
    /// how to make one.
    fn find(&self, tab: Tab) -> Result<Found, String> {
        Err(format!("there is no store to look into for the screen {}", tab.title()))
    }

    /// Runs a wish to its end on the calling thread. Every event goes to the sink
    /// that [`UiLink::sink`] makes; its `between_rounds` is called before every round.
    fn run(
        &self,
        wish: &Wish,
        mode: UiMode,
        control: &Control,
        link: &UiLink,
    ) -> Result<RunEnd, String>;
}
