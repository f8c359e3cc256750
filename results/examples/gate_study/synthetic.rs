//! The study on made-up recordings, whose truth is known.

#[path = "../../tests/sample/mod.rs"]
mod sample;

use mapbench_core::event::{RoundReport, RunEvent};
use mapbench_results::RunLog;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::arguments::Arguments;
use crate::report;
use crate::stream::Study;

/// A machine: what happens to the speed of rounds.
struct Machine {
    /// Time of an op of B over that of A.
    slow: f64,
    /// Chance that a round holds a preemption, which slows it by a fifth.
    preempted: f64,
}

/// A log of `seconds` in two forks: rounds of 10 ms, every 20 ms, in quads, on a machine whose
/// speed wanders by several percent within seconds.
fn recorded(seed: u64, seconds: u64, machine: &Machine) -> RunLog {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut events = Vec::new();
    let mut wander = 0.0;
    for fork in 0..2 {
        for quad in 0..(seconds * 1_000 / 2 / 80) as u32 {
            let mut first = [0_u32, 1];
            first.shuffle(&mut random);
            let [x, y] = first;
            for (place, (cell, n)) in [(x, 0), (y, 0), (y, 1), (x, 1)].into_iter().enumerate() {
                let deviate = (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
                wander = 0.999 * wander + 0.003 * deviate;
                let noise = 0.01 * (random.random::<f64>() - 0.5);
                let preempted = random.random::<f64>() < machine.preempted;
                let slow = if cell == 1 { machine.slow.ln() } else { 0.0 };
                let lost = if preempted { 0.2 } else { 0.0 };
                let at = u64::from(fork) * seconds * 500 + u64::from(quad) * 80 + place as u64 * 20;
                let report = RoundReport {
                    n: 2 * quad + n,
                    started_ns: 5_000_000_000 + at * 1_000_000,
                    elapsed_ns: 10_000_000,
                    ops: (1e6 * (wander + noise - slow - lost).exp()) as u64,
                    involuntary_switches: u64::from(preempted),
                    ..RoundReport::default()
                };
                events.push(RunEvent::Round { cell, fork, report: Box::new(report) });
            }
        }
    }
    let cells = vec![sample::cell(0, "model", 1), sample::cell(1, "model@twin", 1)];
    RunLog {
        path: "synthetic.ndjson".into(),
        begin: sample::begin(cells),
        events,
        end: Some(sample::end()),
        torn_tail: false,
    }
}

fn studied(seed: u64, seconds: u64, machine: &Machine) -> (Study, Arguments) {
    let arguments = Arguments::parse(std::iter::empty()).expect("defaults");
    let log = recorded(seed, seconds, machine);
    let study = Study::of_log(&log, "aa", arguments.window_ns).expect("a pair");
    (study, arguments)
}

#[test]
fn equal_things_differ_in_blocks_and_not_in_quads() {
    let quiet = Machine { slow: 1.0, preempted: 0.02 };
    let (study, arguments) = studied(1, 1_300, &quiet);
    let tally = report::direct(&study, &arguments);
    assert_eq!(tally.quads.n, 2 * 64, "the rest of each fork is no window");
    assert!(tally.blocks.k > tally.blocks.n / 2, "drift is read as a difference: {tally:?}");
    assert!(tally.quads.lower(0.01) <= 0.05, "{tally:?}");
    assert_eq!((tally.fail.k, tally.same.k), (0, tally.same.n), "{tally:?}");
}

#[test]
fn a_slowdown_is_detected_and_a_large_one_fails() {
    let (study, arguments) = studied(2, 300, &Machine { slow: 1.01, preempted: 0.02 });
    let small = report::direct(&study, &arguments);
    assert_eq!((small.detected.k, small.fail.k), (small.detected.n, 0), "{small:?}");
    let (study, arguments) = studied(3, 300, &Machine { slow: 1.04, preempted: 0.02 });
    let large = report::direct(&study, &arguments);
    assert_eq!(large.fail.k, large.fail.n, "{large:?}");
}

#[test]
fn a_busy_machine_makes_windows_noisy_and_not_different() {
    let (study, arguments) = studied(4, 200, &Machine { slow: 1.0, preempted: 0.2 });
    let tally = report::direct(&study, &arguments);
    assert_eq!((tally.noisy.k, tally.fail.k), (tally.noisy.n, 0), "{tally:?}");
}

#[test]
fn the_report_says_its_n_and_labels_what_is_simulated() {
    let (mut study, arguments) = studied(5, 100, &Machine { slow: 1.0, preempted: 0.0 });
    study.add(studied(6, 100, &Machine { slow: 1.0, preempted: 0.0 }).0);
    let arguments = Arguments { simulate_ns: Some(60_000_000_000), draws: 50, ..arguments };
    let text = report::describe(&study, &arguments);
    for expected in [
        "aa: model against model@twin, curated/read-heavy",
        "2 logs, 4 forks",
        "n = 16 windows",
        "takes 299 windows without one: 283 more",
        "simulated windows of 60 s",
        "n = 50 draws",
    ] {
        assert!(text.contains(expected), "no {expected:?} in\n{text}");
    }
    println!("{text}");
}

#[test]
fn a_log_without_a_pair_is_no_study() {
    let mut log = recorded(7, 1, &Machine { slow: 1.0, preempted: 0.0 });
    log.begin.cells[1].threads = 2;
    assert!(Study::of_log(&log, "aa", 1_000).is_none(), "two settings are two experiments");
    log.begin.cells.truncate(1);
    assert!(Study::of_log(&log, "aa", 1_000).is_none());
}
