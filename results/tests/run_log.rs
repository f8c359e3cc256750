//! What people rely on: a log reads back as it was written, a run that died loses at most its last
//! line, and a broken file is named with its line.

mod sample;

use std::fs;
use std::path::Path;

use mapbench_core::event::{EndCause, RoundOrder, RunEnd, RunEvent, Work};
use mapbench_results::store;
use mapbench_results::{RunLog, RunLogError, RunLogWriter, RunSummary};

fn write_sample(store: &Path) -> std::path::PathBuf {
    let (begin, events) = sample::events();
    let mut writer = RunLogWriter::create(store, &begin).expect("created");
    for event in &events {
        writer.write(event).expect("written");
    }
    writer.sync().expect("synced");
    writer.finish(sample::end()).expect("finished")
}

#[test]
fn a_run_reads_back_as_it_was_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write_sample(&folder.path().join("deep/store"));
    assert_eq!(path.file_name().unwrap(), "20260102T030405Z-0123456-k3x9q2.ndjson");

    let log = RunLog::read(&path).expect("a log");
    let (begin, events) = sample::events();
    assert_eq!(log.begin, begin);
    assert_eq!(log.events, events);
    assert_eq!(log.end, Some(sample::end()));
    assert!(!log.partial() && !log.torn_tail);
    assert_eq!(log.replay().count(), events.len() + 2);
}

#[test]
fn screen_events_stay_out_of_the_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let (begin, _) = sample::events();
    let mut writer = RunLogWriter::create(folder.path(), &begin).expect("created");
    let order = RoundOrder { n: 0, work: Work::Trace, warm_ns: 0, sampled: false };
    writer.write(&RunEvent::RoundStarted { cell: 0, fork: 0, order }).expect("passed over");
    writer.write(&RunEvent::Begin(Box::new(begin))).expect("passed over");
    let log = RunLog::read(writer.path()).expect("a log");
    assert_eq!(log.events, []);
    assert!(log.partial());
}

#[test]
fn logs_are_never_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write_sample(folder.path());
    let before = fs::read(&path).expect("bytes");
    let (begin, _) = sample::events();
    let error = RunLogWriter::create(folder.path(), &begin).expect_err("refused");
    assert!(matches!(error, RunLogError::Exists { .. }), "{error}");
    assert_eq!(fs::read(&path).expect("bytes"), before);
}

#[test]
fn ids_that_are_no_file_names_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut begin, _) = sample::events();
    for id in ["", "../x", "a/b", &"x".repeat(65)] {
        begin.run_id = id.to_owned();
        let error = RunLogWriter::create(folder.path(), &begin).expect_err("refused");
        assert!(matches!(error, RunLogError::Name { field: "run_id", .. }), "{error}");
    }
    begin.run_id = "fine".to_owned();
    begin.started = "yesterday".to_owned();
    let error = RunLogWriter::create(folder.path(), &begin).expect_err("refused");
    assert!(error.to_string().contains("\"yesterday\""), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was left behind");
}

#[test]
fn a_log_cut_at_any_byte_is_partial_or_clearly_empty() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write_sample(folder.path());
    let bytes = fs::read(&path).expect("bytes");
    let first = bytes.iter().position(|byte| *byte == b'\n').expect("a line");
    let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').expect("a line");
    let whole = RunLog::read(&path).expect("a log");
    // Around each end of a line, at the last line, and at a part of the bytes between that falls on
    // every kind of place: each cut reads all that is before it.
    let near_line_end = |cut: usize| {
        let around = cut.saturating_sub(2)..(cut + 2).min(bytes.len());
        bytes[around].contains(&b'\n')
    };
    let cuts = (0..=bytes.len()).filter(|&cut| cut % 37 == 0 || cut > last || near_line_end(cut));
    for cut in cuts {
        let read = RunLog::read_from(&bytes[..cut], &path);
        let log = match read {
            Ok(log) => log,
            Err(RunLogError::Empty { .. }) => {
                assert!(cut < first, "at {cut} the first line is whole");
                continue;
            }
            Err(error) => panic!("at {cut}: {error}"),
        };
        assert!(cut >= first);
        // A whole last line is the end even if only its line break is missing.
        assert_eq!(log.partial(), cut < bytes.len() - 1, "at {cut}");
        assert!(whole.events.starts_with(&log.events));
        let at_line_end = cut == first || bytes[cut - 1] == b'\n';
        assert!(!(at_line_end && log.torn_tail), "at {cut}");
        if cut > last + 1 && cut < bytes.len() - 1 {
            assert!(log.torn_tail, "at {cut}");
        }
        if cut % 999 == 0 {
            RunSummary::of_log(&log);
        }
    }
}

#[test]
fn a_bad_line_in_the_middle_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write_sample(folder.path());
    let text = fs::read_to_string(&path).expect("text");
    let mut lines: Vec<&str> = text.lines().collect();
    lines[4] = "{\"event\":\"round\"";
    fs::write(&path, lines.join("\n")).expect("written");
    let message = RunLog::read(&path).expect_err("refused").to_string();
    assert!(message.contains("k3x9q2.ndjson: line 5:"), "{message}");

    lines[4] = r#"{"event":"from-the-future"}"#;
    fs::write(&path, lines.join("\n")).expect("written");
    let message = RunLog::read(&path).expect_err("refused").to_string();
    assert!(message.contains("line 5:") && message.contains("from-the-future"), "{message}");
}

#[test]
fn newer_logs_and_other_files_are_refused_and_unknown_fields_are_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write_sample(folder.path());
    let text = fs::read_to_string(&path).expect("text");

    let newer = text.replacen("\"schema_version\":1", "\"schema_version\":7", 1);
    let error = RunLog::read_from(newer.as_bytes(), &path).expect_err("refused");
    assert!(matches!(error, RunLogError::NewerSchema { found: 7, .. }), "{error}");

    let richer = text.replacen("\"seed\":42", "\"seed\":42,\"mood\":\"good\"", 1);
    RunLog::read_from(richer.as_bytes(), &path).expect("unknown fields are ignored");

    for other in ["a,b,c\n1,2,3\n", "{\"event\":\"note\",\"text\":\"x\"}\n", "{}\n"] {
        let message = RunLog::read_from(other.as_bytes(), &path).expect_err("refused").to_string();
        assert!(message.contains("line 1:"), "{message}");
    }
    let doubled = text.clone() + &text;
    let message = RunLog::read_from(doubled.as_bytes(), &path).expect_err("refused").to_string();
    assert!(message.contains("after the end"), "{message}");
}

#[test]
fn the_store_lies_beside_the_nearest_project_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("a/b");
    fs::create_dir_all(&inner).expect("made");
    assert_eq!(store::find(&inner), inner.join(".mapbench/runs"));
    fs::write(folder.path().join("a/mapbench.toml"), "").expect("written");
    assert_eq!(store::find(&inner), folder.path().join("a/.mapbench/runs"));
}

#[test]
fn runs_are_found_by_path_and_by_the_beginning_of_their_id() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut begin, _) = sample::events();
    let mut paths = Vec::new();
    for (second, id) in ["abc1", "abd2", "abc"].iter().enumerate() {
        begin.run_id = (*id).to_owned();
        begin.started = format!("2026-01-02T03:04:0{second}Z");
        begin.commit = None;
        paths.push(RunLogWriter::create(folder.path(), &begin).unwrap().path().to_owned());
    }
    fs::write(folder.path().join("notes.txt"), "").expect("written");
    fs::write(folder.path().join("other.ndjson"), "").expect("written");

    let listed = store::list(folder.path()).expect("a list");
    let ids: Vec<&str> = listed.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(ids, ["abc1", "abd2", "abc"], "oldest first");
    assert_eq!(listed[0].commit, "nocommit");
    assert_eq!(store::list(&folder.path().join("none")).expect("empty"), []);

    let find = |name: &str| store::resolve(folder.path(), name);
    assert_eq!(find("abd").expect("one"), paths[1]);
    assert_eq!(find("abc").expect("the exact one"), paths[2]);
    assert_eq!(find(paths[0].to_str().unwrap()).expect("a path"), paths[0]);
    let message = find("ab").expect_err("several").to_string();
    assert!(message.contains("abc1, abd2, abc"), "{message}");
    let message = find("zz").expect_err("none").to_string();
    assert!(message.contains("\"zz\""), "{message}");
    find("").expect_err("nothing");
}

#[test]
fn the_log_of_the_first_version_stays_readable() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/run-v1.ndjson");
    let log = RunLog::read(&path).expect("a log of schema 1");
    let (begin, events) = sample::events();
    assert_eq!(log.begin, begin);
    assert_eq!(log.events, events);
    assert_eq!(log.end, Some(sample::end()));
}

/// Writes the fixture anew: `cargo test -p mapbench-results --test run_log -- --ignored`. Only
/// for a new schema version, under a new name; the old file stays.
#[test]
#[ignore = "writes tests/fixtures"]
fn write_the_fixture() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write_sample(folder.path());
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fs::copy(path, fixtures.join("run-v1.ndjson")).expect("copied");
}

#[test]
fn a_resumed_log_loses_its_torn_line_and_its_first_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = RunLogWriter::create(folder.path(), &sample::begin(Vec::new())).unwrap();
    writer.write(&RunEvent::Note { text: "before".to_owned() }).unwrap();
    let path = writer.path().to_owned();
    drop(writer);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend_from_slice(b"{\"event\":\"note\",\"te");
    std::fs::write(&path, bytes).unwrap();

    let end = |code| RunEnd {
        cause: EndCause::Finished,
        exit_code: code,
        ended: "2026-11-24T00:00:00Z".to_owned(),
    };
    let resumed = || RunEvent::Resumed { at: String::new(), command: Vec::new() };
    for code in [102, 0] {
        let mut writer = RunLogWriter::append(&path).unwrap();
        writer.write(&resumed()).unwrap();
        writer.finish(end(code)).unwrap();
    }
    let log = RunLog::read(&path).unwrap();
    assert!(!log.torn_tail);
    assert_eq!(log.end, Some(end(0)));
    let notes = log.events.iter().filter(|event| matches!(event, RunEvent::Note { .. })).count();
    assert_eq!((notes, log.events.len()), (1, 3));
}
