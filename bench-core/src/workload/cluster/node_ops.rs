//! Which ops events of nodes and of the whole cluster run: 13, sweep; 14, node update; 15, node
//! removed, and its return; 16, relist. Grounded in `backend/cache/cache.go`, `eventhandlers.go`
//! and client-go's `thread_safe_store.go`.

use super::ModelMap::{self, Assumed, Images, Index, NodeStore, Nodes, PodStates, Store};
use super::ops::Cluster;
use crate::op::OpKind::{self, Get, Insert, Len, Overwrite, Remove, ReplaceAll, Scan, Update};

/// Images in the cluster per image on a node.
const IMAGE_VARIETY: u32 = 10;

/// Key space of the images.
pub(super) const fn image_keys(images: u32) -> u32 {
    if images == 0 { 1 } else { images * IMAGE_VARIETY }
}

/// What becomes of a node's entry in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeEntry {
    /// It is there before and after: a ghost keeps it, and one that returns has it.
    Stays,
    /// It comes or goes with the node.
    Follows,
}

/// What a relist finds.
#[derive(Debug)]
pub(super) struct Listed<'a> {
    /// Pods and their namespaces, ascending.
    pub(super) pods: &'a [(u32, u32)],
    pub(super) pods_in_namespace: &'a [u32],
    pub(super) preloaded_pods: u32,
    pub(super) preloaded_namespaces: u32,
}

impl Cluster {
    /// 13, but for the look-ups of assumed pods: looks for those that were never bound, and counts.
    pub(super) fn sweep(&self, words: &mut Vec<u32>) {
        self.push(Assumed, Scan, 0, words);
        for map in [PodStates, Assumed, Nodes] {
            self.push(map, Len, 0, words);
        }
    }

    /// 13: looks an assumed pod up.
    pub(super) fn look_up(&self, pod: u32, words: &mut Vec<u32>) {
        self.push(PodStates, Get, pod, words);
    }

    /// 14: a node's heartbeat or another change to it.
    pub(super) fn update_node(&self, node: u32, images: u32, words: &mut Vec<u32>) {
        self.push(NodeStore, Get, node, words);
        self.push(NodeStore, Overwrite, node, words);
        self.push(Nodes, Get, node, words);
        self.push(Nodes, Get, node, words);
        self.push(Nodes, Update, node, words);
        for image in images_of(node, images) {
            self.push(Images, Get, image, words);
            self.push(Images, Update, image, words);
            self.push(Images, Update, image, words);
        }
    }

    /// 15: a node is removed.
    pub(super) fn remove_node(
        &self,
        node: u32,
        entry: NodeEntry,
        images: u32,
        words: &mut Vec<u32>,
    ) {
        let kind = if entry == NodeEntry::Stays { Update } else { Remove };
        self.change_node(node, [Remove, kind], images, words);
    }

    /// 15 undone: a node comes back.
    pub(super) fn return_node(
        &self,
        node: u32,
        entry: NodeEntry,
        images: u32,
        words: &mut Vec<u32>,
    ) {
        let kind = if entry == NodeEntry::Stays { Update } else { Insert };
        self.change_node(node, [Insert, kind], images, words);
    }

    fn change_node(
        &self,
        node: u32,
        [stored, cached]: [OpKind; 2],
        images: u32,
        words: &mut Vec<u32>,
    ) {
        self.push(NodeStore, Get, node, words);
        self.push(NodeStore, stored, node, words);
        self.push(Nodes, Get, node, words);
        self.push(Nodes, cached, node, words);
        for image in images_of(node, images) {
            self.push(Images, Get, image, words);
            self.push(Images, Update, image, words);
        }
    }

    /// 10, 15: the last pod of a removed node has gone, and the node's entry with it.
    pub(super) fn end_ghost(&self, node: u32, words: &mut Vec<u32>) {
        self.push(Nodes, Remove, node, words);
    }

    /// 16: the store's contents are replaced by the pods that there are, and the index is made anew.
    /// A replacement by itself leaves the preloaded keys behind; ops beside it put right what has
    /// changed since.
    pub(super) fn relist(&self, listed: &Listed<'_>, words: &mut Vec<u32>) {
        self.push(Store, ReplaceAll, 0, words);
        self.correct(Store, listed.preloaded_pods, listed.pods.iter().map(|pod| pod.0), words);
        self.push(Index, ReplaceAll, 0, words);
        let used = listed.pods_in_namespace.iter().enumerate().filter(|(_, pods)| **pods > 0);
        let used = used.map(|(namespace, _)| namespace as u32);
        self.correct(Index, listed.preloaded_namespaces, used, words);
        for &(_, namespace) in listed.pods {
            self.push(Index, Update, namespace, words);
        }
    }

    /// Turns the keys `0..preloaded` into `wanted`, which ascend.
    fn correct(
        &self,
        map: ModelMap,
        preloaded: u32,
        wanted: impl Iterator<Item = u32>,
        words: &mut Vec<u32>,
    ) {
        let mut next = 0;
        for key in wanted {
            for gone in next..key.min(preloaded) {
                self.push(map, Remove, gone, words);
            }
            next = key + 1;
            if key >= preloaded {
                self.push(map, Insert, key, words);
            }
        }
        for gone in next..preloaded {
            self.push(map, Remove, gone, words);
        }
    }

    /// An op that changes nothing and names no key, for an event whose only purpose is to wait.
    pub(super) fn wait_at(&self, map: ModelMap, words: &mut Vec<u32>) {
        self.push(map, Len, 0, words);
    }
}

/// The images on a node: a run of them, going on with the first after the last.
fn images_of(node: u32, images: u32) -> impl Iterator<Item = u32> {
    let first = (u64::from(node) * u64::from(images)) as u32;
    (0..images).map(move |image| first.wrapping_add(image) % image_keys(images))
}
