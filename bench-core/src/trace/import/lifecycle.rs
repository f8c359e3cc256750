//! Pod lifecycles and their way to ops: every pod's events in time order across all pods and
//! copies, on six of the scheduler's maps. In closed loop times decide the order only.

use rayon::slice::ParallelSliceMut;

use super::{Speed, Superpose};
use crate::trace::{Draft, Shape, Unit};
use crate::workload::cluster::{Cluster, ModelMap, PodEvent};
use crate::workload::random::{Purpose, Random};

/// When a pod came, was bound and went, and what it was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lifecycle {
    /// XXH3-64 of its name.
    pub(super) name: u64,
    /// Creation. Milliseconds.
    pub(super) created_ms: i64,
    /// Binding; `None` if it never was bound.
    pub(super) bound_ms: Option<i64>,
    /// Deletion; `None` if it outlives the recording.
    pub(super) deleted_ms: Option<i64>,
}

/// What the ops of a set of lifecycles depend on besides them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Copies of every pod.
    pub(super) copies: u32,
    /// How they are shifted.
    pub(super) superpose: Superpose,
    /// Status updates of a bound pod, before its deletion mark.
    pub(super) status_updates: u32,
    /// Nodes.
    pub(super) nodes: u32,
    /// The seed that assigns nodes.
    pub(super) seed: u64,
    /// How fast recorded time passes.
    pub(super) speed: Speed,
}

/// The maps, in the order of the map table. The first op of every event is on a pod-keyed map, so
/// the pod is the subject of its events.
pub(super) const CLUSTER: Cluster = Cluster::new(&MAPS);
pub(super) const MAPS: [ModelMap; 6] = [
    ModelMap::Store,
    ModelMap::ActiveQueue,
    ModelMap::InFlight,
    ModelMap::PodStates,
    ModelMap::Assumed,
    ModelMap::Nodes,
];
/// Most ops of one pod without status updates: added 4, popped 4, assumed 6, bound 3, observed 14,
/// marked 13, deleted 8.
const OPS_PER_POD: u64 = 52;
const OPS_PER_STATUS: u64 = 13;

impl Plan {
    /// An upper bound of the ops of so many pods per copy.
    pub(super) fn most_ops(&self, pods: usize) -> u64 {
        let per_pod = OPS_PER_POD + OPS_PER_STATUS * u64::from(self.status_updates);
        pods as u64 * u64::from(self.copies) * per_pod
    }

    /// The trace of the lifecycles. Pod `row` of copy `i` has the number `i × pods + row`.
    pub(super) fn draft(
        &self,
        pods: &[Lifecycle],
        name: String,
        parameters: serde_json::Value,
    ) -> Draft {
        let all_pods = pods.len() as u32 * self.copies;
        let mut random = Random::stream(self.seed, Purpose::Nodes, 0);
        let node_of: Vec<u32> = (0..all_pods).map(|_| random.below(self.nodes)).collect();
        let (mut words, mut events, mut times_ms) = (Vec::new(), Vec::new(), Vec::new());
        for (at_ms, event, pod) in self.timeline(pods) {
            events.push(words.len() as u32);
            times_ms.push(at_ms);
            CLUSTER.emit(event, pod, node_of[pod as usize], &mut words);
        }
        let (actor, stream) = self.speed.worker(words, events, &times_ms, 1e6);
        let bound_of_one = pods.iter().filter(|pod| pod.bound_ms.is_some()).count() as u64;
        let bound = bound_of_one * u64::from(self.copies);
        let maps = MAPS.map(|map| match map {
            ModelMap::Nodes => map.spec(self.nodes, self.nodes),
            _ => map.spec(all_pods, 0),
        });
        Draft {
            name,
            generator: "mapbench lifecycle 1".to_owned(),
            seed: self.seed,
            parameters,
            shape: Shape::OneShot,
            unit: (bound > 0).then(|| Unit { name: "pods".to_owned(), count: bound }),
            maps: maps.into(),
            actors: vec![actor],
            streams: vec![stream],
        }
    }

    /// All events in order: by time, then by kind, so that pods of one moment interleave, then by
    /// pod. Equal entries are equal events, so the order does not depend on who sorts.
    fn timeline(&self, pods: &[Lifecycle]) -> Vec<(i64, PodEvent, u32)> {
        let mut timeline = Vec::new();
        for copy in 0..self.copies {
            let start_ms = self.superpose.start_ms(copy);
            for (row, pod) in pods.iter().enumerate() {
                let number = copy * pods.len() as u32 + row as u32;
                self.events_of(pod, |at, event| timeline.push((at + start_ms, event, number)));
            }
        }
        timeline.par_sort_unstable();
        timeline
    }

    fn events_of(&self, pod: &Lifecycle, mut happens: impl FnMut(i64, PodEvent)) {
        happens(pod.created_ms, PodEvent::Added);
        let Some(bound_ms) = pod.bound_ms else {
            if let Some(deleted_ms) = pod.deleted_ms {
                happens(deleted_ms, PodEvent::QueuedStatus);
                happens(deleted_ms, PodEvent::QueuedDeleted);
            }
            return;
        };
        for event in [PodEvent::Popped, PodEvent::Assumed, PodEvent::Bound, PodEvent::Observed] {
            happens(bound_ms, event);
        }
        // Status updates divide the life evenly; the deletion mark is the last. A pod without an
        // end has its updates at once: it was ready long before the recording stopped.
        let life_ms = pod.deleted_ms.map_or(0, |deleted_ms| deleted_ms - bound_ms);
        let parts = i64::from(self.status_updates) + 1;
        for part in 1..parts {
            // Divide first: lives may be long.
            happens(bound_ms + life_ms / parts * part, PodEvent::Status);
        }
        if let Some(deleted_ms) = pod.deleted_ms {
            happens(deleted_ms, PodEvent::Status);
            happens(deleted_ms, PodEvent::Deleted);
        }
    }
}
