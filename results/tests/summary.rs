//! The summary follows a run event by event and says at every moment what is known.

mod sample;

use hdrhistogram::Histogram;
use mapbench_core::event::{EndCause, Failure, FailureKind, PlacementMode, RunEvent};
use mapbench_core::op::OpClass;
use mapbench_results::histogram::Percentiles;
use mapbench_results::summary::{CellState, Flag, Level, Status};
use mapbench_results::{RunSummary, exit};

fn applied(events: &[RunEvent]) -> RunSummary {
    let (begin, _) = sample::events();
    let mut summary = RunSummary::new(&begin);
    for event in events {
        summary.apply(event);
    }
    summary
}

fn round(cell: u32, fork: u32, report: mapbench_core::event::RoundReport) -> RunEvent {
    RunEvent::Round { cell, fork, report: Box::new(report) }
}

fn failed(cell: u32, kind: FailureKind) -> RunEvent {
    let failure = Failure { kind, message: "it did".to_owned() };
    RunEvent::TrialFailed { cell, fork: 0, failure, noticed_after_ns: 5 }
}

#[test]
fn a_cell_waits_prepares_runs_and_is_done_after_its_last_fork() {
    use CellState::{Done, Preparing, Running, Waiting};
    let (begin, _) = sample::events();
    let mut summary = RunSummary::new(&begin);
    let mut states = Vec::new();
    for fork in 0..2 {
        for event in [
            RunEvent::TrialStarted { cell: 0, fork },
            RunEvent::TrialReady { cell: 0, fork, ready: sample::ready() },
            round(0, fork, sample::round(0, 1_000, None)),
            RunEvent::TrialDone { cell: 0, fork, done: sample::done() },
        ] {
            summary.apply(&event);
            states.push(summary.cells()[0].state().clone());
        }
    }
    assert_eq!(states[..4], [Preparing, Running, Running, Waiting]);
    assert_eq!(states[4..], [Preparing, Running, Running, Done]);
    assert_eq!(summary.cells()[0].row().status, Status::Ok);
    assert_eq!(summary.cells()[1].row().status, Status::Partial);
    assert_eq!((summary.rounds_done(), summary.rounds_planned()), (2, 4 * 2 * 3));
}

#[test]
fn a_failure_stays_whatever_comes_after_it() {
    let summary = applied(&[
        RunEvent::TrialStarted { cell: 0, fork: 0 },
        round(0, 0, sample::round(0, 1_000_000, None)),
        failed(0, FailureKind::Crash),
        RunEvent::CellSkipped { cell: 0 },
        RunEvent::TrialStarted { cell: 0, fork: 1 },
        RunEvent::TrialDone { cell: 0, fork: 1, done: sample::done() },
    ]);
    let row = summary.cells()[0].row();
    assert_eq!((row.status, row.error.as_deref()), (Status::Failed, Some("crash: it did")));
    assert!(row.ops_per_sec_median.is_some(), "what it measured before is kept");
    assert_eq!(summary.failures().count(), 1);
}

#[test]
fn rows_are_made_anew_after_each_event() {
    let (begin, _) = sample::events();
    let mut summary = RunSummary::new(&begin);
    for n in 0..4 {
        summary.apply(&round(0, 0, sample::round(n, 1_000_000, None)));
        let row = summary.cells()[0].row();
        assert_eq!((row.rounds, row.ops), (u64::from(n) + 1, (u64::from(n) + 1) * 1_000_000));
        assert_eq!(row.ops_per_sec_ci95.is_some(), n >= 2, "an interval needs three rounds");
    }
}

#[test]
fn percentiles_are_those_of_all_latencies_together() {
    let mut reports = vec![sample::round(0, 1_000_000, None), sample::round(1, 1_000_000, None)];
    let latencies: [Vec<u64>; 2] = [(1..=999).collect(), (1..=499).map(|i| 10_000 * i).collect()];
    let mut reference = Histogram::<u64>::new_with_bounds(1, 3_600_000_000_000, 3).unwrap();
    for (report, latencies) in reports.iter_mut().zip(&latencies) {
        report.classes.truncate(1);
        report.classes[0].service = sample::payload(latencies.iter().copied());
        for latency in latencies {
            reference.record(*latency).unwrap();
        }
    }
    let events: Vec<RunEvent> =
        reports.into_iter().enumerate().map(|(fork, r)| round(0, fork as u32, r)).collect();
    let summary = applied(&events);
    let cell = &summary.cells()[0];
    assert_eq!(cell.row().service, Percentiles::of(&reference));
    assert_eq!(cell.row().service, Percentiles::of(cell.histogram()));
    assert_eq!(Percentiles::of(&cell.class_histogram(OpClass::Read)), Percentiles::of(&reference));
    assert!(cell.class_histogram(OpClass::Scan).is_empty());
}

#[test]
fn figures_are_of_one_placement_mode_and_shares_of_all() {
    use PlacementMode::{Far, Mixed, Near};
    let modes = [Far, Near, Far, Mixed, Far, Near, Far, Far];
    let events: Vec<RunEvent> = modes
        .iter()
        .zip(0..)
        .map(|(mode, n)| {
            let ops = if *mode == Near { 3_000_000 } else { 1_000_000 };
            round(2, 0, sample::round(n, ops, Some(*mode)))
        })
        .collect();
    let summary = applied(&events);
    let cell = summary.cell(2).expect("a cell");
    let row = cell.row();
    assert_eq!(row.ops_per_sec_median, Some(5e6), "of far rounds only");
    assert_eq!((row.rounds, cell.counts().rounds, cell.counts().mixed_rounds), (5, 8, 1));
    let shares = row.placement.expect("shares");
    assert_eq!((shares.mode, shares.near, shares.far), (Far, 0.25, 0.625));
    assert_eq!(shares.describe(), "far 0.62 near 0.25 mixed 0.12");
    assert!(row.flags.contains(&Flag::MixedPlacement));
    assert_eq!(cell.samples().len(), 7, "all but the mixed one, each with its mode");
}

#[test]
fn rounds_that_all_straddle_a_flip_have_no_throughput() {
    let report = sample::round(0, 1_000, Some(PlacementMode::Mixed));
    let row = applied(&[round(2, 0, report)]).cells()[2].row().clone();
    assert_eq!((row.rounds, row.ops_per_sec_median, row.service), (0, None, None));
    assert_eq!(row.placement.expect("shares").describe(), "mixed");
}

#[test]
fn shares_that_miss_their_intention_by_more_than_a_point_are_flagged() {
    let flags = |hits: u64, effective: u64| {
        let mut report = sample::round(0, 100_000, None);
        (report.reads, report.hits, report.effective_writes) = (1_000, hits, effective);
        applied(&[round(0, 0, report)]).cells()[0].row().flags.clone()
    };
    assert_eq!(flags(900, 5_000), []);
    assert_eq!(flags(909, 5_900), []);
    assert_eq!(flags(911, 5_000), [Flag::HitShare]);
    assert_eq!(flags(900, 3_900), [Flag::WriteShare]);
}

#[test]
fn a_part_of_a_lap_is_not_held_against_the_shares_of_the_whole() {
    let (mut begin, _) = sample::events();
    begin.cells[0].trace_ops = 100_001;
    let mut report = sample::round(0, 100_000, None);
    (report.reads, report.hits) = (1_000, 500);
    let flags = |rounds: u32| {
        let mut summary = RunSummary::new(&begin);
        (0..rounds).for_each(|_| summary.apply(&round(0, 0, report.clone())));
        summary.cells()[0].row().flags.clone()
    };
    assert_eq!(flags(1), []);
    assert_eq!(flags(2), [Flag::HitShare]);
}

#[test]
fn a_control_that_keeps_nothing_is_not_flagged_for_hitting_nothing() {
    let mut report = sample::round(0, 100_000, None);
    (report.hits, report.effective_writes) = (0, 0);
    let mut done = sample::done();
    done.verified = false;
    let ended = RunEvent::TrialDone { cell: 0, fork: 0, done };
    let row = applied(&[round(0, 0, report), ended]).cells()[0].row().clone();
    assert_eq!((row.verified, row.flags.as_slice()), (Some(false), &[][..]));
}

#[test]
fn writes_that_a_map_does_not_answer_leave_their_share_out() {
    let mut report = sample::round(0, 100_000, None);
    (report.effective_writes, report.unanswered_writes) = (0, 5_000);
    let row = applied(&[round(0, 0, report)]).cells()[0].row().clone();
    assert_eq!((row.effective_write_share, row.flags.as_slice()), (None, &[][..]));
}

#[test]
fn a_wide_interval_is_noisy_and_a_wrong_value_is_flagged() {
    let mut events: Vec<RunEvent> = (0..6)
        .map(|n| round(0, 0, sample::round(n, 1_000_000 + u64::from(n) * 200_000, None)))
        .collect();
    let mut wrong = sample::round(0, 1_000_000, None);
    wrong.wrong_values = 1;
    events.push(round(1, 0, wrong));
    let summary = applied(&events);
    assert_eq!(summary.cells()[0].row().flags, [Flag::Noisy]);
    assert_eq!(summary.cells()[1].row().flags, [Flag::WrongValues]);
}

#[test]
fn a_latency_that_cannot_be_read_is_flagged_and_its_ops_count() {
    let mut report = sample::round(0, 1_000_000, None);
    report.classes[0].service = "no base64".to_owned();
    let row = applied(&[round(0, 0, report)]).cells()[0].row().clone();
    assert_eq!((row.ops, row.flags.as_slice()), (1_000_000, &[Flag::UnreadableLatency][..]));
    assert!(row.service.is_some(), "the other class was read");
}

#[test]
fn the_rows_of_a_cell_add_up() {
    let (_, events) = sample::events();
    let summary = applied(&events);
    let rows = summary.cells()[0].rows();
    let ops = |level, class| -> u64 {
        rows.iter().filter(|r| r.level == level && r.op_class == class).map(|r| r.ops).sum()
    };
    for class in [None, Some(OpClass::Read), Some(OpClass::Write)] {
        assert!(ops(Level::Cell, class) > 0);
        assert_eq!(ops(Level::Cell, class), ops(Level::Fork, class), "{class:?}");
    }
    let classes = ops(Level::Cell, Some(OpClass::Read)) + ops(Level::Cell, Some(OpClass::Write));
    assert_eq!(ops(Level::Cell, None), classes);
}

#[test]
fn memory_and_verification_are_the_forks() {
    let (_, mut events) = sample::events();
    let mut done = sample::done();
    (done.verified, done.bytes_per_entry, done.peak_rss_bytes) = (false, Some(50.3), 1 << 30);
    events.push(RunEvent::TrialDone { cell: 0, fork: 1, done });
    let summary = applied(&events);
    let cell = &summary.cells()[0];
    assert_eq!(cell.verified(), Some(false));
    assert_eq!(cell.peak_rss_bytes(), Some(1 << 30));
    assert!((cell.bytes_per_entry().expect("bytes") - 40.1).abs() < 1e-9);
    assert!((cell.row().allocations_per_op.expect("allocations") - 0.1).abs() < 1e-6);
    assert_eq!(summary.cells()[3].verified(), None);
}

#[test]
fn events_of_cells_outside_the_plan_change_nothing() {
    let summary = applied(&[
        RunEvent::TrialStarted { cell: 99, fork: 0 },
        round(99, 0, sample::round(0, 5, None)),
        failed(99, FailureKind::Panic),
    ]);
    assert!(summary.cells().iter().all(|cell| *cell.state() == CellState::Waiting));
    assert_eq!(summary.failures().count(), 0);
}

#[test]
fn exit_codes_follow_from_cells_and_end() {
    let code = |events: &[RunEvent], end| exit::code(&applied(events), end);
    let wrong = failed(0, FailureKind::WrongValue);
    let hung = failed(1, FailureKind::Hang);
    assert_eq!(code(&[], EndCause::Finished), 0);
    assert_eq!(code(&[], EndCause::Stopped), 0);
    assert_eq!(code(std::slice::from_ref(&wrong), EndCause::Finished), 103);
    assert_eq!(code(&[failed(0, FailureKind::Verification)], EndCause::Finished), 103);
    assert_eq!(code(&[wrong.clone(), hung.clone()], EndCause::Finished), 102);
    assert_eq!(code(&[wrong.clone(), hung.clone()], EndCause::Interrupted), 130);
    assert_eq!(code(&[hung, wrong], EndCause::Terminated), 143);
    for kind in [FailureKind::Panic, FailureKind::Memory, FailureKind::Protocol] {
        assert_eq!(code(&[failed(0, kind)], EndCause::Stopped), 102, "{kind:?}");
    }
}

#[test]
fn the_series_starts_with_the_run_and_ends_with_its_last_round() {
    let events: Vec<RunEvent> =
        (0..3).map(|n| round(0, 0, sample::round(n, 1_000_000, None))).collect();
    let summary = applied(&events);
    let at: Vec<u64> = summary.cells()[0].series().iter().map(|point| point.at_ns).collect();
    assert_eq!(at, [200_000_000, 1_200_000_000, 2_200_000_000]);
    assert_eq!(summary.elapsed_ns(), 2_200_000_000);
}

#[test]
fn a_late_cliff_is_no_steady_state_and_a_short_cell_is_not_judged() {
    let cliff = |rounds: u32| -> Vec<RunEvent> {
        let ops = |n| 1_000_000 + 2_000 * u64::from(n % 3) - if n < 15 { 0 } else { 300_000 };
        (0..rounds).map(|n| round(0, 0, sample::round(n, ops(n), None))).collect()
    };
    let row = |rounds| applied(&cliff(rounds)).cells()[0].row().clone();
    assert_eq!(row(9).disturbance.steady, None);
    assert_eq!(row(15).disturbance.steady, Some(true));
    let cut = row(20);
    assert_eq!(cut.disturbance.steady, Some(false));
    assert!(cut.flags.contains(&Flag::NoSteadyState));
    assert_eq!(cut.rounds, 20, "a cliff is a finding: nothing is cut off");
    assert!(cut.disturbance.odd_rounds >= 5, "{:?}", cut.disturbance);
}

#[test]
fn a_noisy_row_says_what_disturbed_it() {
    let mut events: Vec<RunEvent> = (0..6)
        .map(|n| {
            let mut report = sample::round(n, 1_000_000 + u64::from(n) * 200_000, None);
            report.involuntary_switches = u64::from(n % 2);
            round(0, 0, report)
        })
        .collect();
    events.push(RunEvent::Pressure {
        cell: 0,
        fork: 0,
        elapsed_ns: 1_200_000_000,
        steal_ms: Some(36),
        psi_some_us: None,
    });
    let row = applied(&events).cells()[0].row().clone();
    assert_eq!(row.flags, [Flag::Noisy]);
    assert_eq!(row.disturbance.pressure.steal, Some(0.03));
    assert_eq!(row.disturbance.pressure.psi_some, None, "nobody could tell");
    let causes = row.disturbance.describe();
    assert!(causes.contains("preemptions 50.0 %, steal 3.0 %"), "{causes}");
    assert!(causes.starts_with("interval ±"), "{causes}");
}
