//! Independent ops on one map by one kind of thread: each op's kind is drawn by shares, its key by
//! popularity.

use std::collections::BTreeSet;

use serde::Serialize;

use super::balance::{balance, by_recency};
use super::draws::{Draws, Ground};
use super::{WorkloadError, check_keys, check_ops};
use crate::key::KeyRule;
use crate::op::OpKind;
use crate::trace::{ActorSpec, Deal, Draft, MapSpec, Shape, Stream};

/// Independent ops on one map.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mix {
    /// Size of the key space.
    pub keys: u32,
    /// Keys that are present before the first op.
    pub preload: u32,
    /// Ops of one lap, before those that may be needed to restore the first keys.
    pub lap_ops: u64,
    /// What each op is drawn from.
    #[serde(flatten)]
    pub draws: Draws,
    /// How string keys are spelled.
    pub key_rule: KeyRule,
    /// Whether a lap restores the keys with which it began.
    pub shape: Shape,
}

impl Mix {
    fn ground(&self) -> Ground {
        let Mix { keys, preload, lap_ops: ops, .. } = *self;
        Ground { map: 0, first: 0, keys, preload, ops, actor: 0 }
    }

    pub(super) fn op_kinds(&self) -> BTreeSet<OpKind> {
        let mut kinds: BTreeSet<OpKind> = self.draws.kinds().collect();
        if self.draws.changes_keys(&self.ground()) && self.shape == Shape::Steady {
            kinds.extend([OpKind::Insert, OpKind::Remove]);
        }
        kinds
    }

    pub(super) fn check(&self) -> Result<(), WorkloadError> {
        check_keys("keys", self.keys)?;
        check_ops("lap_ops", self.lap_ops)?;
        if self.preload > self.keys {
            return Err(WorkloadError::parameter(
                "preload",
                format!("is {}, more than the {} keys there are", self.preload, self.keys),
            ));
        }
        self.draws.check(&self.ground())
    }

    pub(super) fn draft(&self, name: &str, seed: u64) -> Draft {
        let maps = vec![MapSpec {
            id: "M".to_owned(),
            name: "map".to_owned(),
            key_rule: self.key_rule,
            keys: self.keys,
            preload: self.preload,
            peak: 0,
        }];
        Draft {
            name: name.to_owned(),
            generator: "mapbench mix 2".to_owned(),
            seed,
            parameters: serde_json::json!({ "mix": self }),
            shape: self.shape,
            unit: None,
            actors: vec![ActorSpec::new("worker", Deal::Op)],
            streams: vec![Stream::of(words(&self.draws, &self.ground(), &maps, self.shape, seed))],
            maps,
        }
    }
}

/// The words of one actor's ops: drawn, fitted together, with the counts of ranges.
pub(super) fn words(
    draws: &Draws,
    ground: &Ground,
    maps: &[MapSpec],
    shape: Shape,
    seed: u64,
) -> Vec<u32> {
    let mut words = draws.draw(ground, seed);
    if draws.by_recency() {
        by_recency(&mut words, ground, shape);
    } else if draws.changes_keys(ground) {
        let restoring = balance(&mut words, maps, shape);
        words.extend(restoring);
    }
    draws.with_counts(words)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::workload::Popularity;

    fn mix(keys: u32, preload: u32, lap_ops: u64, ops: Vec<(OpKind, f64)>) -> Mix {
        Mix {
            keys,
            preload,
            lap_ops,
            draws: Draws {
                ops,
                range_keys: Some(1),
                popularity: Popularity::Uniform,
                drift: None,
                repeat: None,
                misses: None,
            },
            key_rule: KeyRule::NsName,
            shape: Shape::Steady,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn any_mix_is_steady_when_it_says_so(
            keys in 1_u32..200,
            preloaded in 0.0..=1.0,
            lap_ops in 1_u64..2_000,
            parts in prop::collection::vec(0_u32..10, Draws::KINDS.len()),
            seed: u64,
        ) {
            let total: u32 = parts.iter().sum();
            prop_assume!(total > 0);
            let shares = parts.iter().map(|&part| f64::from(part) * 100.0 / f64::from(total));
            let ops = Draws::KINDS.into_iter().zip(shares).collect();
            let preload = (f64::from(keys) * preloaded) as u32;
            let mix = mix(keys, preload, lap_ops, ops);
            prop_assert_eq!(mix.check(), Ok(()));
            let trace = mix.draft("any", seed).finish();
            prop_assert!(trace.is_ok(), "{:?}", trace.err());
        }
    }

    #[test]
    fn inserts_find_their_key_absent_and_removes_find_it_present() {
        let ops = vec![(OpKind::Get, 20.0), (OpKind::Insert, 40.0), (OpKind::Remove, 40.0)];
        let trace = mix(100, 30, 5_000, ops).draft("churn", 1).finish().unwrap();
        let replay = trace.replay().unwrap();
        assert_eq!(replay.effective_writes, replay.writes);
    }
}
