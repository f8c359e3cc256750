//! One thread of a crew: every call into the map is made here. It answers each task with what it
//! did, measured or failed at, and a panic in the map is an answer as well.

use std::any::Any;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_utils::CachePadded;
use hdrhistogram::Histogram;

use super::barrier::SpinBarrier;
use super::clock::Clock;
use super::deal::Hand;
use super::placement::{Probe, placement};
use super::recorder::{Recorder, nanosecond_histogram};
use super::round::{ClassIndex, Lane, Place, Sampler, Tally, Until};
use super::verify::{Model, compare, contents};
use super::{affinity, memory};
use crate::adapter::{BuildSetup, MapAdapter, MapHandle, MapHasher, Meta};
use crate::event::{Failure, FailureKind, Placement, RoundOrder, TrialSpec, Work};
use crate::key::{BenchKey, KeyTable};
use crate::op::{MAX_MAPS, OpClass};
use crate::trace::MapSpec;
use crate::value::{BenchValue, ValueWord};

/// Keys that a prefill stores between two signs of progress.
const PREFILL_STEP: usize = 1024;

/// What the crew shares: everything that is fixed for the trial, and the maps.
pub(super) struct Shared<K: BenchKey, A> {
    pub(super) spec: TrialSpec,
    pub(super) meta: Meta,
    pub(super) maps: Vec<MapSpec>,
    pub(super) hands: Vec<Hand>,
    pub(super) index: Vec<ClassIndex>,
    pub(super) tables: Vec<K::Table>,
    pub(super) built: Mutex<Arc<Vec<A>>>,
    pub(super) barrier: SpinBarrier,
    pub(super) probe: Option<Probe>,
    /// Deadlines of the round under way, set by the first thread. Ticks.
    pub(super) warm_end: CachePadded<AtomicU64>,
    pub(super) round_end: CachePadded<AtomicU64>,
    pub(super) progress: Vec<CachePadded<AtomicU64>>,
    pub(super) clock: Clock,
}

/// What a thread can be told to do.
#[derive(Clone)]
pub(super) enum Task {
    /// Nothing: whoever answers has made all that it needs for itself.
    Muster,
    Build,
    Prefill,
    Quiesce,
    Round(RoundOrder),
    Verify(Arc<Model>),
}

/// What a thread answers.
pub(super) enum Answer {
    Done,
    Round(Box<ThreadRound>),
    Failed(Failure),
}

/// What one thread measured in one round.
pub(super) struct ThreadRound {
    pub(super) start_ticks: u64,
    pub(super) end_ticks: u64,
    pub(super) tally: Tally,
    /// What all ops since the maps were built found, unmeasured ones included.
    pub(super) life: Tally,
    pub(super) classes: [u64; OpClass::ALL.len()],
    pub(super) place: Place,
    pub(super) histograms: [Histogram<u64>; OpClass::ALL.len()],
    pub(super) involuntary_switches: u64,
    pub(super) allocations: Option<u64>,
    /// Only from the first thread of several.
    pub(super) placement: Option<Placement>,
}

pub(super) fn failure(kind: FailureKind, message: String) -> Failure {
    Failure { kind, message }
}

/// One thread of a crew.
pub(super) struct Member<K: BenchKey, V, S, A> {
    shared: Arc<Shared<K, A>>,
    thread: usize,
    recorder: Recorder,
    place: Place,
    life: Tally,
    sampler: Sampler,
    types: PhantomData<fn() -> (V, S)>,
}

impl<K, V, S, A> Member<K, V, S, A>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
    A: MapAdapter<K, V, S>,
{
    pub(super) fn new(shared: Arc<Shared<K, A>>, thread: usize) -> Self {
        let spec = &shared.spec;
        if let Some(&cpu) = spec.cpus.get(thread % spec.cpus.len().max(1)) {
            // Refused on a processor outside the process's set: it runs unpinned.
            let _ = affinity::pin_to(cpu);
        }
        let seed = crate::key::scramble(spec.seed ^ (u64::from(spec.fork) << 32) ^ thread as u64);
        Member {
            recorder: Recorder::new(),
            place: Place::default(),
            life: Tally::default(),
            sampler: Sampler::new(spec.timing, seed),
            shared,
            thread,
            types: PhantomData,
        }
    }

    pub(super) fn work(mut self, todo: &Receiver<Task>, answer: &Sender<(usize, Answer)>) {
        for task in todo {
            let outcome = catch_unwind(AssertUnwindSafe(|| self.perform(task)));
            let reply = outcome.unwrap_or_else(|payload| {
                let text = panic_text(&*payload);
                Answer::Failed(failure(
                    FailureKind::Panic,
                    format!("thread {} panicked: {text}", self.thread),
                ))
            });
            if answer.send((self.thread, reply)).is_err() {
                return;
            }
        }
    }

    fn perform(&mut self, task: Task) -> Answer {
        match task {
            Task::Muster => {}
            Task::Build => self.build(),
            Task::Prefill => self.prefill(),
            Task::Quiesce => {
                for map in self.maps().iter() {
                    map.quiesce();
                    self.step();
                }
            }
            Task::Round(order) => return Answer::Round(Box::new(self.round(order))),
            Task::Verify(model) => {
                if let Err(failure) = self.verify(&model) {
                    return Answer::Failed(failure);
                }
            }
        }
        Answer::Done
    }

    fn maps(&self) -> Arc<Vec<A>> {
        Arc::clone(&self.shared.built.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn step(&self) {
        self.shared.progress[self.thread].fetch_add(1, Ordering::Relaxed);
    }

    fn build(&self) {
        let spec = &self.shared.spec;
        let hasher = S::seeded(crate::key::scramble(spec.seed ^ u64::from(spec.fork)));
        let mut built = self.shared.built.lock().unwrap_or_else(PoisonError::into_inner);
        // Old maps go first, so that two generations never need memory at once.
        *built = Arc::new(Vec::new());
        let maps = self.shared.maps.iter().map(|map| {
            self.step();
            A::build(&BuildSetup {
                capacity: spec.presize.then_some(map.peak.max(map.preload) as usize),
                hasher: hasher.clone(),
                tuning: &spec.tuning,
            })
        });
        *built = Arc::new(maps.collect());
    }

    fn prefill(&mut self) {
        self.place = Place::default();
        self.life = Tally::default();
        let maps = self.maps();
        let threads = self.shared.hands.len();
        for (map, (spec, table)) in
            maps.iter().zip(self.shared.maps.iter().zip(&self.shared.tables))
        {
            let mut handle = map.handle();
            handle.begin_batch();
            for (count, index) in (self.thread as u32..spec.preload).step_by(threads).enumerate() {
                let key = *std::borrow::Borrow::<K>::borrow(&table.key(index));
                handle.upsert(key, V::new(ValueWord::new(index, ValueWord::NOBODY, 0)));
                if count % PREFILL_STEP == 0 {
                    handle.end_batch();
                    self.step();
                    handle.begin_batch();
                }
            }
            handle.end_batch();
        }
    }

    fn round(&mut self, order: RoundOrder) -> ThreadRound {
        let shared = Arc::clone(&self.shared);
        let maps = self.maps();
        let count = maps.len();
        let mut lane: Lane<'_, K, V, A::Handle<'_>> = Lane {
            hand: &shared.hands[self.thread],
            handles: std::array::from_fn(|map| maps[map % count].handle()),
            tables: std::array::from_fn(|map| &shared.tables[map % count]),
            maps: count,
            clock: &shared.clock,
            recorder: &mut self.recorder,
            place: self.place,
            progress: &shared.progress[self.thread],
            sampler: self.sampler,
            values: PhantomData,
        };
        debug_assert!(count <= MAX_MAPS);
        let before_ns = probe(&shared, self.thread);
        let until = set_deadlines(&shared, self.thread, order);
        if let Until::Ticks(_) = until {
            let warmed = lane.run(Until::Ticks(shared.warm_end.load(Ordering::Relaxed)));
            self.life.add(warmed);
        }
        lane.recorder.clear();
        let place_before = lane.place;
        let switches = affinity::involuntary_switches();
        let allocations = memory::thread_allocations();
        let start_ticks = shared.clock.ticks();
        let tally = lane.run(until);
        let end_ticks = shared.clock.ticks();
        let allocated = memory::thread_allocations();
        let involuntary_switches = affinity::involuntary_switches() - switches;
        (self.place, self.sampler) = (lane.place, lane.sampler);
        drop(lane);
        self.life.add(tally);
        let after_ns = probe(&shared, self.thread);
        ThreadRound {
            start_ticks,
            end_ticks,
            tally,
            life: self.life,
            classes: self.classes_since(place_before),
            place: self.place,
            histograms: self.histograms(),
            involuntary_switches,
            allocations: allocated.zip(allocations).map(|(after, before)| after - before),
            placement: before_ns.zip(after_ns).map(|(before, after)| placement(before, after)),
        }
    }

    fn classes_since(&self, before: Place) -> [u64; OpClass::ALL.len()] {
        let (hand, index) = (&self.shared.hands[self.thread], &self.shared.index[self.thread]);
        let mut counts = index.before(hand, self.place);
        for (count, before) in counts.iter_mut().zip(index.before(hand, before)) {
            *count -= before;
        }
        counts
    }

    fn histograms(&self) -> [Histogram<u64>; OpClass::ALL.len()] {
        OpClass::ALL.map(|class| {
            let mut histogram = nanosecond_histogram();
            self.recorder.add_to(class, &self.shared.clock, &mut histogram);
            histogram
        })
    }

    fn verify(&self, model: &Model) -> Result<(), Failure> {
        let shared = &self.shared;
        for (position, map) in self.maps().iter().enumerate() {
            let spec = &shared.maps[position];
            let mut handle = map.handle();
            let scan = shared.meta.capabilities.scan;
            let progress = &shared.progress[self.thread];
            handle.begin_batch();
            let found =
                contents::<K, V, _>(&mut handle, &shared.tables[position], spec, scan, progress);
            handle.end_batch();
            compare(spec, &model.maps[position], &found?, handle.len())?;
        }
        Ok(())
    }
}

/// The placement probe: the first thread serves, the second answers, the others wait. Nanoseconds,
/// on the first thread only.
fn probe<K: BenchKey, A>(shared: &Shared<K, A>, thread: usize) -> Option<f64> {
    shared.barrier.wait();
    let probe = shared.probe.as_ref()?;
    match thread {
        0 => Some(probe.serve(&shared.clock)),
        1 => {
            probe.answer();
            None
        }
        _ => None,
    }
}

/// Sets the deadlines of a round on the first thread, and lets all threads begin together.
fn set_deadlines<K: BenchKey, A>(shared: &Shared<K, A>, thread: usize, order: RoundOrder) -> Until {
    let Work::DurationNs(duration_ns) = order.work else {
        shared.barrier.wait();
        return Until::LapEnd;
    };
    if thread == 0 {
        let warm_end = shared.clock.ticks() + shared.clock.ticks_in(order.warm_ns);
        shared.warm_end.store(warm_end, Ordering::Relaxed);
        shared.round_end.store(warm_end + shared.clock.ticks_in(duration_ns), Ordering::Relaxed);
    }
    shared.barrier.wait();
    Until::Ticks(shared.round_end.load(Ordering::Relaxed))
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}
