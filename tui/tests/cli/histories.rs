//! `mapbench history` over a store of small logs of real commits in a repository of their own.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::program::Program;

/// A repository of so many commits, a day apart, and their hashes, oldest first.
fn repository(folder: &Path, commits: usize) -> Vec<String> {
    let git = |arguments: &[&str], date: &str| {
        let output = Command::new("git")
            .arg("-C")
            .arg(folder)
            .args(["-c", "user.name=A Person", "-c", "user.email=a@example.org"])
            .args(["-c", "commit.gpgsign=false"])
            .args(arguments)
            .env("GIT_AUTHOR_DATE", date)
            .env("GIT_COMMITTER_DATE", date)
            .output()
            .expect("git starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    };
    git(&["init", "-q"], "");
    for at in 0..commits {
        let date = format!("{} +0000", 1_750_000_000 + 86_400 * at);
        let subject = if at == 30 { "Lock for longer".to_owned() } else { format!("Change {at}") };
        git(&["commit", "-q", "--allow-empty", "-m", &subject], &date);
    }
    git(&["log", "--reverse", "--format=%H"], "").lines().map(str::to_owned).collect()
}

/// What a run was like.
struct Made<'m> {
    sha: &'m str,
    at: usize,
    /// Ops per second by adapter.
    speeds: &'m [(&'m str, f64)],
    kernel: &'m str,
    dirty: bool,
}

/// Writes the log of a run into the store of a folder.
fn log(folder: &Path, made: &Made<'_>) {
    let store = folder.join(".mapbench/runs");
    fs::create_dir_all(&store).expect("a store");
    let id =
        format!("{:08x}", 0xabc0_0000_u32 as usize + made.at + usize::from(made.dirty) * 1_000);
    let day = format!("2026-{:02}-{:02}", 1 + made.at / 28, 1 + made.at % 28);
    let cell = |(id, (adapter, _)): (usize, &(&str, f64))| {
        json!({
            "id": id, "scenario": "curated/read-heavy", "adapter": adapter,
            "adapter_version": "1.0.0", "scan": "weak", "hasher": "foldhash", "key": "u64",
            "value": "word", "threads": 1, "trace_hash": "00112233aabbccdd", "one_shot": false,
            "hit_share": 0.9, "effective_write_share": 0.05, "tuning": {},
        })
    };
    let begin = json!({
        "event": "begin", "schema_version": 1, "run_id": id, "started": format!("{day}T00:00:00Z"),
        "command": ["mapbench", "run"], "mapbench_version": "0.1.0", "seed": 1, "forks": 1,
        "rounds": 3, "round_ns": 200_000_000, "warm_ns": 10_000_000, "timing": "none", "ui": "none",
        "cells": made.speeds.iter().enumerate().map(cell).collect::<Vec<Value>>(), "skipped": [],
        "commit": {
            "sha": made.sha, "parent": null, "dirty": made.dirty,
            "subject": if made.at == 30 { "Lock for longer".to_owned() } else { format!("Change {}", made.at) },
            "time": "2026-01-01T00:00:00Z",
        },
        "machine": {
            "cpu": "A processor", "cpus": 2, "kernel": made.kernel, "clock_source": "tsc",
            "hypervisor": null, "huge_pages": "madvise", "governor": null, "memory_bytes": 1_u64 << 33,
            "allocator": "system",
        },
    });
    let mut lines = vec![begin];
    for (cell, (_, ops_per_sec)) in made.speeds.iter().enumerate() {
        lines.push(json!({"event": "trial-started", "cell": cell, "fork": 0}));
        for n in 0..3_i32 {
            let ops = (ops_per_sec * 0.2 * (1.0 + f64::from(n - 1) * 0.001)) as u64;
            lines.push(json!({"event": "round", "cell": cell, "fork": 0, "report": {
                "n": n, "started_ns": u64::from(n.unsigned_abs()) * 1_000_000_000,
                "elapsed_ns": 200_000_000, "ops": ops, "classes": [], "reads": ops, "hits": ops,
                "writes": 0, "effective_writes": 0, "unanswered_writes": 0, "wrong_values": 0,
                "ops_per_thread": [ops], "involuntary_switches": 0,
            }}));
        }
        lines.push(json!({"event": "trial-done", "cell": cell, "fork": 0, "done": {
            "entries": 10, "verified": true, "quiesce_ns": 0, "peak_rss_bytes": 1,
        }}));
    }
    let ended = format!("{day}T00:01:00Z");
    lines.push(json!({"event": "end", "cause": "finished", "exit_code": 0, "ended": ended}));
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    let text = lines.join("\n") + "\n";
    let compact = day.replace('-', "");
    let name = format!("{compact}T000000Z-{}-{id}.ndjson", &made.sha[..7]);
    fs::write(store.join(name), text).expect("a log");
}

/// About ±2 % that looks like nothing, the same in every run.
fn wobble(at: usize, of: usize) -> f64 {
    let mixed = ((at * 7 + of * 13 + 3) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    1.0 + 0.02 * (mixed as f64 / f64::from(1 << 24) - 0.5)
}

/// 60 commits with a run each. Both maps lose 6 % with commit 30; the machine changes with 50.
fn store() -> (Program, Vec<String>) {
    let program = Program::mapbench();
    let commits = repository(program.folder(), 60);
    for (at, sha) in commits.iter().enumerate() {
        let level = if at < 30 { 1.0 } else { 0.94 };
        let speeds = [
            ("sharded", 1.7e7 * level * wobble(at, 0)),
            ("dashmap/v6", 1.2e7 * level * wobble(at, 1)),
        ];
        let kernel = if at < 50 { "Linux 6.1" } else { "Linux 6.2" };
        log(program.folder(), &Made { sha, at, speeds: &speeds, kernel, dirty: false });
    }
    (program, commits)
}

#[test]
fn a_slowdown_is_nominated_once_for_all_cells_and_accepting_it_lets_the_gate_pass() {
    let (program, commits) = store();
    let short = &commits[30][..7];
    let said = program.run("history list");
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.out.contains("curated/read-heavy") && said.out.contains("dashmap/v6"),
        "{}",
        said.out
    );

    let open = program.run("history list --open");
    assert!(open.out.contains(short) && open.out.contains("Lock for longer"), "{}", open.out);
    assert!(open.out.contains("29 commits"), "{}", open.out);

    let gate = program.run("history changepoints --gate");
    assert_eq!(gate.code, 100, "{}{}", gate.out, gate.err);
    assert_eq!(gate.out.matches("Lock for longer").count(), 1, "one event: {}", gate.out);
    assert!(gate.err.contains("2 slowdowns"), "{}", gate.err);

    let accepted = program.run(&format!("history accept {short} --reason safer --cell dashmap*"));
    assert_eq!(accepted.code, 0, "{}", accepted.err);
    let gate = program.run("history changepoints --gate");
    assert_eq!(gate.code, 100, "one of two is accepted: {}", gate.out);
    assert!(gate.err.contains("1 slowdown "), "{}", gate.err);

    program.run(&format!("history accept {short} --reason safer"));
    let gate = program.run("history changepoints --gate");
    assert_eq!(gate.code, 0, "{}{}", gate.out, gate.err);
    assert!(gate.out.contains("accepted by") && gate.out.contains("safer"), "{}", gate.out);
    assert!(program.run("history list --open").out.contains("no open nominations"));
}

#[test]
fn a_change_of_machine_is_named_and_no_change_of_speed() {
    let (program, commits) = store();
    let shown = program.run("history show sharded");
    assert!(shown.out.contains("kernel was Linux 6.1, is Linux 6.2"), "{}", shown.out);
    let plot = program.run("history plot sharded --ascii");
    assert_eq!(plot.code, 0, "{}", plot.err);
    assert!(
        plot.out.contains(&commits[30][..7]) && plot.out.contains(&commits[50][..7]),
        "{}",
        plot.out
    );
    assert!(plot.out.is_ascii(), "{}", plot.out);
    program.run("history plot * --svg h.svg");
    for name in ["h.svg", "h-2.svg"] {
        let svg = fs::read_to_string(program.folder().join(name)).expect(name);
        assert!(
            svg.contains("Lock for longer") && svg.contains("prefers-color-scheme:dark"),
            "{svg}"
        );
    }
}

#[test]
fn runs_that_do_not_fit_are_said_and_do_not_disturb() {
    let (program, commits) = store();
    let speeds = [("sharded", 1.0e6), ("dashmap/v6", 1.0e6)];
    let kernel = "Linux 6.1";
    for (at, sha) in commits.iter().enumerate().take(16).skip(10) {
        log(program.folder(), &Made { sha, at, speeds: &speeds, kernel, dirty: true });
    }
    let store = program.folder().join(".mapbench/runs");
    fs::write(store.join("20260101T000000Z-abcdef0-broken00.ndjson"), "not json\n").unwrap();
    let gate = program.run("history changepoints");
    assert_eq!(gate.out.matches('▼').count(), 2, "{}", gate.out);
    let listed = program.run("history list");
    assert!(listed.err.contains("left out") && listed.err.contains("broken00"), "{}", listed.err);
    let with = program.run("history changepoints --with-dirty");
    assert_ne!(with.out, gate.out, "asked for, they count");
}

#[test]
fn a_history_is_exported_and_reads_back() {
    let (program, _) = store();
    let said = program.run("history list -o csv=h.csv -o json=h.json -o csv-changes=changes.csv");
    assert_eq!(said.code, 0, "{}", said.err);
    let read = |name: &str| fs::read_to_string(program.folder().join(name)).expect(name);
    assert_eq!(read("h.csv").lines().count(), 121);
    assert_eq!(read("changes.csv").lines().count(), 3);
    let json: Value = serde_json::from_str(&read("h.json")).expect("JSON");
    assert_eq!(json["series"][0]["changes"][0]["state"], "open");
    let again = program.run("history changepoints --from h.csv");
    assert_eq!(again.out.matches("Lock for longer").count(), 1, "{}", again.out);
}

#[test]
fn nonsense_is_refused_with_its_name() {
    let program = Program::mapbench();
    let empty = program.run("history list");
    assert_eq!(empty.code, 4, "{}", empty.err);
    for (table, named) in [
        ("commit,value\n", "\"time\""),
        ("commit,time,value\na,b,-1\n", "line 2"),
        ("commit,time,value\na,b,nan\n", "line 2"),
        ("commit,time,value\na,b\n", "in.csv"),
        ("commit,time,value\n", "no figures"),
        ("", "\"commit\""),
    ] {
        fs::write(program.folder().join("in.csv"), table).unwrap();
        let said = program.run("history list --from in.csv");
        assert_eq!(said.code, 2, "{table:?}: {}", said.err);
        assert!(said.err.contains(named) && said.err.contains("in.csv"), "{table:?}: {}", said.err);
    }
    fs::write(program.folder().join("mapbench-accepted.toml"), "[[accepted]]\n").unwrap();
    let said = program.run("history list --from in.csv");
    assert!(said.code == 2 && said.err.contains("mapbench-accepted.toml"), "{}", said.err);
}

#[test]
fn any_series_makes_a_page_and_a_picture() {
    let program = Program::mapbench();
    let rows = ["a,?,1e-300", "b,2026-01-01T00:00:00Z,1e300", "ü\u{1b}[2J,x,5", "a,?,7"];
    let table = format!("commit,time,value\n{}\n", rows.join("\n"));
    fs::write(program.folder().join("in.csv"), table).unwrap();
    for verb in ["list", "list --open", "show in", "plot in", "plot in --svg -", "changepoints"] {
        let said = program.run(&format!("history {verb} --from in.csv"));
        assert_eq!(said.code, 0, "{verb}: {}", said.err);
        assert!(!said.out.contains('\u{1b}'), "{verb}: {:?}", said.out);
    }
}

#[test]
fn a_confirmation_asks_for_what_is_open_and_for_commits() {
    let (program, commits) = store();
    program.run(&format!("history accept {} --reason safer", &commits[30][..7]));
    let said = program.run("history changepoints --confirm");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("nothing to confirm"), "{}", said.err);
    assert!(said.out.contains("accepted by"), "the page is shown as without it: {}", said.out);
    program.run("history list -o csv=h.csv");
    let said = program.run("history changepoints --confirm --from h.csv");
    said.refused(2, &["--confirm", "--from"]);
    program.run("history changepoints --around 2").refused(2, &["--confirm"]);
}

#[test]
fn commits_that_do_not_build_stay_open_and_are_said() {
    let (program, commits) = store();
    // `run` takes words, and a program that fails is one.
    let said = program.run("history changepoints --confirm --build false --program nothing");
    assert_eq!(said.code, 2, "{said:?}");
    let [before, after] = [29, 30].map(|at| &commits[at][..7]);
    said.refused(2, &[&format!("{before} and {after} are not compared"), "cannot be built"]);
    assert_eq!(said.out.matches("open").count(), 2, "{}", said.out);
    assert!(!program.folder().join(".mapbench/runs/confirmed.json").exists());
}
