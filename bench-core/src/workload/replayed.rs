//! Popularity as a trace file has it: its accesses in their order, or how often each key is
//! accessed. The scenario names the file; whoever reads scenario files reads it and hands it in,
//! because workloads open no file.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{MAX_OPS, WorkloadError};
use crate::trace::{Trace, TraceHash, ops_in};

/// Popularity of a trace file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replayed {
    /// Path of the `.mbt` file, relative to the scenario file.
    pub file: String,
    /// What is taken from it.
    pub by: ReplayBy,
    /// Id of the map whose accesses are meant; the first one if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<String>,
    /// Hash of the file that was handed in.
    #[serde(skip_deserializing)]
    pub hash: Option<String>,
    /// What was handed in.
    #[serde(skip)]
    accesses: Option<Arc<Accesses>>,
}

/// What is taken from a trace file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplayBy {
    /// Its accesses in event order, from the first one again after the last one.
    Order,
    /// How often each rank is accessed; every access is drawn by itself.
    Ranks,
}

/// The accesses to one map of a trace.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Accesses {
    /// The popularity rank of the accessed key, per access; of equals the lower key has the lower
    /// rank.
    pub(crate) ranks: Vec<u32>,
    /// Accesses per rank, descending.
    counts: Vec<u64>,
}

impl Replayed {
    /// Takes the accesses from the trace that the file holds.
    pub(crate) fn supply(&mut self, trace: &Trace, hash: TraceHash) -> Result<(), WorkloadError> {
        let wrong = |what: String| {
            Err(WorkloadError::parameter("popularity", format!("replay: `{}` {what}", self.file)))
        };
        let maps = &trace.header.maps;
        let named = self.map.as_ref();
        let position = named.map_or(Some(0), |id| maps.iter().position(|map| map.id == *id));
        let Some(map) = position else {
            let ids: Vec<&str> = maps.iter().map(|map| map.id.as_str()).collect();
            return wrong(format!("has not the map that is asked for; use {}", ids.join(", ")));
        };
        let counts = trace.key_counts(map).unwrap_or_default();
        let accesses: u64 = counts.iter().sum();
        if accesses == 0 || accesses > MAX_OPS {
            return wrong(format!(
                "has {accesses} accesses to {}; use a file with 1 to {MAX_OPS}",
                maps[map].id
            ));
        }
        self.accesses = Some(Arc::new(Accesses::of(trace, map, &counts)));
        self.hash = Some(hash.to_string());
        Ok(())
    }

    /// Whether both ask for the same part of the same file.
    pub(crate) fn is_asked_for_as(&self, other: &Replayed) -> bool {
        (&self.file, self.by, &self.map) == (&other.file, other.by, &other.map)
    }

    /// Whether the file has been handed in.
    pub(crate) fn is_supplied(&self) -> bool {
        self.accesses.is_some()
    }

    /// Checks that a file that was handed in has no more keys than there are.
    pub(crate) fn check(&self, keys: u32) -> Result<(), WorkloadError> {
        let distinct = self.accesses.as_ref().map_or(0, |accesses| accesses.counts.len());
        if distinct > keys as usize {
            return Err(WorkloadError::parameter(
                "popularity",
                format!("replay: `{}` accesses {distinct} keys; use at least as many", self.file),
            ));
        }
        Ok(())
    }

    /// Weights of `keys` ranks: those beyond the file's keys are never accessed.
    pub(crate) fn weights(&self, keys: u32) -> Vec<f64> {
        let counts = self.accesses.iter().flat_map(|accesses| &accesses.counts);
        let weights = counts.map(|&count| count as f64).chain(std::iter::repeat(0.0));
        weights.take(keys as usize).collect()
    }

    /// The accesses of a checked replay by order.
    pub(crate) fn in_order(&self) -> Option<Arc<Accesses>> {
        self.accesses.clone().filter(|_| self.by == ReplayBy::Order)
    }
}

impl Accesses {
    fn of(trace: &Trace, map: usize, counts: &[u64]) -> Self {
        let mut by_rank: Vec<u32> =
            (0..counts.len() as u32).filter(|&key| counts[key as usize] > 0).collect();
        by_rank.sort_by_key(|&key| std::cmp::Reverse(counts[key as usize]));
        let mut rank_of = vec![0; counts.len()];
        for (rank, &key) in by_rank.iter().enumerate() {
            rank_of[key as usize] = rank as u32;
        }
        let keys = counts.len() as u64;
        let mut ranks = Vec::new();
        for (op, count) in trace.in_order().flat_map(|event| ops_in(event.words)) {
            if op.map() == map && op.kind().is_some_and(crate::op::OpKind::accesses_a_key) {
                let range = u64::from(op.key())..u64::from(op.key()) + u64::from(count);
                ranks.extend(range.map(|key| rank_of[(key % keys) as usize]));
            }
        }
        let counts = by_rank.iter().map(|&key| counts[key as usize]).collect();
        Accesses { ranks, counts }
    }
}
