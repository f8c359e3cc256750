//! The flags that say what to measure and how, shared by `run` and `tui`, and their resolved
//! form, a `RunRequest`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mapbench_core::adapter::{HasherKind, Tuning};
use mapbench_core::event::{Measure, Sequence, Timing};
use mapbench_core::key::KeyKind;
use mapbench_core::value::ValueKind;
use mapbench_core::workload;

use super::quantity::{bytes, duration_ns, per_second};
use mapbench_results::stats::Looks;

use crate::session::calibrate::Effort;
use crate::session::request::{Length, RunRequest};

/// What to measure and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunSelection {
    /// Adapters: names, globs, `core` (the real maps) or `all`; `NAME@KEY=VALUE` for settings of
    /// one, `NAME@twin` for a second cell of it
    #[arg(short, long = "adapter", value_delimiter = ',', default_value = "core")]
    #[arg(value_name = "NAMES", help_heading = "What")]
    adapters: Vec<String>,
    /// Scenarios: names, unique suffixes, globs or paths to .toml files [default: read-heavy,
    /// hot-key, mixed-write]
    #[arg(short, long = "scenario", value_delimiter = ',', value_name = "NAMES")]
    #[arg(help_heading = "What", conflicts_with = "trace")]
    scenarios: Vec<String>,
    /// Replay this trace file instead of scenarios
    #[arg(long, value_name = "FILE", help_heading = "What")]
    trace: Option<PathBuf>,
    /// Threads that share the map [default: 1 and all processors]
    #[arg(short, long, value_delimiter = ',', value_name = "COUNTS", help_heading = "What")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1024))]
    threads: Vec<u32>,
    /// Key types [default: the scenario's]
    #[arg(long = "key", value_delimiter = ',', value_name = "TYPES", help_heading = "What")]
    keys: Vec<Key>,
    /// Value types: 8 or 224 bytes in place, arc224, or boxed:N with N bytes, 8 to 1048576, for u64
    /// keys only [default: the scenario's]
    #[arg(long = "value", value_delimiter = ',', value_name = "TYPES", help_heading = "What")]
    values: Vec<ValueKind>,
    /// Open loop: offer the trace at these rates, in its units (pods) or else ops per second
    #[arg(long = "rate", value_delimiter = ',', value_name = "RATES", value_parser = per_second)]
    #[arg(help_heading = "What")]
    rates: Vec<f64>,
    /// How what is offered at a rate is spread over time
    #[arg(long, value_enum, default_value = "poisson", help_heading = "What")]
    schedule: Schedule,
    /// The hasher that all maps share
    #[arg(long, value_enum, default_value = "foldhash", help_heading = "What")]
    hasher: Hasher,
    /// Shards, for maps that have shards [default: the crate's own]
    #[arg(long, value_name = "N", help_heading = "What")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    shards: Option<u32>,
    /// Writes per publication, for maps that publish
    #[arg(long, value_name = "N", help_heading = "What")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    publish_every: Option<u32>,

    /// Measured time per cell, over all its forks [default: 2s]
    #[arg(short, long, value_name = "TIME", value_parser = duration_ns, help_heading = "How long")]
    #[arg(conflicts_with = "rounds")]
    duration: Option<u64>,
    /// Rounds per fork
    #[arg(long, value_name = "N", help_heading = "How long")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rounds: Option<u32>,
    /// Worker processes per cell, one after the other
    #[arg(long, value_name = "N", default_value_t = 2, help_heading = "How long")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    forks: u32,
    /// Length of a round [default: 200ms]
    #[arg(long = "round", value_name = "TIME", value_parser = duration_ns)]
    #[arg(help_heading = "How long")]
    round_ns: Option<u64>,
    /// Unmeasured running before each round
    #[arg(long = "warm", value_name = "TIME", value_parser = duration_ns)]
    #[arg(default_value = "10ms", help_heading = "How long")]
    warm_ns: u64,

    /// In what order the rounds of one setting run
    #[arg(long, value_enum, default_value = "interleaved", help_heading = "How")]
    order: OrderChoice,
    /// One trial per cell that nothing interrupts, in slices of a second [default: 60s per cell]
    #[arg(long, help_heading = "How long", conflicts_with_all = ["order", "forks"])]
    soak: bool,
    /// End a setting's rounds once half of each interval, or of the pair's ratio, is within this
    /// part of it; -d or --rounds are the most
    #[arg(long, value_name = "PERCENT", value_parser = percent, help_heading = "How long")]
    until: Option<f64>,
    /// End a pair's rounds if it differs at one of so many looks, 2 or 4, settled now and each at
    /// Pocock's level
    #[arg(long, value_name = "N", value_parser = looks, help_heading = "How long")]
    #[arg(conflicts_with = "until")]
    looks: Option<Looks>,
    /// End with 5 if a cell is noisy, came to no steady state or has too few rounds
    #[arg(long, help_heading = "How")]
    strict: bool,
    /// What the run measures of itself, before its cells: the harness without a map, and one map
    /// against itself
    #[arg(long, value_enum, default_value = "quick", help_heading = "How")]
    calibration: CalibrationChoice,
    /// Seed of traces, hashers and the order of rounds
    #[arg(long, default_value_t = 1, help_heading = "How")]
    seed: u64,
    /// Which ops are timed
    #[arg(long, value_enum, default_value = "sampled", help_heading = "How")]
    timing: TimingChoice,
    /// What is measured. `memory`: what maps hold after the prefill, after five laps (which replace
    /// every entry of the default scenarios ten times), and once they are quiesced
    #[arg(long, value_enum, default_value = "time", help_heading = "How")]
    measure: MeasureChoice,
    /// Whether maps are built with room for their peak, or grow [default: the scenario's]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "YES|NO", help_heading = "How")]
    presize: Vec<YesNo>,
    /// A worker without progress for this long hangs
    #[arg(long = "timeout", value_name = "TIME", value_parser = duration_ns)]
    #[arg(default_value = "30s", help_heading = "How")]
    timeout_ns: u64,
    /// Memory for all workers that live together [default: 80 % of what is available]
    #[arg(long, value_name = "SIZE", value_parser = bytes, help_heading = "How")]
    max_memory: Option<u64>,
    /// Processors for the threads, in order [default: those of this process]
    #[arg(long, value_delimiter = ',', value_name = "CPUS", help_heading = "How")]
    cpus: Vec<u32>,
    /// After the measured rounds, sample each map's stacks for a second and write them into this
    /// folder: SCENARIO-ADAPTER-THREADS.folded for flame graphs, .pb.gz for `go tool pprof`
    #[arg(long, value_name = "DIR", help_heading = "How")]
    stacks: Option<PathBuf>,
    /// Folder of run logs and traces [default: .mapbench/runs beside mapbench.toml or here]
    #[arg(long, value_name = "DIR", help_heading = "How")]
    store: Option<PathBuf>,
}

/// Key types.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Key {
    /// A scrambled 64-bit number
    U64,
    /// A pod-like string of 36 or 40 characters
    String,
}

/// Hashers.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Hasher {
    /// Fast, seeded from the run's seed and the fork
    Foldhash,
    /// The standard library's
    Siphash,
}

/// In what order rounds run.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum OrderChoice {
    /// Shuffled blocks of one round of each map; of two maps, quads ABBA or BAAB
    Interleaved,
    /// All rounds of a map, then all of the next: drift of the machine looks like a difference
    Block,
}

/// Schedules of an open loop.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Schedule {
    /// At random, as independent arrivals are
    Poisson,
    /// At equal distances
    Uniform,
}

/// What a run measures of itself.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum CalibrationChoice {
    /// A second or two for each number of threads
    Quick,
    /// Nothing: the results do not say what they could not tell apart
    None,
}

/// Which ops are timed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum TimingChoice {
    /// One in 64
    Sampled,
    /// Every one; hides fast maps behind the clock
    Every,
    /// None
    None,
}

/// What is measured.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum MeasureChoice {
    /// Throughput and latency, and the memory that goes with them
    Time,
    /// What maps hold, at the same places of the same trace
    Memory,
    /// Instructions per op of one thread, to the digit, under valgrind; nothing of contention
    Instructions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum YesNo {
    Yes,
    No,
}

/// A share in percent, with or without its sign.
fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim().parse::<f64>().ok();
    let known = number.filter(|percent| (0.01..=50.0).contains(percent));
    known.ok_or_else(|| "write a percentage from 0.01% to 50%, as `1%`".to_owned())
}

/// Looks that levels are known for.
fn looks(text: &str) -> Result<Looks, String> {
    match text {
        "2" => Ok(Looks::Two),
        "4" => Ok(Looks::Four),
        _ => Err("write 2 or 4".to_owned()),
    }
}

impl RunSelection {
    /// The request that these flags make.
    pub(crate) fn request(&self) -> RunRequest {
        RunRequest {
            adapters: self.adapters.clone(),
            scenarios: self.scenarios.clone(),
            trace: self.trace.clone(),
            threads: self.threads.clone(),
            keys: self.keys.iter().map(|&key| key.kind()).collect(),
            values: self.values.clone(),
            rates: self.rates.clone(),
            schedule: match self.schedule {
                Schedule::Poisson => workload::Schedule::Poisson,
                Schedule::Uniform => workload::Schedule::Uniform,
            },
            hasher: match self.hasher {
                Hasher::Foldhash => HasherKind::Foldhash,
                Hasher::Siphash => HasherKind::Siphash,
            },
            tuning: Tuning {
                shards: self.shards,
                publish_every: self.publish_every,
                ..Tuning::default()
            },
            length: match (self.duration, self.rounds) {
                (Some(ns), _) => Length::PerCellNs(ns),
                (None, Some(rounds)) => Length::Rounds(rounds),
                (None, None) => Length::Default,
            },
            forks: self.forks,
            round_ns: self.round_ns,
            warm_ns: self.warm_ns,
            strict: self.strict,
            until_percent: self.until,
            looks: self.looks.unwrap_or(Looks::One),
            order: match self.order {
                _ if self.soak => Sequence::Soak,
                OrderChoice::Interleaved => Sequence::Interleaved,
                OrderChoice::Block => Sequence::Block,
            },
            calibration: match self.calibration {
                CalibrationChoice::Quick => Effort::Quick,
                CalibrationChoice::None => Effort::None,
            },
            seed: self.seed,
            timing: match self.timing {
                TimingChoice::Sampled => Timing::Sampled,
                TimingChoice::Every => Timing::Every,
                TimingChoice::None => Timing::None,
            },
            measure: match self.measure {
                MeasureChoice::Time => Measure::Time,
                MeasureChoice::Memory => Measure::Memory,
                MeasureChoice::Instructions => Measure::Instructions,
            },
            presize: self.presize.iter().map(|&choice| choice == YesNo::Yes).collect(),
            timeout_ns: self.timeout_ns,
            max_memory_bytes: self.max_memory,
            cpus: self.cpus.clone(),
            stacks: self.stacks.clone(),
            store: self.store.clone(),
        }
    }
}

impl Key {
    fn kind(self) -> KeyKind {
        match self {
            Key::U64 => KeyKind::U64,
            Key::String => KeyKind::String,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use proptest::collection::vec;
    use proptest::option::of as maybe;
    use proptest::prelude::*;
    use proptest::sample::select;

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
        let tuning =
            (maybe(1_u32..=1 << 20), maybe(1_u32..)).prop_map(|(shards, publish_every)| Tuning {
                shards,
                publish_every,
                ..Tuning::default()
            });
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
}
