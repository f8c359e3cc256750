//! What an examination finds: one thing each, how grave it is, what it means for figures that are
//! measured here, and what to do about it. Finds nothing itself.

use mapbench_core::event::Machine;
use serde::Serialize;

/// Version of the JSON that `doctor --json` prints; fields are added, never renamed.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing, or unknown.
    Note,
    /// Figures are less certain than they could be.
    Warning,
    /// Figures cannot be trusted.
    Problem,
}

/// What findings are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Group {
    Clock,
    Processors,
    Memory,
    Load,
    Measured,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Finding {
    /// What was looked at, stable for scripts: `clock-source`.
    pub(super) id: &'static str,
    pub(super) group: Group,
    pub(super) level: Level,
    /// What was seen.
    pub(super) seen: String,
    /// What it means for figures that are measured here.
    pub(super) means: String,
    /// What to do, with the command where there is one.
    #[serde(rename = "do")]
    pub(super) advice: Option<String>,
    /// The figures behind it, with units last in their names.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub(super) figures: serde_json::Map<String, serde_json::Value>,
}

impl Finding {
    pub(super) fn new(
        group: Group,
        id: &'static str,
        level: Level,
        seen: impl Into<String>,
    ) -> Self {
        let (seen, means) = (seen.into(), String::new());
        Finding { id, group, level, seen, means, advice: None, figures: serde_json::Map::new() }
    }

    pub(super) fn means(mut self, means: impl Into<String>) -> Self {
        self.means = means.into();
        self
    }

    pub(super) fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    pub(super) fn figure(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.figures.insert(name.to_owned(), value.into());
        self
    }
}

/// Everything that was found.
#[derive(Debug, Serialize)]
pub(super) struct Examination {
    pub(super) schema_version: u32,
    pub(super) mapbench: &'static str,
    /// `fit`, `fit-with-warnings` or `unfit`.
    pub(super) verdict: &'static str,
    /// Whether anything was measured.
    pub(super) measured: bool,
    pub(super) machine: Machine,
    pub(super) findings: Vec<Finding>,
}

impl Examination {
    pub(super) fn new(machine: Machine, findings: Vec<Finding>, measured: bool) -> Self {
        let verdict = match findings.iter().map(|finding| finding.level).max() {
            Some(Level::Problem) => "unfit",
            Some(Level::Warning) => "fit-with-warnings",
            _ => "fit",
        };
        let mapbench = env!("CARGO_PKG_VERSION");
        Examination {
            schema_version: SCHEMA_VERSION,
            mapbench,
            verdict,
            measured,
            machine,
            findings,
        }
    }

    pub(super) fn is_unfit(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Problem)
    }
}
