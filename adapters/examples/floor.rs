//! The harness measured by itself: what a no-op map costs in the hot loop with and without timing,
//! and what the driver adds to a hand-written loop over the same `hashbrown` map and keys.
//!
//! Single thread, rounds of all subjects interleaved, medians. Run it with
//! `cargo run --release -p mapbench-adapters --example floor`; it takes about two minutes.

use std::borrow::Borrow;
use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard};

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use mapbench_core::adapter::{
    AdapterClass, BuildSetup, MapAdapter, MapFamily, MapHandle, MapHasher, Meta, Was,
};
use mapbench_core::driver::clock::Clock;
use mapbench_core::driver::memory::CountingAllocator;
use mapbench_core::driver::{InProcess, allowed_cpus, trial};
use mapbench_core::event::{RoundOrder, RoundReport, Timing, TrialSpec, Work};
use mapbench_core::key::{BenchKey, InlineKey, KeyKind, KeyTable};
use mapbench_core::op::{OpKind, OpWord};
use mapbench_core::registry::TrialFn;
use mapbench_core::trace::Trace;
use mapbench_core::value::{BenchValue, ValueWord};
use mapbench_core::{scenario, workload};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const ROUND_NS: u64 = 10_000_000;
const WARM_NS: u64 = 8_000_000;
const BLOCKS: usize = 60;

/// A plain `hashbrown` map for one thread: the first handle holds the lock for the whole round, so
/// an op pays nothing for it.
struct Plain<K, V, S>(Mutex<HashMap<K, V, S>>);

struct PlainFamily;

impl MapFamily for PlainFamily {
    const META: Meta = Meta { name: "hashbrown/plain", class: AdapterClass::Control, ..Meta::NEW };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Plain<K, V, S>;
}

struct PlainHandle<'m, K, V, S>(Option<MutexGuard<'m, HashMap<K, V, S>>>);

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapAdapter<K, V, S> for Plain<K, V, S> {
    type Handle<'m> = PlainHandle<'m, K, V, S>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        let capacity = setup.capacity.unwrap_or(0);
        Plain(Mutex::new(HashMap::with_capacity_and_hasher(capacity, setup.hasher.clone())))
    }

    fn handle(&self) -> Self::Handle<'_> {
        PlainHandle(self.0.try_lock().ok())
    }
}

impl<K, V, S> PlainHandle<'_, K, V, S> {
    #[inline(always)]
    fn map(&mut self) -> &mut HashMap<K, V, S> {
        self.0.as_mut().expect("one thread uses one handle")
    }
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapHandle<K, V> for PlainHandle<'_, K, V, S> {
    #[inline]
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        self.map().get(key).map(f)
    }

    #[inline]
    fn upsert(&mut self, key: K, value: V) -> Was {
        Was::present(self.map().insert(key, value).is_some())
    }

    #[inline]
    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        Was::present(self.map().try_insert(key, value).is_err())
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Was {
        Was::present(self.map().remove(key).is_some())
    }

    #[inline]
    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        match self.map().get_mut(key) {
            Some(value) => {
                *value = f(value);
                Was::Present
            }
            None => Was::Absent,
        }
    }

    fn scan(&mut self, mut f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        for (key, value) in self.map().iter() {
            if f(key, value).is_break() {
                break;
            }
        }
    }

    fn len(&mut self) -> usize {
        self.map().len()
    }
}

/// A trial of this process and how many rounds it has run.
struct Seat {
    trial: InProcess,
    rounds: u32,
}

impl Seat {
    fn take(trial: TrialFn, key: KeyKind, timing: Timing, trace: &Arc<Trace>) -> Seat {
        let cpus = allowed_cpus().into_iter().take(1).collect();
        let spec = TrialSpec { key, timing, cpus, ..TrialSpec::in_memory(1) };
        Seat { trial: InProcess::start(trial, spec, trace), rounds: 0 }
    }

    fn round(&mut self) -> RoundReport {
        let order = RoundOrder {
            n: self.rounds,
            work: Work::DurationNs(ROUND_NS),
            warm_ns: WARM_NS,
            sampled: false,
        };
        self.rounds += 1;
        self.trial.round(order).unwrap_or_else(|failure| panic!("{failure:?}"))
    }
}

/// The loop that a careful engineer would write by hand for one map and one trace.
struct ByHand<K: BenchKey> {
    words: Vec<u32>,
    tables: Vec<K::Table>,
    maps: Vec<HashMap<K, u64, FixedState>>,
    position: usize,
}

impl<K: BenchKey> ByHand<K> {
    fn new(trace: &Trace) -> Self {
        let mut tables = Vec::new();
        let mut maps = Vec::new();
        for spec in &trace.header.maps {
            let table = K::Table::build(spec.key_rule, spec.keys);
            let mut map: HashMap<K, u64, FixedState> =
                HashMap::with_capacity_and_hasher(spec.peak as usize, FixedState::seeded(1));
            for index in 0..spec.preload {
                map.insert(*table.key(index).borrow(), ValueWord::new(index, 0, 0).0);
            }
            tables.push(table);
            maps.push(map);
        }
        ByHand { words: trace.streams[0].words.clone(), tables, maps, position: 0 }
    }

    #[inline(never)]
    fn run(&mut self, ops: usize) -> u64 {
        let mut sum = 0_u64;
        let end = self.words.len().min(self.position + ops);
        for position in self.position..end {
            let word = OpWord(self.words[position]);
            let key = self.tables[word.map()].key(word.key());
            let key: &K = key.borrow();
            let map = &mut self.maps[word.map()];
            let value = ValueWord::new(word.key(), 0, position as u32).0;
            match word.kind() {
                Some(OpKind::Get) => sum = sum.wrapping_add(map.get(key).copied().unwrap_or(0)),
                Some(OpKind::Update) => {
                    if let Some(value) = map.get_mut(key) {
                        *value = ValueWord(*value).bumped(0).0;
                    }
                }
                Some(OpKind::Insert | OpKind::Overwrite) => {
                    sum += u64::from(map.insert(*key, value).is_some());
                }
                Some(OpKind::Remove) => sum += u64::from(map.remove(key).is_some()),
                _ => {}
            }
        }
        self.position = if end == self.words.len() { 0 } else { end };
        sum
    }

    /// Nanoseconds per op over about one round, after as much warming as the driver gives.
    fn round(&mut self, clock: &Clock) -> f64 {
        let until = |this: &mut Self, nanos: u64| {
            let start = clock.ticks();
            let end = start + clock.ticks_in(nanos);
            let mut ops = 0;
            while clock.ticks() < end {
                let before = this.position;
                black_box(this.run(4096));
                ops += if this.position > before {
                    this.position - before
                } else {
                    this.words.len() - before
                };
            }
            clock.nanos_between(start, clock.ticks()) as f64 / ops as f64
        };
        until(self, WARM_NS);
        until(self, ROUND_NS)
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn nanos_per_op(report: &RoundReport) -> f64 {
    report.elapsed_ns as f64 / report.ops as f64
}

fn compare<K: BenchKey>(mix: &str, trace: &Arc<Trace>, noop: TrialFn) {
    let plain = trial::<PlainFamily> as TrialFn;
    let mut sampled = Seat::take(noop, K::KIND, Timing::Sampled, trace);
    let mut untimed = Seat::take(noop, K::KIND, Timing::None, trace);
    let mut driven = Seat::take(plain, K::KIND, Timing::Sampled, trace);
    let mut by_hand = ByHand::<K>::new(trace);
    let clock = Clock::new();
    let (mut floor, mut bare, mut driver, mut hand) = (vec![], vec![], vec![], vec![]);
    let (mut timing, mut driving) = (vec![], vec![]);
    let mut allocations = 0;
    for block in 0..BLOCKS {
        // The order alternates, so that a drift favours nobody.
        let (with, without, map, loops) = if block % 2 == 0 {
            let with = sampled.round();
            (with, untimed.round(), driven.round(), by_hand.round(&clock))
        } else {
            let loops = by_hand.round(&clock);
            let map = driven.round();
            let without = untimed.round();
            (sampled.round(), without, map, loops)
        };
        allocations += with.allocations.unwrap_or(0) + map.allocations.unwrap_or(0);
        timing.push(nanos_per_op(&with) - nanos_per_op(&without));
        driving.push(nanos_per_op(&map) - loops);
        floor.push(nanos_per_op(&with));
        bare.push(nanos_per_op(&without));
        driver.push(nanos_per_op(&map));
        hand.push(loops);
    }
    println!(
        "{mix:<12} {:<7} {:>8.2} {:>8.2} {:>8.2} {:>10.2} {:>8.2} {:>8.2} {allocations:>7}",
        K::KIND.name(),
        median(floor),
        median(bare),
        median(timing),
        median(driver),
        median(hand),
        median(driving),
    );
}

fn main() {
    let noop = mapbench_adapters::REGISTRY.get("noop").expect("the registry has a no-op map").trial;
    println!("ns per op, medians of {BLOCKS} interleaved rounds; differences are paired");
    println!(
        "{:<12} {:<7} {:>8} {:>8} {:>8} {:>10} {:>8} {:>8} {:>7}",
        "mix", "key", "noop", "untimed", "timing", "hashbrown", "by hand", "driver", "allocs"
    );
    for name in ["read-heavy", "hot-key", "mixed-write"] {
        let scenario = scenario::find(name).expect("a preset");
        let trace = workload::generate(&scenario, 1).expect("a trace");
        if name == "read-heavy" {
            let mut gets = trace.clone();
            gets.streams[0].words.retain(|&word| OpWord(word).kind() == Some(OpKind::Get));
            gets.header.ops = gets.streams[0].words.len() as u64;
            let gets = Arc::new(gets);
            compare::<u64>("gets only", &gets, noop);
            compare::<InlineKey>("gets only", &gets, noop);
        }
        let trace = Arc::new(trace);
        compare::<u64>(name, &trace, noop);
        compare::<InlineKey>(name, &trace, noop);
    }
}
