//! What the screens Sweep, Compare and History show: what the run on screen comes to, or else the
//! newest of its kind in the store. Plain state, changed by `update` only; reads no file.

use mapbench_core::event::{RunBegin, RunEvent};
use mapbench_results::RunSummary;
use mapbench_results::compare::{self, Compared, Filter};
use mapbench_results::history::History;
use mapbench_results::sweep::{self, Evidence, Sweep, SweepSpec};

use super::tab::Tab;

/// Least time between two judgements while a run goes on. Nanoseconds.
const JUDGE_NS: u64 = 2_000_000_000;

/// Something that a screen shows.
#[derive(Debug, Clone, Default)]
pub enum Entry<T> {
    /// Nobody has asked for it yet.
    #[default]
    Unasked,
    /// It is being looked for.
    Asked,
    /// It is here, and where it is from.
    Here {
        /// The thing.
        what: Box<T>,
        /// Its run, as people call it.
        from: String,
    },
    /// There is none, and how to make one.
    Absent(String),
}

impl<T> Entry<T> {
    /// The thing, if it is here.
    pub fn get(&self) -> Option<&T> {
        match self {
            Entry::Here { what, .. } => Some(what),
            _ => None,
        }
    }

    /// Where it is from; empty if it is not here.
    pub fn from(&self) -> &str {
        match self {
            Entry::Here { from, .. } => from,
            _ => "",
        }
    }

    /// Why there is nothing to see.
    pub fn instead(&self) -> &str {
        match self {
            Entry::Here { .. } => "",
            Entry::Unasked | Entry::Asked => "looking into the store",
            Entry::Absent(why) => why,
        }
    }
}

/// What was found in the store.
#[derive(Debug, Clone)]
pub enum Found {
    /// The newest sweep, and its run.
    Sweep(Box<Sweep>, String),
    /// The newest comparison, and its run.
    Compared(Box<Compared>, String),
    /// The history, and its store.
    History(Box<History>, String),
}

/// The screens' state.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    /// Of the screen Sweep.
    pub sweep: Entry<Sweep>,
    /// Of the screen Compare.
    pub compared: Entry<Compared>,
    /// Of the screen History.
    pub history: Entry<History>,
    /// The picture of the sweep that is shown.
    pub picture: usize,
    /// The row under the cursor, by [`Tab`].
    pub cursors: [usize; Tab::ALL.len()],
    /// What the run on screen says of a sweep, if it is one.
    evidence: Option<(Evidence, SweepSpec)>,
    judged_ns: Option<u64>,
}

impl Shelf {
    /// A run begins. Returns the screen that shows it best.
    pub fn begin(&mut self, begin: &RunBegin) -> Tab {
        self.judged_ns = None;
        self.evidence = SweepSpec::of(begin).map(|spec| {
            let mut evidence = Evidence::at_percentile(spec.percentile());
            evidence.begin(begin);
            (evidence, spec)
        });
        if self.evidence.is_some() {
            self.sweep = Entry::Unasked;
            Tab::Sweep
        } else if begin.comparison.is_some() {
            self.compared = Entry::Unasked;
            Tab::Compare
        } else {
            Tab::Run
        }
    }

    /// Takes an event of the run on screen.
    pub fn take(&mut self, event: &RunEvent) {
        if let Some((evidence, _)) = self.evidence.as_mut() {
            evidence.apply(event);
        }
    }

    /// Judges what the run on screen says so far for a screen, not more often than people can read
    /// unless it has ended. Returns whether the run has something to say there.
    pub fn judge(&mut self, tab: Tab, run: &RunSummary, now_ns: u64, ended: bool) -> bool {
        let is_it = match tab {
            Tab::Sweep => self.evidence.is_some(),
            Tab::Compare => run.begin().comparison.is_some(),
            Tab::Run | Tab::History => false,
        };
        let fresh = self.judged_ns.is_some_and(|then| now_ns.saturating_sub(then) < JUDGE_NS);
        if !is_it || (fresh && !ended) {
            return is_it;
        }
        self.judged_ns = Some(now_ns);
        let from = format!("run {}", run.begin().run_id);
        match (tab, &self.evidence) {
            (Tab::Sweep, Some((evidence, spec))) => {
                let what = Box::new(sweep::judge(evidence, spec));
                self.sweep = Entry::Here { what, from };
            }
            _ => match compare::paired(run, Filter::ALL) {
                Ok(compared) => {
                    self.compared = Entry::Here { what: Box::new(compared), from };
                }
                Err(error) => self.compared = Entry::Absent(error.to_string()),
            },
        }
        true
    }

    /// Whether a screen has nothing yet and nobody looks for it.
    pub fn is_unasked(&self, tab: Tab) -> bool {
        match tab {
            Tab::Run => false,
            Tab::Sweep => matches!(self.sweep, Entry::Unasked),
            Tab::Compare => matches!(self.compared, Entry::Unasked),
            Tab::History => matches!(self.history, Entry::Unasked),
        }
    }

    /// Somebody looks for it.
    pub fn ask(&mut self, tab: Tab) {
        match tab {
            Tab::Run => {}
            Tab::Sweep => self.sweep = Entry::Asked,
            Tab::Compare => self.compared = Entry::Asked,
            Tab::History => self.history = Entry::Asked,
        }
    }

    /// There is none, and why.
    pub fn set_absent(&mut self, tab: Tab, why: String) {
        match tab {
            Tab::Run => {}
            Tab::Sweep => self.sweep = Entry::Absent(why),
            Tab::Compare => self.compared = Entry::Absent(why),
            Tab::History => self.history = Entry::Absent(why),
        }
    }

    /// Takes what was found.
    pub fn put(&mut self, found: Found) {
        match found {
            Found::Sweep(what, from) => self.sweep = Entry::Here { what, from },
            Found::Compared(what, from) => self.compared = Entry::Here { what, from },
            Found::History(what, from) => self.history = Entry::Here { what, from },
        }
    }
}
