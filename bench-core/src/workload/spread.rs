//! Which key a popularity rank stands for, and how a drift changes that as the trace goes on.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::random::{Purpose, Random};
use super::{MAX_OPS, WorkloadError};

/// Popular keys change places with unpopular ones as the trace goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    /// How many of the most popular ranks take part.
    pub top: u32,
    /// How many of them change places each time.
    pub swap: u32,
    /// Ops between two changes.
    pub every_ops: u64,
}

/// Most keys by rank that the epochs of a drift may take together: 1 GiB.
const MAX_DRIFTED: u64 = MAX_OPS;

impl Drift {
    /// Checks the parameters for a number of keys and ops.
    pub(crate) fn check(&self, keys: u32, ops: u64) -> Result<(), WorkloadError> {
        let Drift { top, swap, every_ops } = *self;
        if every_ops == 0 {
            return Err(WorkloadError::parameter("drift.every_ops", "is 0; use at least 1"));
        }
        if swap > top || u64::from(top) + u64::from(swap) > u64::from(keys) {
            return Err(WorkloadError::parameter(
                "drift",
                format!(
                    "swaps {swap} of the top {top} of {keys} keys; use swap ≤ top and top + swap ≤ keys"
                ),
            ));
        }
        let epochs = ops.div_ceil(every_ops);
        if epochs.saturating_mul(u64::from(keys)) > MAX_DRIFTED {
            return Err(WorkloadError::parameter(
                "drift.every_ops",
                format!(
                    "changes the popularity of {keys} keys {epochs} times; use a higher number"
                ),
            ));
        }
        Ok(())
    }
}

/// Rank → key, as it is in each epoch of a drift; without a drift there is one epoch.
#[derive(Debug)]
pub(crate) struct Spread {
    epochs: Vec<Vec<u32>>,
    every_ops: u64,
}

impl Spread {
    /// The ranks of `keys` keys in random order, which maps of other numbers have other orders of.
    pub(crate) fn shuffled(keys: u32, seed: u64, map: u8) -> Self {
        let first = Random::stream(seed, Purpose::Spread, u64::from(map)).permutation(keys);
        Spread { epochs: vec![first], every_ops: u64::MAX }
    }

    /// Every rank stands for its own number.
    pub(crate) fn in_order(keys: u32) -> Self {
        Spread { epochs: vec![(0..keys).collect()], every_ops: u64::MAX }
    }

    /// With a checked drift over a trace of `ops` ops.
    #[must_use]
    pub(crate) fn drifting(mut self, drift: &Drift, ops: u64, seed: u64) -> Self {
        self.every_ops = drift.every_ops;
        for epoch in 1..ops.div_ceil(drift.every_ops) {
            let mut keys_by_rank = self.epochs[epoch as usize - 1].clone();
            let keys = keys_by_rank.len() as u32;
            let mut random = Random::stream(seed, Purpose::Drift, epoch);
            let leaving = random.permutation(drift.top);
            // A rank that was taken once would bring back the key that has just left for it.
            let mut taken = BTreeSet::new();
            for &rank in &leaving[..drift.swap as usize] {
                let mut outside = drift.top + random.below(keys - drift.top);
                while !taken.insert(outside) {
                    outside = drift.top + random.below(keys - drift.top);
                }
                keys_by_rank.swap(rank as usize, outside as usize);
            }
            self.epochs.push(keys_by_rank);
        }
        self
    }

    /// The keys by rank at an op, and the first op at which they change.
    pub(crate) fn at(&self, op: u64) -> (&[u32], u64) {
        let epoch = op / self.every_ops;
        let until = (epoch + 1).saturating_mul(self.every_ops);
        (&self.epochs[epoch as usize], until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn popularity_says_nothing_about_the_key_index() {
        // The mean index of the 100 most popular of 10,000 keys is that of any 100 keys.
        let spread = Spread::shuffled(10_000, 1, 0);
        let (keys_by_rank, _) = spread.at(0);
        let mean = keys_by_rank[..100].iter().sum::<u32>() / 100;
        assert!((4_000..6_000).contains(&mean), "{mean}");
    }

    #[test]
    fn a_drift_replaces_so_many_of_the_top_each_time() {
        let drift = Drift { top: 400, swap: 240, every_ops: 500 };
        let spread = Spread::shuffled(76_000, 1, 0).drifting(&drift, 2_000, 1);
        for start in [0, 500, 1_000] {
            let (before, until) = spread.at(start);
            assert_eq!(until, start + 500);
            let (after, _) = spread.at(until);
            let kept = after[..400].iter().filter(|key| before[..400].contains(key)).count();
            assert_eq!(kept, 160);
            let mut keys = after.to_vec();
            keys.sort_unstable();
            assert!(keys.into_iter().eq(0..76_000));
        }
    }
}
