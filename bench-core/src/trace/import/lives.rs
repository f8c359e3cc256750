//! From what a recording says of pods to the events of the cluster model: what each pod is at each
//! moment, and what must have happened where the recording does not say so. Every such guess is
//! counted and reported.

use std::collections::VecDeque;

use super::history::{Entry, History, NO_NODE, What};
use super::lifecycle::{CLUSTER, Lifecycle, MAPS};
use super::numbers::Numbers;
use super::report::{ImportReport, PodCounts, Recording};
use super::{ImportError, Place, file_name};
use crate::op::{MAX_KEYS, OpKind, OpWord};
use crate::trace::{Draft, Shape, Trace, Unit};
use crate::workload::MAX_OPS;
use crate::workload::cluster::{ModelMap, PodEvent};
use crate::workload::random::{Purpose, Random};

/// Which pods are there at the start.
#[derive(Debug, Default)]
pub(super) struct Start {
    /// Bound ones, with their node or [`NO_NODE`].
    pub(super) bound: Vec<(u32, u32)>,
    /// Pods that wait for a node.
    pub(super) queued: Vec<u32>,
    /// Of the bound ones, those that were not given but must have been there.
    pub(super) assumed: u64,
    /// Pods that were given and are created in the recording: they are not there at the start.
    pub(super) created_later: u64,
}

/// Nodes where a recording names none: the model's.
const DEFAULT_NODES: u32 = 5_000;
/// A pod is gone so long after its deletion was asked for, if the recording does not say when: the
/// grace period that pods have unless they say otherwise.
const GRACE_NS: i64 = 30_000_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Queued,
    Bound,
    /// Bound, and its deletion was asked for.
    Marked,
}

/// A pod while the recording is gone through.
#[derive(Debug, Clone, Copy)]
struct Pod {
    state: State,
    node: u32,
    /// Its life in the report, if it began in the recording.
    life: Option<u32>,
    /// How often it was created: a guess about an earlier life must not end a later one.
    lives: u32,
    /// Deletions and bindings of it that are still to come.
    deletes_left: u32,
    binds_left: u32,
}

/// The lives of all pods.
pub(super) struct Lives<'a> {
    history: History<'a>,
    numbers: Numbers,
    at_start: u32,
    nodes: u32,
    random: Random,
    pods: Vec<Pod>,
    /// By namespace, pods that may be there; kept only if the recording needs it.
    present_in: Vec<Vec<u32>>,
    /// Pods that will be gone: when, and in which of their lives.
    going: VecDeque<(i64, u32, u32)>,
    lifecycles: Vec<Lifecycle>,
    counts: PodCounts,
    words: Vec<u32>,
    events: Vec<u32>,
    times_ns: Vec<i64>,
}

impl<'a> Lives<'a> {
    pub(super) fn new(mut history: History<'a>, start: &Start) -> Self {
        let nodes = history.nodes.len().max(history.options.nodes.unwrap_or(0)).min(MAX_KEYS);
        let nodes = if nodes == 0 { DEFAULT_NODES } else { nodes };
        let fresh = Pod {
            state: State::Absent,
            node: NO_NODE,
            life: None,
            lives: 0,
            deletes_left: 0,
            binds_left: 0,
        };
        let mut pods = vec![fresh; history.pods.len() as usize];
        for entry in history.entries.iter().filter(|entry| entry.what.is_of_a_pod()) {
            let pod = &mut pods[entry.subject as usize];
            pod.deletes_left += u32::from(matches!(entry.what, What::Delete { .. }));
            pod.binds_left += u32::from(entry.what == What::Bound);
        }
        let deletes_all = history.entries.iter().any(|entry| entry.what == What::DeleteAll);
        let namespaces = if deletes_all { history.namespaces.len() as usize } else { 0 };
        let numbers = Numbers::of(&mut history, &start.bound);
        let mut lives = Lives {
            random: Random::stream(history.options.seed, Purpose::Nodes, 0),
            history,
            numbers,
            at_start: start.bound.len() as u32,
            nodes,
            pods,
            present_in: vec![Vec::new(); namespaces],
            going: VecDeque::new(),
            lifecycles: Vec::new(),
            counts: PodCounts { copies: 1, ..PodCounts::default() },
            words: Vec::new(),
            events: Vec::new(),
            times_ns: Vec::new(),
        };
        lives.begin(start);
        lives
    }

    fn begin(&mut self, start: &Start) {
        let begin_ns = self.history.entries[0].at_ns;
        self.counts.at_start = start.bound.len() as u64;
        for &(pod, node) in &start.bound {
            self.pods[pod as usize].state = State::Bound;
            self.place(pod, node);
            self.remember(pod);
        }
        for &pod in &start.queued {
            self.added(begin_ns, pod);
        }
        let approximations = &mut self.history.approximations;
        let mut note = |what: &str, count| {
            if count > 0 {
                approximations.insert(what.to_owned(), count);
            }
        };
        note("a pod older than the recording: bound and present from its start", start.assumed);
        note("a pod that waits at the start: added then", start.queued.len() as u64);
        note("a given pod that is created in the recording: added then", start.created_later);
    }

    pub(super) fn run(mut self) -> Result<(Trace, ImportReport), ImportError> {
        for index in 0..self.history.entries.len() {
            let entry = self.history.entries[index];
            self.remove_those_gone(entry.at_ns);
            self.step(entry);
            if self.words.len() as u64 > MAX_OPS {
                let at = Place::Item(index as u64 + 1);
                return Err(self.history.too_many(at, "268,435,456 ops"));
            }
        }
        self.finish()
    }

    fn step(&mut self, entry: Entry) {
        let Entry { at_ns, subject, node, what } = entry;
        match what {
            What::Added => {
                if self.state(subject) != State::Absent {
                    self.history.approximate("created again: its end just before is a guess");
                    self.gone(at_ns, subject);
                }
                self.added(at_ns, subject);
            }
            What::Bound => self.bind(at_ns, subject, node),
            What::QueuedStatus | What::Status => self.status(at_ns, subject, node, what),
            What::Read => {
                let word = OpWord::new(OpKind::Get, 0, self.numbers.of[subject as usize]);
                self.emit_word(at_ns, word);
            }
            What::List => {
                let word = OpWord::new(OpKind::ScanPrefix, 0, Numbers::slot(subject));
                self.emit_word(at_ns, word);
            }
            What::ListAll => {
                // Of no one key: spread over the threads that events are dealt to by theirs.
                let key = self.events.len() as u32 % self.numbers.keys;
                self.emit_word(at_ns, OpWord::new(OpKind::Scan, 0, key));
            }
            What::Delete { last } => self.delete(at_ns, subject, node, last),
            What::DeleteAll => self.delete_all(at_ns, subject),
        }
    }

    fn state(&self, pod: u32) -> State {
        self.pods[pod as usize].state
    }

    /// A row that turns out to say nothing.
    fn unused(&mut self, reason: &str) {
        self.history.skip(reason);
    }

    fn bind(&mut self, at_ns: i64, pod: u32, node: u32) {
        self.pods[pod as usize].binds_left -= 1;
        match self.state(pod) {
            State::Bound | State::Marked => return self.unused("a binding of a bound pod"),
            State::Absent => {
                self.history.approximate("bound without its creation: added then");
                self.added(at_ns, pod);
            }
            State::Queued => {}
        }
        if node == NO_NODE {
            self.history.approximate("bound to an unknown node: one drawn by seed");
        }
        self.bound(at_ns, pod, node);
    }

    fn status(&mut self, at_ns: i64, pod: u32, node: u32, what: What) {
        let waits = what == What::QueuedStatus || self.pods[pod as usize].binds_left > 0;
        match self.state(pod) {
            State::Absent if what == What::QueuedStatus && self.pods[pod as usize].lives == 0 => {
                self.history.approximate("waits without its creation: added then");
                self.added(at_ns, pod);
                self.emit(at_ns, PodEvent::QueuedStatus, pod);
            }
            State::Absent => self.unused("a status of a pod that is gone"),
            State::Queued if waits => self.emit(at_ns, PodEvent::QueuedStatus, pod),
            State::Queued => {
                self.bound_by_guess(at_ns, pod, node);
                self.emit(at_ns, PodEvent::Status, pod);
            }
            State::Bound | State::Marked => self.emit(at_ns, PodEvent::Status, pod),
        }
    }

    fn bound_by_guess(&mut self, at_ns: i64, pod: u32, node: u32) {
        self.history.approximate("changed without its binding: bound just before");
        self.bound(at_ns, pod, node);
    }

    fn delete(&mut self, at_ns: i64, pod: u32, node: u32, last: bool) {
        self.pods[pod as usize].deletes_left -= 1;
        let more = self.pods[pod as usize].deletes_left > 0;
        match self.state(pod) {
            State::Absent => return self.unused("a deletion of a pod that is gone"),
            // A node deletes only what was bound to it.
            State::Queued if last && node != NO_NODE => self.bound_by_guess(at_ns, pod, node),
            State::Queued => return self.gone(at_ns, pod),
            State::Marked if last || !more => return self.gone(at_ns, pod),
            State::Marked => return self.unused("a deletion that was asked for already"),
            State::Bound => {}
        }
        self.mark(at_ns, pod);
        if last {
            self.gone(at_ns, pod);
        } else if !more {
            self.will_be_gone(at_ns, pod);
        }
    }

    fn delete_all(&mut self, at_ns: i64, namespace: u32) {
        for pod in std::mem::take(&mut self.present_in[namespace as usize]) {
            match self.state(pod) {
                State::Absent | State::Marked => continue,
                State::Queued => self.gone(at_ns, pod),
                State::Bound => {
                    self.mark(at_ns, pod);
                    if self.pods[pod as usize].deletes_left == 0 {
                        self.will_be_gone(at_ns, pod);
                    }
                }
            }
            let what = "deleted with its namespace's others (deletecollection), whatever selector";
            self.history.approximate(what);
        }
    }

    fn added(&mut self, at_ns: i64, pod: u32) {
        self.emit(at_ns, PodEvent::Added, pod);
        self.counts.added += 1;
        let name = self.history.pods.hash(pod);
        let life = Some(self.lifecycles.len() as u32);
        let created_ms = at_ns / 1_000_000;
        self.lifecycles.push(Lifecycle { name, created_ms, bound_ms: None, deleted_ms: None });
        let of = &mut self.pods[pod as usize];
        (of.state, of.life, of.lives) = (State::Queued, life, of.lives + 1);
        self.remember(pod);
    }

    fn bound(&mut self, at_ns: i64, pod: u32, node: u32) {
        self.place(pod, node);
        for event in [PodEvent::Popped, PodEvent::Assumed, PodEvent::Bound, PodEvent::Observed] {
            self.emit(at_ns, event, pod);
        }
        self.counts.bound += 1;
        self.pods[pod as usize].state = State::Bound;
        if let Some(life) = self.life(pod) {
            life.bound_ms = Some(at_ns / 1_000_000);
        }
    }

    fn mark(&mut self, at_ns: i64, pod: u32) {
        self.emit(at_ns, PodEvent::Status, pod);
        self.pods[pod as usize].state = State::Marked;
    }

    fn gone(&mut self, at_ns: i64, pod: u32) {
        let queued = self.state(pod) == State::Queued;
        let event = if queued { PodEvent::QueuedDeleted } else { PodEvent::Deleted };
        self.emit(at_ns, event, pod);
        self.counts.deleted += 1;
        self.pods[pod as usize].state = State::Absent;
        if let Some(life) = self.life(pod) {
            life.deleted_ms = Some(at_ns / 1_000_000);
        }
        self.pods[pod as usize].life = None;
    }

    fn will_be_gone(&mut self, at_ns: i64, pod: u32) {
        let due_ns = at_ns.saturating_add(GRACE_NS);
        self.going.push_back((due_ns, pod, self.pods[pod as usize].lives));
    }

    /// Ends the pods whose end the recording does not hold, up to a time.
    fn remove_those_gone(&mut self, until_ns: i64) {
        while let Some(&(due_ns, pod, life)) = self.going.front().filter(|due| due.0 <= until_ns) {
            self.going.pop_front();
            if self.state(pod) == State::Marked && self.pods[pod as usize].lives == life {
                self.history.approximate("deleted without its end: gone 30 s later");
                self.gone(due_ns, pod);
            }
        }
    }

    fn life(&mut self, pod: u32) -> Option<&mut Lifecycle> {
        self.lifecycles.get_mut(self.pods[pod as usize].life? as usize)
    }

    /// Gives a pod its node, or one by the seed.
    fn place(&mut self, pod: u32, node: u32) {
        let node = if node == NO_NODE { self.random.below(self.nodes) } else { node };
        self.pods[pod as usize].node = node;
    }

    fn remember(&mut self, pod: u32) {
        let namespace = self.history.namespace_of[pod as usize] as usize;
        if let Some(present) = self.present_in.get_mut(namespace) {
            present.push(pod);
        }
    }

    fn emit(&mut self, at_ns: i64, event: PodEvent, pod: u32) {
        self.event_at(at_ns);
        let node = self.pods[pod as usize].node;
        let node = if node == NO_NODE { 0 } else { node };
        CLUSTER.emit(event, self.numbers.of[pod as usize], node, &mut self.words);
    }

    fn emit_word(&mut self, at_ns: i64, word: OpWord) {
        self.event_at(at_ns);
        self.words.push(word.0);
    }

    fn event_at(&mut self, at_ns: i64) {
        self.events.push(self.words.len() as u32);
        // An end that was guessed may lie a little before what was seen last.
        let before_ns = self.times_ns.last().copied().unwrap_or(at_ns);
        self.times_ns.push(at_ns.max(before_ns));
    }

    fn finish(mut self) -> Result<(Trace, ImportReport), ImportError> {
        let maps = MAPS.map(|map| match map {
            ModelMap::Nodes => map.spec(self.nodes, self.nodes),
            ModelMap::Store | ModelMap::PodStates => map.spec(self.numbers.keys, self.at_start),
            _ => map.spec(self.numbers.keys, 0),
        });
        let history = &self.history;
        let (words, events) = (std::mem::take(&mut self.words), std::mem::take(&mut self.events));
        let (actor, stream) = history.options.speed.worker(words, events, &self.times_ns, 1.0);
        let bound = self.counts.bound;
        let draft = Draft {
            name: format!("{}/{}", history.format, file_name(history.label)),
            generator: "mapbench history 1".to_owned(),
            seed: history.options.seed,
            parameters: serde_json::json!({ "options": history.options }),
            shape: Shape::OneShot,
            unit: (bound > 0).then(|| Unit { name: "pods".to_owned(), count: bound }),
            maps: maps.into(),
            actors: vec![actor],
            streams: vec![stream],
        };
        let label = history.label.to_owned();
        let trace = draft.finish().map_err(|source| ImportError::Trace { label, source })?;
        let report = self.report(&trace);
        Ok((trace, report))
    }

    fn report(self, trace: &Trace) -> ImportReport {
        let Lives { history, mut counts, lifecycles, .. } = self;
        let start_ms = history.entries[0].at_ns / 1_000_000;
        counts.never_bound = counts.added - counts.bound;
        counts.live_peak = trace.header.maps[0].peak;
        let mut report = ImportReport::new(history.format, history.label, trace);
        report.recording = (!lifecycles.is_empty()).then(|| Recording::of(&lifecycles, start_ms));
        report.pods = Some(counts);
        report.rows_read = history.rows;
        report.rows_used = history.rows.saturating_sub(history.skipped.values().sum());
        report.skipped = history.skipped;
        report.approximations = history.approximations;
        report.notes = history.notes;
        report.distinct_keys = u64::from(history.pods.len()) + u64::from(self.nodes);
        report.count_keys(trace);
        report
    }
}
