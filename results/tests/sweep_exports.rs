//! A sweep in files: what is written reads back, and a picture stands on its own.

mod sample;
mod sweep_sample;

use mapbench_results::export::{self, Format, Run};
use mapbench_results::knee::{Definition, Location, Scale};
use mapbench_results::sweep::export::{SweepFormat, json, svg, write, write_file};
use mapbench_results::sweep::{Quantity, Setting, Sweep, from_points};

fn written(format: SweepFormat, sweep: &Sweep) -> String {
    let mut out = Vec::new();
    write(format, sweep, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The rows of a file as column name and field.
fn rows(text: &str) -> Vec<std::collections::HashMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn json_reads_back_to_the_bit() {
    let mut sweep = sweep_sample::sweep();
    sweep.groups[0].series.points[0].ops_per_sec = 0.1 + 0.2;
    let text = written(SweepFormat::Json, &sweep);
    assert_eq!(json::read(text.as_bytes()).unwrap(), sweep);
}

#[test]
fn points_read_back_as_the_same_curves() {
    let sweep = sweep_sample::sweep();
    let text = written(SweepFormat::Csv, &sweep);
    let setting = Setting::of_file("points", "threads");
    let points = from_points::read("points.csv", &setting, text.as_bytes()).unwrap();
    assert_eq!((points.scale, points.range), (Scale::Log, (1.0, 16.0)));
    let group = &points.evidence.groups()[0];
    for mode in [None, Some(mapbench_core::event::PlacementMode::Near)] {
        let curves =
            |group: &mapbench_results::sweep::SeriesGroup| group.curves(Quantity::Throughput, mode);
        assert_eq!(curves(group), curves(&sweep.groups[0].series));
    }
}

#[test]
fn every_point_and_every_failed_visit_has_a_row() {
    let sweep = sweep_sample::sweep();
    let rows = rows(&written(SweepFormat::Csv, &sweep));
    assert_eq!(rows.len(), 21);
    let last_point = &rows[19];
    let expected = [
        ("schema_version", "1"),
        ("scenario", "curated/read-heavy"),
        ("axis", "threads"),
        ("x", "16"),
        ("adapter", "std/mutex"),
        ("visit", "1"),
        ("placement", "near"),
        ("ops_per_sec", "6125000"),
        ("intended_ns_p99", ""),
        ("oversubscribed", "true"),
        ("status", "ok"),
        ("counters_per_sec", "promotions=1.5"),
    ];
    for (column, field) in expected {
        assert_eq!(last_point[column], field, "{column}");
    }
    let gap = &rows[20];
    assert_eq!((gap["status"].as_str(), gap["error"].as_str()), ("hang", "no progress in 30 s"));
    assert_eq!((gap["x"].as_str(), gap["ops_per_sec"].as_str()), ("16", ""));
}

#[test]
fn every_finding_has_a_row_whatever_it_came_to() {
    let rows = rows(&written(SweepFormat::CsvFindings, &sweep_sample::sweep()));
    let states: Vec<_> = rows.iter().map(|row| row["state"].as_str()).collect();
    assert_eq!(states, ["found", "beyond_range", "unresolved", "none", "found"]);
    let peak = &rows[0];
    let interval = ["point", "ci95_low", "ci95_high"].map(|column| peak[column].as_str());
    assert_eq!(interval, ["9.5", "7.75", "12.5"]);
    assert_eq!(peak["parameters"], "alpha=0.0425;beta=0.0003");
    assert_eq!(rows[1]["side"], "below");
    assert_eq!(rows[2]["why"], "the interval spans the whole range");
    let crossing =
        ["definition", "adapter", "other_adapter"].map(|column| rows[4][column].as_str());
    assert_eq!(crossing, ["crossover", "std/mutex", "sharded"]);
}

#[test]
fn a_picture_names_what_it_shows_and_brings_all_it_needs() {
    let mut sweep = sweep_sample::sweep();
    sweep.groups[0].series.setting.scenario = "a<b & \"c\"".to_owned();
    let picture = svg::render(&sweep.groups[0], &sweep);
    for words in [
        "a&lt;b &amp;",
        "Mops/s, near",
        "N* (USL) 9.50 threads (7.75 to 12.5)",
        "crossover 1.50 threads (1.38 to 1.75)",
        "std/mutex",
        "oversubscribed",
        "prefers-color-scheme:dark",
    ] {
        assert!(picture.contains(words), "{words}\n{picture}");
    }
    for words in ["<script", "href", "url(", "<image", "NaN", "inf"] {
        assert!(!picture.contains(words), "{words}\n{picture}");
    }
    let count = |words: &str| picture.matches(words).count();
    // A ring at the peak, a cross at the crossover, and the peak's interval on its curve.
    assert_eq!((count("<circle class=\"knee\""), count("class=\"knee\"")), (1, 2));
    assert_eq!(count("class=\"band mb-0\""), 1);
    // Two curves: the model of one, the medians of the other.
    assert_eq!((count("class=\"line mb-0\""), count("class=\"line unmodelled mb-1\"")), (1, 1));
}

#[test]
fn the_pictures_of_further_settings_go_beside_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut sweep = sweep_sample::sweep();
    sweep.groups.push(sweep.groups[0].clone());
    let written = write_file(SweepFormat::Svg, &sweep, &folder.path().join("curve.svg")).unwrap();
    let names: Vec<_> = written.iter().map(|path| path.file_name().unwrap()).collect();
    assert_eq!(names, ["curve.svg", "curve-2.svg"]);
    assert!(written.iter().all(|path| std::fs::read_to_string(path).unwrap().starts_with("<svg")));
}

#[test]
fn an_unknown_format_says_which_there_are() {
    let error = "yaml".parse::<SweepFormat>().unwrap_err().to_string();
    for format in SweepFormat::ALL {
        assert!(error.contains(format.name()), "{error}");
        assert_eq!(format.name().parse(), Ok(format));
    }
}

#[test]
fn a_page_shows_what_was_found_and_says_why_the_rest_was_not() {
    let mut sweep = sweep_sample::sweep();
    let why = "too <few> points".to_owned();
    sweep.groups[0].findings.push(sweep_sample::finding(
        Definition::Kneedle,
        &["sharded"],
        Location::Unresolved { why },
    ));
    let summary = mapbench_results::RunSummary::new(&sample::begin(Vec::new()));
    for format in [Format::Html, Format::Markdown] {
        let mut bytes = Vec::new();
        let run = Run { sweep: Some(&sweep), ..Run::of(&summary) };
        export::write(format, run, &mut bytes).unwrap();
        let page = String::from_utf8(bytes).unwrap();
        assert!(page.contains("too &lt;few&gt; points"), "the reason: {page}");
        assert!(page.contains("unresolved: the evidence does not tell"), "{page}");
        assert!(page.contains("95% interval"), "the table of what was found: {page}");
        let cells = ["<td class=\"number\">unresolved</td>", "| unresolved |"];
        assert!(cells.iter().all(|cell| !page.contains(cell)), "not in the table: {page}");
    }
}
