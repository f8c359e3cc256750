//! The cluster model: pods come, are scheduled, change and go on the maps of the Kubernetes
//! scheduler. A simulation in simulated time decides in which order the events of many pods happen;
//! each event becomes ops of one actor. Reads no clock.

mod agenda;
mod arrivals;
mod check;
mod cycle;
mod cycle_ops;
mod journal;
mod life;
mod maps;
mod node_ops;
mod ops;
mod rollout;
mod simulation;
mod upkeep;

use std::collections::BTreeSet;

use serde::Serialize;

pub use arrivals::{Arrivals, Lifetimes, Quantiles};
pub use maps::ModelMap;
pub(crate) use ops::{Cluster, PodEvent};
pub use rollout::{Drain, Rollouts};

use self::cycle_ops::{PLUGINS, WRITING_PLUGINS};
use self::maps::KeyOf;
use self::simulation::{Outcome, Simulation};
use crate::op::OpKind;
use crate::trace::{Draft, MapSpec, Shape, Unit};

/// Pods that come, are scheduled, change and go.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClusterModel {
    /// The maps that the trace has; ops on others are left out.
    pub maps: Vec<ModelMap>,
    /// Nodes.
    pub nodes: u32,
    /// Pods that are present at the start.
    pub initial_pods: u32,
    /// Pods that arrive.
    pub pods: u32,
    /// Namespaces.
    pub namespaces: u32,
    /// Status updates of a pod between its observation and its deletion mark.
    pub status_updates: u32,
    /// Nodes that a snapshot refreshes.
    pub snapshot_nodes: u32,
    /// Share of the nodes that a pod fits on.
    pub feasible: f64,
    /// Pods that the scheduler is able to schedule, per second.
    pub scheduled_per_s: f64,
    /// When pods arrive.
    pub arrivals: Arrivals,
    /// How long they live.
    pub lifetimes: Lifetimes,
    /// Pods that arrive at once, besides the others.
    pub spike: Option<Spike>,
    /// Pods that cannot be scheduled at first, besides the others.
    pub failing: Option<Failing>,
    /// Share of the bindings that fail.
    pub bind_failures: f64,
    /// Share of the pods that have inter-pod affinity.
    pub affinity: f64,
    /// Topology pairs that are counted for them.
    pub topology_pairs: u32,
    /// Images on a node.
    pub images: u32,
    /// From one heartbeat of a node to its next; 0 for none. Seconds.
    pub heartbeat_s: f64,
    /// Whether expired pods are looked for and metrics are taken, every second.
    pub sweeps: bool,
    /// From one relist of all pods to the next; 0 for none. Seconds.
    pub relist_s: f64,
    /// Nodes that go, pods or not, and come back.
    pub outages: Option<Outages>,
    /// Nodes that are drained, group after group.
    pub drains: Vec<Drain>,
    /// Rolling updates of all apps, in the place of arrivals.
    pub rollouts: Option<Rollouts>,
}

/// Pods that arrive at once.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spike {
    /// When. Seconds.
    pub at_s: f64,
    /// How many.
    pub pods: u32,
}

/// Pods that cannot be scheduled at first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Failing {
    /// Arrivals per second.
    pub per_s: f64,
    /// Attempts of each that fail.
    pub attempts: u32,
    /// Share of them that preempt others, and are nominated for a node.
    pub nominated: f64,
    /// Share of them that are deleted before they are scheduled.
    pub abandoned: f64,
}

/// Nodes that go and come back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Outages {
    /// Mean time from one to the next. Seconds.
    pub every_s: f64,
    /// How long one lasts. Seconds.
    pub for_s: f64,
}

/// How many nodes must be found feasible for a pod on a cluster of `nodes`:
/// `numFeasibleNodesToFind` of `schedule_one.go` with the adaptive percentage.
pub fn feasible_nodes_to_find(nodes: u32) -> u32 {
    if nodes < 100 {
        return nodes;
    }
    let percent = 50_u32.saturating_sub(nodes / 125).max(5);
    // 64 bits: a cluster may have millions of nodes here.
    ((u64::from(nodes) * u64::from(percent) / 100) as u32).max(100)
}

impl ClusterModel {
    /// Nodes that are checked for a pod that fits on the model's share of them.
    pub fn checks_per_pod(&self) -> u32 {
        let checks = libm::ceil(f64::from(feasible_nodes_to_find(self.nodes)) / self.feasible);
        (checks as u32).min(self.nodes)
    }

    /// Whether its trace may be looped.
    pub const fn shape(&self) -> Shape {
        match self.lifetimes {
            Lifetimes::Oldest if self.drains.is_empty() => Shape::Steady,
            _ => Shape::OneShot,
        }
    }

    /// The kinds of op that its trace may hold.
    pub(super) fn op_kinds(&self) -> BTreeSet<OpKind> {
        use ModelMap::{
            Assumed, Images, Index, Nodes, Nominations, Snapshot, Topology, Unschedulable,
        };
        let has = |map| self.maps.contains(&map);
        let updates = [Index, Nodes, Images, Topology].into_iter().any(has);
        let gives_up = self.failing.is_some() || self.bind_failures > 0.0;
        let rebuilds = self.outages.is_some() || !self.drains.is_empty();
        let scans = has(Unschedulable) || has(Assumed) && self.sweeps || has(Snapshot) && rebuilds;
        let mut kinds = BTreeSet::from([OpKind::Get, OpKind::Insert, OpKind::Remove]);
        kinds.extend((updates || has(Nominations) && gives_up).then_some(OpKind::Update));
        kinds.extend(scans.then_some(OpKind::Scan));
        kinds
    }

    /// Keys of pods before any arrives that has a key of its own.
    fn first_pod_keys(&self) -> u32 {
        match (&self.rollouts, &self.lifetimes) {
            (Some(_), _) => 2 * self.initial_pods,
            // Arrival `i` takes the key of the pod that was deleted so many arrivals before.
            (None, Lifetimes::Oldest) => self.pods.max(self.initial_pods),
            (None, Lifetimes::Seconds(_)) => self.initial_pods,
        }
    }

    fn spec(&self, map: ModelMap, outcome: &Outcome) -> MapSpec {
        let (keys, preload) = match map.key_of() {
            KeyOf::Pod => (outcome.pod_keys, 0),
            KeyOf::Namespace => (self.namespaces, outcome.namespaces),
            KeyOf::Node => (self.nodes, self.nodes),
            KeyOf::Image => (node_ops::image_keys(self.images), node_ops::image_keys(self.images)),
            KeyOf::Plugin => (PLUGINS, WRITING_PLUGINS),
            KeyOf::TopologyPair => (self.topology_pairs, self.topology_pairs),
        };
        let preload = match map {
            ModelMap::Store | ModelMap::PodStates => self.initial_pods,
            ModelMap::Nominated => 0,
            _ => preload,
        };
        map.spec(keys, preload)
    }

    pub(super) fn draft(&self, name: &str, seed: u64) -> Draft {
        let outcome = Simulation::new(self, seed).run();
        Draft {
            name: name.to_owned(),
            generator: "mapbench cluster 1".to_owned(),
            seed,
            parameters: serde_json::json!({ "cluster": self }),
            shape: self.shape(),
            unit: Some(Unit { name: "pods".to_owned(), count: outcome.pods }),
            maps: self.maps.iter().map(|&map| self.spec(map, &outcome)).collect(),
            actors: outcome.actors,
            streams: outcome.streams,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_nodes_are_checked_as_the_scheduler_checks() {
        let sizes = [100, 500, 1_000, 2_000, 3_125, 5_000, 10_000, 15_000];
        let expected = [100, 230, 420, 680, 781, 500, 500, 750];
        assert_eq!(sizes.map(feasible_nodes_to_find), expected);
        assert_eq!(feasible_nodes_to_find(99), 99);
    }
}
