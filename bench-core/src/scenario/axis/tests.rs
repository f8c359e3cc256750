//! What a point of an axis is held to: the workload does what was asked for, keeps the rest as it
//! was, and says what to do where it cannot.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::scenario::catalog;
use crate::scenario::find;
use crate::trace::{Shape, Stream, Trace, hash};
use crate::workload::{Actor, Draws, KeyRange, Mix, Popularity, Task, generate};

fn mix_of(text: &str) -> Scenario {
    Scenario::from_toml("mine.toml", &format!("summary = \"mine\"\n[mix]\n{text}")).unwrap()
}

fn mix_in(scenario: &Scenario) -> &Mix {
    let Workload::Mix(mix) = &scenario.workload else { panic!("a mix") };
    mix
}

fn trace(scenario: &Scenario) -> Trace {
    generate(scenario, 1).unwrap_or_else(|error| panic!("{}: {error}", scenario.name))
}

/// Ops of each kind, a range counting as many as its count.
fn counts(trace: &Trace) -> BTreeMap<OpKind, f64> {
    let mut counts = BTreeMap::new();
    for (op, count) in trace.streams.iter().flat_map(Stream::ops) {
        *counts.entry(op.kind().unwrap()).or_insert(0.0) += f64::from(count);
    }
    counts
}

fn percent(trace: &Trace, chosen: impl Fn(OpKind) -> bool) -> f64 {
    let counts = counts(trace);
    let ours: f64 = counts.iter().filter(|(kind, _)| chosen(**kind)).map(|(_, count)| count).sum();
    100.0 * ours / counts.values().sum::<f64>()
}

fn refusal(axis: &str, scenario: &str, x: f64) -> String {
    let axis: Axis = axis.parse().unwrap();
    axis.scenario_at(&find(scenario).unwrap(), x).unwrap_err().to_string()
}

fn at(axis: &str, scenario: &str, x: f64) -> Scenario {
    let axis: Axis = axis.parse().unwrap();
    let point = axis.scenario_at(&find(scenario).unwrap(), x);
    point.unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn names_are_read_as_they_are_written_and_an_unknown_one_is_answered_with_all() {
    for axis in Axis::ALL.into_iter().chain([Axis::Setting("cluster.nodes".to_owned())]) {
        assert_eq!(axis.to_string().parse(), Ok(axis));
    }
    let error = "write-shar".parse::<Axis>().unwrap_err().to_string();
    assert!(error.contains("did you mean `write-share`?") && error.contains("set:PATH"), "{error}");
    assert!(error.contains("threads, rate, write-share, write-rate, skew, keys"), "{error}");
    for wrong in ["set:", "set:mix.keys=5"] {
        assert_eq!(wrong.parse::<Axis>(), Err(AxisError::NoPath), "{wrong}");
    }
}

#[test]
fn every_scenario_has_a_valid_point_or_an_error_with_a_next_step_on_every_axis() {
    for scenario in catalog() {
        for axis in Axis::ALL {
            let ruler = axis.ruler_for(scenario);
            let (low, high) = ruler.default_range.unwrap();
            let middle = match ruler.scale {
                Scale::Log => (low * high).sqrt(),
                Scale::Linear => f64::midpoint(low, high),
            };
            let own = axis.value_in(scenario).filter(|own| *own >= ruler.bounds.0);
            for x in [Some(low), Some(ruler.nearest(middle)), Some(high), own].into_iter().flatten()
            {
                match axis.scenario_at(scenario, x) {
                    Ok(point) => {
                        assert_eq!(point.name, scenario.name);
                        assert_eq!(point.workload.check(), Ok(()), "{} {axis} {x}", scenario.name);
                        assert_eq!(point.shape, scenario.shape);
                    }
                    Err(error) => {
                        let text = error.to_string();
                        let steps = ["use ", "take ", "sweep ", "choose "];
                        assert!(steps.iter().any(|step| text.contains(step)), "{text}");
                        assert!(text.contains(&axis.to_string()), "{text}");
                        assert!(text.contains(&scenario.name), "{text}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_a_scenario_is_anyway_is_a_point_with_its_own_trace() {
    let mut reproduced = 0;
    for scenario in catalog().iter().filter(|scenario| scenario.name.starts_with("test/")) {
        let own_hash = hash(&trace(scenario));
        for axis in Axis::ALL.into_iter().filter(|axis| axis.part() == Part::Scenario) {
            let Some(own) = axis.value_in(scenario) else { continue };
            let point = axis.scenario_at(scenario, own).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(hash(&trace(&point)), own_hash, "{} {axis}", scenario.name);
            reproduced += 1;
        }
    }
    assert!(reproduced > 15, "{reproduced}");
}

#[test]
fn other_points_have_other_traces_and_every_time_the_same() {
    for (axis, scenario, xs) in [
        ("write-share", "test/uniform", [5.0, 6.0]),
        ("keys", "test/uniform", [100.0, 101.0]),
        ("skew", "test/uniform", [0.5, 0.75]),
        ("scan-rate", "test/uniform", [0.5, 1.0]),
        ("scan-rate", "test/actors", [10.0, 20.0]),
        ("write-rate", "origin/locked-scan", [10.0, 11.0]),
        ("set:cluster.nodes", "test/cluster", [9.0, 11.0]),
    ] {
        let hashes = xs.map(|x| {
            let point = at(axis, scenario, x);
            assert_eq!(hash(&trace(&point)), hash(&trace(&at(axis, scenario, x))));
            hash(&trace(&point))
        });
        assert_ne!(hashes[0], hashes[1], "{axis}");
    }
}

fn any_ops() -> impl Strategy<Value = String> {
    prop::collection::vec((0_u32..5).prop_map(f64::from), 9).prop_filter_map("no op", |parts| {
        let names =
            ["get", "has", "get_cloned", "range", "insert", "remove", "overwrite", "update", "len"];
        let total: f64 = parts.iter().sum();
        let shares = names.iter().zip(&parts).map(|(name, part)| {
            let share = part * 100.0 / total;
            format!("{name} = {share:.17}")
        });
        (total > 0.0).then(|| shares.collect::<Vec<_>>().join(", "))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_mix_writes_as_much_as_it_is_asked_to_and_keeps_its_proportions(
        ops in any_ops(),
        preload in 0_u32..=300,
        x in 0.0_f64..=100.0,
    ) {
        let scenario = mix_of(&format!(
            "keys = 300\npreload = {preload}\nlap_ops = 20_000\nrange_keys = 4\nops = {{ {ops} }}"
        ));
        let point = Axis::WriteShare.scenario_at(&scenario, x).unwrap();
        prop_assert_eq!(point.shape, Shape::Steady);
        let own = Axis::WriteShare.value_in(&point).unwrap();
        prop_assert!((own - x).abs() < 1e-6, "{own}");
        let trace = trace(&point);
        let measured = percent(&trace, shares::writes);
        // A draw of four keys at once makes the share vary more.
        prop_assert!((measured - x).abs() < 3.0, "{measured} instead of {x}");
        for is_write in [true, false] {
            let inner = |scenario: &Scenario| -> Vec<(OpKind, f64)> {
                let ops = mix_in(scenario).draws.ops.clone();
                let ours: Vec<_> =
                    ops.into_iter().filter(|(kind, _)| shares::writes(*kind) == is_write).collect();
                let sum: f64 = ours.iter().map(|(_, share)| share).sum();
                ours.into_iter().map(|(kind, share)| (kind, share / sum)).collect()
            };
            let (before, after) = (inner(&scenario), inner(&point));
            let before: Vec<_> = before.into_iter().filter(|(_, share)| *share > 0.0).collect();
            if before.is_empty() || after.is_empty() {
                continue;
            }
            prop_assert_eq!(before.len(), after.len());
            for (one, other) in before.iter().zip(&after) {
                prop_assert_eq!(one.0, other.0);
                prop_assert!((one.1 - other.1).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn keys_scale_with_what_belongs_to_them(keys in 1_u32..5_000) {
        for name in ["test/churn", "test/hotspot", "test/latest", "test/window", "curated/read-heavy"] {
            let scenario = find(name).unwrap();
            let Ok(point) = Axis::Keys.scenario_at(&scenario, f64::from(keys)) else {
                // `latest` needs a preloaded key and a circle of four.
                prop_assert!(name == "test/latest" && keys < 4, "{name} {keys}");
                continue;
            };
            let (own, mix) = (mix_in(&scenario), mix_in(&point));
            prop_assert_eq!(mix.keys, keys);
            let share = f64::from(mix.preload) / f64::from(keys);
            let own_share = f64::from(own.preload) / f64::from(own.keys);
            prop_assert!((share - own_share).abs() <= 1.0 / f64::from(keys), "{name} {share}");
        }
        let point = Axis::Keys.scenario_at(&find("test/churn").unwrap(), f64::from(keys)).unwrap();
        prop_assert!(generate(&point, 1).is_ok());
    }

    #[test]
    fn a_paced_writer_writes_as_often_as_it_is_asked_to(x in 0.01_f64..500.0) {
        for (name, role) in [("origin/locked-scan", "writer"), ("curated/node-scan", "nominator")] {
            let point = Axis::WriteRate.scenario_at(&find(name).unwrap(), x).unwrap();
            let Workload::Actors(mut actors) = point.workload.clone() else { panic!("actors") };
            actors.actors.retain(|actor| actor.name == role);
            let writer = Scenario { workload: Workload::Actors(actors), ..point };
            let trace = trace(&writer);
            let lap_ns = trace.header.actors[0].pace.unwrap().lap_ns;
            let written = percent(&trace, shares::writes) / 100.0 * trace.header.ops as f64;
            let per_s = written / lap_ns as f64 * 1e9;
            prop_assert!((per_s / x - 1.0).abs() < 1e-3, "{name}: {per_s} instead of {x}");
        }
    }
}

#[test]
fn a_workload_without_writes_gets_one_that_leaves_absent_keys_absent() {
    let full = mix_of("keys = 100\nlap_ops = 5_000\nops = { get = 100 }");
    let point = Axis::WriteShare.scenario_at(&full, 10.0).unwrap();
    assert_eq!(mix_in(&point).draws.ops, [(OpKind::Get, 90.0), (OpKind::Overwrite, 10.0)]);
    let half = mix_of("keys = 100\npreload = 50\nlap_ops = 5_000\nops = { get = 100 }");
    let point = Axis::WriteShare.scenario_at(&half, 10.0).unwrap();
    assert_eq!(mix_in(&point).draws.ops, [(OpKind::Get, 90.0), (OpKind::Update, 10.0)]);
    assert_eq!(trace(&point).header.maps[0].peak, 50);
    let all = Axis::WriteShare.scenario_at(&full, 100.0).unwrap();
    assert_eq!(mix_in(&all).draws.ops, [(OpKind::Overwrite, 100.0)]);
}

#[test]
fn the_keys_of_latest_still_come_round_with_few_writes() {
    let point = at("write-share", "test/latest", 0.5);
    assert!(mix_in(&point).lap_ops > 80_000, "{}", mix_in(&point).lap_ops);
    let trace = trace(&point);
    assert_eq!(trace.header.shape, Shape::Steady);
    assert!((percent(&trace, shares::writes) - 0.5).abs() < 0.1);
}

#[test]
fn only_laws_with_an_exponent_bend_and_uniform_ones_where_there_is_none() {
    let hottest = at("skew", "curated/hot-key", 0.9);
    let rest = Box::new(Popularity::Zipf { s: 0.9 });
    assert_eq!(mix_in(&hottest).draws.popularity, Popularity::Hottest { share: 0.31, rest });
    let flat = at("skew", "test/uniform", 0.9);
    assert_eq!(mix_in(&flat).draws.popularity, Popularity::Zipf { s: 0.9 });
    let Workload::Actors(actors) = at("skew", "origin/syncmap-inflection", 0.2).workload else {
        panic!("actors")
    };
    let laws: Vec<(&str, &Popularity)> =
        actors.actors.iter().map(|actor| (actor.name.as_str(), mixed(actor).1)).collect();
    let readers = Popularity::ZipfMandelbrot { s: 0.2, q: 6.0 };
    assert!(laws.iter().all(|(name, law)| **law
        == if *name == "reader" { readers.clone() } else { Popularity::Uniform }));
    let error = refusal("skew", "test/hotspot", 0.9);
    assert!(error.contains("set:mix.popularity.hotspot.accesses"), "{error}");
}

/// The keys and the law of an actor that draws single ops.
fn mixed(actor: &Actor) -> (Option<KeyRange>, &Popularity) {
    let Task::Mix { keys, draws, .. } = &actor.task else { panic!("{} has steps", actor.name) };
    (*keys, &draws.popularity)
}

fn mixed_draws(actor: &Actor) -> &Draws {
    let Task::Mix { draws, .. } = &actor.task else { panic!("{} has steps", actor.name) };
    draws
}

#[test]
fn key_ranges_that_met_still_meet_and_a_lap_reaches_every_key() {
    for keys in [8.0, 1_000.0, 1_234_567.0, 16_777_216.0] {
        let point = at("keys", "origin/syncmap-inflection", keys);
        let Workload::Actors(actors) = &point.workload else { panic!("actors") };
        let range = |name: &str| {
            let actor = actors.actors.iter().find(|actor| actor.name == name).expect("named");
            mixed(actor).0.expect("a range of its own")
        };
        let preload = actors.maps[0].preload;
        for name in ["reader", "overwriter"] {
            assert_eq!((range(name).from, range(name).count), (0, preload), "{keys} keys: {name}");
        }
        assert_eq!(range("newcomer").from, preload, "{keys} keys");
        let misses = mixed_draws(&actors.actors[0]).misses.expect("some miss");
        assert!(misses.from >= range("newcomer").from + range("newcomer").count, "{keys} keys");
        assert!(misses.from + misses.count <= keys as u32, "{keys} keys");
    }
    let point = at("keys", "curated/read-heavy", 16_777_216.0);
    assert_eq!(mix_in(&point).lap_ops, 16_777_216);
    let fewer = at("keys", "curated/read-heavy", 1_000.0);
    assert_eq!(mix_in(&fewer).lap_ops, 5_000_000);
}

#[test]
fn several_writers_are_named_and_several_scanners_keep_their_proportions() {
    let error = refusal("write-rate", "origin/syncmap-inflection", 50.0);
    assert!(error.contains("`overwriter`, `newcomer`"), "{error}");
    assert!(error.contains("set:actor.overwriter.rate_per_s"), "{error}");
    let newcomer = at("set:actor.newcomer.rate_per_s", "origin/syncmap-inflection", 500.0);
    let Workload::Actors(actors) = &newcomer.workload else { panic!("actors") };
    let rates: Vec<f64> =
        actors.actors.iter().filter_map(|actor| Some(actor.pacing?.rate_per_s)).collect();
    assert_eq!(rates, [5.0, 500.0, 0.1]);
    let Workload::Actors(actors) = at("scan-rate", "curated/iterate-while-write", 96.0).workload
    else {
        panic!("actors")
    };
    let rates: Vec<f64> =
        actors.actors.iter().filter_map(|actor| Some(actor.pacing?.rate_per_s)).collect();
    assert_eq!(rates, [91.0, 5.0, 1_000.0]);
}

#[test]
fn a_lap_of_a_fast_writer_is_shorter_than_memory_and_that_of_a_slow_one_whole_events_long() {
    let lap = |x: f64| {
        let point = at("write-rate", "curated/node-scan", x);
        let Workload::Actors(actors) = point.workload else { panic!("actors") };
        actors.actors[1].pacing.unwrap()
    };
    assert_eq!((lap(1e6).events(), lap(0.01).events()), (1 << 21, 20));
    assert_eq!(lap(0.01).lap_ns, 2_000_000_000_000);
    // 33.3 per second in 20 s are 666 events, in 20 s exactly.
    assert_eq!((lap(33.3).events(), lap(33.3).lap_ns), (666, 20_000_000_000));
}

#[test]
fn a_setting_that_is_counted_has_whole_points_only() {
    let actors = find("origin/syncmap-inflection").unwrap();
    let nodes: Axis = "set:cluster.nodes".parse().unwrap();
    let rate: Axis = "set:actor.newcomer.rate_per_s".parse().unwrap();
    let cluster = find("test/cluster").unwrap();
    assert_eq!((nodes.value_in(&cluster), rate.value_in(&actors)), (Some(10.0), Some(10.0)));
    assert!(nodes.ruler_for(&cluster).whole && !rate.ruler_for(&actors).whole);
    let error = nodes.scenario_at(&cluster, 2.5).unwrap_err().to_string();
    assert!(error.contains("a whole number"), "{error}");
    let error = refusal("set:cluster.nodez", "test/cluster", 5.0);
    assert!(error.contains("did you mean `nodes`") && error.contains("scenarios show"), "{error}");
    let error = refusal("set:actor.nobody.rate_per_s", "test/actors", 5.0);
    assert!(error.contains("actor.reader, actor.writer"), "{error}");
}

#[test]
fn a_value_size_changes_the_types_and_not_the_trace() {
    let point = at("value-size", "test/hotspot", 4_096.0);
    assert_eq!((point.key, point.value), (KeyKind::U64, ValueKind::Boxed(4_096)));
    assert_eq!(hash(&trace(&point)), hash(&trace(&find("test/hotspot").unwrap())));
    let error = refusal("value-size", "test/hotspot", 7.0);
    assert!(error.contains("a whole number from 8 to 1048576 B"), "{error}");
}

#[test]
fn a_trace_file_has_only_the_axes_that_leave_its_ops_alone() {
    let allowed: Vec<String> = Axis::ALL
        .into_iter()
        .filter(|axis| axis.check_trace_file("x.mbt").is_ok())
        .map(|axis| axis.to_string())
        .collect();
    assert_eq!(allowed, ["threads", "rate", "value-size", "shards"]);
    let error = Axis::Skew.check_trace_file("x.mbt").unwrap_err().to_string();
    assert!(error.contains("x.mbt") && error.contains("use --axis threads"), "{error}");
}
