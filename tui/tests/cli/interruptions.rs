//! Signals: a run that is interrupted saves what it has, and a killed process takes nobody else's
//! results along.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use mapbench_core::event::{EndCause, FailureKind, RunEvent};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::program::Program;

/// A run that goes on until somebody ends it, and its events as they come.
struct LongRun {
    child: Child,
    events: BufReader<ChildStdout>,
}

impl LongRun {
    fn start(program: &Program, rounds: u32) -> Self {
        let mut child = program
            .command(&format!(
                "run -s test/uniform -a std/rwlock,std/mutex -t 1 --round 20ms --warm 1ms \
                 --rounds {rounds} --forks 1 --message-format ndjson -o csv=out.csv"
            ))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let events = BufReader::new(child.stdout.take().expect("piped"));
        LongRun { child, events }
    }

    fn until(&mut self, wanted: impl Fn(&RunEvent) -> bool) -> RunEvent {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.events.read_line(&mut line).is_ok_and(|read| read > 0), "the run ended");
            let event = serde_json::from_str(&line).expect("each line is an event");
            if wanted(&event) {
                return event;
            }
        }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).expect("it runs");
    }

    /// The exit code, once standard output has been read to its end.
    fn code(mut self) -> Option<i32> {
        std::io::copy(&mut self.events, &mut std::io::sink()).expect("the rest reads");
        self.child.wait().expect("it ends").code()
    }

    fn workers(&self) -> Vec<Pid> {
        let id = self.child.id();
        let tasks = std::fs::read_dir(format!("/proc/{id}/task")).expect("it runs");
        let children = tasks.flatten().map(|task| task.path().join("children"));
        children
            .flat_map(|path: PathBuf| {
                let text = std::fs::read_to_string(path).unwrap_or_default();
                text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<i32>>()
            })
            .map(Pid::from_raw)
            .collect()
    }
}

fn is_round(event: &RunEvent) -> bool {
    matches!(event, RunEvent::Round { .. })
}

#[test]
fn ctrl_c_stops_at_the_round_boundary_and_saves() {
    let program = Program::mapbench();
    let mut run = LongRun::start(&program, 10_000);
    run.until(is_round);
    run.until(is_round);
    run.signal(Signal::SIGINT);
    assert_eq!(run.code(), Some(130));
    let log = program.log();
    assert_eq!(log.end.as_ref().map(|end| end.cause), Some(EndCause::Interrupted));
    let done = log.events.iter().filter(|event| matches!(event, RunEvent::TrialDone { .. }));
    assert_eq!(done.count(), 2, "what was measured is verified");
    assert!(program.csv("out.csv").iter().any(|row| row["verified"] == "true"));
}

#[test]
fn sigterm_stops_and_saves() {
    let program = Program::mapbench();
    let mut run = LongRun::start(&program, 10_000);
    run.until(is_round);
    run.signal(Signal::SIGTERM);
    assert_eq!(run.code(), Some(143));
    assert_eq!(program.log().end.map(|end| end.cause), Some(EndCause::Terminated));
}

#[test]
fn a_killed_worker_is_a_row_and_the_other_finishes() {
    let program = Program::mapbench();
    let mut run = LongRun::start(&program, 15);
    run.until(is_round);
    kill(run.workers()[0], Signal::SIGKILL).expect("the worker lives");
    assert_eq!(run.code(), Some(102));
    let log = program.log();
    let failed = log.events.iter().filter_map(|event| match event {
        RunEvent::TrialFailed { failure, .. } => Some(failure),
        _ => None,
    });
    let failed: Vec<_> = failed.collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].kind, FailureKind::Crash);
    assert!(failed[0].message.contains("SIGKILL"), "{failed:?}");
    assert!(log.events.iter().any(|event| matches!(event, RunEvent::TrialDone { .. })));
}

#[test]
fn a_killed_session_leaves_a_partial_log_and_no_worker() {
    let program = Program::mapbench();
    let mut run = LongRun::start(&program, 10_000);
    run.until(is_round);
    run.until(is_round);
    let workers = run.workers();
    assert_eq!(workers.len(), 2);
    run.signal(Signal::SIGKILL);
    assert_eq!(run.code(), None);
    let log = program.log();
    assert!(log.partial());
    assert!(log.events.iter().filter(|event| is_round(event)).count() >= 2);
    for worker in workers {
        assert!(ends(worker), "worker {worker} outlives its session");
    }
}

/// Whether a process is gone within ten seconds.
fn ends(process: Pid) -> bool {
    let (_keep, never) = mpsc::channel::<()>();
    (0..1000).any(|_| {
        let gone = kill(process, None).is_err();
        // There is no sleeping in tests; a channel on which nobody speaks waits as well.
        gone || never.recv_timeout(Duration::from_millis(10)).is_ok()
    })
}
