//! What the counting allocator says of whole trials, against what is known without it: the closed form
//! of a hash table's size, a map that takes no memory at all, and a second trial.

use std::collections::VecDeque;

use mapbench_adapters::REGISTRY;
use mapbench_core::driver::Link;
use mapbench_core::driver::memory::{CountingAllocator, GRAIN};
use mapbench_core::event::{
    Done, Order, Ready, RoundOrder, RoundReport, Timing, TrialSpec, Work, WorkerMessage,
};
use mapbench_core::op::{OpClass, OpKind};
use mapbench_core::scenario::{Scenario, catalog};
use mapbench_core::trace::{Shape, Stream, Trace};
use mapbench_core::value::ValueKind;
use mapbench_core::workload::generate;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Channels, messages and places: what the harness may hold beside the maps. Bytes.
const HARNESS_BYTES: u64 = 16 << 10;

/// What a trial said.
#[derive(Debug, Default)]
struct Script {
    orders: VecDeque<Order>,
    ready: Option<Ready>,
    rounds: Vec<RoundReport>,
    done: Option<Done>,
}

impl Link for Script {
    fn next_order(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    fn send(&mut self, message: &WorkerMessage) {
        match message {
            WorkerMessage::Ready(ready) => self.ready = Some(ready.clone()),
            WorkerMessage::Round(report) => self.rounds.push((**report).clone()),
            WorkerMessage::Done(done) => self.done = Some(done.clone()),
            WorkerMessage::Error(failure) => panic!("{failure:?}"),
            WorkerMessage::Hello(_) | WorkerMessage::Progress { .. } => {}
        }
    }
}

fn spec(threads: u32, value: ValueKind) -> TrialSpec {
    TrialSpec { value, presize: false, ..TrialSpec::in_memory(threads) }
}

fn run(adapter: &str, trace: &Trace, spec: &TrialSpec, work: Work) -> Script {
    let registry = REGISTRY;
    let entry = registry.get(adapter).expect("an adapter of that name");
    let mut script = Script::default();
    // Rounds after the first, so that whatever is made once is not taken for a round's.
    let rounds =
        (0..3).map(|n| Order::Round(RoundOrder { n, work, warm_ns: 1_000_000, sampled: false }));
    script.orders = rounds.chain([Order::Stop {}]).collect();
    (entry.trial)(spec, trace, &mut script).expect("an honest adapter");
    script
}

/// `memory/words-1m` with another number of entries, and of laps' replacements.
fn churn(entries: u32) -> Trace {
    let keys = 2 * entries + 2;
    let text = format!(
        "summary = \"churn\"\n[mix]\nkeys = {keys}\npreload = {entries}\nlap_ops = {}\n\
         ops = {{ insert = 50.0, remove = 50.0 }}\npopularity = {{ latest = {{ zipf = {{ s = 1.0 }} }} }}",
        2 * keys
    );
    generate(&Scenario::from_toml("churn.toml", &text).expect("a scenario"), 1).expect("a trace")
}

/// Bytes of a hashbrown table: a power of two of buckets, at most seven in eight full, an entry and
/// a control byte each, and a group of control bytes more.
fn hashbrown_bytes(entries: u64, entry_bytes: u64) -> u64 {
    let buckets = (entries * 8).div_ceil(7).next_power_of_two();
    buckets * (entry_bytes + 1) + 16
}

/// Trials are counted by process: one after the other, and on one thread, because what a thread of an
/// earlier test gives back when it ends would be taken for the map's.
#[test]
fn memory_is_counted() {
    a_std_map_holds_what_the_closed_form_of_its_table_says();
    churn_and_quiet_are_counted_at_the_ends_of_laps();
    the_harness_allocates_nothing_in_rounds_whatever_the_trace();
}

fn a_std_map_holds_what_the_closed_form_of_its_table_says() {
    // 100,000 entries need 131,072 buckets; 60,000 are more than seven in eight of 65,536.
    for entries in [100_000_u32, 60_000, 50_000] {
        let trace = churn(entries);
        for (value, entry_bytes, block_bytes) in
            // An Arc is one block: two counts and the value.
            [
                (ValueKind::Word, 16, 0),
                (ValueKind::Inline224, 232, 0),
                (ValueKind::Arc224, 16, 240),
            ]
        {
            let script = run("std/mutex", &trace, &spec(1, value), Work::Trace);
            let memory = script.ready.and_then(|ready| ready.memory).expect("counted");
            let table = hashbrown_bytes(u64::from(entries), entry_bytes);
            let expected = table + u64::from(entries) * block_bytes;
            assert!(
                memory.held_bytes.abs_diff(expected) < HARNESS_BYTES,
                "{entries} of {value:?}: {} held, {expected} by the closed form",
                memory.held_bytes
            );
            // While it grew, the old table of half the buckets was there as well.
            let peak = memory.peak_bytes.saturating_sub(memory.held_bytes);
            let off = HARNESS_BYTES + GRAIN;
            assert!(peak <= table / 2 + off, "{entries} of {value:?}: {peak} beyond what was held");
            // Blocks that came after the table had grown hide a part of it.
            if block_bytes == 0 {
                assert!(peak >= table / 2 - off, "{entries} of {value:?}: only {peak} beyond");
            }
        }
    }
}

fn churn_and_quiet_are_counted_at_the_ends_of_laps() {
    let trace = churn(20_000);
    for entry in REGISTRY.entries().iter().filter(|entry| entry.meta.capabilities.keeps_entries) {
        if matches!(entry.meta.class, mapbench_core::adapter::AdapterClass::Fault) {
            continue;
        }
        let name = entry.meta.name;
        // One copies the whole table for each of these many writes; the other's values come back to
        // the heap on a thread of its own, which nobody counts.
        if ["snapshot/arcswap-std", "actor/channel"].contains(&name) {
            continue;
        }
        let once = run(name, &trace, &spec(1, ValueKind::Arc224), Work::Trace);
        let done = once.done.expect("done");
        let quiet = done.memory.expect("counted");
        // An Arc, and a word for the key and one for the pointer, are the least there can be.
        assert!(quiet.bytes_per_entry().expect("entries") >= 256.0, "{name}: {quiet:?}");
        for round in &once.rounds {
            let memory = round.memory.expect("counted");
            assert_eq!(memory.entries, Some(20_000), "{name}");
            assert!(memory.peak_bytes >= memory.held_bytes, "{name}: {memory:?}");
            let (taken, given) = (round.taken_bytes.unwrap(), round.given_bytes.unwrap());
            // Half the ops insert an Arc; what is not given back is garbage, far from all of it.
            assert!(taken >= round.ops / 2 * 240, "{name}: {taken}");
            assert!(given >= taken / 2, "{name}: {given} of {taken}");
        }
        let again = run(name, &trace, &spec(1, ValueKind::Arc224), Work::Trace);
        let second = again.done.and_then(|done| done.memory).expect("counted");
        let apart = second.held_bytes.abs_diff(quiet.held_bytes);
        // One hashes with seeds of its own, so that its shards do not fill alike twice.
        let tolerance = quiet.held_bytes / if name == "dashmap/default" { 10 } else { 50 };
        assert!(apart < tolerance, "{name}: {quiet:?} and then {second:?}");
    }
}

fn the_harness_allocates_nothing_in_rounds_whatever_the_trace() {
    let mut kinds = 0;
    for scenario in catalog().iter().filter(|scenario| scenario.name.starts_with("test/")) {
        let registry = REGISTRY;
        let entry = registry.get("noop").expect("registered");
        if !scenario.requirements().into_iter().all(|need| entry.meta.capabilities.meets(need)) {
            continue;
        }
        let trace = generate(scenario, 1).expect("a built-in scenario generates");
        let ops = trace.streams.iter().flat_map(Stream::ops);
        let renews = ops.into_iter().any(|(op, _)| op.kind() == Some(OpKind::NewMap));
        let work = match trace.header.shape {
            Shape::Steady => Work::DurationNs(10_000_000),
            Shape::OneShot => Work::Trace,
        };
        // Few enough threads in all for each to have counts of its own.
        for threads in [1, 2] {
            for timing in [Timing::Sampled, Timing::Every] {
                let spec = TrialSpec { timing, ..spec(threads, ValueKind::Word) };
                for round in run("noop", &trace, &spec, work).rounds {
                    let what = format!("{}, {threads}, {timing:?}: {round:?}", scenario.name);
                    // A map that the trace renews is a new one in a new Arc: two counts, as the
                    // no-op map has no size. That is the op, and nothing else may be.
                    let bulk = round.classes.iter().find(|class| class.class == OpClass::Bulk);
                    let renewals = bulk.map_or(0, |bulk| bulk.ops);
                    let most = if renews { renewals } else { 0 };
                    assert!(round.allocations.expect("counted") <= most, "{what}");
                    assert_eq!(round.taken_bytes, round.allocations.map(|count| 16 * count));
                    assert_eq!(round.given_bytes, round.taken_bytes, "{what}");
                }
            }
        }
        kinds += 1;
    }
    assert!(kinds >= 9, "{kinds} scenarios are not all kinds of traces");
}
