//! Which ops a scheduling cycle runs besides those of its pod: 3, snapshot; 4, checking nodes; 5,
//! scoring them; 12, giving up. Grounded in `backend/cache/{cache,snapshot}.go`,
//! `framework/cycle_state.go` and the inter-pod affinity plugin's `filtering.go`.

use super::ModelMap::{
    ActiveQueue, BackoffQueue, CycleState, InFlight, Nodes, Nominated, Nominations, Snapshot,
    Store, Topology, Unschedulable,
};
use super::ops::Cluster;
use crate::op::OpKind::{Get, Has, Insert, NewMap, Overwrite, Remove, Scan, Update};

/// Keys of the cycle state: plugins that keep something in it.
pub(super) const PLUGINS: u32 = 8;
/// Plugins that write what they keep at the start of every cycle: the first ones.
pub(super) const WRITING_PLUGINS: u32 = 3;
/// Workers that check nodes. Each counts topology pairs in a map of its own.
const WORKERS: u32 = 16;

/// Where a pod waits that could not be scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    /// For the cluster to change: M5.
    ForChange,
    /// For its backoff to end: M4.
    ForBackoff,
}

/// A pod's nomination, and whether others are nominated for the same node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nomination {
    pub(super) node: u32,
    pub(super) pod_is_new: bool,
    pub(super) others: bool,
}

impl Cluster {
    /// 3: copies nodes that changed into the snapshot.
    pub(super) fn refresh_snapshot(&self, nodes: impl Iterator<Item = u32>, words: &mut Vec<u32>) {
        for node in nodes {
            self.push(Snapshot, Get, node, words);
            self.push(Snapshot, Overwrite, node, words);
        }
    }

    /// 3, after nodes came or went: looks for those that are gone, takes those that came, and makes
    /// the list of nodes anew.
    pub(super) fn rebuild_snapshot(
        &self,
        nodes: u32,
        came: &[u32],
        went: &[u32],
        words: &mut Vec<u32>,
    ) {
        self.push(Snapshot, Scan, 0, words);
        self.push_range(Nodes, 0, nodes, words);
        for &node in went {
            self.push(Snapshot, Remove, node, words);
        }
        for &node in came {
            self.push(Snapshot, Get, node, words);
            self.push(Snapshot, Insert, node, words);
        }
        self.push_range(Snapshot, 0, nodes, words);
    }

    /// The first part of 4: a new cycle state with what plugins write before any node is checked.
    pub(super) fn begin_cycle_state(&self, words: &mut Vec<u32>) {
        self.push(CycleState, NewMap, 0, words);
        for plugin in 0..WRITING_PLUGINS {
            self.push(CycleState, Insert, plugin, words);
        }
    }

    /// 4a: a new map of topology pairs, merged from those that the workers counted. They read the
    /// nodes from the snapshot's list, which is no map.
    pub(super) fn count_topology(&self, pairs: u32, words: &mut Vec<u32>) {
        self.push(Topology, NewMap, 0, words);
        for worker in 0..WORKERS {
            let kind = if worker == 0 { Insert } else { Update };
            for pair in 0..pairs {
                self.push(Topology, kind, pair, words);
            }
        }
    }

    /// 4: checks nodes, each with a look at who is nominated there and two at the cycle state, and
    /// for a pod with affinity one at the topology pairs.
    pub(super) fn filter(&self, first: u32, checks: u32, affinity: bool, words: &mut Vec<u32>) {
        self.push_range(Nominated, first, checks, words);
        self.push_range(CycleState, 0, 2 * checks, words);
        if affinity {
            self.push_range(Topology, 0, checks, words);
        }
    }

    /// 5: scores the feasible nodes, each with three looks at the cycle state.
    pub(super) fn score(&self, nodes: u32, words: &mut Vec<u32>) {
        self.push_range(CycleState, 0, 3 * nodes, words);
    }

    /// 12: a pod that could not be scheduled has to wait.
    pub(super) fn give_up(
        &self,
        pod: u32,
        waits: Waits,
        nomination: Option<Nomination>,
        words: &mut Vec<u32>,
    ) {
        self.push(Store, Get, pod, words);
        self.push(Unschedulable, Get, pod, words);
        self.push(ActiveQueue, Has, pod, words);
        self.push(BackoffQueue, Has, pod, words);
        match waits {
            Waits::ForChange => self.push(Unschedulable, Insert, pod, words),
            Waits::ForBackoff => self.push(BackoffQueue, Insert, pod, words),
        }
        match nomination {
            // Nothing is there to update.
            None => self.push(Nominations, Update, pod, words),
            Some(nomination) => {
                let kind = if nomination.pod_is_new { Insert } else { Overwrite };
                self.push(Nominations, kind, pod, words);
                let listed = nomination.others || !nomination.pod_is_new;
                let kind = if listed { Overwrite } else { Insert };
                self.push(Nominated, kind, nomination.node, words);
            }
        }
        self.push(InFlight, Remove, pod, words);
    }

    /// What becomes of a nomination when its pod is assumed.
    pub(super) fn end_nomination(&self, pod: u32, nomination: Nomination, words: &mut Vec<u32>) {
        self.push(Nominations, Remove, pod, words);
        let kind = if nomination.others { Overwrite } else { Remove };
        self.push(Nominated, kind, nomination.node, words);
    }
}
