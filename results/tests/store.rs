//! What people rely on in a store: the index says what the logs say, whatever happened to it, and
//! a log that does not read is reported and left alone.

mod sample;

use std::fs;
use std::path::{Path, PathBuf};

use mapbench_core::event::PlacementMode;
use mapbench_results::store::{self, BASELINES_FILE, Baselines, INDEX_FILE, Outcome, StoreError};
use mapbench_results::summary::Status;
use mapbench_results::{RunLog, RunLogWriter, RunSummary};

/// Writes the sample run under an id; cut off if it is not to end.
fn write_run(store: &Path, id: &str, second: u32, ends: bool) -> PathBuf {
    let (mut begin, events) = sample::events();
    id.clone_into(&mut begin.run_id);
    begin.started = format!("2026-01-02T03:04:{second:02}Z");
    let mut writer = RunLogWriter::create(store, &begin).expect("created");
    for event in &events {
        writer.write(event).expect("written");
    }
    let path = writer.path().to_owned();
    if ends {
        writer.finish(sample::end()).expect("finished");
    }
    path
}

#[test]
fn a_digest_says_what_the_log_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write_run(folder.path(), "first", 1, true);
    let index = store::index(folder.path()).expect("an index");
    let [digest] = index.runs.as_slice() else { panic!("one run: {index:?}") };
    let log = RunLog::read(&path).expect("a log");
    let summary = RunSummary::of_log(&log);

    assert_eq!(digest.path(folder.path()), path);
    assert_eq!(digest.outcome, Outcome::Finished);
    assert_eq!(digest.begin.commit, log.begin.commit);
    assert_eq!(digest.cells.len(), summary.cells().len());
    for (cell, summary) in digest.cells.iter().zip(summary.cells()) {
        let row = summary.row();
        assert_eq!(cell.status, row.status);
        assert_eq!(cell.error, row.error);
        let mode = row.placement.map(|shares| shares.mode);
        let figures = cell.modes.iter().find(|figures| figures.mode == mode);
        assert_eq!(figures.map(|figures| figures.ops_per_sec_median), row.ops_per_sec_median);
        assert_eq!(figures.and_then(|figures| figures.ops_per_sec_ci95), row.ops_per_sec_ci95);
        assert_eq!(
            figures.and_then(|figures| figures.p99_ns),
            row.service.map(|service| service.p99)
        );
        assert!(cell.modes.iter().all(|figures| figures.mode != Some(PlacementMode::Mixed)));
    }
    assert!(digest.cells.iter().any(|cell| cell.status == Status::Failed), "the sample has one");
    assert_eq!(digest.breaks(digest), []);
}

#[test]
fn only_new_and_changed_logs_are_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let index = || store::index(folder.path()).expect("an index");
    let ids = || index().runs.iter().map(|run| run.id().to_owned()).collect::<Vec<_>>();
    assert_eq!(index(), store::Index::default(), "an empty store");
    assert!(!folder.path().join(INDEX_FILE).exists(), "which stays empty");

    let first = write_run(folder.path(), "first", 1, false);
    write_run(folder.path(), "second", 2, true);
    assert_eq!(index().read_anew, 2);
    assert_eq!(index().read_anew, 0);
    assert_eq!(index().runs[0].outcome, Outcome::Partial);

    RunLogWriter::append(&first).unwrap().finish(sample::end()).expect("finished");
    let changed = index();
    assert_eq!((changed.read_anew, changed.runs[0].outcome), (1, Outcome::Finished));

    fs::remove_file(&first).expect("removed");
    assert_eq!(ids(), ["second"]);
    let kept = fs::read_to_string(folder.path().join(INDEX_FILE)).expect("the index");
    assert!(!kept.contains("\"first\""), "what has gone is gone from the file");
}

#[test]
fn an_index_that_is_none_is_made_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    write_run(folder.path(), "first", 1, true);
    let good = store::index(folder.path()).expect("an index");
    let file = folder.path().join(INDEX_FILE);
    let text = fs::read_to_string(&file).expect("the index");
    let half = &text[..text.len() / 2];
    let newer = text.replacen("\"format\":1", "\"format\":99", 1);
    let other = text.replacen(env!("CARGO_PKG_VERSION"), "0.0.1-other", 1);
    assert!(newer != text && other != text);
    for broken in ["", "null", "{}", "[1]", "\u{0}\u{0}", half, &newer, &other] {
        fs::write(&file, broken).expect("written");
        let again = store::index(folder.path()).expect("an index");
        assert_eq!(again.runs, good.runs);
        assert_eq!(again.read_anew, 1);
        assert_eq!(fs::read_to_string(&file).expect("the index"), text, "and is whole again");
    }
    fs::remove_file(&file).expect("removed");
    fs::create_dir(&file).expect("a folder in its place");
    assert_eq!(store::index(folder.path()).expect("an index").runs, good.runs);
}

#[test]
fn logs_that_do_not_read_are_told_with_line_and_reason_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write_run(folder.path(), "first", 1, true);
    let text = fs::read_to_string(&path).expect("text");
    let damaged = text.replacen("\"event\":\"trial-started\"", "\"event\":\"\u{1b}[31mgone\"", 1);
    let newer = text.replacen("\"schema_version\":1", "\"schema_version\":7", 1);
    let zero = text.replacen("\"schema_version\":1", "\"schema_version\":0", 1);
    let bad = [
        ("20260102T030405Z-nocommit-damaged.ndjson", damaged.as_str(), "line 2: not an event"),
        ("20260102T030405Z-nocommit-newer.ndjson", &newer, "schema 7"),
        ("20260102T030405Z-nocommit-zero.ndjson", &zero, "schema 0"),
        ("20260102T030405Z-nocommit-empty.ndjson", "", "no complete first line"),
        ("notes.ndjson", &text, "not named like a run log"),
    ];
    for (name, text, _) in bad {
        fs::write(folder.path().join(name), text).expect("written");
    }
    fs::create_dir(folder.path().join("20260102T030405Z-nocommit-folder.ndjson")).expect("made");
    for _ in 0..2 {
        let index = store::index(folder.path()).expect("an index");
        assert_eq!(index.runs.len(), 1);
        assert_eq!(index.unreadable.len(), bad.len() + 1);
        for (name, text, reason) in bad {
            let told = index.unreadable.iter().find(|log| log.file.name == name).expect("told");
            assert!(told.reason.contains(reason), "{told:?}");
            assert!(!told.reason.contains(|c: char| c.is_control()), "{told:?}");
            assert_eq!(fs::read_to_string(folder.path().join(name)).expect("still there"), text);
        }
    }
    assert_eq!(store::index(folder.path()).expect("an index").read_anew, 0);
}

#[test]
fn many_writers_of_one_index_leave_one_whole_file() {
    let folder = tempfile::tempdir().expect("a folder");
    for second in 0..6 {
        write_run(folder.path(), &format!("run{second}"), second, true);
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..3 {
                    let _ = fs::remove_file(folder.path().join(INDEX_FILE));
                    let index = store::index(folder.path()).expect("an index");
                    assert_eq!(index.runs.len(), 6);
                }
            });
        }
    });
    let last = store::index(folder.path()).expect("an index");
    assert_eq!((last.runs.len(), last.read_anew), (6, 0));
    let drafts = fs::read_dir(folder.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("draft"));
    assert_eq!(drafts.count(), 0);
}

fn now() -> jiff::Timestamp {
    "2026-02-03T04:05:06Z".parse().expect("a time")
}

#[test]
fn every_name_of_a_run_finds_its_log_and_errors_say_what_there_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path();
    let find = |name: &str| store::resolve(store, name);
    let refused = |name: &str| find(name).expect_err("refused").to_string();
    assert!(refused("zz").contains("there are none"), "{}", refused("zz"));
    assert!(refused("latest").contains("has ended"));

    let first = write_run(store, "abc1", 1, true);
    let second = write_run(store, "abd2", 2, true);
    let partial = write_run(store, "zzz3", 3, false);
    Baselines::save(store, "main", "abc1", now()).expect("saved");
    for name in ["run:abc1", "run:abc", "abc1", "baseline:main", "main"] {
        assert_eq!(find(name).expect(name), first, "{name}");
    }
    assert_eq!(find("latest").expect("latest"), second, "the third has not ended");
    assert_eq!(find("zzz").expect("by id"), partial);
    let sha = sample::events().0.commit.expect("a commit").sha;
    for digits in [4, 7, sha.len()] {
        assert_eq!(find(&format!("at:{}", &sha[..digits])).expect("at"), second);
    }
    assert!(refused("at:fffffff").contains("no run of such a commit"));
    assert!(refused("at:0").contains("four digits"));
    assert!(refused("commit:abc").contains("at:abc"), "{}", refused("commit:abc"));
    assert!(refused("ab").contains("abc1, abd2"), "{}", refused("ab"));
    assert!(refused("run:").contains("baseline:main"), "{}", refused("run:"));
    assert!(refused("baseline:other").contains("there are main"));
    assert!(refused(store.to_str().unwrap()).contains("is a folder"));

    // A file wins over a baseline, a baseline over the beginning of an id.
    Baselines::save(store, "ab", "zzz3", now()).expect("saved");
    assert_eq!(find("ab").expect("the baseline"), partial);
    fs::remove_file(&first).expect("removed");
    assert!(refused("main").contains("run abc1, whose log is not in"), "{}", refused("main"));
}

#[test]
fn baselines_are_saved_once_moved_on_request_and_never_guessed() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path();
    Baselines::save(store, "release/1.2", "abc1", now()).expect("saved");
    let error = Baselines::save(store, "release/1.2", "abd2", now()).expect_err("refused");
    assert!(error.to_string().contains("baseline set release/1.2"), "{error}");
    assert_eq!(Baselines::set(store, "release/1.2", "abd2", now()).expect("moved"), "abc1");
    Baselines::set(store, "other", "abd2", now()).expect_err("there is none to move");
    for name in ["", "a b", "-a", "latest", "a:b", "\u{e4}", &"x".repeat(65)] {
        let error = Baselines::save(store, name, "abc1", now()).expect_err("refused");
        assert!(matches!(error, StoreError::BaselineName { .. }), "{error}");
    }
    let read = Baselines::read(store).expect("baselines");
    assert_eq!(read.of_run("abd2").collect::<Vec<_>>(), ["release/1.2"]);

    let file = store.join(BASELINES_FILE);
    for broken in ["", "{\"format\":1,\n\"base", "{\"format\":2,\"baselines\":{}}", "\u{0}"] {
        fs::write(&file, broken).expect("written");
        let error = Baselines::save(store, "new", "abc1", now()).expect_err("refused");
        assert!(error.to_string().contains(BASELINES_FILE), "{error}");
        assert_eq!(fs::read_to_string(&file).expect("text"), broken, "and is as it was");
    }
    fs::remove_file(&file).expect("removed");
    Baselines::save(store, "release/1.2", "abd2", now()).expect("saved");
    assert_eq!(Baselines::remove(store, "release/1.2").expect("removed"), "abd2");
    assert_eq!(Baselines::read(store).expect("none"), Baselines::default());
}

#[test]
fn baselines_that_are_saved_at_once_are_all_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    std::thread::scope(|scope| {
        for name in ["a", "b", "c", "d", "e", "f"] {
            let store = folder.path();
            scope.spawn(move || Baselines::save(store, name, "abc1", now()).expect("saved"));
        }
    });
    assert_eq!(Baselines::read(folder.path()).expect("baselines").iter().count(), 6);
}
