//! Which map to use: advice on a sweep, and what is refused. The maps are the simulated one, told
//! to take times so far apart that no noise hides which is the faster.

use std::fmt::Write as _;

use crate::program::Program;

const MAPS: &str = "model@ns=300,model@ns=30000";
const SHORT: &str = "--range 1..2 --grid 2 --rounds 3 --round 5ms --warm 1ms";

#[test]
fn the_faster_map_is_named_with_its_lead_its_promises_and_how_to_get_the_same_again() {
    let program = Program::mapbench();
    let said = program.run(&format!(
        "recommend -s test/uniform -a {MAPS} --need atomic-update --visits 3 {SHORT} -o \
         json=advice.json"
    ));
    assert_eq!(said.code, 0, "{said:?}");
    for word in [
        "Use `model@ns=300` over the whole range, 1 to 2 threads",
        "× `model@ns=30000`, 95 % interval",
        "a simulation, to test this program with",
        "scan while others write    per shard",
        "a write is visible         to all when its call returns",
        "read-modify-write          one atomic step",
        "reproduce: mapbench recommend -s test/uniform",
        "run log: ",
    ] {
        assert!(said.out.contains(word), "no {word:?} in {}", said.out);
    }
    let json = std::fs::read_to_string(program.folder().join("advice.json")).expect("written");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let segments = &json["groups"][0]["modes"][0]["segments"];
    assert_eq!(segments[0]["best"], "model@ns=300", "{json}");
    assert_eq!(segments[0]["others"][0]["standing"], "slower", "{json}");
    assert_eq!(json["maps"][0]["promises"]["read-modify-write"], "one atomic step", "{json}");

    let id = program.log().begin.run_id;
    let again = program.run(&format!("recommend --from {id} --ascii"));
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.out.contains("Use `model@ns=300` over the whole range"), "{}", again.out);
    assert!(again.out.contains("x `model@ns=30000`"), "{}", again.out);
    let other = program.run(&format!("recommend --from {id} -a model@ns=30000"));
    assert!(other.out.contains("Use `model@ns=30000`"), "{other:?}");
    assert!(other.out.contains("left out: `model@ns=300` was not asked for"), "{other:?}");
    program
        .run(&format!("recommend --from {id} --need ordered"))
        .refused(4, &["ordered", "`model@ns=300` lacks ordered", "`model@ns=30000` lacks ordered"]);
}

#[test]
fn two_visits_are_too_few_to_name_a_map() {
    let program = Program::mapbench();
    let said = program.run(&format!("recommend -s test/uniform -a {MAPS} --visits 2 {SHORT}"));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("Unresolved over the whole range, 1 to 2 threads"), "{}", said.out);
    assert!(!said.out.contains("Use `"), "{}", said.out);
    assert!(said.out.contains("--budget"), "{}", said.out);
}

#[test]
fn points_that_somebody_else_measured_are_advised_on_without_promises() {
    let program = Program::mapbench();
    let mut points = "adapter,x,ops_per_sec,fork\n".to_owned();
    for x in [1, 2, 4, 8] {
        for fork in 0..4 {
            let _ = writeln!(points, "mine,{x},{},{fork}", 2000 + fork);
            let _ = writeln!(points, "yours,{x},{},{fork}", 1000 + 2 * fork);
        }
    }
    program.write("points.csv", &points);
    let said = program.run("recommend --from points.csv");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("Use `mine` over the whole range"), "{}", said.out);
    assert!(said.out.contains("this program does not have it"), "{}", said.out);
    program
        .run("recommend --from points.csv --need scan")
        .refused(4, &["scan", "`mine` is not in this program"]);
}

#[test]
fn what_no_map_has_and_what_nobody_knows_is_refused() {
    let program = Program::mapbench();
    program.run("recommend").refused(2, &["-s", "--trace", "--from"]);
    program
        .run("recommend -s read-heavy --need speed")
        .refused(2, &["speed", "snapshot-scan", "non-blocking-reads", "ordered"]);
    program.run("recommend -s read-heavy -a std/*,noop --need non-blocking-reads,ordered").refused(
        4,
        &["`std/rwlock` lacks non-blocking-reads, ordered", "`noop` is no map", "--need"],
    );
    program
        .run("recommend -s hot-key -a evmap/publish-every-n")
        .refused(4, &["evmap/publish-every-n", "read-modify-write"]);
    program.run("recommend -s read-heavy -t 2").refused(2, &["-t", "--range"]);
    program.run("recommend -s read-heavy -o csv=out.csv").refused(2, &["json=PATH"]);
    program.run("recommend -s read-heavy -o json=no/such.json").refused(110, &["no/such.json"]);
    program.run("recommend --from none").refused(2, &["none"]);
}

#[test]
fn a_plan_names_what_is_left_out_and_measures_nothing() {
    let program = Program::mapbench();
    let said = program.run("recommend -s read-heavy --need snapshot-scan --dry-run");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("std/rwlock"), "{}", said.out);
    assert!(said.out.contains("left out: `dashmap/v6` lacks snapshot-scan"), "{}", said.out);
    assert!(!said.out.contains("noop") && !said.out.contains("model"), "{}", said.out);
}
