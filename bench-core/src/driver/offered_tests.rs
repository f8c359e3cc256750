//! Whole trials in open loop: closed-loop traces that are offered at a rate, against a locked map.

use super::testing::{Family, HONEST, Script, ordered_trace, paced_trace, spec, trace_of, word};
use super::trial;
use crate::event::{FailureKind, Offered, Order, RoundOrder, RoundReport, TrialSpec};
use crate::event::{Work, WorkerMessage};
use crate::op::OpKind::{Get, Insert, Remove};
use crate::trace::{Shape, Trace};
use crate::workload::Schedule;

/// Runs four rounds of 20 ms and what is unmeasured before them.
fn offered(trace: &Trace, threads: u32, per_s: f64, schedule: Schedule) -> Script {
    let offered = Some(Offered { per_s, schedule });
    run(trace, &TrialSpec { offered, ..spec(threads) })
}

fn run(trace: &Trace, spec: &TrialSpec) -> Script {
    let mut script = Script::default();
    let work = match trace.header.shape {
        Shape::Steady => Work::DurationNs(20_000_000),
        Shape::OneShot => Work::Trace,
    };
    let rounds =
        (0..4).map(|n| Order::Round(RoundOrder { n, work, warm_ns: 2_000_000, sampled: false }));
    script.orders.extend(rounds);
    script.orders.push_back(Order::Stop {});
    // What went wrong is the last message.
    let _ = trial::<Family<HONEST>>(spec, trace, &mut script);
    script
}

fn reports(script: &Script) -> Vec<&RoundReport> {
    let last = script.messages.last();
    assert!(matches!(last, Some(WorkerMessage::Done(done)) if done.verified), "{last:?}");
    let reports = script.messages.iter().filter_map(|message| match message {
        WorkerMessage::Round(report) => Some(&**report),
        _ => None,
    });
    reports.collect()
}

fn sum(script: &Script, of: fn(&RoundReport) -> u64) -> u64 {
    reports(script).into_iter().map(of).sum()
}

/// Gets, and pairs of a remove and an insert.
fn mixed() -> Trace {
    let words = (0..3_000_u32).flat_map(|step| {
        let key = step * 13 % 90;
        [word(Get, 0, key), word(Remove, 0, key), word(Insert, 0, key)]
    });
    trace_of(words.collect(), 100, 90)
}

#[test]
fn as_many_ops_are_due_as_the_rate_says_and_no_op_runs_before_it_is_due() {
    for (threads, schedule) in
        [(1, Schedule::Uniform), (1, Schedule::Poisson), (2, Schedule::Uniform)]
    {
        let script = offered(&mixed(), threads, 100_000.0, schedule);
        // 80 ms of 100 per ms; on a schedule of equal distances to the op.
        let due = sum(&script, |report| report.due_events);
        let slack = if schedule == Schedule::Uniform { 8 } else { 400 };
        assert!(due.abs_diff(8_000) <= slack, "{threads} {schedule:?}: {due}");
        assert_eq!(due, sum(&script, |report| report.offered_ops));
        let (mut due, mut done) = (0, 0);
        for report in reports(&script) {
            due += report.due_events;
            done += report.ops;
            assert_eq!((report.ops, report.done_events), (report.achieved_ops, report.ops));
            // Those of the unmeasured parts so far, when they were done late.
            assert!(done <= due + 400 * 2 * 4, "{done} of {due}");
            assert!(report.offered_ns.abs_diff(20_000_000) < 1_000, "{}", report.offered_ns);
            // Every op is timed, and all of them from when they were due.
            assert!(report.ops == 0 || report.classes.iter().all(|c| !c.intended.is_empty()));
        }
    }
}

#[test]
fn an_order_across_threads_is_kept_under_a_pace_and_arrivals_are_counted_once() {
    for threads in [1, 2, 3] {
        // 500 subjects in a lap, of seven events each: laps end while it is offered.
        let script = offered(&ordered_trace(500), threads, 20_000.0, Schedule::Uniform);
        let due = sum(&script, |report| report.due_events);
        // Twenty a millisecond.
        assert!(due.abs_diff(1_600) <= 8, "{threads}: {due}");
        for report in reports(&script) {
            assert!(report.ops == 0 || report.achieved_ops == report.ops, "{report:?}");
            assert!(report.actors.is_empty());
        }
    }
}

#[test]
fn a_pass_over_an_ordered_trace_at_a_rate_is_the_whole_trace() {
    let mut trace = ordered_trace(200);
    trace.header.shape = Shape::OneShot;
    for threads in [1, 2] {
        let script = offered(&trace, threads, 10_000.0, Schedule::Uniform);
        for report in reports(&script) {
            assert_eq!(report.ops, trace.header.ops);
            assert_eq!((report.due_events, report.late_events), (200, 0));
            assert_eq!(report.offered_ops, trace.header.ops);
            assert!(report.offered_ns.abs_diff(20_000_000) < 10_000, "{}", report.offered_ns);
        }
    }
}

#[test]
fn what_a_map_cannot_do_in_time_is_offered_and_not_achieved() {
    let script = offered(&mixed(), 1, 2e9, Schedule::Poisson);
    let (offered, achieved) =
        (sum(&script, |report| report.offered_ops), sum(&script, |report| report.achieved_ops));
    assert!(offered.abs_diff(160_000_000) < 1_600_000, "{offered}");
    assert!(achieved > 0 && achieved < offered / 10, "{achieved} of {offered}");
    for report in reports(&script) {
        assert!(report.late_events <= report.due_events && report.late_events > 0);
    }
}

#[test]
fn a_rate_is_for_the_actors_without_a_pace_and_others_keep_theirs() {
    let script = offered(&paced_trace(), 2, 50_000.0, Schedule::Uniform);
    // Of the writer, an event every millisecond; of the readers, fifty.
    let mut actors = [(0, 0); 2];
    for report in reports(&script) {
        assert_eq!(report.actors.len(), 2);
        for (sum, actor) in actors.iter_mut().zip(&report.actors) {
            *sum = (sum.0 + actor.due, sum.1 + actor.done);
        }
    }
    assert!(actors[0].0.abs_diff(4_000) <= 8 && actors[1].0.abs_diff(80) <= 4, "{actors:?}");
}

#[test]
fn more_threads_than_processors_give_way_while_they_wait() {
    let spec = TrialSpec {
        cpus: vec![crate::driver::allowed_cpus()[0]],
        offered: Some(Offered { per_s: 2_000.0, schedule: Schedule::Uniform }),
        ..spec(3)
    };
    let script = run(&mixed(), &spec);
    assert!(reports(&script).iter().all(|report| report.yielded));
    // Half a millisecond lies between two ops, which is slept through.
    assert!(reports(&script).iter().any(|report| !report.wakes.is_empty()));
    let alone = offered(&mixed(), 1, 2_000.0, Schedule::Uniform);
    assert!(reports(&alone).iter().all(|report| !report.yielded && report.wakes.is_empty()));
}

#[test]
fn a_trace_with_a_pace_of_its_own_and_a_rate_that_is_none_are_refused() {
    let mut paced = paced_trace();
    paced.header.actors.remove(0);
    paced.streams.remove(0);
    for (trace, per_s) in [(&paced, 10.0), (&mixed(), 0.0), (&mixed(), f64::NAN)] {
        let script = offered(trace, 1, per_s, Schedule::Poisson);
        let Some(WorkerMessage::Error(failure)) = script.messages.last() else {
            panic!("{per_s}: {:?}", script.messages.last());
        };
        assert_eq!(failure.kind, FailureKind::Protocol);
    }
}
