//! Runs by name, and the store that keeps them: baselines, import, prune, and what is left after a
//! process was killed.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use mapbench_core::event::RunEvent;
use mapbench_results::store::{self, INDEX_FILE, Outcome};

use crate::program::Program;

const RUN: &str = "run -q -s test/uniform -a std/mutex -t 1 --round 10ms --warm 1ms --rounds 3 \
                   --forks 1";

fn runs(program: &Program) -> store::Index {
    store::index(&program.folder().join(".mapbench/runs")).expect("an index")
}

#[test]
fn a_baseline_is_saved_found_moved_and_kept_by_prune() {
    let program = Program::mapbench();
    program.run("baseline save main").refused(2, &["no run", "has finished"]);
    for _ in 0..3 {
        assert_eq!(program.run(RUN).code, 0);
    }
    let ids: Vec<String> = runs(&program).runs.iter().map(|run| run.id().to_owned()).collect();
    let said = program.run("baseline save main");
    assert!(said.code == 0 && said.err.contains(&ids[2]), "the newest: {said:?}");
    program.run("baseline save main").refused(2, &["baseline set main RUN", &ids[2]]);
    program.run("baseline save ../x latest").refused(2, &["cannot name a baseline"]);
    let moved = program.run(&format!("baseline set main run:{}", ids[0]));
    assert!(moved.err.contains(&format!("it was run {}", ids[2])), "{moved:?}");

    let listed = program.run("baseline list --json");
    let listed: serde_json::Value = serde_json::from_str(&listed.out).expect("JSON");
    assert_eq!(listed["baselines"][0]["run"], ids[0].as_str());
    assert_eq!(listed["baselines"][0]["outcome"], "finished");

    let dry = program.run("history prune --keep 0 --dry-run");
    assert!(dry.out.contains(&format!("kept run {}: it is baseline main", ids[0])), "{dry:?}");
    assert_eq!(runs(&program).runs.len(), 3, "nothing is gone");
    let pruned = program.run("history prune --keep 1");
    assert!(pruned.out.contains("removed: 1 log,"), "{pruned:?}");
    assert!(pruned.out.contains("2 logs left"), "{pruned:?}");
    let shown = program.run("tui --replay baseline:main --once --size 80x12 --export text");
    assert!(shown.code == 0 && shown.out.contains("std/mutex"), "{shown:?}");
    program.run("baseline rm main");
    program.run("tui --replay main --once").refused(2, &["no run \"main\"", "run:"]);
    program.run("history prune").refused(2, &["--older-than 90d", "--dry-run"]);
}

#[test]
fn two_stores_are_merged_and_a_damaged_log_is_told_and_salvaged() {
    let (here, there) = (Program::mapbench(), Program::mapbench());
    assert_eq!((here.run(RUN).code, there.run(RUN).code), (0, 0));
    let from = there.folder().display().to_string();
    let merged = here.run(&format!("history import {from}"));
    assert!(merged.out.contains("imported 1, already there 0, not readable 0"), "{merged:?}");
    let again = here.run(&format!("history import {from}"));
    assert!(again.out.contains("imported 0, already there 1, not readable 0"), "{again:?}");
    assert_eq!(runs(&here).runs.len(), 2);

    let theirs = runs(&there).runs[0].path(&there.folder().join(".mapbench/runs"));
    let text = std::fs::read_to_string(&theirs).expect("the log");
    let damaged = text.replacen("\"event\":\"round\"", "\"event\":\"rou", 1);
    let line = 1 + text.lines().position(|line| line.contains("\"round\"")).expect("a round");
    std::fs::write(&theirs, damaged).expect("written");
    let line = format!("line {line}: ");
    let named = format!("history import {}", theirs.display());
    here.run(&named).refused(2, &[&line, "--salvage"]);
    here.run(&format!("history import {from}")).refused(2, &[&line, "1 of the logs"]);
    here.run(&format!("tui --replay {} --once", theirs.display())).refused(2, &[&line]);
    let salvaged = here.run(&format!("{named} --salvage"));
    assert!(salvaged.code == 0 && salvaged.out.contains("left out line"), "{salvaged:?}");
    let last = runs(&here).runs;
    let last = last.iter().find(|run| run.id().ends_with("-salvaged")).expect("the run");
    assert_eq!(last.outcome, Outcome::Partial);
}

/// Some kills here; `scripts/kill-study` makes a hundred at random moments.
#[test]
fn whatever_a_killed_run_said_is_in_its_log_and_the_store_goes_on() {
    let program = Program::mapbench();
    for events in [1, 4, 9, 16] {
        let mut child = program
            .command(
                "run -s test/uniform -a std/mutex,std/rwlock -t 1 --round 5ms --warm 1ms \
                 --rounds 1000 --forks 2 --message-format ndjson",
            )
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut said: Vec<String> =
            lines.by_ref().take(events).map(|line| line.expect("a line")).collect();
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        // What was on its way, but for a half line.
        said.extend(lines.map_while(Result::ok));
        said.retain(|line| serde_json::from_str::<RunEvent>(line).is_ok());
        let RunEvent::Begin(begin) = serde_json::from_str(&said[0]).expect("an event") else {
            panic!("{}", said[0])
        };
        let index = runs(&program);
        assert_eq!(index.unreadable, []);
        let digest = index.runs.iter().find(|run| run.id() == begin.run_id).expect("in the index");
        assert_eq!(digest.outcome, Outcome::Partial);
        let path = digest.path(&program.folder().join(".mapbench/runs"));
        let kept = std::fs::read_to_string(path).expect("the log");
        let kept: HashSet<&str> = kept.lines().collect();
        let lost = said.iter().filter(|line| {
            let screen = matches!(serde_json::from_str(line), Ok(RunEvent::RoundStarted { .. }));
            !screen && !kept.contains(line.as_str())
        });
        assert_eq!(lost.count(), 0);
    }
    let index = program.folder().join(".mapbench/runs").join(INDEX_FILE);
    std::fs::write(index, "half an ind").expect("written");
    assert_eq!(program.run(RUN).code, 0);
    assert_eq!(runs(&program).runs.len(), 5);
    let (code, ended) = (program.run("baseline save now").code, runs(&program).runs.pop());
    assert_eq!((code, ended.map(|run| run.outcome)), (0, Some(Outcome::Finished)));
}

#[test]
fn a_log_that_the_disk_has_no_room_for_reads_up_to_its_last_whole_line() {
    let program = Program::mapbench();
    // A limit on the size of files stands in for a full disk: the last write is cut in two. The
    // trace of this scenario has room; units are 512 bytes.
    let line = "run -q -s test/uniform -a std/mutex,std/rwlock -t 1 --round 1ms --warm 1ms \
                --rounds 400 --forks 1";
    let run = program.command(line);
    let output = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 256; exec \"$0\" \"$@\""])
        .arg(run.get_program())
        .args(run.get_args())
        .current_dir(program.folder())
        .stdin(Stdio::null())
        .output()
        .expect("sh starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(110), "{said}");
    assert!(said.contains("appending to the run log failed"), "{said}");
    let log = program.log();
    assert!(!log.torn_tail && log.partial());
    let rounds = log.events.iter().filter(|event| matches!(event, RunEvent::Round { .. }));
    assert!(rounds.count() > 10, "what there was room for is there");
}
