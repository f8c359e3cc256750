//! What maps counted of themselves, from the log to the summary, the table and CSV.

mod sample;

use mapbench_core::event::{Counters, RoundReport, RunEvent};
use mapbench_results::export;
use mapbench_results::summary::{RunSummary, SummaryRow};
use mapbench_results::table;
use mapbench_results::units::Charset;

/// A round of 200 ms that counted so much.
fn counted(n: u32, counters: &[(&str, u64)]) -> RoundReport {
    let counters = counters.iter().map(|&(name, count)| (name.to_owned(), count)).collect();
    RoundReport { counters, ..sample::round(n, 1_000_000, None) }
}

fn events(reports: &[RoundReport]) -> Vec<RunEvent> {
    let event = |report: &RoundReport| RunEvent::Round {
        cell: 0,
        fork: 0,
        report: Box::new(report.clone()),
    };
    reports.iter().map(event).collect()
}

fn summary(events: &[RunEvent]) -> RunSummary {
    let mut summary = RunSummary::new(&sample::begin(vec![sample::cell(0, "sharded", 1)]));
    for event in events {
        summary.apply(event);
    }
    summary
}

fn three_rounds() -> Vec<RunEvent> {
    events(&[
        counted(0, &[("copies", 2), ("views", 10), ("view-age-ns", 20_000)]),
        counted(1, &[("copies", 6), ("views", 10), ("view-age-ns", 40_000)]),
        counted(2, &[("copies", 40), ("views", 10), ("view-age-ns", 60_000)]),
    ])
}

fn rates(row: &SummaryRow) -> Vec<(&str, f64, u64)> {
    let rate = |c: &mapbench_results::summary::CounterRate| (c.per_sec_median, c.count);
    row.counters.iter().map(|c| (c.name.as_str(), rate(c).0, rate(c).1)).collect()
}

#[test]
fn a_rate_is_the_median_of_rounds_and_of_all_ops_alone() {
    let summary = summary(&three_rounds());
    let rows = summary.cells()[0].rows();
    let expected = [("copies", 30.0, 48), ("view-age-ns", 200_000.0, 120_000), ("views", 50.0, 30)];
    for row in &rows {
        let expected: &[_] = if row.op_class.is_none() { &expected } else { &[] };
        assert_eq!(rates(row), expected, "{:?} {:?}", row.level, row.op_class);
    }
    assert!(rows.iter().any(|row| row.op_class.is_some()));
}

#[test]
fn the_table_tells_rates_and_the_mean_age_of_views_and_is_silent_without() {
    let text = table::render(&summary(&three_rounds()), Charset::Ascii);
    let line = "  sharded: copies 30.0, views 50.0, mean age of a view 4u\n";
    assert!(text.contains(line), "{text}");
    let silent = summary(&events(&[counted(0, &[])]));
    assert!(!table::render(&silent, Charset::Ascii).contains("counted of themselves"));
}

#[test]
fn csv_has_one_column_for_all_counters() {
    let events = three_rounds();
    let mut text = Vec::new();
    export::csv::write(&summary(&events), &events, &mut text).unwrap();
    let mut rows = csv::Reader::from_reader(text.as_slice());
    let at = rows.headers().unwrap().iter().position(|name| name == "counters").unwrap();
    let fields: Vec<String> =
        rows.records().map(|row| row.unwrap().get(at).unwrap().to_owned()).collect();
    assert_eq!(fields[0], "copies=30.000;view-age-ns=200000.000;views=50.000");
    // The last round, of all ops.
    assert!(fields.contains(&"copies=200.000;view-age-ns=300000.000;views=50.000".to_owned()));
}

#[test]
fn reports_of_maps_that_count_nothing_are_as_before() {
    let json = serde_json::to_string(&counted(0, &[])).unwrap();
    assert!(!json.contains("counters"));
    let old: RoundReport = serde_json::from_str(&json).unwrap();
    assert_eq!(old.counters, Counters::new());
}
