//! The built-in scenarios turn into the traces that they promise, and into the same bytes every
//! time. A changed hash is a changed measurement: say so in the changelog.

use std::sync::LazyLock;

use mapbench_core::op::OpKind;
use mapbench_core::scenario::{Scenario, catalog, find};
use mapbench_core::trace::{Shape, Stream, Trace, hash};
use mapbench_core::workload::generate;

fn trace(name: &str) -> Trace {
    generate(&find(name).unwrap(), 1).unwrap()
}

// The long traces, generated once for all tests.
static READ_HEAVY: LazyLock<Trace> = LazyLock::new(|| trace("curated/read-heavy"));
static HOT_KEY: LazyLock<Trace> = LazyLock::new(|| trace("curated/hot-key"));
static MIXED_WRITE: LazyLock<Trace> = LazyLock::new(|| trace("curated/mixed-write"));

fn share(trace: &Trace, map: usize, kind: OpKind) -> f64 {
    let ops = || trace.streams.iter().flat_map(Stream::ops).filter(|(op, _)| op.map() == map);
    ops().filter(|(op, _)| op.kind() == Some(kind)).count() as f64 / ops().count() as f64
}

fn assert_near(measured: f64, intended: f64, tolerance: f64, what: &str) {
    assert!((measured - intended).abs() <= tolerance, "{what}: {measured}, intended {intended}");
}

#[test]
fn seed_1_gives_the_golden_bytes() {
    assert_eq!(hash(&HOT_KEY).to_string(), "84fdeb86e7c4a06b");
    assert_eq!(hash(&MIXED_WRITE).to_string(), "c46ff7ef3c616610");
    assert_eq!(hash(&trace("test/churn")).to_string(), "3a489ac095086b19");
    assert_eq!(hash(&trace("test/growth")).to_string(), "9002915f01f63ba9");
}

#[test]
fn the_number_of_generating_threads_does_not_show() {
    // Several chunks, and everything that a mix can have.
    let text = r#"
        summary = "many chunks"
        [mix]
        keys = 1_000
        preload = 500
        lap_ops = 300_000
        ops = { get = 60, insert = 20, remove = 20 }
        popularity = { zipf = { s = 1.0 } }
        drift = { top = 10, swap = 5, every_ops = 50_000 }
        repeat = { share = 0.5, window_ops = 100 }
    "#;
    let mix = Scenario::from_toml("mix.toml", text).unwrap();
    let pods = find("test/pods").unwrap();
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| [&mix, &pods].map(|scenario| hash(&generate(scenario, 1).unwrap())))
    };
    assert_eq!(with_threads(1), with_threads(2));
    assert_eq!(with_threads(1), with_threads(3));
}

#[test]
fn another_seed_gives_other_bytes() {
    for scenario in catalog().iter().filter(|scenario| scenario.name.starts_with("test/")) {
        let hashes = [1, 2].map(|seed| hash(&generate(scenario, seed).unwrap()));
        assert_ne!(hashes[0], hashes[1], "{}", scenario.name);
    }
}

#[test]
fn every_steady_trace_ends_a_lap_as_it_began() {
    for scenario in catalog().iter().filter(|scenario| scenario.name.starts_with("test/")) {
        let trace = generate(scenario, 7).unwrap();
        assert_eq!(trace.header.shape, scenario.shape);
        let replay = trace.replay().unwrap();
        for (spec, present) in trace.header.maps.iter().zip(&replay.present) {
            let preloaded = present.iter().eq(0..spec.preload);
            assert_eq!(preloaded, scenario.shape == Shape::Steady, "{}", scenario.name);
        }
    }
}

#[test]
fn declared_requirements_are_those_of_the_trace() {
    for scenario in catalog().iter().filter(|scenario| scenario.name.starts_with("test/")) {
        let trace = generate(scenario, 1).unwrap();
        assert!(trace.requirements().is_subset(&scenario.requirements()), "{}", scenario.name);
    }
}

#[test]
fn read_heavy_is_as_skewed_as_the_real_trace() {
    let trace = &*READ_HEAVY;
    assert_eq!(trace.header.maps[0].preload, 76_000);
    assert_eq!(trace.header.hit_share, Some(1.0));
    assert_near(share(trace, 0, OpKind::Overwrite), 0.017, 0.001, "overwrites");
    let shares = trace.key_shares(0).unwrap();
    // The real one: 0.54 %, 3.93 %, 33.4 % over 5 million accesses.
    assert_near(shares.top, 0.0067, 0.0030, "hottest key");
    assert_near(shares.top_10, 0.0347, 0.0100, "ten hottest keys");
    assert_near(shares.top_percent, 0.346, 0.03, "hottest hundredth");
    // The real one: 68.4 % of the first million accesses.
    let mut last_seen = vec![None; 76_000];
    let again = trace.streams[0].ops().take(1_000_000).enumerate().filter(|(at, (op, _))| {
        let before = last_seen[op.key() as usize].replace(*at);
        before.is_some_and(|before: usize| at - before <= 1_000)
    });
    assert_near(again.count() as f64 / 1e6, 0.649, 0.02, "re-access within 1,000");
}

#[test]
fn hot_key_has_one_hottest_key_and_only_commutative_writes() {
    let trace = &*HOT_KEY;
    let shares = trace.key_shares(0).unwrap();
    assert_near(shares.top, 0.31, 0.002, "hottest key");
    assert_near(share(trace, 0, OpKind::Update), 0.05, 0.001, "updates");
    assert_near(share(trace, 0, OpKind::Get), 0.95, 0.001, "gets");
}

#[test]
fn mixed_write_has_the_ops_of_the_cluster_model_per_pod() {
    let trace = &*MIXED_WRITE;
    let per_pod = |map, kind| {
        let ops = trace.streams[0].ops().filter(|(op, _)| op.map() == map);
        ops.filter(|(op, _)| op.kind() == Some(kind)).count() as f64 / 50_000.0
    };
    let expected = [
        (0, OpKind::Get, 8.0),
        (0, OpKind::Insert, 6.0),
        (0, OpKind::Remove, 6.0),
        (1, OpKind::Get, 24.0),
        (1, OpKind::Update, 12.0),
    ];
    for (map, kind, count) in expected {
        assert_near(per_pod(map, kind), count, 0.0, kind.name());
    }
    assert_eq!(trace.header.ops, 56 * 50_000);
    assert_eq!(trace.header.maps[0].peak, 55_000);
    assert_eq!(trace.header.expected[0].len, 5_000);
    // Every insert finds its key absent and every remove finds it present.
    assert_near(trace.header.effective_write_share, 24.0 / 56.0, 1e-12, "effective writes");
    assert_eq!(trace.streams[0].events.len(), 8 * 50_000);
}
