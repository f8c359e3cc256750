//! Imports pod lifecycles from CSV: one row per pod with its name and the times of its creation,
//! binding and deletion in seconds. Columns are found by name, in any order; an empty binding is a
//! pod that was never bound, an empty deletion one that outlives the recording.

mod columns;

use std::collections::BTreeMap;
use std::io::Read;

use serde::Serialize;

pub use columns::Columns;

use super::input::{Allowance, Metered, unpacked};
use super::lifecycle::{Lifecycle, Plan};
use super::pace::Speed;
use super::report::{ImportReport, PodCounts, Recording};
use super::superpose::{Copies, Superpose};
use super::{ImportError, Place, file_name};
use crate::op::MAX_KEYS;
use crate::trace::Trace;
use crate::workload::MAX_OPS;
use columns::{Places, Row, milliseconds};

/// How to import.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Options {
    /// Which column holds what.
    pub columns: Columns,
    /// The seed that assigns nodes to pods.
    pub seed: u64,
    /// Nodes, all present from the start.
    pub nodes: u32,
    /// Status updates of a bound pod, before its deletion mark.
    pub status_updates: u32,
    /// Copies to lay over each other.
    pub superpose: Superpose,
    /// Only pods that live within so many seconds before the last creation; those created before
    /// are added at the start of that window. `None` takes all.
    pub last_s: Option<f64>,
    /// How fast recorded time passes.
    pub speed: Speed,
}

impl Options {
    /// The options of a known data set: all of it, once, on openb's 1,523 nodes or, of any other,
    /// on the model's 5,000.
    pub fn preset(name: &str) -> Option<Options> {
        Some(Options {
            columns: Columns::preset(name)?,
            seed: 1,
            nodes: if name == "openb-2023" { 1_523 } else { 5_000 },
            status_updates: 3,
            superpose: Superpose::ONE,
            last_s: None,
            speed: Speed::AsFastAsPossible,
        })
    }
}

/// Imports a lifecycle CSV; `label` names the file in errors, in the report and in the trace.
pub fn import(
    input: impl Read,
    label: &str,
    options: &Options,
) -> Result<(Trace, ImportReport), ImportError> {
    options.speed.check()?;
    let mut rows = Rows::read(input, label, &options.columns)?;
    if let Some(last_s) = options.last_s {
        rows.keep_last(milliseconds(last_s).unwrap_or(i64::MAX));
    }
    let empty = || ImportError::Empty { label: label.to_owned(), rows: rows.read };
    if rows.pods.is_empty() {
        return Err(empty());
    }
    let plan = plan(&rows.pods, label, options)?;
    let name = format!("{}/{}", options.columns.format, file_name(label));
    let parameters = serde_json::json!({ "options": options, "copies": plan.copies });
    let draft = plan.draft(&rows.pods, name, parameters);
    let trace =
        draft.finish().map_err(|source| ImportError::Trace { label: label.to_owned(), source })?;
    let report = report(&rows, &plan, &trace, label, options);
    Ok((trace, report))
}

/// Resolves the number of copies and refuses what does not fit.
fn plan(pods: &[Lifecycle], label: &str, options: &Options) -> Result<Plan, ImportError> {
    let label = || label.to_owned();
    let too_large =
        |copies, what| ImportError::TooLarge { label: label(), copies, pods: pods.len(), what };
    let copies = options
        .superpose
        .resolve(pods, MAX_KEYS)
        .map_err(|(copies, alive)| ImportError::NeverAlive { label: label(), copies, alive })?;
    let plan = Plan {
        copies,
        superpose: options.superpose,
        status_updates: options.status_updates,
        nodes: options.nodes.clamp(1, MAX_KEYS),
        seed: options.seed,
        speed: options.speed,
    };
    let all_pods = pods.len() as u64 * u64::from(copies);
    if all_pods > u64::from(MAX_KEYS) {
        return Err(too_large(copies, format!("{all_pods} keys, over the limit of {MAX_KEYS}")));
    }
    let ops = plan.most_ops(pods.len());
    if ops > MAX_OPS {
        return Err(too_large(copies, format!("up to {ops} ops, over the limit of {MAX_OPS}")));
    }
    Ok(plan)
}

fn report(rows: &Rows, plan: &Plan, trace: &Trace, label: &str, options: &Options) -> ImportReport {
    let copies = u64::from(plan.copies);
    let count = |wanted: fn(&Lifecycle) -> bool| {
        rows.pods.iter().filter(|pod| wanted(pod)).count() as u64 * copies
    };
    let recording = Recording::of(&rows.recorded, rows.start_ms);
    let live_peak = trace.header.maps[0].peak;
    let mut notes = rows.notes.clone();
    if live_peak <= ENOUGH_ALIVE {
        notes.push(format!(
            "with at most {live_peak} pods alive this tests cache lines more than maps; \
             `--until-alive {ENOUGH_ALIVE} --last-days 1` lays as many copies over each other as \
             it takes"
        ));
    }
    if let Copies::UntilAlive(wanted) = options.superpose.copies {
        notes.push(format!("{copies} copies are the fewest found for over {wanted} alive"));
    }
    let mut report = ImportReport::new(&options.columns.format, label, trace);
    report.rows_read = rows.read;
    report.rows_used = rows.pods.len() as u64;
    report.skipped = rows.skipped.clone();
    report.approximations = rows.approximations.clone();
    report.recording = Some(recording);
    report.pods = Some(PodCounts {
        copies: plan.copies,
        shift_s: plan.superpose.start_ms(1) as f64 / 1_000.0,
        at_start: 0,
        added: count(|_| true),
        bound: count(|pod| pod.bound_ms.is_some()),
        never_bound: count(|pod| pod.bound_ms.is_none()),
        deleted: count(|pod| pod.deleted_ms.is_some()),
        live_peak,
    });
    report.distinct_keys = rows.pods.len() as u64 * copies + u64::from(plan.nodes);
    report.count_keys(trace);
    report.notes = notes;
    report
}

/// Pods alive at once from which a replay measures maps rather than cache lines.
const ENOUGH_ALIVE: u32 = 8_000;

/// Longest row. A quote without its end would make the rest of a file one cell.
const LONGEST_ROW: u64 = 1 << 20;

/// The usable rows of a file.
#[derive(Debug, Default)]
struct Rows {
    read: u64,
    /// As they are replayed.
    pods: Vec<Lifecycle>,
    /// The same pods as they were recorded.
    recorded: Vec<Lifecycle>,
    /// Start of the window.
    start_ms: i64,
    skipped: BTreeMap<String, u64>,
    approximations: BTreeMap<String, u64>,
    notes: Vec<String>,
}

impl Rows {
    fn read(input: impl Read, label: &str, columns: &Columns) -> Result<Rows, ImportError> {
        let input =
            unpacked(input).map_err(|error| ImportError::read(label, Place::Start, &error))?;
        let allowance = Allowance::new(LONGEST_ROW);
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(Metered::new(input, &allowance));
        let header = reader.headers().map_err(|error| read_error(label, &error))?.clone();
        let places = Places::find(&header, label, columns)?;
        let mut raw = Vec::new();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| read_error(label, &error))? {
            let line = record.position().map_or(0, csv::Position::line);
            raw.push(places.row(&record, label, line, columns)?);
            allowance.renew();
            if raw.len() > MAX_KEYS as usize {
                let (label, at) = (label.to_owned(), Place::Line(line));
                return Err(ImportError::TooMany { label, at, what: "16,777,216 rows" });
            }
        }
        let mut rows = Rows::resolve(raw);
        if reader.get_ref().last != Some(b'\n') {
            let note = "the last line has no line end: if the file was cut off inside it, its last \
                        cell is wrong";
            rows.notes.push(note.to_owned());
        }
        Ok(rows)
    }

    /// Skips what makes no sense and counts it.
    fn resolve(raw: Vec<Row>) -> Rows {
        let start_ms = raw.iter().filter_map(|row| row.created_ms).min().unwrap_or(0);
        let mut rows = Rows { read: raw.len() as u64, ..Rows::default() };
        for row in raw {
            let created_ms = row.created_ms.unwrap_or(start_ms);
            let Some(name) = row.name else {
                count(&mut rows.skipped, "no name");
                continue;
            };
            if row.deleted_ms.is_some_and(|deleted_ms| deleted_ms < created_ms) {
                count(&mut rows.skipped, "deleted before it was created");
                continue;
            }
            if row.created_ms.is_none() {
                count(&mut rows.approximations, "no creation: added at the start");
            }
            let latest_ms = row.deleted_ms.unwrap_or(i64::MAX);
            let bound_ms = row.bound_ms.map(|bound_ms| bound_ms.clamp(created_ms, latest_ms));
            if bound_ms != row.bound_ms {
                count(&mut rows.approximations, "bound outside its life: moved to the nearer end");
            }
            rows.pods.push(Lifecycle { name, created_ms, bound_ms, deleted_ms: row.deleted_ms });
        }
        rows.recorded.clone_from(&rows.pods);
        rows.start_ms = start_ms;
        rows
    }

    /// Keeps the pods that live in the last `window_ms` before the last creation.
    fn keep_last(&mut self, window_ms: i64) {
        let last_ms = self.pods.iter().map(|pod| pod.created_ms).max().unwrap_or(0);
        let start_ms = last_ms.saturating_sub(window_ms);
        let before = self.pods.len();
        self.pods.retain(|pod| pod.deleted_ms.is_none_or(|deleted_ms| deleted_ms >= start_ms));
        let gone = (before - self.pods.len()) as u64;
        if gone > 0 {
            self.skipped.insert("gone before the window".to_owned(), gone);
        }
        self.recorded.clone_from(&self.pods);
        self.start_ms = self.start_ms.max(start_ms);
        for pod in self.pods.iter_mut().filter(|pod| pod.created_ms < start_ms) {
            pod.created_ms = start_ms;
            pod.bound_ms = pod.bound_ms.map(|bound_ms| bound_ms.max(start_ms));
            count(&mut self.approximations, "created before the window: added at its start");
        }
    }
}

fn count(reasons: &mut BTreeMap<String, u64>, reason: &str) {
    *reasons.entry(reason.to_owned()).or_default() += 1;
}

fn read_error(label: &str, error: &csv::Error) -> ImportError {
    let label = label.to_owned();
    let line = error.position().map_or(1, csv::Position::line);
    let at = Place::Line(line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            ImportError::CutOff { label, line, found: *len, expected: *expected_len }
        }
        csv::ErrorKind::Io(error) => ImportError::read(&label, at, error),
        _ => ImportError::Read { label, at, what: error.to_string() },
    }
}
