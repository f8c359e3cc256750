//! Every adapter goes through the real driver with every test scenario that it can run, every kind
//! of key, value and hasher, and ends in the verified state. Rounds are as short as they can be:
//! what is measured is of no interest here.

use std::collections::VecDeque;

use mapbench_adapters::REGISTRY;
use mapbench_core::AdapterEntry;
use mapbench_core::adapter::{HasherKind, Tuning};
use mapbench_core::driver::Link;
use mapbench_core::event::{Done, Order, RoundOrder, TrialSpec, Work, WorkerMessage};
use mapbench_core::key::KeyKind;
use mapbench_core::scenario::{self, Scenario};
use mapbench_core::trace::{Shape, Trace};
use mapbench_core::value::ValueKind;
use mapbench_core::workload::generate;

const THREADS: u32 = 2;
const ROUNDS: u32 = 2;
const ROUND_NS: u64 = 1_000_000;

/// Orders written down before, and the last message that came back.
#[derive(Debug)]
struct Script {
    orders: VecDeque<Order>,
    last: Option<WorkerMessage>,
}

impl Link for Script {
    fn next_order(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    fn send(&mut self, message: &WorkerMessage) {
        self.last = Some(message.clone());
    }
}

fn script(shape: Shape) -> Script {
    let work = match shape {
        Shape::Steady => Work::DurationNs(ROUND_NS),
        Shape::OneShot => Work::Trace,
    };
    let rounds =
        (0..ROUNDS).map(|n| Order::Round(RoundOrder { n, work, warm_ns: 0, sampled: false }));
    Script { orders: rounds.chain([Order::Stop {}]).collect(), last: None }
}

fn spec(kinds: (HasherKind, KeyKind, ValueKind), presize: bool) -> TrialSpec {
    let (hasher, key, value) = kinds;
    TrialSpec { hasher, key, value, presize, ..TrialSpec::in_memory(THREADS) }
}

fn run(entry: &AdapterEntry, trace: &Trace, spec: &TrialSpec) -> Done {
    let mut script = script(trace.header.shape);
    let context = || format!("{} with {} and {spec:?}", entry.meta.name, trace.header.name);
    if let Err(failure) = (entry.trial)(spec, trace, &mut script) {
        panic!("{}: {failure:?}", context());
    }
    match script.last {
        Some(WorkerMessage::Done(done)) => done,
        other => panic!("{}: {other:?}", context()),
    }
}

fn kinds() -> Vec<(HasherKind, KeyKind, ValueKind)> {
    let values = [ValueKind::Word, ValueKind::Inline224, ValueKind::Arc224];
    let mut kinds = vec![
        (HasherKind::Siphash, KeyKind::U64, ValueKind::Word),
        (HasherKind::Foldhash, KeyKind::U64, ValueKind::Boxed(100)),
    ];
    for key in [KeyKind::U64, KeyKind::String] {
        kinds.extend(values.map(|value| (HasherKind::Foldhash, key, value)));
    }
    kinds
}

fn test_scenarios() -> impl Iterator<Item = &'static Scenario> {
    scenario::catalog().iter().filter(|scenario| scenario.name.starts_with("test/"))
}

#[test]
fn every_adapter_ends_every_test_scenario_in_the_verified_state() {
    let mut trials = 0;
    for scenario in test_scenarios() {
        let trace = generate(scenario, 1).expect("a built-in scenario generates");
        for entry in REGISTRY.entries() {
            let capabilities = entry.meta.capabilities;
            if !scenario.requirements().into_iter().all(|needed| capabilities.meets(needed)) {
                continue;
            }
            for kinds in kinds() {
                let done = run(entry, &trace, &spec(kinds, scenario.presize));
                assert_eq!(done.verified, capabilities.keeps_entries, "{}", entry.meta.name);
                trials += 1;
            }
        }
    }
    // Ten adapters, seven kinds; only publish-every-n may skip, and only what updates.
    let at_least = 9 * 7 * test_scenarios().count();
    assert!(trials > at_least, "{trials} trials are too few to mean anything");
}

#[test]
fn tuning_reaches_the_maps_that_have_it_and_harms_no_other() {
    let scenario = scenario::find("test/churn").expect("a built-in scenario");
    let trace = generate(&scenario, 1).expect("a built-in scenario generates");
    let plain = (HasherKind::Foldhash, KeyKind::U64, ValueKind::Word);
    for shards in [0, 1, 3, 256] {
        let tuning =
            Tuning { shards: Some(shards), publish_every: Some(shards), ..Tuning::default() };
        for entry in REGISTRY.entries() {
            run(entry, &trace, &TrialSpec { tuning: tuning.clone(), ..spec(plain, true) });
        }
    }
}
