//! The TOML shape of the workloads that are views of the cluster model. Ranges are checked where the
//! parameters live, not here.

use serde::Deserialize;

use crate::workload::Pods;

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
