//! Which ops each event of a pod runs on the scheduler's maps. The one place that knows these
//! sequences; the cluster model and the imports take from it the maps that they have. Grounded in
//! `pkg/scheduler/backend/{cache,queue}`, `schedule_one.go` and `eventhandlers.go`.

use super::maps::{KeyOf, ModelMap};
use crate::key::NAMESPACES;
use crate::op::{MAX_MAPS, OpKind, OpWord};

/// Events of a pod, in the order in which those of one moment happen. The numbers are those of
/// the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PodEvent {
    /// 1: the informer sees a new pod.
    Added,
    /// 2: the scheduler takes it from the queue.
    Popped,
    /// 6: the scheduler assumes that it runs on a node.
    Assumed,
    /// 7: the binding was sent.
    Bound,
    /// 8: the informer sees the bound pod.
    Observed,
    /// 9: a status update or the deletion mark.
    Status,
    /// 9, for a pod that was never bound.
    QueuedStatus,
    /// 10: the pod is gone.
    Deleted,
    /// 10, for a pod that was never bound: it is still queued.
    QueuedDeleted,
    /// 10, for a pod that could not be scheduled: it waits for another attempt.
    WaitingDeleted,
    /// 11, without what follows: the binding failed.
    Forgotten,
    /// After 12: the cluster changed, and the pod waits for the rest of its backoff.
    Woken,
    /// After 12: the cluster changed after the backoff, and the pod is queued again.
    Requeued,
    /// After 12: the backoff ended, and the pod is queued again.
    BackoffEnded,
}

/// The keys of an event, and what becomes of the entries that several pods share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) pod: u32,
    pub(super) node: u32,
    pub(super) namespace: u32,
    /// What happens to the namespace's entry in the index.
    pub(super) index: OpKind,
}

/// The maps that a trace has, by position in its map table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cluster([u8; MAX_MAPS]);

/// In the place of a position: the trace does not have the map.
const ABSENT: u8 = u8::MAX;

impl Keys {
    /// The keys of a pod on a node, in the namespace that its string key spells, beside others.
    pub(super) const fn of(pod: u32, node: u32) -> Keys {
        Keys { pod, node, namespace: pod % NAMESPACES, index: OpKind::Update }
    }
}

impl Cluster {
    /// The cluster of a map table.
    pub(crate) const fn new(maps: &[ModelMap]) -> Self {
        let mut positions = [ABSENT; MAX_MAPS];
        let mut position = 0;
        while position < maps.len() {
            positions[maps[position] as usize] = position as u8;
            position += 1;
        }
        Cluster(positions)
    }

    /// Whether the trace has a map.
    pub(super) const fn has(&self, map: ModelMap) -> bool {
        self.0[map as usize] != ABSENT
    }

    /// Appends an event's ops, without those on maps that the trace does not have.
    pub(crate) fn emit(&self, event: PodEvent, pod: u32, node: u32, words: &mut Vec<u32>) {
        self.emit_for(event, &Keys::of(pod, node), words);
    }

    /// [`Cluster::emit`] with all keys given.
    pub(super) fn emit_for(&self, event: PodEvent, keys: &Keys, words: &mut Vec<u32>) {
        for steps in steps_of(event) {
            self.run(steps, keys, words);
        }
    }

    fn run(&self, steps: &[Step], keys: &Keys, words: &mut Vec<u32>) {
        for &(map, kind) in steps {
            let (kind, key) = match map.key_of() {
                KeyOf::Pod => (kind, keys.pod),
                KeyOf::Node => (kind, keys.node),
                KeyOf::Namespace => (keys.index, keys.namespace),
                KeyOf::Image | KeyOf::Plugin | KeyOf::TopologyPair => continue,
            };
            self.push(map, kind, key, words);
        }
    }

    /// Appends one op, if the trace has its map.
    #[inline]
    pub(super) fn push(&self, map: ModelMap, kind: OpKind, key: u32, words: &mut Vec<u32>) {
        let position = self.0[map as usize];
        if position != ABSENT {
            words.push(OpWord::new(kind, position, key).0);
        }
    }

    /// Appends gets of `count` keys from `first` on, if the trace has their map.
    pub(super) fn push_range(&self, map: ModelMap, first: u32, count: u32, words: &mut Vec<u32>) {
        if self.has(map) && count > 0 {
            self.push(map, OpKind::Range, first, words);
            words.push(count);
        }
    }
}

type Step = (ModelMap, OpKind);

use ModelMap::{
    ActiveQueue, Assumed, BackoffQueue, InFlight, Index, Nodes, Nominations, PodStates, Store,
    Unschedulable,
};
use OpKind::{Get, Has, Insert, Overwrite, Remove, Scan, Update};

const ADDED: [Step; 8] = [
    (Store, Get),
    (Store, Insert),
    (Index, Update),
    (BackoffQueue, Has),
    (Unschedulable, Get),
    (ActiveQueue, Get),
    (ActiveQueue, Insert),
    (Nominations, Get),
];
const QUEUED: [Step; 2] = [(ActiveQueue, Get), (ActiveQueue, Insert)];
const POPPED: [Step; 4] =
    [(ActiveQueue, Remove), (InFlight, Get), (InFlight, Insert), (Assumed, Has)];
const CACHE_ADD: [Step; 4] = [(Nodes, Get), (Nodes, Update), (Nodes, Get), (PodStates, Insert)];
const CACHE_REMOVE: [Step; 5] =
    [(Nodes, Get), (Nodes, Update), (Nodes, Get), (PodStates, Remove), (Assumed, Remove)];
const KNOWN: [Step; 2] = [(PodStates, Get), (Assumed, Has)];
const STORED: [Step; 2] = [(Store, Get), (Store, Overwrite)];
const UNSTORED: [Step; 4] = [(Store, Get), (Store, Remove), (Index, Update), (PodStates, Get)];
const DEQUEUED: [Step; 5] = [
    (Nominations, Get),
    (ActiveQueue, Remove),
    (BackoffQueue, Remove),
    (Unschedulable, Get),
    (Unschedulable, Scan),
];

fn steps_of(event: PodEvent) -> &'static [&'static [Step]] {
    match event {
        PodEvent::Added => &[&ADDED],
        PodEvent::Popped => &[&POPPED],
        PodEvent::Assumed => {
            &[&[(PodStates, Get)], &CACHE_ADD, &[(Assumed, Insert), (Nominations, Get)]]
        }
        PodEvent::Bound => &[&[(InFlight, Remove)], &KNOWN],
        PodEvent::Observed => &[&STORED, &KNOWN, &CACHE_REMOVE, &CACHE_ADD, &DEQUEUED],
        PodEvent::Status => &[&STORED, &KNOWN, &CACHE_REMOVE, &CACHE_ADD],
        PodEvent::QueuedStatus => &[&STORED, &KNOWN],
        PodEvent::Deleted => &[&UNSTORED, &CACHE_REMOVE, &[(Unschedulable, Scan)]],
        PodEvent::QueuedDeleted => &[&UNSTORED, &[(ActiveQueue, Remove), (InFlight, Remove)]],
        PodEvent::WaitingDeleted => &[
            &UNSTORED,
            &[
                (ActiveQueue, Remove),
                (BackoffQueue, Remove),
                (Unschedulable, Remove),
                (InFlight, Remove),
            ],
        ],
        PodEvent::Forgotten => &[&KNOWN, &CACHE_REMOVE, &[(Unschedulable, Scan)]],
        PodEvent::Woken => {
            &[&[(Unschedulable, Remove), (BackoffQueue, Has), (BackoffQueue, Insert)]]
        }
        PodEvent::Requeued => &[&[(Unschedulable, Remove)], &QUEUED],
        PodEvent::BackoffEnded => &[&[(BackoffQueue, Remove)], &QUEUED],
    }
}
