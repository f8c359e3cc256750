//! What a run says of itself: the harness by the map that keeps nothing, the noise by one map against
//! itself; neither of them a result.

mod sample;

use mapbench_core::event::{Failure, FailureKind, Role, RoundReport, RunBegin, RunEvent};
use mapbench_results::export::{self, Format, Run};
use mapbench_results::units::Charset;
use mapbench_results::{RunSummary, exit, table};

fn round(cell: u32, n: u32, ops: u64) -> RunEvent {
    let report = RoundReport { n, ops, elapsed_ns: 10_000_000, ..RoundReport::default() };
    RunEvent::Round { cell, fork: 0, report: Box::new(report) }
}

/// One measured cell at 100 ns per op, a floor at 5 ns, and twins of which the first is 1 % faster,
/// give or take.
fn calibrated() -> (RunBegin, Vec<RunEvent>) {
    let mut cells = vec![sample::cell(0, "sharded", 1), sample::cell(1, "noop", 1)];
    cells.extend([2, 3].map(|id| sample::cell(id, "sharded", 1)));
    cells[1].role = Role::Floor;
    cells[2].role = Role::Twin { of: 0 };
    cells[3].role = Role::Twin { of: 0 };
    let mut begin = sample::begin(cells);
    begin.rounds = 20;
    let mut events = Vec::new();
    for n in 0..20 {
        events.push(round(0, n, 100_000));
        events.push(round(1, n, 2_000_000));
        let wobble = [0, 600, 100, 900][n as usize / 2 % 4];
        events.push(round(2, n, 101_000 + wobble));
        events.push(round(3, n, 100_000));
    }
    (begin, events)
}

fn summary(begin: &RunBegin, events: &[RunEvent]) -> RunSummary {
    let mut summary = RunSummary::new(begin);
    for event in events {
        summary.apply(event);
    }
    summary
}

#[test]
fn the_floor_and_the_noise_are_told_and_have_no_rows() {
    let (begin, events) = calibrated();
    let summary = summary(&begin, &events);
    assert_eq!((summary.cells().len(), summary.calibrating().len()), (1, 3));
    assert_eq!((summary.rounds_done(), summary.rounds_planned()), (20, 2 * 20));
    let own = summary.calibration(&summary.cells()[0]);
    assert_eq!((own.floor_ns_per_op, own.floor_share), (Some(5.0), Some(0.05)));
    let noise = own.noise.expect("noise");
    assert_eq!(noise.quads, 10);
    assert!((1.012..1.016).contains(&noise.ratio), "{noise:?}");
    assert!(noise.interval.low > 1.0 && noise.interval.high < 1.02, "{noise:?}");
    let detectable = noise.detectable.expect("rounds enough");
    assert!((0.001..0.02).contains(&detectable), "{noise:?}");

    let text = table::render(&summary, Charset::Ascii);
    assert!(text.contains("harness: 5.0 ns of each op, 5.0 % of sharded"), "{text}");
    assert!(text.contains("noise: at 1 thread sharded was 1.01"), "{text}");
    assert!(!text.contains("noop"), "{text}");
    let mut bytes = Vec::new();
    export::write(Format::CsvRounds, Run::of(&summary).with_events(&events), &mut bytes)
        .expect("written");
    let csv = String::from_utf8(bytes).expect("text");
    assert!(!csv.contains("noop"));
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let floor = rows.headers().expect("headers").iter().position(|name| name == "floor_ns_per_op");
    let rows: Vec<csv::StringRecord> = rows.records().map(|row| row.expect("a row")).collect();
    assert_eq!(&rows[0][floor.expect("a column")], "5.000");
    // The cell, its fork, 20 rounds, and what was left out.
    assert_eq!(rows.len(), 2 + 20 + 1);
}

#[test]
fn strict_runs_end_with_5_where_rounds_scatter() {
    let (begin, mut events) = calibrated();
    let end = mapbench_core::event::EndCause::Finished;
    let done = |fork| RunEvent::TrialDone { cell: 0, fork, done: sample::done() };
    events.extend([done(0), done(1)]);
    assert_eq!(exit::strict_code(&summary(&begin, &events), end), 0);
    for n in 20..40 {
        events.insert(0, round(0, n, 100_000 + 10_000 * u64::from(n % 7)));
    }
    let noisy = summary(&begin, &events);
    assert_eq!((exit::code(&noisy, end), exit::strict_code(&noisy, end)), (0, 5));
}

#[test]
fn a_failed_calibration_spoils_neither_the_exit_code_nor_the_rest() {
    let (begin, mut events) = calibrated();
    let failure = Failure { kind: FailureKind::Hang, message: "silent".to_owned() };
    events.retain(|event| !matches!(event, RunEvent::Round { cell: 3, .. }));
    events.push(RunEvent::TrialFailed { cell: 3, fork: 0, failure, noticed_after_ns: 1 });
    let summary = summary(&begin, &events);
    assert_eq!(exit::code(&summary, mapbench_core::event::EndCause::Finished), 0);
    let own = summary.calibration(&summary.cells()[0]);
    assert_eq!((own.floor_ns_per_op, own.noise), (Some(5.0), None));
    assert!(!table::render(&summary, Charset::Ascii).contains("noise:"));
}
