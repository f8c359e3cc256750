//! Pods that are replaced by others: rolling updates of apps, and nodes that are drained.

use serde::Serialize;

use super::arrivals::{Quantiles, SECOND_NS};
use super::simulation::{Due, Pod, Simulation, Stage};
use crate::workload::random::Random;

/// Rolling updates of one app after the other. In a lap every app is updated twice, so that its
/// pods have their first keys again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rollouts {
    /// Pods of an app.
    pub sizes: Quantiles,
    /// Share of an app's pods that it may have beyond its size.
    pub surge: f64,
}

/// Nodes that are drained one after the other: their pods are deleted and recreated elsewhere, and
/// the node is removed for a while.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Drain {
    /// Nodes.
    pub nodes: u32,
    /// Pods that are evicted per second.
    pub pods_per_s: f64,
}

/// A drained node comes back after so long.
const NODE_BACK_S: f64 = 10.0;

/// Rolling updates as they go on. The keys of the pods at the start are `0..pods`, those of their
/// replacements `pods..2 × pods`.
#[derive(Debug)]
pub(super) struct Rolling {
    /// First keys of the apps, and at the end the number of pods.
    apps: Vec<u32>,
    pods: u32,
    surge: f64,
    /// Number of the update under way, from 0: apps, and again apps.
    update: usize,
    /// Of the app under way: pods that were created, and pods that run.
    created: u32,
    observed: u32,
}

impl Rolling {
    pub(super) fn new(rollouts: &Rollouts, pods: u32, mut random: Random) -> Self {
        let mut apps = vec![0];
        let mut first = 0;
        while first < pods {
            let size = libm::round(rollouts.sizes.draw(&mut random)).max(1.0) as u32;
            first = first.saturating_add(size).min(pods);
            apps.push(first);
        }
        Rolling { apps, pods, surge: rollouts.surge, update: 0, created: 0, observed: 0 }
    }

    fn count(&self) -> usize {
        self.apps.len() - 1
    }

    pub(super) fn is_done(&self) -> bool {
        self.update >= 2 * self.count()
    }

    /// The app of a key.
    pub(super) fn app_of(&self, key: u32) -> u32 {
        let place = key % self.pods.max(1);
        self.apps.partition_point(|&first| first <= place) as u32 - 1
    }

    /// The keys of the pods under way that go and that come, by their place in the app.
    fn keys(&self, place: u32) -> (u32, u32) {
        let app = self.update % self.count();
        let (first, second) = (self.apps[app] + place, self.apps[app] + place + self.pods);
        if self.update < self.count() { (first, second) } else { (second, first) }
    }

    fn size(&self) -> u32 {
        let app = self.update % self.count();
        self.apps[app + 1] - self.apps[app]
    }

    /// The place of the next pod to create, if there is one.
    fn create(&mut self) -> Option<u32> {
        let created = self.created;
        (created < self.size()).then(|| {
            self.created += 1;
            created
        })
    }
}

impl Simulation<'_> {
    /// Creates the surge of the next app, once the keys of its last update are free.
    pub(super) fn start_rollout(&mut self) {
        let Some(rolling) = &mut self.rolling else { return };
        if rolling.is_done() {
            return;
        }
        let gone = |key: u32| self.pods[key as usize].stage == Stage::Gone;
        if !(0..rolling.size()).all(|place| gone(rolling.keys(place).1)) {
            self.in_s(1.0, Due::Rollout);
            return;
        }
        (rolling.created, rolling.observed) = (0, 0);
        let surge = libm::ceil(f64::from(rolling.size()) * rolling.surge).max(1.0) as u32;
        for _ in 0..surge {
            self.create_replacement();
        }
    }

    fn create_replacement(&mut self) {
        let Some(rolling) = &mut self.rolling else { return };
        if let Some(place) = rolling.create() {
            let (_, comes) = rolling.keys(place);
            self.add(comes, Pod::NONE);
        }
    }

    /// A pod runs. If it is a replacement, an old pod goes and the next one is created.
    pub(super) fn continue_rollout(&mut self, key: u32) {
        let Some(rolling) = &mut self.rolling else { return };
        if key >= 2 * rolling.pods {
            return;
        }
        let (goes, _) = rolling.keys(rolling.observed);
        rolling.observed += 1;
        let updated = rolling.observed == rolling.size();
        self.end_life(goes);
        self.create_replacement();
        if updated {
            if let Some(rolling) = &mut self.rolling {
                rolling.update += 1;
            }
            self.start_rollout();
        }
    }

    /// Puts down the first eviction of a drain.
    pub(super) fn expect_drain(&mut self, drain: usize) {
        let before = &self.model.drains[..drain];
        // One drain after the other, with the pods that nodes had at the start.
        let pods_per_node = f64::from(self.model.initial_pods) / f64::from(self.model.nodes);
        let after_s: f64 = before
            .iter()
            .map(|drain| f64::from(drain.nodes) * pods_per_node / drain.pods_per_s)
            .sum();
        let node = before.iter().map(|drain| drain.nodes).sum();
        self.in_s(after_s, Due::Drain { drain, node });
    }

    /// The next pod of a node is evicted, and recreated; after the last one the node goes.
    pub(super) fn drain(&mut self, drain: usize, node: u32) {
        let Drain { nodes, pods_per_s } = self.model.drains[drain];
        if self.nodes[node as usize].usable {
            // Nothing new may be put there.
            self.update_node(node);
            self.nodes[node as usize].usable = false;
        }
        let first: u32 = self.model.drains[..drain].iter().map(|drain| drain.nodes).sum();
        let evicted = self.next_to_evict(node);
        let mut next = node;
        if let Some(key) = evicted {
            self.end_life(key);
            let key = self.new_key();
            self.add(key, Pod::NONE);
        } else {
            self.remove_node(node);
            self.in_s(NODE_BACK_S, Due::NodeBack(node));
            self.drains_left -= 1;
            next += 1;
        }
        if next < first + nodes {
            let pause_ns = if evicted.is_some() { SECOND_NS / pods_per_s } else { 0.0 };
            self.in_ns(pause_ns as u64, Due::Drain { drain, node: next });
        }
    }

    fn next_to_evict(&self, node: u32) -> Option<u32> {
        let runs = |key: &u32| self.pods[*key as usize].stage == Stage::Running;
        self.nodes[node as usize].pods.iter().copied().filter(runs).min()
    }
}
