//! Imports what `kubectl get … -A -o json` prints: pods, as the population at the start of another
//! import or with the times at which each came, and events, of which those of a pod's life are taken.

use std::io::Read;

use serde::Deserialize;
use serde::de::MapAccess;

use super::history::{History, HistoryOptions, What};
use super::input::unpacked;
use super::json::{Item, Part, ignore, part, read_documents, text};
use super::report::ImportReport;
use super::{ImportError, InitialPods, Place, nanoseconds};
use crate::trace::Trace;

/// The name of the format of pods in commands, traces and reports.
pub const PODS_FORMAT: &str = "kubectl-pods";
/// The name of the format of events.
pub const EVENTS_FORMAT: &str = "kubectl-events";

/// Imports `kubectl get pods -A -o json`: each pod is created, bound and changes its status when the
/// list says that it did; none is deleted. `label` names the file in errors and in the report.
pub fn import_pods(
    input: impl Read,
    label: &str,
    options: &HistoryOptions,
) -> Result<(Trace, ImportReport), ImportError> {
    let mut history = History::new(PODS_FORMAT, label, *options)?;
    read_pods(input, label, |pod, at| {
        history.rows += 1;
        match (pod.unusable(), nanoseconds(&pod.created_at)) {
            (Some(reason), _) => history.skip(reason),
            (None, None) => history.skip("no creationTimestamp"),
            (None, Some(created_ns)) => return keep_pod(&pod, created_ns, &mut history, at),
        }
        Ok(())
    })?;
    history.finish(None)
}

/// Reads the same list as the population at the start.
pub fn read_initial_pods(input: impl Read, label: &str) -> Result<InitialPods, ImportError> {
    let mut initial = InitialPods::default();
    read_pods(input, label, |pod, at| {
        match pod.unusable() {
            Some(reason) => initial.skip(reason),
            None => initial.add(&pod.namespace, &pod.name, &pod.node, label, at)?,
        }
        Ok(())
    })?;
    Ok(initial)
}

fn read_pods(
    input: impl Read,
    label: &str,
    mut sink: impl FnMut(Pod, Place) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let input = unpacked(input).map_err(|error| ImportError::read(label, Place::Start, &error))?;
    read_documents(input, label, |pod: Pod, at| sink(pod, at))
}

fn keep_pod(
    pod: &Pod,
    created_ns: i64,
    history: &mut History<'_>,
    at: Place,
) -> Result<(), ImportError> {
    let number = history.pod(&pod.namespace, &pod.name, at)?;
    history.push(created_ns, What::Added, number, None, at)?;
    if pod.node.is_empty() {
        return Ok(());
    }
    let node = history.node(&pod.node, at)?;
    let bound_ns = nanoseconds(&pod.scheduled_at).unwrap_or(created_ns);
    history.push(bound_ns, What::Bound, number, Some(node), at)?;
    for status_ns in pod.changed_at.iter().filter_map(|time| nanoseconds(time)) {
        history.push(status_ns.max(bound_ns), What::Status, number, None, at)?;
    }
    Ok(())
}

/// A pod of the list, as far as it is wanted.
#[derive(Debug, Default)]
struct Pod {
    namespace: String,
    name: String,
    created_at: String,
    node: String,
    phase: String,
    scheduled_at: String,
    /// When other conditions changed last, each moment once.
    changed_at: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
    #[serde(rename = "creationTimestamp")]
    created_at: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec {
    #[serde(rename = "nodeName")]
    node: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    phase: Option<String>,
    conditions: Option<Vec<Part<Condition>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Condition {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(rename = "lastTransitionTime")]
    changed_at: Option<String>,
}

impl Item for Pod {
    fn take<'de, A: MapAccess<'de>>(&mut self, field: &str, map: &mut A) -> Result<(), A::Error> {
        match field {
            "metadata" => {
                let metadata: Metadata = part(map)?;
                self.name = metadata.name.unwrap_or_default();
                self.namespace = metadata.namespace.unwrap_or_default();
                self.created_at = metadata.created_at.unwrap_or_default();
            }
            "spec" => self.node = part::<Spec, A>(map)?.node.unwrap_or_default(),
            "status" => self.take_status(part(map)?),
            _ => ignore(map)?,
        }
        Ok(())
    }
}

impl Pod {
    fn take_status(&mut self, status: Status) {
        self.phase = status.phase.unwrap_or_default();
        for Part(condition) in status.conditions.unwrap_or_default() {
            let changed_at = condition.changed_at.unwrap_or_default();
            if condition.kind.as_deref() == Some("PodScheduled") {
                self.scheduled_at = changed_at;
            } else if !self.changed_at.contains(&changed_at) && self.changed_at.len() < 16 {
                self.changed_at.push(changed_at);
            }
        }
    }

    fn unusable(&self) -> Option<&'static str> {
        match self.phase.as_str() {
            _ if self.name.is_empty() => Some("no name: is this a list of pods?"),
            // The scheduler's informer does not see them.
            "Succeeded" | "Failed" => Some("a pod that has ended"),
            _ => None,
        }
    }
}

/// Imports `kubectl get events -A -o json`; `label` names the file in errors and in the report.
/// `initial` is the population before it, if it is known.
pub fn import_events(
    input: impl Read,
    label: &str,
    initial: Option<&InitialPods>,
    options: &HistoryOptions,
) -> Result<(Trace, ImportReport), ImportError> {
    let input = unpacked(input).map_err(|error| ImportError::read(label, Place::Start, &error))?;
    let mut history = History::new(EVENTS_FORMAT, label, *options)?;
    read_documents(input, label, |event: Event, at| {
        history.rows += 1;
        match event.meaning() {
            Ok((what, name)) => event.keep(what, name, &mut history, at),
            Err(reason) => {
                history.skip(reason);
                Ok(())
            }
        }
    })?;
    history.coarse = true;
    history.finish(initial)
}

/// An event of the list, as far as it is wanted: of core/v1 or of events.k8s.io/v1.
#[derive(Debug, Default)]
struct Event {
    object: Object,
    reason: String,
    message: String,
    /// When it happened first, by preference.
    times: [String; 3],
    count: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Object {
    kind: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
}

impl Item for Event {
    fn take<'de, A: MapAccess<'de>>(&mut self, field: &str, map: &mut A) -> Result<(), A::Error> {
        match field {
            "involvedObject" | "regarding" => self.object = part(map)?,
            "reason" => self.reason = text(map)?,
            "message" | "note" => self.message = text(map)?,
            "firstTimestamp" | "deprecatedFirstTimestamp" => self.times[0] = text(map)?,
            "eventTime" => self.times[1] = text(map)?,
            "metadata" => self.times[2] = part::<Metadata, A>(map)?.created_at.unwrap_or_default(),
            "count" | "deprecatedCount" => {
                self.count = map.next_value::<Option<u64>>()?.unwrap_or(0);
            }
            _ => ignore(map)?,
        }
        Ok(())
    }
}

impl Event {
    /// What it says of which pod; why it says nothing, if it does not.
    fn meaning(&self) -> Result<(What, &str), &'static str> {
        let object = self.object.name.as_deref().unwrap_or_default();
        // A controller says of which pod it speaks: `Created pod: web-5d4b-x2x9v`.
        let named = || {
            let name = self.message.rsplit_once("pod: ").map(|(_, name)| name.trim());
            name.filter(|name| !name.is_empty()).ok_or("another object's")
        };
        let is_pod = self.object.kind.as_deref() == Some("Pod");
        let (what, name) = match self.reason.as_str() {
            "SuccessfulCreate" if !is_pod => (What::Added, named()?),
            "SuccessfulDelete" if !is_pod => (What::Delete { last: false }, named()?),
            _ if !is_pod => return Err("another object's"),
            "Scheduled" => (What::Bound, object),
            "FailedScheduling" => (What::QueuedStatus, object),
            "Started" => (What::Status, object),
            // A container that is stopped to be restarted is not the end of its pod.
            "Killing" if self.message.starts_with("Stopping container") => {
                (What::Delete { last: false }, object)
            }
            "Evicted" | "Preempted" | "Preempting" | "TaintManagerEviction" => {
                (What::Delete { last: false }, object)
            }
            _ => return Err("another reason"),
        };
        if name.is_empty() { Err("no name") } else { Ok((what, name)) }
    }

    fn keep(
        &self,
        what: What,
        name: &str,
        history: &mut History<'_>,
        at: Place,
    ) -> Result<(), ImportError> {
        let Some(at_ns) = self.times.iter().find_map(|time| nanoseconds(time)) else {
            history.skip("no time");
            return Ok(());
        };
        if self.count > 1 {
            history.approximate("an event that is counted several times: taken at its first");
        }
        let pod = history.pod(self.object.namespace.as_deref().unwrap_or_default(), name, at)?;
        let node = match what {
            What::Bound => self.message.rsplit_once(" to ").map(|(_, node)| node.trim()),
            _ => None,
        };
        let node = node.filter(|node| !node.is_empty());
        let node = node.map(|node| history.node(node, at)).transpose()?;
        history.push(at_ns, what, pod, node, at)
    }
}
