//! Replays the gate on recorded quads: how often it calls a pair different, by windows of the
//! streams that `scripts/gate-study` records, beside what the same rounds say if they are analysed
//! as other tools do, in sequential blocks. Measures nothing; says the number of windows it has, and
//! nothing of a rate that this number does not bound.
//!
//! `cargo run --release -p mapbench-results --example gate_study -- [OPTIONS] FOLDER...`
//!
//! Logs of one folder that measured the same pair in the same setting are one study.
//!
//! - `--window SECONDS`: length of a disjoint window; default 10.
//! - `--forks N`: successive forks that a window is spread over, in equal parts; default 1. Two
//!   processes of one map differ by the layout of their memory: windows of one fork count that as a
//!   difference, and from three forks on it is in the interval.
//! - `--simulate SECONDS`: also windows of this length, put together from half windows drawn with
//!   replacement; default none. `--draws N`: how many; default 1000.
//! - `--floor SHARE`: what an A/A pair differs by on this machine; δ is at least three times that.

mod arguments;
mod decision;
mod report;
mod stream;
#[cfg(test)]
mod synthetic;

use std::path::{Path, PathBuf};

use mapbench_results::RunLog;

use arguments::Arguments;
use stream::Study;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let mut studies: Vec<Study> = Vec::new();
    for path in logs(&arguments.paths)? {
        // One at a time: the stream of a log is a small part of it.
        let log = RunLog::read(&path)?;
        let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
        if let Some(study) = Study::of_log(&log, &folder.to_string_lossy(), arguments.part_ns()) {
            match studies.iter_mut().find(|known| known.name == study.name) {
                Some(known) => known.add(study),
                None => studies.push(study),
            }
        } else {
            eprintln!("{}: has no two cells to compare, left out", path.display());
        }
    }
    if studies.is_empty() {
        return Err("no log of a pair; record one with scripts/gate-study".into());
    }
    for study in &studies {
        print!("{}", report::describe(study, &arguments));
    }
    Ok(())
}

/// The run logs that files and folders name, folders not searched further down.
fn logs(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Box<dyn std::error::Error>> {
    let mut logs = Vec::new();
    for path in paths {
        if path.is_dir() {
            for entry in std::fs::read_dir(path)? {
                logs.push(entry?.path());
            }
        } else {
            logs.push(path.clone());
        }
    }
    logs.retain(|path| path.extension().is_some_and(|extension| extension == "ndjson"));
    logs.sort();
    Ok(logs)
}
