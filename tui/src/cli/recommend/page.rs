//! What `recommend` says: sentences first, then their figures, what comes with each map, what was
//! left out and why, and how to get the same again. Computes nothing.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::str::FromStr;

use mapbench_results::advice::{Advice, oversubscribed, sentences, table};
use mapbench_results::export::write_whole;
use mapbench_results::units::Charset;
use serde::Serialize;

use super::candidates::LeftOut;
use super::promises::Promises;
use crate::cli::{CliError, output};

const MINUTE_NS: u64 = 60_000_000_000;

/// Everything that is said, as it is exported.
#[derive(Debug, Serialize)]
pub(super) struct Recommendation {
    /// The segments and their figures.
    #[serde(flatten)]
    pub(super) advice: Advice,
    /// What comes with each map that is named.
    pub(super) maps: Vec<Promises>,
    /// What is not among them.
    pub(super) left_out: Vec<LeftOut>,
    /// What reproduces it.
    pub(super) command: String,
    /// The log that it rests on; `None` of points from a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) run_log: Option<PathBuf>,
    /// Time in which each point would have its visits; `None` if nobody can tell. Nanoseconds.
    #[serde(skip)]
    pub(super) enough_ns: Option<u64>,
}

impl Recommendation {
    /// For people.
    pub(super) fn describe(&self, ascii: bool) -> String {
        let charset = if ascii { Charset::Ascii } else { Charset::Utf8 };
        let advice = &self.advice;
        let mut text = String::new();
        for group in &advice.groups {
            let _ = writeln!(text, "{}\n", group.setting.describe(charset));
            for sentence in sentences(group, advice, charset) {
                let _ = writeln!(text, "{sentence}");
            }
            let figures = table(group, advice, charset);
            let _ = if figures.is_empty() { writeln!(text) } else { writeln!(text, "\n{figures}") };
        }
        if advice.groups.is_empty() {
            text.push_str("Nothing was measured, so that no map can be named.\n\n");
        }
        if let Some(warning) = oversubscribed(advice) {
            let _ = writeln!(text, "{warning}\n");
        }
        if advice.is_unresolved() {
            let time = self.enough_ns.map_or_else(
                || "more time (--budget)".to_owned(),
                |ns| format!("more time, here about --budget {}m", ns.div_ceil(MINUTE_NS)),
            );
            let _ =
                writeln!(text, "For more evidence give it {time}, or fewer maps (-a, --need).\n");
        }
        for map in &self.maps {
            let _ = writeln!(text, "{}", map.describe());
        }
        text.push_str(&left_out(&self.left_out));
        let _ = writeln!(text, "reproduce: {}", self.command);
        if let Some(log) = &self.run_log {
            let _ = writeln!(text, "run log: {}", log.display());
        }
        text
    }
}

/// What was left out and why, in lines.
pub(super) fn left_out(maps: &[LeftOut]) -> String {
    let mut text = String::new();
    for LeftOut { map, why } in maps {
        let _ = writeln!(text, "left out: `{map}` {why}");
    }
    if !maps.is_empty() {
        text.push('\n');
    }
    text
}

/// A command line as somebody can give it to a shell.
pub(super) fn command(arguments: &[String]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:%@+".contains(c);
    let quoted = arguments.iter().skip(1).map(|argument| {
        if !argument.is_empty() && argument.chars().all(is_plain) {
            argument.clone()
        } else {
            format!("'{}'", argument.replace('\'', r"'\''"))
        }
    });
    std::iter::once("mapbench".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}

/// One `-o json=PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JsonFile {
    /// The file; `None` is standard output.
    path: Option<PathBuf>,
}

impl FromStr for JsonFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("json=") {
            Some("-") => Ok(JsonFile { path: None }),
            Some(path) if !path.is_empty() => Ok(JsonFile { path: Some(path.into()) }),
            _ => Err("advice is written as JSON only; write json=PATH, or json=- for standard \
                      output"
                .to_owned()),
        }
    }
}

impl JsonFile {
    pub(super) fn is_stdout(&self) -> bool {
        self.path.is_none()
    }

    /// Fails if the file could not be written. Leaves nothing behind.
    pub(super) fn check(&self) -> Result<(), CliError> {
        self.path.as_deref().map_or(Ok(()), output::check)
    }

    pub(super) fn write(&self, recommendation: &Recommendation) -> Result<(), CliError> {
        let mut json = serde_json::to_vec_pretty(recommendation).map_err(CliError::output)?;
        json.push(b'\n');
        match &self.path {
            Some(path) => write_whole(path, |out| out.write_all(&json))
                .map_err(|error| output::unwritable(&error)),
            None => output::print(&json),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn a_command_can_be_given_to_a_shell_again() {
        let given =
            ["/some/where/mapbench", "recommend", "-s", "a b", "--need", "it's", "-a", "std/*"];
        let given = given.map(str::to_owned);
        assert_eq!(command(&given), r"mapbench recommend -s 'a b' --need 'it'\''s' -a 'std/*'");
    }
}
