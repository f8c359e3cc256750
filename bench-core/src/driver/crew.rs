//! The threads of a worker: they own every call into the map, so that the thread that speaks the
//! protocol can watch them and tell a hang from a long job.

use std::any::Any;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_utils::CachePadded;
use hdrhistogram::Histogram;

use super::barrier::SpinBarrier;
use super::clock::{Clock, monotonic_ns};
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
struct Shared<K: BenchKey, A> {
    spec: TrialSpec,
    meta: Meta,
    maps: Vec<MapSpec>,
    hands: Vec<Hand>,
    index: Vec<ClassIndex>,
    tables: Vec<K::Table>,
    built: Mutex<Arc<Vec<A>>>,
    barrier: SpinBarrier,
    probe: Option<Probe>,
    /// Round trip before the round, written by the first thread.
    warm_end: CachePadded<AtomicU64>,
    round_end: CachePadded<AtomicU64>,
    progress: Vec<CachePadded<AtomicU64>>,
    clock: Clock,
}

/// What a thread can be told to do.
#[derive(Clone)]
enum Task {
    Build,
    Prefill,
    Quiesce,
    Round(RoundOrder),
    Verify(Arc<Model>),
}

/// What a thread answers.
enum Answer {
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

/// A trial's threads.
pub(super) struct Crew<K: BenchKey, V, S, A> {
    shared: Arc<Shared<K, A>>,
    tasks: Vec<Sender<Task>>,
    answers: Receiver<(usize, Answer)>,
    threads: Vec<JoinHandle<()>>,
    types: PhantomData<fn() -> (V, S)>,
}

impl<K, V, S, A> Crew<K, V, S, A>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
    A: MapAdapter<K, V, S>,
{
    /// Starts and pins the threads. No map is built yet.
    pub(super) fn start(
        spec: &TrialSpec,
        meta: Meta,
        maps: &[MapSpec],
        hands: Vec<Hand>,
        clock: &Clock,
    ) -> Self {
        let threads = hands.len();
        let two_cpus = threads >= 2 && spec.cpus.len() >= 2 && spec.cpus[0] != spec.cpus[1];
        let shared = Arc::new(Shared {
            spec: spec.clone(),
            meta,
            maps: maps.to_vec(),
            index: hands.iter().map(ClassIndex::of).collect(),
            tables: maps.iter().map(|map| K::Table::build(map.key_rule, map.keys)).collect(),
            built: Mutex::new(Arc::new(Vec::new())),
            barrier: SpinBarrier::new(threads as u32),
            // With fewer processors than threads a ping-pong would measure the scheduler.
            probe: (two_cpus && threads <= spec.cpus.len()).then(Probe::default),
            warm_end: CachePadded::default(),
            round_end: CachePadded::default(),
            progress: (0..threads).map(|_| CachePadded::default()).collect(),
            clock: clock.clone(),
            hands,
        });
        let (answer, answers) = channel();
        let mut tasks = Vec::new();
        let mut joins = Vec::new();
        for thread in 0..threads {
            let (task, todo) = channel();
            let (shared, answer) = (Arc::clone(&shared), answer.clone());
            tasks.push(task);
            joins.push(std::thread::spawn(move || {
                Member::<K, V, S, A>::new(shared, thread).work(&todo, &answer);
            }));
        }
        Crew { shared, tasks, answers, threads: joins, types: PhantomData }
    }

    /// Replaces the maps by new, empty ones and fills in the preloaded keys. Nanoseconds.
    pub(super) fn prepare(&mut self, heartbeat: &mut dyn FnMut()) -> Result<u64, Failure> {
        let start = monotonic_ns();
        self.first(&Task::Build, "building the map", heartbeat)?;
        self.all(&Task::Prefill, "prefilling the map", heartbeat)?;
        self.first(&Task::Quiesce, "publishing the prefill", heartbeat)?;
        Ok(monotonic_ns() - start)
    }

    /// Publishes and collects what is pending. Nanoseconds.
    pub(super) fn quiesce(&mut self, heartbeat: &mut dyn FnMut()) -> Result<u64, Failure> {
        let start = monotonic_ns();
        self.first(&Task::Quiesce, "quiescing the map", heartbeat)?;
        Ok(monotonic_ns() - start)
    }

    /// Runs one round on all threads.
    pub(super) fn round(
        &mut self,
        order: RoundOrder,
        heartbeat: &mut dyn FnMut(),
    ) -> Result<Vec<ThreadRound>, Failure> {
        let answers = self.all(&Task::Round(order), "in a round", heartbeat)?;
        Ok(answers
            .into_iter()
            .filter_map(|answer| match answer {
                Answer::Round(round) => Some(*round),
                Answer::Done | Answer::Failed(_) => None,
            })
            .collect())
    }

    /// Compares the maps with the model. The maps must be quiescent.
    pub(super) fn verify(
        &mut self,
        model: &Arc<Model>,
        heartbeat: &mut dyn FnMut(),
    ) -> Result<(), Failure> {
        self.first(&Task::Verify(Arc::clone(model)), "verifying the final state", heartbeat)
    }

    /// Drops the maps and joins the threads.
    pub(super) fn dismiss(mut self) {
        self.tasks.clear();
        for thread in self.threads.drain(..) {
            // Panics were caught and reported inside the thread.
            let _ = thread.join();
        }
    }

    pub(super) fn hands(&self) -> &[Hand] {
        &self.shared.hands
    }

    fn first(
        &mut self,
        task: &Task,
        phase: &str,
        heartbeat: &mut dyn FnMut(),
    ) -> Result<(), Failure> {
        self.tell(0..1, task, phase, heartbeat).map(|_| ())
    }

    fn all(
        &mut self,
        task: &Task,
        phase: &str,
        heartbeat: &mut dyn FnMut(),
    ) -> Result<Vec<Answer>, Failure> {
        self.tell(0..self.tasks.len(), task, phase, heartbeat)
    }

    /// Hands out a task and waits for the answers, in the order of threads. A thread without
    /// progress for the timeout is a hang.
    fn tell(
        &mut self,
        threads: std::ops::Range<usize>,
        task: &Task,
        phase: &str,
        heartbeat: &mut dyn FnMut(),
    ) -> Result<Vec<Answer>, Failure> {
        let mut answers: Vec<Option<Answer>> = Vec::new();
        answers.resize_with(threads.end, || None);
        for thread in threads.clone() {
            // A thread that has gone has answered with its panic, which is read below.
            let _ = self.tasks[thread].send(task.clone());
        }
        let timeout_ns = self.shared.spec.timeout_ns.max(1);
        let tick = Duration::from_nanos((timeout_ns / 4).clamp(1_000_000, 500_000_000));
        let mut watch: Vec<(u64, u64)> = self.watch(monotonic_ns());
        let mut missing = threads.len();
        while missing > 0 {
            match self.answers.recv_timeout(tick) {
                Ok((_, Answer::Failed(failure))) => return Err(failure),
                Ok((thread, answer)) => {
                    answers[thread] = Some(answer);
                    missing -= 1;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(failure(FailureKind::Crash, "the threads are gone".to_owned()));
                }
                Err(RecvTimeoutError::Timeout) => {
                    let now = monotonic_ns();
                    let mut moved = false;
                    for thread in threads.clone().filter(|&thread| answers[thread].is_none()) {
                        let progress = self.shared.progress[thread].load(Ordering::Relaxed);
                        if progress != watch[thread].0 {
                            watch[thread] = (progress, now);
                            moved = true;
                        } else if now - watch[thread].1 >= timeout_ns {
                            return Err(self.hang(thread, phase, now - watch[thread].1));
                        }
                    }
                    if moved {
                        heartbeat();
                    }
                }
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    fn watch(&self, now: u64) -> Vec<(u64, u64)> {
        self.shared.progress.iter().map(|cell| (cell.load(Ordering::Relaxed), now)).collect()
    }

    fn hang(&self, thread: usize, phase: &str, idle_ns: u64) -> Failure {
        let hand = &self.shared.hands[thread];
        let executed = self.shared.progress[thread].load(Ordering::Relaxed);
        let near = if phase == "in a round" && hand.len() > 0 {
            let position = (executed % hand.len() as u64) as usize;
            let op = hand.op(position);
            format!(
                "; its batch begins at op {position} of its lap ({} on map {}, key index {})",
                op.kind.name(),
                self.shared.maps[op.word.map()].id,
                op.word.key()
            )
        } else {
            String::new()
        };
        let message = format!(
            "thread {thread} made no progress for {:.1} s while {phase}{near}",
            idle_ns as f64 / 1e9
        );
        failure(FailureKind::Hang, message)
    }
}

fn failure(kind: FailureKind, message: String) -> Failure {
    Failure { kind, message }
}

/// One thread of a crew.
struct Member<K: BenchKey, V, S, A> {
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
    fn new(shared: Arc<Shared<K, A>>, thread: usize) -> Self {
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

    fn work(mut self, todo: &Receiver<Task>, answer: &Sender<(usize, Answer)>) {
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
                handle.upsert(key, V::new(ValueWord::new(index, 0)));
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
