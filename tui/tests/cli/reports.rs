//! `report` from the outside: each format is a file, and what cannot be written or read is refused.

use mapbench_results::export::FORMATS;

use crate::program::{Program, Said};

/// A program with one finished run in its store.
fn measured() -> Program {
    let program = Program::mapbench();
    let said = program.run(
        "run -q -s test/uniform -a sharded,std/rwlock -t 1 --round 5ms --warm 1ms --rounds 3 --forks 2",
    );
    assert_eq!(said.code, 0, "{said:?}");
    program
}

/// Names of the files that a report made, sorted.
fn files(program: &Program) -> Vec<String> {
    let entries = std::fs::read_dir(program.folder().join("out")).expect("a folder");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("an entry").file_name().to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

#[test]
fn each_format_of_the_newest_run_is_a_file_and_two_for_the_action() {
    let program = measured();
    std::fs::create_dir(program.folder().join("out")).expect("a folder");
    let mut expected = Vec::new();
    for described in FORMATS {
        let name = described.name;
        let Said { code, out, err } = program.run(&format!("report {name} -o out/{name}.txt"));
        assert_eq!((code, out.as_str()), (0, ""), "{name}: {err}");
        assert!(err.contains("wrote out/"), "{err}");
        match described.parts {
            [] => expected.push(format!("{name}.txt")),
            parts => expected.extend(parts.iter().map(|part| format!("{name}-{part}.txt"))),
        }
    }
    expected.sort();
    assert_eq!(files(&program), expected);
    let text = |name: &str| {
        std::fs::read_to_string(program.folder().join("out").join(name)).expect("a file")
    };
    for (name, beginning) in [
        ("csv.txt", "schema_version,"),
        ("html.txt", "<!DOCTYPE html>"),
        ("markdown.txt", "## "),
        ("junit.txt", "<?xml"),
        ("json.txt", "{"),
    ] {
        assert!(text(name).starts_with(beginning), "{name}: {}", text(name));
    }
    for name in &expected {
        assert!(text(name).contains("sharded"), "{name} names what was measured");
    }
}

#[test]
fn a_report_goes_to_standard_output_where_it_is_one_file() {
    let program = measured();
    let id = program.log().begin.run_id;
    let said = program.run(&format!("report json {id}"));
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    let json: serde_json::Value = serde_json::from_str(&said.out).expect("only JSON");
    assert_eq!(json["run"]["id"], id);
    program.run("report github").refused(2, &["github is 2 files", "name a path"]);
}

#[test]
fn what_is_no_format_no_run_or_no_log_is_refused_and_leaves_no_file() {
    let program = measured();
    program.run("report pdf").refused(2, &["pdf", "csv, csv-rounds, json", "html"]);
    program.run("report html nowhere").refused(2, &["nowhere"]);
    program.write("broken.ndjson", "{\"event\":\"begin\"}\nnot a log\n");
    let said = program.run("report html broken.ndjson -o page.html");
    said.refused(2, &["broken.ndjson", "line 1"]);
    assert!(!program.folder().join("page.html").exists(), "half a page is none");
    program.run("report html -o missing/page.html").refused(110, &["missing/page.html", "-o"]);
    let empty = Program::mapbench();
    empty.run("report html").refused(4, &["no finished run", "mapbench run"]);
}
