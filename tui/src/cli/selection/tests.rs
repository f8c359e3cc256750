//! The command line of a request asks for it again.

use clap::Parser;
use proptest::collection::vec;
use proptest::option::of as maybe;
use proptest::prelude::*;
use proptest::sample::select;

use mapbench_core::adapter::{HasherKind, Tuning};
use mapbench_core::event::Timing;
use mapbench_core::key::KeyKind;
use mapbench_core::value::ValueKind;
use mapbench_core::workload;

use super::*;
use crate::cli::{Cli, Verb};
use crate::session::command;

fn parsed(command: &[String]) -> RunRequest {
    let cli = Cli::try_parse_from(command).unwrap_or_else(|error| panic!("{error}"));
    let Verb::Run(args) = cli.verb else { panic!("{command:?} is not `run`") };
    args.selection.request()
}

#[test]
fn a_soak_and_strictness_are_asked_for_again() {
    for order in [Sequence::Soak, Sequence::Block] {
        let request = RunRequest {
            order,
            strict: true,
            until_percent: (order == Sequence::Soak).then_some(0.7),
            looks: if order == Sequence::Soak { Looks::One } else { Looks::Four },
            calibration: Effort::None,
            ..RunRequest::default()
        };
        assert_eq!(parsed(&command::of(&request)), request);
    }
}

#[test]
fn the_defaults_of_flags_are_those_of_a_request() {
    let command = command::of(&RunRequest::default());
    assert_eq!(command, ["mapbench", "run"]);
    assert_eq!(parsed(&command), RunRequest::default());
}

fn what() -> impl Strategy<Value = RunRequest> {
    let name = || "-?[a-z*/]{1,8}";
    let adapter = || "-?[a-z*/]{1,8}(@[a-z]{1,4}(=[a-z0-9.]{1,4})?){0,2}";
    let path = || maybe("[-a-z '$]{1,8}".prop_map(PathBuf::from));
    let hasher = select(vec![HasherKind::Foldhash, HasherKind::Siphash]);
    let key = select(vec![KeyKind::U64, KeyKind::String]);
    let value = prop_oneof![
        select(vec![ValueKind::Word, ValueKind::Inline224, ValueKind::Arc224]),
        (8_u32..=1 << 20).prop_map(ValueKind::Boxed),
    ];
    let tuning = (maybe(1_u32..=1 << 20), maybe(1_u32..))
        .prop_map(|(shards, publish_every)| Tuning { shards, publish_every, ..Tuning::default() });
    let names = (vec(adapter(), 1..3), vec(name(), 0..3), path(), path());
    (names, vec(1_u32..=1024, 0..3), vec(key, 0..3), vec(value, 0..3), hasher, tuning).prop_map(
        |((adapters, scenarios, trace, store), threads, keys, values, hasher, tuning)| {
            // A trace replaces scenarios.
            let trace = trace.filter(|_| scenarios.is_empty());
            RunRequest {
                adapters,
                scenarios,
                trace,
                threads,
                keys,
                values,
                hasher,
                tuning,
                store,
                ..RunRequest::default()
            }
        },
    )
}

fn rates() -> impl Strategy<Value = RunRequest> {
    let schedule = select(vec![workload::Schedule::Poisson, workload::Schedule::Uniform]);
    (vec(1e-3..1e9, 0..3), schedule).prop_map(|(rates, schedule)| RunRequest {
        rates,
        schedule,
        ..RunRequest::default()
    })
}

fn how() -> impl Strategy<Value = RunRequest> {
    // Longer ones cannot be typed to the nanosecond, nor sizes to the byte.
    let ns = || prop_oneof![1_u64..1 << 53, (1_u64..1_000).prop_map(|ms| ms * 1_000_000)];
    let bytes = prop_oneof![1_u64..1 << 53, (1_u64..64).prop_map(|gib| gib << 30)];
    let length = prop_oneof![
        Just(Length::Default),
        ns().prop_map(Length::PerCellNs),
        (1_u32..=1_000_000).prop_map(Length::Rounds),
    ];
    let timing = select(vec![Timing::Sampled, Timing::Every, Timing::None]);
    let what = (
        select(vec![Measure::Time, Measure::Memory, Measure::Instructions]),
        vec(any::<bool>(), 0..3),
    );
    let times = (length, maybe(ns()), ns(), ns());
    let counts = (1_u32..=1000, any::<u64>());
    (times, counts, timing, what, maybe(bytes), vec(any::<u32>(), 0..3)).prop_map(
        |((length, round_ns, warm_ns, timeout_ns), counts, timing, what, memory, cpus)| {
            let ((forks, seed), (measure, presize)) = (counts, what);
            RunRequest {
                length,
                round_ns,
                warm_ns,
                timeout_ns,
                forks,
                seed,
                timing,
                measure,
                presize,
                max_memory_bytes: memory,
                cpus,
                ..RunRequest::default()
            }
        },
    )
}

proptest! {
    #[test]
    fn the_command_of_a_request_asks_for_it_again(what in what(), how in how(), rates in rates()) {
        let request = RunRequest {
            adapters: what.adapters,
            scenarios: what.scenarios,
            trace: what.trace,
            threads: what.threads,
            keys: what.keys,
            values: what.values,
            hasher: what.hasher,
            tuning: what.tuning,
            store: what.store,
            rates: rates.rates,
            schedule: rates.schedule,
            ..how
        };
        prop_assert_eq!(parsed(&command::of(&request)), request);
    }
}
