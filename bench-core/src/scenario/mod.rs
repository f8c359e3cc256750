//! A scenario: what to run, what it needs of a map, and why it exists. Scenarios are TOML files;
//! those that ship with the program are embedded. Nothing here opens a file or runs anything.

pub mod axis;
mod builtin;
mod overrides;
mod wire;

use std::collections::BTreeSet;

use thiserror::Error;

pub use axis::Axis;
pub use builtin::{catalog, find};
pub use overrides::Setting;

use crate::adapter::Requirement;
use crate::key::KeyKind;
use crate::trace::Shape;
use crate::value::ValueKind;
use crate::workload::Workload;

/// A scenario, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Canonical name: the path of a built-in one, the file name of another, without `.toml`.
    pub name: String,
    /// One line for lists.
    pub summary: String,
    /// Why it exists and what to notice: several sentences.
    pub analysis: String,
    /// What it asks of adapters beyond what its ops need.
    pub require: Vec<Requirement>,
    /// Adapters, `family/variant` or `family/*`, of which one must be there for the question to
    /// make sense; empty if any map will do.
    pub needs_adapters: Vec<String>,
    /// Type of the keys, unless the command line says otherwise.
    pub key: KeyKind,
    /// Type of the values, unless the command line says otherwise.
    pub value: ValueKind,
    /// Whether its rounds may loop; a round of a one-shot one is the whole trace.
    pub shape: Shape,
    /// Thread counts, unless the command line says otherwise.
    pub threads: Option<Vec<u32>>,
    /// Length of a round where the workload needs its own. Nanoseconds.
    pub round_ns: Option<u64>,
    /// Whether maps are built with room for their peak; false lets them grow.
    pub presize: bool,
    /// What it runs.
    pub workload: Workload,
    /// The TOML text that it was read from.
    pub source: String,
}

impl Scenario {
    /// Reads a scenario file's text; `label` names the file in errors, and its file name without
    /// `.toml` becomes the scenario's name.
    pub fn from_toml(label: &str, text: &str) -> Result<Scenario, ScenarioError> {
        let file = label.rsplit(['/', '\\']).next().unwrap_or(label);
        wire::parse(file.strip_suffix(".toml").unwrap_or(file), label, text)
    }

    /// Why it cannot be run with adapters of these names, as a sentence; `None` if it can.
    pub fn lacks_adapters<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> Option<String> {
        let is_needed = |name: &str| {
            self.needs_adapters.iter().any(|needed| match needed.strip_suffix('*') {
                Some(family) => name.starts_with(family),
                None => name == needed,
            })
        };
        let missing = !self.needs_adapters.is_empty() && !names.any(is_needed);
        missing.then(|| {
            let needed = self.needs_adapters.join(" or ");
            format!("it needs {needed}, which this program does not have yet")
        })
    }

    /// Everything that an adapter must be able to do to run it: what it requires, and what its
    /// ops need.
    pub fn requirements(&self) -> BTreeSet<Requirement> {
        let needed = self.workload.op_kinds().into_iter().filter_map(|kind| kind.info().requires);
        self.require.iter().copied().chain(needed).collect()
    }
}

/// Why there is no such scenario.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ScenarioError {
    /// No built-in scenario has the name.
    #[error("there is no scenario `{name}`{}; `mapbench scenarios list` shows all", hint(suggestion.as_ref()))]
    Unknown {
        /// The name.
        name: String,
        /// The nearest name.
        suggestion: Option<String>,
    },
    /// Several built-in scenarios end in the name.
    #[error("`{name}` names several scenarios: {}; write one of them", candidates.join(", "))]
    Ambiguous {
        /// The name.
        name: String,
        /// The canonical names that fit.
        candidates: Vec<String>,
    },
    /// The file is not the TOML of a scenario.
    #[error("{label}{}: {message}{}", at(*line), hint(suggestion.as_ref()))]
    Syntax {
        /// The file.
        label: String,
        /// Line, from 1, where it is known.
        line: Option<usize>,
        /// What is wrong.
        message: String,
        /// The nearest known key or value.
        suggestion: Option<String>,
    },
    /// A key has a value that it cannot have.
    #[error("{label}{}: {key}: {message}", at(*line))]
    Value {
        /// The file.
        label: String,
        /// Line, from 1, where it is known.
        line: Option<usize>,
        /// The key with its tables.
        key: String,
        /// What is wrong and what to use.
        message: String,
    },
}

fn hint(suggestion: Option<&String>) -> String {
    suggestion.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

fn at(line: Option<usize>) -> String {
    line.map(|line| format!(", line {line}")).unwrap_or_default()
}

/// The candidate that is most like `word`, if one is like enough.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let scored = candidates.into_iter().map(|name| (strsim::jaro_winkler(word, name), name));
    let best = scored.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 > 0.75).then(|| best.1.to_owned())
}
