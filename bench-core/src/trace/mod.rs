//! A trace: the immutable, seeded sequence of ops that a workload turned into, with the map table
//! and the final state that every run of it must reach. Reading and writing files is `format`'s.

mod audit;
mod draft;
mod figures;
mod fixed_keys;
pub mod format;
pub mod import;
pub mod json_lines;
mod key_counts;
mod key_set;
mod order;
mod replay;
mod rules;

use serde::{Deserialize, Serialize};

pub use audit::Difference;
pub use draft::Draft;
pub use figures::{ActorFigures, Figures, LAP_PARTS, Lap, Live, MapFigures};
pub use format::{FormatError, TraceHash, Written, hash, read, read_hashed, write};
pub use key_counts::KeyShares;
pub use key_set::KeySet;
pub use order::Event;
pub use replay::Replay;
pub use rules::TraceError;

use crate::key::KeyRule;
use crate::op::OpWord;

/// Most actors of a trace.
pub const MAX_ACTORS: usize = 1024;

/// Whether a trace may be looped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// One lap ends with the keys with which it began: rounds may loop and stop anywhere.
    Steady,
    /// A fixed amount of work: the maps are rebuilt for each round, and a round is the whole trace.
    OneShot,
}

/// How the ops of an actor are dealt to its threads. In a trace whose events have an order, `Op` and
/// `Event` are as `Whole`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deal {
    /// Op by op: ordered writes to one key stay on one thread, everything else balances.
    Op,
    /// Event by event: all ops of one event, and all events of one subject, stay on one thread.
    Event,
    /// All ops on one thread: the first actor that is dealt so gets the first thread, the next one
    /// the second, and round again.
    Whole,
    /// Event by event to the threads in turn, whatever the subject.
    Turns,
    /// Every event is divided: its ranges among all threads, other ops to one of them.
    Shares,
}

/// One map of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapSpec {
    /// Short id, e.g. `M9`.
    pub id: String,
    /// What it is, e.g. `pod states`.
    pub name: String,
    /// How its string keys are spelled.
    pub key_rule: KeyRule,
    /// Size of the key space: every key index is below it.
    pub keys: u32,
    /// Keys `0..preload` are present before the first op.
    pub preload: u32,
    /// Most entries alive at once, in event order.
    pub peak: u32,
}

/// One actor of a trace: a role whose threads share one stream of ops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorSpec {
    /// The role, e.g. `worker`.
    pub name: String,
    /// How its ops are dealt to threads.
    pub deal: Deal,
    /// When its events are due; `None` runs them one after the other, without a pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
}

impl ActorSpec {
    /// An actor without a pace.
    pub fn new(name: &str, deal: Deal) -> Self {
        ActorSpec { name: name.to_owned(), deal, pace: None }
    }
}

/// Open loop: every event of an actor is due at its time, whether the one before has ended or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// From the start of one lap to the start of the next; beyond the time of the last event.
    /// Nanoseconds.
    pub lap_ns: u64,
}

/// What the ops of a trace amount to, e.g. pods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// What is counted, in the plural: `pods`.
    pub name: String,
    /// How many of them one pass over the trace is.
    pub count: u64,
}

/// The key that most ops of a trace access.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TopKey {
    /// Position of its map.
    pub map: u32,
    /// The key.
    pub key: u32,
    /// Ops that access it, as a share of all ops.
    pub share: f64,
}

/// What a map holds after one pass over the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinalState {
    /// Entries.
    pub len: u32,
    /// Wrapping sum of [`scramble`](crate::key::scramble) over the indices of the present keys.
    pub key_checksum: u64,
}

/// What a trace says about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceHeader {
    /// Canonical scenario name, or the import's format and file name.
    pub name: String,
    /// Name and version of the generator.
    pub generator: String,
    /// The seed.
    pub seed: u64,
    /// The parameters, as the generator understood them.
    pub parameters: serde_json::Value,
    /// Whether it may be looped.
    pub shape: Shape,
    /// The maps, by position.
    pub maps: Vec<MapSpec>,
    /// The actors, by position of their stream.
    pub actors: Vec<ActorSpec>,
    /// What the ops amount to, if they amount to something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// Ops in all streams, a range counting as many as its count.
    pub ops: u64,
    /// The state of each map after one pass.
    pub expected: Vec<FinalState>,
    /// Hit share of the reads in event order, `None` if there are none.
    pub hit_share: Option<f64>,
    /// Share of all ops that are writes which change something, in event order.
    pub effective_write_share: f64,
    /// The most accessed key; `None` if no op names a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_key: Option<TopKey>,
}

/// The ops of one actor, in event order.
///
/// A trace of several actors is either *ordered*: every event of every stream has a number, and
/// may follow one with a lower number; or its actors are independent: then no key that one of them
/// writes in order (by anything but `update`) is written by another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stream {
    /// Packed [`OpWord`]s. A `range` word is followed by one plain word, its count.
    pub words: Vec<u32>,
    /// Start positions of events in `words`, ascending; empty where ops are dealt one by one.
    /// The first op of an event names its subject (the key whose events stay together).
    pub events: Vec<u32>,
    /// Per event: its number in the order of all actors' events. Over all streams of an ordered
    /// trace the numbers are `0..n`, each once, ascending in each stream; empty in other traces.
    pub numbers: Vec<u32>,
    /// Per event: the number of the event that must have ended before it begins, or
    /// [`Stream::FREE`]. The events of a stream that is not dealt in `Turns` or `Shares` follow
    /// each other anyway. Empty like `numbers`.
    pub follows: Vec<u32>,
    /// Per event: when it is due, from the start of the lap, ascending. Nanoseconds. Empty where
    /// the actor has no pace.
    pub times_ns: Vec<u64>,
}

/// A trace in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// What it says about itself.
    pub header: TraceHeader,
    /// One stream per actor.
    pub streams: Vec<Stream>,
}

impl Stream {
    /// Stands in `follows` for an event that follows none.
    pub const FREE: u32 = u32::MAX;

    /// A stream without events.
    pub fn of(words: Vec<u32>) -> Self {
        Stream { words, ..Stream::default() }
    }

    /// A stream of events of one actor.
    pub fn of_events(words: Vec<u32>, events: Vec<u32>) -> Self {
        Stream { words, events, ..Stream::default() }
    }

    /// The words of an event.
    pub fn words_of(&self, event: usize) -> &[u32] {
        let start = self.events[event] as usize;
        let end = self.events.get(event + 1).map_or(self.words.len(), |&end| end as usize);
        &self.words[start..end]
    }

    /// The ops with their counts: 1, or the length of a range.
    pub fn ops(&self) -> impl Iterator<Item = (OpWord, u32)> + '_ {
        ops_in(&self.words)
    }
}

/// The ops of some words with their counts: 1, or the length of a range.
pub fn ops_in(words: &[u32]) -> impl Iterator<Item = (OpWord, u32)> + '_ {
    let mut words = words.iter();
    std::iter::from_fn(move || {
        let word = OpWord(*words.next()?);
        let count = match word.kind() {
            Some(crate::op::OpKind::Range) => *words.next()?,
            _ => 1,
        };
        Some((word, count))
    })
}
