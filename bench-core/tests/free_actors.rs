//! The presets of free actors and of one mixed map: what they promise is what is generated. And for
//! any parameters: the same trace for any number of threads.

use mapbench_core::op::OpKind;
use mapbench_core::scenario::{Scenario, find};
use mapbench_core::trace::{Deal, Stream, Trace, hash};
use mapbench_core::workload::generate;
use proptest::prelude::*;

fn trace(name: &str) -> Trace {
    generate(&find(name).unwrap(), 1).unwrap()
}

fn count(stream: &Stream, kind: OpKind) -> usize {
    stream.ops().filter(|(op, _)| op.kind() == Some(kind)).count()
}

/// Events per second of an actor.
fn rate(trace: &Trace, actor: usize) -> f64 {
    let lap_ns = trace.header.actors[actor].pace.expect("it is paced").lap_ns;
    trace.streams[actor].times_ns.len() as f64 * 1e9 / lap_ns as f64
}

fn assert_near(found: f64, intended: f64, tolerance: f64, what: &str) {
    assert!((found - intended).abs() <= tolerance, "{what}: {found}, intended {intended}");
}

#[test]
fn node_scan_is_windows_of_500_gets_that_miss_and_five_nominations_a_second() {
    let trace = trace("curated/node-scan");
    let [workers, nominator] = &trace.streams[..] else { panic!("{}", trace.streams.len()) };
    let mut windows = workers.ops();
    assert!(windows.all(|(op, count)| op.kind() == Some(OpKind::Range) && count == 500));
    let starts: Vec<u32> = workers.ops().take(11).map(|(op, _)| op.key()).collect();
    assert_eq!(starts, [0, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 0]);
    assert_near(trace.header.hit_share.unwrap(), 0.02, 0.001, "hits");
    assert_near(rate(&trace, 1), 5.0, 0.0, "nominations");
    let (inserts, removes) = (count(nominator, OpKind::Insert), count(nominator, OpKind::Remove));
    assert_eq!((inserts + removes, inserts), (100, removes));
    assert!((100..=105).contains(&trace.header.maps[0].peak), "{}", trace.header.maps[0].peak);
}

#[test]
fn informer_resync_replaces_its_store_and_counts_every_pod_once_in_ten_seconds() {
    let trace = trace("curated/informer-resync");
    let [informer, lister] = &trace.streams[..] else { panic!("{}", trace.streams.len()) };
    assert_near(rate(&trace, 0), 0.1, 0.0, "resyncs");
    assert_eq!((informer.events.len(), trace.header.actors[0].deal), (1, Deal::Whole));
    assert_eq!(count(informer, OpKind::ReplaceAll), 2);
    // Of each of the 50 namespaces 3,000 pods are counted.
    let counts = trace.key_counts(1).unwrap();
    assert_eq!(counts, [3_000; 50]);
    assert_eq!(count(lister, OpKind::Get), lister.words.len());
    assert_eq!(trace.header.hit_share, Some(1.0));
    assert_eq!(trace.header.expected[0].len, 150_000);
}

#[test]
fn iterate_while_write_scans_960_times_a_second_beside_inserts_and_removes() {
    let trace = trace("curated/iterate-while-write");
    for (actor, per_second) in [(0, 910.0), (1, 50.0), (2, 1_000.0)] {
        assert_near(rate(&trace, actor), per_second, 0.0, "events a second");
        assert_eq!(trace.header.actors[actor].deal, Deal::Whole);
    }
    for scanner in &trace.streams[..2] {
        assert_eq!(count(scanner, OpKind::Scan), scanner.words.len());
    }
    let queue = &trace.streams[2];
    let (inserts, removes) = (count(queue, OpKind::Insert), count(queue, OpKind::Remove));
    assert_eq!((inserts + removes, inserts), (10_000, removes));
    assert_eq!(trace.header.maps[0].preload, 10_000);
    let peak = f64::from(trace.header.maps[0].peak);
    assert_near(peak, 10_000.0, 350.0, "most entries at once");
}

#[test]
fn ns_list_lists_a_namespace_once_in_a_hundred_ops() {
    let trace = trace("curated/ns-list");
    let ops = trace.header.ops as f64;
    for (kind, share) in
        [(OpKind::Get, 0.94), (OpKind::Overwrite, 0.05), (OpKind::ScanPrefix, 0.01)]
    {
        assert_near(count(&trace.streams[0], kind) as f64 / ops, share, 0.003, kind.name());
    }
    assert_eq!(trace.header.maps[0].keys, 150_000);
    assert_eq!(trace.header.hit_share, Some(1.0));
}

#[test]
fn the_origin_questions_are_of_keys_that_are_there() {
    for name in [
        "syncmap-inflection",
        "shard-count",
        "snapshot-cas",
        "channel-traversal",
        "traversal-strategies",
        "locked-scan",
        "plugin-registry",
    ] {
        let scenario = find(&format!("origin/{name}")).unwrap();
        let trace = generate(&scenario, 1).unwrap();
        assert!(trace.requirements().is_subset(&scenario.requirements()), "{name}");
        // Half of shard-count's keys are there at any time, two reads of syncmap-inflection in a
        // hundred are in vain by intent, and the others read what is always there.
        let expected = match name {
            "shard-count" => 0.5,
            "syncmap-inflection" => 0.98,
            _ => 1.0,
        };
        assert_near(trace.header.hit_share.unwrap_or(1.0), expected, 0.01, name);
    }
}

/// Scenario texts of every law, over several chunks.
fn any_scenario() -> impl Strategy<Value = String> {
    let law = prop_oneof![
        Just("\"uniform\"".to_owned()),
        (0.0..3.0).prop_map(|s| format!("{{ zipf = {{ s = {s:.3} }} }}")),
        (0.1..1.0).prop_map(|share| {
            format!("{{ hottest = {{ share = {share:.3}, rest = {{ zipf = {{ s = 1.1 }} }} }} }}")
        }),
        (1..100_u32, 0..100_u32).prop_map(|(width, step)| {
            format!("{{ window = {{ width = {width}, step = {step} }} }}")
        }),
        (0.0..2.0).prop_map(|s| format!("{{ latest = {{ zipf = {{ s = {s:.3} }} }} }}")),
    ];
    let ops = (70_000..210_000_u32, 0..50_u32, any::<bool>());
    (law, ops, any::<bool>(), any::<bool>()).prop_map(|(law, (ops, writes, prefix), drift, free)| {
        let gets = 100 - 2 * writes - u32::from(prefix);
        let (gets, prefix) = if gets > 100 { (0, 0) } else { (gets, u32::from(prefix)) };
        let shares = format!(
            "ops = {{ get = {gets}, scan_prefix = {prefix}, insert = {writes}, remove = {writes} }}"
        );
        let drift = if drift { "drift = { top = 20, swap = 9, every_ops = 30_000 }" } else { "" };
        let mix = format!("{shares}\nlap_ops = {ops}\npopularity = {law}\n{drift}\n");
        let map = "keys = 500\npreload = 100\n";
        if free {
            format!(
                "summary = \"any\"\n[[map]]\nid = \"A\"\nname = \"a\"\n{map}[[actor]]\nname = \"one\"\n\
                 {mix}[[actor]]\nname = \"other\"\nops = {{ has = 100 }}\nrate_per_s = 5_000\n"
            )
        } else {
            format!("summary = \"any\"\n[mix]\n{map}{mix}")
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn the_number_of_generating_threads_never_shows(text in any_scenario(), seed: u64) {
        let scenario = Scenario::from_toml("any.toml", &text);
        prop_assert!(scenario.is_ok(), "{text}\n{:?}", scenario.err());
        let scenario = scenario.unwrap();
        let hashes = [1, 2, 5].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| generate(&scenario, seed)).map(|trace| hash(&trace))
        });
        prop_assert!(hashes[0].is_ok(), "{text}\n{:?}", hashes[0]);
        prop_assert_eq!(&hashes[0], &hashes[1]);
        prop_assert_eq!(&hashes[0], &hashes[2]);
    }
}

#[test]
fn five_hundred_readers_and_eight_writers_are_an_actor_each_with_its_own_rate() {
    let trace = trace("test/slow-actors");
    let names = |name: &str| trace.header.actors.iter().filter(|actor| actor.name == name).count();
    assert_eq!((names("reader"), names("writer"), trace.streams.len()), (500, 8, 508));
    let total = |actors: std::ops::Range<usize>| actors.map(|actor| rate(&trace, actor)).sum();
    assert_near(total(0..500), 10_000.0, 0.0, "gets a second");
    assert_near(total(500..508), 32.0, 0.0, "updates a second");
    // Each has random numbers of its own.
    assert_ne!(trace.streams[3].times_ns, trace.streams[4].times_ns);
    assert_ne!(trace.streams[3].words, trace.streams[4].words);
}
