//! How often each key of a trace is accessed. Ranges count in constant time, so that a trace of a
//! hundred million ops in a million records is counted as fast as its records are read.

use serde::Serialize;

use super::{MapSpec, Stream, TopKey, Trace};
use crate::op::{OpKind, OpWord};

/// How accesses to one map are spread over its keys.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KeyShares {
    /// Ops that name a key.
    pub accesses: u64,
    /// Different keys among them.
    pub distinct: u32,
    /// Share of the most accessed key.
    pub top: f64,
    /// Share of the ten most accessed keys.
    pub top_10: f64,
    /// Share of the most accessed hundredth of the distinct keys.
    pub top_percent: f64,
}

impl Trace {
    /// How often each key of a map is accessed, by key; `None` if there is no such map.
    pub fn key_counts(&self, map: usize) -> Option<Vec<u64>> {
        let spec = self.header.maps.get(map)?;
        let mut counts = KeyCounts::new(spec.keys);
        for (op, count) in self.streams.iter().flat_map(Stream::ops) {
            if op.map() == map {
                counts.add(op, count);
            }
        }
        Some(counts.finish())
    }

    /// How the accesses to a map are spread over its keys; `None` if there is no such map or no
    /// op on it names a key.
    pub fn key_shares(&self, map: usize) -> Option<KeyShares> {
        KeyShares::of(&by_rank(self.key_counts(map)?))
    }
}

impl KeyShares {
    /// Of the counts of accessed keys, most accessed first; `None` without any.
    pub(super) fn of(ranked: &[u64]) -> Option<Self> {
        let accesses: u64 = ranked.iter().sum();
        let share = |keys: usize| ranked.iter().take(keys).sum::<u64>() as f64 / accesses as f64;
        (accesses > 0).then(|| KeyShares {
            accesses,
            distinct: ranked.len() as u32,
            top: share(1),
            top_10: share(10),
            top_percent: share(ranked.len().div_ceil(100)),
        })
    }
}

/// The counts of keys that are accessed at all, most accessed first.
pub(super) fn by_rank(mut counts: Vec<u64>) -> Vec<u64> {
    counts.retain(|&count| count > 0);
    counts.sort_unstable_by(|one, other| other.cmp(one));
    counts
}

/// How often each key of each map is accessed in checked streams, and the ops.
pub(super) fn of_all(maps: &[MapSpec], streams: &[Stream]) -> (Vec<Vec<u64>>, u64) {
    let mut counts: Vec<KeyCounts> = maps.iter().map(|map| KeyCounts::new(map.keys)).collect();
    let mut ops = 0_u64;
    for (op, count) in streams.iter().flat_map(Stream::ops) {
        counts[op.map()].add(op, count);
        ops += u64::from(count);
    }
    (counts.into_iter().map(KeyCounts::finish).collect(), ops)
}

/// The most accessed key of checked streams, by map and key the first of equals.
pub(super) fn top_key(maps: &[MapSpec], streams: &[Stream]) -> Option<TopKey> {
    let (counts, ops) = of_all(maps, streams);
    top_of(&counts, ops)
}

/// The same of counts per map and key.
pub(super) fn top_of(counts: &[Vec<u64>], ops: u64) -> Option<TopKey> {
    let mut top: Option<(u64, usize, usize)> = None;
    for (map, counts) in counts.iter().enumerate() {
        for (key, &count) in counts.iter().enumerate() {
            if count > top.map_or(0, |top| top.0) {
                top = Some((count, map, key));
            }
        }
    }
    top.map(|(count, map, key)| TopKey {
        map: map as u32,
        key: key as u32,
        share: count as f64 / ops as f64,
    })
}

/// Counts accesses to the keys of one map.
struct KeyCounts {
    single: Vec<u32>,
    /// Ranges as changes of the count from one key to the next; empty before the first range.
    steps: Vec<i64>,
    /// Accesses to every key alike.
    rounds: u64,
}

impl KeyCounts {
    fn new(keys: u32) -> Self {
        KeyCounts { single: vec![0; keys as usize], steps: Vec::new(), rounds: 0 }
    }

    #[inline]
    fn add(&mut self, op: OpWord, count: u32) {
        match op.kind() {
            Some(OpKind::Range) => self.add_range(op.key() as usize, count as usize),
            Some(kind) if kind.accesses_a_key() => self.single[op.key() as usize] += 1,
            _ => {}
        }
    }

    fn add_range(&mut self, first: usize, count: usize) {
        let keys = self.single.len();
        if self.steps.is_empty() {
            self.steps = vec![0; keys + 1];
        }
        self.rounds += (count / keys) as u64;
        let rest = count % keys;
        let end = first + rest;
        self.steps[first] += 1;
        self.steps[end.min(keys)] -= 1;
        if end > keys {
            self.steps[0] += 1;
            self.steps[end - keys] -= 1;
        }
    }

    fn finish(self) -> Vec<u64> {
        let mut ranges = 0_i64;
        let steps = self.steps.into_iter().chain(std::iter::repeat(0));
        let counts = self.single.into_iter().zip(steps).map(|(single, step)| {
            ranges += step;
            u64::from(single) + ranges.cast_unsigned() + self.rounds
        });
        counts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_count_every_key_that_they_come_round_to() {
        for (first, count) in [(0, 1), (2, 3), (3, 2), (4, 3), (1, 5), (3, 12), (0, 10)] {
            let mut counts = KeyCounts::new(5);
            counts.add_range(first, count);
            let mut expected = [0_u64; 5];
            for step in 0..count {
                expected[(first + step) % 5] += 1;
            }
            assert_eq!(counts.finish(), expected, "{count} from {first}");
        }
    }
}
