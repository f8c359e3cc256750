//! What becomes of pods, but for their scheduling: they arrive, run, change and go. All of it is
//! seen by the informer.

use super::arrivals::{Lifetimes, SECOND_NS, exponential, share};
use super::journal::{Actor, Link};
use super::ops::PodEvent;
use super::simulation::{Due, Kind, MILLISECOND_NS, Pod, PodId, Simulation, Stage};
use crate::op::OpKind;

/// From a pod's creation to its place in the queue: a watch event and its handler.
const QUEUED_AFTER_NS: u64 = 12 * MILLISECOND_NS;
/// Status updates come within so long after a pod was observed.
const STATUS_SPAN_NS: u64 = 2_000 * MILLISECOND_NS;
/// From the deletion mark to the deletion, at least and on average beyond that.
const TERMINATION_NS: (u64, u64) = (20 * MILLISECOND_NS, 30 * MILLISECOND_NS);
/// How long pods run that failed at first, where each arrival deletes another.
const LATE_LIFE_NS: u64 = 2_500 * MILLISECOND_NS;

impl Simulation<'_> {
    pub(super) fn expect_arrivals(&mut self) {
        if self.now_ns == 0 {
            self.expect_first_arrivals();
        }
        if self.arrived < self.model.pods {
            let (at_ns, pods) = self.arrivals.next();
            self.agenda.put(at_ns, Due::Arrivals(pods));
        }
    }

    fn expect_first_arrivals(&mut self) {
        if let Some(spike) = self.model.spike {
            self.in_s(spike.at_s, Due::Spike);
        }
        self.expect_failing();
        if let Lifetimes::Seconds(lifetimes) = &self.model.lifetimes {
            // What is left of a life that is met at some moment of it.
            for key in 0..self.model.initial_pods {
                let left_s = lifetimes.draw(&mut self.lifetimes) * share(&mut self.lifetimes);
                self.in_s(left_s, Due::Mark(self.id(key)));
            }
        }
    }

    fn expect_failing(&mut self) {
        if let Some(failing) = self.model.failing {
            let after_s = exponential(&mut self.failures) / failing.per_s;
            self.in_s(after_s, Due::FailingArrival);
        }
    }

    /// Whether pods are still to arrive.
    pub(super) fn expects_pods(&self) -> bool {
        let rolls = self.rolling.as_ref().is_some_and(|rolling| !rolling.is_done());
        self.arrived < self.model.pods || self.spike_left > 0 || self.drains_left > 0 || rolls
    }

    pub(super) fn arrive(&mut self, pods: u32) {
        for _ in 0..pods.min(self.model.pods - self.arrived) {
            let deletes = self.model.lifetimes == Lifetimes::Oldest;
            let key = if deletes {
                (self.model.initial_pods + self.arrived) % self.model.pods
            } else {
                self.new_key()
            };
            self.arrived += 1;
            self.add(key, Pod::NONE);
            if deletes {
                self.end_life(self.oldest);
                self.oldest += 1;
            }
        }
        self.expect_arrivals();
    }

    pub(super) fn spike(&mut self) {
        for _ in 0..std::mem::take(&mut self.spike_left) {
            let key = self.new_key();
            self.add(key, Pod::NONE);
        }
    }

    /// A key that no pod had before.
    pub(super) fn new_key(&mut self) -> u32 {
        self.pods.push(Pod::NONE);
        self.pods.len() as u32 - 1
    }

    /// A pod arrives that fails at first.
    pub(super) fn arrive_failing(&mut self) {
        let Some(failing) = self.model.failing else { return };
        if !self.expects_pods() {
            return;
        }
        let key = self.free_keys.pop().unwrap_or_else(|| self.new_key());
        let abandoned = share(&mut self.failures) < failing.abandoned;
        let kind = if abandoned { Kind::Abandoned } else { Kind::Failing };
        let pod = Pod { kind, failures_left: failing.attempts, ..Pod::NONE };
        self.add(key, pod);
        self.expect_failing();
    }

    /// 1: a pod is created.
    pub(super) fn add(&mut self, key: u32, pod: Pod) {
        let life = self.pods[key as usize].life + 1;
        let namespace = self.namespace_of(key);
        *self.pod(key) = Pod { life, namespace, stage: Stage::Queued, chain: Link::NONE, ..pod };
        let mut keys = self.keys(key);
        let count = &mut self.pods_in_namespace[namespace as usize];
        *count += 1;
        if *count == 1 {
            keys.index = OpKind::Insert;
        }
        self.all_arrived += 1;
        self.record(Actor::Informer, PodEvent::Added, &keys);
        self.in_ns(QUEUED_AFTER_NS, Due::Queued(self.id(key)));
    }

    /// 8: the bound pod is observed.
    pub(super) fn observe(&mut self, id: PodId) {
        let key = id.key;
        self.record(Actor::Informer, PodEvent::Observed, &self.keys(key));
        self.node_changed(key);
        let updates = self.model.status_updates;
        let pod = self.pod(key);
        pod.stage = Stage::Running;
        pod.statuses_left = updates;
        let (doomed, kind) = (pod.doomed, pod.kind);
        for _ in 0..updates {
            let after_ns = share(&mut self.times) * STATUS_SPAN_NS as f64;
            self.in_ns(after_ns as u64, Due::Status(id));
        }
        if doomed {
            self.in_ns(0, Due::Mark(id));
        } else if let Lifetimes::Seconds(lifetimes) = &self.model.lifetimes {
            let lifetime_ns = lifetimes.draw(&mut self.lifetimes) * SECOND_NS;
            self.in_ns(lifetime_ns as u64, Due::Mark(id));
        } else if kind != Kind::Usual {
            self.in_ns(LATE_LIFE_NS, Due::Mark(id));
        }
        self.cluster_changed();
        self.continue_rollout(key);
    }

    /// 9: a status update.
    pub(super) fn update_status(&mut self, id: PodId) {
        if self.is_at(id, Stage::Running) && self.pods[id.key as usize].statuses_left > 0 {
            self.pod(id.key).statuses_left -= 1;
            self.record(Actor::Informer, PodEvent::Status, &self.keys(id.key));
            self.node_changed(id.key);
        }
    }

    /// Somebody wants a pod gone: now if it runs or has not been scheduled, else as soon as it
    /// runs.
    pub(super) fn end_life(&mut self, key: u32) {
        let id = self.id(key);
        let pod = &self.pods[key as usize];
        match pod.stage {
            Stage::Running => self.mark(id),
            Stage::Queued | Stage::Unschedulable | Stage::Backoff if pod.nominated.is_none() => {
                self.delete_waiting(key);
            }
            Stage::Gone | Stage::Terminating => {}
            _ => self.pod(key).doomed = true,
        }
    }

    /// 9: the deletion mark. Status updates that are still to come do so now.
    pub(super) fn mark(&mut self, id: PodId) {
        if !self.is_at(id, Stage::Running) {
            return;
        }
        while self.pods[id.key as usize].statuses_left > 0 {
            self.update_status(id);
        }
        self.record(Actor::Informer, PodEvent::Status, &self.keys(id.key));
        self.node_changed(id.key);
        self.pod(id.key).stage = Stage::Terminating;
        self.after(TERMINATION_NS, Due::Delete(id));
    }

    /// 10: a pod that ran is gone.
    pub(super) fn delete(&mut self, id: PodId) {
        let key = id.key;
        let node = self.pods[key as usize].node;
        let ghost_ends = self.leave_node(key);
        if ghost_ends {
            self.await_forgotten(node);
        }
        self.node_changed(key);
        self.remove(key, PodEvent::Deleted, ghost_ends);
        self.cluster_changed();
    }

    /// 10: a pod that was not scheduled is marked, and gone.
    fn delete_waiting(&mut self, key: u32) {
        self.record(Actor::Informer, PodEvent::QueuedStatus, &self.keys(key));
        let event = match self.pods[key as usize].stage {
            Stage::Queued => PodEvent::QueuedDeleted,
            _ => PodEvent::WaitingDeleted,
        };
        self.remove(key, event, false);
    }

    pub(super) fn abandon(&mut self, id: PodId) {
        let waits = self.is_at(id, Stage::Unschedulable) || self.is_at(id, Stage::Backoff);
        if waits || self.is_at(id, Stage::Queued) {
            self.delete_waiting(id.key);
        }
    }

    fn remove(&mut self, key: u32, event: PodEvent, ghost_ends: bool) {
        let mut keys = self.keys(key);
        let count = &mut self.pods_in_namespace[keys.namespace as usize];
        *count -= 1;
        if *count == 0 {
            keys.index = OpKind::Remove;
        }
        self.record_ops(Actor::Informer, key, |cluster, words| {
            cluster.emit_for(event, &keys, words);
            if ghost_ends {
                cluster.end_ghost(keys.node, words);
            }
        });
        let pod = self.pod(key);
        pod.stage = Stage::Gone;
        if pod.kind != Kind::Usual {
            self.free_keys.push(key);
        }
    }
}
