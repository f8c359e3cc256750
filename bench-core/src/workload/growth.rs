//! One map that grows from its preloaded keys to all of them, with reads in between: a fixed amount
//! of work, for resize costs. One-shot. The reads are of keys that were there from the start, so
//! that every one of them hits, whichever thread is ahead.

use std::collections::BTreeSet;

use serde::Serialize;

use super::random::{Purpose, Random};
use super::{WorkloadError, check_keys, check_ops};
use crate::key::KeyRule;
use crate::op::{OpKind, OpWord};
use crate::trace::{ActorSpec, Deal, Draft, MapSpec, Shape, Stream};

/// One map that grows from its first key to its last.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Growth {
    /// Keys at the end.
    pub keys: u32,
    /// Keys that are present before the first op.
    pub preload: u32,
    /// Gets of preloaded keys after each insert.
    pub gets_per_insert: u32,
    /// How string keys are spelled.
    pub key_rule: KeyRule,
}

impl Growth {
    pub(super) fn op_kinds(&self) -> BTreeSet<OpKind> {
        let reads = (self.gets_per_insert > 0).then_some(OpKind::Get);
        reads.into_iter().chain([OpKind::Insert]).collect()
    }

    pub(super) fn check(&self) -> Result<(), WorkloadError> {
        check_keys("keys", self.keys)?;
        if self.preload >= self.keys {
            return Err(WorkloadError::parameter(
                "preload",
                format!("is {}; use less than the {} keys there are", self.preload, self.keys),
            ));
        }
        if self.gets_per_insert > 0 && self.preload == 0 {
            return Err(WorkloadError::parameter(
                "gets_per_insert",
                "needs keys to read: set preload to at least 1",
            ));
        }
        let inserts = u64::from(self.keys - self.preload);
        check_ops("gets_per_insert", inserts * (1 + u64::from(self.gets_per_insert)))
    }

    pub(super) fn draft(&self, name: &str, seed: u64) -> Draft {
        let arrivals =
            Random::stream(seed, Purpose::Spread, 0).permutation(self.keys - self.preload);
        let mut random = Random::stream(seed, Purpose::Ops, 0);
        let mut words = Vec::new();
        for arrival in arrivals {
            words.push(OpWord::new(OpKind::Insert, 0, self.preload + arrival).0);
            words.extend(
                (0..self.gets_per_insert)
                    .map(|_| OpWord::new(OpKind::Get, 0, random.below(self.preload)).0),
            );
        }
        Draft {
            name: name.to_owned(),
            generator: "mapbench growth 1".to_owned(),
            seed,
            parameters: serde_json::json!({ "growth": self }),
            shape: Shape::OneShot,
            unit: None,
            maps: vec![MapSpec {
                id: "M".to_owned(),
                name: "map".to_owned(),
                key_rule: self.key_rule,
                keys: self.keys,
                preload: self.preload,
                peak: 0,
            }],
            actors: vec![ActorSpec::new("worker", Deal::Op)],
            streams: vec![Stream::of(words)],
        }
    }
}
