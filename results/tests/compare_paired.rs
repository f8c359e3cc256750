//! A live comparison, from its events: quads, floors, the harness, looks, and what is left out.

mod compare_sample;
mod sample;

use compare_sample::{ROUNDS, arms, pair_up, run};
use mapbench_core::event::{Failure, FailureKind, RunEvent};
use mapbench_results::RunSummary;
use mapbench_results::compare::{CompareError, Compared, Filter, Overall, json, page, paired};
use mapbench_results::exit::ExitCause;
use mapbench_results::gate::Verdict;
use mapbench_results::stats::Looks;
use mapbench_results::units::Charset;

/// A comparison whose B and whose floor are so many times as slow.
fn live(forks: u32, looks: u32, slowdown: f64, harness: f64) -> RunSummary {
    let mut summary = run(&arms(forks, looks), |cell, _| match cell.id {
        1 => 10e6 / slowdown,
        4 => 100e6,
        5 => 100e6 / harness,
        _ => 10e6,
    });
    pair_up(&mut summary);
    summary
}

fn judged(summary: &RunSummary) -> Compared {
    paired(summary, Filter::ALL).expect("a live comparison")
}

#[test]
fn a_slower_b_fails_and_an_equal_one_is_the_same() {
    let slower = judged(&live(3, 1, 1.1, 1.0));
    assert_eq!(slower.cells.len(), 1, "arms, twins and floors are one cell: {slower:?}");
    let cell = &slower.cells[0];
    assert_eq!((&cell.judgement.verdict, cell.forks), (&Verdict::Fail, 3));
    assert_eq!(cell.n, 3 * ROUNDS as usize / 2, "quads");
    assert!((cell.judgement.slowdown - 0.1).abs() < 0.01, "{cell:?}");
    assert!(cell.floor.is_some_and(|floor| floor < 0.005), "of the twins: {cell:?}");
    assert_eq!(judged(&live(3, 1, 1.0, 1.0)).overall(), Overall::Same);
    assert_eq!(judged(&live(3, 1, 1.004, 1.0)).exit_cause(true), ExitCause::Fine);
}

#[test]
fn both_commits_and_what_differs_are_named() {
    let judged = judged(&live(3, 1, 1.0, 1.0));
    assert_eq!(judged.a.name, "commit aaaaaaa Before");
    assert_eq!(judged.b.name, "commit bbbbbbb After");
    let fields: Vec<&str> = judged.treatment.iter().map(|of| of.field.as_str()).collect();
    assert_eq!(fields, ["commit", "Cargo.lock"]);
    let text = page::render(&judged, 80, Charset::Utf8);
    assert!(text.contains("A  commit aaaaaaa Before"), "{text}");
}

#[test]
fn a_harness_that_changed_is_told_in_words() {
    // The floor is a tenth of the cell's time: 10 % of it are 1 % of the cell.
    let changed = judged(&live(3, 1, 1.01, 1.1));
    let shift = &changed.harness[0];
    assert!(shift.is_change() && (shift.share - 0.01).abs() < 0.002, "{shift:?}");
    assert_eq!(shift.adapter, "sharded");
    let text = page::render(&changed, 120, Charset::Utf8);
    assert!(text.contains("harness changed"), "{text}");
    // 2 % of a tenth are .2 %: detected, and too little to matter.
    let small = judged(&live(3, 1, 1.0, 1.02));
    assert!(!small.harness[0].is_change(), "{small:?}");
}

#[test]
fn registered_looks_have_their_price_whether_used_or_not() {
    let one = judged(&live(3, 1, 1.02, 1.0));
    let four = judged(&live(3, 4, 1.02, 1.0));
    assert_eq!((one.looks, four.looks), (Looks::One, Looks::Four));
    let width = |of: &Compared| of.cells[0].judgement.interval.half_width();
    assert!(width(&four) > width(&one), "{one:?} {four:?}");
}

#[test]
fn an_arm_that_crashed_is_left_out_and_said() {
    let mut summary = live(3, 1, 1.1, 1.0);
    let failure = Failure { kind: FailureKind::Hang, message: "no progress".to_owned() };
    summary.apply(&RunEvent::TrialFailed { cell: 1, fork: 2, failure, noticed_after_ns: 1 });
    let judged = judged(&summary);
    assert!(judged.cells.is_empty());
    assert_eq!(judged.left_out[0].reason, "hang in B: no progress");
    assert_eq!(judged.overall(), Overall::Inconclusive);
}

#[test]
fn a_run_of_one_program_is_no_comparison() {
    let plain = run(&compare_sample::plain(2), |_, _| 1e6);
    let refused = paired(&plain, Filter::ALL);
    assert!(matches!(refused, Err(CompareError::OneArm { .. })), "{refused:?}");
}

#[test]
fn the_json_has_every_figure_and_all_causes() {
    let mut bytes = Vec::new();
    let causes = [ExitCause::AdapterFailed, ExitCause::Regression];
    json::write(&judged(&live(3, 1, 1.1, 1.0)), &causes, &mut bytes).expect("written");
    let file: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(file["schema_version"], 1);
    assert_eq!(file["exit_code"], 102, "a crash outranks a regression");
    assert_eq!(file["exit_causes"], serde_json::json!(["adapter-failed", "regression"]));
    assert_eq!(file["cells"][0]["verdict"], "fail");
    assert!(file["cells"][0]["slowdown"].as_f64().is_some_and(|by| (by - 0.1).abs() < 0.01));
    assert_eq!(file["harness"][0]["changed"], false);
    assert_eq!(file["treatment"][0]["field"], "commit");
}
