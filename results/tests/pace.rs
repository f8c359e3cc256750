//! Open loop: what was offered and achieved is shown, and a point that cannot keep up is marked.

mod sample;

use mapbench_core::event::{ActorReport, Offered, PacedRole, RoundReport, RunEvent};
use mapbench_core::workload::Schedule;
use mapbench_results::export::csv;
use mapbench_results::summary::{Flag, RunSummary};
use mapbench_results::table;
use mapbench_results::units::Charset;

/// A cell of ten rounds that offer 1,000 ops each and do so many of them.
fn summary(achieved: u64, change: impl Fn(&mut RoundReport)) -> RunSummary {
    let mut cell = sample::cell(0, "noop", 1);
    cell.offered = Some(Offered { per_s: 10_000.0, schedule: Schedule::Poisson });
    cell.axis = Some("rate".to_owned());
    cell.axis_value = Some("10000".to_owned());
    cell.paced = ["reader", "writer"]
        .map(|name| PacedRole { name: name.to_owned(), actors: 1 + u32::from(name == "reader") })
        .into();
    let mut summary = RunSummary::new(&sample::begin(vec![cell]));
    for n in 0..10 {
        let mut report = RoundReport {
            n,
            elapsed_ns: 100_000_000,
            ops: achieved,
            due_events: 1_000,
            done_events: achieved,
            offered_ops: 1_000,
            offered_ns: 100_000_000,
            achieved_ops: achieved,
            actors: [(400, 400), (500, 300), (100, 100)]
                .map(|(due, done)| ActorReport { due, done })
                .into(),
            ..RoundReport::default()
        };
        change(&mut report);
        summary.apply(&RunEvent::Round { cell: 0, fork: 0, report: Box::new(report) });
    }
    summary
}

#[test]
fn a_point_that_achieves_less_than_99_percent_is_saturated() {
    let flags = |achieved| summary(achieved, |_| {}).cells()[0].row().flags.clone();
    assert!(flags(980).contains(&Flag::Saturated));
    for kept in [995, 1_000] {
        assert!(!flags(kept).contains(&Flag::Saturated), "{kept}");
    }
    // Three events a round, of which an end cuts one off, are no saturation.
    let few = summary(2, |report| {
        (report.due_events, report.offered_ops, report.done_events) = (3, 3, 2);
        if report.n > 1 {
            (report.achieved_ops, report.done_events) = (3, 3);
        }
    });
    assert!(!few.cells()[0].row().flags.contains(&Flag::Saturated));
}

#[test]
fn what_was_offered_and_achieved_is_in_the_table_and_in_csv() {
    let summary = summary(800, |report| report.yielded = true);
    let table = table::render(&summary, Charset::Utf8);
    for shown in ["offered 10.0k ops/s poisson", "saturated", "yielding", "8000", "80.0"] {
        assert!(table.contains(shown), "no {shown} in:\n{table}");
    }
    let mut out = Vec::new();
    csv::write(&summary, &[], &mut out).unwrap();
    let mut rows = ::csv::Reader::from_reader(out.as_slice());
    let header = rows.headers().unwrap().clone();
    let row = rows.records().next().unwrap().unwrap();
    let field = |name: &str| &row[header.iter().position(|column| column == name).unwrap()];
    for (name, value) in [
        ("axis", "rate"),
        ("axis_value", "10000"),
        ("schedule", "poisson"),
        ("offered_per_sec", "10000.000"),
        ("achieved_per_sec", "8000.000"),
        ("achieved_share", "0.800000"),
        ("saturated", "true"),
        ("idling", "yield"),
    ] {
        assert_eq!(field(name), value, "{name}");
    }
}

#[test]
fn each_role_has_its_rates_and_the_slowest_of_its_actors() {
    let summary = summary(800, |_| {});
    let [readers, writers] = &summary.cells()[0].actors()[..] else { panic!("two roles") };
    assert_eq!((readers.name.as_str(), readers.actors, writers.actors), ("reader", 2, 1));
    assert!((readers.offered_per_sec - 9_000.0).abs() < 1e-6);
    assert!((readers.achieved_per_sec - 7_000.0).abs() < 1e-6);
    assert!((readers.least.unwrap() - 0.6).abs() < 1e-9);
    assert!((readers.each_per_sec.0 - 3_000.0).abs() < 1e-6);
    assert!((writers.achieved_per_sec - 1_000.0).abs() < 1e-6);
}
