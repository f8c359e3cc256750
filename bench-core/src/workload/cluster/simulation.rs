//! The simulation: what happens to every pod, in simulated time.

use std::collections::VecDeque;

use super::agenda::Agenda;
use super::arrivals::{ArrivalClock, Lifetimes, SECOND_NS, exponential, share};
use super::journal::{Actor, Journal, Link};
use super::ops::{Cluster, Keys, PodEvent};
use super::{ClusterModel, ModelMap, WRITING_PLUGINS};
use crate::op::OpKind;
use crate::trace::{ActorSpec, Stream};
use crate::workload::random::{Purpose, Random};

const MILLISECOND_NS: u64 = 1_000_000;
/// From a pod's creation to its place in the queue: a watch event and its handler.
const QUEUED_AFTER_NS: u64 = 12 * MILLISECOND_NS;
/// Of a scheduling cycle, the parts at the end of which the filter and the scoring begin.
const FILTER_AT: f64 = 0.1;
const SCORE_AT: f64 = 0.7;
/// From the end of a cycle to the end of its binding, at least and on average beyond that.
const BIND_NS: (u64, u64) = (4 * MILLISECOND_NS, 6 * MILLISECOND_NS);
/// From a change at the API server to its observation, likewise.
const OBSERVE_NS: (u64, u64) = (2 * MILLISECOND_NS, 4 * MILLISECOND_NS);
/// Status updates come within so long after a pod was observed.
const STATUS_SPAN_NS: u64 = 2_000 * MILLISECOND_NS;
/// From the deletion mark to the deletion, at least and on average beyond that.
const TERMINATION_NS: (u64, u64) = (20 * MILLISECOND_NS, 30 * MILLISECOND_NS);

/// What is due.
#[derive(Debug, Clone, Copy)]
enum Due {
    Arrivals(u32),
    Queued(u32),
    Filter(u32),
    Score(u32),
    Assume(u32),
    Bind(u32),
    Observe(u32),
    Status(u32, u16),
    Mark(u32),
    Delete(u32),
}

/// Where a pod is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Gone,
    Queued,
    Cycle,
    Bound,
    Running,
    Terminating,
}

#[derive(Debug, Clone)]
struct Pod {
    chain: Link,
    node: u32,
    stage: Stage,
    /// It is to be deleted as soon as it runs.
    doomed: bool,
    statuses_left: u16,
    /// Counts the pods that had this key, so that what is due for one is not done to the next.
    life: u16,
}

/// A cluster in simulated time.
pub(super) struct Simulation<'m> {
    model: &'m ClusterModel,
    cluster: Cluster,
    journal: Journal,
    agenda: Agenda<Due>,
    now_ns: u64,
    times: Random,
    nodes: Random,
    arrivals: ArrivalClock<'m>,
    lifetimes: Random,
    pods: Vec<Pod>,
    /// Pods that have arrived.
    arrived: u32,
    /// Pods that are to be deleted by an arrival have been, up to this one.
    oldest: u32,
    pods_in_namespace: Vec<u32>,
    queue: VecDeque<u32>,
    scheduling: bool,
    /// Where the next cycle begins to look for nodes.
    next_node: u32,
    /// Nodes that changed last, the latest at the end: what the next snapshot refreshes.
    changed_nodes: VecDeque<u32>,
}

impl<'m> Simulation<'m> {
    pub(super) fn new(model: &'m ClusterModel, seed: u64) -> Self {
        let fresh = Pod {
            chain: Link::NONE,
            node: 0,
            stage: Stage::Gone,
            doomed: false,
            statuses_left: 0,
            life: 0,
        };
        let mut pods = vec![fresh; model.pod_keys() as usize];
        let mut pods_in_namespace = vec![0; model.namespaces as usize];
        for (key, pod) in pods.iter_mut().enumerate().take(model.initial_pods as usize) {
            (pod.stage, pod.node) = (Stage::Running, key as u32 % model.nodes);
            pods_in_namespace[key % model.namespaces as usize] += 1;
        }
        Simulation {
            model,
            cluster: Cluster::new(&model.maps),
            journal: Journal::new(),
            agenda: Agenda::new(),
            now_ns: 0,
            times: Random::stream(seed, Purpose::Times, 0),
            nodes: Random::stream(seed, Purpose::Nodes, 0),
            arrivals: ArrivalClock::new(&model.arrivals, Random::stream(seed, Purpose::Times, 1)),
            lifetimes: Random::stream(seed, Purpose::Times, 2),
            pods,
            arrived: 0,
            oldest: 0,
            pods_in_namespace,
            queue: VecDeque::new(),
            scheduling: false,
            next_node: 0,
            changed_nodes: (0..model.snapshot_nodes).collect(),
        }
    }

    /// Runs to the end: every pod that arrives is bound, and those whose time comes are deleted.
    pub(super) fn run(mut self) -> (Vec<ActorSpec>, Vec<Stream>) {
        self.expect_arrivals();
        while let Some((at_ns, due)) = self.agenda.next() {
            self.now_ns = at_ns;
            self.happen(due);
        }
        self.journal.finish()
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Arrivals(pods) => self.arrive(pods),
            Due::Queued(pod) => {
                self.queue.push_back(pod);
                self.start_cycle();
            }
            Due::Filter(pod) => self.filter(pod),
            Due::Score(pod) => self.score(pod),
            Due::Assume(pod) => self.assume(pod),
            Due::Bind(pod) => self.bind(pod),
            Due::Observe(pod) => self.observe(pod),
            Due::Status(pod, life) => self.update_status(pod, life),
            Due::Mark(pod) => self.mark(pod),
            Due::Delete(pod) => self.delete(pod),
        }
    }

    /// Puts down what is due after a least time and an exponential one beyond it.
    fn after(&mut self, (least_ns, beyond_ns): (u64, u64), due: Due) {
        let beyond_ns = exponential(&mut self.times) * beyond_ns as f64;
        self.agenda.put(self.now_ns + least_ns + beyond_ns as u64, due);
    }

    /// Puts down what is due in a part of a scheduling cycle's time.
    fn within_cycle(&mut self, part: f64, due: Due) {
        let cycle_ns = SECOND_NS / self.model.scheduled_per_s;
        self.agenda.put(self.now_ns + (cycle_ns * part) as u64, due);
    }

    fn keys(&self, pod: u32) -> Keys {
        let namespace = pod % self.model.namespaces;
        Keys { pod, node: self.pods[pod as usize].node, namespace, index: OpKind::Update }
    }

    fn record(&mut self, actor: Actor, event: PodEvent, keys: &Keys) {
        let chain = &mut self.pods[keys.pod as usize].chain;
        let cluster = &self.cluster;
        self.journal.record(actor, chain, |words| cluster.emit_for(event, keys, words));
    }
}

// ---------------------------------------------------------------- arrivals

impl Simulation<'_> {
    fn expect_arrivals(&mut self) {
        if self.arrived < self.model.pods {
            let (at_ns, pods) = self.arrivals.next();
            self.agenda.put(at_ns, Due::Arrivals(pods));
        }
    }

    fn arrive(&mut self, pods: u32) {
        for _ in 0..pods.min(self.model.pods - self.arrived) {
            let key = (self.model.initial_pods + self.arrived) % self.model.pod_keys();
            self.arrived += 1;
            self.add(key);
            if self.model.lifetimes == Lifetimes::Oldest {
                self.end_life(self.oldest);
                self.oldest += 1;
            }
        }
        self.expect_arrivals();
    }

    fn add(&mut self, key: u32) {
        let pod = &mut self.pods[key as usize];
        pod.chain = Link::NONE;
        pod.stage = Stage::Queued;
        pod.doomed = false;
        pod.life = pod.life.wrapping_add(1);
        let mut keys = self.keys(key);
        let count = &mut self.pods_in_namespace[keys.namespace as usize];
        *count += 1;
        if *count == 1 {
            keys.index = OpKind::Insert;
        }
        self.record(Actor::Informer, PodEvent::Added, &keys);
        self.agenda.put(self.now_ns + QUEUED_AFTER_NS, Due::Queued(key));
    }
}

// ---------------------------------------------------------------- scheduling

impl Simulation<'_> {
    fn start_cycle(&mut self) {
        if self.scheduling {
            return;
        }
        let Some(pod) = self.queue.pop_front() else { return };
        self.scheduling = true;
        self.pods[pod as usize].stage = Stage::Cycle;
        let keys = self.keys(pod);
        let (cluster, changed) = (&self.cluster, &self.changed_nodes);
        let chain = &mut self.pods[pod as usize].chain;
        self.journal.record(Actor::Scheduler, chain, |words| {
            cluster.emit_for(PodEvent::Popped, &keys, words);
            cluster.refresh_snapshot(changed.iter().copied(), words);
            cluster.begin_cycle_state(words);
        });
        self.within_cycle(FILTER_AT, Due::Filter(pod));
    }

    fn filter(&mut self, pod: u32) {
        let checks = self.model.checks_per_pod();
        let (cluster, first) = (&self.cluster, self.next_node);
        let chain = &mut self.pods[pod as usize].chain;
        self.journal.record(Actor::Filter, chain, |words| cluster.filter(first, checks, words));
        self.next_node = (first + checks) % self.model.nodes;
        self.pods[pod as usize].node = (first + self.nodes.below(checks)) % self.model.nodes;
        self.within_cycle(SCORE_AT - FILTER_AT, Due::Score(pod));
    }

    fn score(&mut self, pod: u32) {
        let feasible = super::feasible_nodes_to_find(self.model.nodes);
        let cluster = &self.cluster;
        let chain = &mut self.pods[pod as usize].chain;
        self.journal.record(Actor::Filter, chain, |words| cluster.score(feasible, words));
        self.within_cycle(1.0 - SCORE_AT, Due::Assume(pod));
    }

    fn assume(&mut self, pod: u32) {
        self.record(Actor::Scheduler, PodEvent::Assumed, &self.keys(pod));
        self.node_changed(pod);
        self.pods[pod as usize].stage = Stage::Bound;
        self.after(BIND_NS, Due::Bind(pod));
        self.scheduling = false;
        self.start_cycle();
    }

    fn bind(&mut self, pod: u32) {
        self.record(Actor::Binder, PodEvent::Bound, &self.keys(pod));
        self.after(OBSERVE_NS, Due::Observe(pod));
    }

    fn node_changed(&mut self, pod: u32) {
        let node = self.pods[pod as usize].node;
        if self.model.snapshot_nodes > 0 && !self.changed_nodes.contains(&node) {
            self.changed_nodes.pop_front();
            self.changed_nodes.push_back(node);
        }
    }
}

// ---------------------------------------------------------------- running

impl Simulation<'_> {
    fn observe(&mut self, key: u32) {
        self.record(Actor::Informer, PodEvent::Observed, &self.keys(key));
        self.node_changed(key);
        let updates = self.model.status_updates;
        let pod = &mut self.pods[key as usize];
        pod.stage = Stage::Running;
        pod.statuses_left = updates as u16;
        let (life, doomed) = (pod.life, pod.doomed);
        for _ in 0..updates {
            let after_ns = share(&mut self.times) * STATUS_SPAN_NS as f64;
            self.agenda.put(self.now_ns + after_ns as u64, Due::Status(key, life));
        }
        if doomed {
            self.agenda.put(self.now_ns, Due::Mark(key));
        } else if let Lifetimes::Seconds(lifetimes) = &self.model.lifetimes {
            let lifetime_ns = lifetimes.draw(&mut self.lifetimes) * SECOND_NS;
            self.agenda.put(self.now_ns + lifetime_ns as u64, Due::Mark(key));
        }
    }

    fn update_status(&mut self, key: u32, life: u16) {
        let pod = &mut self.pods[key as usize];
        if pod.life == life && pod.statuses_left > 0 {
            pod.statuses_left -= 1;
            self.record(Actor::Informer, PodEvent::Status, &self.keys(key));
            self.node_changed(key);
        }
    }

    /// Somebody wants a pod gone: now if it runs, else as soon as it does.
    fn end_life(&mut self, pod: u32) {
        match self.pods[pod as usize].stage {
            Stage::Running => self.mark(pod),
            _ => self.pods[pod as usize].doomed = true,
        }
    }

    /// The deletion mark. Status updates that are still to come do so now.
    fn mark(&mut self, key: u32) {
        let life = self.pods[key as usize].life;
        while self.pods[key as usize].statuses_left > 0 {
            self.update_status(key, life);
        }
        self.record(Actor::Informer, PodEvent::Status, &self.keys(key));
        self.node_changed(key);
        self.pods[key as usize].stage = Stage::Terminating;
        self.after(TERMINATION_NS, Due::Delete(key));
    }

    fn delete(&mut self, key: u32) {
        let mut keys = self.keys(key);
        let count = &mut self.pods_in_namespace[keys.namespace as usize];
        *count -= 1;
        if *count == 0 {
            keys.index = OpKind::Remove;
        }
        self.record(Actor::Informer, PodEvent::Deleted, &keys);
        self.node_changed(key);
        self.pods[key as usize].stage = Stage::Gone;
    }
}

// ---------------------------------------------------------------- ops of a cycle

impl Cluster {
    /// 3: copies nodes that changed into the snapshot.
    fn refresh_snapshot(&self, nodes: impl Iterator<Item = u32>, words: &mut Vec<u32>) {
        for node in nodes {
            self.push(ModelMap::Snapshot, OpKind::Get, node, words);
            self.push(ModelMap::Snapshot, OpKind::Overwrite, node, words);
        }
    }

    /// The first part of 4: a new cycle state with what plugins write before any node is checked.
    fn begin_cycle_state(&self, words: &mut Vec<u32>) {
        self.push(ModelMap::CycleState, OpKind::NewMap, 0, words);
        for plugin in 0..WRITING_PLUGINS {
            self.push(ModelMap::CycleState, OpKind::Insert, plugin, words);
        }
    }

    /// 4: checks nodes, each with a look at who is nominated there and two at the cycle state.
    fn filter(&self, first: u32, checks: u32, words: &mut Vec<u32>) {
        self.push_range(ModelMap::Nominated, first, checks, words);
        self.push_range(ModelMap::CycleState, 0, 2 * checks, words);
    }

    /// 5: scores the feasible nodes, each with three looks at the cycle state.
    fn score(&self, nodes: u32, words: &mut Vec<u32>) {
        self.push_range(ModelMap::CycleState, 0, 3 * nodes, words);
    }
}
