//! The wizard's state: four columns of choices. It only collects a wish; what the wish costs is
//! asked of the host.

use super::host::{Choice, Choices, Estimate, Wish};
use super::keys::Action;
use crate::session::request::{Length, RunRequest};

/// The wizard.
#[derive(Debug, Clone, Default)]
pub struct Wizard {
    /// Scenarios, adapters, threads, time per cell or rounds.
    pub columns: [Column; 4],
    /// The column under the cursor.
    pub column: usize,
    /// What the choice comes to; `None` until the host has answered.
    pub estimate: Option<Result<Estimate, String>>,
    /// All that the wizard does not ask.
    pub rest: RunRequest,
}

/// One column.
#[derive(Debug, Clone, Default)]
pub struct Column {
    /// What it holds, in the plural where several can be chosen.
    pub title: &'static str,
    /// The choices.
    pub choices: Vec<Choice>,
    /// Number that a choice stands for: threads, milliseconds or rounds.
    pub numbers: Vec<u64>,
    /// The row under the cursor.
    pub cursor: usize,
    /// Whether choosing one drops the others.
    pub single: bool,
}

/// Measured milliseconds per cell that can be chosen.
const MILLISECONDS: [u64; 6] = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000];
/// The one chosen at the start: two scenarios on the core maps then take about a minute.
const FIRST_MS: u64 = 2_000;

/// Title of the last column over steady work.
const STEADY_LENGTH: &str = "time per cell";
/// Title of the last column over one-shot work.
const ONE_SHOT_LENGTH: &str = "rounds a fork";
/// Rounds per fork that can be chosen for one-shot work.
const ROUNDS: [u64; 5] = [1, 3, 5, 10, 20];

impl Wizard {
    /// A wizard over what can be chosen.
    pub fn new(choices: Choices) -> Self {
        let cpus = u64::from(choices.cpus.max(1));
        let mut threads: Vec<u64> = vec![1, 2, 4, 8, 16, 32, 64, 128];
        threads.push(cpus);
        threads.sort_unstable();
        threads.dedup();
        threads.retain(|&threads| threads <= cpus.max(2));
        let first_threads: Vec<u64> = if choices.request.threads.is_empty() {
            vec![cpus.min(2)]
        } else {
            choices.request.threads.iter().map(|threads| u64::from(*threads)).collect()
        };
        threads.extend(&first_threads);
        threads.sort_unstable();
        threads.dedup();
        let length = if choices.one_shot {
            let first = u64::from(choices.request.rounds_per_fork());
            (ONE_SHOT_LENGTH, with(&ROUNDS, first), rounds as fn(u64) -> String, first)
        } else {
            let first = match choices.request.length {
                Length::PerCellNs(ns) => (ns / 1_000_000).max(1),
                Length::Default | Length::Rounds(_) => FIRST_MS,
            };
            (STEADY_LENGTH, with(&MILLISECONDS, first), seconds as fn(u64) -> String, first)
        };
        let named = |title, choices| Column { title, choices, ..Column::default() };
        let numbered =
            |title, numbers: Vec<u64>, name: fn(u64) -> String, first: &[u64], single| Column {
                title,
                choices: numbers
                    .iter()
                    .map(|number| Choice {
                        name: name(*number),
                        about: String::new(),
                        chosen: first.contains(number),
                    })
                    .collect(),
                cursor: numbers.iter().position(|number| first.contains(number)).unwrap_or(0),
                numbers,
                single,
            };
        Wizard {
            columns: [
                named("scenarios", choices.scenarios),
                named("maps", choices.adapters),
                numbered("threads", threads, |threads| threads.to_string(), &first_threads, false),
                numbered(length.0, length.1, length.2, &[length.3], true),
            ],
            column: 0,
            estimate: None,
            rest: choices.request,
        }
    }

    /// What is chosen, or in a sentence what is missing.
    pub fn wish(&self) -> Result<Wish, String> {
        let [scenarios, adapters, threads, length] = &self.columns;
        for column in &self.columns {
            if !column.choices.iter().any(|choice| choice.chosen) {
                return Err(format!("choose at least one of the {} with Space", column.title));
            }
        }
        Ok(Wish {
            scenarios: scenarios.names(),
            adapters: adapters.names(),
            threads: threads.chosen_numbers().map(|threads| threads as u32).collect(),
            length: match length.chosen_numbers().next() {
                Some(rounds) if length.title == ONE_SHOT_LENGTH => Length::Rounds(rounds as u32),
                Some(milliseconds) => Length::PerCellNs(milliseconds * 1_000_000),
                None => Length::Default,
            },
        })
    }

    /// Moves or marks. Returns whether the wish changed.
    pub fn act(&mut self, action: Action, filter: &str) -> bool {
        let visible = self.visible(self.column, filter);
        let columns = self.columns.len();
        let column = &mut self.columns[self.column];
        let at = visible.iter().position(|row| *row == column.cursor);
        let last = visible.len().saturating_sub(1);
        let target = match action {
            Action::Down => at.map_or(0, |at| (at + 1).min(last)),
            Action::Up => at.map_or(0, |at| at.saturating_sub(1)),
            Action::First => 0,
            Action::Last => last,
            Action::Left => {
                self.column = (self.column + columns - 1) % columns;
                return false;
            }
            Action::Right => {
                self.column = (self.column + 1) % columns;
                return false;
            }
            Action::Mark => {
                column.mark(at.map(|at| visible[at]));
                return true;
            }
            _ => return false,
        };
        if let Some(row) = visible.get(target) {
            column.cursor = *row;
        }
        false
    }

    /// Rows of a column that the filter lets through; it filters names only.
    pub fn visible(&self, column: usize, filter: &str) -> Vec<usize> {
        let column = &self.columns[column];
        let numbered = !column.numbers.is_empty();
        let passes = |choice: &Choice| numbered || choice.name.contains(filter);
        (0..column.choices.len()).filter(|&row| passes(&column.choices[row])).collect()
    }
}

/// A list of numbers and one more, in order.
fn with(numbers: &[u64], one_more: u64) -> Vec<u64> {
    let mut numbers = numbers.to_vec();
    numbers.push(one_more);
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn rounds(rounds: u64) -> String {
    rounds.to_string()
}

fn seconds(milliseconds: u64) -> String {
    format!("{} s", milliseconds as f64 / 1e3)
}

impl Column {
    fn mark(&mut self, row: Option<usize>) {
        let Some(row) = row.filter(|row| *row < self.choices.len()) else { return };
        if self.single {
            self.choices.iter_mut().for_each(|choice| choice.chosen = false);
            self.choices[row].chosen = true;
        } else {
            self.choices[row].chosen = !self.choices[row].chosen;
        }
    }

    fn names(&self) -> Vec<String> {
        self.choices
            .iter()
            .filter(|choice| choice.chosen)
            .map(|choice| choice.name.clone())
            .collect()
    }

    fn chosen_numbers(&self) -> impl Iterator<Item = u64> + '_ {
        let pairs = self.choices.iter().zip(&self.numbers);
        pairs.filter(|(choice, _)| choice.chosen).map(|(_, number)| *number)
    }
}
