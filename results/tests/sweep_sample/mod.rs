//! A small sweep of threads for tests, judged by hand: every number is plain, so that tests can
//! state what to expect. `sharded` grows to 8 threads, `std/mutex` falls from the start and fails
//! once.
#![allow(dead_code, reason = "each test binary uses its part")]

use mapbench_core::event::{FailureKind, PlacementMode};
use mapbench_results::knee::{Definition, Finding, Location, ModelLine, Scale, Side};
use mapbench_results::sweep::{
    Gap, JudgedGroup, MeasuredPoint, POINTS_SCHEMA_VERSION, Quantity, SeriesGroup, Setting, Sweep,
    SweepSpec,
};

pub(crate) fn point(subject: &str, x: f64, visit: u32, mops: f64) -> MeasuredPoint {
    MeasuredPoint {
        subject: subject.to_owned(),
        x,
        visit,
        // One thread has no placement.
        placement: (x > 1.0).then_some(PlacementMode::Near),
        rounds: 10,
        ops_per_sec: mops * 1e6,
        latency: None,
        achieved_share: None,
        saturated: false,
        extra: vec![("promotions".to_owned(), 1.5)],
    }
}

pub(crate) fn finding(definition: Definition, subjects: &[&str], location: Location) -> Finding {
    Finding {
        definition,
        subjects: subjects.iter().map(|&subject| subject.to_owned()).collect(),
        placement: Some(PlacementMode::Near),
        location,
        visits: 10,
        points: 5,
        model: None,
    }
}

fn points() -> Vec<MeasuredPoint> {
    let curves = [
        ("sharded", [(1.0, 10.0), (2.0, 18.0), (4.0, 30.0), (8.0, 40.0), (16.0, 38.0)]),
        ("std/mutex", [(1.0, 20.0), (2.0, 12.0), (4.0, 9.0), (8.0, 7.0), (16.0, 6.0)]),
    ];
    let visits = |subject, x, mops: f64| {
        (0..2).map(move |visit| point(subject, x, visit, mops + f64::from(visit) / 8.0))
    };
    let of = |(subject, values): (&'static str, [(f64, f64); 5])| {
        values.into_iter().flat_map(move |(x, mops)| visits(subject, x, mops))
    };
    curves.into_iter().flat_map(of).collect()
}

/// The findings: one of every kind of location.
fn findings() -> Vec<Finding> {
    let peak = Location::Found { point: 9.5, low: 7.75, high: 12.5 };
    let line = [(1.0, 10.0), (2.0, 18.5), (4.0, 30.5), (8.0, 39.5), (9.5, 40.0), (16.0, 37.5)];
    let model = ModelLine {
        parameters: vec![("alpha".to_owned(), 0.0425), ("beta".to_owned(), 0.0003)],
        line: line.iter().map(|(x, mops)| (*x, mops * 1e6)).collect(),
    };
    let crossing = Location::Found { point: 1.5, low: 1.375, high: 1.75 };
    let why = "the interval spans the whole range".to_owned();
    vec![
        Finding { model: Some(model), ..finding(Definition::UslPeak, &["sharded"], peak) },
        finding(Definition::UslPeak, &["std/mutex"], Location::BeyondRange { side: Side::Below }),
        finding(Definition::SlopeBreak, &["sharded"], Location::Unresolved { why }),
        finding(Definition::SlopeBreak, &["std/mutex"], Location::None),
        finding(Definition::Crossover, &["std/mutex", "sharded"], crossing),
    ]
}

pub(crate) fn sweep() -> Sweep {
    let setting = Setting { hasher: None, ..Setting::of_file("curated/read-heavy", "threads") };
    let gap = Gap {
        subject: "std/mutex".to_owned(),
        x: 16.0,
        visit: 2,
        kind: FailureKind::Hang,
        message: "no progress in 30 s".to_owned(),
    };
    let series = SeriesGroup {
        setting,
        subjects: vec!["sharded".to_owned(), "std/mutex".to_owned()],
        points: points(),
        gaps: vec![gap],
    };
    Sweep {
        schema_version: POINTS_SCHEMA_VERSION,
        spec: SweepSpec {
            axis: "threads".to_owned(),
            unit: "threads".to_owned(),
            scale: Scale::Log,
            range: (1.0, 16.0),
            slo: None,
            seed: 7,
        },
        processors: Some(8),
        groups: vec![JudgedGroup { series, quantity: Quantity::Throughput, findings: findings() }],
    }
}
