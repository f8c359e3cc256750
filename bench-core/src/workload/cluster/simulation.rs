//! The simulation: its state, and what is due next. What happens then is in `life`, `cycle`,
//! `upkeep` and `rollout`.

use std::collections::VecDeque;

use super::ClusterModel;
use super::agenda::Agenda;
use super::arrivals::{ArrivalClock, SECOND_NS, exponential};
use super::journal::{Actor, Journal, Link};
use super::ops::{Cluster, Keys, PodEvent};
use super::rollout::Rolling;
use crate::op::OpKind;
use crate::trace::{ActorSpec, Stream};
use crate::workload::random::{Purpose, Random};

pub(super) const MILLISECOND_NS: u64 = 1_000_000;

/// A pod, told apart from others that have its key before or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PodId {
    pub(super) key: u32,
    pub(super) life: u32,
}

/// What is due.
#[derive(Debug, Clone, Copy)]
pub(super) enum Due {
    Arrivals(u32),
    Spike,
    FailingArrival,
    Queued(PodId),
    Filter(u32),
    Score(u32),
    Assume(u32),
    GiveUp(u32),
    Bind(PodId),
    Observe(PodId),
    Status(PodId),
    Mark(PodId),
    Delete(PodId),
    Abandon(PodId),
    Wake(PodId),
    Leftover(PodId),
    BackoffEnd(PodId),
    Sweep,
    Heartbeat(u32),
    Outage,
    NodeBack(u32),
    GhostEnd(u32),
    Relist,
    Drain { drain: usize, node: u32 },
    Rollout,
}

/// Where a pod is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Gone,
    /// In the active queue, or on its way there.
    Queued,
    /// In a scheduling cycle.
    Cycle,
    /// Waits for the cluster to change.
    Unschedulable,
    /// Waits for its backoff to end.
    Backoff,
    /// Assumed, not yet observed.
    Assumed,
    Running,
    Terminating,
}

/// What is special about a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Usual,
    /// It cannot be scheduled at first.
    Failing,
    /// It cannot be scheduled, and is deleted.
    Abandoned,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Pod {
    pub(super) chain: Link,
    pub(super) life: u32,
    pub(super) node: u32,
    pub(super) namespace: u32,
    pub(super) stage: Stage,
    /// It is to be deleted as soon as it runs.
    pub(super) doomed: bool,
    pub(super) kind: Kind,
    pub(super) failures_left: u32,
    pub(super) attempts: u32,
    pub(super) nominated: Option<u32>,
    pub(super) affinity: bool,
    pub(super) failed_at_ns: u64,
    pub(super) statuses_left: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Assumed and bound pods.
    pub(super) pods: Vec<u32>,
    /// Pods that are nominated.
    pub(super) nominated: u32,
    /// It is in the informer's store.
    pub(super) alive: bool,
    /// The scheduler knows it and may use it.
    pub(super) usable: bool,
    /// Bindings on it that failed and that the informer has not waited for.
    pub(super) forgotten: Vec<Link>,
}

/// A cluster in simulated time.
pub(super) struct Simulation<'m> {
    pub(super) model: &'m ClusterModel,
    pub(super) cluster: Cluster,
    pub(super) journal: Journal,
    pub(super) agenda: Agenda<Due>,
    pub(super) now_ns: u64,
    pub(super) times: Random,
    pub(super) choices: Random,
    pub(super) lifetimes: Random,
    pub(super) failures: Random,
    pub(super) arrivals: ArrivalClock<'m>,
    pub(super) pods: Vec<Pod>,
    pub(super) nodes: Vec<Node>,
    /// Pods that arrived as the model's arrivals say.
    pub(super) arrived: u32,
    /// Pods that arrived in whatever way.
    pub(super) all_arrived: u64,
    pub(super) spike_left: u32,
    /// Keys of failing pods that have gone.
    pub(super) free_keys: Vec<u32>,
    /// The next pod that an arrival deletes.
    pub(super) oldest: u32,
    pub(super) pods_in_namespace: Vec<u32>,
    pub(super) preloaded_namespaces: u32,
    pub(super) queue: VecDeque<PodId>,
    pub(super) scheduling: bool,
    /// Pods between the start of their cycle and their bind.
    pub(super) in_flight: u32,
    /// Where the next cycle begins to look for nodes.
    pub(super) next_node: u32,
    /// Nodes that changed last, the latest at the end: what the next snapshot refreshes.
    pub(super) changed_nodes: VecDeque<u32>,
    /// Nodes that came or went since the last snapshot, and the last event of those.
    pub(super) came: Vec<u32>,
    pub(super) went: Vec<u32>,
    pub(super) node_set_changed: Link,
    /// Pods that the next change of the cluster moves on.
    pub(super) wakeable: Vec<PodId>,
    pub(super) relist_waits: bool,
    pub(super) rolling: Option<Rolling>,
    /// Per drain, the nodes that are still to be drained.
    pub(super) drains_left: u32,
}

/// What a simulation came to.
pub(super) struct Outcome {
    pub(super) actors: Vec<ActorSpec>,
    pub(super) streams: Vec<Stream>,
    /// Pods that arrived.
    pub(super) pods: u64,
    /// Size of the pods' key space.
    pub(super) pod_keys: u32,
    /// Namespaces with pods at the start.
    pub(super) namespaces: u32,
}

impl<'m> Simulation<'m> {
    pub(super) fn new(model: &'m ClusterModel, seed: u64) -> Self {
        let stream = |part| Random::stream(seed, Purpose::Times, part);
        let node = Node {
            pods: Vec::new(),
            nominated: 0,
            alive: true,
            usable: true,
            forgotten: Vec::new(),
        };
        let mut simulation = Simulation {
            model,
            cluster: Cluster::new(&model.maps),
            journal: Journal::new(),
            agenda: Agenda::new(),
            now_ns: 0,
            times: stream(0),
            choices: Random::stream(seed, Purpose::Nodes, 0),
            lifetimes: stream(2),
            failures: stream(3),
            arrivals: ArrivalClock::new(&model.arrivals, stream(1)),
            pods: Vec::new(),
            nodes: vec![node; model.nodes as usize],
            arrived: 0,
            all_arrived: 0,
            spike_left: model.spike.map_or(0, |spike| spike.pods),
            free_keys: Vec::new(),
            oldest: 0,
            pods_in_namespace: vec![0; model.namespaces as usize],
            preloaded_namespaces: 0,
            queue: VecDeque::new(),
            scheduling: false,
            in_flight: 0,
            next_node: 0,
            changed_nodes: (0..model.snapshot_nodes).collect(),
            came: Vec::new(),
            went: Vec::new(),
            node_set_changed: Link::NONE,
            wakeable: Vec::new(),
            relist_waits: false,
            rolling: None,
            drains_left: model.drains.iter().map(|drain| drain.nodes).sum(),
        };
        simulation.populate(seed);
        simulation
    }

    /// The cluster as it is at the start.
    fn populate(&mut self, seed: u64) {
        let model = self.model;
        if let Some(rollouts) = &model.rollouts {
            let sizes = Random::stream(seed, Purpose::Times, 4);
            self.rolling = Some(Rolling::new(rollouts, model.initial_pods, sizes));
        }
        self.pods = vec![Pod::NONE; model.first_pod_keys() as usize];
        for key in 0..model.initial_pods {
            let node = key % model.nodes;
            let namespace = self.namespace_of(key);
            let pod = &mut self.pods[key as usize];
            (pod.stage, pod.node, pod.namespace) = (Stage::Running, node, namespace);
            self.nodes[node as usize].pods.push(key);
            self.pods_in_namespace[namespace as usize] += 1;
        }
        let used = self.pods_in_namespace.iter().position(|&pods| pods == 0);
        self.preloaded_namespaces = used.map_or(model.namespaces, |used| used as u32);
    }

    /// The namespace of a key: that of its app, or the one that its string key spells.
    pub(super) fn namespace_of(&self, key: u32) -> u32 {
        let group = self.rolling.as_ref().map_or(key, |rolling| rolling.app_of(key));
        group % self.model.namespaces
    }

    /// Runs to the end: every pod that arrives is bound or abandoned, every node is back.
    pub(super) fn run(mut self) -> Outcome {
        self.expect_arrivals();
        self.expect_upkeep();
        self.start_rollout();
        while let Some((at_ns, due)) = self.agenda.next() {
            self.now_ns = at_ns;
            self.happen(due);
        }
        self.rebuild_snapshot();
        let (actors, streams) = self.journal.finish();
        Outcome {
            actors,
            streams,
            pods: self.all_arrived,
            pod_keys: self.pods.len() as u32,
            namespaces: self.preloaded_namespaces,
        }
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Arrivals(pods) => self.arrive(pods),
            Due::Spike => self.spike(),
            Due::FailingArrival => self.arrive_failing(),
            Due::Queued(pod) => self.enqueue(pod),
            Due::Filter(pod) => self.filter(pod),
            Due::Score(pod) => self.score(pod),
            Due::Assume(pod) => self.assume(pod),
            Due::GiveUp(pod) => self.give_up(pod),
            Due::Bind(pod) => self.bind(pod),
            Due::Observe(pod) => self.observe(pod),
            Due::Status(pod) => self.update_status(pod),
            Due::Mark(pod) => self.mark(pod),
            Due::Delete(pod) => self.delete(pod),
            Due::Abandon(pod) => self.abandon(pod),
            Due::Wake(pod) => self.wakeable.push(pod),
            Due::Leftover(pod) => self.flush_leftover(pod),
            Due::BackoffEnd(pod) => self.end_backoff(pod),
            Due::Sweep => self.sweep(),
            Due::Heartbeat(node) => self.heartbeat(node),
            Due::Outage => self.begin_outage(),
            Due::NodeBack(node) => self.return_node(node),
            Due::GhostEnd(node) => self.end_ghost(node),
            Due::Relist => self.relist_is_due(),
            Due::Drain { drain, node } => self.drain(drain, node),
            Due::Rollout => self.start_rollout(),
        }
    }

    /// Puts down what is due after a time.
    pub(super) fn in_ns(&mut self, ns: u64, due: Due) {
        self.agenda.put(self.now_ns + ns, due);
    }

    /// Puts down what is due after some seconds.
    pub(super) fn in_s(&mut self, seconds: f64, due: Due) {
        self.in_ns((seconds * SECOND_NS) as u64, due);
    }

    /// Puts down what is due after a least time and an exponential one beyond it.
    pub(super) fn after(&mut self, (least_ns, beyond_ns): (u64, u64), due: Due) {
        let beyond_ns = exponential(&mut self.times) * beyond_ns as f64;
        self.in_ns(least_ns + beyond_ns as u64, due);
    }

    pub(super) fn pod(&mut self, key: u32) -> &mut Pod {
        &mut self.pods[key as usize]
    }

    pub(super) fn id(&self, key: u32) -> PodId {
        PodId { key, life: self.pods[key as usize].life }
    }

    /// Whether a pod is the one that has its key now, at a stage.
    pub(super) fn is_at(&self, id: PodId, stage: Stage) -> bool {
        let pod = &self.pods[id.key as usize];
        pod.life == id.life && pod.stage == stage
    }

    pub(super) fn keys(&self, key: u32) -> Keys {
        let pod = &self.pods[key as usize];
        Keys { pod: key, node: pod.node, namespace: pod.namespace, index: OpKind::Update }
    }

    /// Records an event of a pod.
    pub(super) fn record(&mut self, actor: Actor, event: PodEvent, keys: &Keys) {
        self.record_ops(actor, keys.pod, |cluster, words| cluster.emit_for(event, keys, words));
    }

    /// Records an event of a pod that runs the ops that `write` appends.
    pub(super) fn record_ops(
        &mut self,
        actor: Actor,
        key: u32,
        write: impl FnOnce(&Cluster, &mut Vec<u32>),
    ) {
        let chain = &mut self.pods[key as usize].chain;
        let cluster = &self.cluster;
        self.journal.record(actor, chain, |words| write(cluster, words));
    }

    /// Records an event of no pod, after one that it must wait for.
    pub(super) fn record_after(
        &mut self,
        actor: Actor,
        awaited: Link,
        write: impl FnOnce(&Cluster, &mut Vec<u32>),
    ) -> Link {
        let mut chain = awaited;
        let cluster = &self.cluster;
        self.journal.record(actor, &mut chain, |words| write(cluster, words));
        chain
    }
}

impl Pod {
    pub(super) const NONE: Pod = Pod {
        chain: Link::NONE,
        life: 0,
        node: 0,
        namespace: 0,
        stage: Stage::Gone,
        doomed: false,
        kind: Kind::Usual,
        failures_left: 0,
        attempts: 0,
        nominated: None,
        affinity: false,
        failed_at_ns: 0,
        statuses_left: 0,
    };
}
