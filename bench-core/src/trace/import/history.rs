//! What a recording says of pods, in the words that all recordings of a cluster share: it is kept
//! small, brought into order of time, and handed to `lives`, which turns it into ops. Names are kept
//! as hashes only.

use std::collections::BTreeMap;

use serde::Serialize;

use super::interner::{Interner, hash_of};
use super::lives::{Lives, Start};
use super::pace::Speed;
use super::report::ImportReport;
use super::{ImportError, Place};
use crate::trace::Trace;

/// How to import a recording of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HistoryOptions {
    /// The seed that assigns nodes to pods whose node is not in the recording.
    pub seed: u64,
    /// Nodes, if there are more than the recording names.
    pub nodes: Option<u32>,
    /// How fast recorded time passes.
    pub speed: Speed,
}

impl Default for HistoryOptions {
    fn default() -> Self {
        HistoryOptions { seed: 1, nodes: None, speed: Speed::AsFastAsPossible }
    }
}

/// What happened, in the order in which what has the same time happens where times are coarse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// A pod was created.
    Added,
    /// The scheduler said that it found no node for it, or changed it otherwise.
    QueuedStatus,
    /// It was bound to a node.
    Bound,
    /// It or its status was changed.
    Status,
    /// It was read.
    Read,
    /// The pods of a namespace were listed.
    List,
    /// The pods of all namespaces were listed.
    ListAll,
    /// Its deletion was asked for; `last` if nothing is left to wait for.
    Delete {
        /// Whether it is gone with this.
        last: bool,
    },
    /// The deletion of all pods of a namespace was asked for.
    DeleteAll,
}

/// Something that happened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) at_ns: i64,
    /// The pod; of what happens to a namespace, the namespace.
    pub(super) subject: u32,
    /// The node, or [`NO_NODE`].
    pub(super) node: u32,
    pub(super) what: What,
}

pub(super) const NO_NODE: u32 = u32::MAX;

/// Most entries: at eight ops each they fill a trace.
const MAX_ENTRIES: usize = 1 << 25;

/// A recording as it is read.
pub(super) struct History<'a> {
    pub(super) format: &'static str,
    pub(super) label: &'a str,
    pub(super) options: HistoryOptions,
    pub(super) pods: Interner,
    /// By pod.
    pub(super) namespace_of: Vec<u32>,
    pub(super) namespaces: Interner,
    pub(super) nodes: Interner,
    pub(super) entries: Vec<Entry>,
    /// Whether several things that follow each other have the same time.
    pub(super) coarse: bool,
    pub(super) rows: u64,
    pub(super) skipped: BTreeMap<String, u64>,
    pub(super) approximations: BTreeMap<String, u64>,
    pub(super) notes: Vec<String>,
}

impl<'a> History<'a> {
    pub(super) fn new(
        format: &'static str,
        label: &'a str,
        options: HistoryOptions,
    ) -> Result<Self, ImportError> {
        options.speed.check()?;
        Ok(History {
            format,
            label,
            options,
            pods: Interner::default(),
            namespace_of: Vec::new(),
            namespaces: Interner::default(),
            nodes: Interner::default(),
            entries: Vec::new(),
            coarse: false,
            rows: 0,
            skipped: BTreeMap::new(),
            approximations: BTreeMap::new(),
            notes: Vec::new(),
        })
    }

    pub(super) fn skip(&mut self, reason: &str) {
        self.skip_many(reason, 1);
    }

    pub(super) fn skip_many(&mut self, reason: &str, rows: u64) {
        *self.skipped.entry(reason.to_owned()).or_default() += rows;
    }

    pub(super) fn approximate(&mut self, what: &str) {
        *self.approximations.entry(what.to_owned()).or_default() += 1;
    }

    pub(super) fn too_many(&self, at: Place, what: &'static str) -> ImportError {
        ImportError::TooMany { label: self.label.to_owned(), at, what }
    }

    /// The pod of a name.
    pub(super) fn pod(
        &mut self,
        namespace: &str,
        name: &str,
        at: Place,
    ) -> Result<u32, ImportError> {
        let hashes = PodHashes::of(namespace, name);
        self.pod_of(hashes, at)
    }

    fn pod_of(&mut self, hashes: PodHashes, at: Place) -> Result<u32, ImportError> {
        let number = self.pods.number(hashes.pod);
        let (pod, is_new) = number.ok_or_else(|| self.too_many(at, "16,777,216 pods"))?;
        if is_new {
            let namespace = self.namespaces.number(hashes.namespace);
            let namespace = namespace.ok_or_else(|| self.too_many(at, "16,777,216 namespaces"))?.0;
            self.namespace_of.push(namespace);
        }
        Ok(pod)
    }

    /// The namespace of a name.
    pub(super) fn namespace(&mut self, name: &str, at: Place) -> Result<u32, ImportError> {
        let number = self.namespaces.number(hash_of(name.as_bytes()));
        Ok(number.ok_or_else(|| self.too_many(at, "16,777,216 namespaces"))?.0)
    }

    /// The node of a name.
    pub(super) fn node(&mut self, name: &str, at: Place) -> Result<u32, ImportError> {
        self.node_of(hash_of(name.as_bytes()), at)
    }

    fn node_of(&mut self, hash: u64, at: Place) -> Result<u32, ImportError> {
        Ok(self.nodes.number(hash).ok_or_else(|| self.too_many(at, "16,777,216 nodes"))?.0)
    }

    /// Keeps that something happened.
    pub(super) fn push(
        &mut self,
        at_ns: i64,
        what: What,
        subject: u32,
        node: Option<u32>,
        at: Place,
    ) -> Result<(), ImportError> {
        if self.entries.len() == MAX_ENTRIES {
            return Err(self.too_many(at, "33,554,432 events of pods"));
        }
        self.entries.push(Entry { at_ns, subject, node: node.unwrap_or(NO_NODE), what });
        Ok(())
    }

    /// Turns it into a trace.
    pub(super) fn finish(
        mut self,
        initial: Option<&InitialPods>,
    ) -> Result<(Trace, ImportReport), ImportError> {
        if self.entries.is_empty() {
            return Err(ImportError::Nothing {
                label: self.label.to_owned(),
                rows: self.rows,
                skipped: super::reasons(&self.skipped),
            });
        }
        if self.coarse {
            self.entries.sort_by_key(|entry| (entry.at_ns, entry.what));
        } else {
            self.entries.sort_by_key(|entry| entry.at_ns);
        }
        let start = self.start(initial)?;
        Lives::new(self, &start).run()
    }

    /// The given population, by the numbers of pods and nodes.
    fn given(
        &mut self,
        initial: Option<&InitialPods>,
    ) -> Result<Vec<(u32, Option<u32>)>, ImportError> {
        let Some(initial) = initial else { return Ok(Vec::new()) };
        for (reason, pods) in &initial.skipped {
            self.notes.push(format!("left out of the initial pods, {pods}: {reason}"));
        }
        let mut given = Vec::new();
        for (at, pod) in (1..).map(Place::Item).zip(&initial.pods) {
            let number = self.pod_of(pod.hashes, at)?;
            given.push((number, pod.node.map(|hash| self.node_of(hash, at)).transpose()?));
        }
        Ok(given)
    }

    /// Which pods are there at the start: those of the given population, and those of which the
    /// recording speaks before or without their creation.
    fn start(&mut self, initial: Option<&InitialPods>) -> Result<Start, ImportError> {
        let mut start = Start::default();
        let recorded = self.pods.len();
        let given = self.given(initial)?;
        let mut first: Vec<Option<Entry>> = vec![None; self.pods.len() as usize];
        for entry in self.entries.iter().filter(|entry| entry.what.is_of_a_pod()) {
            first[entry.subject as usize].get_or_insert(*entry);
        }
        let mut is_given = vec![false; self.pods.len() as usize];
        for (pod, node) in given {
            if std::mem::replace(&mut is_given[pod as usize], true) {
                continue;
            }
            match (first[pod as usize].map(|entry| entry.what), node) {
                (Some(What::Added), _) => start.created_later += 1,
                // It was bound after the list was made, or the list was made later.
                (Some(What::Bound | What::QueuedStatus), _) | (_, None) => start.queued.push(pod),
                (_, Some(node)) => start.bound.push((pod, node)),
            }
        }
        for pod in (0..recorded).filter(|&pod| !is_given[pod as usize]) {
            let before = |entry: &Entry| {
                !matches!(entry.what, What::Added | What::Bound | What::QueuedStatus)
            };
            if let Some(entry) = first[pod as usize].filter(before) {
                start.bound.push((pod, entry.node));
                start.assumed += 1;
            }
        }
        Ok(start)
    }
}

impl What {
    /// Whether its subject is a pod.
    pub(super) fn is_of_a_pod(self) -> bool {
        !matches!(self, What::List | What::ListAll | What::DeleteAll)
    }
}

/// What is kept of a pod's name and of its namespace's.
#[derive(Debug, Clone, Copy)]
struct PodHashes {
    pod: u64,
    namespace: u64,
}

impl PodHashes {
    fn of(namespace: &str, name: &str) -> Self {
        let namespace = hash_of(namespace.as_bytes());
        // As if the two were one string, without making one.
        let pod = hash_of(name.as_bytes()) ^ namespace.rotate_left(32).wrapping_mul(3);
        PodHashes { pod, namespace }
    }
}

/// The pods that are there before a recording begins.
#[derive(Debug, Default)]
pub struct InitialPods {
    pods: Vec<InitialPod>,
    /// Pods of the list that are not there for the scheduler, by reason.
    pub(super) skipped: BTreeMap<String, u64>,
}

#[derive(Debug)]
struct InitialPod {
    hashes: PodHashes,
    /// `None` if it is not bound.
    node: Option<u64>,
}

impl InitialPods {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.pods.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pods.is_empty()
    }

    pub(super) fn skip(&mut self, reason: &str) {
        *self.skipped.entry(reason.to_owned()).or_default() += 1;
    }

    pub(super) fn add(
        &mut self,
        namespace: &str,
        name: &str,
        node: &str,
        label: &str,
        at: Place,
    ) -> Result<(), ImportError> {
        if self.pods.len() == crate::op::MAX_KEYS as usize {
            let what = "16,777,216 pods";
            return Err(ImportError::TooMany { label: label.to_owned(), at, what });
        }
        let node = (!node.is_empty()).then(|| hash_of(node.as_bytes()));
        self.pods.push(InitialPod { hashes: PodHashes::of(namespace, name), node });
        Ok(())
    }
}
