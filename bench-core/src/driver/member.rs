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
use super::counts::{OpCounts, OpIndex};
use super::deal::{Hand, Hands};
use super::placement::{Probe, placement};
use super::recorder::{Recorder, nanosecond_histogram};
use super::renewal::{Renewal, Slot};
use super::round::{Lane, Means, PacedTicks, Place, Sampler, Seat, Tally, Until};
use super::turnstile::Turnstile;
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
pub(super) struct Shared<K: BenchKey, S, A> {
    pub(super) spec: TrialSpec,
    pub(super) meta: Meta,
    pub(super) maps: Vec<MapSpec>,
    /// By thread; so are the next two, and within a thread by hand.
    pub(super) hands: Hands,
    pub(super) index: Vec<Vec<OpIndex>>,
    pub(super) paces: Vec<Vec<Option<PacedTicks>>>,
    pub(super) tables: Vec<K::Table>,
    pub(super) renewed: [bool; MAX_MAPS],
    pub(super) built: Mutex<Arc<Built<S, A>>>,
    pub(super) turnstile: Turnstile,
    pub(super) barrier: SpinBarrier,
    pub(super) probe: Option<Probe>,
    /// Deadlines of the round under way, set by the first thread. Ticks.
    pub(super) warm_end: CachePadded<AtomicU64>,
    pub(super) round_end: CachePadded<AtomicU64>,
    pub(super) progress: Vec<CachePadded<AtomicU64>>,
    pub(super) clock: Clock,
    /// What one reading of the clock costs. Ticks.
    pub(super) reading_ticks: f64,
    /// What a thread without ops holds.
    pub(super) no_hand: Hand,
}

/// The maps of a trial. Those that the trace renews stand empty here.
pub(super) struct Built<S, A> {
    maps: Vec<A>,
    renewal: Renewal<A, S>,
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
    /// Ask every map for its length.
    Lengths,
    Verify(Arc<Model>),
}

/// What a thread answers.
pub(super) enum Answer {
    Done,
    Round(Box<ThreadRound>),
    Lengths(Vec<u64>),
    Failed(Failure),
}

/// What one thread measured in one round.
pub(super) struct ThreadRound {
    pub(super) start_ticks: u64,
    pub(super) end_ticks: u64,
    pub(super) tally: Tally,
    /// What all ops since the maps were built found, unmeasured ones included.
    pub(super) life: Tally,
    pub(super) counts: OpCounts,
    /// Where it stands in each of its hands.
    pub(super) places: Vec<Place>,
    pub(super) histograms: [Histogram<u64>; OpClass::ALL.len()],
    /// Of paced actors; `None` without any.
    pub(super) intended: Option<[Histogram<u64>; OpClass::ALL.len()]>,
    /// Time spent per map. Ticks.
    pub(super) busy_ticks: Vec<u64>,
    /// Time spent waiting for other threads. Ticks.
    pub(super) waited_ticks: u64,
    /// Events that were due in the round, and those that were due before its end and not done.
    pub(super) due: u64,
    pub(super) late: u64,
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
    shared: Arc<Shared<K, S, A>>,
    thread: usize,
    recorder: Recorder,
    /// Where it stands in each of its hands.
    places: Vec<Place>,
    /// Time that it has run ops since the maps were built. Ticks.
    run_ticks: u64,
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
    pub(super) fn new(shared: Arc<Shared<K, S, A>>, thread: usize) -> Self {
        let spec = &shared.spec;
        if let Some(&cpu) = spec.cpus.get(thread % spec.cpus.len().max(1)) {
            // Refused on a processor outside the process's set: it runs unpinned.
            let _ = affinity::pin_to(cpu);
        }
        let seed = crate::key::scramble(spec.seed ^ (u64::from(spec.fork) << 32) ^ thread as u64);
        let paced = shared.paces[thread].iter().any(Option::is_some);
        let sampler = Sampler::new(spec.timing, seed);
        Member {
            recorder: Recorder::new(paced),
            places: vec![Place::default(); shared.hands[thread].len()],
            run_ticks: 0,
            gap: sampler.first_gap(),
            life: Tally::default(),
            sampler,
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
            Task::Quiesce => self.each_map(|_, map| {
                map.quiesce();
                self.step();
            }),
            Task::Lengths => {
                let mut lengths = Vec::new();
                self.each_map(|_, map| lengths.push(map.handle().len() as u64));
                return Answer::Lengths(lengths);
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
        self.run_ticks = 0;
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

    fn round(&mut self, order: RoundOrder) -> ThreadRound {
        let shared = Arc::clone(&self.shared);
        let built = self.built();
        let (thread, mut life) = (self.thread, self.life);
        let mut lane = self.lane(&shared, &built);
        let before_ns = probe(&shared, thread);
        let until = set_deadlines(&shared, thread, order);
        if let Until::Ticks(_) = until {
            life.add(lane.run(Until::Ticks(shared.warm_end.load(Ordering::Relaxed))));
        }
        lane.means.recorder.clear();
        lane.waited = 0;
        let (run_before, places_before) = (lane.run_ticks, lane.places());
        let switches = affinity::involuntary_switches();
        let allocations = memory::thread_allocations();
        let start_ticks = shared.clock.ticks();
        let tally = lane.run(until);
        let end_ticks = shared.clock.ticks();
        let allocated = memory::thread_allocations();
        let involuntary_switches = affinity::involuntary_switches() - switches;
        let (sampler, places, waited_ticks) = (lane.means.sampler, lane.places(), lane.waited);
        let (gap, run_ticks) = (lane.gap, lane.run_ticks);
        drop(lane);
        life.add(tally);
        (self.sampler, self.gap, self.run_ticks, self.life) = (sampler, gap, run_ticks, life);
        self.places.clone_from(&places);
        let after_ns = probe(&shared, self.thread);
        let counts = self.counts_since(&places_before);
        let (due, late) = self.due_between(run_before);
        ThreadRound {
            start_ticks,
            end_ticks,
            tally,
            life,
            busy_ticks: self.recorder.busy(&counts, shared.reading_ticks),
            counts,
            places,
            histograms: self.histograms(Recorder::add_to),
            intended: self.recorder.is_paced().then(|| self.histograms(Recorder::add_intended_to)),
            waited_ticks,
            due,
            late,
            involuntary_switches,
            allocations: allocated.zip(allocations).map(|(after, before)| after - before),
            placement: before_ns.zip(after_ns).map(|(before, after)| placement(before, after)),
        }
    }

    /// Everything that the thread needs in a round.
    fn lane<'m>(
        &'m mut self,
        shared: &'m Shared<K, S, A>,
        built: &'m Built<S, A>,
    ) -> Lane<'m, K, V, S, A> {
        let maps = &built.maps;
        let count = maps.len();
        debug_assert!(count <= MAX_MAPS);
        let hands = &shared.hands[self.thread];
        let paces = shared.paces[self.thread].iter();
        let seats = hands.iter().zip(paces).zip(&self.places).map(|((hand, pace), &place)| Seat {
            hand,
            pace: pace.as_ref(),
            place,
        });
        Lane {
            handles: std::array::from_fn(|map| maps[map % count].handle()),
            maps: count,
            seats: seats.collect(),
            means: Means {
                hand: hands.first().unwrap_or(&shared.no_hand),
                tables: std::array::from_fn(|map| &shared.tables[map % count]),
                specs: &shared.maps,
                clock: &shared.clock,
                recorder: &mut self.recorder,
                sampler: self.sampler,
                writer: (self.thread % usize::from(ValueWord::NOBODY)) as u8,
                due: None,
                values: PhantomData,
            },
            renewal: &built.renewal,
            turnstile: &shared.turnstile,
            thread: self.thread,
            gap: self.gap,
            waited: 0,
            run_ticks: self.run_ticks,
            progress: &shared.progress[self.thread],
        }
    }

    /// What was executed since the hands stood at other places.
    fn counts_since(&self, before: &[Place]) -> OpCounts {
        let mut counts = OpCounts::new(self.shared.maps.len());
        let hands = self.shared.hands[self.thread].iter().zip(&self.shared.index[self.thread]);
        for ((hand, index), (&before, &now)) in hands.zip(before.iter().zip(&self.places)) {
            counts.add(&index.before(hand, now), 1);
            counts.subtract(&index.before(hand, before));
        }
        counts
    }

    /// Events that came due since the lane had run so long, and those that are still not done.
    fn due_between(&self, run_before: u64) -> (u64, u64) {
        let (mut due, mut late) = (0, 0);
        for (pace, &place) in self.shared.paces[self.thread].iter().zip(&self.places) {
            let Some(pace) = pace else { continue };
            let by_now = pace.due_before(self.run_ticks);
            due += by_now - pace.due_before(run_before);
            late += by_now.saturating_sub(pace.done_at(place));
        }
        (due, late)
    }

    fn histograms(
        &self,
        add: fn(&Recorder, OpClass, &Clock, &mut Histogram<u64>),
    ) -> [Histogram<u64>; OpClass::ALL.len()] {
        OpClass::ALL.map(|class| {
            let mut histogram = nanosecond_histogram();
            add(&self.recorder, class, &self.shared.clock, &mut histogram);
            histogram
        })
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
    pub(super) fn none() -> Self {
        let slots = [const { None }; MAX_MAPS];
        Built {
            maps: Vec::new(),
            renewal: Renewal::new(slots, S::default(), &crate::adapter::Tuning::default()),
        }
    }
}

/// The placement probe: the first thread serves, the second answers, the others wait. Nanoseconds,
/// on the first thread only.
fn probe<K: BenchKey, S, A>(shared: &Shared<K, S, A>, thread: usize) -> Option<f64> {
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
fn set_deadlines<K: BenchKey, S, A>(
    shared: &Shared<K, S, A>,
    thread: usize,
    order: RoundOrder,
) -> Until {
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
