//! How popular the keys of a map are: a law gives each popularity rank a weight. Which key has
//! which rank is `spread`'s. A law is over a stated number of ranks, never over however many keys a
//! map happens to hold, so that the skew does not depend on the map's size. Powers come from the
//! `libm` crate, so that no platform's own library decides a trace.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::WorkloadError;
use super::replayed::{Accesses, ReplayBy, Replayed};
use crate::key::NAMESPACES;

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
    /// Namespaces are of unequal popularity, their pods alike: weight `(namespace + 1)^-s`, shared
    /// out among the keys of the namespace. Which one a key belongs to is its spelling's
    /// ([`KeyRule::NsName`](crate::key::KeyRule::NsName)), so no other key takes its place.
    Namespaces {
        /// The exponent.
        s: f64,
    },
    /// Keys that were inserted lately are the most popular: a law over the preloaded number of
    /// ranks, rank 0 being the key that was inserted last. An insert takes the next key of a circle
    /// and a remove the oldest one, in turns, so that about as many keys live all the time.
    ///
    /// As YCSB's `latest`, with three differences: the law does not change as keys come, keys are
    /// removed as well, and no access is of a key that is still to be inserted.
    Latest(Box<Popularity>),
    /// Consecutive keys, again and again: a window of `width` keys is accessed in order, then moves
    /// on by `step`, and after the last key begins with the first. A `range` takes a whole window.
    Window {
        /// Keys of a window.
        width: u32,
        /// Keys by which the next window begins later.
        step: u32,
    },
    /// As in a trace file.
    Replay(Replayed),
}

impl Popularity {
    /// The weight of each rank. They need not sum to 1. Where ranks are not drawn (a window, the
    /// order of a trace file) every rank has the same.
    pub(crate) fn weights(&self, keys: u32) -> Vec<f64> {
        let ranks = (0..keys).map(f64::from);
        match *self {
            Popularity::Uniform | Popularity::Window { .. } => vec![1.0; keys as usize],
            Popularity::Latest(ref law) => law.weights(keys),
            Popularity::Replay(ref replayed) => replayed.weights(keys),
            Popularity::Zipf { s } => ranks.map(|rank| libm::pow(rank + 1.0, -s)).collect(),
            Popularity::ZipfMandelbrot { s, q } => {
                ranks.map(|rank| libm::pow(rank + 1.0 + q, -s)).collect()
            }
            Popularity::Namespaces { s } => ranks_in_namespaces(keys, s),
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

    /// Whether every rank has a weight of its own that each access is drawn by.
    fn is_drawn_by_rank(&self) -> bool {
        match self {
            Popularity::Latest(_) | Popularity::Window { .. } | Popularity::Namespaces { .. } => {
                false
            }
            Popularity::Replay(replayed) => replayed.by == ReplayBy::Ranks,
            _ => true,
        }
    }

    /// The part that names a trace file, if one does.
    pub(crate) fn replayed(&self) -> Option<&Replayed> {
        match self {
            Popularity::Replay(replayed) => Some(replayed),
            Popularity::Hottest { rest: law, .. } | Popularity::Latest(law) => law.replayed(),
            _ => None,
        }
    }

    /// The same, to hand the file in.
    pub(crate) fn replayed_mut(&mut self) -> Option<&mut Replayed> {
        match self {
            Popularity::Replay(replayed) => Some(replayed),
            Popularity::Hottest { rest: law, .. } | Popularity::Latest(law) => law.replayed_mut(),
            _ => None,
        }
    }

    /// The accesses, where they are taken in the order of a trace file.
    pub(crate) fn in_order(&self) -> Option<Arc<Accesses>> {
        match self {
            Popularity::Replay(replayed) => replayed.in_order(),
            _ => None,
        }
    }

    /// Checks the parameters for a number of keys.
    pub(crate) fn check(&self, keys: u32) -> Result<(), WorkloadError> {
        let bad = |message: String| Err(WorkloadError::parameter("popularity", message));
        match *self {
            Popularity::Zipf { s } if !(0.0..=10.0).contains(&s) => {
                bad(format!("zipf.s is {s}; use 0 to 10"))
            }
            Popularity::Namespaces { s } if !(0.0..=10.0).contains(&s) => {
                bad(format!("namespaces.s is {s}; use 0 to 10"))
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
                if !rest.is_drawn_by_rank() {
                    return bad("hottest.rest is drawn from: use a law of ranks".to_owned());
                }
                rest.check(keys - 1)
            }
            Popularity::Latest(ref law) => {
                if !law.is_drawn_by_rank() {
                    return bad(
                        "latest needs a law of ranks, e.g. { zipf = { s = 1.0 } }".to_owned()
                    );
                }
                law.check(keys)
            }
            Popularity::Window { width, step } if width == 0 || width > keys || step > keys => {
                bad(format!(
                    "window has width = {width}, step = {step}; use a width of 1 to {keys} keys and a \
                     step of 0 to {keys}"
                ))
            }
            Popularity::Replay(ref replayed) => replayed.check(keys),
            _ => Ok(()),
        }
    }
}

/// The weight of each key whose namespace has one by a law of Zipf. Namespaces have keys in turns.
fn ranks_in_namespaces(keys: u32, s: f64) -> Vec<f64> {
    let members = |namespace: u32| (keys - namespace).div_ceil(NAMESPACES);
    let weight =
        |namespace: u32| libm::pow(f64::from(namespace) + 1.0, -s) / f64::from(members(namespace));
    let weights: Vec<f64> = (0..keys.min(NAMESPACES)).map(weight).collect();
    weights.iter().copied().cycle().take(keys as usize).collect()
}

fn is_positive_share(share: f64) -> bool {
    share > 0.0 && share <= 1.0
}

/// The keys that a hotspot's share makes hot: at least one.
fn hot_keys(keys: u32, share: f64) -> u32 {
    ((f64::from(keys) * share).round() as u32).clamp(1, keys)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::workload::alias::AliasTable;

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
        let namespaced = shares(&Popularity::Namespaces { s: 1.0 }, 130);
        let of = |namespace: usize| namespaced.iter().skip(namespace).step_by(50).sum::<f64>();
        assert!((of(0) / of(1) - 2.0).abs() < 1e-12 && (of(0) / of(49) - 50.0).abs() < 1e-9);
        assert!((namespaced[0] - namespaced[50]).abs() < 1e-15);
        let second = 0.69 / (1..1_000).map(|rank| libm::pow(f64::from(rank), -1.4)).sum::<f64>();
        assert!((hottest[1] - second).abs() < 1e-12);
    }

    fn any_law() -> impl Strategy<Value = Popularity> {
        let leaf = prop_oneof![
            Just(Popularity::Uniform),
            (0.0..10.0).prop_map(|s| Popularity::Zipf { s }),
            (0.0..10.0).prop_map(|s| Popularity::Namespaces { s }),
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
