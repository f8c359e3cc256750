//! Workers, a clock and plans made up for tests: no process, no time, and a script of what goes
//! wrong with whom.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use mapbench_core::Meta;
use mapbench_core::adapter::{HasherKind, Tuning};
use mapbench_core::event::{
    Arm, Done, EndCause, Failure, FailureKind, Hello, Measure, Order, PROTOCOL_VERSION, Ready,
    RoundOrder, RoundReport, RunEvent, Sequence, Timing, TrialSpec, Work, WorkerMessage,
};
use mapbench_core::key::{KeyKind, KeyRule};
use mapbench_core::registry::AdapterEntry;
use mapbench_core::trace::{MapSpec, Shape, TraceHeader};
use mapbench_core::value::ValueKind;

use super::clock::Clock;
use super::control::{Control, Waker};
use super::crew::Tools;
use super::extent::Extent;
use super::launch::{Death, Launch, Sign, WorkerId};
use super::plan::{Axes, Plan, Settings, Workload};
use super::pressure::{Gauge, Reading};
use super::schedule;
use super::sink::Sink;
use super::stopping::Rules;
use super::variant::Variant;

pub(super) const SECOND_NS: u64 = 1_000_000_000;
const ROUND_NS: u64 = 200_000_000;

/// What a worker does wrong.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fault {
    /// Says nothing after the order of this round.
    SilentIn(u32),
    /// Dies in this round.
    DiesIn(u32, Death),
    /// Prints a line that is no message in this round.
    BabblesIn(u32, String),
    /// Reports a failure of its own in this round.
    FailsIn(u32, FailureKind),
    /// Finishes this round and dies while it is parked.
    DiesParkedAfter(u32),
    /// Says nothing at all.
    NeverReady,
    /// Is killed by an order to stop.
    SilentAtStop,
}

#[derive(Debug, Clone, Default)]
pub(super) struct FakeClock(Rc<Cell<u64>>);

impl Clock for FakeClock {
    fn now_ns(&self) -> u64 {
        self.0.get()
    }
}

/// Rounds that were ordered, with the adapter of the worker.
type Orders = Rc<RefCell<Vec<(String, RoundOrder)>>>;

/// Workers that were started: of which arm, for which fork.
type Starts = Rc<RefCell<Vec<(Option<Arm>, u32)>>>;

/// A machine of which nothing is stolen, and on which some task waits a thousandth of the time.
impl Gauge for FakeClock {
    fn read(&self) -> Reading {
        Reading { steal_ms: Some(7), psi_some_us: Some(self.0.get() / 1_000_000) }
    }
}

/// Scripted workers by adapter name; of a comparison, `a of B`.
#[derive(Debug, Default)]
pub(super) struct FakeLaunch {
    clock: FakeClock,
    faults: HashMap<String, Fault>,
    workers: HashMap<WorkerId, String>,
    signs: VecDeque<(u64, WorkerId, Sign)>,
    /// The worker that runs a round now; two at once fail the test.
    running: Option<WorkerId>,
    /// What every worker was told to run, by adapter.
    orders: Orders,
    /// Which arm each worker was started of, and for which fork.
    started: Starts,
    /// Called when the session waits without limit.
    wakers: Rc<RefCell<Vec<Control>>>,
}

impl FakeLaunch {
    fn say(&mut self, after_ns: u64, worker: WorkerId, sign: Sign) {
        let at_ns = self.clock.now_ns() + after_ns;
        let place = self.signs.iter().position(|(at, ..)| *at > at_ns).unwrap_or(self.signs.len());
        self.signs.insert(place, (at_ns, worker, sign));
    }

    /// Time of a word: 10 ns with adapter `a`, 20 with `b`, 30 with `c`. Nanoseconds.
    fn word_ns(adapter: &str) -> u64 {
        10 * (u64::from(adapter.as_bytes()[0] - b'a') + 1)
    }

    fn tell(&mut self, after_ns: u64, worker: WorkerId, message: WorkerMessage) {
        self.say(after_ns, worker, Sign::Message(Box::new(message)));
    }

    fn round(&mut self, worker: WorkerId, n: u32, ns: u64) {
        assert_eq!(self.running, None, "two workers run at once");
        self.running = Some(worker);
        let report = WorkerMessage::Round(Box::new(report(n, self.clock.now_ns(), ns)));
        match self.faults.get(&self.workers[&worker]).cloned() {
            Some(Fault::SilentIn(at)) if at == n => {}
            Some(Fault::DiesIn(at, death)) if at == n => {
                self.say(ns / 2, worker, Sign::Gone(death));
            }
            Some(Fault::BabblesIn(at, line)) if at == n => {
                self.say(ns / 2, worker, Sign::Garbage(line));
            }
            Some(Fault::FailsIn(at, kind)) if at == n => {
                let failure = Failure { kind, message: "as scripted".to_owned() };
                self.tell(ns / 2, worker, WorkerMessage::Error(failure));
            }
            Some(Fault::DiesParkedAfter(at)) if at == n => {
                self.tell(ns, worker, report);
                let signal = Some("SIGKILL".to_owned());
                self.say(ns + ns / 2, worker, Sign::Gone(Death { signal, ..Death::default() }));
            }
            _ => self.tell(ns, worker, report),
        }
    }
}

impl Launch for FakeLaunch {
    fn start(
        &mut self,
        worker: WorkerId,
        trial: &TrialSpec,
        arm: Option<Arm>,
    ) -> std::io::Result<()> {
        self.started.borrow_mut().push((arm, trial.fork));
        assert_eq!(self.running, None, "a worker prepares while another runs");
        let of_arm = arm.map_or_else(String::new, |arm| format!(" of {}", arm.name()));
        self.workers.insert(worker, format!("{}{of_arm}", trial.adapter));
        if self.faults.get(&trial.adapter) == Some(&Fault::NeverReady) {
            return Ok(());
        }
        let hello = Hello {
            protocol: PROTOCOL_VERSION,
            adapter: trial.adapter.clone(),
            adapter_version: "0".to_owned(),
        };
        self.tell(1_000_000, worker, WorkerMessage::Hello(hello));
        let ready = Ready { prefill_ns: 1, entries: 1, ..Ready::default() };
        self.tell(2_000_000, worker, WorkerMessage::Ready(ready));
        Ok(())
    }

    fn order(&mut self, worker: WorkerId, order: &Order) {
        match order {
            Order::Round(order) => {
                let ns = match order.work {
                    Work::DurationNs(ns) => ns + order.warm_ns,
                    Work::Words { warm, measured } => {
                        (warm + measured) * Self::word_ns(&self.workers[&worker])
                    }
                    Work::Trace => panic!("a round of the whole trace"),
                };
                self.orders.borrow_mut().push((self.workers[&worker].clone(), *order));
                self.round(worker, order.n, ns);
            }
            Order::Stop {} => {
                if self.faults.get(&self.workers[&worker]) == Some(&Fault::SilentAtStop) {
                    return;
                }
                let done = Done { entries: 1, verified: true, ..Done::default() };
                self.tell(1_000_000, worker, WorkerMessage::Done(done));
            }
            Order::Trial(_) => panic!("`start` hands the trial over"),
        }
    }

    fn next_sign(&mut self, wait_ns: u64) -> Option<(WorkerId, Sign)> {
        let until_ns = self.clock.now_ns().saturating_add(wait_ns);
        if let Some((at_ns, ..)) = self.signs.front()
            && *at_ns <= until_ns
        {
            self.clock.0.set((*at_ns).max(self.clock.now_ns()));
            let (_, worker, sign) = self.signs.pop_front()?;
            if self.running == Some(worker) {
                self.running = None;
            }
            return Some((worker, sign));
        }
        if wait_ns == u64::MAX {
            // Nobody will ever speak: whoever waits at the keyboard has to.
            let waiting = self.wakers.borrow_mut().pop().expect("the session waits for ever");
            waiting.ask(|requests| requests.paused = false);
        } else {
            self.clock.0.set(until_ns);
        }
        None
    }

    fn dismiss(&mut self, worker: WorkerId) {
        self.workers.remove(&worker);
        if self.running == Some(worker) {
            self.running = None;
        }
    }

    fn waker(&self) -> Waker {
        Box::new(|| ())
    }
}

/// Collects events, and lets a test act on them as a person would.
struct Watcher<'a> {
    events: Vec<RunEvent>,
    act: &'a mut dyn FnMut(&RunEvent, &Control),
    control: Control,
}

impl Sink for Watcher<'_> {
    fn event(&mut self, event: &RunEvent) {
        self.events.push(event.clone());
        (self.act)(event, &self.control);
    }
}

/// Runs a plan of made-up adapters and returns its events and how it ended.
pub(super) fn play(
    plan: &Plan,
    faults: &[(&str, Fault)],
    act: &mut dyn FnMut(&RunEvent, &Control),
) -> (Vec<RunEvent>, EndCause) {
    play_with(faults, act, |tools| schedule::run(plan, tools))
}

/// Has made-up workers do some work and returns its events and how it ended.
pub(super) fn play_with(
    faults: &[(&str, Fault)],
    act: &mut dyn FnMut(&RunEvent, &Control),
    work: impl FnOnce(&mut Tools<'_>) -> EndCause,
) -> (Vec<RunEvent>, EndCause) {
    play_by(faults, act, Starts::default(), work)
}

fn play_by(
    faults: &[(&str, Fault)],
    act: &mut dyn FnMut(&RunEvent, &Control),
    started: Starts,
    work: impl FnOnce(&mut Tools<'_>) -> EndCause,
) -> (Vec<RunEvent>, EndCause) {
    let control = Control::default();
    let clock = FakeClock::default();
    let faults = faults.iter().map(|(name, fault)| ((*name).to_owned(), fault.clone())).collect();
    let wakers = Rc::new(RefCell::new(vec![control.clone()]));
    let mut launch =
        FakeLaunch { clock: clock.clone(), faults, started, wakers, ..FakeLaunch::default() };
    let mut sink = Watcher { events: Vec::new(), act, control: control.clone() };
    let cause = work(&mut Tools {
        launch: &mut launch,
        clock: &clock,
        gauge: &clock,
        sink: &mut sink,
        control: &control,
    });
    assert!(launch.workers.is_empty(), "workers are left behind");
    (sink.events, cause)
}

/// Runs a plan of made-up adapters and returns the arm and fork of every worker that was started.
pub(super) fn started(plan: &Plan, faults: &[(&str, Fault)]) -> Vec<(Option<Arm>, u32)> {
    let starts = Starts::default();
    let kept = Rc::clone(&starts);
    play_by(faults, &mut |_, _| (), starts, |tools| schedule::run(plan, tools));
    kept.take()
}

/// Runs a plan of made-up adapters and returns every round that a worker was told to run.
pub(super) fn ordered(plan: &Plan) -> Vec<(String, RoundOrder)> {
    let control = Control::default();
    let clock = FakeClock::default();
    let mut launch = FakeLaunch { clock: clock.clone(), ..FakeLaunch::default() };
    let orders = Rc::clone(&launch.orders);
    let mut sink = Watcher { events: Vec::new(), act: &mut |_, _| (), control: control.clone() };
    let tools = &mut Tools {
        launch: &mut launch,
        clock: &clock,
        gauge: &clock,
        sink: &mut sink,
        control: &control,
    };
    schedule::run(plan, tools);
    orders.take()
}

/// A plan of one steady workload, adapters `a` and `b`, one thread.
pub(super) fn pair(forks: u32, rounds: u32, order: Sequence) -> Plan {
    let mut one = workload("test/one", &[]);
    one.extent.counts_words = true;
    let three = plan_of(&[one.clone()], forks, rounds, u64::MAX);
    let axes = Axes { threads: vec![1], ..Axes::default() };
    let settings = Settings { order, ..three.settings };
    let adapters = adapters();
    let two: Vec<Variant<'_>> = adapters[..2].iter().map(Variant::plain).collect();
    Plan::new(vec![one], &two, &axes, settings)
}

/// A plan of one steady workload, adapters `a`, `b`, `c`, one thread.
pub(super) fn plan(forks: u32, rounds: u32) -> Plan {
    plan_of(&[workload("test/one", &[])], forks, rounds, u64::MAX)
}

/// A plan of workloads × adapters `a`, `b`, `c` × one thread.
pub(super) fn plan_of(
    workloads: &[Workload],
    forks: u32,
    rounds: u32,
    max_memory_bytes: u64,
) -> Plan {
    let adapters = adapters();
    let axes = Axes { threads: vec![1], ..Axes::default() };
    let settings = Settings {
        seed: 7,
        forks,
        rounds,
        per_fork_ns: None,
        round_ns: ROUND_NS,
        warm_ns: 10_000_000,
        timing: Timing::Sampled,
        measure: Measure::Time,
        timeout_ns: 30 * SECOND_NS,
        max_memory_bytes,
        cpus: Vec::new(),
        hasher: HasherKind::default(),
        tuning: Tuning::default(),
        order: Sequence::default(),
        strict: false,
        stacks: false,
        rules: Rules::default(),
    };
    let adapters: Vec<Variant<'_>> = adapters.iter().map(Variant::plain).collect();
    Plan::new(workloads.to_vec(), &adapters, &axes, settings)
}

/// A steady workload that requires something.
pub(super) fn workload(name: &str, requires: &[mapbench_core::adapter::Requirement]) -> Workload {
    let map = MapSpec {
        id: "M0".to_owned(),
        name: "map".to_owned(),
        key_rule: KeyRule::Uid,
        keys: 1000,
        preload: 1000,
        peak: 1000,
    };
    Workload {
        name: name.to_owned(),
        path: "nowhere.mbt".into(),
        hash: "0123456789abcdef".to_owned(),
        header: TraceHeader {
            name: name.to_owned(),
            generator: "test".to_owned(),
            seed: 1,
            parameters: serde_json::Value::Null,
            shape: Shape::Steady,
            maps: vec![map],
            actors: Vec::new(),
            unit: None,
            ops: 1000,
            expected: Vec::new(),
            hit_share: None,
            effective_write_share: 0.0,
            top_key: None,
        },
        extent: Extent { ops: 1000, words: 1000, ..Extent::default() },
        requires: requires.to_vec(),
        key: KeyKind::U64,
        value: ValueKind::Word,
        threads: None,
        round_ns: None,
        presize: true,
    }
}

fn report(n: u32, started_ns: u64, elapsed_ns: u64) -> RoundReport {
    RoundReport {
        n,
        started_ns,
        elapsed_ns,
        ops: 1,
        classes: Vec::new(),
        reads: 1,
        hits: 1,
        writes: 0,
        effective_writes: 0,
        unanswered_writes: 0,
        wrong_values: 0,
        ops_per_thread: vec![1],
        involuntary_switches: 0,
        allocations: None,
        placement: None,
        ..RoundReport::default()
    }
}

/// Adapters `a`, `b` and `c`, which can do everything.
pub(super) fn adapters() -> [AdapterEntry; 3] {
    ["a", "b", "c"].map(adapter)
}

/// An adapter that no test ever runs.
fn adapter(name: &'static str) -> AdapterEntry {
    AdapterEntry { meta: Meta { name, ..Meta::NEW }, trial: |_, _, _| Ok(()) }
}
