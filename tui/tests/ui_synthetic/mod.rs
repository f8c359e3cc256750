//! A run that never happened, for tests of the UI: seeded, so that every figure is known, with a
//! bimodal map, a failing one and one that waits its turn.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2Serializer};
use mapbench_core::adapter::{HasherKind, Tuning};
use mapbench_core::event::{
    Cell, CellMap, ClassReport, Done, EndCause, Failure, FailureKind, Machine, MapReport, Measure,
    Ready, Role, RoundReport, RunBegin, RunEnd, RunEvent, SCHEMA_VERSION, Sequence, Skipped,
    Timing, UiMode,
};
use mapbench_core::key::KeyKind;
use mapbench_core::op::OpClass;
use mapbench_core::trace::Unit;
use mapbench_core::value::ValueKind;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

/// Name, version, what a scan shows, ops per second, and fast and slow latency with the share of
/// slow ops in percent. The second one has two humps, the last one crashes.
pub(crate) const MAPS: [(&str, &str, &str, f64, u64, u64, u64); 5] = [
    ("sharded/default", "mapbench-sharded 0.1.0", "shard", 17.9e6, 61, 400, 2),
    ("dashmap/v6", "dashmap 6.2.1", "shard", 12.3e6, 90, 40_000, 4),
    ("flurry/guard-per-op", "flurry 0.5.2", "weak", 6.2e6, 140, 1_900, 3),
    ("std/rwlock", "std", "snapshot", 3.1e6, 260, 2_500, 10),
    ("test/abort", "test", "snapshot", 5.0e6, 100, 500, 1),
];

pub(crate) const SCENARIOS: [&str; 2] = ["curated/read-heavy", "curated/hot-key"];
pub(crate) const THREADS: [u32; 2] = [1, 2];
pub(crate) const ROUNDS: u32 = 10;
pub(crate) const ROUND_NS: u64 = 200_000_000;

pub(crate) fn begin() -> RunBegin {
    let mut cells = Vec::new();
    for scenario in SCENARIOS {
        for threads in THREADS {
            for (adapter, version, scan, ..) in MAPS {
                cells.push(Cell {
                    id: cells.len() as u32,
                    scenario: scenario.to_owned(),
                    adapter: adapter.to_owned(),
                    adapter_version: version.to_owned(),
                    scan: scan.to_owned(),
                    hasher: HasherKind::Foldhash,
                    key: KeyKind::U64,
                    value: ValueKind::Word,
                    threads,
                    axis: None,
                    axis_value: None,
                    presize: None,
                    trace_hash: "0123456789abcdef".to_owned(),
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
                });
            }
        }
    }
    RunBegin {
        schema_version: SCHEMA_VERSION,
        run_id: "5eedf00d".to_owned(),
        started: "2026-01-02T03:04:05Z".to_owned(),
        command: ["mapbench", "run", "-s", "hot-key"].map(str::to_owned).to_vec(),
        mapbench_version: "0.1.0".to_owned(),
        seed: 1,
        forks: 1,
        rounds: ROUNDS,
        round_ns: ROUND_NS,
        warm_ns: 10_000_000,
        timing: Timing::Sampled,
        measure: Measure::Time,
        ui: UiMode::BetweenRounds,
        order: Sequence::default(),
        cells,
        skipped: vec![Skipped {
            scenario: "curated/mixed-write".to_owned(),
            adapter: "evmap/publish-every-n".to_owned(),
            reason: "evmap/publish-every-n has no atomic read-modify-write".to_owned(),
        }],
        commit: None,
        machine: Machine {
            cpu: "Test CPU".to_owned(),
            cpus: 2,
            kernel: "Linux".to_owned(),
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

/// A whole run: every group one after the other, rounds in blocks.
pub(crate) fn run() -> Vec<RunEvent> {
    let begin = begin();
    let mut random = Random(7);
    let mut now_ns = 1_000_000_000_000;
    let mut events = vec![RunEvent::Begin(Box::new(begin.clone()))];
    for group in begin.cells.chunks(MAPS.len()) {
        for cell in group {
            events.push(RunEvent::TrialStarted { cell: cell.id, fork: 0 });
            let ready = Ready {
                prefill_ns: 1_000_000,
                entries: 100_000,
                bytes_per_entry: Some(41.3),
                ..Ready::default()
            };
            events.push(RunEvent::TrialReady { cell: cell.id, fork: 0, ready });
        }
        for n in 0..ROUNDS {
            for (position, cell) in group.iter().enumerate() {
                let crashes = MAPS[position].0 == "test/abort";
                if crashes && n == 4 {
                    let failure = Failure {
                        kind: FailureKind::Crash,
                        message: "the worker died by SIGABRT; its last words:\nfatal: aborting"
                            .to_owned(),
                    };
                    events.push(RunEvent::TrialFailed {
                        cell: cell.id,
                        fork: 0,
                        failure,
                        noticed_after_ns: 3_200_000,
                    });
                }
                if crashes && n >= 4 {
                    continue;
                }
                now_ns += 12_000_000;
                let report = Box::new(round(position, n, now_ns, &mut random));
                now_ns += report.elapsed_ns;
                events.push(RunEvent::Round { cell: cell.id, fork: 0, report });
            }
        }
        for cell in group.iter().filter(|cell| cell.adapter != "test/abort") {
            let done = Done {
                entries: 100_000,
                verified: true,
                quiesce_ns: 1_000,
                bytes_per_entry: Some(41.3),
                peak_rss_bytes: 64 << 20,
                ..Done::default()
            };
            events.push(RunEvent::TrialDone { cell: cell.id, fork: 0, done });
        }
    }
    events.push(RunEvent::End(RunEnd {
        cause: EndCause::Finished,
        exit_code: 102,
        ended: "2026-01-02T03:05:05Z".to_owned(),
    }));
    events
}

/// The run as a log file's text.
pub(crate) fn log_text() -> String {
    text_of(&run())
}

/// A log file's text.
pub(crate) fn text_of(events: &[RunEvent]) -> String {
    let line = |event: &RunEvent| serde_json::to_string(event).expect("events are JSON") + "\n";
    events.iter().map(line).collect()
}

/// Maps of the composite run: id, name, share of the ops in percent, nanoseconds per op, entries.
pub(crate) const CLUSTER: [(&str, &str, u64, u64, u64); 5] = [
    ("M0", "informer store", 5, 90, 55_000),
    ("M5", "unschedulable pods", 1, 0, 0),
    ("M9", "pod states", 4, 100, 5_017),
    ("M11", "nodes", 10, 50, 5_000),
    ("M14", "cycle state", 80, 10, 8),
];

/// The same run on a trace of several maps, of which 100 ops are a pod, with a paced actor: of ops
/// at 1 to 2 threads 18.5 ns, 4 % of the time waits, one event in 50 late.
pub(crate) fn composite() -> Vec<RunEvent> {
    let mut events = run();
    for event in &mut events {
        match event {
            RunEvent::Begin(begin) => {
                for cell in &mut begin.cells {
                    cell.trace_ops = 1_000_000;
                    cell.unit = Some(Unit { name: "pods".to_owned(), count: 10_000 });
                    cell.top_key_share = Some(0.31);
                    let named = |map: &(&str, &str, u64, u64, u64)| CellMap {
                        id: map.0.to_owned(),
                        name: map.1.to_owned(),
                    };
                    cell.maps = CLUSTER.iter().map(named).collect();
                }
            }
            RunEvent::Round { cell, report, .. } => become_composite(*cell, report),
            _ => {}
        }
    }
    events
}

fn become_composite(cell: u32, report: &mut RoundReport) {
    let threads = u64::from(THREADS[cell as usize / MAPS.len() % THREADS.len()]);
    report.updates = report.writes;
    report.contended_updates = report.writes / 8 * (threads - 1);
    report.top_key_ops = report.ops * 32 / 100;
    report.waiting_ns = report.elapsed_ns * threads / 25;
    (report.due_events, report.late_events) = (50, 1);
    report.classes[1].intended = report.classes[0].service.clone();
    let of = |map: &(&str, &str, u64, u64, u64)| {
        let ops = report.ops * map.2 / 100;
        MapReport {
            ops,
            reads: ops * 9 / 10,
            writes: ops / 10,
            busy_ns: ops * map.3,
            entries: map.4,
        }
    };
    report.maps = CLUSTER.iter().map(of).collect();
}

fn round(map: usize, n: u32, started_ns: u64, random: &mut Random) -> RoundReport {
    let (_, _, _, rate, fast_ns, slow_ns, slow_percent) = MAPS[map];
    let rate = rate * (0.95 + 0.1 * random.share());
    let ops = (rate * ROUND_NS as f64 / 1e9) as u64;
    RoundReport {
        n,
        started_ns,
        elapsed_ns: ROUND_NS,
        ops,
        classes: vec![
            class(OpClass::Read, ops * 9 / 10, (fast_ns, slow_ns, slow_percent), random),
            class(OpClass::Write, ops / 10, (fast_ns * 2, slow_ns * 2, slow_percent), random),
        ],
        reads: ops * 9 / 10,
        hits: ops * 81 / 100,
        writes: ops / 10,
        effective_writes: ops / 20,
        unanswered_writes: 0,
        wrong_values: 0,
        ops_per_thread: vec![ops],
        involuntary_switches: 0,
        allocations: Some(ops / 10),
        placement: None,
        ..RoundReport::default()
    }
}

/// Latencies around two values, each spread by about a third.
fn class(kind: OpClass, ops: u64, shape: (u64, u64, u64), random: &mut Random) -> ClassReport {
    let (fast_ns, slow_ns, slow_percent) = shape;
    let mut service = Histogram::<u64>::new(3).expect("3 digits are in range");
    for sample in 0..2_000_u64 {
        let middle = if sample % 100 < slow_percent { slow_ns } else { fast_ns };
        let spread = 0.7 + 0.3 * (random.share() + random.share());
        service.record((middle as f64 * spread) as u64).expect("it grows");
    }
    let mut bytes = Vec::new();
    V2Serializer::new().serialize(&service, &mut bytes).expect("memory can be written");
    ClassReport { class: kind, ops, service: STANDARD.encode(bytes), intended: String::new() }
}

/// xorshift64*: enough for a picture.
struct Random(u64);

impl Random {
    fn share(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Characters, then the styles of each row as runs: text alone would not show lost colours.
pub(crate) fn with_styles(buffer: &Buffer) -> String {
    let mut text = mapbench::ui::export::text(buffer);
    text.push_str("---\n");
    for y in 0..buffer.area.height {
        let mut runs: Vec<(u16, u16, Color, Modifier)> = Vec::new();
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            assert_eq!(cell.bg, Color::Reset, "a background is painted at {x}, {y}");
            match runs.last_mut() {
                Some(run) if run.2 == cell.fg && run.3 == cell.modifier => run.1 = x,
                _ => runs.push((x, x, cell.fg, cell.modifier)),
            }
        }
        for (from, to, fg, modifier) in runs {
            if (fg, modifier) != (Color::Reset, Modifier::empty()) {
                let _ = write!(text, "{y}:{from}-{to} {fg} {modifier:?}; ");
            }
        }
    }
    text + "\n"
}
