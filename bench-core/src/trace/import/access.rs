//! Imports of key-access traces: big-endian i32 keys without anything else (cache2k), one key per
//! line, and the CSV of Twitter's cache clusters. They become ops on one map whose keys are numbered
//! in the order of their first access. Reads nothing but the reader it is given.

mod i32_be;
mod lines;
mod twitter;

use std::collections::BTreeMap;
use std::io::Read;

use serde::Serialize;

use super::input::unpacked;
use super::interner::Interner;
use super::key_figures::KeyTally;
use super::pace::Speed;
use super::report::ImportReport;
use super::{ImportError, Place, file_name};
use crate::key::KeyRule;
use crate::op::{OpKind, OpWord};
use crate::trace::{ActorSpec, Deal, Draft, MapSpec, Shape, Stream, Trace};
use crate::workload::MAX_OPS;

/// How a recording of key accesses is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum AccessFormat {
    /// Four bytes per access, big-endian, all reads.
    I32Be,
    /// One key per line, all reads.
    Lines,
    /// `timestamp,key,key size,value size,client,op,TTL`.
    TwitterCsv,
}

/// Which keys are present before the first access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preload {
    /// All: a read finds its key, unless the recording removed it.
    All,
    /// None: a read of a key that is absent inserts it, as a cache does that loads it.
    None,
}

/// How to import.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AccessOptions {
    /// How the recording is written.
    pub format: AccessFormat,
    /// Which keys are present before the first access.
    pub preload: Preload,
    /// How fast recorded time passes.
    pub speed: Speed,
}

impl AccessFormat {
    /// The name in commands, traces and reports.
    pub const fn name(self) -> &'static str {
        match self {
            AccessFormat::I32Be => "access-i32be",
            AccessFormat::Lines => "access-lines",
            AccessFormat::TwitterCsv => "twitter-csv",
        }
    }
}

/// Imports a recording of key accesses; `label` names it in errors, in the report and in the trace.
pub fn import(
    input: impl Read,
    label: &str,
    options: &AccessOptions,
) -> Result<(Trace, ImportReport), ImportError> {
    options.speed.check()?;
    let timed = options.format == AccessFormat::TwitterCsv;
    if options.speed != Speed::AsFastAsPossible && !timed {
        let format = options.format.name();
        let what = format!("recordings of {format} have no times; leave `--time-warp` out");
        return Err(ImportError::Option { what });
    }
    let unread = |error| ImportError::read(label, Place::Start, &error);
    let input = unpacked(input).map_err(unread)?;
    let mut accesses = Accesses::new(label, *options);
    match options.format {
        AccessFormat::I32Be => i32_be::read(input, &mut accesses)?,
        AccessFormat::Lines => lines::read(input, &mut accesses)?,
        AccessFormat::TwitterCsv => twitter::read(input, &mut accesses)?,
    }
    accesses.finish()
}

/// What an access does to its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Reads it.
    Read,
    /// Stores it, whether it is present or not.
    Set,
    /// Stores it if it is absent.
    Add,
    /// Stores it if it is present.
    Replace,
    /// Reads, changes and stores it if it is present.
    Change,
    /// Removes it.
    Delete,
}

/// The accesses read so far, as ops.
struct Accesses<'a> {
    label: &'a str,
    options: AccessOptions,
    keys: Interner,
    tally: KeyTally,
    words: Vec<u32>,
    /// Start of every access in `words`, and its recorded time; empty where no time is kept.
    events: Vec<u32>,
    times_ns: Vec<i64>,
    /// By key, whether it is absent at this point.
    absent: Vec<bool>,
    rows: u64,
    skipped: BTreeMap<String, u64>,
    notes: Vec<String>,
    out_of_order: u64,
}

impl<'a> Accesses<'a> {
    fn new(label: &'a str, options: AccessOptions) -> Self {
        Accesses {
            label,
            options,
            keys: Interner::default(),
            tally: KeyTally::default(),
            words: Vec::new(),
            events: Vec::new(),
            times_ns: Vec::new(),
            absent: Vec::new(),
            rows: 0,
            skipped: BTreeMap::new(),
            notes: Vec::new(),
            out_of_order: 0,
        }
    }

    fn skip(&mut self, reason: &str) {
        *self.skipped.entry(reason.to_owned()).or_default() += 1;
    }

    /// Adds an access to the key of a hash. `at` says where it stands, should it be one too many.
    #[inline]
    fn add(
        &mut self,
        access: Access,
        hash: u64,
        at: impl Fn() -> Place,
    ) -> Result<(), ImportError> {
        let too_many = |what| ImportError::TooMany { label: self.label.to_owned(), at: at(), what };
        let Some((key, is_new)) = self.keys.number(hash) else {
            return Err(too_many("16,777,216 different keys"));
        };
        if self.words.len() as u64 + 2 > MAX_OPS {
            return Err(too_many("268,435,456 ops"));
        }
        if is_new {
            self.absent.push(self.options.preload == Preload::None);
        }
        self.tally.access(key);
        if self.options.speed != Speed::AsFastAsPossible {
            self.events.push(self.words.len() as u32);
        }
        self.emit(access, key);
        Ok(())
    }

    #[inline]
    fn emit(&mut self, access: Access, key: u32) {
        let absent = &mut self.absent[key as usize];
        let fills = self.options.format != AccessFormat::TwitterCsv;
        let (kind, absent_after) = match (access, *absent) {
            (Access::Read, false) | (Access::Replace | Access::Change, true) => {
                (OpKind::Get, *absent)
            }
            (Access::Read, true) => {
                self.words.push(OpWord::new(OpKind::Get, 0, key).0);
                if !fills {
                    return;
                }
                (OpKind::Insert, false)
            }
            (Access::Set, true) => (OpKind::Insert, false),
            (Access::Set | Access::Replace, false) => (OpKind::Overwrite, false),
            (Access::Add, _) => (OpKind::InsertIfAbsent, false),
            (Access::Change, false) => (OpKind::Update, false),
            (Access::Delete, _) => (OpKind::Remove, true),
        };
        *absent = absent_after;
        self.words.push(OpWord::new(kind, 0, key).0);
    }

    fn finish(mut self) -> Result<(Trace, ImportReport), ImportError> {
        if self.words.is_empty() {
            return Err(ImportError::Empty { label: self.label.to_owned(), rows: self.rows });
        }
        let keys = self.keys.len();
        // Everything that is known of keys is needed no more, and finishing takes memory.
        drop(std::mem::take(&mut self.keys));
        let figures = self.tally.figures();
        drop(std::mem::take(&mut self.tally));
        let format = self.options.format.name();
        let preload = if self.options.preload == Preload::All { keys } else { 0 };
        let (actor, stream) = self.worker();
        let draft = Draft {
            name: format!("{format}/{}", file_name(self.label)),
            generator: "mapbench access 1".to_owned(),
            seed: 0,
            parameters: serde_json::json!({ "options": self.options }),
            shape: shape(&self.absent, preload),
            unit: None,
            maps: vec![MapSpec {
                id: "M".to_owned(),
                name: "recorded keys".to_owned(),
                key_rule: KeyRule::NsName,
                keys,
                preload,
                peak: 0,
            }],
            actors: vec![actor],
            streams: vec![stream],
        };
        let label = self.label.to_owned();
        let trace = draft.finish().map_err(|source| ImportError::Trace { label, source })?;
        let mut report = ImportReport::new(format, self.label, &trace);
        report.rows_read = self.rows;
        report.rows_used = figures.map_or(0, |figures| figures.accesses);
        report.skipped = self.skipped;
        report.keys = figures;
        report.distinct_keys = u64::from(keys);
        report.notes = self.notes;
        if self.out_of_order > 0 {
            let reason = "earlier than the access before: replayed at that one's time";
            report.approximations.insert(reason.to_owned(), self.out_of_order);
        }
        report.notes.push(preload_note(self.options).to_owned());
        Ok((trace, report))
    }

    /// Reads balance over all threads; accesses at their times are events.
    fn worker(&mut self) -> (ActorSpec, Stream) {
        let words = std::mem::take(&mut self.words);
        if self.options.speed == Speed::AsFastAsPossible {
            return (ActorSpec::new("worker", Deal::Op), Stream::of(words));
        }
        self.options.speed.worker(words, std::mem::take(&mut self.events), &self.times_ns, 1.0)
    }
}

/// A recording that ends with the keys with which it began may loop.
fn shape(absent: &[bool], preload: u32) -> Shape {
    let stayed = preload > 0 && absent.iter().all(|&absent| !absent);
    if stayed { Shape::Steady } else { Shape::OneShot }
}

fn preload_note(options: AccessOptions) -> &'static str {
    match (options.preload, options.format) {
        (Preload::All, _) => {
            "all keys are present from the start (`--preload all`); with `--preload none` the map \
             starts empty"
        }
        (Preload::None, AccessFormat::TwitterCsv) => {
            "the map starts empty (`--preload none`): a read misses until the recording sets its key"
        }
        (Preload::None, _) => {
            "the map starts empty (`--preload none`): a read that misses inserts its key"
        }
    }
}
