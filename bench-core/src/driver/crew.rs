//! The threads of a worker as seen from the thread that speaks the protocol: it hands out tasks,
//! watches progress, and tells a hang from a long job. It never touches a map.

use std::marker::PhantomData;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_utils::CachePadded;

use super::barrier::SpinBarrier;
use super::clock::{Clock, monotonic_ns};
use super::counts::OpIndex;
use super::deal::{Hand, Hands, renewed_maps};
use super::member::{Answer, Built, Member, Shared, Task, ThreadRound, failure};
use super::pacing::Idling;
use super::placement::Probe;
use super::round::PacedTicks;
use super::turnstile::Turnstile;
use super::verify::Model;
use crate::adapter::{MapAdapter, MapHasher, Meta};
use crate::event::{Counters, Failure, FailureKind, RoundOrder, TrialSpec};
use crate::key::{BenchKey, KeyTable};
use crate::trace::Trace;
use crate::value::BenchValue;

/// A trial's threads.
pub(super) struct Crew<K: BenchKey, V, S, A> {
    shared: Arc<Shared<K, S, A>>,
    tasks: Vec<Sender<Task>>,
    answers: Receiver<(usize, Answer)>,
    threads: Vec<JoinHandle<()>>,
    types: PhantomData<fn() -> V>,
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
        trace: &Trace,
        hands: Hands,
        clock: &Clock,
    ) -> Self {
        let threads = hands.len();
        let two_cpus = threads >= 2 && spec.cpus.len() >= 2 && spec.cpus[0] != spec.cpus[1];
        let header = &trace.header;
        let (maps, top) = (&header.maps, header.top_key);
        let index = |hand: &Hand| OpIndex::of(hand, maps, top);
        let pace =
            |hand: &Hand| hand.pace.as_ref().map(|events| PacedTicks::of(hand, events, clock));
        let events = |hands: &Vec<Hand>| hands.iter().map(|hand| hand.parts.len() as u64).sum();
        let cpus = if spec.cpus.is_empty() { threads } else { spec.cpus.len() };
        let busy = hands.iter().filter(|hands| hands.iter().any(|hand| hand.len() > 0)).count();
        let shared = Arc::new(Shared {
            spec: spec.clone(),
            meta,
            index: hands.iter().map(|hands| hands.iter().map(index).collect()).collect(),
            paces: hands.iter().map(|hands| hands.iter().map(pace).collect()).collect(),
            tables: maps.iter().map(|map| K::Table::build(map.key_rule, map.keys)).collect(),
            renewed: renewed_maps(trace),
            maps: maps.clone(),
            built: Mutex::new(Arc::new(Built::none())),
            turnstile: Turnstile::new(hands.iter().map(events).collect(), cpus),
            barrier: SpinBarrier::new(threads as u32),
            // With fewer processors than threads a ping-pong would measure the scheduler.
            probe: (two_cpus && threads <= spec.cpus.len()).then(Probe::default),
            idling: Idling::of(busy, cpus),
            round_start: CachePadded::default(),
            warm_end: CachePadded::default(),
            round_end: CachePadded::default(),
            progress: (0..threads).map(|_| CachePadded::default()).collect(),
            clock: clock.clone(),
            reading_ticks: clock.reading_ticks() as f64,
            no_hand: Hand::default(),
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

    /// Waits until every thread has started and allocated what it needs, so that what is allocated
    /// afterwards is the map's.
    pub(super) fn muster(&mut self, heartbeat: &mut dyn FnMut()) -> Result<(), Failure> {
        self.all(&Task::Muster, "starting", heartbeat).map(|_| ())
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
                _ => None,
            })
            .collect())
    }

    /// Asks every map for its length.
    pub(super) fn lengths(&mut self, heartbeat: &mut dyn FnMut()) -> Result<Vec<u64>, Failure> {
        let answers = self.tell(0..1, &Task::Lengths, "asking for the length", heartbeat)?;
        Ok(answers
            .into_iter()
            .find_map(|answer| match answer {
                Answer::Lengths(lengths) => Some(lengths),
                _ => None,
            })
            .unwrap_or_default())
    }

    /// Asks the maps for what they counted since they were built.
    pub(super) fn counters(&mut self, heartbeat: &mut dyn FnMut()) -> Result<Counters, Failure> {
        let answers = self.tell(0..1, &Task::Counters, "asking for what was counted", heartbeat)?;
        Ok(answers
            .into_iter()
            .find_map(|answer| match answer {
                Answer::Counters(counters) => Some(counters),
                _ => None,
            })
            .unwrap_or_default())
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

    /// How threads wait until something is due.
    pub(super) fn idling(&self) -> Idling {
        self.shared.idling
    }

    pub(super) fn hands(&self) -> &Hands {
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
                        // A thread that waits for another one is as alive as that one.
                        if progress != watch[thread].0 || self.shared.turnstile.waits(thread) {
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
        let executed = self.shared.progress[thread].load(Ordering::Relaxed);
        let near = match self.shared.hands[thread].as_slice() {
            [hand] if phase == "in a round" && hand.len() > 0 => {
                let position = (executed % hand.len() as u64) as usize;
                let op = hand.first_at(position);
                format!(
                    "; its batch begins at op {position} of its lap ({} on map {}, key index {})",
                    op.kind.name(),
                    self.shared.maps[op.word.map()].id,
                    op.word.key()
                )
            }
            _ => String::new(),
        };
        let message = format!(
            "thread {thread} made no progress for {:.1} s while {phase}{near}",
            idle_ns as f64 / 1e9
        );
        failure(FailureKind::Hang, message)
    }
}
