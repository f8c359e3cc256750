//! What other programs get: a run in each format, read back as its readers would, and with names that
//! want to be markup. Comparisons are in `exports_compared`.

mod sample;

use std::collections::{BTreeMap, HashMap};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use mapbench_core::event::RunEvent;
use mapbench_results::RunSummary;
use mapbench_results::export::{self, FORMATS, Format, Run};
use proptest::prelude::*;
use serde_json::Value;

/// A name of everything that some format takes for markup.
const HOSTILE: &str = "<script>alert(\"1\")</script>|`a`*b*_c_[d](e)&amp;,\n#\u{1b}[31m";

fn summary() -> (RunSummary, Vec<RunEvent>) {
    let (begin, events) = sample::events();
    (summed(&begin, &events), events)
}

fn summed(begin: &mapbench_core::event::RunBegin, events: &[RunEvent]) -> RunSummary {
    let mut summary = RunSummary::new(begin);
    for event in events {
        summary.apply(event);
    }
    summary.apply(&RunEvent::End(sample::end()));
    summary
}

fn text(format: Format, run: Run<'_>) -> String {
    let mut bytes = Vec::new();
    export::write(format, run, &mut bytes).expect("written");
    String::from_utf8(bytes).expect("text")
}

fn sampled(format: Format) -> String {
    let (summary, events) = summary();
    text(format, Run::of(&summary).with_events(&events))
}

fn csv_rows(text: &str) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().expect("csv")
}

/// A run whose every name is hostile.
fn hostile() -> (RunSummary, Vec<RunEvent>) {
    let (mut begin, events) = sample::events();
    for cell in &mut begin.cells {
        cell.adapter = format!("{}{HOSTILE}", cell.adapter);
        HOSTILE.clone_into(&mut cell.scenario);
    }
    HOSTILE.clone_into(&mut begin.machine.cpu);
    HOSTILE.clone_into(&mut begin.run_id);
    begin.command = vec![HOSTILE.to_owned()];
    HOSTILE.clone_into(&mut begin.skipped[0].reason);
    HOSTILE.clone_into(&mut begin.commit.as_mut().expect("a commit").subject);
    (summed(&begin, &events), events)
}

#[test]
fn json_says_which_run_why_it_ended_so_and_on_what() {
    let json: Value = serde_json::from_str(&sampled(Format::Json)).expect("json");
    assert_eq!((&json["schema_version"], &json["kind"]), (&1.into(), &"run".into()));
    assert_eq!(json["run"]["id"], "k3x9q2");
    assert_eq!(json["run"]["end_cause"], "finished");
    assert_eq!(json["exit_causes"][0]["name"], "adapter-failed");
    assert_eq!(json["exit_causes"][0]["exit_code"], 102);
    assert_eq!(json["fingerprint"]["machine"]["cpu"], "A processor");
    assert_eq!(json["fingerprint"]["subject"]["commit"]["subject"], "Say \"why\", not what");
    let first = &json["rows"][0];
    assert_eq!(first["ops_per_sec_median"], 20_125_000.0);
    assert_eq!((&first["verified"], &first["service_ns_p99"]), (&true.into(), &2801.into()));
    assert!(first.get("fork").is_none(), "what does not exist is left out");
}

/// Whether an object holds exactly the fields of a row of CSV, with equal figures.
fn equal(row: &HashMap<String, String>, object: &Value) -> Result<(), String> {
    for (column, field) in row {
        let value = object.get(column);
        let same = match value {
            None => field.is_empty(),
            Some(Value::String(text)) => text == field,
            Some(Value::Bool(truth)) => truth.to_string() == *field,
            Some(Value::Number(number)) => number.as_f64() == field.parse().ok(),
            Some(_) => false,
        };
        if !same {
            return Err(format!("{column}: {field:?} in CSV and {value:?} in JSON"));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn json_has_the_rows_of_csv(ops in 1_u64..4_000_000_000, adapter in ".{1,12}") {
        let (mut begin, mut events) = sample::events();
        begin.cells[0].adapter = adapter;
        for event in &mut events {
            if let RunEvent::Round { cell: 0, report, .. } = event {
                report.ops = ops;
            }
        }
        let summary = summed(&begin, &events);
        let rows = csv_rows(&text(Format::Csv, Run::of(&summary)));
        let json: Value = serde_json::from_str(&text(Format::Json, Run::of(&summary))).expect("json");
        let objects = json["rows"].as_array().expect("rows");
        prop_assert_eq!(rows.len(), objects.len());
        for (row, object) in rows.iter().zip(objects) {
            prop_assert_eq!(equal(row, object), Ok(()));
        }
    }
}

#[test]
fn github_has_a_file_for_either_direction_and_no_entry_of_half_a_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let (summary, _) = summary();
    let path = folder.path().join("bench.json");
    export::write_file(Format::Github, Run::of(&summary), &path).expect("written");
    assert!(!path.exists());
    let read = |name: &str| -> Value {
        let text = std::fs::read_to_string(folder.path().join(name)).expect("a file");
        serde_json::from_str(&text).expect("json")
    };
    let throughput = read("bench-throughput.json");
    let first = &throughput[0];
    let name = "sharded: curated/read-heavy, 1 thread, u64 keys, 8 B values, foldhash: ops/s";
    assert_eq!((&first["name"], &first["unit"]), (&name.into(), &"ops/s".into()));
    assert_eq!((&first["value"], &first["range"]), (&20_125_000.0.into(), &"± 100000".into()));
    // Three cells ended as they should; the one that hung is no point of a series.
    assert_eq!(throughput.as_array().map(Vec::len), Some(3));
    let latency = read("bench-latency.json");
    assert_eq!(latency.as_array().map(Vec::len), Some(9));
    assert!(latency[1]["name"].as_str().is_some_and(|name| name.ends_with(": p99")));
    assert_eq!((&latency[1]["value"], &latency[1]["unit"]), (&2801.0.into(), &"ns".into()));
}

#[test]
fn figures_of_two_placement_modes_have_two_names() {
    let names: BTreeMap<String, Value> =
        serde_json::from_str(&sampled(Format::Bencher)).expect("an object");
    assert!(names.keys().any(|name| name.starts_with("sharded") && name.ends_with(", near")));
}

#[test]
fn bencher_has_the_interval_of_throughput() {
    let json: Value = serde_json::from_str(&sampled(Format::Bencher)).expect("json");
    let cell = &json["sharded: curated/read-heavy, 1 thread, u64 keys, 8 B values, foldhash"];
    assert_eq!(cell["throughput"]["value"], 20_125_000.0);
    assert_eq!(cell["throughput"]["lower_value"], 20_025_000.0);
    assert_eq!(cell["throughput"]["upper_value"], 20_225_000.0);
    assert_eq!(cell["latency"]["value"], 580.0);
    assert_eq!(cell["latency-p99"]["value"], 2801.0);
}

/// Intervals of a log: tag, start, histogram.
fn intervals(log: &str) -> Vec<(String, f64, Histogram<u64>)> {
    let mut found = Vec::new();
    for entry in IntervalLogIterator::new(log.as_bytes()) {
        let LogEntry::Interval(interval) = entry.expect("an entry") else { continue };
        let bytes = base64::Engine::decode(
            &base64::engine::general_purpose::STANDARD,
            interval.encoded_histogram(),
        );
        let histogram = Deserializer::new()
            .deserialize(&mut bytes.expect("base64").as_slice())
            .expect("a histogram");
        let tag = interval.tag().expect("a tag").as_str().to_owned();
        found.push((tag, interval.start_timestamp().as_secs_f64(), histogram));
    }
    found
}

#[test]
fn an_interval_log_has_an_interval_per_round_with_its_percentiles() {
    let (summary, events) = summary();
    let run = Run::of(&summary).with_events(&events);
    let rounds: Vec<_> = csv_rows(&text(Format::CsvRounds, run))
        .into_iter()
        .filter(|row| row["level"] == "round" && row["op_class"] == "all")
        .collect();
    let intervals = intervals(&text(Format::Hlog, run));
    assert_eq!(intervals.len(), rounds.len());
    assert!(intervals.is_sorted_by_key(|(_, start, _)| *start));
    let mut expected: Vec<[u64; 2]> = rounds
        .iter()
        .map(|row| ["service_ns_p50", "service_ns_max"].map(|at| row[at].parse().expect("ns")))
        .collect();
    let mut found: Vec<[u64; 2]> = intervals
        .iter()
        .map(|(_, _, latencies)| [latencies.value_at_quantile(0.5), latencies.max()])
        .collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
    let sum: u64 = intervals.iter().map(|(_, _, latencies)| latencies.len()).sum();
    let ops: u64 = rounds.iter().map(|row| row["ops"].parse::<u64>().expect("ops")).sum();
    assert_eq!(sum, ops, "a count is an op");
}

#[test]
fn junit_tells_what_passed_what_hung_and_what_was_left_out() {
    let xml = sampled(Format::Junit);
    assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
    assert!(xml.contains("tests=\"5\"") && xml.contains("errors=\"1\""), "{xml}");
    assert!(xml.contains("<error message=\"no progress in 30 s, in round 0\" type=\"hang\"/>"));
    assert!(xml.contains("<skipped message=\"has no atomic read-modify-write"));
}

#[test]
fn hostile_names_stay_names_in_every_format() {
    let (summary, events) = hostile();
    let run = Run::of(&summary).with_events(&events);
    for described in FORMATS {
        let text = text(described.format, run);
        match described.format {
            Format::Csv | Format::CsvRounds => {
                assert!(csv_rows(&text).iter().all(|row| row["run_id"] == HOSTILE));
            }
            Format::Json => {
                let json: Value = serde_json::from_str(&text).expect("json");
                assert_eq!(json["run"]["id"], HOSTILE);
            }
            Format::Github | Format::Bencher => {
                serde_json::from_str::<Value>(&text).expect("json");
            }
            Format::Hlog => assert_eq!(intervals(&text).len(), 18),
            Format::Markdown => {
                assert!(!text.contains("<script>") && !text.contains("|`a`"), "{text}");
            }
            Format::Html => assert_no_markup(&text),
            Format::Junit => {
                assert!(!text.contains("<script>") && !text.contains('\u{1b}'));
            }
        }
    }
}

/// A page of ours has no script, no element that a name brought, and nothing that is loaded.
fn assert_no_markup(page: &str) {
    for forbidden in ["<script", "onerror", "src=", "@import", "url(", "http-equiv"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    let links = page.match_indices("href=\"").map(|(at, _)| &page[at + 6..at + 11]);
    assert!(links.into_iter().all(|link| link == "data:"));
    assert!(page.contains("&lt;script&gt;"));
    assert!(!page.contains('\u{1b}'));
}
