//! Imports Kubernetes audit logs: JSON lines, one event each, or lists of events. Only requests that
//! ended well count, each once. Which request means what is said here; what it does to the
//! scheduler's maps is `history`'s.

use std::collections::HashSet;
use std::io::Read;

use serde::Deserialize;
use serde::de::MapAccess;

use super::history::{History, HistoryOptions, What};
use super::input::unpacked;
use super::interner::hash_of;
use super::json::{Item, Part, ignore, part, read_lines, text};
use super::report::ImportReport;
use super::{ImportError, Place};
use crate::trace::Trace;

/// The name of the format in commands, traces and reports.
pub const FORMAT: &str = "audit";

/// Imports an audit log; `label` names it in errors, in the report and in the trace. `initial` is
/// the population before it, if it is known.
pub fn import(
    input: impl Read,
    label: &str,
    initial: Option<&super::InitialPods>,
    options: &HistoryOptions,
) -> Result<(Trace, ImportReport), ImportError> {
    let input = unpacked(input).map_err(|error| ImportError::read(label, Place::Start, &error))?;
    let mut log = Log { history: History::new(FORMAT, label, *options)?, seen: HashSet::new() };
    let malformed = read_lines(input, label, |event, at| log.event(&event, at))?;
    log.history.rows += malformed.lines;
    if let Some((line, error)) = &malformed.first {
        log.history.skip_many("no JSON of an audit event", malformed.lines);
        log.history
            .notes
            .push(format!("line {line} is the first that is no JSON of an audit event: {error}"));
    }
    log.history.finish(initial)
}

struct Log<'a> {
    history: History<'a>,
    /// Hashes of the ids of requests that were used: a log that was merged holds some twice.
    seen: HashSet<u64>,
}

/// An audit event, as far as it is wanted.
#[derive(Debug, Default)]
struct Event {
    id: String,
    stage: String,
    verb: String,
    user: String,
    object: Object,
    code: u64,
    stage_at: String,
    received_at: String,
    at: String,
    request: Body,
    response: Body,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Object {
    resource: Option<String>,
    subresource: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    #[serde(rename = "apiGroup")]
    group: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct User {
    username: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    code: Option<u64>,
}

/// A request's or a response's object.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    metadata: Part<Metadata>,
    target: Part<Metadata>,
    #[serde(rename = "gracePeriodSeconds")]
    grace_s: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
}

impl Item for Event {
    fn take<'de, A: MapAccess<'de>>(&mut self, field: &str, map: &mut A) -> Result<(), A::Error> {
        match field {
            "auditID" => self.id = text(map)?,
            "stage" => self.stage = text(map)?,
            "verb" => self.verb = text(map)?,
            "user" => self.user = part::<User, A>(map)?.username.unwrap_or_default(),
            "objectRef" => self.object = part(map)?,
            "responseStatus" => self.code = part::<Status, A>(map)?.code.unwrap_or(0),
            "stageTimestamp" => self.stage_at = text(map)?,
            "requestReceivedTimestamp" => self.received_at = text(map)?,
            "timestamp" => self.at = text(map)?,
            "requestObject" => self.request = part(map)?,
            "responseObject" => self.response = part(map)?,
            _ => ignore(map)?,
        }
        Ok(())
    }
}

impl Event {
    /// Why it does not count, if it does not.
    fn unusable(&self) -> Option<&'static str> {
        if self.stage != "ResponseComplete" {
            return Some("another stage than ResponseComplete");
        }
        if !(200..300).contains(&self.code) {
            return Some("not a success (2xx)");
        }
        let Some(resource) = &self.object.resource else {
            return Some("no objectRef");
        };
        let core = self.object.group.as_ref().is_none_or(String::is_empty);
        (!core || !matches!(resource.as_str(), "pods" | "bindings")).then_some("another resource")
    }

    /// When it ended; when it came where that is not written.
    fn at_ns(&self) -> Option<i64> {
        let times = [&self.stage_at, &self.received_at, &self.at];
        times.into_iter().find_map(|time| super::nanoseconds(time))
    }

    /// Name and namespace of its pod: a create by a controller has the name only in its response.
    fn of<'e>(
        &'e self,
        field: fn(&'e Metadata) -> Option<&'e String>,
        known: Option<&'e String>,
    ) -> &'e str {
        let bodies = [&self.response, &self.request].into_iter();
        let mut found = known.into_iter().chain(bodies.filter_map(|body| field(&body.metadata.0)));
        found.find(|text| !text.is_empty()).map_or("", String::as_str)
    }

    fn namespace(&self) -> &str {
        self.of(|metadata| metadata.namespace.as_ref(), self.object.namespace.as_ref())
    }

    fn name(&self) -> &str {
        self.of(|metadata| metadata.name.as_ref(), self.object.name.as_ref())
    }

    /// The node that the request comes from.
    fn sending_node(&self) -> Option<&str> {
        self.user.strip_prefix("system:node:").filter(|node| !node.is_empty())
    }

    /// What it says and when, or why it does not count.
    fn usable(&self) -> Result<(Meaning, i64), &'static str> {
        if let Some(reason) = self.unusable() {
            return Err(reason);
        }
        let meaning = self.meaning()?;
        let at_ns = self.at_ns().ok_or("no time")?;
        if matches!(meaning, Meaning::Pod(_)) && self.name().is_empty() {
            return Err("no name: its level is below RequestResponse");
        }
        Ok((meaning, at_ns))
    }

    /// What the request says of pods; why it says nothing, if it does not.
    fn meaning(&self) -> Result<Meaning, &'static str> {
        let subresource = self.object.subresource.as_deref().unwrap_or_default();
        let legacy_binding = self.object.resource.as_deref() == Some("bindings");
        Ok(match (self.verb.as_str(), subresource) {
            ("create", "") if legacy_binding => Meaning::Pod(What::Bound),
            ("create", "binding") => Meaning::Pod(What::Bound),
            _ if legacy_binding => return Err("another resource"),
            ("create", "") => Meaning::Pod(What::Added),
            ("create", "eviction") => Meaning::Pod(What::Delete { last: false }),
            ("patch" | "update", "status" | "") => {
                Meaning::Pod(if self.user == "system:kube-scheduler" {
                    What::QueuedStatus
                } else {
                    What::Status
                })
            }
            ("delete", "") => {
                let last = self.request.grace_s == Some(0) || self.sending_node().is_some();
                Meaning::Pod(What::Delete { last })
            }
            ("get", "") => Meaning::Pod(What::Read),
            ("deletecollection", "") => Meaning::Namespace(What::DeleteAll),
            ("list", "") => Meaning::Namespace(What::List),
            ("watch", _) => return Err("watch"),
            (_, "") => return Err("another verb"),
            _ => return Err("another subresource"),
        })
    }
}

/// Of what a request says something.
enum Meaning {
    Pod(What),
    /// Of all pods of its namespace, or of all namespaces.
    Namespace(What),
}

impl Log<'_> {
    fn event(&mut self, event: &Event, at: Place) -> Result<(), ImportError> {
        self.history.rows += 1;
        match event.usable() {
            Ok((meaning, at_ns)) => self.keep(event, &meaning, at_ns, at),
            Err(reason) => {
                self.history.skip(reason);
                Ok(())
            }
        }
    }

    fn keep(
        &mut self,
        event: &Event,
        meaning: &Meaning,
        at_ns: i64,
        at: Place,
    ) -> Result<(), ImportError> {
        if !event.id.is_empty() && !self.seen.insert(hash_of(event.id.as_bytes())) {
            self.history.skip("a second time in the log");
            return Ok(());
        }
        let history = &mut self.history;
        match meaning {
            Meaning::Pod(what) => {
                let node = match what {
                    What::Bound => event.request.target.0.name.as_deref(),
                    _ => event.sending_node(),
                };
                let pod = history.pod(event.namespace(), event.name(), at)?;
                let node = node.filter(|node| !node.is_empty());
                let node = node.map(|node| history.node(node, at)).transpose()?;
                history.push(at_ns, *what, pod, node, at)
            }
            Meaning::Namespace(What::List) if event.namespace().is_empty() => {
                history.push(at_ns, What::ListAll, 0, None, at)
            }
            Meaning::Namespace(what) => {
                let namespace = history.namespace(event.namespace(), at)?;
                history.push(at_ns, *what, namespace, None, at)
            }
        }
    }
}
