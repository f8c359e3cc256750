//! Scheduling: the cycle of one pod after the other, the bindings, and the pods that could not be
//! scheduled and wait for another attempt.

use super::arrivals::{SECOND_NS, exponential, share};
use super::cycle_ops::{Nomination, Waits};
use super::journal::{Actor, Link};
use super::ops::PodEvent;
use super::simulation::{Due, Kind, MILLISECOND_NS, PodId, Simulation, Stage};

/// Of a scheduling cycle, the parts at the end of which the filter and the scoring begin.
const FILTER_AT: f64 = 0.1;
const SCORE_AT: f64 = 0.7;
/// From the end of a cycle to the end of its binding, at least and on average beyond that.
const BIND_NS: (u64, u64) = (4 * MILLISECOND_NS, 6 * MILLISECOND_NS);
/// From a change at the API server to its observation, likewise.
const OBSERVE_NS: (u64, u64) = (2 * MILLISECOND_NS, 4 * MILLISECOND_NS);
/// The first backoff; each doubles, up to the last.
const FIRST_BACKOFF_S: f64 = 1.0;
const LAST_BACKOFF_S: f64 = 10.0;
/// Mean time until something happens that makes a pod worth another attempt.
const WAKE_S: f64 = 3.0;
/// A pod that nothing woke is tried again after so long.
const LEFTOVER_S: f64 = 300.0;

fn backoff_s(attempts: u32) -> f64 {
    let doubled = f64::from(1_u32 << attempts.saturating_sub(1).min(16));
    (FIRST_BACKOFF_S * doubled).min(LAST_BACKOFF_S)
}

impl Simulation<'_> {
    pub(super) fn enqueue(&mut self, id: PodId) {
        if self.is_at(id, Stage::Queued) {
            self.queue.push_back(id);
            self.start_cycle();
        }
    }

    /// 2 to 4: the next pod is popped, the snapshot is refreshed, and plugins prepare.
    pub(super) fn start_cycle(&mut self) {
        if self.scheduling || self.relist_waits {
            return;
        }
        let Some(id) = self.next_queued() else { return };
        let key = id.key;
        self.rebuild_snapshot();
        self.scheduling = true;
        self.in_flight += 1;
        let affinity = self.model.affinity > 0.0 && share(&mut self.choices) < self.model.affinity;
        let pod = self.pod(key);
        (pod.stage, pod.affinity) = (Stage::Cycle, affinity);
        let (keys, changed, pairs) =
            (self.keys(key), std::mem::take(&mut self.changed_nodes), self.model.topology_pairs);
        self.record_ops(Actor::Scheduler, key, |cluster, words| {
            cluster.emit_for(PodEvent::Popped, &keys, words);
            cluster.refresh_snapshot(changed.iter().copied(), words);
            cluster.begin_cycle_state(words);
            if affinity {
                cluster.count_topology(pairs, words);
            }
        });
        self.changed_nodes = changed;
        self.within_cycle(FILTER_AT, Due::Filter(key));
    }

    fn next_queued(&mut self) -> Option<PodId> {
        loop {
            let id = self.queue.pop_front()?;
            if self.is_at(id, Stage::Queued) {
                return Some(id);
            }
        }
    }

    /// Puts down what is due in a part of a scheduling cycle's time.
    fn within_cycle(&mut self, part: f64, due: Due) {
        self.in_ns((SECOND_NS / self.model.scheduled_per_s * part) as u64, due);
    }

    /// 4: nodes are checked; all of them if the pod fits nowhere.
    pub(super) fn filter(&mut self, key: u32) {
        let pod = &self.pods[key as usize];
        let (fits, affinity) = (pod.failures_left == 0, pod.affinity);
        let checks = if fits { self.model.checks_per_pod() } else { self.model.nodes };
        let first = self.next_node;
        self.record_ops(Actor::Filter, key, |cluster, words| {
            cluster.filter(first, checks, affinity, words);
        });
        // Where the window began is where the pod will run.
        self.pod(key).node = first;
        self.next_node = (first + checks) % self.model.nodes;
        let next = if fits { Due::Score(key) } else { Due::GiveUp(key) };
        self.within_cycle(SCORE_AT - FILTER_AT, next);
    }

    /// 5: feasible nodes are scored.
    pub(super) fn score(&mut self, key: u32) {
        let feasible = super::feasible_nodes_to_find(self.model.nodes);
        self.record_ops(Actor::Filter, key, |cluster, words| cluster.score(feasible, words));
        self.within_cycle(1.0 - SCORE_AT, Due::Assume(key));
    }

    /// 6: the pod is assumed to run on one of the nodes that were checked.
    pub(super) fn assume(&mut self, key: u32) {
        let node = self.choose_node(self.pods[key as usize].node);
        self.pod(key).node = node;
        self.nodes[node as usize].pods.push(key);
        let keys = self.keys(key);
        let nomination = self.take_nomination(key);
        self.record_ops(Actor::Scheduler, key, |cluster, words| {
            cluster.emit_for(PodEvent::Assumed, &keys, words);
            if let Some(nomination) = nomination {
                cluster.end_nomination(key, nomination, words);
            }
        });
        self.node_changed(key);
        self.pod(key).stage = Stage::Assumed;
        self.after(BIND_NS, Due::Bind(self.id(key)));
        self.end_cycle();
    }

    fn end_cycle(&mut self) {
        self.scheduling = false;
        self.relist_if_quiet();
        self.start_cycle();
    }

    /// A usable node from a window, or the first one beyond it.
    fn choose_node(&mut self, first: u32) -> u32 {
        let (nodes, checks) = (self.model.nodes, self.model.checks_per_pod());
        let offset = self.choices.below(checks);
        let candidates = (0..nodes).map(|step| (first + offset + step) % nodes);
        let usable = |&node: &u32| self.nodes[node as usize].usable;
        candidates.into_iter().find(usable).unwrap_or(first)
    }

    /// 7: the binding was sent; or 11 and 12: it failed, and the pod has to wait.
    pub(super) fn bind(&mut self, id: PodId) {
        let key = id.key;
        let failed =
            self.model.bind_failures > 0.0 && share(&mut self.failures) < self.model.bind_failures;
        if failed {
            self.forget(key);
        } else {
            self.record(Actor::Binder, PodEvent::Bound, &self.keys(key));
            self.after(OBSERVE_NS, Due::Observe(id));
        }
        self.land();
    }

    /// A pod is in flight no more.
    fn land(&mut self) {
        self.in_flight -= 1;
        self.relist_if_quiet();
    }

    fn forget(&mut self, key: u32) {
        let node = self.pods[key as usize].node;
        let ghost_ends = self.leave_node(key);
        self.node_changed(key);
        let keys = self.keys(key);
        self.record_ops(Actor::Binder, key, |cluster, words| {
            cluster.emit_for(PodEvent::Forgotten, &keys, words);
            cluster.give_up(key, Waits::ForBackoff, None, words);
        });
        let forgotten = self.pods[key as usize].chain;
        self.nodes[node as usize].forgotten.push(forgotten);
        if ghost_ends {
            self.in_ns(OBSERVE_NS.0, Due::GhostEnd(node));
        }
        self.wait(key, Waits::ForBackoff);
    }

    /// 12: the pod fits nowhere.
    pub(super) fn give_up(&mut self, key: u32) {
        let nomination = self.nominate(key);
        self.record_ops(Actor::Scheduler, key, |cluster, words| {
            cluster.give_up(key, Waits::ForChange, nomination, words);
        });
        self.pod(key).failures_left -= 1;
        self.wait(key, Waits::ForChange);
        self.land();
        self.end_cycle();
    }

    fn nominate(&mut self, key: u32) -> Option<Nomination> {
        let failing = self.model.failing?;
        let pod = &self.pods[key as usize];
        let pod_is_new = pod.nominated.is_none();
        let first_attempt = pod.attempts == 0 && pod.kind == Kind::Failing;
        if pod_is_new && !(first_attempt && share(&mut self.failures) < failing.nominated) {
            return None;
        }
        let node = self.pods[key as usize].nominated.unwrap_or_else(|| {
            let node = self.choices.below(self.model.nodes);
            self.nodes[node as usize].nominated += 1;
            node
        });
        self.pod(key).nominated = Some(node);
        let others = self.nodes[node as usize].nominated > 1;
        Some(Nomination { node, pod_is_new, others })
    }

    fn take_nomination(&mut self, key: u32) -> Option<Nomination> {
        let node = self.pod(key).nominated.take()?;
        let nominated = &mut self.nodes[node as usize].nominated;
        *nominated -= 1;
        Some(Nomination { node, pod_is_new: false, others: *nominated > 0 })
    }

    /// A pod waits for another attempt.
    fn wait(&mut self, key: u32, waits: Waits) {
        let (now_ns, id) = (self.now_ns, self.id(key));
        let pod = self.pod(key);
        pod.attempts += 1;
        pod.failed_at_ns = now_ns;
        let gives_up = pod.kind == Kind::Abandoned && pod.failures_left == 0;
        match waits {
            Waits::ForChange => {
                pod.stage = Stage::Unschedulable;
                let wake_s = exponential(&mut self.failures) * WAKE_S;
                self.in_s(wake_s, Due::Wake(id));
                self.in_s(LEFTOVER_S, Due::Leftover(id));
            }
            Waits::ForBackoff => {
                pod.stage = Stage::Backoff;
                self.expect_backoff_end(key);
            }
        }
        if gives_up {
            let after_s = exponential(&mut self.failures);
            self.in_s(after_s, Due::Abandon(id));
        }
    }

    fn backoff_end_ns(&self, key: u32) -> u64 {
        let pod = &self.pods[key as usize];
        pod.failed_at_ns + (backoff_s(pod.attempts) * SECOND_NS) as u64
    }

    /// The backoff queue is looked through once a second.
    fn expect_backoff_end(&mut self, key: u32) {
        let second_ns = SECOND_NS as u64;
        let at_ns = self.backoff_end_ns(key).div_ceil(second_ns) * second_ns;
        self.agenda.put(at_ns, Due::BackoffEnd(self.id(key)));
    }

    pub(super) fn end_backoff(&mut self, id: PodId) {
        if self.is_at(id, Stage::Backoff) {
            self.requeue(Actor::Scheduler, id, PodEvent::BackoffEnded);
        }
    }

    pub(super) fn flush_leftover(&mut self, id: PodId) {
        let waits = self.is_at(id, Stage::Unschedulable);
        if waits
            && self.now_ns - self.pods[id.key as usize].failed_at_ns
                >= (LEFTOVER_S * SECOND_NS) as u64
        {
            self.requeue(Actor::Scheduler, id, PodEvent::Requeued);
        }
    }

    fn requeue(&mut self, actor: Actor, id: PodId, event: PodEvent) {
        self.record(actor, event, &self.keys(id.key));
        self.pod(id.key).stage = Stage::Queued;
        self.enqueue(id);
    }

    /// The informer saw a change of the cluster: pods that waited for one are moved on, to the
    /// queue if their backoff is over.
    pub(super) fn cluster_changed(&mut self) {
        for id in std::mem::take(&mut self.wakeable) {
            if !self.is_at(id, Stage::Unschedulable) {
                continue;
            }
            if self.backoff_end_ns(id.key) <= self.now_ns {
                self.requeue(Actor::Informer, id, PodEvent::Requeued);
            } else {
                self.record(Actor::Informer, PodEvent::Woken, &self.keys(id.key));
                self.pod(id.key).stage = Stage::Backoff;
                self.expect_backoff_end(id.key);
            }
        }
    }

    /// 3, after nodes came or went.
    pub(super) fn rebuild_snapshot(&mut self) {
        if self.came.is_empty() && self.went.is_empty() {
            return;
        }
        let (came, went) = (std::mem::take(&mut self.came), std::mem::take(&mut self.went));
        let nodes = self.model.nodes;
        let awaited = std::mem::replace(&mut self.node_set_changed, Link::NONE);
        self.record_after(Actor::Scheduler, awaited, |cluster, words| {
            cluster.rebuild_snapshot(nodes, &came, &went, words);
        });
        for node in came {
            self.nodes[node as usize].usable = true;
        }
        for node in went {
            self.changed_nodes.retain(|&changed| changed != node);
        }
    }
}
