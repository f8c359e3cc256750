//! Whole trials through the protocol, against a locked map that is honest or misbehaves.

use super::testing::{
    Family, HANGS, HONEST, LIES, LOSES, PANICS, Script, ordered_trace, paced_trace, spec, trace_of,
    word,
};
use super::trial;
use crate::event::{
    Counters, FailureKind, Order, RoundOrder, RoundReport, TrialSpec, Work, WorkerMessage,
};
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
    (0..count)
        .map(move |n| Order::Round(RoundOrder { n, work, warm_ns: 1_000_000, sampled: false }))
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
fn rounds_of_words_run_exactly_as_many_whatever_the_time() {
    let trace = mixed_trace();
    for threads in [1, 2] {
        let work = Work::Words { warm: 700, measured: 30_001 };
        let script = run::<HONEST>(&spec(threads), &trace, work);
        assert!(matches!(script.messages.last(), Some(WorkerMessage::Done(done)) if done.verified));
        for report in reports(&script) {
            assert_eq!(report.ops_per_thread, vec![30_001; threads as usize]);
        }
    }
    // Two threads of an ordered trace wait for each other, and paced ones for the time.
    let work = Work::Words { warm: 0, measured: 100 };
    for (threads, trace) in [(2, ordered_trace(50)), (1, paced_trace())] {
        let script = run::<HONEST>(&spec(threads), &trace, work);
        assert_eq!(failure_of(&script), FailureKind::Protocol);
    }
}

#[test]
fn an_honest_map_passes_with_every_type_and_thread_count() {
    let trace = mixed_trace();
    for threads in [1, 2, 3] {
        for key in [KeyKind::U64, KeyKind::String] {
            let values = [ValueKind::Word, ValueKind::Inline224, ValueKind::Arc224];
            let boxed = (key == KeyKind::U64).then_some(ValueKind::Boxed(100));
            for value in values.into_iter().chain(boxed) {
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
fn boxed_values_are_for_u64_keys_only() {
    let spec = TrialSpec { key: KeyKind::String, value: ValueKind::Boxed(100), ..spec(1) };
    let script = run::<HONEST>(&spec, &mixed_trace(), SHORT);
    assert_eq!(failure_of(&script), FailureKind::Protocol);
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
fn what_a_map_counts_is_told_per_round_and_in_all() {
    let work = Work::Words { warm: 5_000, measured: 20_000 };
    let script = run::<HONEST>(&spec(1), &mixed_trace(), work);
    let calls = |counters: &Counters| counters["calls"];
    let mut rounds = 0;
    for report in reports(&script) {
        // Each op is a call, and a few timed reads are followed by one more.
        let (calls, ops) = (calls(&report.counters), report.ops);
        assert!((ops..=ops + ops / 64).contains(&calls), "{calls} calls for {ops} ops");
        rounds += calls;
    }
    let Some(WorkerMessage::Done(done)) = script.messages.last() else { panic!("not done") };
    // Prefill, warm-up and verification are calls, too.
    assert!(rounds > 0 && calls(&done.counters) > rounds);
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

fn done(script: &Script) -> bool {
    matches!(script.messages.last(), Some(WorkerMessage::Done(done)) if done.verified)
}

#[test]
fn actors_that_follow_each_other_end_in_the_known_state_on_any_number_of_threads() {
    // Rounds stop anywhere, many laps are run, and threads outnumber processors.
    for (subjects, threads) in [(1_000, 1), (1_000, 2), (1_000, 3), (100, 7), (3, 2)] {
        let trace = ordered_trace(subjects);
        let script = run::<HONEST>(&spec(threads), &trace, SHORT);
        assert!(done(&script), "{subjects} {threads}: {:?}", script.messages.last());
        assert!(reports(&script).iter().any(|report| report.ops > 0));
        for report in reports(&script) {
            let by_map: u64 = report.maps.iter().map(|map| map.ops).sum();
            assert_eq!((by_map, report.maps.len()), (report.ops, 2));
            assert!(
                report.maps.iter().all(|map| map.busy_ns > 0 || report.ops < 1_000),
                "{report:?}"
            );
            assert!(
                report.maps[1].entries <= 2 && report.maps[0].entries >= u64::from(subjects) - 1
            );
        }
    }
}

#[test]
fn a_pass_over_an_ordered_trace_finds_the_same_on_any_number_of_threads() {
    let mut trace = ordered_trace(200);
    trace.header.shape = Shape::OneShot;
    for threads in [1, 2, 4] {
        let script = run::<HONEST>(&spec(threads), &trace, Work::Trace);
        assert!(done(&script), "{threads}: {:?}", script.messages.last());
        for report in reports(&script) {
            assert_eq!(report.ops, trace.header.ops);
            let share = report.hits as f64 / report.reads as f64;
            assert!((share - trace.header.hit_share.unwrap()).abs() < 1e-9, "{threads}: {share}");
            let bulk = report.classes.iter().find(|class| class.class.name() == "bulk");
            assert_eq!(bulk.map(|class| class.ops), Some(200));
            let top = report.top_key_ops as f64 / report.ops as f64;
            assert!((top - trace.header.top_key.unwrap().share).abs() < 1e-9);
        }
    }
}

#[test]
fn who_updates_after_another_thread_is_counted() {
    let trace = trace_of(vec![word(Update, 0, 3); 1_000], 10, 10);
    let one = run::<HONEST>(&spec(1), &trace, SHORT);
    assert!(reports(&one).iter().all(|report| report.contended_updates == 0));
    let two = run::<HONEST>(&spec(2), &trace, Work::DurationNs(50_000_000));
    assert!(reports(&two).iter().any(|report| report.contended_updates > 0));
    assert!(reports(&two).iter().all(|report| report.updates == report.ops));
}

#[test]
fn events_of_a_paced_actor_happen_when_they_are_due() {
    for threads in [1, 2] {
        let script = run::<HONEST>(&spec(threads), &paced_trace(), Work::DurationNs(20_000_000));
        assert!(done(&script), "{threads}: {:?}", script.messages.last());
        let (mut due, mut late_before) = (0, 0);
        for report in reports(&script) {
            let writes = report.classes.iter().find(|class| class.class.name() == "write");
            assert!(writes.is_none_or(|class| !class.intended.is_empty()), "{report:?}");
            // Each event writes twice. A round may be held up by others, but never is more done
            // than was due.
            let most = 2 * (report.due_events + late_before + 2);
            assert!(report.writes <= most, "{late_before} were late: {report:?}");
            assert!((19..=21).contains(&report.due_events), "{report:?}");
            (due, late_before) = (due + report.due_events, report.late_events);
        }
        // One a millisecond for four rounds of 20 ms.
        assert!(due > 20, "{due}");
    }
}

#[test]
fn a_hang_is_laid_on_the_thread_that_hangs_and_not_on_those_that_wait() {
    let spec = TrialSpec { timeout_ns: 300_000_000, ..spec(2) };
    let mut trace = ordered_trace(10_000);
    trace.header.shape = Shape::OneShot;
    let script = run::<HANGS>(&spec, &trace, Work::Trace);
    assert_eq!(failure_of(&script), FailureKind::Hang);
}
