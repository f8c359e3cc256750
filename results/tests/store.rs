//! What people rely on in a store: the index says what the logs say, whatever happened to it, and
//! a log that does not read is reported and left alone.

mod sample;

use std::fs;
use std::path::{Path, PathBuf};

use mapbench_core::event::PlacementMode;
use mapbench_results::store::{
    self, BASELINES_FILE, Baselines, INDEX_FILE, ImportRules, Outcome, PruneRules, StoreError,
};
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

fn import(store: &Path, sources: &[&Path]) -> Result<store::Imported, StoreError> {
    let sources: Vec<PathBuf> = sources.iter().map(|path| path.to_path_buf()).collect();
    store::import(store, &sources, ImportRules::default())
}

/// The files of a folder, drafts and all.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn two_stores_merge_by_copying_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let (here, there) = (folder.path().join("here"), folder.path().join("project/.mapbench/runs"));
    write_run(&here, "both", 1, true);
    write_run(&there, "both", 1, true);
    let other = write_run(&there, "other", 2, true);
    write_run(&there, "torn", 3, false);
    fs::write(there.join("20260102T030405Z-nocommit-bad.ndjson"), "{}\n").expect("written");

    let imported = import(&here, &[&folder.path().join("project")]).expect("imported");
    assert_eq!((imported.copied.len(), imported.there.len()), (2, 1));
    assert!(imported.unreadable[0].1.contains("line 1"), "{imported:?}");
    assert_eq!(fs::read(&imported.copied[0].to).unwrap(), fs::read(&other).unwrap());
    let again = import(&here, &[&there, &other]).expect("imported");
    assert_eq!((again.copied.len(), again.there.len()), (0, 4));
    assert_eq!(store::index(&here).expect("an index").runs.len(), 3);

    // A file under any name gets its own.
    let renamed = folder.path().join("artifact.txt");
    fs::copy(write_run(&folder.path().join("x"), "third", 4, true), &renamed).expect("copied");
    let imported = import(&here, &[&renamed]).expect("imported");
    let name = imported.copied[0].to.file_name().unwrap().to_str().unwrap();
    assert_eq!(name, "20260102T030404Z-0123456-third.ndjson");
}

#[test]
fn one_log_that_cannot_be_imported_keeps_all_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    let mine = write_run(&here, "same", 1, true);
    let fine = write_run(&there, "fine", 2, true);
    let theirs = write_run(&there, "same", 1, false);
    let bad = folder.path().join("bad.ndjson");
    fs::write(&bad, "no log\n").expect("written");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).expect("made");
    let before = names(&here);

    let error = import(&here, &[&fine, &theirs]).expect_err("refused").to_string();
    assert!(error.contains(mine.to_str().unwrap()), "{error}");
    assert!(error.contains(theirs.to_str().unwrap()), "{error}");
    let error = import(&here, &[&fine, &bad]).expect_err("refused").to_string();
    assert!(error.contains("bad.ndjson: line 1:") && error.contains("nothing was"), "{error}");
    import(&here, &[&empty]).expect_err("no logs");
    import(&here, &[&folder.path().join("none")]).expect_err("no file");
    let left: Vec<String> = names(&here).into_iter().filter(|name| name != ".lock").collect();
    assert_eq!(left, before);
}

#[test]
fn a_damaged_log_is_salvaged_on_request_and_says_what_it_lacks() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write_run(&folder.path().join("there"), "first", 1, true);
    let mut lines: Vec<Vec<u8>> =
        fs::read(&path).unwrap().split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    let events = lines.len() - 3;
    lines[4] = b"\xff\xfe not UTF-8".to_vec();
    lines[7] = b"{\"event\":\"round\"}".to_vec();
    fs::write(&path, lines.join(&b'\n')).expect("written");
    let here = folder.path().join("here");
    import(&here, &[&path]).expect_err("damaged");
    let salvage = ImportRules { salvage: true };
    let imported = store::import(&here, std::slice::from_ref(&path), salvage).expect("salvaged");
    assert_eq!(imported.copied[0].lost_lines, 2);
    assert!(imported.copied[0].lost[0].starts_with("line 5: "), "{imported:?}");
    let log = RunLog::read(&imported.copied[0].to).expect("a log");
    assert_eq!(log.begin.run_id, "first-salvaged");
    assert!(log.partial(), "what lacks lines has not finished");
    // All but the two lost ones, and the note.
    assert_eq!(log.events.len(), events - 2 + 1);
    let summary = RunSummary::of_log(&log);
    assert!(summary.notes().iter().any(|note| note.contains("line 5: ")), "{:?}", summary.notes());
    assert_eq!(fs::read(&path).unwrap(), lines.join(&b'\n'), "the source is as it was");

    fs::write(&path, "no first line\n").expect("written");
    store::import(&here, &[path], salvage).expect_err("nothing to salvage");
}

fn seconds_of(pruned: &store::Pruned) -> Vec<String> {
    let name =
        |log: &store::Removed| log.path.file_name().unwrap().to_string_lossy()[..16].to_owned();
    pruned.logs.iter().map(name).collect()
}

/// Makes a file look as if it had last changed two days ago.
fn age(path: &Path) {
    let file = fs::OpenOptions::new().write(true).open(path).expect("a file");
    let then = std::time::SystemTime::now() - std::time::Duration::from_secs(2 * 86_400);
    file.set_modified(then).expect("set");
}

#[test]
fn prune_takes_by_age_and_number_and_keeps_what_matters() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path();
    let paths: Vec<PathBuf> =
        (0..6).map(|at| write_run(store, &format!("run{at}"), 10 * at, at != 4)).collect();
    age(&paths[4]);
    write_run(store, "live", 1, false);
    let unreadable = store.join("20200102T030405Z-nocommit-bad.ndjson");
    fs::write(&unreadable, "{\"trace_hash\":\"00000000000000aa\"}\n").expect("written");
    Baselines::save(store, "main", "run1", now()).expect("saved");
    let at = |second: u32| format!("2026-01-02T03:05:{second:02}Z").parse().expect("a time");
    let rules = |seconds: Option<i64>, keep| PruneRules {
        older_than: seconds.map(jiff::SignedDuration::from_secs),
        keep,
        named: Vec::new(),
    };
    let plan = |rules: &PruneRules, now| store::prune(store, rules, now, true).expect("a plan");

    // At 03:05:00 the runs are 60, 59 (live), 50, 40, 30, 20 and 10 seconds old.
    let none = plan(&rules(None, None), at(0));
    assert_eq!((none.logs.len(), none.left), (0, 8));
    let by_age = plan(&rules(Some(25), None), at(0));
    assert_eq!(seconds_of(&by_age), ["20260102T030400Z", "20260102T030420Z", "20260102T030430Z"]);
    assert_eq!(by_age.kept_baselines, [("run1".to_owned(), "main".to_owned())]);
    assert_eq!(by_age.kept_running, ["live"]);
    assert_eq!((by_age.kept_unreadable, by_age.left), (1, 5));
    assert_eq!(seconds_of(&plan(&rules(Some(25), Some(4)), at(0))), ["20260102T030400Z"]);
    assert_eq!(plan(&rules(None, Some(0)), at(0)).logs.len(), 5);
    assert_eq!(plan(&rules(Some(60), None), at(0)).logs.len(), 0, "not older, just as old");
    assert_eq!(names(store).len(), 8 + 3, "a plan removes nothing");

    let traces = store.join("traces");
    fs::create_dir(&traces).expect("made");
    let used = sample::events().0.cells[0].trace_hash.clone();
    for (hash, old) in [
        (used.as_str(), true),
        ("00000000000000aa", true),
        ("00000000000000bb", true),
        ("00000000000000cc", false),
    ] {
        let path = traces.join(format!("{hash}.mbt"));
        fs::write(&path, "a trace").expect("written");
        if old {
            age(&path);
        }
    }
    let draft = store.join(".import.1.0.draft");
    fs::write(&draft, "").expect("written");
    age(&draft);
    let pruned = store::prune(store, &rules(None, Some(1)), at(0), false).expect("pruned");
    assert_eq!((pruned.logs.len(), pruned.traces.len(), pruned.drafts.len()), (4, 1, 1));
    assert!(pruned.files().all(|file| !file.path.exists()));
    let mut kept = vec![
        format!("{used}.mbt"),
        "00000000000000aa.mbt".to_owned(),
        "00000000000000cc.mbt".to_owned(),
    ];
    kept.sort();
    assert_eq!(names(&traces), kept, "one is not needed, and one is too young to tell");
    let left = store::index(store).expect("an index");
    let ids: Vec<&str> = left.runs.iter().map(store::RunDigest::id).collect();
    assert_eq!((ids, left.read_anew), (vec!["live", "run1", "run5"], 0));
    assert_eq!(store::resolve(store, "main").expect("the baseline"), paths[1]);

    let named = |name: &str| PruneRules { named: vec![name.to_owned()], ..PruneRules::default() };
    store::prune(store, &named("main"), at(0), false).expect_err("it has a baseline");
    store::prune(store, &named("nothing"), at(0), false).expect_err("there is none");
    store::prune(store, &named(BASELINES_FILE), at(0), false).expect_err("no log");
    store::prune(store, &named("20200102T030405Z-nocommit-bad.ndjson"), at(0), false)
        .expect("gone");
    assert!(!unreadable.exists() && store.join(BASELINES_FILE).exists());
}
