//! The workers of one turn: alive together, parked, and given the baton one at a time. Here each
//! silence, death and unexpected word becomes a failure with its cause. Which worker runs when is
//! the schedule's business.

use std::collections::VecDeque;

use mapbench_core::event::{
    Failure, FailureKind, Hello, Order, PROTOCOL_VERSION, Role, RoundOrder, RoundReport, RunEvent,
    Work, WorkerMessage,
};
use mapbench_results::oddness::Seen;
use mapbench_results::stats::RoundSample;

use super::clock::Clock;
use super::control::Control;
use super::launch::{Death, Launch, Sign, WorkerId};
use super::odd;
use super::plan::Plan;
use super::pressure::{Gauge, Reading};
use super::sink::Sink;

/// Added to every wait, so that the worker's own watchdog speaks first.
const GRACE_NS: u64 = 5_000_000_000;
/// Most time per op that a one-shot round may take before the session calls it a hang.
const ONE_SHOT_OP_NS: u64 = 100_000;
/// The number of rounds that nobody measures.
const PROBE: u32 = u32::MAX;
/// Longest part of an offending line that is shown.
const SHOWN_CHARS: usize = 200;

/// What a session works with.
pub struct Tools<'a> {
    /// Starts workers and listens to them.
    pub launch: &'a mut dyn Launch,
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// Tells what else the processors do.
    pub gauge: &'a dyn Gauge,
    /// Takes every event.
    pub sink: &'a mut dyn Sink,
    /// What people and signals ask for.
    pub control: &'a Control,
}

impl std::fmt::Debug for Tools<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tools").field("control", self.control).finish_non_exhaustive()
    }
}

/// The workers of one turn.
#[derive(Debug)]
pub struct Crew<'a, 't> {
    plan: &'a Plan,
    tools: &'a mut Tools<'t>,
    fork: u32,
    next_worker: &'a mut WorkerId,
    members: Vec<Member>,
    failed: Vec<u32>,
}

#[derive(Debug)]
struct Member {
    worker: WorkerId,
    cell: u32,
    rounds: u32,
    /// The last order or sign of life.
    since_ns: u64,
    /// What was lost to others in its rounds, and the time that they took.
    lost: Reading,
    ran_ns: u64,
    /// Of its latest rounds, what tells whether one is odd.
    seen: VecDeque<Seen>,
    /// Bytes per entry after the prefill.
    prefilled: Option<f64>,
}

impl<'a, 't> Crew<'a, 't> {
    /// A crew without workers.
    pub fn new(
        plan: &'a Plan,
        tools: &'a mut Tools<'t>,
        fork: u32,
        next_worker: &'a mut WorkerId,
    ) -> Self {
        Crew { plan, tools, fork, next_worker, members: Vec::new(), failed: Vec::new() }
    }

    /// The cells that failed in this crew.
    pub fn failed(&self) -> &[u32] {
        &self.failed
    }

    /// The cells whose workers live.
    pub fn cells(&self) -> Vec<u32> {
        self.members.iter().map(|member| member.cell).collect()
    }

    /// What the crew works with.
    pub fn tools(&mut self) -> &mut Tools<'t> {
        self.tools
    }

    /// Starts the worker of a cell and waits until it is prefilled and parked.
    pub fn enlist(&mut self, cell: u32) {
        let fork = self.fork;
        self.emit(&RunEvent::TrialStarted { cell, fork });
        let worker = *self.next_worker;
        *self.next_worker += 1;
        let since_ns = self.tools.clock.now_ns();
        let (trial, arm) = (self.plan.trial(cell, fork), self.plan.cell(cell).arm);
        if let Err(error) = self.tools.launch.start(worker, &trial, arm) {
            let message = format!("the worker could not be started: {error}");
            let failure = Failure { kind: FailureKind::Protocol, message };
            self.failed.push(cell);
            self.emit(&RunEvent::TrialFailed { cell, fork, failure, noticed_after_ns: 0 });
            return;
        }
        self.members.push(Member {
            worker,
            cell,
            rounds: 0,
            since_ns,
            lost: Reading::ZERO,
            ran_ns: 0,
            seen: VecDeque::new(),
            prefilled: None,
        });
        let budget_ns = self.phase_budget_ns();
        match self.reply(worker, budget_ns, true).map(|message| *message) {
            None => {}
            Some(WorkerMessage::Hello(hello)) => {
                if let Some(complaint) = self.objection(cell, &hello) {
                    self.fail(worker, FailureKind::Protocol, complaint);
                    return;
                }
                match self.reply(worker, budget_ns, true).map(|message| *message) {
                    None => {}
                    Some(WorkerMessage::Ready(ready)) => {
                        if let Some(member) = self.members.iter_mut().find(|m| m.worker == worker) {
                            member.prefilled = ready.bytes_per_entry;
                        }
                        self.emit(&RunEvent::TrialReady { cell, fork, ready });
                    }
                    Some(other) => self.out_of_turn(worker, "`ready`", &other),
                }
            }
            Some(other) => self.out_of_turn(worker, "`hello`", &other),
        }
    }

    /// Gives the baton to the worker of a cell for its next round; `None` if it failed.
    pub fn round(&mut self, cell: u32, work: Work) -> Option<RoundSample> {
        let member = self.members.iter().find(|member| member.cell == cell)?;
        let order = self.plan.round(cell, member.rounds, work);
        let fork = self.fork;
        self.emit(&RunEvent::RoundStarted { cell, fork, order });
        let (before, started_ns) = (self.tools.gauge.read(), self.tools.clock.now_ns());
        let report = self.run(cell, order)?;
        let lost = self.tools.gauge.read().since(before);
        let ran_ns = self.tools.clock.now_ns().saturating_sub(started_ns);
        if let Some(member) = self.members.iter_mut().find(|member| member.cell == cell) {
            member.rounds += 1;
            member.lost = member.lost.plus(lost);
            member.ran_ns += ran_ns;
            odd::remember(&mut member.seen, &report);
        }
        let sample = RoundSample {
            fork,
            n: report.n,
            mode: report.placement.map(|placement| placement.mode),
            ops_per_sec: report.ops as f64 * 1e9 / report.elapsed_ns.max(1) as f64,
            preempted: report.involuntary_switches > 0,
        };
        self.emit(&RunEvent::Round { cell, fork, report });
        Some(sample)
    }

    /// The fork that its workers run.
    pub fn fork(&self) -> u32 {
        self.fork
    }

    /// Has the worker of a cell run a round in which its stacks are sampled, and which enters no
    /// statistic. How long it took in nanoseconds; `None` if it failed.
    pub fn sample(&mut self, cell: u32, work: Work) -> Option<u64> {
        let n = self.members.iter().find(|member| member.cell == cell)?.rounds;
        let fork = self.fork;
        let order = RoundOrder { sampled: true, ..self.plan.round(cell, n, work) };
        self.emit(&RunEvent::RoundStarted { cell, fork, order });
        let report = self.run(cell, order)?;
        let elapsed_ns = report.elapsed_ns;
        self.emit(&RunEvent::Round { cell, fork, report });
        Some(elapsed_ns)
    }

    /// Says which rounds of a cell were odd in this fork. Whether one was.
    pub fn note_odd_rounds(&mut self, cell: u32) -> bool {
        let Some(member) = self.members.iter_mut().find(|member| member.cell == cell) else {
            return false;
        };
        let sampling = self.plan.settings.stacks;
        let planned = self.plan.cell(cell);
        // The rounds that calibrate show how noisy the machine is; nobody looks for their stacks. Of
        // the short rounds of a comparison some always are, and its statistic trims them.
        if planned.role != Role::Measured || planned.arm.is_some() {
            return false;
        }
        let note = odd::rounds_note(planned, self.fork, member.seen.make_contiguous(), sampling);
        note.is_some_and(|text| {
            self.emit(&RunEvent::Note { text });
            true
        })
    }

    /// Has the worker of a cell run a round that nobody measures; `None` if it failed.
    pub fn probe(&mut self, cell: u32, work: Work) -> Option<Box<RoundReport>> {
        self.run(cell, RoundOrder { n: PROBE, work, warm_ns: 0, sampled: false })
    }

    fn run(&mut self, cell: u32, order: RoundOrder) -> Option<Box<RoundReport>> {
        let now_ns = self.tools.clock.now_ns();
        let member = self.members.iter_mut().find(|member| member.cell == cell)?;
        member.since_ns = now_ns;
        let worker = member.worker;
        self.tools.launch.order(worker, &Order::Round(order));
        let budget_ns = self.round_budget_ns(cell, &order);
        match *self.reply(worker, budget_ns, false)? {
            WorkerMessage::Round(report) if report.n == order.n => Some(report),
            other => {
                self.out_of_turn(worker, &format!("`round` {}", order.n), &other);
                None
            }
        }
    }

    /// Lets the worker of a cell verify its final state and exit.
    pub fn discharge(&mut self, cell: u32) {
        let Some(member) = self.members.iter_mut().find(|member| member.cell == cell) else {
            return;
        };
        member.since_ns = self.tools.clock.now_ns();
        let (worker, rounds, prefilled) = (member.worker, member.rounds, member.prefilled);
        if rounds == 0 {
            // Stopped before it measured anything: there is nothing to verify or to report.
            self.remove(worker);
            return;
        }
        self.tools.launch.order(worker, &Order::Stop {});
        match self.reply(worker, self.phase_budget_ns(), false).map(|message| *message) {
            None => {}
            Some(WorkerMessage::Done(done)) => {
                let member = self.remove(worker);
                self.tell_pressure(member.as_ref());
                let fork = self.fork;
                let note = odd::memory_note(self.plan.cell(cell), fork, prefilled, &done);
                self.emit(&RunEvent::TrialDone { cell, fork, done });
                if let Some(text) = note {
                    self.emit(&RunEvent::Note { text });
                }
            }
            Some(other) => self.out_of_turn(worker, "`done`", &other),
        }
    }

    /// Ends the worker of a cell without asking for its results.
    pub fn expel(&mut self, cell: u32) {
        if let Some(worker) = self.members.iter().find(|m| m.cell == cell).map(|m| m.worker) {
            self.remove(worker);
        }
    }

    /// Sleeps until something is asked for; notices the death of parked workers meanwhile.
    pub fn rest(&mut self) {
        if let Some((worker, sign)) = self.tools.launch.next_sign(u64::MAX) {
            self.hear_parked(worker, sign);
        }
    }

    /// Waits for what `worker` has to say. `None` if it failed or was killed, which is reported
    /// by then. While it prepares, a request to stop ends it at once.
    fn reply(
        &mut self,
        worker: WorkerId,
        budget_ns: u64,
        preparing: bool,
    ) -> Option<Box<WorkerMessage>> {
        loop {
            let requests = self.tools.control.requests();
            if requests.kill || (preparing && requests.stop.is_some()) {
                self.remove(worker);
                return None;
            }
            let since_ns = self.members.iter().find(|m| m.worker == worker)?.since_ns;
            let silent_ns = self.tools.clock.now_ns().saturating_sub(since_ns);
            let Some(left_ns) = budget_ns.checked_sub(silent_ns).filter(|&left| left > 0) else {
                let message = format!("no sign of life for {:.1} s", silent_ns as f64 / 1e9);
                self.fail(worker, FailureKind::Hang, message);
                return None;
            };
            let Some((from, sign)) = self.tools.launch.next_sign(left_ns) else { continue };
            if from != worker {
                self.hear_parked(from, sign);
                continue;
            }
            match sign {
                Sign::Message(message) => match *message {
                    WorkerMessage::Progress { .. } => self.touch(worker),
                    WorkerMessage::Error(failure) => {
                        self.fail(worker, failure.kind, failure.message);
                        return None;
                    }
                    _ => {
                        self.touch(worker);
                        return Some(message);
                    }
                },
                Sign::Garbage(line) => {
                    self.fail(worker, FailureKind::Protocol, garbage(&line));
                    return None;
                }
                Sign::Gone(death) => {
                    let (kind, message) = autopsy(&death);
                    self.fail(worker, kind, message);
                    return None;
                }
            }
        }
    }

    /// What a worker says that does not hold the baton is a failure, whatever it is.
    fn hear_parked(&mut self, worker: WorkerId, sign: Sign) {
        if !self.members.iter().any(|member| member.worker == worker) {
            return;
        }
        match sign {
            Sign::Message(message) => match *message {
                WorkerMessage::Progress { .. } => {}
                WorkerMessage::Error(failure) => self.fail(worker, failure.kind, failure.message),
                other => self.out_of_turn(worker, "silence", &other),
            },
            Sign::Garbage(line) => self.fail(worker, FailureKind::Protocol, garbage(&line)),
            Sign::Gone(death) => {
                let (kind, message) = autopsy(&death);
                self.fail(worker, kind, message);
            }
        }
    }

    fn objection(&self, cell: u32, hello: &Hello) -> Option<String> {
        let (adapter, arm) = (self.plan.cell(cell).adapter_name(), self.plan.cell(cell).arm);
        if hello.protocol != PROTOCOL_VERSION {
            let theirs = hello.protocol;
            let whose =
                arm.map_or_else(|| "the worker".to_owned(), |arm| format!("arm {}", arm.name()));
            return Some(format!(
                "{whose} speaks protocol {theirs}, this session {PROTOCOL_VERSION}; build both \
                 from the same version"
            ));
        }
        (hello.adapter != adapter)
            .then(|| format!("the worker runs `{}`, it was told `{adapter}`", hello.adapter))
    }

    fn out_of_turn(&mut self, worker: WorkerId, awaited: &str, message: &WorkerMessage) {
        let said = serde_json::to_string(message).unwrap_or_default();
        let message = format!("expected {awaited} and heard: {}", shown(&said));
        self.fail(worker, FailureKind::Protocol, message);
    }

    fn fail(&mut self, worker: WorkerId, kind: FailureKind, message: String) {
        let Some(member) = self.remove(worker) else { return };
        let noticed_after_ns = self.tools.clock.now_ns().saturating_sub(member.since_ns);
        self.tell_pressure(Some(&member));
        let (cell, fork) = (member.cell, self.fork);
        let failure = Failure { kind, message };
        self.failed.push(cell);
        self.emit(&RunEvent::TrialFailed { cell, fork, failure, noticed_after_ns });
    }

    fn remove(&mut self, worker: WorkerId) -> Option<Member> {
        let at = self.members.iter().position(|member| member.worker == worker)?;
        self.tools.launch.dismiss(worker);
        Some(self.members.remove(at))
    }

    /// Says what the rounds of a worker lost to others, if it ran any.
    fn tell_pressure(&mut self, member: Option<&Member>) {
        let Some(member) = member.filter(|member| member.rounds > 0) else { return };
        self.emit(&RunEvent::Pressure {
            cell: member.cell,
            fork: self.fork,
            elapsed_ns: member.ran_ns,
            steal_ms: member.lost.steal_ms,
            psi_some_us: member.lost.psi_some_us,
        });
    }

    fn touch(&mut self, worker: WorkerId) {
        let now_ns = self.tools.clock.now_ns();
        if let Some(member) = self.members.iter_mut().find(|member| member.worker == worker) {
            member.since_ns = now_ns;
        }
    }

    fn emit(&mut self, event: &RunEvent) {
        self.tools.sink.event(event);
    }

    fn phase_budget_ns(&self) -> u64 {
        2 * self.plan.settings.timeout_ns
    }

    fn round_budget_ns(&self, cell: u32, order: &RoundOrder) -> u64 {
        let work_ns = match order.work {
            Work::DurationNs(duration_ns) => duration_ns,
            Work::Words { warm, measured } => {
                warm.saturating_add(measured).saturating_mul(ONE_SHOT_OP_NS)
            }
            Work::Trace => {
                let extent = &self.plan.workload(cell).extent;
                extent.ops.saturating_mul(ONE_SHOT_OP_NS).max(extent.longest_lap_ns())
            }
        };
        work_ns.saturating_add(order.warm_ns + 2 * self.plan.settings.timeout_ns + GRACE_NS)
    }
}

/// What a worker died of, from how it ended and from its last words.
fn autopsy(death: &Death) -> (FailureKind, String) {
    let out_of_memory =
        |line: &&String| line.contains("memory allocation of") && line.contains("failed");
    if let Some(line) = death.last_lines.iter().find(out_of_memory) {
        return (FailureKind::Memory, format!("the memory limit was reached: {line}"));
    }
    let panicked = death.last_lines.iter().any(|line| line.contains("panicked at"));
    let kind = if panicked { FailureKind::Panic } else { FailureKind::Crash };
    let end = match (&death.signal, death.code) {
        (Some(signal), _) => format!("the worker was killed by {signal}"),
        (None, Some(code)) => format!("the worker exited with status {code} before it was done"),
        (None, None) => "the worker went away".to_owned(),
    };
    if death.last_lines.is_empty() {
        return (kind, end);
    }
    (kind, format!("{end}; its last lines: {}", death.last_lines.join(" | ")))
}

fn garbage(line: &str) -> String {
    format!("the worker printed a line that is no message: {}", shown(line))
}

fn shown(line: &str) -> String {
    match line.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
