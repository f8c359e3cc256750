//! Trace files from the outside: generated, shown, verified and converted.

use std::fs;

use mapbench_core::key::KeyRule;
use mapbench_core::op::{OpKind, OpWord};
use mapbench_core::trace::{self, ActorSpec, Deal, Draft, MapSpec, Pace, Shape, Stream, Trace};

use crate::program::Program;

/// Two actors, events in an order, one of them paced, a range that goes on with the first key.
fn small() -> Trace {
    let op = |kind, map, key| OpWord::new(kind, map, key).0;
    let map = |id: &str, name: &str, keys, preload| MapSpec {
        id: id.to_owned(),
        name: name.to_owned(),
        key_rule: KeyRule::Uid,
        keys,
        preload,
        peak: 0,
    };
    let mut informer = ActorSpec::new("informer", Deal::Whole);
    informer.pace = Some(Pace { lap_ns: 4_000_000 });
    let informs = Stream {
        words: vec![op(OpKind::Insert, 0, 5), op(OpKind::Get, 0, 9), op(OpKind::Insert, 0, 6)],
        events: vec![0, 2],
        numbers: vec![0, 2],
        follows: vec![Stream::FREE, Stream::FREE],
        times_ns: vec![0, 2_000_000],
    };
    let schedules = Stream {
        words: vec![op(OpKind::Range, 1, 90), 20, op(OpKind::Remove, 0, 5), op(OpKind::Scan, 0, 0)],
        events: vec![0],
        numbers: vec![1],
        follows: vec![0],
        times_ns: vec![],
    };
    let draft = Draft {
        name: "small".to_owned(),
        generator: "test".to_owned(),
        seed: 1,
        parameters: serde_json::json!({ "why": "a test" }),
        shape: Shape::OneShot,
        unit: Some(trace::Unit { name: "pods".to_owned(), count: 2 }),
        maps: vec![map("M0", "informer store", 10, 4), map("M7", "nominated pods", 100, 95)],
        actors: vec![informer, ActorSpec::new("scheduler", Deal::Whole)],
        streams: vec![informs, schedules],
    };
    draft.finish().expect("keeps the rules")
}

fn bytes_of(trace: &Trace) -> Vec<u8> {
    let mut bytes = Vec::new();
    trace::write(trace, &mut bytes).expect("memory takes it");
    bytes
}

#[test]
fn a_scenario_becomes_a_file_that_verifies() {
    let program = Program::mapbench();
    let said = program.run("trace gen test/hotspot -o h.mbt --seed 3 --threads 2");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    for line in ["scenario  test/hotspot, seed 3", "records   20000", "ops       20000"] {
        assert!(said.out.contains(line), "{}", said.out);
    }
    let hash = said.out.lines().find_map(|line| line.strip_prefix("hash      ")).expect("a hash");
    let verified = program.run("trace verify h.mbt");
    assert_eq!(verified.code, 0, "{}", verified.err);
    assert!(verified.out.starts_with("h.mbt: everything fits"), "{}", verified.out);
    assert!(verified.out.contains(hash), "{}", verified.out);
    let again = program.command("trace gen test/hotspot -o - --seed 3 --threads 1").output();
    let again = again.expect("the program starts").stdout;
    let file = fs::read(program.folder().join("h.mbt")).expect("was written");
    assert!(again == file, "the same bytes on standard output, from one thread");
    assert_eq!(fs::read_dir(program.folder()).expect("a folder").count(), 1, "no draft is left");
}

#[test]
fn parameters_of_a_scenario_can_be_set() {
    let program = Program::mapbench();
    let said = program.run("trace gen test/pods --set pods=50 --set pods.nodes=7 -o p.mbt");
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(program.run("trace info p.mbt").out.contains(r#""nodes":7,"pods":50"#));
    program.run("trace gen test/pods --set nodez=7 -o q.mbt").refused(2, &["nodez", "`nodes`"]);
    program
        .run("trace gen test/pods --set pods.nodes=0 -o q.mbt")
        .refused(2, &["pods.nodes", "is 0"]);
    program.run("trace gen test/pods --set nodes -o q.mbt").refused(2, &["--set", "KEY=VALUE"]);
    program.run("trace gen test/podz -o q.mbt").refused(2, &["test/podz"]);
    program.run("trace gen none.toml -o q.mbt").refused(2, &["none.toml"]);
    program.run("trace gen test/pods -o no/q.mbt").refused(110, &["no/q.mbt"]);
    program.run("trace info p.mbt --seed 3").refused(2, &["p.mbt", "--seed"]);
}

#[test]
fn a_page_shows_the_figures_of_a_known_trace() {
    let program = Program::mapbench();
    fs::write(program.folder().join("small.mbt"), bytes_of(&small())).expect("the folder takes it");
    let said = program.run("trace info small.mbt");
    assert_eq!(said.code, 0, "{}", said.err);
    for line in said.out.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    insta::assert_snapshot!("info_small", said.out);
    let ascii = program.run("trace info small.mbt --ascii").out;
    assert!(ascii.is_ascii(), "{ascii}");
    let locale = program.command("trace info small.mbt").env("LC_ALL", "C").output();
    assert_eq!(String::from_utf8_lossy(&locale.expect("it starts").stdout), ascii);
    program.run("trace info small.mbt --map M3").refused(2, &["M3", "M0, M7"]);
}

#[test]
fn figures_as_json_are_those_of_the_records() {
    let program = Program::mapbench();
    fs::write(program.folder().join("small.mbt"), bytes_of(&small())).expect("the folder takes it");
    let said = program.run("trace info small.mbt --json");
    let info: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(info["hash"], trace::hash(&small()).to_string());
    let maps = &info["figures"]["maps"];
    assert_eq!(
        maps[0]["ops"],
        serde_json::json!({ "get": 1, "insert": 2, "remove": 1, "scan": 1 })
    );
    // Keys 90 to 94 are there, 95 to 99 are not, and 0 to 9 are again.
    assert_eq!((&maps[1]["reads"], &maps[1]["hits"]), (&20.into(), &15.into()));
    assert_eq!(maps[0]["live"]["max"], 5);
    assert_eq!(info["figures"]["actors"][1]["following"], 1);
}

#[test]
fn a_file_cut_off_anywhere_is_refused_with_the_place() {
    let program = Program::mapbench();
    let bytes = bytes_of(&small());
    let file = program.folder().join("cut.mbt");
    // The program itself for some places, the reader that it calls for all.
    for cut in 1..bytes.len() {
        let error = trace::read(&bytes[..cut], "cut.mbt").expect_err("is cut off").to_string();
        assert!(error.contains(&format!("cut.mbt: is cut off at byte {cut}")), "{error}");
        if cut % 97 == 8 || cut + 1 == bytes.len() {
            fs::write(&file, &bytes[..cut]).expect("the folder takes it");
            let place = format!("cut off at byte {cut}");
            for verb in ["verify", "info"] {
                program.run(&format!("trace {verb} cut.mbt")).refused(2, &["cut.mbt", &place]);
            }
        }
    }
}

#[test]
fn a_header_that_says_other_than_the_records_is_a_wrong_answer() {
    let program = Program::mapbench();
    let mut lying = small();
    lying.header.maps[0].peak += 1;
    lying.header.hit_share = Some(0.25);
    fs::write(program.folder().join("lies.mbt"), bytes_of(&lying)).expect("the folder takes it");
    program.run("trace verify lies.mbt").refused(
        103,
        &[
            "lies.mbt",
            "at byte 20",
            "the peak of M0 is said to be 6, the records give 5",
            "hit share",
        ],
    );
}

#[test]
fn a_trace_becomes_lines_and_the_same_trace_again() {
    let program = Program::mapbench();
    let bytes = bytes_of(&small());
    fs::write(program.folder().join("small.mbt"), &bytes).expect("the folder takes it");
    let said = program.run("trace convert small.mbt -o small.jsonl");
    assert!(said.code == 0 && said.err.contains("small.jsonl: 4 lines, hash"), "{said:?}");
    let text = fs::read_to_string(program.folder().join("small.jsonl")).expect("was written");
    let last = r#"{"actor":"informer","event":2,"at_ns":2000000,"ops":[["insert","M0",6]]}"#;
    assert_eq!(text.lines().last(), Some(last));
    assert_eq!(program.run("trace convert small.jsonl -o again.mbt").code, 0);
    assert!(fs::read(program.folder().join("again.mbt")).expect("was written") == bytes);
    assert_eq!(program.run("trace verify small.jsonl").code, 0);
    assert_eq!(program.run("trace convert small.mbt -o - --to jsonl").out, text);

    program.write("wrong.jsonl", &text.replace("[\"insert\",\"M0\",6]", "[\"insert\",\"M0\",60]"));
    program
        .run("trace convert wrong.jsonl -o out.mbt")
        .refused(2, &["wrong.jsonl, line 4", "key 60 is not below the 10 keys of M0"]);
    program.run("trace convert small.mbt -o out").refused(2, &["(-o)", ".jsonl", "--to"]);
    assert!(!program.folder().join("out.mbt").exists());
}
