//! A small synthetic run for tests: two adapters, two forks, a failure, a skip, two placement
//! modes. Every number is a function of its position, so that tests can state what to expect.
#![allow(dead_code, reason = "each test binary uses its part")]

use base64::Engine;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2Serializer};
use mapbench_core::adapter::{HasherKind, Tuning};
use mapbench_core::event::{
    Cell, CellMap, ClassReport, Commit, Done, EndCause, Failure, FailureKind, Machine, MapReport,
    Measure, Placement, PlacementMode, Ready, Role, RoundReport, RunBegin, RunEnd, RunEvent,
    SCHEMA_VERSION, Sequence, Skipped, Timing, UiMode,
};
use mapbench_core::key::KeyKind;
use mapbench_core::op::OpClass;
use mapbench_core::trace::Unit;
use mapbench_core::value::ValueKind;

pub(crate) fn cell(id: u32, adapter: &str, threads: u32) -> Cell {
    Cell {
        id,
        scenario: "curated/read-heavy".to_owned(),
        adapter: adapter.to_owned(),
        adapter_version: "crate 1.2.3".to_owned(),
        scan: "weak".to_owned(),
        hasher: HasherKind::Foldhash,
        key: KeyKind::U64,
        value: ValueKind::Word,
        threads,
        axis: None,
        axis_value: None,
        presize: None,
        trace_hash: "00112233aabbccdd".to_owned(),
        trace_ops: 0,
        one_shot: false,
        hit_share: Some(0.9),
        effective_write_share: 0.05,
        top_key_share: None,
        unit: None,
        maps: Vec::new(),
        free_actors: false,
        role: Role::Measured,
        rounds: None,
        arm: None,
        tuning: Tuning::default(),
        offered: None,
        paced: Vec::new(),
    }
}

pub(crate) fn begin(cells: Vec<Cell>) -> RunBegin {
    RunBegin {
        schema_version: SCHEMA_VERSION,
        run_id: "k3x9q2".to_owned(),
        started: "2026-01-02T03:04:05Z".to_owned(),
        command: vec!["mapbench".to_owned(), "run".to_owned()],
        mapbench_version: "0.1.0".to_owned(),
        seed: 42,
        forks: 2,
        rounds: 3,
        round_ns: 200_000_000,
        warm_ns: 8_000_000,
        timing: Timing::Sampled,
        measure: Measure::Time,
        ui: UiMode::None,
        order: Sequence::default(),
        cells,
        skipped: vec![Skipped {
            scenario: "curated/read-heavy".to_owned(),
            adapter: "evmap/publish-every-n".to_owned(),
            reason: "has no atomic read-modify-write, and the scenario updates values in place"
                .to_owned(),
        }],
        commit: Some(Commit {
            sha: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            parent: None,
            dirty: false,
            subject: "Say \"why\", not what".to_owned(),
            time: "2026-01-01T00:00:00+01:00".to_owned(),
        }),
        machine: Machine {
            cpu: "A processor".to_owned(),
            cpus: 2,
            kernel: "Linux 6.1".to_owned(),
            clock_source: "tsc".to_owned(),
            hypervisor: None,
            huge_pages: "madvise".to_owned(),
            governor: None,
            memory_bytes: 8 << 30,
            allocator: "system".to_owned(),
            ..Machine::default()
        },
        cpus: Vec::new(),
        subject: None,
        sweep: None,
        comparison: None,
    }
}

/// `HdrHistogram` V2 in base64, as workers send it.
pub(crate) fn payload(latencies_ns: impl IntoIterator<Item = u64>) -> String {
    let mut histogram = Histogram::<u64>::new_with_bounds(1, 3_600_000_000_000, 3).unwrap();
    for latency in latencies_ns {
        histogram.record(latency).unwrap();
    }
    let mut bytes = Vec::new();
    V2Serializer::new().serialize(&histogram, &mut bytes).unwrap();
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A round of 200 ms with `ops` ops: 95 % reads of which 9 in 10 hit, 5 % effective writes.
pub(crate) fn round(n: u32, ops: u64, mode: Option<PlacementMode>) -> RoundReport {
    let (writes, reads) = (ops / 20, ops - ops / 20);
    RoundReport {
        n,
        started_ns: 1_000_000_000 + u64::from(n) * 1_000_000_000,
        elapsed_ns: 200_000_000,
        ops,
        classes: vec![
            ClassReport {
                class: OpClass::Read,
                ops: reads,
                service: payload((1..=100).map(|i| 50 + i * 10)),
                intended: String::new(),
            },
            ClassReport {
                class: OpClass::Write,
                ops: writes,
                service: payload((1..=10).map(|i| 2_000 + i * 100)),
                intended: String::new(),
            },
        ],
        reads,
        hits: reads * 9 / 10,
        writes,
        effective_writes: writes,
        unanswered_writes: 0,
        wrong_values: 0,
        ops_per_thread: vec![ops],
        involuntary_switches: u64::from(n == 1),
        allocations: Some(ops / 10),
        placement: mode.map(|mode| Placement { before_ns: 80.0, after_ns: 81.5, mode }),
        ..RoundReport::default()
    }
}

pub(crate) fn ready() -> Ready {
    Ready { prefill_ns: 5_000_000, entries: 1_000, bytes_per_entry: Some(40.1), ..Ready::default() }
}

pub(crate) fn done() -> Done {
    Done {
        entries: 1_000,
        verified: true,
        quiesce_ns: 17,
        bytes_per_entry: Some(41.3),
        peak_rss_bytes: 9 << 20,
        ..Done::default()
    }
}

pub(crate) fn end() -> RunEnd {
    RunEnd { cause: EndCause::Finished, exit_code: 102, ended: "2026-01-02T03:05:05Z".to_owned() }
}

/// A run of four cells: `sharded` is fine at 1 and 2 threads, `dashmap/v6` is fine at one and
/// hangs at two. Events of both levels, but neither first nor last line.
pub(crate) fn events() -> (RunBegin, Vec<RunEvent>) {
    let cells = vec![
        cell(0, "sharded", 1),
        cell(1, "dashmap/v6", 1),
        cell(2, "sharded", 2),
        cell(3, "dashmap/v6", 2),
    ];
    let mut events = Vec::new();
    for fork in 0..2 {
        for id in 0..4 {
            events.push(RunEvent::TrialStarted { cell: id, fork });
            events.push(RunEvent::TrialReady { cell: id, fork, ready: ready() });
        }
        for n in 0..3 {
            for id in 0..3 {
                let ops = 1_000_000 * u64::from(4 - id) + u64::from(fork * 3 + n) * 10_000;
                let mode = match (id, n, fork) {
                    (2, 2, 0) => Some(PlacementMode::Mixed),
                    (2, 2, 1) => Some(PlacementMode::Far),
                    (2, _, _) => Some(PlacementMode::Near),
                    _ => None,
                };
                let report = Box::new(round(n, ops, mode));
                events.push(RunEvent::Round { cell: id, fork, report });
            }
        }
        for id in 0..3 {
            events.push(RunEvent::TrialDone { cell: id, fork, done: done() });
        }
        if fork == 0 {
            let message = "no progress in 30 s, in round 0".to_owned();
            events.push(RunEvent::TrialFailed {
                cell: 3,
                fork,
                failure: Failure { kind: FailureKind::Hang, message },
                noticed_after_ns: 30_000_000_000,
            });
        }
        events.push(RunEvent::Drew { started_ns: 9_000_000_000, ended_ns: 9_001_000_000 });
    }
    events.push(RunEvent::Note { text: "a note, with a \"quote\"".to_owned() });
    (begin(cells), events)
}

/// Of the composite run: share of the ops in percent, and nanoseconds per op of either adapter.
pub(crate) const MAPS: [(&str, &str, u64, [u64; 2]); 3] = [
    ("M9", "pod states", 15, [60, 40]),
    ("M11", "nodes", 5, [40, 80]),
    ("M14", "cycle state", 80, [10, 20]),
];

/// A cell of a trace of several maps: 100,000 ops are 1,000 pods.
pub(crate) fn composite_cell(id: u32, adapter: &str) -> Cell {
    let named = |map: &(&str, &str, u64, [u64; 2])| CellMap {
        id: map.0.to_owned(),
        name: map.1.to_owned(),
    };
    Cell {
        scenario: "curated/sched-basic".to_owned(),
        trace_ops: 100_000,
        top_key_share: Some(0.2),
        unit: Some(Unit { name: "pods".to_owned(), count: 1_000 }),
        maps: MAPS.iter().map(named).collect(),
        ..cell(id, adapter, 2)
    }
}

/// A round of it: [`round`], of which every write is an update, a fifth of the ops access the
/// hottest key, and 100 events were due.
pub(crate) fn composite_round(map: usize, n: u32, ops: u64) -> RoundReport {
    let mut report = round(n, ops, None);
    report.updates = report.writes;
    report.contended_updates = report.updates / [4, 5][map];
    report.top_key_ops = ops / 5;
    report.waiting_ns = [40_000_000, 20_000_000][map];
    (report.due_events, report.late_events) = (100, [1, 10][map]);
    report.classes[1].intended = payload((1..=10).map(|i| 20_000 + i * 1_000));
    let part = |(_, _, percent, costs): &(&str, &str, u64, [u64; 2])| {
        let ops = ops * percent / 100;
        let entries = 1_000 * percent + u64::from(n);
        MapReport { ops, reads: ops * 3 / 4, writes: ops / 4, busy_ns: ops * costs[map], entries }
    };
    report.maps = MAPS.iter().map(part).collect();
    report
}

/// A finished run of two composite cells, `sharded` and `dashmap/v6`, of two forks of three rounds:
/// 1.00 to 1.05 million ops of the one, and twice as many of the other.
pub(crate) fn composite() -> (RunBegin, Vec<RunEvent>) {
    let cells = vec![composite_cell(0, "sharded"), composite_cell(1, "dashmap/v6")];
    let mut events = Vec::new();
    for fork in 0..2 {
        for cell in 0..2 {
            events.push(RunEvent::TrialStarted { cell, fork });
            events.push(RunEvent::TrialReady { cell, fork, ready: ready() });
            for n in 0..3 {
                let ops = (1_000_000 + u64::from(fork * 3 + n) * 10_000) * u64::from(1 + cell);
                let report = Box::new(composite_round(cell as usize, n, ops));
                events.push(RunEvent::Round { cell, fork, report });
            }
            events.push(RunEvent::TrialDone { cell, fork, done: done() });
        }
    }
    (begin(cells), events)
}
