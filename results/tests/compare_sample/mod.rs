//! Synthetic runs for tests of comparisons: throughputs that are functions of cell, fork and round,
//! so that tests can state what is to be found.
#![allow(dead_code, reason = "each test binary uses its part")]

use mapbench_core::event::{
    Arm, ArmBegin, Cell, Commit, ComparisonBegin, Placement, PlacementMode, Role, RoundReport,
    RunBegin, RunEvent, Subject,
};
use mapbench_results::RunSummary;

use crate::sample;

/// Rounds per fork.
pub(crate) const ROUNDS: u32 = 12;

/// A round of so many ops per second.
pub(crate) fn round(n: u32, ops_per_sec: f64, mode: Option<PlacementMode>) -> RoundReport {
    RoundReport {
        n,
        started_ns: u64::from(n) * 1_000_000_000,
        elapsed_ns: (1e15 / ops_per_sec) as u64,
        ops: 1_000_000,
        ops_per_thread: vec![1_000_000],
        placement: mode.map(|mode| Placement { before_ns: 80.0, after_ns: 81.0, mode }),
        ..RoundReport::default()
    }
}

/// A wobble of up to half a per cent that differs from fork to fork and from round to round.
pub(crate) fn wobble(fork: u32, n: u32, salt: u32) -> f64 {
    let step = (fork * 7 + n * 13 + salt * 5) % 11;
    1.0 + (f64::from(step) - 5.0) / 1_000.0
}

/// A run whose cells have these throughputs, with a wobble.
pub(crate) fn run(begin: &RunBegin, ops_per_sec: impl Fn(&Cell, u32) -> f64) -> RunSummary {
    let mut summary = RunSummary::new(begin);
    for fork in 0..begin.forks {
        for cell in &begin.cells {
            summary.apply(&RunEvent::TrialStarted { cell: cell.id, fork });
            for n in 0..ROUNDS {
                let rate = ops_per_sec(cell, fork) * wobble(fork, n, cell.id);
                let report = Box::new(round(n, rate, None));
                summary.apply(&RunEvent::Round { cell: cell.id, fork, report });
            }
            summary.apply(&RunEvent::TrialDone { cell: cell.id, fork, done: sample::done() });
        }
    }
    summary
}

/// Two cells at one thread, in so many forks.
pub(crate) fn plain(forks: u32) -> RunBegin {
    let cells = vec![sample::cell(0, "sharded", 1), sample::cell(1, "dashmap/v6", 1)];
    RunBegin { forks, rounds: ROUNDS, ..sample::begin(cells) }
}

/// A live comparison of `sharded` at one thread: both arms, the twins and the floor of both arms.
pub(crate) fn arms(forks: u32, looks: u32) -> RunBegin {
    let cell = |id, adapter, role, arm| Cell {
        role,
        arm: Some(arm),
        rounds: Some(ROUNDS),
        ..sample::cell(id, adapter, 1)
    };
    let cells = vec![
        cell(0, "sharded", Role::Measured, Arm::A),
        cell(1, "sharded", Role::Measured, Arm::B),
        cell(2, "sharded", Role::Twin { of: 0 }, Arm::A),
        cell(3, "sharded", Role::Twin { of: 0 }, Arm::AgainA),
        cell(4, "noop", Role::Floor, Arm::A),
        cell(5, "noop", Role::Floor, Arm::B),
    ];
    let arm = |digit: &str, message: &str| ArmBegin {
        name: format!("commit:{digit}"),
        commit: Some(Commit {
            sha: digit.repeat(40),
            parent: None,
            dirty: false,
            subject: message.to_owned(),
            time: "2026-01-01T00:00:00Z".to_owned(),
        }),
        subject: Subject { lock_hash: Some(digit.repeat(16)), ..Subject::default() },
    };
    RunBegin {
        forks,
        rounds: ROUNDS,
        comparison: Some(ComparisonBegin {
            a: arm("a", "Before"),
            again: None,
            b: arm("b", "After"),
            looks,
        }),
        ..sample::begin(cells)
    }
}

/// The events that say which cells of [`arms`] ran in quads.
pub(crate) fn pair_up(summary: &mut RunSummary) {
    for cells in [[0, 1], [2, 3], [4, 5]] {
        let work = mapbench_core::event::Work::Words { warm: 1, measured: 1 };
        summary.apply(&RunEvent::Quads { cells, work });
    }
}
