//! In what the fingerprints of two runs differ, and whether that forbids to compare them: machine
//! and protocol must match, the subject is what is being compared. Judges no figures.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use mapbench_core::event::{Cell, Machine, Processor, RunBegin, Subject};

use super::UNKNOWN;

/// A part of a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Where it was measured. Must match.
    Machine,
    /// How it was measured. Must match.
    Protocol,
    /// What was measured. May differ: it is the treatment.
    Subject,
}

/// One field in which two fingerprints differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The part that the field belongs to.
    pub part: Part,
    /// The field, in words; a field of a cell or a map names it.
    pub field: String,
    /// What the first run has, or `unknown`.
    pub a: String,
    /// What the second run has, or `unknown`.
    pub b: String,
}

impl Part {
    /// The name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Part::Machine => "machine",
            Part::Protocol => "protocol",
            Part::Subject => "subject",
        }
    }

    /// Whether two runs that differ in it cannot be compared (exit 3).
    pub const fn must_match(self) -> bool {
        matches!(self, Part::Machine | Part::Protocol)
    }
}

impl Difference {
    /// Whether both runs say what they have, and it differs. A log that is older than a field does
    /// not say, which proves neither that it matches nor that it does not.
    pub fn is_contradiction(&self) -> bool {
        self.a != UNKNOWN && self.b != UNKNOWN
    }

    /// Whether it forbids to compare the two runs.
    pub fn forbids(&self) -> bool {
        self.part.must_match() && self.is_contradiction()
    }
}

impl Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} is {} in one and {} in the other",
            self.part.name(),
            self.field,
            self.a,
            self.b
        )
    }
}

/// Two calibrations of one tick counter agree far better than this.
const TSC_TOLERANCE: f64 = 0.001;
/// The kernel keeps a little more or less for itself from one boot to the next.
const MEMORY_TOLERANCE: f64 = 0.01;

/// Every field in which the fingerprints of two runs differ: machine, protocol, subject, in this
/// order. How many rounds and forks a run had is not in it: more of the same can be compared.
pub fn differences(a: &RunBegin, b: &RunBegin) -> Vec<Difference> {
    let mut found = Vec::new();
    machine(&mut Fields { part: Part::Machine, found: &mut found }, &a.machine, &b.machine);
    protocol(&mut Fields { part: Part::Protocol, found: &mut found }, a, b);
    subject(&mut Fields { part: Part::Subject, found: &mut found }, a, b);
    found
}

/// Collects what differs in one part.
struct Fields<'f> {
    part: Part,
    found: &'f mut Vec<Difference>,
}

impl Fields<'_> {
    fn text(&mut self, field: impl Into<String>, a: &str, b: &str) {
        let spelled =
            |text: &str| if text.is_empty() { UNKNOWN.to_owned() } else { text.to_owned() };
        if a != b {
            let (a, b) = (spelled(a), spelled(b));
            self.found.push(Difference { part: self.part, field: field.into(), a, b });
        }
    }

    /// `None` is spelled `absent`: unknown, or nothing where that is an answer.
    fn option<T: Display>(&mut self, field: &str, a: Option<&T>, b: Option<&T>, absent: &str) {
        let spelled = |value: Option<&T>| value.map_or_else(|| absent.to_owned(), T::to_string);
        self.text(field, &spelled(a), &spelled(b));
    }

    fn list(&mut self, field: &str, a: &[String], b: &[String], empty: &str) {
        let spelled =
            |items: &[String]| if items.is_empty() { empty.to_owned() } else { items.join(" ") };
        self.text(field, &spelled(a), &spelled(b));
    }

    /// A measured figure: close is equal, and 0 is unknown.
    fn close(&mut self, field: &str, a: u64, b: u64, tolerance: f64, unit: &str) {
        let spelled =
            |value: u64| if value == 0 { String::new() } else { format!("{value} {unit}") };
        let apart = a.abs_diff(b) as f64 > tolerance * a.max(b) as f64;
        if apart {
            self.text(field, &spelled(a), &spelled(b));
        }
    }
}

fn machine(fields: &mut Fields<'_>, a: &Machine, b: &Machine) {
    fields.text("processor", &a.cpu, &b.cpu);
    fields.option("microcode", a.microcode.as_ref(), b.microcode.as_ref(), UNKNOWN);
    fields.text("number of processors", &a.cpus.to_string(), &b.cpus.to_string());
    fields.option("allowed processors", a.cpu_list.as_ref(), b.cpu_list.as_ref(), UNKNOWN);
    fields.text("topology", &topology(&a.processors), &topology(&b.processors));
    fields.text("kernel", &a.kernel, &b.kernel);
    fields.text("clock source", &a.clock_source, &b.clock_source);
    let hz = |machine: &Machine| machine.tsc_hz.unwrap_or(0);
    fields.close("tick counter", hz(a), hz(b), TSC_TOLERANCE, "Hz");
    fields.list("tick counter flags", &a.tsc_flags, &b.tsc_flags, UNKNOWN);
    fields.option("hypervisor", a.hypervisor.as_ref(), b.hypervisor.as_ref(), "none");
    fields.text("huge pages", &a.huge_pages, &b.huge_pages);
    fields.option("address randomisation", a.aslr.as_ref(), b.aslr.as_ref(), UNKNOWN);
    fields.option("governor", a.governor.as_ref(), b.governor.as_ref(), "none");
    let turbo = |machine: &Machine| machine.turbo.map(|on| if on { "on" } else { "off" });
    fields.option("turbo", turbo(a).as_ref(), turbo(b).as_ref(), UNKNOWN);
    fields.option("processor quota", a.cpu_quota.as_ref(), b.cpu_quota.as_ref(), "none");
    fields.close("memory", a.memory_bytes, b.memory_bytes, MEMORY_TOLERANCE, "bytes");
}

/// `0:p0c0n0 1:p0c1n0`: processor, package, core, node; empty if unknown.
fn topology(processors: &[Processor]) -> String {
    let seat = |at: &Processor| format!("{}:p{}c{}n{}", at.cpu, at.package, at.core, at.node);
    processors.iter().map(seat).collect::<Vec<_>>().join(" ")
}

fn protocol(fields: &mut Fields<'_>, a: &RunBegin, b: &RunBegin) {
    fields.text("mapbench", &a.mapbench_version, &b.mapbench_version);
    fields.text("round length", &nanoseconds(a.round_ns), &nanoseconds(b.round_ns));
    fields.text("warming", &nanoseconds(a.warm_ns), &nanoseconds(b.warm_ns));
    fields.text("order of rounds", &format!("{:?}", a.order), &format!("{:?}", b.order));
    fields.text("timing", &format!("{:?}", a.timing), &format!("{:?}", b.timing));
    fields.text("user interface", &format!("{:?}", a.ui), &format!("{:?}", b.ui));
    let pinned = |cpus: &[u32]| cpus.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    fields.text("processors of the threads", &pinned(&a.cpus), &pinned(&b.cpus));
    let (a, b) = (traces(&a.cells), traces(&b.cells));
    for (cell, hash) in &a {
        // What only one of the two measured is not compared at all.
        if let Some(other) = b.get(cell) {
            fields.text(format!("trace of {cell}"), hash, other);
        }
    }
}

fn nanoseconds(ns: u64) -> String {
    format!("{ns} ns")
}

/// Trace hashes by scenario and axis: all adapters of one have the same.
fn traces(cells: &[Cell]) -> BTreeMap<String, &str> {
    let name = |cell: &Cell| match (&cell.axis, &cell.axis_value) {
        (Some(axis), Some(value)) => format!("{} at {axis} {value}", cell.scenario),
        _ => cell.scenario.clone(),
    };
    cells.iter().map(|cell| (name(cell), cell.trace_hash.as_str())).collect()
}

fn subject(fields: &mut Fields<'_>, a: &RunBegin, b: &RunBegin) {
    let commit = |begin: &RunBegin| {
        let dirty = |dirty| if dirty { ", with changes" } else { "" };
        begin.commit.as_ref().map(|commit| format!("{}{}", commit.sha, dirty(commit.dirty)))
    };
    fields.option("commit", commit(a).as_ref(), commit(b).as_ref(), "none");
    fields.text("allocator", &a.machine.allocator, &b.machine.allocator);
    let versions = |cells: &[Cell]| -> BTreeMap<String, String> {
        let version = |cell: &Cell| (cell.adapter.clone(), cell.adapter_version.clone());
        cells.iter().map(version).collect()
    };
    let (maps_a, maps_b) = (versions(&a.cells), versions(&b.cells));
    for (map, version) in &maps_a {
        if let Some(other) = maps_b.get(map) {
            fields.text(format!("version of {map}"), version, other);
        }
    }
    let none = Subject::default();
    let (a, b) = (a.subject.as_ref().unwrap_or(&none), b.subject.as_ref().unwrap_or(&none));
    fields.option("program", a.program_hash.as_ref(), b.program_hash.as_ref(), UNKNOWN);
    fields.option("Cargo.lock", a.lock_hash.as_ref(), b.lock_hash.as_ref(), UNKNOWN);
    fields.text("compiler", &a.rustc, &b.rustc);
    fields.text("target", &a.target, &b.target);
    // Of a log that does not say, empty lists say nothing either.
    let empty = |subject: &Subject| if subject.rustc.is_empty() { UNKNOWN } else { "none" };
    let (none_a, none_b) = (empty(a), empty(b));
    let spelled = |items: &[String], none: &str| match items {
        [] => none.to_owned(),
        items => items.join(" "),
    };
    let features = (spelled(&a.target_features, none_a), spelled(&b.target_features, none_b));
    fields.text("target features", &features.0, &features.1);
    let flags = (spelled(&a.rustflags, none_a), spelled(&b.rustflags, none_b));
    fields.text("compiler flags", &flags.0, &flags.1);
    fields.text("profile", &a.profile, &b.profile);
}
