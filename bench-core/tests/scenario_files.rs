//! Scenario files: what they may leave out, and how each mistake is answered, with file, line, key
//! and the next step.

use mapbench_core::adapter::Requirement;
use mapbench_core::key::KeyKind;
use mapbench_core::scenario::{Scenario, ScenarioError};
use mapbench_core::trace::{Shape, Trace, hash};
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
fn a_box_has_any_size_but_u64_keys_only() {
    let with = |lines: &str| parse(&SMALL.replace("[mix]", &format!("{lines}\n[mix]")));
    assert_eq!(with("value = \"boxed:4096\"").map(|read| read.value), Ok(ValueKind::Boxed(4096)));
    let error = with("value = \"boxed:4096\"\nkey = \"string\"").unwrap_err().to_string();
    assert!(error.contains("line 3: value: boxed is for `key = \"u64\"`"), "{error}");
    let error = with("value = \"225\"").unwrap_err().to_string();
    assert!(error.contains("line 3") && error.contains("8, 224, arc224, or boxed:N"), "{error}");
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
        ("summary", "needs_adapters = [\"*/x\"]\nsummary", "line 2: needs_adapters: `*/x` names"),
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

const ACTORS: &str = r#"
summary = "two"
[[map]]
id = "A"
name = "entries"
keys = 100
[[map]]
id = "B"
name = "counters"
keys = 10

[[actor]]
name = "reader"
map = "A"
ops = { get = 100 }
lap_ops = 500

[[actor]]
name = "writer"
map = "A"
ops = { insert = 50, remove = 50 }
keys = { from = 50, count = 50 }
rate_per_s = 200
schedule = "uniform"
lap = "1s"
"#;

#[test]
fn actors_share_maps_and_have_their_own_ops_and_pace() {
    let trace = generate(&parse(ACTORS).unwrap(), 1).unwrap();
    let [reader, writer] = &trace.streams[..] else { panic!("{} streams", trace.streams.len()) };
    assert_eq!((reader.words.len(), reader.times_ns.len()), (500, 0));
    assert_eq!((writer.words.len(), writer.times_ns.len()), (200, 200));
    assert_eq!(writer.times_ns[1], 5_000_000);
    assert!(writer.ops().all(|(op, _)| op.key() >= 50));
    let lap = trace.header.actors[1].pace.map(|pace| pace.lap_ns);
    assert_eq!(lap, Some(1_000_000_000));
}

#[test]
fn a_mistake_in_an_actor_is_answered_with_its_own_line() {
    for (old, new, expected) in [
        (
            "map = \"A\"\nops = { get",
            "map = \"C\"\nops = { get",
            "line 14: actor.reader.map: there",
        ),
        ("rate_per_s = 200", "rate_per_s = -1", "line 23: actor.writer.rate_per_s: is -1"),
        ("lap = \"1s\"", "lap = \"long\"", "line 25: actor.writer.lap: `long` is not"),
        ("count = 50", "count = 51", "line 22: actor.writer.keys: are 51 from 50"),
        ("lap_ops = 500", "lap_events = 5", "line 16: actor.reader.lap_events: does not go"),
        ("lap_ops = 500", "deal = \"event\"", "line 16: actor.reader.deal: is event"),
        ("{ get = 100 }", "{ get = 50, overwrite = 50 }", "actor.writer.keys: reader and writer"),
        ("{ get = 100 }", "{ range = 100 }", "actor.reader.range_keys: is missing"),
        ("rate_per_s = 200\n", "", "actor.writer.rate_per_s: is missing"),
    ] {
        let error = error_of(&ACTORS.replacen(old, new, 1));
        assert!(error.starts_with("dir/mine.toml") && error.contains(expected), "{new}: {error}");
    }
}

#[test]
fn latest_and_window_say_what_they_need() {
    for (new, expected) in [
        ("popularity = { latest = { window = { width = 1, step = 1 } } }", "needs a law of ranks"),
        ("popularity = { latest = \"uniform\" }\npreload = 0", "latest needs preloaded keys"),
        ("popularity = { window = { width = 101, step = 1 } }", "use a width of 1 to 100 keys"),
        (
            "popularity = { hottest = { share = 0.5, rest = { window = { width = 1, step = 1 } } } }",
            "use a law of ranks",
        ),
    ] {
        let error = error_of(&format!("{SMALL}{new}\n"));
        assert!(error.contains(expected), "{new}: {error}");
    }
    let churn = SMALL.replace("update = 10", "insert = 5, remove = 5");
    let latest = "popularity = { latest = { zipf = { s = 1 } } }\n";
    let error = error_of(&format!("{churn}{latest}"));
    assert!(error.contains("use at least 202, twice the preloaded ones"), "{error}");
    let error = error_of(&format!("{churn}{latest}preload = 49\n"));
    assert!(error.contains("about 50 keys a lap; use a longer lap"), "{error}");
}

#[test]
fn a_scenario_knows_whether_the_adapters_that_it_needs_are_there() {
    let needs = |list: &str| parse(&format!("needs_adapters = {list}{SMALL}")).unwrap();
    let lacks =
        |list: &str| needs(list).lacks_adapters(["std/rwlock", "actor/channel"].into_iter());
    assert_eq!(lacks("[]"), None);
    assert_eq!(lacks("[\"snapshot/*\", \"actor/*\"]"), None);
    assert_eq!(lacks("[\"actor/channel\"]"), None);
    let reason = lacks("[\"actor/chan\", \"snapshot/*\"]").unwrap();
    assert!(reason.starts_with("it needs actor/chan or snapshot/*"), "{reason}");
}

#[test]
fn popularity_comes_from_a_trace_file_once_it_is_handed_in() {
    let source = generate(&parse(SMALL).unwrap(), 3).unwrap();
    let source_hash = hash(&source);
    let text = |by: &str| {
        format!(
            "summary = \"again\"\n[mix]\nkeys = 150\nlap_ops = 2_500\nops = {{ get = 100 }}\n\
             popularity = {{ replay = {{ file = \"s.mbt\", by = \"{by}\" }} }}\n"
        )
    };
    let mut scenario = parse(&text("order")).unwrap();
    assert_eq!(scenario.workload.files(), ["s.mbt".to_owned()].into());
    let error = generate(&scenario, 1).unwrap_err().to_string();
    assert!(error.contains("`s.mbt` has not been read"), "{error}");
    scenario.workload.supply("s.mbt", &source, source_hash).unwrap();
    let again = generate(&scenario, 1).unwrap();
    // The same order under other names, from the start again after its 1,000 accesses.
    let keys = |trace: &Trace| trace.streams[0].ops().map(|(op, _)| op.key()).collect::<Vec<_>>();
    let (from, to) = (keys(&source), keys(&again));
    let mut names = std::collections::BTreeMap::new();
    for (at, key) in to.iter().enumerate() {
        assert_eq!(names.entry(from[at % 1_000]).or_insert(*key), key, "access {at}");
    }
    assert!(names.iter().any(|(from, to)| from != to));
    assert!(again.header.parameters.to_string().contains(&source_hash.to_string()));

    let mut scenario = parse(&text("ranks")).unwrap();
    scenario.workload.supply("s.mbt", &source, source_hash).unwrap();
    let drawn = generate(&scenario, 1).unwrap().key_shares(0).unwrap();
    let top_10 = source.key_shares(0).unwrap().top_10;
    assert!((drawn.top_10 - top_10).abs() < 0.05, "{} {top_10}", drawn.top_10);

    let mut few = parse(&text("ranks").replace("keys = 150", "keys = 50")).unwrap();
    let error = few.workload.supply("s.mbt", &source, source_hash).unwrap_err().to_string();
    assert!(error.contains("accesses 100 keys; use at least as many"), "{error}");
    let named = text("order").replace("by =", "map = \"M9\", by =");
    let error = parse(&named).unwrap().workload.supply("s.mbt", &source, source_hash).unwrap_err();
    assert!(error.to_string().contains("has not the map that is asked for; use M"), "{error}");
}

#[test]
fn the_example_in_the_documentation_is_a_scenario() {
    let page = include_str!("../../docs/scenarios.md");
    let example = page.split("```toml").nth(1).and_then(|rest| rest.split("```").next());
    let trace = generate(&parse(example.expect("there is one")).unwrap(), 1).unwrap();
    assert_eq!((trace.streams.len(), trace.streams[1].events.len()), (2, 10));
}
