//! What comes with a map that is advised: what its adapter declares, in words. The program cannot
//! measure promises; it repeats them, so that nobody takes a map for its speed alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mapbench_core::adapter::{AdapterClass, Capabilities, ScanConsistency, Waits};
use mapbench_core::registry::{AdapterEntry, Registry};
use mapbench_results::stats::median;
use mapbench_results::{RunSummary, label};
use serde::Serialize;

/// What comes with one map.
#[derive(Debug, Serialize)]
pub(super) struct Promises {
    /// The map, as the advice calls it.
    map: String,
    /// Its crate and version; `None` if this program does not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trade_offs: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    semantics: Option<&'static str>,
    /// Name and what is promised.
    #[serde(rename = "promises")]
    said: BTreeMap<&'static str, &'static str>,
    /// Bytes per entry after the prefill; `None` if nobody measured it.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_per_entry: Option<f64>,
    #[serde(skip)]
    is_simulated: bool,
}

/// The adapter that a subject of a sweep is a variant of.
pub(super) fn entry<'r>(registry: &'r Registry, subject: &str) -> Option<&'r AdapterEntry> {
    let name = subject.split(['@', ' ']).next()?;
    registry.entries().iter().find(|entry| entry.meta.name == name)
}

/// What comes with each of these maps.
pub(super) fn of(
    registry: &Registry,
    subjects: &[&str],
    memory: &BTreeMap<String, f64>,
) -> Vec<Promises> {
    let one = |subject: &&str| {
        let meta = entry(registry, subject).map(|entry| &entry.meta);
        let promised = meta.map(|meta| promised(&meta.capabilities));
        Promises {
            map: (*subject).to_owned(),
            version: meta.map(|meta| meta.version),
            summary: meta.map(|meta| meta.summary),
            trade_offs: meta.map(|meta| meta.trade_offs),
            semantics: meta.map(|meta| meta.semantics),
            said: promised.into_iter().flatten().collect(),
            bytes_per_entry: memory.get(*subject).copied(),
            is_simulated: meta.is_some_and(|meta| meta.class == AdapterClass::Simulated),
        }
    };
    subjects.iter().map(one).collect()
}

/// Bytes per entry of each map of a run: the median of its cells that were measured.
pub(super) fn memory(summary: &RunSummary) -> BTreeMap<String, f64> {
    let mut known: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for cell in summary.cells() {
        if let Some(bytes) = cell.bytes_per_entry() {
            known.entry(label::adapter(cell.cell())).or_default().push(bytes);
        }
    }
    known.into_iter().filter_map(|(map, bytes)| Some((map, median(&bytes)?))).collect()
}

const SCAN: &str = "scan while others write";
const VISIBLE: &str = "a write is visible";
const READS: &str = "a read waits";
const WRITES: &str = "a write waits for a scan";
const UPDATE: &str = "read-modify-write";
const REPLACE: &str = "overwriting";

fn promised(can: &Capabilities) -> [(&'static str, &'static str); 6] {
    let scan = match can.scan {
        ScanConsistency::None => "cannot be scanned",
        ScanConsistency::Weak => "weak: each entry as it was at some moment of the scan",
        ScanConsistency::PerShard => "per shard: each shard as it was at one moment",
        ScanConsistency::Snapshot => "snapshot: the whole map as it was at one moment",
    };
    let visible = if can.immediate_visibility {
        "to all when its call returns"
    } else {
        "later, with the next publication"
    };
    let reads = match can.reads_wait {
        Waits::Never => "never",
        Waits::SlowPath => "on a slow path only",
        Waits::Shard => "for a write to the same shard or bucket",
        Waits::Map => "for a write anywhere in the map",
    };
    let writes = match can.writes_wait_for_scans {
        Waits::Never => "never",
        Waits::SlowPath => "on a slow path only",
        Waits::Shard => "while the scan is in the same shard or bucket",
        Waits::Map => "for the whole scan",
    };
    let update = if can.read_modify_write { "one atomic step" } else { "not offered" };
    let replace = if can.atomic_replace {
        "hides nothing: a reader finds the old value or the new one"
    } else {
        "may hide the key from a reader for a moment"
    };
    [
        (SCAN, scan),
        (VISIBLE, visible),
        (READS, reads),
        (WRITES, writes),
        (UPDATE, update),
        (REPLACE, replace),
    ]
}

impl Promises {
    /// For people: a head and a line for each promise.
    pub(super) fn describe(&self) -> String {
        let Some((version, summary)) = self.version.zip(self.summary) else {
            return format!(
                "`{}`: this program does not have it, so that nothing is known of what it \
                 promises\n",
                self.map
            );
        };
        let mut text = format!("`{}` ({version}): {summary}\n", self.map);
        if self.is_simulated {
            text.push_str("  a simulation, to test this program with: no map to use\n");
        }
        for name in [SCAN, VISIBLE, READS, WRITES, UPDATE, REPLACE] {
            if let Some(promise) = self.said.get(name) {
                let _ = writeln!(text, "  {name:<26} {promise}");
            }
        }
        if let Some(bytes) = self.bytes_per_entry {
            let _ = writeln!(text, "  {:<26} {bytes:.0} B per entry", "memory");
        }
        text
    }
}
