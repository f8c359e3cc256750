//! Independent ops on one map: each op's kind is drawn by shares, its key by popularity. Inserts
//! and removes are balanced per key, so that a steady lap ends with the keys with which it began.

use std::collections::BTreeSet;

use rayon::prelude::*;
use serde::Serialize;

use super::alias::AliasTable;
use super::popularity::{Drift, Popularity, Repeat, Spread};
use super::random::{Purpose, Random};
use super::{WorkloadError, check_keys, check_ops};
use crate::key::KeyRule;
use crate::op::{OpKind, OpWord};
use crate::trace::{ActorSpec, Deal, Draft, KeySet, MapSpec, Shape, Stream};

/// Ops that share one stream of random numbers. Part of the trace's definition: changing it
/// changes every trace.
const CHUNK_OPS: usize = 1 << 16;

/// Independent ops on one map.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mix {
    /// Size of the key space.
    pub keys: u32,
    /// Keys that are present before the first op.
    pub preload: u32,
    /// Ops of one lap, before the ops that restore the first keys.
    pub lap_ops: u64,
    /// Op kinds and their shares in percent, in the order of the op table; they sum to 100.
    pub ops: Vec<(OpKind, f64)>,
    /// How popular the keys are.
    pub popularity: Popularity,
    /// How popularity changes.
    pub drift: Option<Drift>,
    /// Whether ops repeat recent keys.
    pub repeat: Option<Repeat>,
    /// How string keys are spelled.
    pub key_rule: KeyRule,
    /// Whether a lap restores the keys with which it began.
    pub shape: Shape,
}

impl Mix {
    /// Op kinds that a mix may hold.
    pub const KINDS: [OpKind; 10] = [
        OpKind::Get,
        OpKind::Has,
        OpKind::Insert,
        OpKind::InsertIfAbsent,
        OpKind::Overwrite,
        OpKind::Update,
        OpKind::Remove,
        OpKind::GetCloned,
        OpKind::Scan,
        OpKind::Len,
    ];

    pub(super) fn op_kinds(&self) -> BTreeSet<OpKind> {
        let mut kinds: BTreeSet<OpKind> =
            self.ops.iter().filter(|(_, share)| *share > 0.0).map(|(kind, _)| *kind).collect();
        if self.changes_keys() && self.shape == Shape::Steady {
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
        let sum: f64 = self.ops.iter().map(|(_, share)| share).sum();
        if let Some((kind, share)) =
            self.ops.iter().find(|(_, share)| !(0.0..=100.0).contains(share))
        {
            return Err(WorkloadError::parameter(
                "ops",
                format!("{} is {share}; use a share in percent", kind.name()),
            ));
        }
        if (sum - 100.0).abs() > 1e-6 {
            return Err(WorkloadError::parameter(
                "ops",
                format!("shares sum to {sum}; make them sum to 100 percent"),
            ));
        }
        if let Some(&(kind, _)) = self.ops.iter().find(|(kind, _)| !Mix::KINDS.contains(kind)) {
            return Err(WorkloadError::parameter(
                "ops",
                format!("{} cannot stand in a mix; use a workload that has it", kind.name()),
            ));
        }
        self.popularity.check(self.keys)?;
        self.drift.as_ref().map_or(Ok(()), |drift| drift.check(self.keys))?;
        self.repeat.as_ref().map_or(Ok(()), Repeat::check)
    }

    pub(super) fn draft(&self, name: &str, seed: u64) -> Draft {
        let mut words = self.draw(seed);
        if self.changes_keys() {
            self.balance(&mut words);
        }
        Draft {
            name: name.to_owned(),
            generator: "mapbench mix 1".to_owned(),
            seed,
            parameters: serde_json::json!({ "mix": self }),
            shape: self.shape,
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

    /// Whether an op of this mix may change which keys are present.
    fn changes_keys(&self) -> bool {
        self.ops.iter().any(|&(kind, share)| {
            share > 0.0
                && match kind {
                    OpKind::Insert | OpKind::Remove => true,
                    OpKind::InsertIfAbsent | OpKind::Overwrite => self.preload < self.keys,
                    _ => false,
                }
        })
    }

    /// Draws every op by itself, in parallel.
    fn draw(&self, seed: u64) -> Vec<u32> {
        let dice = Dice::new(self, seed);
        let mut words = vec![0_u32; self.lap_ops as usize];
        words.par_chunks_mut(CHUNK_OPS).enumerate().for_each(|(chunk, out)| {
            dice.fill(out, chunk as u64);
        });
        words
    }

    /// Makes every insert find its key absent and every remove find it present, by turning one
    /// into the other where needed, and in a steady mix restores the first keys at the end.
    fn balance(&self, words: &mut Vec<u32>) {
        let mut present = KeySet::filled(self.keys, self.preload);
        for word in words.iter_mut() {
            let op = OpWord(*word);
            match op.kind() {
                Some(OpKind::Insert | OpKind::Remove) => {
                    let kind =
                        if present.toggle(op.key()) { OpKind::Insert } else { OpKind::Remove };
                    *word = OpWord::new(kind, 0, op.key()).0;
                }
                Some(OpKind::InsertIfAbsent | OpKind::Overwrite) => {
                    present.insert(op.key());
                }
                _ => {}
            }
        }
        if self.shape == Shape::Steady {
            let strays =
                (0..self.keys).filter(|&key| present.contains(key) != (key < self.preload));
            words.extend(strays.map(|key| {
                let kind = if key < self.preload { OpKind::Insert } else { OpKind::Remove };
                OpWord::new(kind, 0, key).0
            }));
        }
    }
}

/// Everything that is drawn from, shared by all chunks.
struct Dice {
    seed: u64,
    /// Cumulative thresholds in 2^-32, and the op kind below each.
    kinds: Vec<(u64, OpKind)>,
    ranks: AliasTable,
    spread: Spread,
    /// Threshold in 2^-32 of repeating, and the ages to repeat.
    repeat: Option<(u64, AliasTable)>,
}

impl Dice {
    fn new(mix: &Mix, seed: u64) -> Self {
        let mut sum = 0.0;
        let mut kinds: Vec<(u64, OpKind)> = Vec::new();
        for &(kind, share) in mix.ops.iter().filter(|(_, share)| *share > 0.0) {
            sum += share;
            kinds.push((in_parts(sum / 100.0), kind));
        }
        if let Some(last) = kinds.last_mut() {
            last.0 = 1 << 32;
        }
        Dice {
            seed,
            kinds,
            ranks: AliasTable::new(&mix.popularity.weights(mix.keys)),
            spread: Spread::new(mix.keys, mix.lap_ops, mix.drift.as_ref(), seed),
            repeat: mix.repeat.map(|repeat| (in_parts(repeat.share), repeat.ages())),
        }
    }

    /// Fills one chunk from its own stream of random numbers.
    fn fill(&self, out: &mut [u32], chunk: u64) {
        let mut random = Random::stream(self.seed, Purpose::Ops, chunk);
        let first = chunk * CHUNK_OPS as u64;
        let mut position = 0;
        while position < out.len() {
            let (keys_by_rank, until) = self.spread.at(first + position as u64);
            let end = out.len().min((until - first) as usize);
            for at in position..end {
                let bits = random.bits();
                let key = self
                    .repeated(out, at, bits >> 32, &mut random)
                    .unwrap_or_else(|| keys_by_rank[self.ranks.pick(random.bits()) as usize]);
                out[at] = OpWord::new(self.kind(bits & 0xFFFF_FFFF), 0, key).0;
            }
            position = end;
        }
    }

    #[inline]
    fn kind(&self, part: u64) -> OpKind {
        let drawn = self.kinds.iter().find(|(threshold, _)| part < *threshold);
        drawn.map_or(OpKind::Get, |(_, kind)| *kind)
    }

    /// The key that the op at `at` repeats, if it repeats one. A chunk remembers only itself, so
    /// its first ops repeat a little less.
    #[inline]
    fn repeated(&self, out: &[u32], at: usize, part: u64, random: &mut Random) -> Option<u32> {
        let (threshold, ages) = self.repeat.as_ref()?;
        if part >= *threshold {
            return None;
        }
        let age = ages.pick(random.bits()) as usize + 1;
        Some(OpWord(out[at.checked_sub(age)?]).key())
    }
}

/// A share, 0 to 1, in parts of 2^-32.
fn in_parts(share: f64) -> u64 {
    (share * (1_u64 << 32) as f64).round() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mix(keys: u32, preload: u32, lap_ops: u64, ops: Vec<(OpKind, f64)>) -> Mix {
        Mix {
            keys,
            preload,
            lap_ops,
            ops,
            popularity: Popularity::Uniform,
            drift: None,
            repeat: None,
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
            parts in prop::collection::vec(0_u32..10, Mix::KINDS.len()),
            seed: u64,
        ) {
            let total: u32 = parts.iter().sum();
            prop_assume!(total > 0);
            let shares = parts.iter().map(|&part| f64::from(part) * 100.0 / f64::from(total));
            let ops = Mix::KINDS.into_iter().zip(shares).collect();
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

    #[test]
    fn half_of_the_ops_repeat_when_the_scenario_says_so() {
        let mut mix = mix(1_000_000, 1_000_000, 50_000, vec![(OpKind::Get, 100.0)]);
        mix.repeat = Some(Repeat { share: 0.5, window_ops: 1_000 });
        let words = mix.draw(1);
        // Two fresh draws of a million keys hardly ever meet.
        let again = (1_000..words.len()).filter(|&at| words[at - 1_000..at].contains(&words[at]));
        let share = again.count() as f64 / 49_000.0;
        assert!((share - 0.5).abs() < 0.02, "{share}");
    }
}
