//! Sweeps that end well, go on, are put together, and are refused.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use mapbench_core::event::RunEvent;

use crate::program::{Program, Said};

const SHORT: &str = "--round 5ms --warm 1ms --rounds 3";

/// The x and visit of each row of a CSV of points.
fn visits(rows: &[std::collections::HashMap<String, String>]) -> BTreeSet<(String, String)> {
    rows.iter().map(|row| (row["x"].clone(), row["visit"].clone())).collect()
}

fn ok(said: &Said) {
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn a_grid_is_measured_judged_and_exported() {
    let program = Program::mapbench();
    ok(&program.run(&format!(
        "sweep -s test/uniform -a std/rwlock,sharded --axis write-share --grid 3 --visits 2 -t 1 \
         {SHORT} -o csv=points.csv -o svg=curve.svg -o json=sweep.json -o csv-findings=knees.csv"
    )));
    let rows = program.csv("points.csv");
    assert_eq!(rows.len(), 2 * 3 * 2, "two maps, three points, two visits");
    assert!(rows.iter().all(|row| row["ops_per_sec"].parse::<f64>().is_ok_and(|ops| ops > 0.0)));
    let svg = std::fs::read_to_string(program.folder().join("curve.svg")).unwrap();
    assert!(svg.contains("<svg") && svg.contains("sharded"), "{svg}");
    let json = std::fs::read_to_string(program.folder().join("sweep.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["spec"]["axis"], "write-share");
    assert!(!program.csv("knees.csv").is_empty());

    // The traces of the points differ in what is swept.
    let log = program.log();
    let mut shares = BTreeSet::new();
    for event in &log.events {
        if let RunEvent::CellAdded(cell) = event {
            shares.insert((cell.axis_value.clone(), cell.trace_hash.clone()));
        }
    }
    assert_eq!(shares.len(), 3, "{shares:?}");
}

#[test]
fn what_was_measured_is_judged_again_without_measuring() {
    let program = Program::mapbench();
    ok(&program.run(&format!(
        "sweep -s test/uniform -a sharded --axis shards --range 1..4 --grid 3 --visits 1 -t 1 {SHORT}"
    )));
    let log = program.log();
    let said = program.run(&format!("sweep --from {} -o csv=again.csv", log.path.display()));
    ok(&said);
    assert!(said.out.contains("slope break") && said.out.contains("shards"), "{}", said.out);
    assert_eq!(program.csv("again.csv").len(), 3);
}

#[test]
fn a_sweep_whose_budget_was_spent_goes_on_where_it_was() {
    let program = Program::mapbench();
    // No visit fits into a millisecond but the first, of which nobody knows how long it takes.
    ok(&program.run(&format!(
        "sweep -s test/uniform -a sharded --axis shards --range 1..8 --grid 4 --visits 2 -t 1 \
         --budget 1ms {SHORT}"
    )));
    let first = program.log();
    let id = &first.begin.run_id;
    ok(&program.run(&format!("sweep --resume {id} -o csv=points.csv")));
    let rows = program.csv("points.csv");
    assert_eq!((rows.len(), visits(&rows).len()), (8, 8), "{rows:?}");
    let log = program.log();
    assert_eq!(log.path, first.path, "it is one log");
    assert!(log.end.is_some() && log.events.len() > first.events.len());
}

#[test]
fn a_sweep_of_another_program_is_not_gone_on_with() {
    let program = Program::mapbench();
    ok(&program.run(&format!(
        "sweep -s test/uniform -a sharded --axis shards --range 1..2 --grid 2 --visits 1 -t 1 {SHORT}"
    )));
    let log = program.log();
    let hash = log.begin.subject.clone().and_then(|subject| subject.program_hash).unwrap();
    let text = std::fs::read_to_string(&log.path).unwrap();
    std::fs::write(&log.path, text.replace(&hash, &"0".repeat(hash.len()))).unwrap();
    let said = program.run(&format!("sweep --resume {}", log.begin.run_id));
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.err.contains("program"), "{}", said.err);
    assert_eq!(program.log().events, log.events, "the log is left as it was");
}

#[test]
fn the_parts_of_a_grid_are_put_together() {
    let program = Program::mapbench();
    let mut names = Vec::new();
    for part in ["1/2", "2/2"] {
        let said = program.run(&format!(
            "sweep -s test/uniform -a sharded --axis shards --range 1..64 --grid 7 --visits 1 -t 1 \
             --partition hash:{part} --store part-{} {SHORT}",
            &part[..1]
        ));
        ok(&said);
        let line = said.err.lines().find_map(|line| line.strip_prefix("run log: ")).unwrap();
        names.push(line.to_owned());
    }
    ok(&program.run(&format!("sweep --from {} -o csv=all.csv", names.join(","))));
    let rows = program.csv("all.csv");
    let shards: BTreeSet<&str> = rows.iter().map(|row| row["x"].as_str()).collect();
    assert_eq!((rows.len(), shards.len()), (7, 7), "{shards:?}");
}

#[test]
fn points_that_somebody_else_measured_are_judged() {
    let program = Program::mapbench();
    let mut points = "adapter,x,ops_per_sec\n".to_owned();
    for visit in 0..4 {
        for power in 0..9 {
            let x = f64::from(1 << power);
            // Linear to 12, flat beyond, with a little of what repeats do.
            let y = 1e6 * x.min(12.0) * (1.0 + 0.002 * f64::from((visit * 7 + power * 3) % 5));
            writeln!(points, "mine,{x},{y}").unwrap();
        }
    }
    program.write("points.csv", &points);
    let said = program.run("sweep --from points.csv -o json=-");
    ok(&said);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let findings = json["groups"][0]["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["definition"] == "slope-break").unwrap();
    let point = found["location"]["point"].as_f64().unwrap_or_else(|| panic!("{found}"));
    assert!((point.log2() - 12.0_f64.log2()).abs() < 0.25, "{found}");
}

#[test]
fn a_trace_that_is_over_at_once_is_refused_with_how_to_lengthen_it() {
    let program = Program::mapbench();
    let log = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../bench-core/tests/fixtures/audit.jsonl");
    ok(&program.run(&format!("trace import audit {} -o short.mbt", log.display())));
    for line in ["sweep --trace short.mbt --axis threads", "recommend --trace short.mbt"] {
        let said = program.run(line);
        assert_eq!(said.code, 2, "{line}: {said:?}");
        assert!(said.err.contains("--superpose"), "{line}: {}", said.err);
    }
}

#[test]
fn what_cannot_be_swept_is_refused_with_what_to_do() {
    let program = Program::mapbench();
    program.write("broken.csv", "adapter,x\nmine,1\n");
    program.write("letters.csv", "adapter,x,ops_per_sec\nmine,1,fast\n");
    let cases = [
        ("sweep -s test/uniform", 2, "--axis"),
        ("sweep -s test/uniform --axis writeshare", 2, "write-share"),
        ("sweep -s test/uniform --axis threads -t 2", 2, "leave it out"),
        ("sweep -s test/uniform --axis threads --range 8..2", 2, "--range 8..2"),
        ("sweep -s test/uniform --axis threads --range 0..2", 2, "whole number from 1"),
        ("sweep -s test/uniform --axis write-share --range 0..50 --scale log", 2, "--scale linear"),
        ("sweep -s test/uniform --axis write-share --slo p99=50us", 2, "--axis rate"),
        ("sweep -s test/uniform --axis write-share --slo p99", 2, "p99=50us"),
        ("sweep -s test/uniform --axis shards --partition hash:1/2", 2, "--grid"),
        ("sweep -s test/uniform --axis shards --grid 3 --partition hash:3/2", 2, "hash:1/4"),
        ("sweep -s test/uniform --axis shards --budget 5", 2, "500ms"),
        ("sweep -s sched-basic --axis skew -a sharded", 2, "sched-basic"),
        ("sweep --trace none.mbt --axis skew", 2, "--trace"),
        ("sweep --resume nobody", 2, "nobody"),
        ("sweep --from broken.csv", 2, "ops_per_sec"),
        ("sweep --from letters.csv", 2, "letters.csv"),
        ("sweep --from missing.csv", 2, "missing.csv"),
        ("sweep -s test/uniform --axis shards -a 'nothing*'", 4, "nothing"),
        ("sweep -s test/uniform --axis shards -o csv=nowhere/out.csv", 110, "nowhere"),
    ];
    for (line, code, word) in cases {
        let said = program.run(line);
        assert_eq!(said.code, code, "{line}: {said:?}");
        assert!(said.err.contains(word), "{line}: {}", said.err);
        assert_eq!(said.out, "", "{line}");
    }
    assert!(!program.folder().join("out.csv").exists());
}
