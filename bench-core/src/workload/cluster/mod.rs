//! The cluster model: pods come, are scheduled, change and go on the maps of the Kubernetes
//! scheduler. A simulation in simulated time decides in which order the events of many pods happen;
//! each event becomes ops of one actor. Reads no clock.

mod agenda;
mod arrivals;
mod journal;
mod maps;
mod ops;
mod simulation;

use std::collections::BTreeSet;

use serde::Serialize;

pub use arrivals::{Arrivals, Lifetimes, Quantiles};
pub use maps::ModelMap;
pub(crate) use ops::{Cluster, PodEvent};

use self::maps::KeyOf;
use self::simulation::Simulation;
use super::{MAX_OPS, WorkloadError, check_keys};
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
}

/// Keys of the cycle state: plugins that keep something in it.
const PLUGINS: u32 = 8;
/// Plugins that write what they keep at the start of every cycle: the first ones.
const WRITING_PLUGINS: u32 = 3;

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
            Lifetimes::Oldest => Shape::Steady,
            Lifetimes::Seconds(_) => Shape::OneShot,
        }
    }

    /// The kinds of op that its trace may hold.
    pub(super) fn op_kinds(&self) -> BTreeSet<OpKind> {
        let mut kinds = BTreeSet::from([OpKind::Get, OpKind::Insert, OpKind::Remove]);
        for map in &self.maps {
            match map {
                ModelMap::Index | ModelMap::Nodes => drop(kinds.insert(OpKind::Update)),
                ModelMap::Unschedulable => drop(kinds.insert(OpKind::Scan)),
                _ => {}
            }
        }
        kinds
    }

    pub(super) fn check(&self) -> Result<(), WorkloadError> {
        let wrong = |key: &str, what: String| Err(WorkloadError::parameter(key, what));
        check_keys("nodes", self.nodes)?;
        check_keys("namespaces", self.namespaces)?;
        check_keys("pods", self.pods.saturating_add(self.initial_pods))?;
        if self.status_updates > 1_000 {
            return wrong("status_updates", "is over 1,000; use less".to_owned());
        }
        if self.snapshot_nodes > self.nodes {
            let what = format!("is {}, more than the nodes there are", self.snapshot_nodes);
            return wrong("snapshot_nodes", what);
        }
        if !(self.feasible > 0.0 && self.feasible <= 1.0) {
            return wrong("feasible", format!("is {}; use a share up to 1", self.feasible));
        }
        if !(0.1..=1e6).contains(&self.scheduled_per_s) {
            return wrong(
                "scheduled_per_s",
                format!("is {}; use 0.1 to 1e6", self.scheduled_per_s),
            );
        }
        self.arrivals.check()?;
        match &self.lifetimes {
            Lifetimes::Oldest if u64::from(self.pods) < 2 * u64::from(self.initial_pods) => {
                let what = format!("is {}; use at least twice the initial pods", self.pods);
                return wrong("pods", what);
            }
            Lifetimes::Oldest => {}
            Lifetimes::Seconds(lifetimes) => lifetimes.check("lifetimes")?,
        }
        if self.most_words() > MAX_OPS {
            return wrong("pods", format!("is {}, which makes too many ops; use less", self.pods));
        }
        Ok(())
    }

    /// An upper bound of the packed ops.
    fn most_words(&self) -> u64 {
        let per_pod = 80 + 13 * u64::from(self.status_updates) + 2 * u64::from(self.snapshot_nodes);
        u64::from(self.pods) * per_pod
    }

    /// Size of the pods' key space.
    fn pod_keys(&self) -> u32 {
        match self.lifetimes {
            // Arrival `i` takes the key of the pod that was deleted so many arrivals before.
            Lifetimes::Oldest => self.pods,
            Lifetimes::Seconds(_) => self.initial_pods + self.pods,
        }
    }

    fn spec(&self, map: ModelMap) -> MapSpec {
        let initial_pods = match map {
            ModelMap::Store | ModelMap::PodStates => self.initial_pods,
            _ => 0,
        };
        let initial_nodes = if map == ModelMap::Nominated { 0 } else { self.nodes };
        let (keys, preload) = match map.key_of() {
            KeyOf::Pod => (self.pod_keys(), initial_pods),
            KeyOf::Namespace => (self.namespaces, self.namespaces.min(self.initial_pods)),
            KeyOf::Node => (self.nodes, initial_nodes),
            KeyOf::Plugin => (PLUGINS, WRITING_PLUGINS),
            KeyOf::Image | KeyOf::TopologyPair => (1, 1),
        };
        map.spec(keys, preload)
    }

    pub(super) fn draft(&self, name: &str, seed: u64) -> Draft {
        let (actors, streams) = Simulation::new(self, seed).run();
        Draft {
            name: name.to_owned(),
            generator: "mapbench cluster 1".to_owned(),
            seed,
            parameters: serde_json::json!({ "cluster": self }),
            shape: self.shape(),
            unit: Some(Unit { name: "pods".to_owned(), count: u64::from(self.pods) }),
            maps: self.maps.iter().map(|&map| self.spec(map)).collect(),
            actors,
            streams,
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
