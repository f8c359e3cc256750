//! How popular the keys of a map are: a law gives each popularity rank a weight, a seeded
//! permutation says which key has which rank, and a drift changes it as the trace goes on. Powers
//! come from the `libm` crate, so that no platform's own library decides a trace.

use serde::{Deserialize, Serialize};

use super::WorkloadError;
use super::alias::AliasTable;
use super::random::{Purpose, Random};

/// A law of popularity over ranks; rank 0 is the most popular key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Popularity {
    /// Every key alike.
    Uniform,
    /// Weight `(rank + 1)^-s`.
    Zipf {
        /// The exponent.
        s: f64,
    },
    /// Weight `(rank + 1 + q)^-s`: Zipf with a flattened head.
    ZipfMandelbrot {
        /// The exponent.
        s: f64,
        /// The shift of the rank.
        q: f64,
    },
    /// A share of the accesses goes to a share of the keys; both sides are uniform inside.
    Hotspot {
        /// Share of the accesses, 0 to 1.
        accesses: f64,
        /// Share of the keys, 0 to 1.
        keys: f64,
    },
    /// One key takes a share, the others the rest by another law.
    Hottest {
        /// Share of the one key, 0 to 1.
        share: f64,
        /// The law of the others.
        rest: Box<Popularity>,
    },
}

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

/// Some accesses repeat a recent key.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// Share of the ops that repeat, 0 to 1.
    pub share: f64,
    /// Greatest age of what is repeated; ages are log-uniform from 1. Ops.
    pub window_ops: u32,
}

impl Popularity {
    /// The weight of each rank. They need not sum to 1.
    pub(crate) fn weights(&self, keys: u32) -> Vec<f64> {
        let ranks = (0..keys).map(f64::from);
        match *self {
            Popularity::Uniform => vec![1.0; keys as usize],
            Popularity::Zipf { s } => ranks.map(|rank| libm::pow(rank + 1.0, -s)).collect(),
            Popularity::ZipfMandelbrot { s, q } => {
                ranks.map(|rank| libm::pow(rank + 1.0 + q, -s)).collect()
            }
            Popularity::Hotspot { accesses, keys: share } => {
                let hot = hot_keys(keys, share);
                let cold = keys - hot;
                let hot_weight = accesses / f64::from(hot);
                let cold_weight = (1.0 - accesses) / f64::from(cold.max(1));
                (0..keys).map(|rank| if rank < hot { hot_weight } else { cold_weight }).collect()
            }
            Popularity::Hottest { share, ref rest } => {
                let rest = rest.weights(keys - 1);
                let total: f64 = rest.iter().sum();
                std::iter::once(share)
                    .chain(rest.into_iter().map(|weight| weight / total * (1.0 - share)))
                    .collect()
            }
        }
    }

    /// Checks the parameters for a number of keys.
    pub(crate) fn check(&self, keys: u32) -> Result<(), WorkloadError> {
        let bad = |message: String| Err(WorkloadError::parameter("popularity", message));
        match *self {
            Popularity::Zipf { s } if !(0.0..=10.0).contains(&s) => {
                bad(format!("zipf.s is {s}; use 0 to 10"))
            }
            Popularity::ZipfMandelbrot { s, q }
                if !(0.0..=10.0).contains(&s) || !(0.0..=1e6).contains(&q) =>
            {
                bad(format!("zipf_mandelbrot has s = {s}, q = {q}; use s 0 to 10, q 0 to 1e6"))
            }
            Popularity::Hotspot { accesses, keys: share }
                if !is_positive_share(accesses) || !is_positive_share(share) =>
            {
                bad(format!(
                    "hotspot has accesses = {accesses}, keys = {share}; use shares over 0, up to 1"
                ))
            }
            Popularity::Hottest { share, ref rest } => {
                if !(0.0..=1.0).contains(&share) {
                    return bad(format!("hottest.share is {share}; use a share 0 to 1"));
                }
                if keys < 2 {
                    return bad("hottest needs at least 2 keys".to_owned());
                }
                rest.check(keys - 1)
            }
            _ => Ok(()),
        }
    }
}

fn is_positive_share(share: f64) -> bool {
    share > 0.0 && share <= 1.0
}

/// The keys that a hotspot's share makes hot: at least one.
fn hot_keys(keys: u32, share: f64) -> u32 {
    ((f64::from(keys) * share).round() as u32).clamp(1, keys)
}

impl Drift {
    /// Checks the parameters for a number of keys.
    pub(crate) fn check(&self, keys: u32) -> Result<(), WorkloadError> {
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
        Ok(())
    }
}

impl Repeat {
    /// Checks the parameters.
    pub(crate) fn check(&self) -> Result<(), WorkloadError> {
        if !(0.0..=1.0).contains(&self.share) {
            return Err(WorkloadError::parameter(
                "repeat.share",
                format!("is {}; use a share 0 to 1", self.share),
            ));
        }
        if self.window_ops == 0 || self.window_ops > 1 << 20 {
            return Err(WorkloadError::parameter(
                "repeat.window_ops",
                format!("is {}; use 1 to 1,048,576", self.window_ops),
            ));
        }
        Ok(())
    }

    /// The table of ages less one: an age `a` stands for the interval `a` to `a + 1` of a
    /// log-uniform number.
    pub(crate) fn ages(&self) -> AliasTable {
        let weights: Vec<f64> =
            (1..=self.window_ops).map(|age| libm::log1p(1.0 / f64::from(age))).collect();
        AliasTable::new(&weights)
    }
}

/// Rank → key, as it is in each epoch of a drift; without a drift there is one epoch.
#[derive(Debug)]
pub(crate) struct Spread {
    epochs: Vec<Vec<u32>>,
    every_ops: u64,
}

impl Spread {
    /// The spread of `keys` keys over a trace of `ops` ops.
    pub(crate) fn new(keys: u32, ops: u64, drift: Option<&Drift>, seed: u64) -> Self {
        let first = Random::stream(seed, Purpose::Spread, 0).permutation(keys);
        let Some(drift) = drift else {
            return Spread { epochs: vec![first], every_ops: u64::MAX };
        };
        let mut epochs = vec![first];
        for epoch in 1..ops.div_ceil(drift.every_ops) {
            let mut keys_by_rank = epochs[epoch as usize - 1].clone();
            let mut random = Random::stream(seed, Purpose::Drift, epoch);
            let leaving = random.permutation(drift.top);
            for &rank in &leaving[..drift.swap as usize] {
                let outside = drift.top + random.below(keys - drift.top);
                keys_by_rank.swap(rank as usize, outside as usize);
            }
            epochs.push(keys_by_rank);
        }
        Spread { epochs, every_ops: drift.every_ops }
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
    use proptest::prelude::*;

    use super::*;

    fn shares(popularity: &Popularity, keys: u32) -> Vec<f64> {
        let weights = popularity.weights(keys);
        let total: f64 = weights.iter().sum();
        weights.into_iter().map(|weight| weight / total).collect()
    }

    #[test]
    fn laws_give_the_shares_of_their_formulas() {
        assert_eq!(shares(&Popularity::Uniform, 4), [0.25; 4]);
        let zipf = shares(&Popularity::Zipf { s: 1.0 }, 3);
        assert!((zipf[0] - 6.0 / 11.0).abs() < 1e-12 && (zipf[2] - 2.0 / 11.0).abs() < 1e-12);
        let flattened = shares(&Popularity::ZipfMandelbrot { s: 1.0, q: 1.0 }, 2);
        assert!((flattened[0] - 0.6).abs() < 1e-12);
        let hotspot = shares(&Popularity::Hotspot { accesses: 0.9, keys: 0.1 }, 100);
        assert!((hotspot[..10].iter().sum::<f64>() - 0.9).abs() < 1e-12);
        assert!((hotspot[10] - 0.1 / 90.0).abs() < 1e-12);
        let rest = Box::new(Popularity::Zipf { s: 1.4 });
        let hottest = shares(&Popularity::Hottest { share: 0.31, rest }, 1_000);
        assert!((hottest[0] - 0.31).abs() < 1e-12);
        let second = 0.69 / (1..1_000).map(|rank| libm::pow(f64::from(rank), -1.4)).sum::<f64>();
        assert!((hottest[1] - second).abs() < 1e-12);
    }

    #[test]
    fn popularity_says_nothing_about_the_key_index() {
        // The mean index of the 100 most popular of 10,000 keys is that of any 100 keys.
        let spread = Spread::new(10_000, 1, None, 1);
        let (keys_by_rank, _) = spread.at(0);
        let mean = keys_by_rank[..100].iter().sum::<u32>() / 100;
        assert!((4_000..6_000).contains(&mean), "{mean}");
    }

    #[test]
    fn a_drift_replaces_so_many_of_the_top_each_time() {
        let drift = Drift { top: 400, swap: 240, every_ops: 500 };
        let spread = Spread::new(76_000, 2_000, Some(&drift), 1);
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

    #[test]
    fn ages_are_log_uniform() {
        let ages = Repeat { share: 1.0, window_ops: 1_000 }.ages();
        let mut random = Random::stream(1, Purpose::Ops, 0);
        let drawn: Vec<u32> = (0..100_000).map(|_| ages.pick(random.bits()) + 1).collect();
        let up_to = |age| drawn.iter().filter(|&&drawn| drawn <= age).count() as f64 / 1e5;
        for (age, share) in [(9, 10_f64.ln()), (99, 100_f64.ln()), (1_000, 1_001_f64.ln())] {
            assert!((up_to(age) - share / 1_001_f64.ln()).abs() < 0.01, "{age}");
        }
    }

    fn any_law() -> impl Strategy<Value = Popularity> {
        let leaf = prop_oneof![
            Just(Popularity::Uniform),
            (0.0..10.0).prop_map(|s| Popularity::Zipf { s }),
            (0.0..10.0, 0.0..1e6).prop_map(|(s, q)| Popularity::ZipfMandelbrot { s, q }),
            (0.0..=1.0, 0.0..=1.0)
                .prop_map(|(accesses, keys)| Popularity::Hotspot { accesses, keys }),
        ];
        leaf.prop_recursive(2, 4, 1, |rest| {
            (0.0..=1.0, rest)
                .prop_map(|(share, rest)| Popularity::Hottest { share, rest: Box::new(rest) })
        })
    }

    proptest! {
        #[test]
        fn every_checked_law_can_be_drawn_from(law in any_law(), keys in 1_u32..300, bits: u64) {
            prop_assume!(law.check(keys).is_ok());
            let table = AliasTable::new(&law.weights(keys));
            prop_assert!(table.pick(bits) < keys);
            let weights = law.weights(keys);
            prop_assert!(weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0));
            prop_assert!(weights.iter().sum::<f64>() > 0.0);
        }
    }
}
