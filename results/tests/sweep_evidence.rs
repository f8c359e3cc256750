//! From the events of a sweep to its curves: a fork is a visit, placement modes stay apart, what
//! failed is a gap, and what was offered but not done is saturated.

mod sample;

use mapbench_core::adapter::Tuning;
use mapbench_core::event::{
    Cell, Failure, FailureKind, Offered, PlacementMode, Role, RoundReport, RunEvent,
};
use mapbench_core::workload::Schedule;
use mapbench_results::knee::{Location, Observation, Scale};
use mapbench_results::sweep::{Evidence, Quantity, SweepSpec, judge, modes};

use PlacementMode::{Far, Mixed, Near};

fn on_axis(id: u32, adapter: &str, axis: &str, value: &str) -> Cell {
    let (axis, axis_value) = (Some(axis.to_owned()), Some(value.to_owned()));
    Cell { axis, axis_value, ..sample::cell(id, adapter, 2) }
}

fn rounds(
    cell: u32,
    fork: u32,
    ops: &[u64],
    mode: Option<PlacementMode>,
) -> impl Iterator<Item = RunEvent> {
    let reports = (0_u32..).zip(ops).map(move |(n, ops)| sample::round(n, *ops, mode));
    let reports: Vec<RoundReport> = reports.collect();
    reports.into_iter().map(move |report| RunEvent::Round { cell, fork, report: Box::new(report) })
}

fn evidence(cells: Vec<Cell>, events: impl IntoIterator<Item = RunEvent>) -> Evidence {
    let mut evidence = Evidence::default();
    evidence.apply(&RunEvent::Begin(Box::new(sample::begin(cells))));
    for event in events {
        evidence.apply(&event);
    }
    evidence
}

fn seen(x: f64, visit: u32, y: f64) -> Observation {
    Observation { x, visit, y, saturated: false }
}

#[test]
fn a_fork_is_a_visit_and_its_median_round_the_observation() {
    let cells = vec![on_axis(0, "sharded", "write-share", "0.5")];
    let events = rounds(0, 0, &[100, 900, 200], None).chain(rounds(0, 1, &[300, 300, 301], None));
    let groups = evidence(cells, events).groups();
    assert_eq!(groups.len(), 1);
    // Rounds of the sample take 200 ms.
    let curves = groups[0].curves(Quantity::Throughput, None);
    assert_eq!(curves[0].subject, "sharded");
    assert_eq!(curves[0].observations, [seen(0.5, 0, 1_000.0), seen(0.5, 1, 1_500.0)]);
}

#[test]
fn placement_modes_stay_apart_and_rounds_that_straddle_a_flip_are_dropped() {
    let cells = vec![on_axis(0, "sharded", "write-share", "0.5")];
    let events = rounds(0, 0, &[100, 100, 100], Some(Near))
        .chain(rounds(0, 0, &[7_000, 7_000, 7_000], Some(Mixed)))
        .chain(rounds(0, 0, &[40, 40, 40], Some(Far)))
        .chain(rounds(0, 1, &[40, 40], Some(Far)));
    let groups = evidence(cells, events).groups();
    let near = groups[0].curves(Quantity::Throughput, Some(Near));
    assert_eq!(near[0].observations, [seen(0.5, 0, 500.0)]);
    // Two rounds of the second visit are too few.
    let far = groups[0].curves(Quantity::Throughput, Some(Far));
    assert_eq!(far[0].observations, [seen(0.5, 0, 200.0)]);
    assert!(groups[0].curves(Quantity::Throughput, None).is_empty());
}

#[test]
fn a_failed_visit_leaves_a_gap_and_nothing_else() {
    let cells = vec![
        on_axis(0, "sharded", "keys", "1000"),
        on_axis(1, "sharded", "keys", "2000"),
        on_axis(2, "dashmap/v6", "keys", "2000"),
    ];
    let failure = Failure { kind: FailureKind::WrongValue, message: "key 7".to_owned() };
    let failed = RunEvent::TrialFailed { cell: 1, fork: 0, failure, noticed_after_ns: 1 };
    let events = (0..3).flat_map(|cell| rounds(cell, 0, &[10, 10, 10], None)).chain([failed]);
    let groups = evidence(cells, events).groups();
    let curves = groups[0].curves(Quantity::Throughput, None);
    assert_eq!(curves[0].observations, [seen(1_000.0, 0, 50.0)]);
    assert_eq!(curves[1].observations, [seen(2_000.0, 0, 50.0)]);
    let gap = &groups[0].gaps[0];
    assert_eq!((gap.subject.as_str(), gap.visit), ("sharded", 0));
    assert_eq!(gap.kind, FailureKind::WrongValue);
}

#[test]
fn a_point_that_is_added_while_it_runs_counts_and_so_does_what_maps_count() {
    let cell = Box::new(on_axis(7, "sharded", "keys", "1000"));
    let mut report = sample::round(0, 10, None);
    report.counters.insert("promotions".to_owned(), 4);
    let round = RunEvent::Round { cell: 7, fork: 0, report: Box::new(report) };
    let events = [RunEvent::CellAdded(cell), round.clone(), round.clone(), round];
    let groups = evidence(Vec::new(), events).groups();
    // Four in each round of 200 ms.
    assert_eq!(groups[0].points[0].extra, [("promotions".to_owned(), 20.0)]);
}

#[test]
fn a_visit_that_was_cut_off_is_made_anew() {
    let cells = vec![on_axis(0, "sharded", "keys", "1000")];
    let events = rounds(0, 0, &[10, 10, 10], None)
        .chain([RunEvent::TrialStarted { cell: 0, fork: 0 }])
        .chain(rounds(0, 0, &[30, 30, 30], None));
    let groups = evidence(cells, events).groups();
    assert_eq!(groups[0].points[0].rounds, 3);
    assert!((groups[0].points[0].ops_per_sec - 150.0).abs() < 1e-9);
}

#[test]
fn one_thread_begins_the_curve_of_every_placement() {
    let at = |id, threads| Cell { threads, ..on_axis(id, "sharded", "threads", "?") };
    let cells: Vec<Cell> = (0..5).map(|id| at(id, 1 << id)).collect();
    let mut events: Vec<RunEvent> = rounds(0, 0, &[10, 10, 10], None).collect();
    for cell in 1..5 {
        events.extend(rounds(cell, 0, &[20, 20, 20], Some(Near)));
        events.extend(rounds(cell, 0, &[15, 15, 15], (cell < 3).then_some(Far)));
    }
    // Far was seen at three thread counts only, which is too few to judge.
    events.retain(|event| {
        !matches!(event, RunEvent::Round { cell: 3.., report, .. } if report.placement.is_none())
    });
    let groups = evidence(cells, events).groups();
    assert_eq!(groups.len(), 1, "thread counts are one setting");
    assert_eq!(groups[0].setting.threads, None);
    for (mode, points) in [(Near, 5), (Far, 3)] {
        let curves = groups[0].curves(Quantity::Throughput, Some(mode));
        assert_eq!(curves[0].points().len(), points);
        assert!((curves[0].points()[0] - 1.0).abs() < 1e-9);
    }
    assert_eq!(modes(&groups[0]), [Some(Near)]);
}

#[test]
fn settings_and_calibration_do_not_mix_with_the_curve() {
    let mut two = on_axis(1, "sharded", "keys", "1000");
    two.threads = 1;
    let mut floor = on_axis(2, "noop", "keys", "1000");
    floor.role = Role::Floor;
    let cells =
        vec![on_axis(0, "sharded", "keys", "1000"), two, floor, sample::cell(3, "sharded", 2)];
    let events = (0..4).flat_map(|cell| rounds(cell, 0, &[10, 10, 10], None));
    let groups = evidence(cells, events).groups();
    let threads: Vec<_> = groups.iter().map(|group| group.setting.threads).collect();
    assert_eq!(threads, [Some(2), Some(1)]);
    assert!(groups.iter().all(|group| group.points.len() == 1));
}

#[test]
fn what_the_axis_changes_is_no_part_of_a_name() {
    let shards = |id, name: &str, count| {
        let tuning = Tuning { shards: Some(count), ..Tuning::default() };
        Cell { tuning, ..on_axis(id, name, "shards", &count.to_string()) }
    };
    let cells =
        vec![shards(0, "sharded@shards=64", 64), shards(1, "sharded", 128), shards(2, "b", 64)];
    let groups = evidence(cells, []).groups();
    assert_eq!(groups[0].subjects, ["sharded", "b"]);
}

/// A cell that is offered `per_s`, and a round in which that share of it was done.
fn paced(per_s: f64, share: f64, latency_ns: u64) -> (Cell, RoundReport) {
    let mut cell = on_axis(0, "sharded", "rate", "?");
    cell.offered = Some(Offered { per_s, schedule: Schedule::Poisson });
    let mut report = sample::round(0, 200_000, None);
    report.classes.truncate(1);
    report.classes[0].intended = sample::payload((1..=1_000).map(|i| latency_ns + i));
    (report.due_events, report.offered_ops) = (200_000, 200_000);
    report.done_events = (200_000.0 * share) as u64;
    (report.achieved_ops, report.offered_ns) = (report.done_events, report.elapsed_ns);
    (cell, report)
}

#[test]
fn an_offered_load_has_a_latency_and_may_saturate() {
    for (share, saturated) in [(1.0, false), (0.97, true)] {
        let (cell, report) = paced(1e6, share, 40_000);
        let event = |n| {
            let report = Box::new(RoundReport { n, ..report.clone() });
            RunEvent::Round { cell: 0, fork: 0, report }
        };
        let mut evidence = Evidence::at_percentile(50.0);
        evidence.begin(&sample::begin(vec![cell]));
        for n in 0..3 {
            evidence.apply(&event(n));
        }
        let groups = evidence.groups();
        let curve = &groups[0].curves(Quantity::Latency, None)[0];
        let observation = curve.observations[0];
        assert!((observation.x - 1e6).abs() < 1e-9, "{observation:?}");
        assert!((observation.y - 40_500.0).abs() < 50.0, "{observation:?}");
        assert_eq!(observation.saturated, saturated);
        assert_eq!(groups[0].setting.offered_per_s, None);
    }
}

#[test]
fn nothing_measured_is_nothing_found() {
    let spec = SweepSpec {
        axis: "keys".to_owned(),
        unit: "keys".to_owned(),
        scale: Scale::Log,
        range: (1e3, 1e6),
        slo: None,
        seed: 1,
    };
    assert!(judge(&Evidence::default(), &spec).groups.is_empty());
    let cells = vec![on_axis(0, "sharded", "keys", "1000"), on_axis(1, "b", "keys", "1000")];
    let sweep = judge(&evidence(cells, rounds(0, 0, &[10, 10, 10], None)), &spec);
    let found = |location: &Location| matches!(location, Location::Found { .. });
    assert!(sweep.groups[0].findings.iter().all(|finding| !found(&finding.location)));
}
