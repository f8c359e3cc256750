//! Two stored runs against each other: what fails, what does not, and what is refused.

mod compare_sample;
mod sample;

use compare_sample::{plain, run};
use mapbench_core::event::{Failure, FailureKind, RunBegin, RunEvent, Subject, UiMode};
use mapbench_results::RunSummary;
use mapbench_results::compare::{
    Basis, CompareError, Compared, EqualRuns, Filter, NamedRun, Overall, across, page, stored,
};
use mapbench_results::exit::ExitCause;
use mapbench_results::gate::Verdict;
use mapbench_results::store::{FileStamp, RunDigest};
use mapbench_results::units::Charset;

fn named<'r>(name: &'r str, summary: &'r RunSummary) -> NamedRun<'r> {
    NamedRun { name, summary }
}

fn compared(a: &RunSummary, b: &RunSummary) -> Compared {
    let none = EqualRuns::default();
    stored(named("run a", a), named("run b", b), &none, Filter::ALL).expect("comparable")
}

fn scaled(forks: u32, factor: f64) -> RunSummary {
    run(&plain(forks), |_, _| 10e6 * factor)
}

#[test]
fn a_tenth_less_throughput_is_a_regression_and_a_thousandth_is_none() {
    for (forks, basis) in [(3, Basis::Forks), (2, Basis::Rounds)] {
        let slower = compared(&scaled(forks, 1.0), &scaled(forks, 0.9));
        assert_eq!(slower.overall(), Overall::Regression, "{slower:?}");
        assert_eq!(slower.exit_cause(false), ExitCause::Regression);
        for cell in &slower.cells {
            assert_eq!((cell.basis, cell.forks), (basis, forks));
            assert!((cell.judgement.slowdown - 1.0 / 0.9 + 1.0).abs() < 1e-3, "{cell:?}");
            assert!(cell.judgement.interval.contains(1.0 / 0.9 - 1.0));
        }
        let same = compared(&scaled(forks, 1.0), &scaled(forks, 0.999));
        assert_eq!(same.overall(), Overall::Same, "{same:?}");
        assert_eq!(same.exit_cause(true), ExitCause::Fine);
    }
}

#[test]
fn one_fork_a_side_never_fails() {
    let halved = compared(&scaled(1, 1.0), &scaled(1, 0.5));
    assert_eq!(halved.overall(), Overall::Inconclusive);
    assert_eq!(halved.exit_cause(true), ExitCause::Inconclusive);
    assert!(halved.cells.iter().all(|cell| cell.basis == Basis::Nothing));
    let text = page::render(&halved, 80, Charset::Utf8);
    assert!(text.contains("--forks 3"), "{text}");
}

#[test]
fn forks_that_scatter_are_inconclusive_and_not_a_regression() {
    // B's processes are between 20 % slower and 20 % faster than A's.
    let scatter = |fork: u32| 10e6 * [0.8, 1.2, 0.85][fork as usize];
    let b = run(&plain(3), |_, fork| scatter(fork));
    let judged = compared(&scaled(3, 1.0), &b);
    assert_eq!(judged.overall(), Overall::Inconclusive, "{judged:?}");
}

/// A run of the store, of a program of this hash.
fn digest(id: &str, program: &str, factor: f64) -> RunDigest {
    let mut begin = plain(3);
    id.clone_into(&mut begin.run_id);
    let hash = Some(program.to_owned());
    begin.subject = Some(Subject { program_hash: hash, ..Subject::default() });
    let mut summary = run(&begin, |_, _| 10e6 * factor);
    summary.apply(&RunEvent::End(sample::end()));
    let file = FileStamp { name: format!("{id}.ndjson"), bytes: 1, modified_ns: 1 };
    RunDigest::of_summary(&summary, file)
}

#[test]
fn what_equal_runs_differed_by_raises_what_fails() {
    let store = [digest("r1", "one", 1.0), digest("r2", "two", 0.5), digest("r3", "one", 1.04)];
    let equal = EqualRuns::among(&store, &plain(3), ["a", "b"]);
    assert_eq!(equal.pairs(), 1, "r1 and r3 are of one program");
    let (a, b) = (scaled(3, 1.0), scaled(3, 0.9));
    let judged = stored(named("a", &a), named("b", &b), &equal, Filter::ALL).expect("comparable");
    assert_eq!(judged.equal_runs, 1);
    let cell = &judged.cells[0];
    assert!(cell.floor.is_some_and(|floor| (floor - 0.04).abs() < 0.002), "{cell:?}");
    assert!((cell.judgement.delta - 0.12).abs() < 0.01, "{cell:?}");
    assert_ne!(cell.judgement.verdict, Verdict::Fail);
}

#[test]
fn the_compared_pair_and_runs_of_another_machine_say_nothing_of_noise() {
    let store = [digest("r1", "one", 1.0), digest("r3", "one", 0.5)];
    assert_eq!(EqualRuns::among(&store, &plain(3), ["r3", "r1"]), EqualRuns::default());
    let mut other = plain(3);
    other.machine.cpu = "Another processor".to_owned();
    assert_eq!(EqualRuns::among(&store, &other, ["a", "b"]), EqualRuns::default());
}

#[test]
fn another_machine_protocol_or_trace_is_refused_field_by_field() {
    let a = scaled(3, 1.0);
    let mut other: RunBegin = plain(3);
    other.machine.cpu = "Another processor".to_owned();
    other.ui = UiMode::BetweenRounds;
    for cell in &mut other.cells {
        cell.trace_hash = "ffffffffffffffff".to_owned();
    }
    let b = run(&other, |_, _| 10e6);
    let none = EqualRuns::default();
    let refused = stored(named("a", &a), named("b", &b), &none, Filter::ALL);
    let Err(error @ CompareError::Differs { .. }) = refused else { panic!("{refused:?}") };
    let text = error.to_string();
    for line in [
        "machine: processor is A processor and Another processor",
        "protocol: user interface is None and BetweenRounds",
        "protocol: trace of curated/read-heavy is 00112233aabbccdd and ffffffffffffffff",
        "--across-machines",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn cells_that_failed_or_that_one_side_has_alone_are_left_out_with_the_reason() {
    let mut begin = plain(3);
    begin.cells.push(sample::cell(2, "papaya", 1));
    let mut b = run(&begin, |_, _| 10e6);
    let failure = Failure { kind: FailureKind::Hang, message: "no progress in 30 s".to_owned() };
    b.apply(&RunEvent::TrialFailed { cell: 1, fork: 2, failure, noticed_after_ns: 1 });
    let judged = compared(&scaled(3, 1.0), &b);
    assert_eq!(judged.cells.len(), 1);
    let reasons: Vec<&str> = judged.left_out.iter().map(|left| left.reason.as_str()).collect();
    assert_eq!(reasons, ["hang in B: no progress in 30 s", "was measured in B only"]);
}

#[test]
fn a_filter_makes_the_family_smaller() {
    let only = |cell: &mapbench_core::event::Cell| cell.adapter == "sharded";
    let (a, b) = (scaled(3, 1.0), scaled(3, 0.9));
    let none = EqualRuns::default();
    let judged = stored(named("a", &a), named("b", &b), &none, Filter::of(&only)).expect("one");
    assert_eq!(judged.cells.len(), 1);
    assert!(judged.left_out.is_empty());
}

#[test]
fn runs_of_two_machines_are_related_to_a_reference_and_not_judged() {
    let mut other = plain(3);
    other.machine.cpu = "Another processor".to_owned();
    let rate = |cell: &mapbench_core::event::Cell| if cell.id == 0 { 20e6 } else { 10e6 };
    let a = run(&plain(3), |cell, _| rate(cell));
    let b = run(&other, |cell, _| rate(cell) * 0.5);
    let related =
        across(named("a", &a), named("b", &b), "dashmap/v6", Filter::ALL).expect("ratios");
    let (adapter, in_a, in_b) = &related.settings[0].ratios[0];
    assert_eq!(adapter, "sharded");
    assert!((in_a.ratio - 2.0).abs() < 0.02 && (in_b.ratio - 2.0).abs() < 0.02);
    let text = page::across::render(&related, 80, Charset::Utf8);
    assert!(text.contains("Nothing is judged"), "{text}");
    let unknown = across(named("a", &a), named("b", &b), "std/rwlock", Filter::ALL);
    assert!(matches!(unknown, Err(CompareError::NoReference { .. })), "{unknown:?}");
}

#[test]
fn the_page_fits_its_columns_and_says_which_way_round() {
    let judged = compared(&scaled(3, 1.0), &scaled(3, 0.9));
    for columns in [80, 120] {
        let text = page::render(&judged, columns, Charset::Utf8);
        for line in text.lines() {
            assert!(line.chars().count() <= columns, "{columns}: {line}");
        }
        for words in ["slower by", "FAIL", "REGRESSION: 2 of 2 fail", "+11.1 %"] {
            assert!(text.contains(words), "{text}");
        }
    }
    assert!(page::render(&judged, 80, Charset::Ascii).is_ascii());
}
