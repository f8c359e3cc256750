//! CSV as other programs read it: by column name, whole numbers of nanoseconds, empty where there
//! is no figure, and one row for everything that was planned.

mod sample;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use mapbench_core::event::RunEvent;
use mapbench_results::export::{self, Format, Run};
use mapbench_results::{RunLog, RunLogWriter, RunSummary};

type Row = HashMap<String, String>;

fn summary() -> (RunSummary, Vec<RunEvent>) {
    let (begin, events) = sample::events();
    let mut summary = RunSummary::new(&begin);
    for event in &events {
        summary.apply(event);
    }
    (summary, events)
}

fn text(format: Format) -> String {
    let (summary, events) = summary();
    let mut bytes = Vec::new();
    export::write(format, Run::of(&summary).with_events(&events), &mut bytes).expect("written");
    String::from_utf8(bytes).expect("text")
}

fn rows(text: &str) -> Vec<Row> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("csv reads back")
}

fn select<'r>(rows: &'r [Row], wanted: &[(&str, &str)]) -> Vec<&'r Row> {
    rows.iter().filter(|row| wanted.iter().all(|(column, value)| row[*column] == *value)).collect()
}

#[test]
fn the_columns_stand_as_promised() {
    let promised = "schema_version,run_id,commit,scenario,adapter,adapter_version,hasher,key_kind,\
        value_bytes,threads,fork,rounds,ops,elapsed_ns,ops_per_sec_median,ops_per_sec_ci95_low,\
        ops_per_sec_ci95_high,service_ns_p50,service_ns_p90,service_ns_p99,service_ns_p999,\
        service_ns_p9999,service_ns_max,hit_share,effective_write_share,bytes_per_entry,status,\
        error,level,op_class,axis,axis_value,seed,trace_hash,placement,intended_ns_p50,\
        intended_ns_p90,intended_ns_p99,intended_ns_p999,intended_ns_p9999,intended_ns_max,\
        value_kind,verified";
    assert!(text(Format::Csv).starts_with(promised));
    assert_eq!(text(Format::Csv).lines().next(), Some(export::csv::header().join(",").as_str()));
}

#[test]
fn the_row_of_a_cell_is_golden() {
    let text = text(Format::Csv);
    let expected = "1,k3x9q2,0123456789abcdef0123456789abcdef01234567,curated/read-heavy,sharded,\
        crate 1.2.3,foldhash,u64,8,1,,6,24150000,1200000000,20125000.000,20025000.000,\
        20225000.000,580,1000,2801,3001,3001,3001,0.900000,0.050000,40.100,ok,,cell,all,,,42,\
        00112233aabbccdd,,,,,,,,8,true,,,,all,,,,,,,,,,,,,,,0.900000,0.050000,,,,,0,,,,,,,,,,,,,0.333333,,,0,,,,,,,,,,,,,,,,,none,,,";
    assert_eq!(text.lines().nth(1), Some(expected));
}

#[test]
fn every_level_and_class_has_its_row() {
    let rows = rows(&text(Format::CsvRounds));
    let sharded = |level: &str| select(&rows, &[("adapter", "sharded"), ("level", level)]).len();
    // Two cells; all, read and write; two forks; three rounds.
    assert_eq!((sharded("cell"), sharded("fork"), sharded("round")), (2 * 3, 4 * 3, 12 * 3));
    assert_eq!(select(&rows, &[("level", "round"), ("placement", "mixed")]).len(), 3);
    let fork = select(&rows, &[("level", "fork"), ("fork", "1"), ("op_class", "write")]);
    assert!(fork.iter().all(|row| row["service_ns_p50"].parse::<u64>().is_ok()));
}

#[test]
fn rounds_stay_out_unless_asked_for() {
    let rows = rows(&text(Format::Csv));
    assert_eq!(select(&rows, &[("level", "round")]).len(), 0);
}

#[test]
fn failed_cells_and_skips_are_rows_with_their_reasons() {
    let rows = rows(&text(Format::Csv));
    let failed = select(&rows, &[("status", "failed"), ("level", "cell")]);
    let [failed] = failed.as_slice() else { panic!("{failed:?}") };
    assert_eq!((&*failed["adapter"], &*failed["threads"]), ("dashmap/v6", "2"));
    assert_eq!(failed["error"], "hang: no progress in 30 s, in round 0");
    for absent in ["ops_per_sec_median", "service_ns_p50", "hit_share", "verified"] {
        assert_eq!(failed[absent], "", "{absent}");
    }
    let skipped = select(&rows, &[("status", "skipped")]);
    let [skipped] = skipped.as_slice() else { panic!("{skipped:?}") };
    assert_eq!(skipped["adapter"], "evmap/publish-every-n");
    assert!(skipped["error"].starts_with("has no atomic read-modify-write"));
    // The fork that never ended is partial, the one that hung failed.
    let forks = select(&rows, &[("adapter", "dashmap/v6"), ("threads", "2"), ("level", "fork")]);
    let statuses: Vec<&str> = forks.iter().map(|row| row["status"].as_str()).collect();
    assert_eq!(statuses, ["failed", "partial"]);
}

#[test]
fn a_log_exports_as_the_live_run_did() {
    let folder = tempfile::tempdir().expect("a folder");
    let (begin, events) = sample::events();
    let mut writer = RunLogWriter::create(folder.path(), &begin).expect("created");
    for event in &events {
        writer.write(event).expect("written");
    }
    let log = RunLog::read(&writer.finish(sample::end()).expect("finished")).expect("a log");
    let replayed = RunSummary::of_log(&log);
    let mut bytes = Vec::new();
    let run = Run::of(&replayed).with_events(&log.events);
    export::write(Format::CsvRounds, run, &mut bytes).expect("written");
    assert_eq!(String::from_utf8(bytes).expect("text"), text(Format::CsvRounds));
}

#[test]
fn a_dirty_tree_is_not_passed_off_as_its_commit() {
    let (mut begin, _) = sample::events();
    begin.commit.as_mut().expect("a commit").dirty = true;
    let summary = RunSummary::new(&begin);
    let mut bytes = Vec::new();
    export::write(Format::Csv, Run::of(&summary), &mut bytes).expect("written");
    let rows = rows(std::str::from_utf8(&bytes).expect("text"));
    assert!(rows.iter().all(|row| row["commit"].ends_with("67-dirty")));
    // Nothing was measured, and every planned cell says so.
    assert_eq!(select(&rows, &[("status", "partial"), ("rounds", "0")]).len(), 4);
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let (summary, _) = summary();
    let run = Run::of(&summary);
    let path = folder.path().join("out.csv");
    fs::write(&path, "old").expect("written");

    export::check_writable(&path).expect("writable");
    assert_eq!(fs::read_to_string(&path).expect("text"), "old", "checking changes nothing");
    export::write_file(Format::Csv, run, &path).expect("written");
    assert_eq!(fs::read_to_string(&path).expect("text"), text(Format::Csv));
    assert_eq!(fs::read_dir(folder.path()).expect("entries").count(), 1, "no draft is left");

    let nowhere = folder.path().join("none/out.csv");
    for error in [
        export::check_writable(&nowhere).expect_err("refused"),
        export::write_file(Format::Csv, run, &nowhere).expect_err("refused"),
        export::check_writable(folder.path()).expect_err("refused"),
    ] {
        assert!(error.to_string().contains(&*folder.path().to_string_lossy()), "{error}");
    }
    assert!("parquet".parse::<Format>().expect_err("none").to_string().contains("use csv"));
    assert_eq!("csv-rounds".parse::<Format>().expect("one"), Format::CsvRounds);
}

#[cfg(unix)]
#[test]
fn links_and_devices_survive_an_export() {
    let folder = tempfile::tempdir().expect("a folder");
    let (summary, _) = summary();
    let run = Run::of(&summary);
    let (real, link) = (folder.path().join("real.csv"), folder.path().join("link.csv"));
    fs::write(&real, "old").expect("written");
    std::os::unix::fs::symlink(&real, &link).expect("linked");
    export::write_file(Format::Csv, run, &link).expect("written");
    assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
    assert_eq!(fs::read_to_string(&real).expect("text"), text(Format::Csv));

    let null = std::path::Path::new("/dev/null");
    export::write_file(Format::Csv, run, null).expect("written");
    assert!(!fs::metadata(null).expect("still there").is_file());
}

#[test]
fn every_column_is_explained_to_readers() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reading-results.md");
    let page = fs::read_to_string(page).expect("the page");
    let columns = export::csv::header();
    let missing: Vec<_> =
        columns.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/reading-results.md does not explain {missing:?}");
}
