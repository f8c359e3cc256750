//! The presets that are views of the cluster model have the figures that their prose promises.

use std::sync::LazyLock;

use mapbench_core::op::OpKind;
use mapbench_core::scenario::find;
use mapbench_core::trace::{Replay, Shape, Stream, Trace, hash, ops_in, write};
use mapbench_core::workload::generate;

fn trace(name: &str) -> Trace {
    let scenario = find(name).unwrap_or_else(|error| panic!("{error}"));
    generate(&scenario, 1).unwrap_or_else(|error| panic!("{error}"))
}

static SCHED_BASIC: LazyLock<Trace> = LazyLock::new(|| trace("curated/sched-basic"));

fn position(trace: &Trace, id: &str) -> usize {
    trace.header.maps.iter().position(|map| map.id == id).unwrap()
}

/// Ops of a kind on a map; a range counts as many as its count.
fn count(trace: &Trace, id: &str, kind: OpKind) -> u64 {
    let map = position(trace, id);
    let ops = trace.streams.iter().flat_map(Stream::ops);
    let wanted = ops.filter(|(op, _)| op.map() == map && op.kind() == Some(kind));
    wanted.map(|(_, count)| u64::from(count)).sum()
}

fn pods(trace: &Trace) -> u64 {
    trace.header.unit.as_ref().unwrap().count
}

/// Most entries of a map in the course of the trace, and the entries at its end.
fn live(trace: &Trace, id: &str) -> (u32, u32) {
    let map = position(trace, id);
    (trace.header.maps[map].peak, trace.header.expected[map].len)
}

/// Fewest entries of a map in the course of the trace.
fn fewest(trace: &Trace, id: &str) -> u32 {
    let (map, mut fewest) = (position(trace, id), u32::MAX);
    let watch = |_, replay: &Replay| fewest = fewest.min(replay.present[map].len());
    trace.replay_watched(watch).unwrap();
    fewest
}

#[test]
fn seed_1_gives_the_golden_bytes() {
    assert_eq!(hash(&trace("test/cluster")).to_string(), "b80baa1c8b28689e");
}

#[test]
fn the_number_of_generating_threads_does_not_show() {
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| hash(&trace("test/cluster")))
    };
    assert_eq!(with_threads(1), with_threads(3));
}

#[test]
fn sched_basic_is_steady_small_and_mostly_reads() {
    let trace = &*SCHED_BASIC;
    assert_eq!(trace.header.shape, Shape::Steady);
    assert_eq!((pods(trace), trace.header.ops), (50_000, 50_000 * 3_116));
    let written = write(trace, std::io::sink()).unwrap();
    let bytes_per_op = written.bytes as f64 / trace.header.ops as f64;
    println!("{:.3} B per record, {bytes_per_op:.4} B per op", written.bytes_per_record());
    assert!(written.bytes_per_record() <= 3.0 && bytes_per_op <= 0.1, "{written:?}");
    let (most, last) = live(trace, "M0");
    assert!(most <= 5_100 && last == 5_000, "{most}, {last}");
    // Nobody is nominated, and three of the eight keys of a cycle state are written.
    assert_eq!(live(trace, "M7"), (0, 0));
    let hits = trace.header.hit_share.unwrap();
    assert!((0.3..0.4).contains(&hits), "{hits}");
}

#[test]
fn sched_basic_gives_all_actors_something_to_do() {
    let trace = &*SCHED_BASIC;
    let names: Vec<_> = trace.header.actors.iter().map(|actor| actor.name.as_str()).collect();
    assert_eq!(names, ["scheduler", "informer", "filter", "binder"]);
    // One event per pod and actor, and model event.
    let events: Vec<_> = trace.streams.iter().map(|stream| stream.events.len() / 50_000).collect();
    assert_eq!(events, [2, 7, 2, 1]);
    // Several pods wait, several are bound at once, whichever moment one looks at.
    assert!(live(trace, "M3").0 >= 8, "{:?}", live(trace, "M3"));
    assert!(live(trace, "M10").0 >= 8, "{:?}", live(trace, "M10"));
}

#[test]
fn cycle_state_is_eight_keys_and_a_new_map_per_pod() {
    let trace = trace("curated/cycle-state");
    let ops = [OpKind::NewMap, OpKind::Insert, OpKind::Range];
    assert_eq!(ops.map(|kind| count(&trace, "M14", kind) / pods(&trace)), [1, 3, 2_500]);
    assert_eq!(trace.header.maps[0].keys, 8);
    assert!((trace.header.hit_share.unwrap() - 0.375).abs() < 0.001);
    // Nothing of a cycle runs before the cycle before it has ended.
    let scheduler = &trace.streams[0];
    assert!(scheduler.follows[1..].iter().all(|&follows| follows != Stream::FREE));
}

#[test]
fn churn_storm_grows_from_3_to_137_thousand_pods() {
    let trace = trace("curated/churn-storm");
    assert_eq!(trace.header.shape, Shape::OneShot);
    assert_eq!(trace.header.maps[0].preload, 3_000);
    let (most, last) = live(&trace, "M0");
    println!("{} pods, live 3,000 to {most}", pods(&trace));
    assert!((136_000..139_000).contains(&most), "{most}");
    assert_eq!(last, 0);
    // Most of the storm waits for the scheduler.
    assert!(live(&trace, "M3").0 > 80_000);
}

#[test]
fn rolling_update_keeps_its_length() {
    let trace = trace("curated/rolling-update");
    assert_eq!(trace.header.shape, Shape::Steady);
    let ((most, last), fewest) = (live(&trace, "M0"), fewest(&trace, "M0"));
    println!("{} pods, live {fewest} to {most}", pods(&trace));
    // A quarter of the largest app is surplus at most, and a few are terminating.
    assert!(fewest == 20_000 && most < 20_000 + 3_000 / 4 + 100, "{fewest} to {most}");
    assert_eq!((last, pods(&trace)), (20_000, 40_000));
    assert_eq!(count(&trace, "M0", OpKind::Insert), count(&trace, "M0", OpKind::Remove));
}

#[test]
fn node_drain_leaves_ghosts_and_looks_at_all_nodes() {
    let trace = trace("curated/node-drain");
    let drained = pods(&trace);
    assert!((2_400..2_500).contains(&drained), "{drained} pods");
    // Gone and come back, each node once; the snapshot is rebuilt as often, or once for two.
    assert_eq!(count(&trace, "M2", OpKind::Remove), 80);
    assert_eq!(count(&trace, "M2", OpKind::Insert), 80);
    let scans = count(&trace, "M13", OpKind::Scan);
    assert!((100..=160).contains(&scans), "{scans} scans");
    assert_eq!(count(&trace, "M11", OpKind::Range), 5_000 * scans);
    // Nodes that still had pods when they were removed: their entry goes with a pod's.
    let (store, nodes) = (position(&trace, "M2"), position(&trace, "M11"));
    let informer = &trace.streams[1];
    let ghosts = (0..informer.events.len()).filter(|&event| {
        let words = informer.words_of(event);
        let has =
            |map, kind| ops_in(words).any(|(op, _)| (op.map(), op.kind()) == (map, Some(kind)));
        has(nodes, OpKind::Remove) && !has(store, OpKind::Remove)
    });
    let ghosts = ghosts.count();
    println!("{drained} pods, {scans} rebuilds, {ghosts} ghosts");
    assert!(ghosts > 40, "{ghosts} ghosts");
}

#[test]
fn unschedulable_pods_go_from_queue_to_queue() {
    let trace = trace("curated/unschedulable-backoff");
    let failing = pods(&trace) - 10_000;
    // 200 s at five per second.
    assert!((900..1_100).contains(&failing), "{failing}");
    let gave_up = count(&trace, "M5", OpKind::Insert);
    assert_eq!(gave_up, 6 * failing, "six attempts each");
    let backed_off = count(&trace, "M4", OpKind::Insert);
    println!("{failing} failing pods: {gave_up} times M5, {backed_off} times M4");
    assert!(backed_off > gave_up / 2 && backed_off < gave_up, "{backed_off} of {gave_up}");
    // Two scans for each pod that is bound and deleted.
    assert!(count(&trace, "M5", OpKind::Scan) > 2 * 10_000);
    let (most, last) = live(&trace, "M5");
    assert!((40..400).contains(&most) && last == 0, "{most}, {last}");
    let nominated = count(&trace, "M8", OpKind::Insert) as f64 / failing as f64;
    assert!((0.12..0.20).contains(&nominated), "{nominated}: a fifth of those not abandoned");
}

#[test]
fn scheduler_burst_counts_topology_for_every_pod() {
    let trace = trace("origin/scheduler-burst");
    let per_pod = |kind| count(&trace, "M15", kind) / pods(&trace);
    let kinds = [OpKind::NewMap, OpKind::Insert, OpKind::Update, OpKind::Range];
    assert_eq!(kinds.map(per_pod), [1, 32, 480, 500]);
    assert_eq!(trace.header.ops / pods(&trace), 3_116 + 1 + 512 + 500);
}
