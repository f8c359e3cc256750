//! The maps that the Kubernetes scheduler and its informers keep, and how each is keyed.

use serde::{Serialize, Serializer};

use crate::key::KeyRule;
use crate::op::MAX_MAPS;
use crate::trace::MapSpec;

/// A map of the scheduler. Its code is the number in its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ModelMap {
    /// M0: the informer's store.
    Store,
    /// M1: the informer's index, namespace → its pods. Its value counts them; an entry goes with
    /// its last pod.
    Index,
    /// M2: the informer's store of nodes.
    NodeStore,
    /// M3: pods that wait to be scheduled.
    ActiveQueue,
    /// M4: pods that failed and wait for their backoff to end.
    BackoffQueue,
    /// M5: pods that failed and wait for the cluster to change.
    Unschedulable,
    /// M6: pods that are being scheduled.
    InFlight,
    /// M7: node → pods that preempted others there.
    Nominated,
    /// M8: pod → the node that it is nominated for.
    Nominations,
    /// M9: what the cache knows of assigned pods.
    PodStates,
    /// M10: pods that are assumed to be bound.
    Assumed,
    /// M11: nodes with what runs on them.
    Nodes,
    /// M12: images and the nodes that have them.
    Images,
    /// M13: nodes as the current cycle sees them.
    Snapshot,
    /// M14: what plugins remember within a cycle.
    CycleState,
    /// M15: topology pairs and the matching pods in them, for affinity.
    Topology,
}

/// What the keys of a map stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyOf {
    Pod,
    Namespace,
    Node,
    Image,
    Plugin,
    TopologyPair,
}

impl ModelMap {
    /// Every map, by its number.
    pub const ALL: [ModelMap; MAX_MAPS] = [
        ModelMap::Store,
        ModelMap::Index,
        ModelMap::NodeStore,
        ModelMap::ActiveQueue,
        ModelMap::BackoffQueue,
        ModelMap::Unschedulable,
        ModelMap::InFlight,
        ModelMap::Nominated,
        ModelMap::Nominations,
        ModelMap::PodStates,
        ModelMap::Assumed,
        ModelMap::Nodes,
        ModelMap::Images,
        ModelMap::Snapshot,
        ModelMap::CycleState,
        ModelMap::Topology,
    ];

    /// The map of an id, `M0` to `M15`.
    pub fn from_id(id: &str) -> Option<ModelMap> {
        ModelMap::ALL.into_iter().find(|map| map.id() == id)
    }

    /// The id in map tables, `M0` to `M15`.
    pub const fn id(self) -> &'static str {
        self.row().0
    }

    /// Id, name, what its keys stand for and how they are spelled. Namespaces, images, plugins and
    /// topology pairs are spelled like node names: all that is asked of them is a string key.
    const fn row(self) -> (&'static str, &'static str, KeyOf, KeyRule) {
        use KeyOf::{Image, Namespace, Node, Plugin, Pod, TopologyPair};
        match self {
            ModelMap::Store => ("M0", "informer store", Pod, KeyRule::NsName),
            ModelMap::Index => ("M1", "informer index", Namespace, KeyRule::NodeName),
            ModelMap::NodeStore => ("M2", "node store", Node, KeyRule::NodeName),
            ModelMap::ActiveQueue => ("M3", "active queue", Pod, KeyRule::NsName),
            ModelMap::BackoffQueue => ("M4", "backoff queue", Pod, KeyRule::NsName),
            ModelMap::Unschedulable => ("M5", "unschedulable pods", Pod, KeyRule::NsName),
            ModelMap::InFlight => ("M6", "in-flight pods", Pod, KeyRule::Uid),
            ModelMap::Nominated => ("M7", "nominated pods", Node, KeyRule::NodeName),
            ModelMap::Nominations => ("M8", "nominations", Pod, KeyRule::Uid),
            ModelMap::PodStates => ("M9", "pod states", Pod, KeyRule::Uid),
            ModelMap::Assumed => ("M10", "assumed pods", Pod, KeyRule::Uid),
            ModelMap::Nodes => ("M11", "nodes", Node, KeyRule::NodeName),
            ModelMap::Images => ("M12", "image states", Image, KeyRule::NodeName),
            ModelMap::Snapshot => ("M13", "snapshot", Node, KeyRule::NodeName),
            ModelMap::CycleState => ("M14", "cycle state", Plugin, KeyRule::NodeName),
            ModelMap::Topology => ("M15", "topology pairs", TopologyPair, KeyRule::NodeName),
        }
    }

    pub(super) const fn key_of(self) -> KeyOf {
        self.row().2
    }

    /// The map's row in a map table.
    pub(crate) fn spec(self, keys: u32, preload: u32) -> MapSpec {
        let (id, name, _, key_rule) = self.row();
        let (id, name) = (id.to_owned(), name.to_owned());
        MapSpec { id, name, key_rule, keys, preload, peak: 0 }
    }
}

impl Serialize for ModelMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
