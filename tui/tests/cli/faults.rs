//! Adapters that misbehave, through the real session: each becomes a row with its cause, and the
//! others finish.

use mapbench_core::event::{FailureKind, RunEvent};

use crate::program::Program;

/// Runs one faulty adapter beside an honest one; returns the exit code and the failure.
#[track_caller]
fn fault(name: &str, scenario: &str, more: &str) -> (i32, FailureKind, String, u64) {
    let program = Program::faulty();
    let said = program.run(&format!(
        "run -s {scenario} -a {name},std/rwlock --round 60ms --rounds 8 --forks 1 \
         -o csv=out.csv {more}"
    ));
    let log = program.log();
    let failures: Vec<_> = log
        .events
        .iter()
        .filter_map(|event| match event {
            RunEvent::TrialFailed { failure, noticed_after_ns, .. } => {
                Some((failure.clone(), *noticed_after_ns))
            }
            _ => None,
        })
        .collect();
    let [(failure, noticed_after_ns)] = &failures[..] else {
        panic!("{failures:?} {said:?}");
    };
    let rows = program.csv("out.csv");
    let row_of = |adapter: &str| {
        rows.iter()
            .find(|row| {
                row["adapter"] == adapter && row["level"] == "cell" && row["op_class"] == "all"
            })
            .unwrap_or_else(|| panic!("no row of {adapter} in {rows:?}"))
    };
    assert_eq!(row_of(name)["status"], "failed", "{said:?}");
    assert!(row_of(name)["error"].contains(failure.kind.name()), "{:?}", row_of(name));
    assert!(said.out.contains(&failure.message), "the table tells why: {}", said.out);
    let honest = row_of("std/rwlock");
    assert_eq!(
        (honest["status"].as_str(), honest["verified"].as_str()),
        ("ok", "true"),
        "{said:?}"
    );
    let id = log.begin.cells.iter().find(|cell| cell.adapter == "std/rwlock").map(|cell| cell.id);
    let of_honest =
        |event: &&RunEvent| matches!(event, RunEvent::Round { cell, .. } if Some(*cell) == id);
    assert_eq!(log.events.iter().filter(of_honest).count(), 8, "the other goes on");
    (said.code, failure.kind, failure.message.clone(), *noticed_after_ns)
}

#[test]
fn a_hang_is_noticed_after_the_timeout() {
    // One thread: on a busy machine two of an honest map's threads can keep each other waiting for
    // longer than so short a timeout.
    let (code, kind, _, noticed_after_ns) =
        fault("fault/hang", "test/uniform", "-t 1 --timeout 2s");
    assert_eq!((code, kind), (102, FailureKind::Hang));
    assert!(noticed_after_ns >= 2_000_000_000, "{noticed_after_ns}");
}

#[test]
fn a_panic_is_a_row_with_its_words() {
    let (code, kind, message, _) = fault("fault/panic", "test/uniform", "-t 2");
    assert_eq!((code, kind), (102, FailureKind::Panic), "{message}");
}

#[test]
fn an_abort_is_a_crash_with_its_signal() {
    let (code, kind, message, _) = fault("fault/abort", "test/uniform", "-t 2");
    assert_eq!((code, kind), (102, FailureKind::Crash), "{message}");
    assert!(message.contains("SIGABRT"), "{message}");
}

#[test]
fn another_keys_value_is_caught_while_it_is_measured() {
    let (code, kind, message, _) = fault("fault/wrong-value", "test/uniform", "-t 2");
    assert_eq!((code, kind), (103, FailureKind::WrongValue), "{message}");
}

#[test]
fn a_lost_update_fails_the_verification() {
    let (code, kind, message, _) = fault("fault/lost-update", "test/uniform", "-t 2");
    assert_eq!((code, kind), (103, FailureKind::Verification), "{message}");
}

#[test]
fn a_map_that_eats_memory_ends_itself_alone() {
    let (code, kind, message, _) = fault("fault/eat-memory", "test/uniform", "-t 2");
    assert_eq!((code, kind), (102, FailureKind::Memory), "{message}");
}
