//! Judges what was measured before: the logs of sweeps, put together, or points from a file.

use std::path::Path;

use mapbench_core::scenario::Axis;
use mapbench_results::RunLog;
use mapbench_results::fingerprint::{self, Difference};
use mapbench_results::knee::Scale;
use mapbench_results::sweep::{self, Evidence, Setting, Sweep, SweepSpec, from_points};
use mapbench_results::units::Charset;

use super::log;
use crate::cli::CliError;
use crate::cli::selection::Conditions;

/// Columns of a plot where nobody tells the width.
const USUAL_COLUMNS: usize = 100;
/// Seed of what the algorithms draw for points from a file.
const SEED: u64 = 1;

/// What was measured before, and how to read it.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Stored<'a> {
    /// The files of `--from`.
    pub(in crate::cli) from: &'a [String],
    /// The axis of points from a file, which does not say it.
    pub(in crate::cli) axis: Option<&'a Axis>,
    /// How the axis of points from a file is read.
    pub(in crate::cli) scale: Option<Scale>,
    /// Where logs are kept.
    pub(in crate::cli) conditions: &'a Conditions,
}

/// Whether a file holds points rather than a log.
pub(in crate::cli) fn is_csv(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end == "csv")
}

/// Judges the files of `--from`.
pub(in crate::cli) fn from(stored: Stored<'_>) -> Result<Sweep, CliError> {
    let is_csv = |name: &String| is_csv(name);
    match stored.from {
        [points] if is_csv(points) => from_csv(stored, points),
        names if names.iter().any(is_csv) => Err(CliError::usage(
            "--from takes one .csv of points, or logs of sweeps, not both: judge them one by one",
        )),
        names => from_logs(stored.conditions, names),
    }
}

fn from_csv(stored: Stored<'_>, path: &str) -> Result<Sweep, CliError> {
    let file = std::fs::File::open(path).map_err(|error| {
        CliError::usage(format!("`{path}` (--from) cannot be read: {error}; check the path"))
    })?;
    let axis = stored.axis;
    let name = axis.map_or_else(|| "x".to_owned(), ToString::to_string);
    let points =
        from_points::read(path, &Setting::of_file(path, &name), file).map_err(CliError::usage)?;
    let unit = axis.map_or("", |axis| axis.ruler().unit);
    let spec = points.spec(&name, unit, SEED);
    let scale = stored.scale.unwrap_or(spec.scale);
    if scale == Scale::Log && spec.range.0 <= 0.0 {
        return Err(CliError::usage(format!(
            "{path}: has points at {}, and an axis that is read in doublings begins above 0; use \
             --scale linear",
            spec.range.0
        )));
    }
    Ok(sweep::judge(&points.evidence, &SweepSpec { scale, ..spec }))
}

fn from_logs(conditions: &Conditions, names: &[String]) -> Result<Sweep, CliError> {
    let logs: Vec<RunLog> =
        names.iter().map(|name| log(conditions, name)).collect::<Result<_, _>>()?;
    let Some(first) = logs.first() else { return Err(CliError::usage("--from names no log")) };
    let spec = spec(first)?;
    let mut evidence = Evidence::of_log(first, spec.percentile());
    for (number, other) in (1..).zip(&logs[1..]) {
        check(first, &spec, other)?;
        add(&mut evidence, &Evidence::of_log(other, spec.percentile()), number);
    }
    Ok(sweep::judge(&evidence, &spec))
}

fn spec(log: &RunLog) -> Result<SweepSpec, CliError> {
    SweepSpec::of(&log.begin).ok_or_else(|| {
        CliError::usage(format!(
            "{} is the log of a run at fixed points, which has no axis to judge; `mapbench tui \
             --replay` shows it",
            log.path.display()
        ))
    })
}

/// Whether the points of two logs may stand in one curve.
fn check(first: &RunLog, first_spec: &SweepSpec, other: &RunLog) -> Result<(), CliError> {
    let differs = |what: String| {
        let (a, b) = (first.path.display(), other.path.display());
        CliError::not_comparable(format!("{a} and {b} cannot be judged together: {what}"))
    };
    let spec = spec(other)?;
    if spec != *first_spec {
        return Err(differs("their axes, ranges, limits or seeds are not the same".to_owned()));
    }
    let differences = fingerprint::differences(&first.begin, &other.begin);
    match differences.iter().find(|difference| Difference::is_contradiction(difference)) {
        Some(difference) => Err(differs(difference.to_string())),
        None => Ok(()),
    }
}

/// Adds the points of another log. Its visits are visits of their own: what is measured at one point
/// in two runs is no pair.
fn add(evidence: &mut Evidence, other: &Evidence, number: u32) {
    const VISITS_OF_A_LOG: u32 = 1 << 20;
    for group in other.groups() {
        for mut point in group.points {
            point.visit += number * VISITS_OF_A_LOG;
            evidence.add_point(&group.setting, point);
        }
    }
}

/// What a sweep came to, for people.
pub(super) fn text(sweep: &Sweep, ascii: bool) -> String {
    let charset = if ascii { Charset::Ascii } else { Charset::Utf8 };
    let columns = columns_of_terminal().unwrap_or(USUAL_COLUMNS).clamp(60, 140);
    sweep::page::render(sweep, columns, charset)
}

/// Width of the terminal that standard output is; `None` if it is none.
fn columns_of_terminal() -> Option<usize> {
    use std::io::IsTerminal;

    let is_terminal = std::io::stdout().is_terminal();
    let size = is_terminal.then(ratatui::crossterm::terminal::size)?.ok()?;
    Some(usize::from(size.0))
}
