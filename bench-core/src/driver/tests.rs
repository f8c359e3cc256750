//! Whole trials through the protocol, against a locked map that is honest or misbehaves.

use super::testing::{Family, HANGS, HONEST, LIES, LOSES, PANICS, Script, spec, trace_of, word};
use super::trial;
use crate::event::{FailureKind, Order, RoundOrder, RoundReport, TrialSpec, Work, WorkerMessage};
use crate::key::KeyKind;
use crate::op::OpKind::{Get, GetCloned, Has, Insert, Overwrite, Remove, Scan, Update};
use crate::trace::{Shape, Trace};
use crate::value::ValueKind;

fn mixed_trace() -> Trace {
    let mut words = Vec::new();
    for step in 0..3_000_u32 {
        let key = (step * 13) % 90;
        words.push(word(Get, 0, key));
        words.push(word(Update, 0, step % 10));
        words.push(word(Overwrite, 0, 10 + step % 10));
        words.push(word(Insert, 0, 90 + step % 10));
        words.push(word(GetCloned, 0, 90 + step % 10));
        words.push(word(Has, 0, key));
        words.push(word(Remove, 0, 90 + step % 10));
    }
    words.push(word(Scan, 0, 0));
    trace_of(words, 100, 90)
}

fn rounds(count: u32, work: Work) -> impl Iterator<Item = Order> {
    (0..count).map(move |n| Order::Round(RoundOrder { n, work, warm_ns: 1_000_000 }))
}

fn run<const MISDEED: u8>(spec: &TrialSpec, trace: &Trace, work: Work) -> Script {
    let mut script = Script::default();
    script.orders.extend(rounds(4, work));
    script.orders.push_back(Order::Stop {});
    let outcome = trial::<Family<MISDEED>>(spec, trace, &mut script);
    let failed = matches!(script.messages.last(), Some(WorkerMessage::Error(_)));
    assert_eq!(outcome.is_err(), failed);
    script
}

fn reports(script: &Script) -> Vec<&RoundReport> {
    let reports = script.messages.iter().filter_map(|message| match message {
        WorkerMessage::Round(report) => Some(&**report),
        _ => None,
    });
    reports.collect()
}

fn failure_of(script: &Script) -> FailureKind {
    match script.messages.last() {
        Some(WorkerMessage::Error(failure)) => failure.kind,
        other => panic!("no failure but {other:?}"),
    }
}

const SHORT: Work = Work::DurationNs(5_000_000);

#[test]
fn an_honest_map_passes_with_every_type_and_thread_count() {
    let trace = mixed_trace();
    for threads in [1, 2, 3] {
        for key in [KeyKind::U64, KeyKind::String] {
            for value in [ValueKind::Word, ValueKind::Inline224, ValueKind::Arc224] {
                let spec = TrialSpec { key, value, ..spec(threads) };
                let script = run::<HONEST>(&spec, &trace, SHORT);
                let Some(WorkerMessage::Done(done)) = script.messages.last() else {
                    panic!("{key:?} {value:?} {threads}: {:?}", script.messages.last());
                };
                assert!(done.verified);
                assert_eq!(reports(&script).len(), 4);
            }
        }
    }
}

#[test]
fn counts_of_a_round_add_up() {
    let script = run::<HONEST>(&spec(1), &mixed_trace(), SHORT);
    for report in reports(&script) {
        assert_eq!(report.ops, report.classes.iter().map(|class| class.ops).sum::<u64>());
        assert_eq!(report.ops, report.ops_per_thread.iter().sum::<u64>());
        assert!(report.ops > 0 && report.elapsed_ns > 0 && report.started_ns > 0);
        assert!(report.hits <= report.reads && report.effective_writes <= report.writes);
        // One op in 64 is timed, so a round of a thousand ops cannot go without.
        for class in report.classes.iter().filter(|class| class.ops > 1_000) {
            assert!(!class.service.is_empty(), "{class:?} of {report:?}");
        }
    }
}

#[test]
fn a_one_shot_round_is_the_whole_trace_on_new_maps() {
    let mut trace = mixed_trace();
    trace.header.shape = Shape::OneShot;
    for threads in [1, 2] {
        let script = run::<HONEST>(&spec(threads), &trace, Work::Trace);
        let ops: Vec<u64> = reports(&script).iter().map(|report| report.ops).collect();
        assert_eq!(ops, [21_001; 4]);
        assert!(matches!(script.messages.last(), Some(WorkerMessage::Done(done)) if done.verified));
    }
}

#[test]
fn a_lost_update_fails_the_verification() {
    for threads in [1, 2] {
        let script = run::<LOSES>(&spec(threads), &mixed_trace(), SHORT);
        assert_eq!(failure_of(&script), FailureKind::Verification);
    }
}

#[test]
fn a_value_of_another_key_fails_the_round() {
    let script = run::<LIES>(&spec(1), &mixed_trace(), SHORT);
    assert_eq!(failure_of(&script), FailureKind::WrongValue);
    assert_eq!(reports(&script).len(), 1);
}

#[test]
fn a_panic_in_the_map_is_a_failure_with_its_text() {
    let script = run::<PANICS>(&spec(2), &mixed_trace(), SHORT);
    assert_eq!(failure_of(&script), FailureKind::Panic);
    let Some(WorkerMessage::Error(failure)) = script.messages.last() else { return };
    assert!(failure.message.contains("the thousandth call"), "{}", failure.message);
}

#[test]
fn a_hang_is_told_from_a_long_round() {
    let spec = TrialSpec { timeout_ns: 300_000_000, ..spec(2) };
    let script = run::<HANGS>(&spec, &mixed_trace(), SHORT);
    assert_eq!(failure_of(&script), FailureKind::Hang);
    let Some(WorkerMessage::Error(failure)) = script.messages.last() else { return };
    assert!(failure.message.contains("its batch begins at op"), "{}", failure.message);
    let long = run::<HONEST>(
        &TrialSpec { timeout_ns: 400_000_000, ..self::spec(1) },
        &mixed_trace(),
        Work::DurationNs(500_000_000),
    );
    assert!(matches!(long.messages.last(), Some(WorkerMessage::Done(_))));
}
