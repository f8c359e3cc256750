//! The parsers, what is asked of them, and the memory that one input may take. A parser that is not
//! in this table is not fuzzed.

use mapbench_core::scenario::Scenario;
use mapbench_core::trace::import::{
    AccessFormat, AccessOptions, Copies, HistoryOptions, ImportError, ImportReport, Options,
    Preload, Speed, Superpose, access, audit, kubectl, lifecycle_csv,
};
use mapbench_core::trace::{Trace, json_lines, read_hashed, write};

/// The name of every input: errors must say it.
pub(crate) const LABEL: &str = "the-input";

/// A parser.
#[derive(Clone, Copy)]
pub(crate) struct Parser {
    /// Its name.
    pub(crate) name: &'static str,
    /// Feeds it an input; an error is its message.
    pub(crate) run: fn(&[u8]) -> Result<(), String>,
    /// What mutated inputs begin as.
    pub(crate) kind: Kind,
    /// Folders of the crate that hold its seeds.
    pub(crate) seeds: &'static [&'static str],
    /// The most memory that one input may take. Bytes.
    pub(crate) most_bytes: u64,
}

/// How inputs are made of seeds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text, of words.
    Text,
    /// Bytes as they are.
    Bytes,
    /// Text that is mutated and then packed with gzip, or packed and then mutated.
    Gzip,
    /// Archives as they are.
    Xz,
    /// Trace files, whose checksums are made right again after a mutation.
    Trace,
    /// Traces as lines of JSON.
    TraceLines,
}

const MIB: u64 = 1 << 20;

const fn parser(
    name: &'static str,
    kind: Kind,
    seeds: &'static [&'static str],
    run: fn(&[u8]) -> Result<(), String>,
) -> Parser {
    // A dictionary of an archive may be as large as the limit of the unpacker.
    let packed = matches!(kind, Kind::Gzip | Kind::Xz);
    let most_bytes = if packed { 256 * MIB } else { 64 * MIB };
    Parser { name, run, kind, seeds, most_bytes }
}

const SCENARIOS: &[&str] = &["scenarios/curated", "scenarios/origin", "scenarios/test"];

/// Every parser.
pub(crate) const PARSERS: [Parser; 14] = [
    parser("lifecycle-csv", Kind::Text, &["fuzz/seeds/lifecycle-csv"], lifecycles),
    parser("column-map", Kind::Text, &["fuzz/seeds/column-map"], column_map),
    parser("audit", Kind::Text, &["fuzz/seeds/audit"], audit_log),
    parser("initial-pods", Kind::Text, &["fuzz/seeds/kubectl-pods"], initial_pods),
    parser("kubectl-pods", Kind::Text, &["fuzz/seeds/kubectl-pods"], kubectl_pods),
    parser("kubectl-events", Kind::Text, &["fuzz/seeds/kubectl-events"], kubectl_events),
    parser("access-i32be", Kind::Bytes, &["fuzz/seeds/access-i32be"], |input| {
        accesses(input, AccessFormat::I32Be)
    }),
    parser("access-lines", Kind::Text, &["fuzz/seeds/access-lines"], |input| {
        accesses(input, AccessFormat::Lines)
    }),
    parser("twitter-csv", Kind::Text, &["fuzz/seeds/twitter-csv"], |input| {
        accesses(input, AccessFormat::TwitterCsv)
    }),
    parser("gzip", Kind::Gzip, &["fuzz/seeds/gzip"], packed),
    parser("xz", Kind::Xz, &["fuzz/seeds/xz"], packed),
    parser("trace", Kind::Trace, &[], trace_file),
    parser("trace-lines", Kind::TraceLines, &[], trace_lines),
    parser("scenario", Kind::Text, SCENARIOS, scenario),
];

type Imported = Result<(Trace, ImportReport), ImportError>;

/// A trace that was made of an input can be written, read and shown.
fn check(imported: Imported) -> Result<(), String> {
    let (trace, report) = imported.map_err(|error| error.to_string())?;
    assert!(!report.to_string().is_empty());
    serde_json::to_string(&report).expect("a report is JSON");
    let mut file = Vec::new();
    let written = write(&trace, &mut file).expect("memory can be written to");
    let (again, hash) = read_hashed(file.as_slice(), LABEL).expect("what was written is read");
    assert!(again == trace && hash == written.hash, "it is not read as it was written");
    let known = report.rows_used + report.skipped.values().sum::<u64>();
    assert!(known <= report.rows_read + report.rows_used, "more rows than were read");
    Ok(())
}

fn lifecycles(input: &[u8]) -> Result<(), String> {
    let superpose = Superpose { copies: Copies::Exactly(3), shift_ms: 500 };
    let preset = Options::preset("openb-2023").expect("it is a preset");
    let options =
        Options { nodes: 5, superpose, last_s: Some(1e6), speed: Speed::Warped(100.0), ..preset };
    check(lifecycle_csv::import(input, LABEL, &options))
}

/// The first line is a mapping, the rest a pod list with other columns.
fn column_map(input: &[u8]) -> Result<(), String> {
    let end = input.iter().position(|&byte| byte == b'\n').unwrap_or(input.len());
    let (mapping, rows) = input.split_at(end);
    let preset = Options::preset("csv").expect("it is a preset");
    let mapping = String::from_utf8_lossy(mapping);
    let columns = preset.columns.mapped(&mapping);
    // A mapping has no file.
    let columns = columns.map_err(|error| format!("{LABEL}: {error}"))?;
    let copies = Superpose { copies: Copies::UntilAlive(40), shift_ms: 1 };
    let options = Options { columns, nodes: 5, superpose: copies, ..preset };
    check(lifecycle_csv::import(rows, LABEL, &options))
}

fn histories() -> HistoryOptions {
    HistoryOptions { nodes: Some(5), ..HistoryOptions::default() }
}

fn audit_log(input: &[u8]) -> Result<(), String> {
    check(audit::import(input, LABEL, None, &histories()))
}

/// The pods before a short log.
fn initial_pods(input: &[u8]) -> Result<(), String> {
    const LOG: &[u8] = include_bytes!("../../fuzz/seeds/audit/short.jsonl");
    let initial = kubectl::read_initial_pods(input, LABEL).map_err(|error| error.to_string())?;
    check(audit::import(LOG, LABEL, Some(&initial), &histories()))
}

fn kubectl_pods(input: &[u8]) -> Result<(), String> {
    check(kubectl::import_pods(input, LABEL, &histories()))
}

fn kubectl_events(input: &[u8]) -> Result<(), String> {
    let options = HistoryOptions { speed: Speed::Warped(0.5), ..histories() };
    check(kubectl::import_events(input, LABEL, None, &options))
}

fn accesses(input: &[u8], format: AccessFormat) -> Result<(), String> {
    // Half of the inputs each way.
    let cold = input.len() % 2 == 1;
    let preload = if cold { Preload::None } else { Preload::All };
    let timed = cold && format == AccessFormat::TwitterCsv;
    let speed = if timed { Speed::Warped(3.0) } else { Speed::AsFastAsPossible };
    check(access::import(input, LABEL, &AccessOptions { format, preload, speed }))
}

/// Anything packed, as lines: every text is some.
fn packed(input: &[u8]) -> Result<(), String> {
    accesses(input, AccessFormat::Lines)
}

fn trace_file(input: &[u8]) -> Result<(), String> {
    let (trace, _) = read_hashed(input, LABEL).map_err(|error| error.to_string())?;
    let keys: u64 = trace.header.maps.iter().map(|map| u64::from(map.keys)).sum();
    // What was read may break a rule of traces that reading does not check, but not panic. The
    // figures of a map take as much memory as the map has keys, as the file says.
    if keys < MOST_KEYS {
        let _ = trace.audit();
    }
    Ok(())
}

/// Keys of a trace whose figures are computed.
const MOST_KEYS: u64 = 1 << 20;

/// A trace that was read can be written and is read as the same.
fn trace_lines(input: &[u8]) -> Result<(), String> {
    let trace = json_lines::read(input, LABEL).map_err(|error| error.to_string())?;
    let mut text = Vec::new();
    json_lines::write(&trace, &mut text).expect("memory can be written to");
    let again = json_lines::read(text.as_slice(), LABEL).expect("what was written is read");
    assert!(again == trace, "it is not read as it was written");
    Ok(())
}

fn scenario(input: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(input);
    Scenario::from_toml(LABEL, &text).map(|_| ()).map_err(|error| error.to_string())
}
