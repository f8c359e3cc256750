//! The TOML shape of the workloads that are views of the cluster model. Ranges are checked where the
//! parameters live, not here.

use serde::Deserialize;

use crate::workload::{
    Arrivals, ClusterModel, Drain, Failing, Lifetimes, ModelMap, Outages, Pods, Quantiles,
    Rollouts, Spike,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireCluster {
    maps: Option<Vec<String>>,
    nodes: u32,
    initial_pods: Option<u32>,
    #[serde(default)]
    pods_per_node: u32,
    #[serde(default)]
    pods: u32,
    #[serde(default = "default_namespaces")]
    namespaces: u32,
    #[serde(default = "default_status_updates")]
    status_updates: u32,
    snapshot_nodes: Option<u32>,
    #[serde(default = "whole")]
    feasible: f64,
    #[serde(default = "default_scheduled_per_s")]
    scheduled_per_s: f64,
    #[serde(default = "default_arrivals")]
    arrivals: WireArrivals,
    #[serde(default)]
    lifetimes: WireLifetimes,
    spike: Option<WireSpike>,
    failing: Option<WireFailing>,
    #[serde(default)]
    bind_failures: f64,
    #[serde(default)]
    affinity: f64,
    #[serde(default = "default_topology_pairs")]
    topology_pairs: u32,
    #[serde(default = "default_images")]
    images: u32,
    #[serde(default)]
    heartbeat_s: f64,
    #[serde(default)]
    sweeps: bool,
    #[serde(default)]
    relist_s: f64,
    outages: Option<WireOutages>,
    #[serde(default)]
    drains: Vec<WireDrain>,
    rollouts: Option<WireRollouts>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSpike {
    at_s: f64,
    pods: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFailing {
    per_s: f64,
    #[serde(default = "default_attempts")]
    attempts: u32,
    #[serde(default)]
    nominated: f64,
    #[serde(default)]
    abandoned: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireOutages {
    every_s: f64,
    for_s: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireDrain {
    nodes: u32,
    pods_per_s: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRollouts {
    sizes: Vec<(f64, f64)>,
    #[serde(default = "default_surge")]
    surge: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum WireArrivals {
    Steady { per_s: f64 },
    Poisson { per_s: f64 },
    Bursty { calm_per_s: f64, burst_per_s: f64, calm_s: f64, burst_s: f64 },
    Batches { per_s: f64, sizes: Vec<(f64, f64)> },
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum WireLifetimes {
    #[default]
    Oldest,
    Seconds(Vec<(f64, f64)>),
}

impl WireCluster {
    /// The model, or the key of a value that is none and what to use.
    pub(super) fn resolve(self) -> Result<ClusterModel, (&'static str, String)> {
        let status_updates = self.status_updates;
        let per_node = self.nodes.saturating_mul(self.pods_per_node);
        Ok(ClusterModel {
            maps: resolve_maps(self.maps, self.affinity > 0.0)?,
            nodes: self.nodes,
            initial_pods: self.initial_pods.unwrap_or(per_node),
            pods: self.pods,
            namespaces: self.namespaces,
            status_updates,
            snapshot_nodes: self
                .snapshot_nodes
                .unwrap_or(status_updates.saturating_add(2).min(self.nodes)),
            feasible: self.feasible,
            scheduled_per_s: self.scheduled_per_s,
            arrivals: self.arrivals.into(),
            lifetimes: self.lifetimes.into(),
            spike: self.spike.map(|wire| Spike { at_s: wire.at_s, pods: wire.pods }),
            failing: self.failing.map(Failing::from),
            bind_failures: self.bind_failures,
            affinity: self.affinity,
            topology_pairs: self.topology_pairs,
            images: self.images,
            heartbeat_s: self.heartbeat_s,
            sweeps: self.sweeps,
            relist_s: self.relist_s,
            outages: self.outages.map(|wire| Outages { every_s: wire.every_s, for_s: wire.for_s }),
            drains: self.drains.into_iter().map(Drain::from).collect(),
            rollouts: self
                .rollouts
                .map(|wire| Rollouts { sizes: Quantiles(wire.sizes), surge: wire.surge }),
        })
    }
}

/// The maps of some ids, in the order of their numbers. If none is given it is all of them, that for
/// affinity only if there is some.
fn resolve_maps(
    ids: Option<Vec<String>>,
    affinity: bool,
) -> Result<Vec<ModelMap>, (&'static str, String)> {
    let Some(ids) = ids else {
        let used = |map: &ModelMap| affinity || *map != ModelMap::Topology;
        return Ok(ModelMap::ALL.into_iter().filter(used).collect());
    };
    let mut maps = Vec::new();
    for id in ids {
        let map = ModelMap::from_id(&id)
            .ok_or_else(|| ("maps", format!("`{id}` is not a map; use M0 to M15")))?;
        maps.push(map);
    }
    maps.sort_unstable();
    maps.dedup();
    if maps.is_empty() {
        return Err(("maps", "is empty; name some, or leave it out for all".to_owned()));
    }
    Ok(maps)
}

fn default_attempts() -> u32 {
    4
}

fn default_images() -> u32 {
    100
}

fn default_surge() -> f64 {
    0.25
}

fn default_topology_pairs() -> u32 {
    32
}

fn default_namespaces() -> u32 {
    50
}

fn default_scheduled_per_s() -> f64 {
    1_000.0
}

/// What Kubernetes' own `SchedulingBasic` asks for at 5,000 nodes.
fn default_arrivals() -> WireArrivals {
    WireArrivals::Steady { per_s: 810.0 }
}

fn whole() -> f64 {
    1.0
}

impl From<WireArrivals> for Arrivals {
    fn from(wire: WireArrivals) -> Self {
        match wire {
            WireArrivals::Steady { per_s } => Arrivals::Steady { per_s },
            WireArrivals::Poisson { per_s } => Arrivals::Poisson { per_s },
            WireArrivals::Bursty { calm_per_s, burst_per_s, calm_s, burst_s } => {
                Arrivals::Bursty { calm_per_s, burst_per_s, calm_s, burst_s }
            }
            WireArrivals::Batches { per_s, sizes } => {
                Arrivals::Batches { per_s, sizes: Quantiles(sizes) }
            }
        }
    }
}

impl From<WireFailing> for Failing {
    fn from(wire: WireFailing) -> Self {
        Failing {
            per_s: wire.per_s,
            attempts: wire.attempts,
            nominated: wire.nominated,
            abandoned: wire.abandoned,
        }
    }
}

impl From<WireDrain> for Drain {
    fn from(wire: WireDrain) -> Self {
        Drain { nodes: wire.nodes, pods_per_s: wire.pods_per_s }
    }
}

impl From<WireLifetimes> for Lifetimes {
    fn from(wire: WireLifetimes) -> Self {
        match wire {
            WireLifetimes::Oldest => Lifetimes::Oldest,
            WireLifetimes::Seconds(quantiles) => Lifetimes::Seconds(Quantiles(quantiles)),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WirePods {
    nodes: u32,
    initial_pods: u32,
    pods: u32,
    #[serde(default = "default_status_updates")]
    status_updates: u32,
}

fn default_status_updates() -> u32 {
    3
}

impl From<WirePods> for Pods {
    fn from(wire: WirePods) -> Self {
        Pods {
            nodes: wire.nodes,
            initial_pods: wire.initial_pods,
            pods: wire.pods,
            status_updates: wire.status_updates,
        }
    }
}
