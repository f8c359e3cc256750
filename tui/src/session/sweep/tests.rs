//! Sweeps, tested without processes and without time.

use std::collections::BTreeMap;

use mapbench_core::adapter::Tuning;
use mapbench_core::event::{
    Cell, EndCause, RunBegin, RunEvent, SweepBegin, SweepDesign, SweepPart, UiMode,
};
use mapbench_core::key::KeyKind;
use mapbench_core::scenario::Axis;
use mapbench_core::value::ValueKind;
use mapbench_results::knee::{Allowed, AxisRange, Scale};
use mapbench_results::sweep::{Evidence, SweepSpec};
use mapbench_results::{RunLog, RunLogWriter};

use super::agenda::falls_into;
use super::points::{Series, Source};
use super::prepare::SweepPlan;
use super::request::SweepRequest;
use super::resume::stand;
use super::run::{Standing, visits};
use crate::session::conduct::begin_with;
use crate::session::fake::{Fault, SECOND_NS, adapters, plan, play_with, workload};
use crate::session::plan::{Plan, Point};
use crate::session::request::RunRequest;
use crate::session::variant::Variant;

const LOW: f64 = 1.0;
const HIGH: f64 = 64.0;

/// A sweep over threads of one trace by adapters `a`, `b` and `c`.
fn sweep_plan(design: SweepDesign, visits: u32, budget_ns: Option<u64>) -> SweepPlan<'static> {
    let entries: &'static [_] = Box::leak(Box::new(adapters()));
    let request = SweepRequest {
        design,
        visits: Some(visits),
        budget_ns,
        ..SweepRequest::along(Axis::Threads, RunRequest::default())
    };
    let range = AxisRange {
        scale: Scale::Log,
        low: LOW,
        high: HIGH,
        allowed: Allowed::Integers,
        resolution: 0.05,
    };
    let fixed = Point {
        threads: 1,
        key: KeyKind::U64,
        value: ValueKind::Word,
        offered: None,
        presize: true,
        tuning: Tuning::default(),
        axis: None,
    };
    let source = Source::File(Box::new(workload("test/one", &[])));
    let variants = entries.iter().map(Variant::plain).collect();
    SweepPlan {
        begin: SweepBegin {
            axis: "threads".to_owned(),
            unit: "threads".to_owned(),
            logarithmic: true,
            low: LOW,
            high: HIGH,
            slo: None,
            design,
            most_visits: visits,
            precision: Some(0.1),
            budget_ns,
            part: None,
        },
        spec: SweepSpec {
            axis: "threads".to_owned(),
            unit: "threads".to_owned(),
            scale: Scale::Log,
            range: (LOW, HIGH),
            slo: None,
            seed: 7,
        },
        axis: Axis::Threads,
        settings: plan(1, 4).settings,
        store: "nowhere".into(),
        series: vec![Series::new(source, fixed, variants, range)],
        skipped: Vec::new(),
        visits,
        request,
    }
}

fn standing(sweep: &SweepPlan<'_>) -> Standing {
    Standing { plan: Plan::empty(sweep.settings.clone()), evidence: Evidence::default(), told: 0 }
}

fn swept(sweep: &mut SweepPlan<'_>, faults: &[(&str, Fault)]) -> Vec<RunEvent> {
    let mut standing = standing(sweep);
    let (events, cause) =
        play_with(faults, &mut |_, _| (), |tools| visits(sweep, &mut standing, tools));
    assert_eq!(cause, EndCause::Finished);
    events
}

fn cells(events: &[RunEvent]) -> Vec<&Cell> {
    let mut cells = Vec::new();
    for event in events {
        if let RunEvent::CellAdded(cell) = event {
            cells.push(&**cell);
        }
    }
    cells
}

/// The (x, fork) of each visit that was begun, in order, by the trials of adapter `a`.
fn visited(events: &[RunEvent], known: &[&Cell]) -> Vec<(u32, u32)> {
    let of_a = |event: &RunEvent| match event {
        RunEvent::TrialStarted { cell, fork } => {
            let cell = known[*cell as usize];
            (cell.adapter == "a").then_some((cell.threads, *fork))
        }
        _ => None,
    };
    events.iter().filter_map(of_a).collect()
}

#[test]
fn a_grid_passes_over_all_its_points_as_often_as_asked() {
    let events = swept(&mut sweep_plan(SweepDesign::Grid(7), 3, None), &[]);
    let visits = visited(&events, &cells(&events));
    assert_eq!(visits.len(), 7 * 3);
    for (pass, points) in visits.chunks(7).enumerate() {
        let mut threads: Vec<u32> = points.iter().map(|(threads, _)| *threads).collect();
        assert!(points.iter().all(|(_, fork)| *fork == pass as u32), "{points:?}");
        threads.sort_unstable();
        assert_eq!(threads, [1, 2, 4, 8, 16, 32, 64]);
    }
    let orders: Vec<_> = visits.chunks(7).map(|pass| pass.iter().map(|v| v.0).collect()).collect();
    let first: &Vec<u32> = &orders[0];
    assert!(orders.iter().any(|order: &Vec<u32>| order != first), "the order never changes");
}

#[test]
fn every_visit_measures_all_subjects_side_by_side() {
    let events = swept(&mut sweep_plan(SweepDesign::Grid(3), 2, None), &[]);
    let cells = cells(&events);
    assert_eq!(cells.len(), 3 * 3, "one cell per point and adapter, whatever the visits");
    let mut rounds: BTreeMap<(u32, u32), BTreeMap<&str, u32>> = BTreeMap::new();
    for event in &events {
        if let RunEvent::Round { cell, fork, .. } = event {
            let cell = cells[*cell as usize];
            *rounds.entry((cell.threads, *fork)).or_default().entry(&cell.adapter).or_default() +=
                1;
        }
    }
    assert_eq!(rounds.len(), 3 * 2);
    assert!(rounds.values().all(|by| by.values().eq([&4, &4, &4]) && by.len() == 3), "{rounds:?}");
}

#[test]
fn no_visit_begins_that_would_not_end_in_the_budget() {
    // A visit takes 3 × 4 rounds of 210 ms and some milliseconds.
    let budget_ns = 10 * SECOND_NS;
    let events = swept(&mut sweep_plan(SweepDesign::Grid(7), 5, Some(budget_ns)), &[]);
    assert_eq!(visited(&events, &cells(&events)).len(), 3);
    let told =
        |event: &RunEvent| matches!(event, RunEvent::Note { text } if text.contains("--resume"));
    assert!(events.iter().any(told), "nobody says why it ended");
}

#[test]
fn an_adaptive_sweep_ends_when_its_visits_are_used_up() {
    let events = swept(&mut sweep_plan(SweepDesign::Adaptive, 25, None), &[]);
    let visits = visited(&events, &cells(&events));
    assert!(visits.len() <= 25, "{visits:?}");
    for end in [1, 64] {
        assert!(visits.iter().any(|(threads, _)| *threads == end), "{end}: {visits:?}");
    }
}

#[test]
fn a_subject_that_fails_at_a_point_leaves_the_others_their_curves() {
    let fault = Fault::FailsIn(1, mapbench_core::event::FailureKind::Memory);
    let events = swept(&mut sweep_plan(SweepDesign::Grid(3), 3, None), &[("b", fault)]);
    assert_eq!(visited(&events, &cells(&events)).len(), 9);
    let failed = events.iter().filter(|event| matches!(event, RunEvent::TrialFailed { .. }));
    assert_eq!(failed.count(), 3, "once per point, not once per visit");
}

#[test]
fn the_parts_of_a_grid_hold_each_point_once() {
    for of in 1..6 {
        for x in 0..100 {
            let x = f64::from(x) * 1.5;
            let holds = |number| falls_into(SweepPart { number, of }, "test/one t2", x);
            assert_eq!((1..=of).filter(|&number| holds(number)).count(), 1, "{x} of {of}");
        }
    }
    let mut part = sweep_plan(SweepDesign::Grid(7), 2, None);
    part.begin.part = Some(SweepPart { number: 1, of: 2 });
    let mut other = sweep_plan(SweepDesign::Grid(7), 2, None);
    other.begin.part = Some(SweepPart { number: 2, of: 2 });
    let both: usize = [part, other]
        .iter_mut()
        .map(|sweep| {
            let events = swept(sweep, &[]);
            visited(&events, &cells(&events)).len()
        })
        .sum();
    assert_eq!(both, 7 * 2);
}

/// The log of a sweep's events, as a file has it.
fn logged(folder: &std::path::Path, sweep: &SweepPlan<'_>, events: &[RunEvent]) -> RunLog {
    let begin = RunBegin {
        sweep: Some(sweep.begin.clone()),
        ..begin_with(&sweep.settings, vec!["mapbench".to_owned()], UiMode::None)
    };
    let mut writer = RunLogWriter::create(folder, &begin).unwrap();
    for event in events {
        writer.write(event).unwrap();
    }
    RunLog::read(writer.path()).unwrap()
}

#[test]
fn a_resumed_sweep_makes_the_visits_that_are_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = sweep_plan(SweepDesign::Grid(5), 3, Some(9 * SECOND_NS));
    let before = swept(&mut first, &[]);
    let log = logged(folder.path(), &first, &before);

    let mut second = sweep_plan(SweepDesign::Grid(5), 3, None);
    let mut standing = stand(&mut second, &log).unwrap();
    let known = standing.told;
    let (after, _) =
        play_with(&[], &mut |_, _| (), |tools| visits(&mut second, &mut standing, tools));
    let all: Vec<&Cell> = cells(&before).into_iter().chain(cells(&after)).collect();
    assert!(known > 0 && (known as usize) < all.len(), "{known} of {}", all.len());
    let mut visits = visited(&before, &all);
    let made = visits.len();
    visits.extend(visited(&after, &all));
    assert!((1..15).contains(&made), "{made}");
    visits.sort_unstable();
    visits.dedup();
    assert_eq!(visits.len(), 5 * 3, "each visit once: {visits:?}");
}

#[test]
fn a_sweep_of_another_trace_is_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = sweep_plan(SweepDesign::Grid(2), 1, None);
    let mut events = swept(&mut first, &[]);
    for event in &mut events {
        if let RunEvent::CellAdded(cell) = event {
            cell.trace_hash = "fedcba9876543210".to_owned();
        }
    }
    let log = logged(folder.path(), &first, &events);
    let error = stand(&mut sweep_plan(SweepDesign::Grid(2), 1, None), &log).unwrap_err();
    assert!(error.to_string().contains("fedcba9876543210"), "{error}");
}
