//! From the events of a log to its digest, in memory that the length of the log does not bound.

use std::fs;
use std::io::BufRead;
use std::path::Path;
use std::time::UNIX_EPOCH;

use mapbench_core::event::{RunBegin, RunEvent};
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use super::{CellDigest, FileStamp, ModeDigest, Outcome, Protocol, RunDigest, without_calibrated};
use crate::label;
use crate::run_log::{RunLogError, RunLogReader};
use crate::summary::{CellSummary, ModeFigures, RunSummary};
use crate::units::Charset;

impl FileStamp {
    /// The stamp of a plain file. Whatever else has a name (a folder, a pipe) has none.
    ///
    /// # Errors
    /// What the system says, or that it is no plain file.
    pub fn of(path: &Path) -> std::io::Result<FileStamp> {
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() {
            return Err(std::io::Error::other("not a plain file"));
        }
        let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(FileStamp {
            name: name.unwrap_or_default(),
            bytes: metadata.len(),
            modified_ns: u64::try_from(modified.as_nanos()).unwrap_or(u64::MAX),
        })
    }
}

impl RunDigest {
    /// Digests a log. The stamp is taken first, so that what is written meanwhile makes the digest
    /// stale instead of being missed.
    ///
    /// # Errors
    /// [`RunLogError`] names file and line.
    pub fn of_file(path: &Path) -> Result<RunDigest, RunLogError> {
        let failed = |source| RunLogError::Io {
            path: path.to_owned(),
            action: "looking at the run log",
            source,
        };
        let file = FileStamp::of(path).map_err(failed)?;
        RunDigest::read(RunLogReader::open(path)?, file)
    }

    /// Digests what a reader reads.
    ///
    /// # Errors
    /// As [`RunDigest::of_file`].
    pub fn read(
        mut reader: RunLogReader<impl BufRead>,
        file: FileStamp,
    ) -> Result<RunDigest, RunLogError> {
        let mut summary = None;
        for event in &mut reader {
            match (event?, &mut summary) {
                (RunEvent::Begin(begin), none) => *none = Some(RunSummary::new(&begin)),
                (event, Some(summary)) => summary.apply(&event),
                (_, None) => {}
            }
        }
        let path = reader.path().to_owned();
        let summary = summary.ok_or(RunLogError::Empty { path })?;
        Ok(RunDigest { torn_tail: reader.torn_tail(), ..RunDigest::of_summary(&summary, file) })
    }

    /// Digests a run that is in memory.
    pub fn of_summary(summary: &RunSummary, file: FileStamp) -> RunDigest {
        let begin = summary.begin();
        let begin = RunBegin { cells: Vec::new(), skipped: Vec::new(), ..begin.clone() };
        let end = summary.end();
        RunDigest {
            file,
            outcome: end.map_or(Outcome::Partial, |end| end.cause.into()),
            ended: end.map(|end| end.ended.clone()),
            exit_code: end.map(|end| end.exit_code),
            torn_tail: false,
            machine_hash: hash(&without_calibrated(&begin.machine)),
            protocol_hash: hash(&Protocol {
                mapbench_version: &begin.mapbench_version,
                round_ns: begin.round_ns,
                warm_ns: begin.warm_ns,
                order: begin.order,
                timing: begin.timing,
                ui: begin.ui,
                cpus: &begin.cpus,
            }),
            begin,
            cells: summary.cells().iter().map(cell).collect(),
        }
    }
}

fn cell(summary: &CellSummary) -> CellDigest {
    let cell = summary.cell();
    let finite = |figure: Option<f64>| figure.filter(|figure| figure.is_finite());
    CellDigest {
        id: cell.id,
        setting: label::setting(cell, Charset::Utf8),
        adapter: label::adapter(cell),
        adapter_version: cell.adapter_version.clone(),
        scenario: cell.scenario.clone(),
        threads: cell.threads,
        key: cell.key,
        value: cell.value,
        axis: cell.axis.clone(),
        axis_value: cell.axis_value.clone(),
        trace_hash: cell.trace_hash.clone(),
        arm: cell.arm,
        status: summary.status(),
        error: summary.error(),
        modes: summary.mode_figures().into_iter().filter_map(mode).collect(),
        bytes_per_entry: finite(summary.bytes_per_entry()),
        instructions_per_op: finite(summary.instructions_per_op()),
    }
}

/// What is no number would not read back: JSON has none.
fn mode(figures: ModeFigures) -> Option<ModeDigest> {
    figures.ops_per_sec_median.is_finite().then(|| ModeDigest {
        mode: figures.mode,
        rounds: figures.rounds,
        forks: figures.forks,
        ops_per_sec_median: figures.ops_per_sec_median,
        ops_per_sec_ci95: figures
            .ops_per_sec_ci95
            .filter(|interval| interval.low.is_finite() && interval.high.is_finite()),
        p50_ns: figures.service.map(|service| service.p50),
        p99_ns: figures.service.map(|service| service.p99),
    })
}

/// Hash of a value's JSON.
fn hash(value: &impl Serialize) -> String {
    // Plain structs of strings and numbers: their encoding cannot fail.
    let json = serde_json::to_vec(value).unwrap_or_default();
    format!("{:016x}", xxh3_64(&json))
}
