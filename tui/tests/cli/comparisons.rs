//! Comparisons of stored runs from the outside: exit codes, refusals, files. The throughputs of a
//! real log are rewritten, so that what is to be found is known and no clock is in it.

use std::fmt::Write as _;

use mapbench_core::event::RunEvent;

use crate::program::Program;

/// A run whose rounds take what they are told here, in two files: `a.ndjson`, and the same with
/// throughput scaled by a factor under the factor's name.
fn measured(factors: &[f64]) -> Program {
    let program = Program::mapbench();
    let said = program.run(
        "run -s test/uniform -a std/rwlock,sharded -t 1 --round 5ms --warm 1ms --rounds 6 \
         --forks 3 --calibration none",
    );
    assert_eq!(said.code, 0, "{said:?}");
    let log = program.log();
    for (name, factor) in [("a".to_owned(), 1.0)]
        .into_iter()
        .chain(factors.iter().map(|factor| (factor.to_string(), *factor)))
    {
        let mut text = String::new();
        for mut event in log.replay() {
            match &mut event {
                RunEvent::Begin(begin) => begin.run_id = format!("run{name}"),
                RunEvent::Round { cell, fork, report } => {
                    let wobble = f64::from((*cell * 5 + *fork * 3 + report.n * 7) % 11) / 2_000.0;
                    let ns = 200.0 * report.ops as f64 * (1.0 + wobble) / factor;
                    report.elapsed_ns = ns as u64;
                    report.involuntary_switches = 0;
                }
                _ => {}
            }
            let line = serde_json::to_string(&event).expect("an event");
            let _ = writeln!(text, "{line}");
        }
        std::fs::write(program.folder().join(format!("{name}.ndjson")), text).expect("a log");
    }
    program
}

#[test]
fn the_gate_fails_on_a_tenth_less_and_not_on_a_thousandth() {
    let program = measured(&[0.9, 0.999]);
    let said = program.run("compare a.ndjson 0.9.ndjson --gate");
    assert_eq!(said.code, 100, "{said:?}");
    for words in ["REGRESSION: 2 of 2 fail", "slower by", "+11.1 %", "FAIL"] {
        assert!(said.out.contains(words), "{}", said.out);
    }
    let said = program.run("compare a.ndjson 0.999.ndjson --gate --strict");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("no regression"), "{}", said.out);
    assert_eq!(program.run("compare a.ndjson 0.9.ndjson").code, 0, "it is no gate unasked");
    let warned = program.run("compare a.ndjson 0.9.ndjson --gate --on-regression warn");
    assert_eq!(warned.code, 0, "{warned:?}");
}

#[test]
fn scripts_read_the_verdict_as_json() {
    let program = measured(&[0.9]);
    let said = program.run("compare a.ndjson 0.9.ndjson --gate -a sharded -o json=-");
    assert_eq!(said.code, 100, "{said:?}");
    let file: serde_json::Value = serde_json::from_str(&said.out).expect("only JSON");
    assert_eq!(file["overall"], "regression");
    assert_eq!(file["exit_causes"], serde_json::json!(["regression"]));
    assert_eq!(file["cells"].as_array().map(Vec::len), Some(1), "-a restricts the cells");
    assert!(said.err.contains("REGRESSION"), "the page goes to standard error: {}", said.err);
}

#[test]
fn the_files_of_a_pull_request_are_written_by_one_comparison() {
    let program = measured(&[0.9]);
    let said = program.run(
        "compare a.ndjson 0.9.ndjson --gate -o markdown=c.md -o json=c.json -o junit=c.xml \
         -o html=c.html",
    );
    assert_eq!(said.code, 100, "{said:?}");
    assert!(said.out.contains("REGRESSION"), "the page stays on standard output: {}", said.out);
    for (file, words) in [
        ("c.md", ["REGRESSION", "sharded"]),
        ("c.json", [r#""overall": "regression""#, "sharded"]),
        ("c.xml", ["<testsuite", "<failure"]),
        ("c.html", ["<!doctype html", "</html>"]),
    ] {
        let text = std::fs::read_to_string(program.folder().join(file)).expect(file);
        for word in words {
            assert!(text.to_lowercase().contains(&word.to_lowercase()), "{word} in {file}: {text}");
        }
    }
    let said = program.run("compare a.ndjson 0.9.ndjson -o parquet=c.parquet");
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("markdown"), "names what there is: {}", said.err);
}

#[test]
fn what_cannot_be_compared_is_refused_with_its_exit_code_and_the_next_step() {
    let program = measured(&[1.0]);
    let text = std::fs::read_to_string(program.folder().join("a.ndjson")).expect("a log");
    let elsewhere = text.replacen("\"cpu\":\"", "\"cpu\":\"Another ", 1);
    std::fs::write(program.folder().join("elsewhere.ndjson"), elsewhere).expect("a log");
    let said = program.run("compare a.ndjson elsewhere.ndjson --gate");
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.err.contains("machine: processor is"), "{}", said.err);
    assert!(said.err.contains("--across-machines"), "{}", said.err);
    let across = program.run("compare a.ndjson elsewhere.ndjson --across-machines");
    assert_eq!(across.code, 0, "{across:?}");
    assert!(across.out.contains("Nothing is judged"), "{}", across.out);
    for (arguments, code, words) in [
        ("compare a.ndjson", 2, "name a second run"),
        ("compare a.ndjson nowhere", 2, "nowhere"),
        ("compare a.ndjson commit:HEAD", 2, "two commits or two runs"),
        ("compare commit:HEAD", 2, "needs a second commit"),
        ("compare", 2, "name two runs"),
    ] {
        let said = program.run(arguments);
        assert_eq!(said.code, code, "{said:?}");
        assert!(said.err.contains(words), "{arguments}: {}", said.err);
    }
}

#[test]
fn a_run_is_held_against_a_baseline_unless_it_could_not_be_compared() {
    const RUN: &str = "run -s test/uniform -a sharded -t 1 --warm 1ms --rounds 3 --forks 3";
    let program = Program::mapbench();
    assert_eq!(program.run(&format!("{RUN} --round 5ms")).code, 0);
    let other = program.run(&format!("{RUN} --round 6ms --baseline latest --gate"));
    other.refused(3, &["protocol: round length is 5000000 ns and 6000000 ns", "same flags"]);
    program.log();
    let said = program.run(&format!("{RUN} --round 5ms --baseline latest --on-regression warn"));
    assert_eq!(said.code, 0, "{said:?}");
    for words in ["ok: all rounds ran", "two runs, one after the other", "slower by"] {
        assert!(said.out.contains(words), "{}", said.out);
    }
    program.run(&format!("{RUN} --baseline nowhere")).refused(2, &["nowhere"]);
}
