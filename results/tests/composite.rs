//! Runs of several maps, with units, waits and paced actors. Every expected figure is worked out by
//! hand from the rounds in `sample::composite`.

mod sample;

use std::collections::HashMap;

use mapbench_core::event::{
    CellMap, MapReport, Placement, PlacementMode, RoundReport, RunBegin, RunEvent,
};
use mapbench_core::op::OpClass;
use mapbench_results::export::{self, Format, Run};
use mapbench_results::summary::{Flag, MapRow, SummaryRow};
use mapbench_results::units::Charset;
use mapbench_results::{RunSummary, table};

fn applied(begin: &RunBegin, events: &[RunEvent]) -> RunSummary {
    let mut summary = RunSummary::new(begin);
    for event in events {
        summary.apply(event);
    }
    summary
}

fn composite() -> RunSummary {
    let (begin, events) = sample::composite();
    applied(&begin, &events)
}

fn close(measured: Option<f64>, expected: f64) {
    let measured = measured.expect("a figure");
    assert!((measured / expected - 1.0).abs() < 1e-9, "{measured} is not {expected}");
}

/// The row of one composite cell after one round each of `reports`.
fn row_of(reports: &[RoundReport]) -> SummaryRow {
    let begin = sample::begin(vec![sample::composite_cell(0, "sharded")]);
    let events: Vec<RunEvent> = reports
        .iter()
        .map(|report| RunEvent::Round { cell: 0, fork: 0, report: Box::new(report.clone()) })
        .collect();
    applied(&begin, &events).cells()[0].row().clone()
}

#[test]
fn pods_per_second_are_ops_per_second_on_another_scale() {
    let summary = composite();
    let row = summary.cells()[0].row();
    // 1.025 million ops in 200 ms are 5.125 million a second; 100 ops are a pod.
    close(row.units_per_sec_median, 51_250.0);
    let (units, ops) = (row.units_per_sec_ci95.unwrap(), row.ops_per_sec_ci95.unwrap());
    close(Some(units.low), ops.low / 100.0);
    close(Some(units.high), ops.high / 100.0);
    close(summary.cells()[1].row().units_per_sec_median, 102_500.0);
    let rows = summary.cells()[0].rows();
    let of_class = rows.iter().filter(|row| row.op_class.is_some());
    assert!(of_class.clone().count() > 0);
    assert!(of_class.clone().all(|row| row.units_per_sec_median.is_none()), "a read is no pod");
}

#[test]
fn a_trace_without_a_unit_or_of_unknown_length_has_none() {
    for change in [
        (|cell: &mut mapbench_core::event::Cell| cell.unit = None) as fn(&mut _),
        |cell: &mut mapbench_core::event::Cell| cell.trace_ops = 0,
    ] {
        let (mut begin, events) = sample::composite();
        begin.cells.iter_mut().for_each(change);
        let row = applied(&begin, &events).cells()[0].row().clone();
        assert!(row.ops_per_sec_median.is_some());
        assert_eq!((row.units_per_sec_median, row.busy_ns_per_unit), (None, None));
    }
}

#[test]
fn what_threads_did_to_each_other_is_a_share() {
    let summary = composite();
    let [sharded, dashmap] = [0, 1].map(|cell: usize| summary.cells()[cell].row().clone());
    close(sharded.contended_share, 0.25);
    close(dashmap.contended_share, 0.2);
    // 40 ms of two threads in 200 ms each.
    close(sharded.waiting_share, 0.1);
    close(dashmap.waiting_share, 0.05);
    assert_eq!((sharded.due_events, dashmap.due_events), (600, 600));
    close(sharded.late_share, 0.01);
    close(dashmap.late_share, 0.1);
    // 6.15 million ops at 19 ns on the average, in 1.2 s; 100 of them are a pod.
    close(sharded.busy_cores, 6.15e6 * 19.0 / 1.2e9);
    close(sharded.busy_ns_per_unit, 1_900.0);
    close(dashmap.busy_ns_per_unit, 2_600.0);
    let intended = sharded.intended.expect("latencies");
    assert_eq!((intended.p50, intended.max), (25_007, 30_015), "to three digits");
    let rows = summary.cells()[0].rows();
    let of = |class| rows.iter().find(|row| row.op_class == Some(class)).expect("a row").intended;
    assert_eq!((of(OpClass::Read), of(OpClass::Write)), (None, Some(intended)));
}

#[test]
fn times_from_due_weigh_classes_by_their_ops() {
    let mut report = sample::composite_round(0, 0, 1_000_000);
    // Of 950,000 reads 100 were timed, of 50,000 writes 10: a timed read stands for 9,500 ops, a
    // timed write for 5,000.
    report.classes[0].intended = sample::payload([100; 10]);
    report.classes[1].intended = sample::payload([9_000; 10]);
    let row = row_of(std::slice::from_ref(&report));
    let summary = |quantile: f64| {
        let begin = sample::begin(vec![sample::composite_cell(0, "sharded")]);
        let event = RunEvent::Round { cell: 0, fork: 0, report: Box::new(report.clone()) };
        let summary = applied(&begin, &[event]);
        summary.cells()[0].intended_histogram().value_at_quantile(quantile)
    };
    assert_eq!(row.intended.expect("latencies").p50, 100);
    // 95 of 145 are 65.5 %.
    assert_eq!(summary(0.65), 100);
    assert!(summary(0.66) > 8_900);
}

#[test]
fn a_map_has_its_share_of_the_ops_and_of_the_time() {
    let summary = composite();
    let maps = summary.cells()[0].maps();
    let ids: Vec<(&str, &str)> = maps.iter().map(|map| (&*map.id, &*map.name)).collect();
    assert_eq!(ids, [("M9", "pod states"), ("M11", "nodes"), ("M14", "cycle state")]);
    // Of 100 ops: 15 at 60 ns, 5 at 40 ns, 80 at 10 ns, together 1,900 ns.
    let shares = [(0.15, 900.0), (0.05, 200.0), (0.8, 800.0)];
    for (map, (ops, time)) in maps.iter().zip(shares) {
        close(map.ops_share, ops);
        close(map.time_share, time / 1_900.0);
    }
    let costs: Vec<f64> = maps.iter().filter_map(|map| map.ns_per_op).collect();
    assert_eq!(costs, [60.0, 40.0, 10.0]);
    // 15 % of 6.15 million ops in 1.2 s, three in four of them reads.
    let pods = &maps[0];
    assert_eq!((pods.ops, pods.reads, pods.writes), (922_500, 691_875, 230_625));
    close(Some(pods.ops_per_sec()), 922_500.0 / 1.2);
    assert_eq!(pods.entries, 15_002, "of the last round");
}

#[test]
fn rounds_that_are_dropped_are_dropped_from_the_maps_too() {
    use PlacementMode::{Far, Mixed, Near};
    let begin = sample::begin(vec![sample::composite_cell(0, "sharded")]);
    let rounds = [(Near, 1), (Mixed, 7), (Near, 3), (Far, 9)];
    let events: Vec<RunEvent> = (0..)
        .zip(rounds)
        .map(|(n, (mode, millions))| {
            let mut report = sample::composite_round(0, n, millions * 1_000_000);
            report.placement = Some(Placement { before_ns: 80.0, after_ns: 80.0, mode });
            report.waiting_ns = millions * 10_000_000;
            RunEvent::Round { cell: 0, fork: 0, report: Box::new(report) }
        })
        .collect();
    let summary = applied(&begin, &events);
    let cell = &summary.cells()[0];
    let maps = cell.maps();
    assert_eq!(maps.iter().map(|map| map.ops).sum::<u64>(), cell.row().ops);
    assert_eq!((cell.row().ops, maps[0].rounds, maps[0].elapsed_ns), (4_000_000, 2, 400_000_000));
    assert_eq!(maps[0].entries, 15_002, "the last near round has number 2");
    close(cell.row().waiting_share, 0.05);
    assert_eq!(cell.row().due_events, 200);
}

#[test]
fn maps_that_were_not_timed_have_no_time_and_logs_without_names_have_positions() {
    let mut report = sample::composite_round(0, 0, 1_000_000);
    report.maps.iter_mut().for_each(|map| map.busy_ns = 0);
    let mut begin = sample::begin(vec![sample::composite_cell(0, "sharded")]);
    begin.cells[0].maps.truncate(1);
    let events = [RunEvent::Round { cell: 0, fork: 0, report: Box::new(report) }];
    let summary = applied(&begin, &events);
    let maps: Vec<MapRow> = summary.cells()[0].maps();
    assert!(maps.iter().all(|map| map.time_share.is_none() && map.ns_per_op.is_none()));
    assert_eq!(maps.iter().map(|map| &*map.id).collect::<Vec<_>>(), ["M9", "#1", "#2"]);
    assert_eq!(summary.cells()[0].row().busy_cores, None);
    let text = table::render(&summary, Charset::Utf8);
    assert!(!text.contains("time per"), "{text}");
}

#[test]
fn a_hottest_key_that_is_not_as_hot_as_intended_is_flagged() {
    let flags = |accesses: u64| {
        let mut report = sample::composite_round(0, 0, 1_000_000);
        report.top_key_ops = accesses;
        row_of(&[report]).flags
    };
    assert_eq!(flags(200_000), []);
    assert_eq!(flags(209_000), []);
    assert_eq!(flags(211_000), [Flag::TopKeyShare]);
    assert_eq!(flags(189_000), [Flag::TopKeyShare]);
    assert_eq!(flags(0), [], "a worker that does not count them says 0");
}

#[test]
fn actors_at_paces_of_their_own_are_not_held_against_the_mix_of_the_trace() {
    let (mut begin, _) = sample::composite();
    let mut report = sample::composite_round(0, 0, 1_000_000);
    (report.top_key_ops, report.hits, report.effective_writes) = (500_000, 1_000, 1_000);
    let event = RunEvent::Round { cell: 0, fork: 0, report: Box::new(report) };
    let off = [Flag::HitShare, Flag::WriteShare, Flag::TopKeyShare];
    for (free, flags) in [(false, &off[..]), (true, &[])] {
        begin.cells[0].free_actors = free;
        let summary = applied(&begin, std::slice::from_ref(&event));
        assert_eq!(summary.cells()[0].row().flags, flags);
    }
}

#[test]
fn more_time_in_maps_than_there_was_is_flagged() {
    let flags = |busy_ns: u64| {
        let mut report = sample::composite_round(0, 0, 1_000_000);
        report.maps[0].busy_ns = busy_ns - report.maps[1].busy_ns - report.maps[2].busy_ns;
        row_of(&[report]).flags
    };
    // Two threads ran for 200 ms each and waited for 40 ms; half more may be an error.
    assert_eq!(flags(559_000_000), []);
    assert_eq!(flags(561_000_000), [Flag::MapTimes]);
}

#[test]
fn an_actor_that_falls_behind_is_flagged_and_one_that_is_cut_short_is_not() {
    let flags = |late: u64| {
        let mut report = sample::composite_round(0, 0, 1_000_000);
        (report.due_events, report.late_events) = (1_000, late);
        row_of(&[report]).flags
    };
    // Two threads may be in the middle of an event when the round ends.
    assert_eq!(flags(12), []);
    assert_eq!(flags(13), [Flag::Behind]);
}

#[test]
fn csv_has_a_level_of_its_own_for_maps() {
    let (begin, events) = sample::composite();
    let summary = applied(&begin, &events);
    let mut bytes = Vec::new();
    let run = Run::of(&summary).with_events(&events);
    export::write(Format::CsvRounds, run, &mut bytes).expect("written");
    let rows: Vec<HashMap<String, String>> = csv::Reader::from_reader(bytes.as_slice())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("csv reads back");
    let of = |adapter: &str, wanted: &[(&str, &str)]| -> Vec<&HashMap<String, String>> {
        let fits = |row: &&HashMap<String, String>| {
            row["adapter"] == adapter && wanted.iter().all(|(name, value)| row[*name] == *value)
        };
        rows.iter().filter(fits).collect()
    };
    // Who selects a level and all classes gets one row per cell, fork or round, as ever.
    for (level, count) in [("cell", 1), ("fork", 2), ("round", 6)] {
        let found = of("sharded", &[("level", level), ("op_class", "all")]);
        assert_eq!(found.len(), count, "{level}");
        assert!(found.iter().all(|row| row["map"] == "all"));
    }
    assert_eq!(of("sharded", &[("level", "map")]).len(), 3 + 2 * 3 + 6 * 3);

    let cell = of("sharded", &[("level", "cell"), ("op_class", "all")])[0];
    let expected = [
        ("unit", "pods"),
        ("units_per_sec_median", "51250.000"),
        ("busy_ns_per_unit", "1900.0"),
        ("busy_cores", "0.097375"),
        ("hit_share_intended", "0.900000"),
        ("effective_write_share_intended", "0.050000"),
        ("top_key_share", "0.200000"),
        ("top_key_share_intended", "0.200000"),
        ("contended_share", "0.250000"),
        ("waiting_share", "0.100000"),
        ("due_events", "600"),
        ("late_share", "0.010000"),
        ("intended_ns_p50", "25007"),
        ("intended_ns_max", "30015"),
        ("time_share", ""),
        ("map_name", ""),
    ];
    for (column, value) in expected {
        assert_eq!(cell[column], value, "{column}");
    }
    let class = of("sharded", &[("level", "cell"), ("op_class", "read")])[0];
    for column in ["units_per_sec_median", "top_key_share", "due_events", "intended_ns_p50"] {
        assert_eq!(class[column], "", "{column}");
    }
    let map = of("dashmap/v6", &[("level", "map"), ("map", "M9"), ("fork", "")])[0];
    let expected = [
        ("map_name", "pod states"),
        ("status", "ok"),
        ("rounds", "6"),
        ("ops", "1845000"),
        ("elapsed_ns", "1200000000"),
        ("ops_per_sec_mean", "1537500.000"),
        ("reads", "1383750"),
        ("writes", "461250"),
        ("ops_share", "0.150000"),
        ("time_share", "0.230769"),
        ("ns_per_op", "40.000"),
        ("entries", "15002"),
        ("ops_per_sec_median", ""),
        ("hit_share", ""),
    ];
    for (column, value) in expected {
        assert_eq!(map[column], value, "{column}");
    }
    assert_eq!(of("dashmap/v6", &[("map", "M14"), ("fork", "1"), ("round", "2")]).len(), 1);
}

#[test]
fn the_table_of_a_composite_run() {
    let expected = "\
curated/sched-basic · 2 threads · u64 keys · 8 B values · foldhash
adapter     pods/s  ±95%  Mops/s   p50   p99  p99.9   max  B/entry  scan  rounds  status
────────────────────────────────────────────────────────────────────────────────────────────
sharded      51.2k  1.0k    5.12  580n  2.8µ   3.0µ  3.0µ       40  weak     2x3  ok
dashmap/v6    102k    2k    10.2  580n  2.8µ   3.0µ  3.0µ       40  weak     2x3  ok, behind

maps by time: M14 cycle state, M9 pod states, M11 nodes
time per map, %      M14    M9   M11
────────────────────────────────────
(share of the ops)  80.0  15.0   5.0
sharded             42.1  47.4  10.5
dashmap/v6          61.5  23.1  15.4

time per op  M14   M9  M11  per pod
───────────────────────────────────
sharded      10n  60n  40n     1.9µ
dashmap/v6   20n  40n  80n     2.6µ

from due to done  events  late %  p50  p99  p99.9  max
──────────────────────────────────────────────────────
sharded              600     1.0  25µ  30µ    30µ  30µ
dashmap/v6           600    10.0  25µ  30µ    30µ  30µ

updates of a key that another thread wrote last:
  20.0 % dashmap/v6 to 25.0 % sharded
thread time spent waiting for other threads' events:
  5.0 % dashmap/v6 to 10.0 % sharded

±95%: half the bootstrap interval of the median, over forks and rounds
";
    let text = table::render(&composite(), Charset::Utf8);
    assert!(text.starts_with(expected), "{text}");
    let ascii = table::render(&composite(), Charset::Ascii);
    assert!(ascii.is_ascii(), "{ascii}");
}

#[test]
fn a_failed_adapter_keeps_its_line_without_figures() {
    let (begin, events) = sample::composite();
    let of_sharded = |event: &&RunEvent| matches!(event, RunEvent::Round { cell: 0, .. });
    let events: Vec<RunEvent> = events.iter().filter(of_sharded).cloned().collect();
    let text = table::render(&applied(&begin, &events), Charset::Utf8);
    for line in ["dashmap/v6             –     –     –", "dashmap/v6     –    –    –        –"]
    {
        assert!(text.lines().any(|known| known == line), "no {line:?} in\n{text}");
    }
    assert!(text.contains("wrote last:\n  25.0 % sharded\n"), "{text}");
}

/// The core maps with the longest names, and the maps of the whole model.
#[test]
fn the_tables_of_a_whole_model_fit_their_columns() {
    let adapters = [
        ("flurry/guard-per-batch", "weak"),
        ("evmap/publish-every-n", "snapshot"),
        ("sharded", "shard"),
    ];
    let mut begin = sample::begin(Vec::new());
    let mut events = Vec::new();
    for (cell, (adapter, scan)) in (0_u32..).zip(adapters) {
        let mut planned = sample::composite_cell(cell, adapter);
        scan.clone_into(&mut planned.scan);
        planned.maps = (0..15)
            .map(|at| CellMap { id: format!("M{at}"), name: format!("map number {at}") })
            .collect();
        begin.cells.push(planned);
        for n in 0..10 {
            let mut report = sample::composite_round(0, n, 1_000_000 + u64::from(n) * 100_000);
            report.maps = (0..15_u64)
                .map(|at| MapReport {
                    ops: 10_000,
                    busy_ns: 10_000 * (1 + (at * 7) % 15) * 60,
                    ..MapReport::default()
                })
                .collect();
            let mode = if n < 7 { PlacementMode::Near } else { PlacementMode::Far };
            report.placement = Some(Placement { before_ns: 80.0, after_ns: 80.0, mode });
            events.push(RunEvent::Round { cell, fork: 0, report: Box::new(report) });
        }
        for fork in 0..2 {
            events.push(RunEvent::TrialDone { cell, fork, done: sample::done() });
        }
    }
    let text = table::render(&applied(&begin, &events), Charset::Utf8);
    let width = |line: &str| line.chars().count();
    let (main, rest) = text.split_once("\n\nmaps by time: ").expect("two parts");
    assert!(main.lines().all(|line| width(line) <= 120), "{text}");
    let (blocks, _) = rest.split_once("\n±95%").expect("notes");
    assert!(blocks.lines().all(|line| width(line) <= 80), "{text}");
    // 1, 8, 15, 7, 14, … times 60 ns: M2 costs most, the eight cheapest share a column, and they
    // cost (1 + … + 8) / 8 times 60 ns.
    assert!(rest.starts_with("M2 map number 2, M4 map number 4, M6 map number 6,\n"), "{text}");
    let ids = "time per op               M2    M4    M6    M8   M10   M12   M14  rest  per pod";
    assert!(text.lines().any(|line| line == ids), "{text}");
    let shares = "sharded                 12.5  11.7  10.8  10.0  9.2  8.3  7.5  30.0";
    assert!(text.lines().any(|line| line == shares), "{text}");
    assert!(text.contains("900n  840n  780n  720n  660n  600n  540n  270n     5.5µ"), "{text}");
}
