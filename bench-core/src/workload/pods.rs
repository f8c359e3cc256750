//! Pods that come, change and go on two of the scheduler's maps: pod states (M9) and nodes (M11).
//! One lap grows the pod states and drains them again. Which ops an event runs is `cluster`'s.

use rayon::slice::ParallelSliceMut;
use serde::Serialize;

use super::cluster::{Cluster, ModelMap, PodEvent};
use super::random::{Purpose, Random};
use super::{WorkloadError, check_keys, check_ops};
use crate::trace::{ActorSpec, Deal, Draft, Shape, Stream};

/// The maps, in the order of the map table. The first op of each of these pods' events is on the
/// pod states, so the pod is the subject of its events.
const CLUSTER: Cluster = Cluster::new(&[ModelMap::PodStates, ModelMap::Nodes]);
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
            CLUSTER.emit(event, key, node_of[pod as usize], &mut stream.words);
        }
        Draft {
            name: name.to_owned(),
            generator: "mapbench pods 1".to_owned(),
            seed,
            parameters: serde_json::json!({ "pods": self }),
            shape: Shape::Steady,
            unit: None,
            maps: vec![
                ModelMap::PodStates.spec(self.initial_pods + self.pods, self.initial_pods),
                ModelMap::Nodes.spec(self.nodes, self.nodes),
            ],
            actors: vec![ActorSpec::new("worker", Deal::Event)],
            streams: vec![stream],
        }
    }

    /// Every event of a lap in its order. Time is counted in arrivals: one pod is assumed per
    /// tick, then one is deleted per tick, in an order of its own.
    fn timeline(&self, seed: u64) -> Vec<(u64, u32, PodEvent)> {
        let mut times = Random::stream(seed, Purpose::Times, 0);
        let leaving = times.permutation(self.pods);
        // Nothing of the growing phase is pending when the first pod leaves.
        let drain = u64::from(self.pods) + u64::from(2 * IN_FLIGHT + STATUS_SPAN + 1);
        let mut timeline =
            Vec::with_capacity(self.pods as usize * (self.status_updates as usize + 5));
        for pod in 0..self.pods {
            let mut now = u64::from(pod);
            timeline.push((now, pod, PodEvent::Assumed));
            now += u64::from(times.below(IN_FLIGHT));
            timeline.push((now, pod, PodEvent::Bound));
            now += u64::from(times.below(IN_FLIGHT));
            timeline.push((now, pod, PodEvent::Observed));
            for _ in 0..self.status_updates {
                let update = now + u64::from(times.below(STATUS_SPAN));
                timeline.push((update, pod, PodEvent::Status));
            }
            let gone = drain + u64::from(leaving[pod as usize]);
            let marked = gone - u64::from(times.below(IN_FLIGHT));
            timeline.push((marked, pod, PodEvent::Status));
            timeline.push((gone, pod, PodEvent::Deleted));
        }
        // Equal entries are equal events: the order is the same for any number of threads.
        timeline.par_sort_unstable();
        timeline
    }
}
