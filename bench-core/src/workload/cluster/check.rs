//! Which parameters of the cluster model are refused, and what to use instead.

use super::{ClusterModel, Lifetimes, ModelMap};
use crate::op::MAX_KEYS;
use crate::workload::{MAX_OPS, WorkloadError, check_keys};

type Checked = Result<(), WorkloadError>;

fn wrong(key: &str, what: impl Into<String>) -> Checked {
    Err(WorkloadError::parameter(key, what))
}

fn check_share(key: &str, share: f64) -> Checked {
    if (0.0..=1.0).contains(&share) {
        return Ok(());
    }
    wrong(key, format!("is {share}; use a share from 0 to 1"))
}

/// Rates and times.
fn check_amount(key: &str, amount: f64) -> Checked {
    if (1e-3..=1e6).contains(&amount) {
        return Ok(());
    }
    wrong(key, format!("is {amount}; use 0.001 to 1,000,000"))
}

impl ClusterModel {
    pub(in crate::workload) fn check(&self) -> Checked {
        check_keys("nodes", self.nodes)?;
        check_keys("namespaces", self.namespaces)?;
        if self.status_updates > 1_000 {
            return wrong("status_updates", "is over 1,000; use less");
        }
        if self.snapshot_nodes > self.nodes {
            let what = format!("is {}, more than the nodes there are", self.snapshot_nodes);
            return wrong("snapshot_nodes", what);
        }
        if self.feasible <= 0.0 {
            return wrong("feasible", "is 0; use a share above it");
        }
        check_share("feasible", self.feasible)?;
        check_amount("scheduled_per_s", self.scheduled_per_s)?;
        check_share("bind_failures", self.bind_failures)?;
        if self.bind_failures > 0.9 {
            return wrong("bind_failures", "is over 0.9; use less, or pods are tried for ever");
        }
        self.check_maps()?;
        self.check_pods()?;
        self.check_failing()?;
        self.check_upkeep()?;
        self.check_size()
    }

    fn check_maps(&self) -> Checked {
        use ModelMap::{
            ActiveQueue, Assumed, BackoffQueue, CycleState, Index, Nodes, Nominations, PodStates,
            Store, Topology, Unschedulable,
        };
        let has = |maps: &[ModelMap]| maps.iter().any(|map| self.maps.contains(map));
        // A cycle must not begin before the last one ended; that is what assuming waits for.
        let queues = [Store, Index, ActiveQueue, BackoffQueue, Unschedulable];
        let ends = [Nominations, PodStates, Assumed, Nodes];
        if has(&[CycleState, Topology]) && has(&queues) && !has(&ends) {
            let what = "has M14 or M15 and pods, but no map that tells when a cycle ends; \
                        add one of M8 to M11";
            return wrong("maps", what);
        }
        check_share("affinity", self.affinity)?;
        if self.affinity > 0.0 && !has(&[Topology]) {
            return wrong("affinity", "needs M15; add it to the maps");
        }
        if self.topology_pairs == 0 || self.topology_pairs > 10_000 {
            return wrong("topology_pairs", "is out of range; use 1 to 10,000");
        }
        Ok(())
    }

    fn check_pods(&self) -> Checked {
        self.arrivals.check()?;
        let replaced = self.rollouts.is_some() || !self.drains.is_empty();
        match &self.lifetimes {
            Lifetimes::Seconds(lifetimes) => lifetimes.check("lifetimes")?,
            Lifetimes::Oldest if self.pods > 0 && self.pods / 2 < self.initial_pods => {
                let what = format!("is {}; use at least twice the initial pods", self.pods);
                return wrong("pods", what);
            }
            Lifetimes::Oldest => {}
        }
        if replaced && (self.pods > 0 || self.lifetimes != Lifetimes::Oldest) {
            return wrong("pods", "arrive beside rollouts or drains; leave out one of them");
        }
        if self.rollouts.is_some() && !self.drains.is_empty() {
            return wrong("rollouts", "meet drains; leave out one of them");
        }
        if let Some(rollouts) = &self.rollouts {
            rollouts.sizes.check("rollouts")?;
            check_share("rollouts", rollouts.surge)?;
        }
        if let Some(spike) = self.spike {
            check_amount("spike", spike.at_s)?;
            if self.lifetimes == Lifetimes::Oldest {
                return wrong("spike", "needs lifetimes in seconds, or its pods never go");
            }
        }
        if self.pods == 0 && !replaced && self.spike.is_none() {
            return wrong("pods", "is 0; use at least 1");
        }
        Ok(())
    }

    fn check_failing(&self) -> Checked {
        let Some(failing) = self.failing else { return Ok(()) };
        check_amount("failing", failing.per_s)?;
        check_share("failing", failing.nominated)?;
        check_share("failing", failing.abandoned)?;
        if failing.attempts == 0 || failing.attempts > 100 {
            return wrong("failing", "has attempts out of range; use 1 to 100");
        }
        if failing.per_s > self.scheduled_per_s / 10.0 {
            return wrong("failing", "is over a tenth of what the scheduler can do; use less");
        }
        Ok(())
    }

    fn check_upkeep(&self) -> Checked {
        if self.images > 10_000 {
            return wrong("images", "is over 10,000; use less");
        }
        for (key, seconds) in [("heartbeat_s", self.heartbeat_s), ("relist_s", self.relist_s)] {
            if seconds != 0.0 {
                check_amount(key, seconds)?;
            }
        }
        if let Some(outages) = self.outages {
            check_amount("outages", outages.every_s)?;
            check_amount("outages", outages.for_s)?;
        }
        for drain in &self.drains {
            check_amount("drains", drain.pods_per_s)?;
        }
        let drained: u64 = self.drains.iter().map(|drain| u64::from(drain.nodes)).sum();
        if drained > u64::from(self.nodes / 2) {
            return wrong("drains", format!("are {drained} nodes; use at most half of all"));
        }
        Ok(())
    }

    /// Refuses what would not fit in a trace, by estimates from above.
    fn check_size(&self) -> Checked {
        let pods = self.most_pods();
        if pods + u64::from(self.initial_pods) > u64::from(MAX_KEYS) {
            return wrong("pods", format!("makes {pods} pods; use at most 16,777,216 in all"));
        }
        let seconds = self.most_seconds();
        let per_node_event = 5.0 + 3.0 * f64::from(self.images);
        let heartbeats = if self.heartbeat_s > 0.0 {
            seconds / self.heartbeat_s * f64::from(self.nodes) * per_node_event
        } else {
            0.0
        };
        let relists = if self.relist_s > 0.0 {
            seconds / self.relist_s * 3.0 * f64::from(self.first_pod_keys())
        } else {
            0.0
        };
        let outages =
            self.outages.map_or(0.0, |outages| 2.0 * seconds / outages.every_s * per_node_event);
        let words = pods as f64 * self.most_words_per_pod() + heartbeats + relists + outages;
        if words > MAX_OPS as f64 {
            return wrong("pods", format!("makes about {words:.0} ops; use less of everything"));
        }
        Ok(())
    }

    /// Pods that arrive, in whatever way.
    fn most_pods(&self) -> u64 {
        let rolled = if self.rollouts.is_some() { 2 * u64::from(self.initial_pods) } else { 0 };
        let drained: u64 = self.drains.iter().map(|drain| u64::from(drain.nodes)).sum();
        let drained = drained * (u64::from(self.initial_pods / self.nodes) + 1) * 2;
        let spike = self.spike.map_or(0, |spike| u64::from(spike.pods));
        let failing = self.failing.map_or(0.0, |failing| failing.per_s * self.most_seconds());
        u64::from(self.pods) + rolled + drained + spike + failing as u64
    }

    /// How long pods arrive.
    fn most_seconds(&self) -> f64 {
        let drains = self.drains.iter().map(|drain| {
            let pods = f64::from(self.initial_pods) / f64::from(self.nodes) + 1.0;
            f64::from(drain.nodes) * pods / drain.pods_per_s
        });
        let spike_s = self.spike.map_or(0.0, |spike| spike.at_s);
        // An app takes some tenths of a second for each surge of its pods.
        let rolled_s = if self.rollouts.is_some() { f64::from(self.initial_pods) } else { 0.0 };
        2.0 * f64::from(self.pods) / self.arrivals.least_per_s()
            + drains.sum::<f64>()
            + spike_s
            + rolled_s
    }

    fn most_words_per_pod(&self) -> f64 {
        let usual = 100 + 13 * self.status_updates + 2 * self.snapshot_nodes;
        let attempts = self.failing.map_or(0, |failing| failing.attempts);
        let pairs = self.affinity * 17.0 * f64::from(self.topology_pairs);
        f64::from(usual) * (1.0 + f64::from(attempts) / 2.0) / (1.0 - self.bind_failures) + pairs
    }
}
