//! `mapbench doctor` on whatever machine the tests run on: what it says depends on the machine, in
//! which form it says it does not.

use crate::program::Program;

#[test]
fn a_quick_examination_is_json_with_stable_names_and_measures_nothing() {
    let program = Program::mapbench();
    let said = program.run("doctor --quick --json");
    assert_eq!(said.code, 0, "{said:?}");
    let object: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(object["schema_version"], 1);
    assert_eq!(object["measured"], false);
    let verdict = object["verdict"].as_str().expect("a verdict");
    assert!(["fit", "fit-with-warnings", "unfit"].contains(&verdict), "{verdict}");
    assert!(object["machine"]["tsc_hz"].as_u64().is_some_and(|hz| hz > 1_000_000), "{object}");
    let findings = object["findings"].as_array().expect("findings");
    let ids: Vec<&str> = findings.iter().filter_map(|found| found["id"].as_str()).collect();
    let expected = [
        "clock-source",
        "invariant-tsc",
        "processors",
        "topology",
        "hypervisor",
        "governor",
        "turbo",
        "cpu-quota",
        "memory",
        "swap",
        "huge-pages",
        "aslr",
        "load",
        "cpu-pressure",
        "steal",
        "pinning",
    ];
    assert_eq!(ids, expected);
    for found in findings {
        let level = found["level"].as_str().expect("a level");
        assert!(["ok", "note", "warning", "problem"].contains(&level), "{found}");
        assert!(found.get("do").is_some() && found["seen"].is_string(), "{found}");
    }
    let strict = program.run("doctor --quick --strict");
    assert!([0, 5].contains(&strict.code), "{strict:?}");
    assert!(!strict.out.contains('\u{1b}'), "no colours without a terminal: {}", strict.out);
}

#[test]
fn wrong_flags_of_doctor_name_the_next_step() {
    let program = Program::mapbench();
    program.run("doctor --adapter nosuch").refused(2, &["nosuch", "mapbench adapters list"]);
    program.run("doctor --placement nosuch").refused(2, &["nosuch"]);
    program.run("doctor --quick --ui-tax").refused(2, &["--ui-tax"]);
}
