//! What happens to nodes and to the cluster as a whole: heartbeats, outages, ghosts, sweeps and
//! relists.

use super::ModelMap;
use super::arrivals::exponential;
use super::journal::{Actor, Link};
use super::node_ops::{Listed, NodeEntry};
use super::ops::Cluster;
use super::simulation::{Due, Simulation, Stage};

/// How often expired pods are looked for.
const SWEEP_S: f64 = 1.0;

impl Simulation<'_> {
    pub(super) fn expect_upkeep(&mut self) {
        if self.model.sweeps {
            self.in_s(SWEEP_S, Due::Sweep);
        }
        if self.model.heartbeat_s > 0.0 {
            self.in_s(self.model.heartbeat_s / f64::from(self.model.nodes), Due::Heartbeat(0));
        }
        if self.model.relist_s > 0.0 {
            self.in_s(self.model.relist_s, Due::Relist);
        }
        self.expect_outage();
        for drain in 0..self.model.drains.len() {
            self.expect_drain(drain);
        }
    }

    fn expect_outage(&mut self) {
        if let Some(outages) = self.model.outages {
            let after_s = exponential(&mut self.failures) * outages.every_s;
            self.in_s(after_s, Due::Outage);
        }
    }

    /// 13: the scheduler looks for assumed pods that were never bound, and counts.
    pub(super) fn sweep(&mut self) {
        self.record_after(Actor::Scheduler, Link::NONE, Cluster::sweep);
        let assumed = (0..self.pods.len() as u32)
            .filter(|&key| self.pods[key as usize].stage == Stage::Assumed);
        for key in assumed.collect::<Vec<_>>() {
            // An event of the pod: what it finds is decided by the pod's other events.
            self.record_ops(Actor::Scheduler, key, |cluster, words| cluster.look_up(key, words));
        }
        if self.expects_pods() {
            self.in_s(SWEEP_S, Due::Sweep);
        }
    }

    /// 14.
    pub(super) fn heartbeat(&mut self, node: u32) {
        if self.nodes[node as usize].alive {
            self.update_node(node);
        }
        if self.expects_pods() {
            let next = (node + 1) % self.model.nodes;
            self.in_s(self.model.heartbeat_s / f64::from(self.model.nodes), Due::Heartbeat(next));
        }
    }

    pub(super) fn update_node(&mut self, node: u32) {
        let images = self.model.images;
        self.record_after(Actor::Informer, Link::NONE, |cluster, words| {
            cluster.update_node(node, images, words);
        });
        self.refresh(node);
    }

    /// A pod changed its node.
    pub(super) fn node_changed(&mut self, key: u32) {
        self.refresh(self.pods[key as usize].node);
    }

    /// The next snapshot refreshes a node, if the scheduler knows it.
    fn refresh(&mut self, node: u32) {
        let known = self.nodes[node as usize].usable;
        if known && self.model.snapshot_nodes > 0 && !self.changed_nodes.contains(&node) {
            if self.changed_nodes.len() >= self.model.snapshot_nodes as usize {
                self.changed_nodes.pop_front();
            }
            self.changed_nodes.push_back(node);
        }
    }

    pub(super) fn begin_outage(&mut self) {
        let Some(outages) = self.model.outages else { return };
        if !self.expects_pods() {
            return;
        }
        let node = self.choices.below(self.model.nodes);
        if self.may_spare_a_node() && self.nodes[node as usize].usable {
            self.remove_node(node);
            self.in_s(outages.for_s, Due::NodeBack(node));
        }
        self.expect_outage();
    }

    /// Whether half of the nodes are there.
    fn may_spare_a_node(&self) -> bool {
        let usable = self.nodes.iter().filter(|node| node.usable).count();
        usable > 1 && usable * 2 > self.nodes.len()
    }

    /// 15. The node stays in the cache as long as pods are on it.
    pub(super) fn remove_node(&mut self, node: u32) {
        let (entry, images) = (self.entry_of(node), self.model.images);
        self.node_set_changed = self.record_after(Actor::Informer, Link::NONE, |cluster, words| {
            cluster.remove_node(node, entry, images, words);
        });
        let state = &mut self.nodes[node as usize];
        (state.alive, state.usable) = (false, false);
        self.went.push(node);
    }

    pub(super) fn return_node(&mut self, node: u32) {
        let (entry, images) = (self.entry_of(node), self.model.images);
        self.node_set_changed = self.record_after(Actor::Informer, Link::NONE, |cluster, words| {
            cluster.return_node(node, entry, images, words);
        });
        self.nodes[node as usize].alive = true;
        // A snapshot that did not miss it takes it anew all the same.
        self.went.retain(|&went| went != node);
        self.came.push(node);
    }

    /// What becomes of a node's entry in the cache when the node goes or comes. If it goes or comes,
    /// too, that is after everything that changes it.
    fn entry_of(&mut self, node: u32) -> NodeEntry {
        if self.nodes[node as usize].pods.is_empty() {
            self.await_forgotten(node);
            NodeEntry::Follows
        } else {
            NodeEntry::Stays
        }
    }

    /// A pod is no longer on its node. Whether the node's entry has to go with it: the node was
    /// removed, and this was its last pod.
    pub(super) fn leave_node(&mut self, key: u32) -> bool {
        let node = &mut self.nodes[self.pods[key as usize].node as usize];
        if let Some(position) = node.pods.iter().position(|&pod| pod == key) {
            node.pods.swap_remove(position);
        }
        node.pods.is_empty() && !node.alive
    }

    /// The informer waits for the failed bindings on a node, whose entry it will put or remove.
    pub(super) fn await_forgotten(&mut self, node: u32) {
        for awaited in std::mem::take(&mut self.nodes[node as usize].forgotten) {
            if self.cluster.has(ModelMap::Nodes) {
                self.record_after(Actor::Informer, awaited, |cluster, words| {
                    cluster.wait_at(ModelMap::Nodes, words);
                });
            }
        }
    }

    /// The last pod of a removed node was forgotten a moment ago.
    pub(super) fn end_ghost(&mut self, node: u32) {
        let state = &self.nodes[node as usize];
        if state.pods.is_empty() && !state.alive {
            self.await_forgotten(node);
            self.record_after(Actor::Informer, Link::NONE, |cluster, words| {
                cluster.end_ghost(node, words);
            });
        }
    }

    pub(super) fn relist_is_due(&mut self) {
        self.relist_waits = true;
        self.relist_if_quiet();
    }

    /// 16, when no pod is in flight: what is in flight looks at the store that is replaced.
    pub(super) fn relist_if_quiet(&mut self) {
        if !self.relist_waits || self.scheduling || self.in_flight > 0 {
            return;
        }
        self.relist_waits = false;
        if self.cluster.has(ModelMap::Store) {
            self.await_all_in_flight();
        }
        let pods: Vec<(u32, u32)> = (0..)
            .zip(&self.pods)
            .filter(|(_, pod)| pod.stage != Stage::Gone)
            .map(|(key, pod)| (key, pod.namespace))
            .collect();
        let counts = std::mem::take(&mut self.pods_in_namespace);
        let listed = Listed {
            pods: &pods,
            pods_in_namespace: &counts,
            preloaded_pods: self.model.initial_pods,
            preloaded_namespaces: self.preloaded_namespaces,
        };
        let relisted = self.record_after(Actor::Informer, Link::NONE, |cluster, words| {
            cluster.relist(&listed, words);
        });
        self.pods_in_namespace = counts;
        if self.cluster.has(ModelMap::Store) {
            self.record_after(Actor::Scheduler, relisted, |cluster, words| {
                cluster.wait_at(ModelMap::Store, words);
            });
        }
        if self.expects_pods() {
            self.in_s(self.model.relist_s, Due::Relist);
        }
        self.start_cycle();
    }

    /// The informer waits for what looked at the store: the scheduler's last event, and failed
    /// bindings of which the scheduler does not know yet.
    fn await_all_in_flight(&mut self) {
        let failed = self.pods.iter().filter(|pod| pod.stage == Stage::Backoff);
        let mut awaited: Vec<Link> =
            failed.map(|pod| pod.chain).filter(|chain| chain.is_of(Actor::Binder)).collect();
        awaited.push(self.journal.last_of(Actor::Scheduler));
        for link in awaited.into_iter().filter(|&link| link != Link::NONE) {
            self.record_after(Actor::Informer, link, |cluster, words| {
                cluster.wait_at(ModelMap::Store, words);
            });
        }
    }
}
