//! The cluster model: which maps the Kubernetes scheduler keeps, and which ops each event of a pod
//! runs on them. The one place that knows these sequences; presets and imports take from it the
//! maps that they have. Grounded in `pkg/scheduler/backend/{cache,queue}` and `eventhandlers.go`.

use crate::key::KeyRule;
use crate::op::{OpKind, OpWord};
use crate::trace::MapSpec;

/// A map of the scheduler. Pod-keyed maps use the pod's number as key index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ModelMap {
    /// M0: the informer's store.
    Store,
    /// M3: pods that wait to be scheduled.
    ActiveQueue,
    /// M6: pods that are being scheduled.
    InFlight,
    /// M9: what the cache knows of assigned pods.
    PodStates,
    /// M10: pods that are assumed to be bound.
    Assumed,
    /// M11: nodes, always keyed by node.
    Nodes,
}

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
}

/// The maps that a trace has, by position in its map table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cluster(&'static [ModelMap]);

impl ModelMap {
    /// The map's row in a map table.
    pub(crate) fn spec(self, keys: u32, preload: u32) -> MapSpec {
        let (id, name, key_rule) = match self {
            ModelMap::Store => ("M0", "informer store", KeyRule::NsName),
            ModelMap::ActiveQueue => ("M3", "active queue", KeyRule::NsName),
            ModelMap::InFlight => ("M6", "in-flight pods", KeyRule::Uid),
            ModelMap::PodStates => ("M9", "pod states", KeyRule::Uid),
            ModelMap::Assumed => ("M10", "assumed pods", KeyRule::Uid),
            ModelMap::Nodes => ("M11", "nodes", KeyRule::NodeName),
        };
        let (id, name) = (id.to_owned(), name.to_owned());
        MapSpec { id, name, key_rule, keys, preload, peak: 0 }
    }
}

impl Cluster {
    /// The cluster of a map table.
    pub(crate) const fn new(maps: &'static [ModelMap]) -> Self {
        Cluster(maps)
    }

    /// Appends an event's ops, without those on maps that the trace does not have.
    pub(crate) fn emit(&self, event: PodEvent, pod: u32, node: u32, words: &mut Vec<u32>) {
        use ModelMap::{ActiveQueue, Assumed, InFlight, PodStates, Store};
        use OpKind::{Get, Has, Insert, Overwrite, Remove};
        let mut run = |steps: &[(ModelMap, OpKind)]| self.run(steps, pod, node, words);
        match event {
            PodEvent::Added => {
                run(&[(Store, Get), (Store, Insert), (ActiveQueue, Get), (ActiveQueue, Insert)]);
            }
            PodEvent::Popped => {
                run(&[(ActiveQueue, Remove), (InFlight, Get), (InFlight, Insert), (Assumed, Has)]);
            }
            PodEvent::Assumed => {
                run(&[(PodStates, Get)]);
                run(&CACHE_ADD);
                run(&[(Assumed, Insert)]);
            }
            PodEvent::Bound => run(&[(InFlight, Remove), (PodStates, Get), (Assumed, Has)]),
            PodEvent::Observed | PodEvent::Status => {
                run(&[(Store, Get), (Store, Overwrite), (PodStates, Get), (Assumed, Has)]);
                run(&CACHE_REMOVE);
                run(&CACHE_ADD);
                if event == PodEvent::Observed {
                    run(&[(ActiveQueue, Remove)]);
                }
            }
            PodEvent::QueuedStatus => {
                run(&[(Store, Get), (Store, Overwrite), (PodStates, Get), (Assumed, Has)]);
            }
            PodEvent::Deleted => {
                run(&[(Store, Get), (Store, Remove), (PodStates, Get)]);
                run(&CACHE_REMOVE);
            }
            PodEvent::QueuedDeleted => run(&[
                (Store, Get),
                (Store, Remove),
                (PodStates, Get),
                (ActiveQueue, Remove),
                (InFlight, Remove),
            ]),
        }
    }

    fn run(&self, steps: &[(ModelMap, OpKind)], pod: u32, node: u32, words: &mut Vec<u32>) {
        words.extend(steps.iter().filter_map(|&(map, kind)| {
            let position = self.0.iter().position(|&present| present == map)?;
            let key = if map == ModelMap::Nodes { node } else { pod };
            Some(OpWord::new(kind, position as u8, key).0)
        }));
    }
}

const CACHE_ADD: [(ModelMap, OpKind); 4] = [
    (ModelMap::Nodes, OpKind::Get),
    (ModelMap::Nodes, OpKind::Update),
    (ModelMap::Nodes, OpKind::Get),
    (ModelMap::PodStates, OpKind::Insert),
];

const CACHE_REMOVE: [(ModelMap, OpKind); 5] = [
    (ModelMap::Nodes, OpKind::Get),
    (ModelMap::Nodes, OpKind::Update),
    (ModelMap::Nodes, OpKind::Get),
    (ModelMap::PodStates, OpKind::Remove),
    (ModelMap::Assumed, OpKind::Remove),
];
