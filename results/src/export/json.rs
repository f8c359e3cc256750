//! JSON of a run: its identity, its fingerprint, why it ended as it did, and the rows of CSV with
//! real types; of the log of a comparison its verdicts too. `docs/exports.md` documents it for readers. Fields are added, never renamed; what
//! does not exist is left out, never zero.

use std::io::{self, Write};

use mapbench_core::event::{
    Commit, ComparisonBegin, EndCause, Machine, Measure, Sequence, Skipped, Subject, Timing, UiMode,
};
use serde::Serialize;
use serde_json::{Map, Number, Value};

use super::columns::{COLUMNS, Kind, Line};
use super::{Run, lines};
use crate::compare::json::object;
use crate::exit;
use crate::sweep::Sweep;

/// Version of this shape.
pub const JSON_SCHEMA_VERSION: u32 = 1;

/// The document.
#[derive(Serialize)]
struct Document<'a, C> {
    schema_version: u32,
    kind: &'static str,
    run: Identity<'a>,
    fingerprint: Fingerprint<'a>,
    exit_causes: Vec<Cause>,
    notes: &'a [String],
    skipped: &'a [Skipped],
    rows: Vec<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sweep: Option<&'a Sweep>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<&'a ComparisonBegin>,
    /// What `compare -o json` writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<C>,
}

/// Which run it is.
#[derive(Serialize)]
struct Identity<'a> {
    id: &'a str,
    started: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<&'a str>,
    /// `None` of a run that was cut off, or goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_cause: Option<EndCause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<u8>,
    complete: bool,
    command: &'a [String],
    seed: u64,
    forks: u32,
    rounds: u32,
    measure: Measure,
}

/// What must match between two runs, and what may differ.
#[derive(Serialize)]
struct Fingerprint<'a> {
    machine: &'a Machine,
    protocol: Protocol<'a>,
    subject: Program<'a>,
}

/// How it was measured.
#[derive(Serialize)]
struct Protocol<'a> {
    mapbench_version: &'a str,
    round_ns: u64,
    warm_ns: u64,
    order: Sequence,
    timing: Timing,
    ui: UiMode,
    cpus: &'a [u32],
}

/// What was measured.
#[derive(Serialize)]
struct Program<'a> {
    commit: Option<&'a Commit>,
    build: Option<&'a Subject>,
    allocator: &'a str,
}

/// One cause of the exit code.
#[derive(Serialize)]
struct Cause {
    name: &'static str,
    exit_code: u8,
}

/// Writes the document, with a line break at the end.
///
/// # Errors
/// What `out` says.
pub fn write(run: Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &document(run)?)?;
    writeln!(out)
}

/// Writes the same without white space.
pub(super) fn write_dense(run: Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(out, &document(run)?).map_err(io::Error::from)
}

fn document(run: Run<'_>) -> io::Result<Document<'_, impl Serialize>> {
    let mut rows = Vec::new();
    lines::each(run.summary, &[], &mut |line| {
        rows.push(row(line));
        Ok(())
    })?;
    let begin = run.summary.begin();
    let end = run.summary.end();
    Ok(Document {
        schema_version: JSON_SCHEMA_VERSION,
        kind: "run",
        run: Identity {
            id: &begin.run_id,
            started: &begin.started,
            ended: end.map(|end| end.ended.as_str()),
            end_cause: end.map(|end| end.cause),
            exit_code: end.map(|end| end.exit_code),
            complete: end.is_some(),
            command: &begin.command,
            seed: begin.seed,
            forks: begin.forks,
            rounds: begin.rounds,
            measure: begin.measure,
        },
        fingerprint: fingerprint(run),
        exit_causes: causes(run),
        notes: run.summary.notes(),
        skipped: &begin.skipped,
        rows,
        sweep: run.sweep,
        comparison: begin.comparison.as_ref(),
        compared: run.compared.map(|compared| object(compared, &[compared.exit_cause(false)])),
    })
}

fn fingerprint(run: Run<'_>) -> Fingerprint<'_> {
    let begin = run.summary.begin();
    Fingerprint {
        machine: &begin.machine,
        protocol: Protocol {
            mapbench_version: &begin.mapbench_version,
            round_ns: begin.round_ns,
            warm_ns: begin.warm_ns,
            order: begin.order,
            timing: begin.timing,
            ui: begin.ui,
            cpus: &begin.cpus,
        },
        subject: Program {
            commit: begin.commit.as_ref(),
            build: begin.subject.as_ref(),
            allocator: &begin.machine.allocator,
        },
    }
}

/// All causes, gravest first: the exit code tells only the first of them.
fn causes(run: Run<'_>) -> Vec<Cause> {
    let end = run.summary.end().map_or(EndCause::Finished, |end| end.cause);
    let causes = exit::causes(run.summary, end).into_iter();
    causes.map(|cause| Cause { name: cause.name(), exit_code: cause.code() }).collect()
}

/// A line of CSV as an object: the same names and figures, without the empty fields.
fn row(line: Line<'_>) -> Map<String, Value> {
    let fields = COLUMNS.iter().zip(line.fields()).filter(|(_, field)| !field.is_empty());
    fields.map(|(column, field)| (column.name.to_owned(), typed(column.kind, field))).collect()
}

/// A field with the type of its kind. What does not read as one stays the text that it is.
fn typed(kind: Kind, field: String) -> Value {
    let read = match kind {
        Kind::Text => None,
        Kind::Truth => field.parse::<bool>().ok().map(Value::Bool),
        Kind::Number => field
            .parse::<u64>()
            .ok()
            .map(Number::from)
            .or_else(|| Number::from_f64(field.parse::<f64>().ok()?))
            .map(Value::Number),
    };
    read.unwrap_or(Value::String(field))
}
