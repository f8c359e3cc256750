//! The schedule, tested without processes and without time.

use mapbench_core::adapter::Requirement;
use mapbench_core::event::{EndCause, Failure, FailureKind, RunEvent, Sequence, StopRule, Work};
use mapbench_results::stats::Looks;

use super::control::Control;
use super::fake::{Fault, SECOND_NS, ordered, pair, plan, plan_of, play, workload};
use super::launch::Death;

fn nobody(_: &RunEvent, _: &Control) {}

/// (fork, cell) of each finished round, in order.
fn rounds(events: &[RunEvent]) -> Vec<(u32, u32)> {
    let round = |event: &RunEvent| match event {
        RunEvent::Round { cell, fork, .. } => Some((*fork, *cell)),
        _ => None,
    };
    events.iter().filter_map(round).collect()
}

fn failures(events: &[RunEvent]) -> Vec<(u32, Failure, u64)> {
    let failure = |event: &RunEvent| match event {
        RunEvent::TrialFailed { cell, failure, noticed_after_ns, .. } => {
            Some((*cell, failure.clone(), *noticed_after_ns))
        }
        _ => None,
    };
    events.iter().filter_map(failure).collect()
}

fn done(events: &[RunEvent]) -> Vec<u32> {
    let done = |event: &RunEvent| match event {
        RunEvent::TrialDone { cell, .. } => Some(*cell),
        _ => None,
    };
    let mut cells: Vec<u32> = events.iter().filter_map(done).collect();
    cells.sort_unstable();
    cells
}

#[test]
fn each_block_holds_each_cell_once_and_the_order_differs() {
    let (events, cause) = play(&plan(2, 12), &[], &mut nobody);
    assert_eq!(cause, EndCause::Finished);
    let rounds = rounds(&events);
    assert_eq!(rounds.len(), 2 * 12 * 3);
    let mut orders = std::collections::HashSet::new();
    for (number, block) in rounds.chunks(3).enumerate() {
        let fork = (number / 12) as u32;
        let mut cells: Vec<u32> = block.iter().map(|&(_, cell)| cell).collect();
        orders.insert(cells.clone());
        cells.sort_unstable();
        assert_eq!(cells, [0, 1, 2], "block {number}");
        assert!(block.iter().all(|&(of, _)| of == fork), "forks are successive");
    }
    assert!(orders.len() > 3, "{orders:?}");
    assert_eq!(done(&events), [0, 0, 1, 1, 2, 2]);
}

#[test]
fn the_same_seed_gives_the_same_order_and_another_one_another() {
    let order = |seed| {
        let mut plan = plan(2, 10);
        plan.settings.seed = seed;
        rounds(&play(&plan, &[], &mut nobody).0)
    };
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
}

#[test]
fn a_worker_that_dies_does_not_stop_the_others() {
    let last_lines = vec!["half a word".to_owned()];
    let death = Death { signal: Some("SIGSEGV".to_owned()), code: None, last_lines };
    let (events, cause) = play(&plan(1, 4), &[("b", Fault::DiesIn(2, death))], &mut nobody);
    assert_eq!(cause, EndCause::Finished);
    let failures = failures(&events);
    let [(1, failure, _)] = &failures[..] else { panic!("{failures:?}") };
    assert_eq!(failure.kind, FailureKind::Crash);
    assert!(failure.message.contains("SIGSEGV") && failure.message.contains("half a word"));
    assert_eq!(rounds(&events).len(), 4 + 2 + 4);
    assert_eq!(done(&events), [0, 2]);
}

#[test]
fn a_cell_that_failed_is_left_out_of_later_forks() {
    let fault = Fault::FailsIn(1, FailureKind::Hang);
    let (events, cause) = play(&plan(3, 2), &[("b", fault)], &mut nobody);
    assert_eq!(cause, EndCause::Finished);
    assert_eq!(failures(&events).len(), 1);
    assert_eq!(rounds(&events).iter().filter(|round| round.1 == 0).count(), 3 * 2);
    let started = |event: &&RunEvent| matches!(event, RunEvent::TrialStarted { cell: 1, .. });
    assert_eq!(events.iter().filter(started).count(), 1);
}

#[test]
fn a_parked_worker_that_dies_is_noticed_while_another_runs() {
    let (events, _) = play(&plan(1, 5), &[("c", Fault::DiesParkedAfter(1))], &mut nobody);
    let failures = failures(&events);
    assert!(matches!(&failures[..], [(2, failure, _)] if failure.kind == FailureKind::Crash));
    assert_eq!(done(&events), [0, 1]);
    assert_eq!(rounds(&events).iter().filter(|round| round.1 == 2).count(), 2);
}

#[test]
fn the_kind_of_failure_follows_from_the_last_words() {
    let kind_of = |fault| failures(&play(&plan(1, 2), &[("a", fault)], &mut nobody).0).remove(0).1;
    let dying = |line: &str| {
        let last_lines = vec![line.to_owned()];
        Fault::DiesIn(0, Death { signal: Some("SIGABRT".to_owned()), code: None, last_lines })
    };
    let memory = kind_of(dying("memory allocation of 4096 bytes failed"));
    assert_eq!(memory.kind, FailureKind::Memory);
    assert_eq!(kind_of(dying("thread 'main' panicked at x.rs:1")).kind, FailureKind::Panic);
    assert_eq!(kind_of(dying("free(): invalid pointer")).kind, FailureKind::Crash);
    let babble = kind_of(Fault::BabblesIn(0, "hello, world".to_owned()));
    assert_eq!(babble.kind, FailureKind::Protocol);
    assert!(babble.message.contains("hello, world"), "{babble:?}");
    let own = kind_of(Fault::FailsIn(1, FailureKind::WrongValue));
    assert_eq!((own.kind, own.message.as_str()), (FailureKind::WrongValue, "as scripted"));
}

#[test]
fn silence_is_a_hang_and_costs_its_backstop_only() {
    let noticed_after = |fault| {
        let (events, cause) = play(&plan(1, 3), &[("b", fault)], &mut nobody);
        assert_eq!(cause, EndCause::Finished);
        assert_eq!(done(&events), [0, 2]);
        let failures = failures(&events);
        let [(1, failure, noticed_after_ns)] = &failures[..] else { panic!("{failures:?}") };
        assert_eq!(failure.kind, FailureKind::Hang);
        *noticed_after_ns
    };
    // 200 ms round, 10 ms warm, twice the timeout of 30 s, 5 s of grace.
    assert_eq!(noticed_after(Fault::SilentIn(1)), 65 * SECOND_NS + 210_000_000);
    assert_eq!(noticed_after(Fault::NeverReady), 60 * SECOND_NS);
    assert_eq!(noticed_after(Fault::SilentAtStop), 60 * SECOND_NS);
}

#[test]
fn a_stop_ends_at_the_round_boundary_and_verifies_what_was_measured() {
    let mut seen = 0;
    let mut act = |event: &RunEvent, control: &Control| {
        seen += u32::from(matches!(event, RunEvent::RoundStarted { .. }));
        if seen == 4 {
            control.ask(|requests| requests.stop = Some(EndCause::Stopped));
        }
    };
    let (events, cause) = play(&plan(3, 9), &[], &mut act);
    assert_eq!(cause, EndCause::Stopped);
    assert_eq!(rounds(&events).len(), 4, "the round under way is finished");
    assert_eq!(done(&events), [0, 1, 2]);
    assert!(failures(&events).is_empty());
}

#[test]
fn a_second_interrupt_kills_at_once() {
    let mut act = |event: &RunEvent, control: &Control| {
        if matches!(event, RunEvent::RoundStarted { order, .. } if order.n == 1) {
            control.interrupt();
            control.interrupt();
        }
    };
    let (events, cause) = play(&plan(2, 9), &[], &mut act);
    assert_eq!(cause, EndCause::Interrupted);
    assert_eq!(rounds(&events).len(), 3);
    assert!(done(&events).is_empty() && failures(&events).is_empty());
}

#[test]
fn a_stop_while_workers_prepare_measures_nothing() {
    let mut act = |event: &RunEvent, control: &Control| {
        if matches!(event, RunEvent::TrialStarted { cell: 1, .. }) {
            control.ask(|requests| requests.stop = Some(EndCause::Terminated));
        }
    };
    let (events, cause) = play(&plan(2, 9), &[], &mut act);
    assert_eq!(cause, EndCause::Terminated);
    assert!(rounds(&events).is_empty() && failures(&events).is_empty());
}

#[test]
fn a_pause_holds_at_the_boundary_until_it_is_lifted() {
    let mut seen = None;
    let mut act = |event: &RunEvent, control: &Control| {
        if matches!(event, RunEvent::Round { .. }) && seen.is_none() {
            // The fake keyboard lifts the pause when the session waits without limit.
            control.ask(|requests| requests.paused = true);
            seen = Some(control.clone());
        }
    };
    let (events, cause) = play(&plan(1, 4), &[], &mut act);
    assert_eq!(cause, EndCause::Finished);
    assert_eq!(rounds(&events).len(), 12);
    assert!(seen.is_some_and(|control| !control.requests().paused), "nobody waited");
}

#[test]
fn a_skipped_cell_runs_no_more_in_any_fork() {
    let mut act = |event: &RunEvent, control: &Control| {
        if matches!(event, RunEvent::Round { cell: 1, report, .. } if report.n == 1) {
            control.ask(|requests| requests.skip.push(1));
        }
    };
    let (events, _) = play(&plan(2, 5), &[], &mut act);
    assert_eq!(rounds(&events).iter().filter(|round| round.1 == 1).count(), 2);
    assert_eq!(rounds(&events).len(), 2 + 2 * 2 * 5);
    assert_eq!(events.iter().filter(|e| matches!(e, RunEvent::CellSkipped { .. })).count(), 1);
    assert_eq!(done(&events), [0, 0, 2, 2]);
}

#[test]
fn groups_that_do_not_fit_take_turns_and_say_so() {
    let roomy = plan(1, 3);
    let two = 2 * roomy.memory_bytes(0);
    let tight = plan_of(&[workload("test/one", &[])], 1, 3, two);
    let (events, _) = play(&tight, &[], &mut nobody);
    let rounds = rounds(&events);
    assert_eq!(rounds.len(), 9);
    let alone = rounds[8].1;
    assert!(rounds[6..].iter().all(|round| round.1 == alone), "{rounds:?}");
    let note = events.iter().find_map(|event| match event {
        RunEvent::Note { text } => Some(text.clone()),
        _ => None,
    });
    assert!(note.is_some_and(|text| text.contains("--max-memory")));
}

#[test]
fn what_does_not_fit_is_listed_with_its_reason() {
    let workloads = [workload("test/one", &[]), workload("test/two", &[Requirement::SnapshotScan])];
    let fits = plan_of(&workloads, 1, 1, u64::MAX);
    assert_eq!((fits.cells.len(), fits.skipped.len(), fits.groups.len()), (6, 0, 2));
    let mut lacking = super::fake::adapters();
    lacking[1].meta.capabilities.scan = mapbench_core::adapter::ScanConsistency::Weak;
    let lacking: Vec<_> = lacking.iter().map(super::variant::Variant::plain).collect();
    let axes = super::plan::Axes { threads: vec![1, 2], ..Default::default() };
    let plan = super::Plan::new(workloads.to_vec(), &lacking, &axes, fits.settings);
    assert_eq!((plan.cells.len(), plan.groups.len()), (10, 4));
    let [skipped] = &plan.skipped[..] else { panic!("{:?}", plan.skipped) };
    assert_eq!((skipped.scenario.as_str(), skipped.adapter.as_str()), ("test/two", "b"));
    assert!(skipped.reason.contains("no snapshot scan"), "{}", skipped.reason);
}

#[test]
fn two_cells_run_abba_or_baab_quads_of_the_same_words() {
    let plan = pair(2, 7, Sequence::Interleaved);
    let (events, _) = play(&plan, &[], &mut nobody);
    let rounds = rounds(&events);
    // Seven rounds are four quads, in each of two forks.
    assert_eq!(rounds.len(), 2 * 4 * 4);
    let quads: std::collections::HashSet<Vec<u32>> =
        rounds.chunks(4).map(|quad| quad.iter().map(|round| round.1).collect()).collect();
    assert_eq!(quads, [vec![0, 1, 1, 0], vec![1, 0, 0, 1]].into());
    // `b` takes 20 ns per word and does 10 million in 200 ms; `a` warms up in 10 for 10 ms.
    let work = Work::Words { warm: 1_000_000, measured: 10_000_000 };
    let of_pair = |event: &RunEvent| match event {
        RunEvent::Quads { cells, work } => Some((*cells, *work)),
        _ => None,
    };
    assert_eq!(events.iter().filter_map(of_pair).collect::<Vec<_>>(), [([0, 1], work)]);
    let orders = ordered(&plan);
    let (a, b): (Vec<_>, Vec<_>) = orders.iter().partition(|(adapter, _)| adapter == "a");
    let works = |orders: &[&(String, mapbench_core::event::RoundOrder)]| -> Vec<Work> {
        orders.iter().map(|(_, order)| order.work).collect()
    };
    assert_eq!(works(&a), works(&b), "both stay at the same place of the trace");
    assert_eq!(works(&a).iter().filter(|one| **one == work).count(), 16);
}

#[test]
fn quads_of_what_does_not_count_in_words_run_by_time() {
    let mut plan = pair(1, 2, Sequence::Interleaved);
    plan.workloads[0].extent.counts_words = false;
    let orders = ordered(&plan);
    assert_eq!(orders.len(), 4);
    assert!(orders.iter().all(|(_, order)| order.work == Work::DurationNs(200_000_000)));
}

#[test]
fn the_survivor_of_a_pair_still_runs_its_rounds() {
    let fault = Fault::FailsIn(1, FailureKind::Panic);
    let (events, cause) = play(&pair(1, 6, Sequence::Interleaved), &[("b", fault)], &mut nobody);
    assert_eq!(cause, EndCause::Finished);
    assert_eq!(rounds(&events).iter().filter(|round| round.1 == 0).count(), 6);
    assert_eq!(done(&events), [0]);
}

#[test]
fn in_blocks_a_cell_runs_all_its_rounds_before_the_next() {
    let (events, _) = play(&pair(1, 3, Sequence::Block), &[], &mut nobody);
    let cells: Vec<u32> = rounds(&events).iter().map(|round| round.1).collect();
    assert!(cells == [0, 0, 0, 1, 1, 1] || cells == [1, 1, 1, 0, 0, 0], "{cells:?}");
}

#[test]
fn a_longer_round_of_the_workload_makes_fewer_rounds() {
    let mut one = workload("test/one", &[]);
    one.round_ns = Some(4 * SECOND_NS);
    let mut settings = plan(2, 25).settings;
    settings.per_fork_ns = Some(5 * SECOND_NS);
    let adapters = super::fake::adapters();
    let axes = super::plan::Axes { threads: vec![1], ..Default::default() };
    let workloads = vec![one, workload("test/two", &[])];
    let adapters: Vec<_> = adapters.iter().map(super::variant::Variant::plain).collect();
    let plan = super::Plan::new(workloads, &adapters, &axes, settings);
    assert_eq!((plan.rounds(0), plan.rounds(3)), (2, 25));
}

#[test]
fn calibration_runs_once_before_the_group_and_may_fail() {
    let mut plan = pair(2, 4, Sequence::Block);
    plan.calibrate(Some(&super::fake::adapters()[2]), |cell| cell.adapter == "a");
    let (events, cause) = play(&plan, &[], &mut nobody);
    assert_eq!(cause, EndCause::Finished);
    let rounds = rounds(&events);
    // Five of the floor; eight quads, at the least, of the twins; all in the first fork.
    assert!(rounds[..5].iter().all(|round| *round == (0, 2)), "{rounds:?}");
    let twins: Vec<u32> = rounds[5..37].iter().map(|round| round.1).collect();
    assert!(twins.chunks(4).all(|quad| quad == [3, 4, 4, 3] || quad == [4, 3, 3, 4]), "{twins:?}");
    assert!(rounds[37..].iter().all(|round| round.1 < 2) && rounds.len() == 37 + 2 * 2 * 4);

    let fault = Fault::FailsIn(1, FailureKind::Panic);
    let (events, cause) = play(&plan, &[("c", fault)], &mut nobody);
    assert_eq!(cause, EndCause::Finished);
    assert_eq!(done(&events), [0, 0, 1, 1, 3, 4]);
    let notes = |event: &RunEvent| match event {
        RunEvent::Note { text } => Some(text.clone()),
        _ => None,
    };
    let notes: Vec<String> = events.iter().filter_map(notes).collect();
    assert!(
        notes[0].starts_with("calibration with c on test/one at 1 threads failed"),
        "{notes:?}"
    );
}

#[test]
fn each_trial_tells_what_its_rounds_lost_to_others() {
    let (events, _) = play(&plan(2, 4), &[], &mut nobody);
    let told = events.iter().filter_map(|event| match event {
        RunEvent::Pressure { elapsed_ns, steal_ms, psi_some_us, .. } => {
            Some((*elapsed_ns, *steal_ms, *psi_some_us))
        }
        _ => None,
    });
    assert_eq!(told.clone().count(), 2 * 3);
    for (elapsed_ns, steal_ms, psi_some_us) in told {
        // Four rounds of 210 ms, in which some task waited a thousandth of the time.
        assert_eq!((elapsed_ns, steal_ms), (840_000_000, Some(0)));
        assert!(psi_some_us.is_some_and(|us| (836..=844).contains(&us)), "{psi_some_us:?}");
    }
}

#[test]
fn in_a_soak_each_cell_is_alone_and_warms_up_once() {
    let plan = pair(1, 3, Sequence::Soak);
    let (events, _) = play(&plan, &[], &mut nobody);
    let mut alive = 0;
    for event in &events {
        match event {
            RunEvent::TrialStarted { .. } => alive += 1,
            RunEvent::TrialDone { .. } => alive -= 1,
            RunEvent::Round { .. } => assert_eq!(alive, 1),
            _ => {}
        }
    }
    let warm: Vec<u64> = ordered(&plan).iter().map(|(_, order)| order.warm_ns).collect();
    assert_eq!(warm, [10_000_000, 0, 0, 10_000_000, 0, 0]);
    assert!(!events.iter().any(|event| matches!(event, RunEvent::Note { .. })));
}

#[test]
fn rounds_end_once_intervals_are_narrow_or_a_look_finds_a_difference() {
    let ended = |plan: &super::Plan| {
        let (events, cause) = play(plan, &[], &mut nobody);
        assert_eq!(cause, EndCause::Finished);
        let of = |event: &RunEvent| match event {
            RunEvent::RoundsEnded { fork, rounds, rule, .. } => Some((*fork, *rounds, *rule)),
            _ => None,
        };
        (events.iter().filter_map(of).collect::<Vec<_>>(), rounds(&events).len())
    };
    // Made-up rounds never differ: five of a cell in each fork are known exactly.
    let mut three = plan(2, 30);
    three.settings.rules.until = Some(0.01);
    let width = StopRule::Width(0.01);
    assert_eq!(ended(&three), (vec![(0, 5, width), (1, 10, width)], 2 * 3 * 5));
    // `b` takes twice the time of `a` for the same words; five quads of 20 are the first look.
    let mut two = pair(2, 20, Sequence::Interleaved);
    two.settings.rules.looks = Looks::Four;
    let look = StopRule::Look { look: 1, of: 4, alpha: 0.0182 };
    assert_eq!(ended(&two), (vec![(0, 10, look)], 4 * 5));
    // Nothing to find, so that all rounds run.
    let mut block = plan(1, 6);
    block.settings.rules.looks = Looks::Two;
    assert_eq!(ended(&block), (vec![(0, 6, StopRule::Planned)], 3 * 6));
}
