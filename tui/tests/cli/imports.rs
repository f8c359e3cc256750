//! The operators' guide from the outside: its commands, on the written fixtures.

use std::io::Write;
use std::process::Stdio;

use crate::program::Program;

const AUDIT: &str = include_str!("../../../bench-core/tests/fixtures/audit.jsonl");
const PODS: &str = include_str!("../../../bench-core/tests/fixtures/pods.json");
const EVENTS: &str = include_str!("../../../bench-core/tests/fixtures/events.json");

fn recorded() -> Program {
    let program = Program::mapbench();
    program.write("audit.jsonl", AUDIT);
    program.write("pods.json", PODS);
    program.write("events.json", EVENTS);
    program
}

#[test]
fn an_audit_log_is_imported_shown_and_replayed() {
    let program = recorded();
    let said =
        program.run("trace import audit audit.jsonl --initial-pods pods.json -o cluster.mbt");
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains("rows         28 read, 18 used"), "{}", said.out);
    assert!(said.out.contains("3 at the start, 4 added, 3 bound"), "{}", said.out);
    let said = program.run("trace info cluster.mbt");
    assert!(said.out.contains("audit/audit.jsonl"), "{}", said.out);
    let said = program.run("run --trace cluster.mbt -a std/rwlock,sharded -t 2 --rounds 2");
    assert_eq!(said.code, 0, "{}\n{}", said.out, said.err);
    assert!(said.out.contains("M9 pod states"), "{}", said.out);
}

#[test]
fn events_are_imported_and_replayed_when_they_were_due() {
    let program = recorded();
    let line = "trace import kubectl-events events.json --initial-pods pods.json -o c.mbt \
                --time-warp 1000";
    assert_eq!(program.run(line).code, 0);
    let said = program.run("run --trace c.mbt -a std/rwlock -t 1 --rounds 2 --forks 1");
    assert_eq!(said.code, 0, "{}\n{}", said.out, said.err);
}

#[test]
fn a_packed_log_is_read_from_standard_input() {
    let program = recorded();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(AUDIT.as_bytes()).expect("memory takes it");
    let packed = packer.finish().expect("memory takes it");
    let mut command = program.command("trace import audit - -o cluster.mbt --json");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    child.stdin.take().expect("it is piped").write_all(&packed).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!((&report["file"], &report["rows_read"]), (&"standard input".into(), &28.into()));
}

#[test]
fn flags_of_another_format_are_refused() {
    let program = recorded();
    for (line, flag) in [
        ("audit audit.jsonl --superpose 3", "--superpose"),
        ("audit audit.jsonl --preload all", "--preload"),
        ("kubectl-pods pods.json --initial-pods pods.json", "--initial-pods"),
        ("access-lines audit.jsonl --nodes 3", "--nodes"),
        ("access-lines audit.jsonl --time-warp 2", "--time-warp"),
        ("openb-2023 audit.jsonl --preload none", "--preload"),
        ("audit audit.jsonl --time-warp 0", "--time-warp"),
    ] {
        program.run(&format!("trace import {line} -o out.mbt")).refused(2, &[flag]);
    }
    assert!(!program.folder().join("out.mbt").exists());
    program
        .run("trace import audit audit.jsonl -o out.mbt --initial-pods none.json")
        .refused(2, &["none.json"]);
}
