//! A comparison as one JSON object, for scripts: every figure of the page, as shares and plain
//! numbers, and every cause of the exit code. Keys are added, never renamed; a figure that does not
//! exist is `null`. Decides nothing.

use std::io::{self, Write};

use serde::Serialize;

use super::{Compared, ComparedCell, HarnessShift, Side};
use crate::exit::{ExitCause, gravest};
use crate::gate::{Judgement, Verdict};
use crate::label;
use crate::summary::mode_name;
use crate::units::Charset;

/// Version of the object.
pub const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct File<'c> {
    schema_version: u32,
    kind: &'static str,
    design: &'static str,
    overall: &'static str,
    exit_code: u8,
    exit_causes: Vec<&'static str>,
    a: SideObject<'c>,
    b: SideObject<'c>,
    treatment: Vec<DifferenceObject<'c>>,
    looks: u32,
    equal_runs: usize,
    cells: Vec<CellObject<'c>>,
    harness: Vec<HarnessObject<'c>>,
    left_out: Vec<LeftOutObject<'c>>,
}

#[derive(Serialize)]
struct SideObject<'c> {
    name: &'c str,
    run: &'c str,
    started: &'c str,
    commit: Option<&'c str>,
    commit_subject: Option<&'c str>,
    dirty: Option<bool>,
}

#[derive(Serialize)]
struct DifferenceObject<'c> {
    field: &'c str,
    a: &'c str,
    b: &'c str,
}

#[derive(Serialize)]
struct CellObject<'c> {
    adapter: String,
    adapter_version: &'c str,
    scenario: &'c str,
    setting: String,
    threads: u32,
    trace_hash: &'c str,
    mode: Option<&'static str>,
    a_ops_per_sec: f64,
    b_ops_per_sec: f64,
    n: usize,
    forks: u32,
    dropped: usize,
    basis: &'static str,
    floor: Option<f64>,
    #[serde(flatten)]
    judgement: JudgementObject,
}

#[derive(Serialize)]
struct JudgementObject {
    verdict: &'static str,
    noise: Vec<String>,
    detected: bool,
    slowdown: f64,
    slowdown_low: Option<f64>,
    slowdown_high: Option<f64>,
    delta: f64,
    p: f64,
}

#[derive(Serialize)]
struct HarnessObject<'c> {
    setting: &'c str,
    mode: Option<&'static str>,
    changed: bool,
    share: f64,
    adapter: &'c str,
    #[serde(flatten)]
    judgement: JudgementObject,
}

#[derive(Serialize)]
struct LeftOutObject<'c> {
    cell: &'c str,
    reason: &'c str,
}

/// Writes a comparison. `causes` are all causes of the exit code that the command ends with; none
/// is fine.
///
/// # Errors
/// What `out` says.
pub fn write(compared: &Compared, causes: &[ExitCause], out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &object(compared, causes))?;
    out.write_all(b"\n")
}

/// The object, to stand in another one.
pub(crate) fn object<'c>(compared: &'c Compared, causes: &[ExitCause]) -> impl Serialize + use<'c> {
    File {
        schema_version: SCHEMA_VERSION,
        kind: "comparison",
        design: compared.design.key(),
        overall: compared.overall().key(),
        exit_code: gravest(causes.iter().copied()).code(),
        exit_causes: causes.iter().map(|cause| cause.name()).collect(),
        a: side(&compared.a),
        b: side(&compared.b),
        treatment: compared
            .treatment
            .iter()
            .map(|of| DifferenceObject { field: &of.field, a: &of.a, b: &of.b })
            .collect(),
        looks: compared.looks.count(),
        equal_runs: compared.equal_runs,
        cells: compared.cells.iter().map(cell).collect(),
        harness: compared.harness.iter().map(harness).collect(),
        left_out: compared
            .left_out
            .iter()
            .map(|left| LeftOutObject { cell: &left.cell, reason: &left.reason })
            .collect(),
    }
}

fn side(side: &Side) -> SideObject<'_> {
    let commit = side.begin.commit.as_ref();
    SideObject {
        name: &side.name,
        run: &side.begin.run_id,
        started: &side.begin.started,
        commit: commit.map(|commit| &*commit.sha),
        commit_subject: commit.map(|commit| &*commit.subject),
        dirty: commit.map(|commit| commit.dirty),
    }
}

fn cell(compared: &ComparedCell) -> CellObject<'_> {
    let cell = &compared.cell;
    CellObject {
        adapter: label::adapter(cell),
        adapter_version: &cell.adapter_version,
        scenario: &cell.scenario,
        setting: label::setting(cell, Charset::Ascii),
        threads: cell.threads,
        trace_hash: &cell.trace_hash,
        mode: compared.mode.map(mode_name),
        a_ops_per_sec: compared.a_ops_per_sec,
        b_ops_per_sec: compared.b_ops_per_sec,
        n: compared.n,
        forks: compared.forks,
        dropped: compared.dropped,
        basis: compared.basis.key(),
        floor: compared.floor,
        judgement: judgement(&compared.judgement),
    }
}

fn harness(shift: &HarnessShift) -> HarnessObject<'_> {
    HarnessObject {
        setting: &shift.setting,
        mode: shift.mode.map(mode_name),
        changed: shift.is_change(),
        share: shift.share,
        adapter: &shift.adapter,
        judgement: judgement(&shift.judgement),
    }
}

fn judgement(judgement: &Judgement) -> JudgementObject {
    let noise = match &judgement.verdict {
        Verdict::Noisy(causes) => causes.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    // An interval that reaches to infinity has no end there.
    let high = judgement.interval.high;
    JudgementObject {
        verdict: judgement.verdict.key(),
        noise,
        detected: judgement.detected,
        slowdown: judgement.slowdown,
        slowdown_low: high.is_finite().then_some(judgement.interval.low),
        slowdown_high: high.is_finite().then_some(high),
        delta: judgement.delta,
        p: judgement.p,
    }
}
