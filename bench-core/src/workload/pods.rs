//! Pods that come, change and go on two of the scheduler's maps: pod states (M9) and nodes (M11).
//! The op sequence of each event is that of the Kubernetes scheduler's cache
//! (`pkg/scheduler/backend/cache/cache.go`); one lap grows the pod states and drains them again.

use rayon::slice::ParallelSliceMut;
use serde::Serialize;

use super::random::{Purpose, Random};
use super::{WorkloadError, check_keys, check_ops};
use crate::key::KeyRule;
use crate::op::{OpKind, OpWord};
use crate::trace::{ActorSpec, Deal, Draft, MapSpec, Shape, Stream};

/// Position of the pod states in the map table. The first op of every event is on this map, so a
/// pod is the subject of its events.
const POD_STATES: u8 = 0;
/// Position of the nodes in the map table.
const NODES: u8 = 1;
/// Most bindings in flight: arrivals between a pod's assumption and its bind, and again between
/// that and its observation.
const IN_FLIGHT: u32 = 16;
/// Arrivals over which the status updates of a pod are spread.
const STATUS_SPAN: u32 = 4_000;

/// Pods that come, change and go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pods {
    /// Nodes, all present throughout.
    pub nodes: u32,
    /// Pods that are present throughout.
    pub initial_pods: u32,
    /// Pods that come and go in one lap.
    pub pods: u32,
    /// Status updates of a pod between its observation and its deletion mark.
    pub status_updates: u32,
}

/// The events of a pod that reach these two maps, by the numbers of the cluster model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// Event 6.
    Assume,
    /// Event 7.
    Bind,
    /// Event 8.
    Observed,
    /// Event 9: a status update or the deletion mark.
    Status,
    /// Event 10.
    Delete,
}

impl Pods {
    pub(super) fn check(&self) -> Result<(), WorkloadError> {
        check_keys("nodes", self.nodes)?;
        check_keys("pods", self.pods)?;
        check_keys("pods", self.pods.saturating_add(self.initial_pods))?;
        if self.status_updates > 1_000 {
            return Err(WorkloadError::parameter("status_updates", "is over 1,000; use less"));
        }
        check_ops("pods", u64::from(self.pods) * self.ops_per_pod())
    }

    /// Ops of one pod from its assumption to its deletion.
    pub fn ops_per_pod(&self) -> u64 {
        24 + 8 * u64::from(self.status_updates + 1)
    }

    pub(super) fn draft(&self, name: &str, seed: u64) -> Draft {
        let mut nodes = Random::stream(seed, Purpose::Nodes, 0);
        let node_of: Vec<u32> = (0..self.pods).map(|_| nodes.below(self.nodes)).collect();
        let mut stream = Stream::default();
        for (_, pod, event) in self.timeline(seed) {
            stream.events.push(stream.words.len() as u32);
            let key = self.initial_pods + pod;
            event.emit(key, node_of[pod as usize], &mut stream.words);
        }
        Draft {
            name: name.to_owned(),
            generator: "mapbench pods 1".to_owned(),
            seed,
            parameters: serde_json::json!({ "pods": self }),
            shape: Shape::Steady,
            maps: vec![
                MapSpec {
                    id: "M9".to_owned(),
                    name: "pod states".to_owned(),
                    key_rule: KeyRule::Uid,
                    keys: self.initial_pods + self.pods,
                    preload: self.initial_pods,
                    peak: 0,
                },
                MapSpec {
                    id: "M11".to_owned(),
                    name: "nodes".to_owned(),
                    key_rule: KeyRule::NodeName,
                    keys: self.nodes,
                    preload: self.nodes,
                    peak: 0,
                },
            ],
            actors: vec![ActorSpec { name: "worker".to_owned(), deal: Deal::Event }],
            streams: vec![stream],
        }
    }

    /// Every event of a lap in its order. Time is counted in arrivals: one pod is assumed per
    /// tick, then one is deleted per tick, in an order of its own.
    fn timeline(&self, seed: u64) -> Vec<(u64, u32, Event)> {
        let mut times = Random::stream(seed, Purpose::Times, 0);
        let leaving = times.permutation(self.pods);
        // Nothing of the growing phase is pending when the first pod leaves.
        let drain = u64::from(self.pods) + u64::from(2 * IN_FLIGHT + STATUS_SPAN + 1);
        let mut timeline =
            Vec::with_capacity(self.pods as usize * (self.status_updates as usize + 5));
        for pod in 0..self.pods {
            let mut now = u64::from(pod);
            timeline.push((now, pod, Event::Assume));
            now += u64::from(times.below(IN_FLIGHT));
            timeline.push((now, pod, Event::Bind));
            now += u64::from(times.below(IN_FLIGHT));
            timeline.push((now, pod, Event::Observed));
            for _ in 0..self.status_updates {
                let update = now + u64::from(times.below(STATUS_SPAN));
                timeline.push((update, pod, Event::Status));
            }
            let gone = drain + u64::from(leaving[pod as usize]);
            let marked = gone - u64::from(times.below(IN_FLIGHT));
            timeline.push((marked, pod, Event::Status));
            timeline.push((gone, pod, Event::Delete));
        }
        // Equal entries are equal events: the order is the same for any number of threads.
        timeline.par_sort_unstable();
        timeline
    }
}

impl Event {
    /// Appends the event's ops. Cache add and remove are M11 get, update, get and then M9.
    fn emit(self, pod: u32, node: u32, words: &mut Vec<u32>) {
        let pod_op = |kind| OpWord::new(kind, POD_STATES, pod).0;
        let on_node =
            [OpKind::Get, OpKind::Update, OpKind::Get].map(|kind| OpWord::new(kind, NODES, node).0);
        words.push(pod_op(OpKind::Get));
        let (removes, adds) = match self {
            Event::Assume => (false, true),
            Event::Bind => (false, false),
            Event::Observed | Event::Status => (true, true),
            Event::Delete => (true, false),
        };
        if removes {
            words.extend(on_node);
            words.push(pod_op(OpKind::Remove));
        }
        if adds {
            words.extend(on_node);
            words.push(pod_op(OpKind::Insert));
        }
    }
}
