//! One thread of a crew: every call into the map is made here. It answers each task with what it
//! did, measured or failed at, and a panic in the map is an answer as well.

mod play;

use std::any::Any;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_utils::CachePadded;
use hdrhistogram::Histogram;

use crate::adapter::{BuildSetup, MapAdapter, MapHandle, MapHasher, Meta};
use crate::driver::affinity;
use crate::driver::barrier::SpinBarrier;
use crate::driver::clock::Clock;
use crate::driver::counts::{OpCounts, OpIndex};
use crate::driver::deal::{Hand, Hands};
use crate::driver::memory::{Heap, ThreadCounts};
use crate::driver::offered::HandPace;
use crate::driver::pacing::Idling;
use crate::driver::placement::Probe;
use crate::driver::recorder::{LONG_NS, Recorder};
use crate::driver::renewal::{Renewal, Slot};
use crate::driver::round::{PacedTicks, Place, Sampler, Tally};
use crate::driver::turnstile::Turnstile;
use crate::driver::verify::{Model, compare, contents};
use crate::event::{Counters, Failure, FailureKind, Placement, RoundOrder, TrialSpec};
use crate::key::{BenchKey, KeyTable};
use crate::op::{MAX_MAPS, OpClass};
use crate::trace::MapSpec;
use crate::value::{BenchValue, ValueWord};

/// How the system's names of crew threads begin; the number of the thread follows. Whoever samples
/// them finds them by it.
pub const CREW_THREAD_NAME: &str = "crew-";

/// Keys that a prefill stores between two signs of progress.
const PREFILL_STEP: usize = 1024;

/// What the crew shares: everything that is fixed for the trial, and the maps.
pub(in crate::driver) struct Shared<K: BenchKey, S, A> {
    pub(in crate::driver) spec: TrialSpec,
    pub(in crate::driver) meta: Meta,
    pub(in crate::driver) maps: Vec<MapSpec>,
    /// By thread; so are the next two, and within a thread by hand.
    pub(in crate::driver) hands: Hands,
    pub(in crate::driver) index: Vec<Vec<OpIndex>>,
    pub(in crate::driver) paces: Vec<Vec<Option<PacedTicks>>>,
    pub(in crate::driver) tables: Vec<K::Table>,
    pub(in crate::driver) renewed: [bool; MAX_MAPS],
    pub(in crate::driver) built: Mutex<Arc<Built<S, A>>>,
    pub(in crate::driver) turnstile: Turnstile,
    pub(in crate::driver) barrier: SpinBarrier,
    pub(in crate::driver) probe: Option<Probe>,
    pub(in crate::driver) idling: Idling,
    /// Start and deadlines of the round under way, set by the first thread. Ticks.
    pub(in crate::driver) round_start: CachePadded<AtomicU64>,
    pub(in crate::driver) warm_end: CachePadded<AtomicU64>,
    pub(in crate::driver) round_end: CachePadded<AtomicU64>,
    pub(in crate::driver) progress: Vec<CachePadded<AtomicU64>>,
    pub(in crate::driver) clock: Clock,
    /// What one reading of the clock costs. Ticks.
    pub(in crate::driver) reading_ticks: f64,
    /// What a thread without ops holds.
    pub(in crate::driver) no_hand: Hand,
}

/// The maps of a trial. Those that the trace renews stand empty here.
pub(in crate::driver) struct Built<S, A> {
    maps: Vec<A>,
    renewal: Renewal<A, S>,
}

/// What a thread can be told to do.
#[derive(Clone)]
pub(in crate::driver) enum Task {
    /// Nothing: whoever answers has made all that it needs for itself.
    Muster,
    Build,
    Prefill,
    Quiesce,
    Round(RoundOrder),
    /// Ask every map for its length.
    Lengths,
    /// Ask the maps for what they counted.
    Counters,
    Verify(Arc<Model>),
}

/// What a thread answers.
pub(in crate::driver) enum Answer {
    Done,
    Round(Box<ThreadRound>),
    Lengths(Vec<u64>),
    Counters(Counters),
    Failed(Failure),
}

/// What one thread measured in one round.
pub(in crate::driver) struct ThreadRound {
    pub(in crate::driver) start_ticks: u64,
    pub(in crate::driver) end_ticks: u64,
    pub(in crate::driver) tally: Tally,
    /// What all ops since the maps were built found, unmeasured ones included.
    pub(in crate::driver) life: Tally,
    pub(in crate::driver) counts: OpCounts,
    /// Where it stands in each of its hands.
    pub(in crate::driver) places: Vec<Place>,
    pub(in crate::driver) histograms: [Histogram<u64>; OpClass::ALL.len()],
    /// Of paced actors; `None` without any.
    pub(in crate::driver) intended: Option<[Histogram<u64>; OpClass::ALL.len()]>,
    /// Time spent per map. Ticks.
    pub(in crate::driver) busy_ticks: Vec<u64>,
    /// Time spent waiting for other threads. Ticks.
    pub(in crate::driver) waited_ticks: u64,
    /// Of each paced hand, what was due and what was done.
    pub(in crate::driver) paces: Vec<HandPace>,
    /// How late it woke up where it slept until something was due.
    pub(in crate::driver) wakes: Histogram<u64>,
    pub(in crate::driver) involuntary_switches: u64,
    /// What the thread asked of the heap in the measured part.
    pub(in crate::driver) asked: Option<ThreadCounts>,
    /// The process's heap when all threads had stopped, before any of them took memory for its
    /// report. Only from the first thread.
    pub(in crate::driver) heap: Option<Heap>,
    /// What the maps counted of themselves in the measured part. Only from the first thread.
    pub(in crate::driver) counters: Counters,
    /// Only from the first thread of several.
    pub(in crate::driver) placement: Option<Placement>,
}

pub(in crate::driver) fn failure(kind: FailureKind, message: String) -> Failure {
    Failure { kind, message }
}

/// One thread of a crew.
pub(in crate::driver) struct Member<K: BenchKey, V, S, A> {
    shared: Arc<Shared<K, S, A>>,
    thread: usize,
    recorder: Recorder,
    /// Where it stands in each of its hands.
    places: Vec<Place>,
    /// Time of all rounds since the maps were built, which paced events are due by. Ticks.
    scheduled_ticks: u64,
    /// Untimed words before the next timed one.
    gap: usize,
    life: Tally,
    sampler: Sampler,
    types: PhantomData<fn() -> V>,
}

impl<K, V, S, A> Member<K, V, S, A>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
    A: MapAdapter<K, V, S>,
{
    pub(in crate::driver) fn new(shared: Arc<Shared<K, S, A>>, thread: usize) -> Self {
        let spec = &shared.spec;
        affinity::name_thread(&format!("{CREW_THREAD_NAME}{thread}"));
        if let Some(&cpu) = spec.cpus.get(thread % spec.cpus.len().max(1)) {
            // Refused on a processor outside the process's set: it runs unpinned.
            let _ = affinity::pin_to(cpu);
        }
        let seed = crate::key::scramble(spec.seed ^ (u64::from(spec.fork) << 32) ^ thread as u64);
        let paced = shared.paces[thread].iter().any(Option::is_some);
        let sampler = Sampler::new(spec.timing, seed);
        Member {
            recorder: Recorder::new(paced, shared.clock.ticks_in(LONG_NS)),
            places: vec![Place::default(); shared.hands[thread].len()],
            scheduled_ticks: 0,
            gap: sampler.first_gap(),
            life: Tally::default(),
            sampler,
            shared,
            thread,
            types: PhantomData,
        }
    }

    pub(in crate::driver) fn work(
        mut self,
        todo: &Receiver<Task>,
        answer: &Sender<(usize, Answer)>,
    ) {
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
            Task::Quiesce => self.each_map(|_, map| {
                map.quiesce();
                self.step();
            }),
            Task::Lengths => {
                let mut lengths = Vec::new();
                self.each_map(|_, map| lengths.push(map.handle().len() as u64));
                return Answer::Lengths(lengths);
            }
            Task::Counters => return Answer::Counters(self.built().counters::<K, V>()),
            Task::Round(order) => return Answer::Round(Box::new(self.round(order))),
            Task::Verify(model) => {
                if let Err(failure) = self.verify(&model) {
                    return Answer::Failed(failure);
                }
            }
        }
        Answer::Done
    }

    fn built(&self) -> Arc<Built<S, A>> {
        Arc::clone(&self.shared.built.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Calls `f` on every map that is current, by its number.
    fn each_map(&self, mut f: impl FnMut(usize, &A)) {
        let built = self.built();
        for (number, map) in built.maps.iter().enumerate() {
            match built.renewal.slot(number) {
                Some(slot) => f(number, &slot.current()),
                None => f(number, map),
            }
        }
    }

    fn step(&self) {
        self.shared.progress[self.thread].fetch_add(1, Ordering::Relaxed);
    }

    fn build(&self) {
        let shared = &self.shared;
        let spec = &shared.spec;
        let hasher = S::seeded(crate::key::scramble(spec.seed ^ u64::from(spec.fork)));
        let mut built = shared.built.lock().unwrap_or_else(PoisonError::into_inner);
        // Old maps go first, so that two generations never need memory at once.
        *built = Arc::new(Built::none());
        let capacity = |map: &MapSpec| spec.presize.then_some(map.peak.max(map.preload) as usize);
        let build = |capacity: Option<usize>| {
            self.step();
            A::build(&BuildSetup { capacity, hasher: hasher.clone(), tuning: &spec.tuning })
        };
        let mut slots = [const { None }; MAX_MAPS];
        let mut maps = Vec::new();
        for (number, map) in shared.maps.iter().enumerate() {
            if shared.renewed[number] {
                slots[number] = Some(Slot::new(build(capacity(map)), capacity(map)));
                maps.push(build(None));
            } else {
                maps.push(build(capacity(map)));
            }
        }
        let renewal = Renewal::new(slots, hasher.clone(), &spec.tuning);
        *built = Arc::new(Built { maps, renewal });
    }

    fn prefill(&mut self) {
        self.places.fill(Place::default());
        self.scheduled_ticks = 0;
        self.life = Tally::default();
        self.shared.turnstile.publish(self.thread, 0);
        let threads = self.shared.hands.len();
        self.each_map(|number, map| {
            let (spec, table) = (&self.shared.maps[number], &self.shared.tables[number]);
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
        });
    }

    fn verify(&self, model: &Model) -> Result<(), Failure> {
        let shared = &self.shared;
        let mut outcome = Ok(());
        self.each_map(|number, map| {
            if outcome.is_err() {
                return;
            }
            let spec = &shared.maps[number];
            let mut handle = map.handle();
            let scan = shared.meta.capabilities.scan;
            let progress = &shared.progress[self.thread];
            handle.begin_batch();
            let found =
                contents::<K, V, _>(&mut handle, &shared.tables[number], spec, scan, progress);
            handle.end_batch();
            outcome =
                found.and_then(|found| compare(spec, &model.maps[number], &found, handle.len()));
        });
        outcome
    }
}

impl<S: MapHasher, A> Built<S, A> {
    /// No map at all.
    pub(in crate::driver) fn none() -> Self {
        let slots = [const { None }; MAX_MAPS];
        Built {
            maps: Vec::new(),
            renewal: Renewal::new(slots, S::default(), &crate::adapter::Tuning::default()),
        }
    }
}

impl<S: MapHasher, A> Built<S, A> {
    /// What the maps have counted of themselves, summed by name. Those that the trace renews are
    /// left out: a new one counts from nothing.
    fn counters<K: BenchKey, V: BenchValue>(&self) -> Counters
    where
        A: MapAdapter<K, V, S>,
    {
        let mut sums = Counters::new();
        let kept = self.maps.iter().enumerate();
        for (_, map) in kept.filter(|(number, _)| self.renewal.slot(*number).is_none()) {
            for (name, count) in map.counters() {
                *sums.entry(name.to_owned()).or_default() += count;
            }
        }
        sums
    }
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}
