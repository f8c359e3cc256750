//! Prints how one adapter compares with others over a run:
//! `cargo run -p mapbench-results --example ratios -- RUN.ndjson sharded dashmap/v6 std/rwlock`.

use std::path::Path;

use mapbench_results::versus::versus;
use mapbench_results::{RunLog, RunSummary};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [run, subject, references @ ..] = arguments.as_slice() else {
        return Err("usage: ratios RUN.ndjson SUBJECT REFERENCE...".into());
    };
    let summary = RunSummary::of_log(&RunLog::read(Path::new(run))?);
    for reference in references {
        print!("{}", versus(&summary, subject, reference).describe());
    }
    Ok(())
}
