//! The final table says what happened: every cell, every failure, every skip, and what its marks
//! mean.

mod sample;

use mapbench_core::event::{Cell, PlacementMode, RunBegin, RunEvent, Work};
use mapbench_results::units::Charset;
use mapbench_results::{RunSummary, table};

fn rendered(begin: &RunBegin, events: &[RunEvent], charset: Charset) -> String {
    let mut summary = RunSummary::new(begin);
    for event in events {
        summary.apply(event);
    }
    table::render(&summary, charset)
}

#[test]
fn the_table_of_the_sample_run() {
    let (begin, events) = sample::events();
    let expected = "\
curated/read-heavy · 1 thread · u64 keys · 8 B values · foldhash
adapter     Mops/s  ±95%   p50   p99  p99.9   max  B/entry  scan  hit %  rounds  status
───────────────────────────────────────────────────────────────────────────────────────
sharded       20.1   0.1  580n  2.8µ   3.0µ  3.0µ       40  weak   90.0     2x3  ok
dashmap/v6    15.1   0.1  580n  2.8µ   3.0µ  3.0µ       40  weak   90.0     2x3  ok

curated/read-heavy · 2 threads · u64 keys · 8 B values · foldhash
adapter     Mops/s  ±95%   p50   p99  p99.9   max  B/entry  scan  hit %  rounds  placement  status
──────────────────────────────────────────────────────────────────────────────────────────────────
sharded       10.1   0.1  580n  2.8µ   3.0µ  3.0µ       40  weak   90.0     2x3  near 67%   ok
dashmap/v6       –     –     –     –      –     –       40  weak      –     2x0  –          failed
";
    let text = rendered(&begin, &events, Charset::Utf8);
    assert!(text.starts_with(expected), "{text}");
}

/// The core maps: name and what a scan shows.
const CORE: [(&str, &str); 8] = [
    ("std/rwlock", "snapshot"),
    ("std/mutex", "snapshot"),
    ("dashmap/v6", "shard"),
    ("flurry/guard-per-op", "weak"),
    ("flurry/guard-per-batch", "weak"),
    ("evmap/publish-each", "snapshot"),
    ("evmap/publish-every-n", "snapshot"),
    ("sharded", "shard"),
];

#[test]
fn the_core_maps_fit_120_columns_and_every_mark_is_explained() {
    let cells = (0_u32..)
        .zip(CORE)
        .map(|(id, (name, scan))| Cell { scan: scan.to_owned(), ..sample::cell(id, name, 2) });
    let begin = sample::begin(cells.collect());
    let mut events = Vec::new();
    for cell in 0..CORE.len() as u32 {
        for fork in 0..2 {
            events.push(RunEvent::TrialStarted { cell, fork });
            events.push(RunEvent::TrialReady { cell, fork, ready: sample::ready() });
            for n in 0..10 {
                let mode = if n < 7 { PlacementMode::Near } else { PlacementMode::Far };
                let ops = 2_000_000 + u64::from(n) * 400_000;
                let mut report = sample::round(n, ops, Some(mode));
                report.classes[0].service = sample::payload([61, 61, 99_000, 98_700_000]);
                events.push(RunEvent::Round { cell, fork, report: Box::new(report) });
            }
            events.push(RunEvent::TrialDone { cell, fork, done: sample::done() });
        }
    }
    for charset in [Charset::Utf8, Charset::Ascii] {
        let text = rendered(&begin, &events, charset);
        let rows = text.lines().filter(|line| line.ends_with("near 70%   ok, noisy"));
        assert_eq!(rows.count(), CORE.len(), "{text}");
        for line in text.lines().take_while(|line| *line != "skipped:") {
            assert!(line.chars().count() <= 120, "{} columns: {line}", line.chars().count());
        }
        for note in ["ok: ", "noisy: ", "placement: ", "near or far n%: "] {
            assert!(text.lines().any(|line| line.starts_with(note)), "no note on {note}\n{text}");
        }
    }
}

#[test]
fn failures_and_skips_are_listed_with_their_causes() {
    let (begin, mut events) = sample::events();
    events.push(RunEvent::CellSkipped { cell: 1 });
    let text = rendered(&begin, &events, Charset::Utf8);
    let failed = "dashmap/v6: curated/read-heavy · 2 threads · u64 keys · 8 B values · foldhash, \
                  fork 0: hang: no progress in 30 s, in round 0 (noticed after 30.000 s)";
    assert!(text.contains(failed), "{text}");
    let skipped = "curated/read-heavy: evmap/publish-every-n: has no atomic read-modify-write";
    assert!(text.contains(skipped), "{text}");
    assert!(text.contains("curated/read-heavy: dashmap/v6: skipped while it ran"), "{text}");
}

#[test]
fn a_reason_that_names_its_adapter_does_not_name_it_twice() {
    let (mut begin, _) = sample::events();
    begin.skipped[0].reason = "evmap/publish-every-n cannot".to_owned();
    let text = rendered(&begin, &[], Charset::Utf8);
    assert!(text.contains("\n  curated/read-heavy: evmap/publish-every-n cannot\n"), "{text}");
}

#[test]
fn the_ascii_table_is_ascii() {
    let (begin, events) = sample::events();
    let text = rendered(&begin, &events, Charset::Ascii);
    assert!(text.is_ascii(), "{text}");
    assert!(text.contains("580n  2.8u"), "{text}");
}

#[test]
fn fast_percentiles_wear_a_badge_and_a_footnote() {
    let (mut begin, _) = sample::events();
    begin.cells.truncate(1);
    let mut report = sample::round(0, 1_000_000, None);
    let plain = [RunEvent::Round { cell: 0, fork: 0, report: Box::new(report.clone()) }];
    let text = rendered(&begin, &plain, Charset::Utf8);
    assert!(!text.contains('~'), "{text}");
    assert!(text.contains("fewer than three rounds show no spread"), "{text}");
    assert!(text.contains("partial"), "{text}");

    report.classes[0].service = sample::payload([61, 61, 62]);
    let fast = [RunEvent::Round { cell: 0, fork: 0, report: Box::new(report) }];
    let text = rendered(&begin, &fast, Charset::Utf8);
    assert!(text.contains("~61n") && text.contains("~: below 100 ns"), "{text}");
}

#[test]
fn settings_that_only_some_maps_have_are_disclosed() {
    let (mut begin, events) = sample::events();
    begin.cells[1].tuning.shards = Some(256);
    let text = rendered(&begin, &events, Charset::Utf8);
    assert!(text.contains("dashmap/v6 (shards 256)"), "{text}");
}

#[test]
fn a_run_without_cells_still_lists_what_it_skipped() {
    let (mut begin, _) = sample::events();
    begin.cells.clear();
    let text = rendered(&begin, &[], Charset::Utf8);
    assert!(text.starts_with("\nskipped:"), "{text:?}");
}

#[test]
fn two_cells_in_quads_are_compared_below_their_table() {
    let begin = sample::begin(vec![sample::cell(0, "a", 1), sample::cell(1, "b", 1)]);
    let events = |preempted: u32| {
        let mut events = vec![RunEvent::Quads { cells: [0, 1], work: Work::DurationNs(1) }];
        for n in 0..40 {
            for cell in 0..2 {
                let ops = 1_000_000 + 1_000 * u64::from(n % 7) - 100_000 * u64::from(cell);
                let mut report = sample::round(n, ops, None);
                report.involuntary_switches = u64::from(n < preempted);
                events.push(RunEvent::Round { cell, fork: 0, report: Box::new(report) });
            }
        }
        rendered(&begin, &events, Charset::Utf8)
    };
    let line = |text: &str| -> String {
        text.lines().find(|line| line.starts_with("a against b: ")).unwrap_or(text).to_owned()
    };
    let calm = line(&events(4));
    assert!(calm.starts_with("a against b: 1.111x [1.111 to 1.111] of 18 quads"), "{calm}");
    assert!(calm.ends_with("2 more dropped for preemptions"), "{calm}");
    let busy = line(&events(14));
    assert!(busy.ends_with("of 20 quads; INCONCLUSIVE (noisy): preemptions 35.0 %"), "{busy}");
}
