//! The cluster model's traces hold the ops that the scheduler's source asks for: per pod, per map
//! and per event, counted from generated traces.

use std::collections::{BTreeMap, VecDeque};

use mapbench_core::op::OpClass;
use mapbench_core::op::OpKind::{self, Get, Has, Insert, NewMap, Overwrite, Remove, Scan, Update};
use mapbench_core::scenario::Scenario;
use mapbench_core::trace::{Deal, KeySet, Stream, Trace, ops_in};
use mapbench_core::workload::{feasible_nodes_to_find, generate};

fn cluster(parameters: &str) -> Trace {
    let text = format!("summary = \"cluster\"\n[cluster]\n{parameters}");
    let scenario =
        Scenario::from_toml("cluster.toml", &text).unwrap_or_else(|error| panic!("{error}"));
    generate(&scenario, 1).unwrap_or_else(|error| panic!("{error}"))
}

/// Ops by map id and kind; ranges count as gets.
fn counts(trace: &Trace) -> BTreeMap<(String, OpKind), u64> {
    let mut counts = BTreeMap::new();
    for (op, count) in trace.streams.iter().flat_map(Stream::ops) {
        let kind = op.kind().filter(|kind| *kind != OpKind::Range).unwrap_or(OpKind::Get);
        let id = trace.header.maps[op.map()].id.clone();
        *counts.entry((id, kind)).or_default() += u64::from(count);
    }
    counts
}

#[test]
fn a_pod_costs_6f_and_61_reads_and_54_writes() {
    for nodes in [100, 500, 1_000, 5_000, 15_000] {
        let trace = cluster(&format!("nodes = {nodes}\ninitial_pods = 500\npods = 2_000\n"));
        let (mut reads, mut writes) = (0, 0);
        for ((_, kind), count) in counts(&trace) {
            match kind.class() {
                OpClass::Read | OpClass::Scan => reads += count,
                OpClass::Write => writes += count,
                OpClass::Bulk => assert_eq!((kind, count), (OpKind::NewMap, 2_000)),
            }
        }
        let feasible = u64::from(feasible_nodes_to_find(nodes));
        assert_eq!(reads, 2_000 * (6 * feasible + 61), "{nodes} nodes");
        assert_eq!(writes, 2_000 * 54, "{nodes} nodes");
        println!(
            "N = {nodes}: F = {feasible}, {} reads and {} writes per pod",
            reads / 2_000,
            writes / 2_000
        );
    }
}

#[test]
fn every_map_has_its_own_ratio_of_reads_to_writes() {
    let trace = cluster("nodes = 5_000\ninitial_pods = 500\npods = 2_000\n");
    let counts = counts(&trace);
    let per_pod = |id: &str| -> Vec<(OpKind, u64)> {
        let of_map = counts.iter().filter(|((map, _), _)| map == id);
        of_map.map(|((_, kind), count)| (*kind, count / 2_000)).collect()
    };
    let expected: [(&str, &[(OpKind, u64)]); 15] = [
        ("M0", &[(Get, 7), (Insert, 1), (Overwrite, 5), (Remove, 1)]),
        ("M1", &[(Update, 2)]),
        ("M2", &[]),
        ("M3", &[(Get, 1), (Insert, 1), (Remove, 2)]),
        ("M4", &[(Has, 1), (Remove, 1)]),
        ("M5", &[(Get, 2), (Scan, 2)]),
        ("M6", &[(Get, 1), (Insert, 1), (Remove, 1)]),
        ("M7", &[(Get, 500)]),
        ("M8", &[(Get, 3)]),
        ("M9", &[(Get, 8), (Insert, 6), (Remove, 6)]),
        ("M10", &[(Has, 7), (Insert, 1), (Remove, 6)]),
        ("M11", &[(Get, 24), (Update, 12)]),
        ("M12", &[]),
        ("M13", &[(Get, 5), (Overwrite, 5)]),
        ("M14", &[(Get, 2_500), (Insert, 3), (NewMap, 1)]),
    ];
    for (id, expected) in expected {
        assert_eq!(per_pod(id), expected, "{id}");
    }
}

#[test]
fn a_pod_that_fits_on_half_of_the_nodes_needs_twice_the_checks() {
    let trace = cluster("nodes = 1_000\nfeasible = 0.5\ninitial_pods = 500\npods = 2_000\n");
    let counts = counts(&trace);
    assert_eq!(counts[&("M7".to_owned(), Get)], 2_000 * 840);
    assert_eq!(counts[&("M14".to_owned(), Get)], 2_000 * (2 * 840 + 3 * 420));
}

#[test]
fn maps_that_are_not_asked_for_leave_neither_ops_nor_empty_events() {
    let trace = cluster("maps = [\"M9\"]\nnodes = 50\ninitial_pods = 500\npods = 2_000\n");
    assert_eq!(trace.header.ops, 2_000 * 20);
    let names: Vec<_> = trace.header.actors.iter().map(|actor| actor.name.as_str()).collect();
    assert_eq!(names, ["scheduler", "informer", "binder"]);
}

#[test]
fn a_parameter_out_of_range_is_refused_with_its_line() {
    for (parameters, expected) in [
        ("nodes = 0\npods = 10", "line 3: cluster.nodes: is 0"),
        ("nodes = 5\npods = 10\nmaps = [\"M16\"]", "line 5: cluster.maps: `M16` is not a map"),
        ("nodes = 5\npods = 10\nmaps = []", "line 5: cluster.maps: is empty"),
        ("nodes = 5\npods = 10\nmaps = [\"M0\", \"M14\"]", "line 5: cluster.maps: has M14"),
        ("nodes = 5\npods = 10\ninitial_pods = 6", "line 4: cluster.pods: is 10; use at least"),
        ("nodes = 5\npods = 10\nfeasible = nan", "line 5: cluster.feasible"),
        ("nodes = 5\npods = 10\nfeasible = 0.0", "line 5: cluster.feasible: is 0"),
        ("nodes = 5\npods = 10\nbind_failures = 1.0", "line 5: cluster.bind_failures"),
        ("nodes = 5\npods = 10\naffinity = 1.5", "line 5: cluster.affinity"),
        ("nodes = 5\npods = 10\nsnapshot_nodes = 6", "line 5: cluster.snapshot_nodes: is 6"),
        ("nodes = 5\npods = 4_000_000_000", "line 4: cluster.pods: makes 4000000000 pods"),
        ("nodes = 5\npods = 16_000_000", "line 4: cluster.pods: makes about"),
        ("nodes = 5\npods = 0", "line 4: cluster.pods: is 0"),
        ("nodes = 5\npods = 10\narrivals = { steady = { per_s = 0 } }", "line 5: cluster.arrivals"),
        (
            "nodes = 5\npods = 10\nspike = { at_s = 1, pods = 5 }",
            "line 5: cluster.spike: needs lifetimes",
        ),
        (
            "nodes = 5\ninitial_pods = 9\ndrains = [{ nodes = 3, pods_per_s = 1 }]",
            "line 5: cluster.drains: are 3 nodes",
        ),
    ] {
        let text = format!("summary = \"bad\"\n[cluster]\n{parameters}\n");
        let error = Scenario::from_toml("cluster.toml", &text).unwrap_err().to_string();
        assert!(error.contains(expected), "{parameters}: {error}");
    }
}

// ---------------------------------------------------------------- all events

const EVERYTHING: &str = include_str!("../scenarios/test/cluster.toml");

fn everything(seed: u64) -> Trace {
    let scenario =
        Scenario::from_toml("cluster.toml", EVERYTHING).unwrap_or_else(|error| panic!("{error}"));
    let trace = generate(&scenario, seed).unwrap_or_else(|error| panic!("{error}"));
    assert!(trace.requirements().is_subset(&scenario.requirements()));
    trace
}

/// What of a run does not depend on the order of events: the keys at the end, and the hits of
/// reads and updates, by actor and map.
type Seen = (Vec<KeySet>, BTreeMap<(usize, usize), u64>);

/// Runs the events in an order of its own: whenever several may run, `choose` takes one of the
/// actors. Events of filter and binder wait for their predecessor only.
fn run_in_order(trace: &Trace, mut choose: impl FnMut(&[usize]) -> usize) -> Seen {
    let maps = &trace.header.maps;
    let mut present: Vec<KeySet> =
        maps.iter().map(|map| KeySet::filled(map.keys, map.preload)).collect();
    let mut hits = BTreeMap::new();
    let events: usize = trace.streams.iter().map(|stream| stream.events.len()).sum();
    let mut done = vec![false; events];
    // Per actor: events that have not run. Whole actors run the first of them.
    let mut left: Vec<VecDeque<usize>> =
        trace.streams.iter().map(|stream| (0..stream.events.len()).collect()).collect();
    for _ in 0..events {
        let may_run = |actor: usize, index: usize| {
            let follows = trace.streams[actor].follows[index];
            follows == Stream::FREE || done[follows as usize]
        };
        let next = |actor: usize| {
            let window = match trace.header.actors[actor].deal {
                Deal::Whole => 1,
                _ => 40,
            };
            left[actor].iter().take(window).position(|&index| may_run(actor, index))
        };
        let ready: Vec<usize> =
            (0..trace.streams.len()).filter(|&actor| next(actor).is_some()).collect();
        let actor = choose(&ready);
        let place = next(actor).unwrap();
        let index = left[actor].remove(place).unwrap();
        for (op, count) in ops_in(trace.streams[actor].words_of(index)) {
            let set = &mut present[op.map()];
            match op.kind().unwrap() {
                // An update must find what it finds in event order, too.
                Get | Has | Update => {
                    *hits.entry((actor, op.map())).or_default() +=
                        u64::from(set.contains(op.key()));
                }
                Insert | Overwrite => drop(set.insert(op.key())),
                Remove => drop(set.remove(op.key())),
                NewMap => *set = KeySet::filled(maps[op.map()].keys, 0),
                OpKind::ReplaceAll => {
                    *set = KeySet::filled(maps[op.map()].keys, maps[op.map()].preload);
                }
                // Of nodes that come and go meanwhile a run of gets finds what it finds.
                OpKind::Range if maps[op.map()].id == "M11" => {}
                OpKind::Range => {
                    let keys = maps[op.map()].keys;
                    let found = set.count_in_range(op.key(), count, keys);
                    *hits.entry((actor, op.map())).or_default() += found;
                }
                Scan | OpKind::Len => {}
                other => panic!("{} in a trace of the model", other.name()),
            }
        }
        done[trace.streams[actor].numbers[index] as usize] = true;
    }
    (present, hits)
}

/// Runs a trace with every actor as far ahead and as far behind as it can be, and at random.
fn assert_order_does_not_show(trace: &Trace, what: &str) {
    let actors = trace.streams.len();
    let (expected, hits) = run_in_order(trace, |ready| ready[0]);
    let replay = trace.replay().unwrap();
    assert!(expected == replay.present, "{what}: first actor first");
    for turn in 0..2 * actors {
        let rank = |actor: usize| {
            let turned = if turn < actors { actor } else { actors - actor };
            (turned + turn) % actors
        };
        let seen = run_in_order(trace, |ready| {
            ready.iter().copied().min_by_key(|&actor| rank(actor)).unwrap()
        });
        assert_eq!(seen.1, hits, "{what}, turn {turn}");
        assert!(seen.0 == expected, "{what}, turn {turn}");
    }
    let mut state = 1_u64;
    for _ in 0..10 {
        let seen = run_in_order(trace, |ready| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ready[(state >> 33) as usize % ready.len()]
        });
        assert_eq!(seen.1, hits, "{what}");
        assert!(seen.0 == expected, "{what}");
    }
}

#[test]
fn every_order_that_the_rules_allow_ends_alike_and_hits_alike() {
    for seed in 1..=12 {
        assert_order_does_not_show(&everything(seed), &format!("seed {seed}"));
    }
    for parameters in [
        "nodes = 12\npods_per_node = 4\ndrains = [{ nodes = 3, pods_per_s = 20 }]\n\
         bind_failures = 0.2\nimages = 2\noutages = { every_s = 0.3, for_s = 0.2 }\nsweeps = true",
        "nodes = 12\ninitial_pods = 30\nbind_failures = 0.2\nrelist_s = 0.3\n\
         rollouts = { sizes = [[0, 1], [100, 12]] }\noutages = { every_s = 1, for_s = 2 }",
        "nodes = 12\ninitial_pods = 10\npods = 60\naffinity = 0.5\nrelist_s = 1\n\
         lifetimes = { seconds = [[0, 0.01], [100, 5]] }\nspike = { at_s = 0.5, pods = 20 }\n\
         arrivals = { batches = { per_s = 20, sizes = [[0, 1], [100, 9]] } }",
        "maps = [\"M7\", \"M13\", \"M14\"]\nnodes = 12\ninitial_pods = 50\npods = 100",
        "maps = [\"M6\", \"M11\", \"M15\"]\nnodes = 12\ninitial_pods = 50\npods = 100\n\
         affinity = 0.3\noutages = { every_s = 0.05, for_s = 0.03 }",
    ] {
        assert_order_does_not_show(&cluster(parameters), parameters);
    }
}

#[test]
fn without_what_events_follow_the_order_would_show() {
    let mut trace = everything(1);
    let (_, hits) = run_in_order(&trace, |ready| ready[0]);
    for stream in &mut trace.streams {
        stream.follows.fill(Stream::FREE);
    }
    let last_actor_first = run_in_order(&trace, |ready| ready[ready.len() - 1]);
    assert_ne!(last_actor_first.1, hits);
}

/// The ops of an event as `M3 remove, M6 get`.
fn spelled(trace: &Trace, words: &[u32]) -> String {
    let ops = ops_in(words)
        .map(|(op, _)| format!("{} {}", trace.header.maps[op.map()].id, op.kind().unwrap().name()));
    ops.collect::<Vec<_>>().join(", ")
}

#[test]
fn every_event_of_the_model_runs_its_ops() {
    let mut spelled_by_actor: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // Some events are rare in a trace so small.
    for trace in [1, 2, 3].map(everything) {
        assert!(trace.header.ops < 20_000, "{} ops are not tiny", trace.header.ops);
        for (actor, stream) in trace.header.actors.iter().zip(&trace.streams) {
            let events = (0..stream.events.len()).map(|event| stream.words_of(event));
            let spelled = events.map(|words| spelled(&trace, words));
            spelled_by_actor.entry(actor.name.clone()).or_default().extend(spelled);
        }
    }
    let known = "M9 get, M10 has";
    let cache_remove = "M11 get, M11 update, M11 get, M9 remove, M10 remove";
    let cache_add = "M11 get, M11 update, M11 get, M9 insert";
    let give_up = "M0 get, M5 get, M3 has, M4 has";
    let status = format!("M0 get, M0 overwrite, {known}, {cache_remove}, {cache_add}");
    let image = "M12 get, M12 update, M12 update";
    let moved_node = "M12 get, M12 update, M12 get, M12 update, M12 get, M12 update";
    let gone = "M0 get, M0 remove, M1 update, M9 get";
    let refresh = ["M13 get, M13 overwrite"; 3].join(", ");
    let begin = "M14 new_map, M14 insert, M14 insert, M14 insert";
    let pop = "M3 remove, M6 get, M6 insert, M10 has";
    for (number, actor, ops) in [
        (
            "1",
            "informer",
            "M0 get, M0 insert, M1 update, M4 has, M5 get, M3 get, M3 insert, M8 get".to_owned(),
        ),
        ("2, 3, 4", "scheduler", format!("{pop}, {refresh}, {begin}")),
        ("3, N-wide", "scheduler", "M13 scan, M11 range, M13 remove, M13 range".to_owned()),
        (
            "3, N-wide",
            "scheduler",
            "M13 scan, M11 range, M13 get, M13 insert, M13 range".to_owned(),
        ),
        ("4", "filter", "M7 range, M14 range".to_owned()),
        ("4a", "filter", "M7 range, M14 range, M15 range".to_owned()),
        ("5", "filter", "M14 range".to_owned()),
        ("6", "scheduler", format!("M9 get, {cache_add}, M10 insert, M8 get")),
        (
            "6, nominated",
            "scheduler",
            format!("M9 get, {cache_add}, M10 insert, M8 get, M8 remove, M7 remove"),
        ),
        ("7", "binder", format!("M6 remove, {known}")),
        ("8", "informer", format!("{status}, M8 get, M3 remove, M4 remove, M5 get, M5 scan")),
        ("9", "informer", status.clone()),
        ("9, waiting", "informer", format!("M0 get, M0 overwrite, {known}")),
        ("10", "informer", format!("{gone}, {cache_remove}, M5 scan")),
        ("10, ghost ends", "informer", format!("{gone}, {cache_remove}, M5 scan, M11 remove")),
        ("10, waiting", "informer", format!("{gone}, M3 remove, M4 remove, M5 remove, M6 remove")),
        (
            "11, 12",
            "binder",
            format!("{known}, {cache_remove}, M5 scan, {give_up}, M4 insert, M8 update, M6 remove"),
        ),
        ("12", "scheduler", format!("{give_up}, M5 insert, M8 update, M6 remove")),
        (
            "12, nominated",
            "scheduler",
            format!("{give_up}, M5 insert, M8 insert, M7 insert, M6 remove"),
        ),
        ("after 12", "informer", "M5 remove, M4 has, M4 insert".to_owned()),
        ("after 12", "informer", "M5 remove, M3 get, M3 insert".to_owned()),
        ("after 12", "scheduler", "M4 remove, M3 get, M3 insert".to_owned()),
        ("13", "scheduler", "M10 scan, M9 len, M10 len, M11 len".to_owned()),
        ("13", "scheduler", "M9 get".to_owned()),
        (
            "14",
            "informer",
            format!(
                "M2 get, M2 overwrite, M11 get, M11 get, M11 update, {image}, {image}, {image}"
            ),
        ),
        ("15", "informer", format!("M2 get, M2 remove, M11 get, M11 remove, {moved_node}")),
        ("15, ghost", "informer", format!("M2 get, M2 remove, M11 get, M11 update, {moved_node}")),
        ("15 undone", "informer", format!("M2 get, M2 insert, M11 get, M11 insert, {moved_node}")),
    ] {
        assert!(spelled_by_actor[actor].contains(&ops), "event {number} of the {actor}: {ops}");
    }
    let starts_with =
        |actor: &str, start: &str| spelled_by_actor[actor].iter().any(|ops| ops.starts_with(start));
    assert!(starts_with("informer", "M0 replace_all"), "event 16");
    assert!(
        starts_with("scheduler", &format!("{pop}, {refresh}, {begin}, M15 new_map, M15 insert")),
        "event 4a"
    );
}
