//! A trace: the immutable, seeded sequence of ops that a workload turned into, with the map table
//! and the final state that every run of it must reach. Reading and writing files is `format`'s.

pub mod format;
pub mod import;
mod key_set;
mod replay;

use serde::{Deserialize, Serialize};

pub use format::{FormatError, TraceHash, Written, hash, read, read_hashed, write};
pub use key_set::KeySet;
pub use replay::{Draft, KeyShares, Replay, TraceError};

use crate::key::KeyRule;
use crate::op::OpWord;

/// Whether a trace may be looped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// One lap ends with the keys with which it began: rounds may loop and stop anywhere.
    Steady,
    /// A fixed amount of work: the maps are rebuilt for each round, and a round is the whole trace.
    OneShot,
}

/// How the ops of an actor are dealt to its threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deal {
    /// Op by op: ordered writes to one key stay on one thread, everything else balances.
    Op,
    /// Event by event: all ops of one event, and all events of one subject, stay on one thread.
    Event,
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
    /// Ops in all streams, a range counting as many as its count.
    pub ops: u64,
    /// The state of each map after one pass.
    pub expected: Vec<FinalState>,
    /// Hit share of the reads in event order, `None` if there are none.
    pub hit_share: Option<f64>,
    /// Share of all ops that are writes which change something, in event order.
    pub effective_write_share: f64,
}

/// The ops of one actor, in event order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stream {
    /// Packed [`OpWord`]s. A `range` word is followed by one plain word, its count.
    pub words: Vec<u32>,
    /// Start positions of events in `words`, ascending; empty where ops are dealt one by one.
    /// The first op of an event names its subject (the key whose events stay together).
    pub events: Vec<u32>,
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
    /// The ops with their counts: 1, or the length of a range.
    pub fn ops(&self) -> impl Iterator<Item = (OpWord, u32)> + '_ {
        let mut words = self.words.iter();
        std::iter::from_fn(move || {
            let word = OpWord(*words.next()?);
            let count = match word.kind() {
                Some(crate::op::OpKind::Range) => *words.next()?,
                _ => 1,
            };
            Some((word, count))
        })
    }
}
