//! The log of the first program that kept one, with nothing in it but what it had to say: everything
//! that shows a run must show this one too, today and after every new field.

use std::fs;
use std::path::{Path, PathBuf};

use mapbench_results::store::{self, Outcome};
use mapbench_results::summary::Status;
use mapbench_results::units::Charset;
use mapbench_results::{RunLog, RunSummary, export, table};

/// No commit, no subject, no processors, no order, no memory, no placement of threads, no maps.
fn early_log() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/run-v1-early.ndjson")
}

fn store_with(name: &str, text: &str) -> tempfile::TempDir {
    let store = tempfile::tempdir().expect("a store");
    fs::write(store.path().join(name), text).expect("written");
    store
}

#[test]
fn an_early_log_has_a_digest_with_its_figures() {
    let text = fs::read_to_string(early_log()).expect("the fixture");
    let store = store_with("20260102T030405Z-nocommit-early001.ndjson", &text);
    let index = store::index(store.path()).expect("an index");
    let [digest] = index.runs.as_slice() else { panic!("{index:?}") };
    assert_eq!((digest.id(), digest.outcome), ("early001", Outcome::Finished));
    assert!(digest.begin.subject.is_none() && digest.begin.commit.is_none());
    let [cell, failed] = digest.cells.as_slice() else { panic!("{digest:?}") };
    assert_eq!(cell.modes[0].rounds, 3);
    assert!(cell.modes[0].p99_ns.is_some() && cell.bytes_per_entry == Some(40.1));
    assert_eq!((failed.status, failed.modes.len()), (Status::Failed, 0));
    assert_eq!(store::index(store.path()).expect("again").read_anew, 0, "and reads back");

    assert_eq!(store::list(store.path()).expect("a list").len(), 1);
    for name in ["latest", "early", "run:early001"] {
        store::resolve(store.path(), name).expect(name);
    }
}

#[test]
fn an_early_log_has_a_summary_a_table_and_rows() {
    let log = RunLog::read(&early_log()).expect("a log");
    assert!(!log.partial() && !log.torn_tail);
    let summary = RunSummary::of_log(&log);
    assert_eq!(summary.cells()[0].row().rounds, 3);
    let table = table::render(&summary, Charset::Ascii);
    assert!(table.contains("sharded") && table.contains("dashmap/v6"), "{table}");
    let mut csv = Vec::new();
    export::csv::write(&summary, &log.events, &mut csv).expect("written");
    let rows = csv::Reader::from_reader(csv.as_slice()).into_records().count();
    assert!(rows > 6, "cells, forks, classes and rounds: {rows}");
}

#[test]
fn schemas_that_there_never_was_and_that_are_not_yet_are_told_apart() {
    let text = fs::read_to_string(early_log()).expect("the fixture");
    let with = |version: &str| {
        let text =
            text.replacen("\"schema_version\":1", &format!("\"schema_version\":{version}"), 1);
        RunLog::read_from(text.as_bytes(), Path::new("log")).expect_err(version).to_string()
    };
    assert!(with("0").contains("line 1: ") && with("0").contains("schema 0"), "{}", with("0"));
    assert!(with("2").contains("schema 2") && with("2").contains("newer mapbench"));
    assert!(with("4294967296").contains("newer mapbench"), "{}", with("4294967296"));
    for nonsense in ["\"1\"", "1.5", "-1", "null", "[]"] {
        assert!(with(nonsense).contains("line 1: "), "{}", with(nonsense));
    }
}
