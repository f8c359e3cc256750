//! Scenario files: what they may leave out, and how each mistake is answered, with file, line, key
//! and the next step.

use mapbench_core::adapter::Requirement;
use mapbench_core::key::KeyKind;
use mapbench_core::scenario::{Scenario, ScenarioError};
use mapbench_core::trace::Shape;
use mapbench_core::value::ValueKind;
use mapbench_core::workload::generate;

const SMALL: &str = r#"
summary = "small"
[mix]
keys = 100
lap_ops = 1_000
ops = { get = 90, update = 10 }
"#;

fn parse(text: &str) -> Result<Scenario, ScenarioError> {
    Scenario::from_toml("dir/mine.toml", text)
}

fn error_of(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn a_small_file_is_filled_with_defaults() {
    let scenario = parse(SMALL).unwrap();
    assert_eq!(scenario.name, "mine");
    assert_eq!((scenario.key, scenario.value), (KeyKind::U64, ValueKind::Word));
    assert_eq!(scenario.shape, Shape::Steady);
    assert!(scenario.presize && scenario.threads.is_none() && scenario.round_ns.is_none());
    assert_eq!(scenario.requirements(), [Requirement::ReadModifyWrite].into());
    assert_eq!(scenario.source, SMALL);
    assert_eq!(generate(&scenario, 1).unwrap().header.ops, 1_000);
}

#[test]
fn everything_that_can_be_set_is_taken() {
    let text = r#"
        summary = "all"
        analysis = "why"
        require = ["immediate-visibility", "scan"]
        key = "string"
        value = "arc224"
        threads = [1, 2, 8]
        round = "250ms"
        presize = false
        [mix]
        keys = 1_000
        preload = 900
        lap_ops = 2_000
        ops = { get = 80, insert = 10, remove = 10 }
        popularity = { hottest = { share = 0.2, rest = { zipf_mandelbrot = { s = 0.9, q = 3 } } } }
        drift = { top = 20, swap = 10, every_ops = 500 }
        repeat = { share = 0.25, window_ops = 100 }
        key_rule = "uid"
        shape = "one-shot"
    "#;
    let scenario = parse(text).unwrap();
    assert_eq!((scenario.key, scenario.value), (KeyKind::String, ValueKind::Arc224));
    assert_eq!(scenario.threads, Some(vec![1, 2, 8]));
    assert_eq!(scenario.round_ns, Some(250_000_000));
    assert_eq!(scenario.shape, Shape::OneShot);
    assert!(scenario.requirements().contains(&Requirement::ImmediateVisibility));
    assert_eq!(generate(&scenario, 1).unwrap().header.ops, 2_000);
}

#[test]
fn an_unknown_key_is_answered_with_file_line_and_the_likely_one() {
    let error = error_of(&SMALL.replace("lap_ops", "lap_opps"));
    assert!(error.starts_with("dir/mine.toml, line 5: unknown field `lap_opps`"), "{error}");
    assert!(error.ends_with("did you mean `lap_ops`?"), "{error}");
    let error = error_of(&SMALL.replace("update", "updates"));
    assert!(error.contains("line 6") && error.ends_with("did you mean `update`?"), "{error}");
    let error = error_of(&SMALL.replace("summary", "sumary"));
    assert!(error.contains("line 2") && error.ends_with("did you mean `summary`?"), "{error}");
    let error = error_of(&format!("{SMALL}popularity = {{ zipff = {{ s = 1 }} }}\n"));
    assert!(error.contains("line 7") && error.contains("did you mean `zipf`?"), "{error}");
}

#[test]
fn a_value_out_of_range_is_answered_with_line_key_and_what_to_use() {
    for (old, new, expected) in [
        ("keys = 100", "keys = 0", "line 4: mix.keys: is 0; use 1 to 16,777,216"),
        ("keys = 100", "keys = 20_000_000", "line 4: mix.keys: is 20000000; use"),
        ("keys = 100", "keys = 100\npreload = 101", "line 5: mix.preload: is 101, more than"),
        ("lap_ops = 1_000", "lap_ops = 0", "line 5: mix.lap_ops: is 0; use"),
        ("update = 10", "update = 9", "line 6: mix.ops: shares sum to 99"),
        ("update = 10", "update = -10", "line 6: mix.ops: update is -10"),
        ("update = 10", "update = nan", "line 6: mix.ops: update is NaN"),
        ("keys = 100", "keys = 100\ndrift = { top = 9, swap = 10, every_ops = 5 }", "mix.drift"),
        ("keys = 100", "keys = 100\ndrift = { top = 9, swap = 9, every_ops = 0 }", "mix.drift"),
        ("keys = 100", "keys = 100\nrepeat = { share = 2.0, window_ops = 5 }", "mix.repeat"),
        ("keys = 100", "keys = 100\npopularity = { zipf = { s = nan } }", "line 5: mix.popularity"),
        (
            "keys = 100",
            "keys = 100\npopularity = { hotspot = { accesses = 2, keys = 0.1 } }",
            "line 5: mix.popularity",
        ),
        (
            "keys = 100",
            "keys = 1\npopularity = { hottest = { share = 0.5, rest = \"uniform\" } }",
            "hottest needs at least 2 keys",
        ),
        ("summary", "round = \"fast\"\nsummary", "line 2: round: `fast` is not a duration"),
        ("summary", "round = \"999999999999m\"\nsummary", "is not a duration"),
        ("summary", "threads = [1, 0]\nsummary", "line 2: threads: needs counts of at least 1"),
    ] {
        let error = error_of(&SMALL.replacen(old, new, 1));
        assert!(error.starts_with("dir/mine.toml") && error.contains(expected), "{new}: {error}");
    }
}

#[test]
fn a_file_needs_exactly_one_workload() {
    let both = format!("{SMALL}[growth]\nkeys = 10\n");
    for text in ["summary = \"none\"", &both] {
        let error = error_of(text);
        assert!(error.contains("exactly one workload table: [mix], [cluster], [pods]"), "{error}");
    }
    assert!(error_of("summary = ").contains("line 1"));
}
