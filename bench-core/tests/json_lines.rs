//! A trace as lines of JSON is the same trace again, and lines that somebody wrote or edited are taken
//! or refused with their place.

mod sample_traces;

use mapbench_core::scenario::{catalog, find};
use mapbench_core::trace::{Trace, hash, json_lines};
use mapbench_core::workload::generate;
use proptest::prelude::*;
use sample_traces::{any_ordered, any_step, drafted, small};

fn lines_of(trace: &Trace) -> String {
    let mut bytes = Vec::new();
    let lines = json_lines::write(trace, &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(text.lines().count() as u64, lines);
    text
}

fn read(text: &str) -> Result<Trace, String> {
    json_lines::read(text.as_bytes(), "my.jsonl").map_err(|error| error.to_string())
}

#[test]
fn the_lines_of_every_test_scenario_give_its_trace_again() {
    let scenarios = catalog();
    let tests: Vec<_> =
        scenarios.iter().filter(|scenario| scenario.name.starts_with("test/")).collect();
    assert!(tests.len() > 3);
    for scenario in tests {
        let original = generate(scenario, 3).unwrap();
        let again = read(&lines_of(&original)).unwrap();
        assert_eq!(hash(&again), hash(&original), "{}", scenario.name);
        assert_eq!(again, original);
    }
}

#[test]
fn lines_are_for_people() {
    let text = lines_of(&small());
    let events: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(
        events[..3],
        [
            r#"{"actor":0,"event":0,"ops":[["insert","A",3],["range","B",990,20]]}"#,
            r#"{"actor":1,"event":1,"follows":0,"at_ns":1000,"ops":[["insert","A",900]]}"#,
            r#"{"actor":1,"event":2,"at_ns":1001000,"ops":[["update","B",4]]}"#,
        ]
    );
    assert!(events[3].contains(r#"["len","A"]"#), "{}", events[3]);
    let text = lines_of(&generate(&find("test/uniform").unwrap(), 1).unwrap());
    let op = text.lines().nth(1).unwrap();
    assert!(op.starts_with(r#"{"actor":"worker","op":["#), "{op}");
}

const HEADER: &str = r#"{"mapbench_trace":2,"name":"mine","shape":"one-shot",
    "maps":[{"id":"M0","keys":100,"preload":10},{"id":"M7","keys":50}],
    "actors":[{"name":"scheduler","deal":"whole"},{"name":"informer","deal":"whole"}]}"#;

/// The header and some lines.
fn by_hand(lines: &[&str]) -> String {
    let header = HEADER.replace('\n', "");
    std::iter::once(header.as_str()).chain(lines.iter().copied()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_trace_by_hand_says_only_what_it_must() {
    let trace = read(&by_hand(&[
        r#"{"actor":"scheduler","event":10,"ops":[["get","M0",17],["range","M7",40,500]]}"#,
        "",
        r#"{"actor":"informer", "event":20, "follows":10, "ops":[["insert","M0",17],["scan","M0"]]}"#,
    ]))
    .unwrap();
    let header = &trace.header;
    assert_eq!((header.ops, header.maps[0].peak, header.expected[0].len), (503, 11, 11));
    assert_eq!(trace.streams[1].numbers, [1], "numbers may have gaps, those of a trace have none");
    assert_eq!(trace.streams[1].follows, [0]);
    assert_eq!(read(&lines_of(&trace)).unwrap(), trace);
}

#[test]
fn wrong_lines_are_refused_with_file_and_line() {
    let event = r#"{"actor":"informer","event":5,"ops":[["get","M0",1]]}"#;
    for (line, expected) in [
        (r#"{"actor":"binder","event":6,"ops":[["len","M0"]]}"#, "there is no actor `binder`"),
        (r#"{"actor":"informr","event":6,"ops":[["len","M0"]]}"#, "did you mean `informer`?"),
        (r#"{"actor":2,"event":6,"ops":[["len","M0"]]}"#, "there is no actor 2 of 2"),
        (r#"{"actor":1,"event":6,"ops":[["gett","M0",1]]}"#, "no op `gett`; did you mean `get`?"),
        (r#"{"actor":1,"event":6,"ops":[["get","M8",1]]}"#, "there is no map `M8`"),
        (
            r#"{"actor":1,"event":6,"ops":[["get","M7",50]]}"#,
            "key 50 is not below the 50 keys of M7",
        ),
        (r#"{"actor":1,"event":6,"ops":[["get","M7"]]}"#, "get without its key"),
        (r#"{"actor":1,"event":6,"ops":[["range","M7",0]]}"#, "range without its count"),
        (r#"{"actor":1,"event":6,"ops":[["range","M7",0,0]]}"#, "range of 0 keys"),
        (r#"{"actor":1,"event":6,"ops":[["get","M7",0,1]]}"#, "get with more than it has"),
        (r#"{"actor":1,"event":6,"ops":[]}"#, "an event without ops"),
        (r#"{"actor":1,"event":6}"#, "needs `ops`"),
        (r#"{"actor":1,"op":["len","M0"]}"#, "an op of an actor with events"),
        (r#"{"actor":1,"event":5,"ops":[["len","M0"]]}"#, "event 5 after event 5"),
        (r#"{"actor":1,"ops":[["len","M0"]]}"#, "without `event`"),
        (r#"{"actor":1,"event":6,"follows":6,"ops":[["len","M0"]]}"#, "follows event 6"),
        (r#"{"actor":1,"event":6,"at_ns":6,"ops":[["len","M0"]]}"#, "has `at_ns`"),
        (r#"{"actor":1,"event":6,"opps":[["len","M0"]]}"#, "unknown field `opps`"),
        (r#"{"actor":1,"event":-6,"ops":[["len","M0"]]}"#, "column 21: invalid value"),
        (r#"{"actor":1,"event":6,"ops":[["len","M0"]"#, "EOF"),
        ("noise", "expected"),
    ] {
        let error = read(&by_hand(&[event, line])).unwrap_err();
        assert!(error.starts_with("my.jsonl, line 3"), "{line}: {error}");
        assert!(error.contains(expected), "{line}: {error}");
    }
}

#[test]
fn what_holds_for_all_lines_is_checked_in_the_end() {
    let ops = [r#"{"actor":0,"op":["insert","M0",20]}"#, r#"{"actor":1,"op":["remove","M0",20]}"#];
    let error = read(&by_hand(&ops)).unwrap_err();
    assert!(error.starts_with("my.jsonl: actors 0 and 1 both write key 20 of M0"), "{error}");
    assert!(read("").unwrap_err().starts_with("my.jsonl, line 1: has no header"));
    let error = read(&HEADER.replace('\n', "").replace(":2,", ":1,")).unwrap_err();
    assert!(error.contains("line 1: is of trace format 1"), "{error}");
}

#[test]
fn figures_that_the_records_do_not_give_are_refused() {
    let text = lines_of(&small());
    for (figure, wrong) in [
        (r#""ops":27"#, r#""ops":26"#),
        (r#""peak":3"#, r#""peak":4"#),
        (r#""hit_share":1.0"#, r#""hit_share":0.5"#),
        (r#""expected":[{"len":3"#, r#""expected":[{"len":2"#),
    ] {
        assert!(text.contains(figure), "{figure} in {}", text.lines().next().unwrap());
        let error = read(&text.replacen(figure, wrong, 1)).unwrap_err();
        assert!(error.starts_with("my.jsonl, line 1: the "), "{error}");
        assert!(error.contains("correct it or leave it out"), "{error}");
    }
}

#[test]
fn a_line_without_end_costs_no_more_than_its_limit() {
    let endless = std::io::BufReader::new(std::io::repeat(b'['));
    let error = json_lines::read(endless, "my.jsonl").unwrap_err().to_string();
    assert!(error.contains("line 1: is longer than 16 MiB"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_lines_of_any_trace_give_it_again(
        ordered in any_ordered(),
        steps in prop::collection::vec((any_step(), any::<bool>()), 0..100),
    ) {
        for original in [ordered, drafted(&steps)] {
            prop_assert_eq!(read(&lines_of(&original)).unwrap(), original);
        }
    }

    #[test]
    fn changed_lines_are_taken_or_refused(
        original in any_ordered(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = lines_of(&original).into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        // Must come to an end, whatever it is.
        let _ = json_lines::read(bytes.as_slice(), "my.jsonl");
    }
}
