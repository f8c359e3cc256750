//! The TOML shape of a scenario file, and its way to a checked [`Scenario`]. Unknown keys are
//! refused with a suggestion; every error names the file and, where it is known, the line.

mod actors;
mod cluster;
mod mix;

use serde::Deserialize;

use self::actors::{WireActor, WireMap};
use self::cluster::{WireCluster, WirePods};
use self::mix::WireMix;
use super::{Scenario, ScenarioError, nearest};
use crate::adapter::Requirement;
use crate::key::{KeyKind, KeyRule};
use crate::value::ValueKind;
use crate::workload::{Growth, Workload, WorkloadError};

/// Reads a scenario of a name from the text of a file.
pub(super) fn parse(name: &str, label: &str, text: &str) -> Result<Scenario, ScenarioError> {
    let wire: WireScenario = toml::from_str(text).map_err(|error| syntax(label, text, &error))?;
    let value_error = |key: &str, message: String| ScenarioError::Value {
        label: label.to_owned(),
        line: line_of_key(text, key),
        key: key.to_owned(),
        message,
    };
    let round_ns = match &wire.round {
        Some(round) => Some(duration_ns(round).ok_or_else(|| {
            value_error(
                "round",
                format!("`{round}` is not a duration; use e.g. \"250ms\" or \"2s\""),
            )
        })?),
        None => None,
    };
    if wire.threads.as_ref().is_some_and(|threads| threads.is_empty() || threads.contains(&0)) {
        return Err(value_error("threads", "needs counts of at least 1".to_owned()));
    }
    if let Some(needed) = wire.needs_adapters.iter().find(|needed| !names_adapters(needed)) {
        let message = format!("`{needed}` names no adapters; use `family/variant` or `family/*`");
        return Err(value_error("needs_adapters", message));
    }
    if wire.key != KeyKind::U64 && matches!(wire.value.0, ValueKind::Boxed(_)) {
        let message = "boxed is for `key = \"u64\"` only; use it, or another type of values";
        return Err(value_error("value", message.to_owned()));
    }
    let workload_error = |table: &str, error: WorkloadError| match error {
        WorkloadError::Parameter { key, message } => {
            value_error(&format!("{table}.{key}"), message)
        }
        WorkloadError::Trace(error) => value_error(table, error.to_string()),
    };
    let cluster = wire.cluster.map(WireCluster::resolve).transpose();
    let cluster =
        cluster.map_err(|(key, message)| value_error(&format!("cluster.{key}"), message))?;
    let free = !wire.map.is_empty() || !wire.actor.is_empty();
    let actors = free.then(|| actors::actors(wire.map, wire.actor)).transpose();
    let actors = actors.map_err(|error| workload_error("actor", error))?;
    let workloads = [
        wire.mix.map(|mix| Workload::Mix(mix.into())),
        cluster.map(Workload::Cluster),
        wire.pods.map(|pods| Workload::Pods(pods.into())),
        wire.growth.map(|growth| Workload::Growth(growth.into())),
        actors.map(Workload::Actors),
    ];
    let mut workloads = workloads.into_iter().flatten();
    let (Some(workload), None) = (workloads.next(), workloads.next()) else {
        let message = "needs exactly one workload table: [mix], [cluster], [pods], [growth], or \
                       [[map]] with [[actor]]";
        return Err(ScenarioError::Syntax {
            label: label.to_owned(),
            line: None,
            message: message.to_owned(),
            suggestion: None,
        });
    };
    workload.check().map_err(|error| workload_error(workload.table(), error))?;
    Ok(Scenario {
        name: name.to_owned(),
        summary: wire.summary,
        analysis: wire.analysis,
        require: wire.require,
        needs_adapters: wire.needs_adapters,
        key: wire.key,
        value: wire.value.0,
        shape: workload.shape(),
        threads: wire.threads,
        round_ns,
        presize: wire.presize,
        workload,
        source: text.to_owned(),
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireScenario {
    summary: String,
    #[serde(default)]
    analysis: String,
    #[serde(default)]
    require: Vec<Requirement>,
    #[serde(default)]
    needs_adapters: Vec<String>,
    #[serde(default = "default_key")]
    key: KeyKind,
    #[serde(default)]
    value: WireValue,
    threads: Option<Vec<u32>>,
    round: Option<String>,
    #[serde(default = "yes")]
    presize: bool,
    mix: Option<WireMix>,
    cluster: Option<WireCluster>,
    pods: Option<WirePods>,
    growth: Option<WireGrowth>,
    #[serde(default)]
    map: Vec<WireMap>,
    #[serde(default)]
    actor: Vec<WireActor>,
}

/// A type of values by its name.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct WireValue(ValueKind);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireGrowth {
    keys: u32,
    #[serde(default)]
    preload: u32,
    #[serde(default)]
    gets_per_insert: u32,
    #[serde(default = "default_key_rule")]
    key_rule: KeyRule,
}

fn default_key() -> KeyKind {
    KeyKind::U64
}

fn default_key_rule() -> KeyRule {
    KeyRule::NsName
}

fn yes() -> bool {
    true
}

impl Default for WireValue {
    fn default() -> Self {
        WireValue(ValueKind::Word)
    }
}

impl TryFrom<String> for WireValue {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(WireValue)
    }
}

impl From<WireGrowth> for Growth {
    fn from(wire: WireGrowth) -> Self {
        Growth {
            keys: wire.keys,
            preload: wire.preload,
            gets_per_insert: wire.gets_per_insert,
            key_rule: wire.key_rule,
        }
    }
}

/// Whether a text is `family/variant` or `family/*`.
fn names_adapters(text: &str) -> bool {
    let is_name = |part: &str| !part.is_empty() && !part.contains(['*', '/']);
    text.split_once('/')
        .is_some_and(|(family, variant)| is_name(family) && (variant == "*" || is_name(variant)))
}

/// `250ms`, `2s`, `1m`: an integer and its unit. Nanoseconds.
fn duration_ns(text: &str) -> Option<u64> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    let unit = match &text[digits..] {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" | "min" => 60_000_000_000,
        _ => return None,
    };
    text[..digits].parse::<u64>().ok()?.checked_mul(unit).filter(|&ns| ns > 0)
}

/// A TOML error with its line, and for an unknown name the known one that is most like it.
fn syntax(label: &str, text: &str, error: &toml::de::Error) -> ScenarioError {
    let message = error.message().to_owned();
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let suggestion = match quoted.split_first() {
        Some((unknown, known)) if message.starts_with("unknown ") => {
            nearest(unknown, known.iter().copied())
        }
        _ => None,
    };
    let line = error.span().map(|span| line_at(text, span.start));
    ScenarioError::Syntax { label: label.to_owned(), line, message, suggestion }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

/// The line of the key's last part, `threads` or `mix.drift.every_ops`: after its table's line,
/// if it has one of its own.
fn line_of_key(text: &str, key: &str) -> Option<usize> {
    if let Some(rest) = key.strip_prefix("actor.") {
        let (name, key) = rest.rsplit_once('.').unwrap_or((rest, "name"));
        return line_of_actor_key(text, name, key);
    }
    let (table, rest) = key.split_once('.').unwrap_or(("", key));
    let first = rest.split('.').next()?;
    let mut lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.trim_start()));
    let start = if table.is_empty() {
        0
    } else {
        lines.by_ref().find(|(_, line)| line.starts_with(&format!("[{table}")))?.0
    };
    let mut lines = lines.filter(|(number, _)| *number > start);
    let exact = lines.find(|(_, line)| {
        line.strip_prefix(first).is_some_and(|rest| rest.trim_start().starts_with(['=', '.', ']']))
            || line.starts_with(&format!("[{table}.{first}"))
    });
    exact.map(|(number, _)| number).or((start > 0).then_some(start))
}

/// The line of a key of the actor of a name, or of the actor if it has no such line.
fn line_of_actor_key(text: &str, name: &str, key: &str) -> Option<usize> {
    let is_key = |line: &str, key: &str| {
        line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(['=', '.']))
    };
    let is_name = |line: &str| is_key(line, "name") && line.contains(&format!("\"{name}\""));
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let named = lines.iter().position(|line| is_name(line))?;
    let start = lines[..named].iter().rposition(|line| line.starts_with('[')).unwrap_or(0);
    let end = lines[named..].iter().position(|line| line.starts_with('[')).map(|end| named + end);
    let block = &lines[start..end.unwrap_or(lines.len())];
    let found = block.iter().position(|line| is_key(line, key)).map(|line| start + line);
    Some(found.unwrap_or(named) + 1)
}
