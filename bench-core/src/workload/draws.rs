//! Draws ops: each op's kind by shares, its key by popularity. In parallel and in chunks, each from
//! its own stream of random numbers, so that the ops are the same for any number of threads. What
//! inserts and removes need beyond that is `balance`'s.

use std::hint::select_unpredictable;
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::WorkloadError;
use super::alias::AliasTable;
use super::popularity::Popularity;
use super::random::{Purpose, Random};
use super::repeat::Repeat;
use super::replayed::Accesses;
use super::spread::{Drift, Spread};
use crate::op::{OpKind, OpWord};

/// Ops that share one stream of random numbers. Part of the trace's definition: changing it
/// changes every trace.
const CHUNK_OPS: usize = 1 << 16;

/// Ops that may ask for a key in vain.
const MISSING: [OpKind; 3] = [OpKind::Get, OpKind::Has, OpKind::GetCloned];

/// What an op of a mix is drawn from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Draws {
    /// Op kinds and their shares in percent, in the order of the op table; they sum to 100.
    pub ops: Vec<(OpKind, f64)>,
    /// Keys that a `range` takes; a window's ranges take its width.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range_keys: Option<u32>,
    /// How popular the keys are.
    pub popularity: Popularity,
    /// How popularity changes.
    pub drift: Option<Drift>,
    /// Whether ops repeat recent keys.
    pub repeat: Option<Repeat>,
    /// Whether some reads ask for other keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub misses: Option<Misses>,
}

/// Reads of single keys that ask for keys of a range of their own, all alike: in vain, where nobody
/// inserts them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Misses {
    /// Share of the reads. Percent.
    pub percent: f64,
    /// The first of the keys in the map.
    pub from: u32,
    /// How many keys.
    pub count: u32,
}

/// The keys that ops are drawn on, and who draws them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground {
    /// Position of the map.
    pub(super) map: u8,
    /// Its first key that is drawn.
    pub(super) first: u32,
    /// How many keys are drawn.
    pub(super) keys: u32,
    /// How many of them are present before the first op; they are the first ones.
    pub(super) preload: u32,
    /// How many ops.
    pub(super) ops: u64,
    /// Number of the actor, which has random numbers of its own.
    pub(super) actor: u64,
}

impl Draws {
    /// Op kinds that a mix may hold.
    pub const KINDS: [OpKind; 13] = [
        OpKind::Get,
        OpKind::Has,
        OpKind::Insert,
        OpKind::InsertIfAbsent,
        OpKind::Overwrite,
        OpKind::Update,
        OpKind::Remove,
        OpKind::GetCloned,
        OpKind::Scan,
        OpKind::ScanPrefix,
        OpKind::Len,
        OpKind::Range,
        OpKind::ReplaceAll,
    ];

    /// The kinds with a share.
    pub(super) fn kinds(&self) -> impl Iterator<Item = OpKind> + '_ {
        self.ops.iter().filter(|(_, share)| *share > 0.0).map(|&(kind, _)| kind)
    }

    /// Whether a kind has a share.
    pub(super) fn has(&self, kind: OpKind) -> bool {
        self.kinds().any(|found| found == kind)
    }

    /// Whether an op may change which keys are present.
    pub(super) fn changes_keys(&self, ground: &Ground) -> bool {
        self.kinds().any(|kind| match kind {
            OpKind::Insert | OpKind::Remove => true,
            OpKind::InsertIfAbsent | OpKind::Overwrite => ground.preload < ground.keys,
            _ => false,
        })
    }

    /// Whether keys are accessed by how lately they were inserted.
    pub(super) fn by_recency(&self) -> bool {
        matches!(self.popularity, Popularity::Latest(_))
    }

    /// Whether the popularity of a key is that of its namespace.
    fn by_namespace(&self) -> bool {
        matches!(self.popularity, Popularity::Namespaces { .. })
    }

    /// Keys that a `range` takes.
    fn range_keys(&self) -> Option<u32> {
        match self.popularity {
            Popularity::Window { width, .. } => Some(width),
            _ => self.range_keys,
        }
    }

    /// Checks every parameter.
    pub(super) fn check(&self, ground: &Ground) -> Result<(), WorkloadError> {
        self.check_shares()?;
        self.popularity.check(ground.keys)?;
        self.drift.as_ref().map_or(Ok(()), |drift| drift.check(self.ranks(ground), ground.ops))?;
        self.repeat.as_ref().map_or(Ok(()), Repeat::check)?;
        self.misses.as_ref().map_or(Ok(()), Misses::check)?;
        if self.by_namespace() && self.drift.is_some() {
            return Err(WorkloadError::parameter(
                "drift",
                "does not go with `namespaces`: a key that changed places would change its namespace",
            ));
        }
        self.check_ranges(ground)?;
        self.check_recency(ground)
    }

    fn check_shares(&self) -> Result<(), WorkloadError> {
        let wrong = |message: String| Err(WorkloadError::parameter("ops", message));
        if let Some((kind, share)) =
            self.ops.iter().find(|(_, share)| !(0.0..=100.0).contains(share))
        {
            return wrong(format!("{} is {share}; use a share in percent", kind.name()));
        }
        let sum: f64 = self.ops.iter().map(|(_, share)| share).sum();
        if (sum - 100.0).abs() > 1e-6 {
            return wrong(format!("shares sum to {sum}; make them sum to 100 percent"));
        }
        match self.ops.iter().find(|(kind, _)| !Draws::KINDS.contains(kind)) {
            Some((kind, _)) => {
                wrong(format!("{} cannot stand in a mix; use a workload that has it", kind.name()))
            }
            None => Ok(()),
        }
    }

    fn check_ranges(&self, ground: &Ground) -> Result<(), WorkloadError> {
        if !self.has(OpKind::Range) {
            return Ok(());
        }
        let moving = matches!(self.popularity, Popularity::Window { .. });
        if moving && self.drift.is_some() {
            return Err(WorkloadError::parameter(
                "drift",
                "does not go with ranges of a window, which moves by itself; leave it out",
            ));
        }
        match self.range_keys() {
            None => Err(WorkloadError::parameter(
                "range_keys",
                "is missing; say how many keys a range takes",
            )),
            Some(count) if count == 0 || count > ground.keys => Err(WorkloadError::parameter(
                "range_keys",
                format!("is {count}; use 1 to the {} keys there are", ground.keys),
            )),
            Some(_) => Ok(()),
        }
    }

    /// The keys of `latest` must come round within a lap, and all that live at once be there.
    fn check_recency(&self, ground: &Ground) -> Result<(), WorkloadError> {
        if !self.by_recency() {
            return Ok(());
        }
        if self.repeat.is_some() {
            return Err(WorkloadError::parameter(
                "repeat",
                "does not go with `latest`, whose accesses are of recent keys anyway; leave it out",
            ));
        }
        if ground.preload == 0 || self.has(OpKind::ReplaceAll) {
            return Err(WorkloadError::parameter(
                "popularity",
                "latest needs preloaded keys, and no `replace_all` that brings old ones back",
            ));
        }
        let in_turns =
            |&&(kind, _): &&(OpKind, f64)| matches!(kind, OpKind::Insert | OpKind::Remove);
        let share: f64 = self.ops.iter().filter(in_turns).map(|(_, share)| share).sum();
        if share <= 0.0 {
            return Ok(());
        }
        let circle = 2 * (u64::from(ground.preload) + 1);
        if u64::from(ground.keys) < circle {
            return Err(WorkloadError::parameter(
                "popularity",
                format!(
                    "latest inserts into a circle of {} keys; use at least {circle}, twice the \
                     preloaded ones",
                    ground.keys
                ),
            ));
        }
        let inserts = ground.ops as f64 * share / 200.0;
        if inserts < circle as f64 {
            return Err(WorkloadError::parameter(
                "popularity",
                format!(
                    "latest inserts about {inserts:.0} keys a lap; use a longer lap, so that the \
                     {circle} keys of its circle come round"
                ),
            ));
        }
        Ok(())
    }

    /// Ranks that have a weight of their own.
    fn ranks(&self, ground: &Ground) -> u32 {
        if self.by_recency() { ground.preload.max(1) } else { ground.keys }
    }

    /// Draws every op by itself, in parallel. A `range` is one word, without its count, and ops by
    /// recency have a rank for a key.
    pub(super) fn draw(&self, ground: &Ground, seed: u64) -> Vec<u32> {
        let dice = Dice::new(self, ground, seed);
        let mut words = vec![0_u32; ground.ops as usize];
        words.par_chunks_mut(CHUNK_OPS).enumerate().for_each(|(chunk, out)| {
            dice.fill(out, chunk as u64);
        });
        words
    }

    /// The words with the count of every range behind it.
    pub(super) fn with_counts(&self, words: Vec<u32>) -> Vec<u32> {
        let Some(count) = self.range_keys().filter(|_| self.has(OpKind::Range)) else {
            return words;
        };
        let mut counted = Vec::with_capacity(words.len() * 2);
        for word in words {
            counted.push(word);
            if OpWord(word).kind() == Some(OpKind::Range) {
                counted.push(count);
            }
        }
        counted
    }
}

impl Misses {
    /// Checks what does not depend on the map.
    fn check(&self) -> Result<(), WorkloadError> {
        let Misses { percent, count, .. } = *self;
        if !(0.0..=100.0).contains(&percent) || count == 0 {
            return Err(WorkloadError::parameter(
                "misses",
                format!("are {percent} percent, of {count} keys; use 0 to 100, and at least 1 key"),
            ));
        }
        Ok(())
    }

    /// The key that a read asks for in place of `key`, by 64 random bits.
    #[inline]
    fn key(&self, key: u32, bits: u64) -> u32 {
        let missing = self.from + (((bits >> 32) * u64::from(self.count)) >> 32) as u32;
        let asked = bits & 0xFFFF_FFFF < in_parts(self.percent / 100.0);
        select_unpredictable(asked, missing, key)
    }
}

/// Everything that is drawn from, shared by all chunks.
struct Dice {
    seed: u64,
    ground: Ground,
    /// Cumulative thresholds in 2^-32, and the op kind below each.
    kinds: Vec<(u64, OpKind)>,
    ranks: Ranks,
    spread: Spread,
    /// Threshold in 2^-32 of repeating, and the ages to repeat.
    repeat: Option<(u64, AliasTable)>,
    misses: Option<Misses>,
}

/// Where ranks come from.
enum Ranks {
    Drawn(AliasTable),
    Window { width: u64, step: u64, keys: u64 },
    Listed(Arc<Accesses>),
}

impl Dice {
    fn new(draws: &Draws, ground: &Ground, seed: u64) -> Self {
        let mut sum = 0.0;
        let mut kinds: Vec<(u64, OpKind)> = Vec::new();
        for &(kind, share) in draws.ops.iter().filter(|(_, share)| *share > 0.0) {
            sum += share;
            kinds.push((in_parts(sum / 100.0), kind));
        }
        if let Some(last) = kinds.last_mut() {
            last.0 = 1 << 32;
        }
        let count = draws.ranks(ground);
        let ranks = match &draws.popularity {
            Popularity::Window { width, step } => Ranks::Window {
                width: u64::from(*width),
                step: u64::from(*step),
                keys: u64::from(count),
            },
            law => match law.in_order() {
                Some(accesses) => Ranks::Listed(accesses),
                None => Ranks::Drawn(AliasTable::new(&law.weights(count))),
            },
        };
        let mut spread = match &ranks {
            Ranks::Window { .. } => Spread::in_order(count),
            _ if draws.by_recency() || draws.by_namespace() => Spread::in_order(count),
            _ => Spread::shuffled(count, seed, ground.map),
        };
        if let Some(drift) = &draws.drift {
            spread = spread.drifting(drift, ground.ops, seed);
        }
        let repeat = draws.repeat.map(|repeat| (in_parts(repeat.share), repeat.ages()));
        let misses = draws.misses;
        Dice { seed, ground: *ground, kinds, ranks, spread, repeat, misses }
    }

    /// Fills one chunk from its own stream of random numbers.
    fn fill(&self, out: &mut [u32], chunk: u64) {
        let mut random = Random::stream(self.seed, Purpose::Ops, self.ground.actor << 32 | chunk);
        let first = chunk * CHUNK_OPS as u64;
        match &self.ranks {
            Ranks::Drawn(table) => {
                self.fill_by(out, first, &mut random, |_, _, random| table.pick(random.bits()));
            }
            Ranks::Listed(accesses) => {
                let ranks = accesses.ranks.as_slice();
                self.fill_by(out, first, &mut random, |_, op, _| {
                    ranks[(op % ranks.len() as u64) as usize]
                });
            }
            &Ranks::Window { width, step, keys } => {
                self.fill_by(out, first, &mut random, |kind, op, _| {
                    let (window, place) =
                        if kind == OpKind::Range { (op, 0) } else { (op / width, op % width) };
                    ((window * step + place) % keys) as u32
                });
            }
        }
    }

    #[inline]
    fn fill_by(
        &self,
        out: &mut [u32],
        first: u64,
        random: &mut Random,
        rank: impl Fn(OpKind, u64, &mut Random) -> u32,
    ) {
        let mut position = 0;
        while position < out.len() {
            let (keys_by_rank, until) = self.spread.at(first + position as u64);
            let end = out.len().min((until - first) as usize);
            for at in position..end {
                let bits = random.bits();
                let kind = self.kind(bits & 0xFFFF_FFFF);
                let rank = rank(kind, first + at as u64, random);
                let fresh = self.ground.first + keys_by_rank[rank as usize];
                let key = self.repeated(out, at, fresh, bits >> 32, random);
                let key = match &self.misses {
                    Some(misses) if MISSING.contains(&kind) => misses.key(key, random.bits()),
                    _ => key,
                };
                out[at] = OpWord::new(kind, self.ground.map, key).0;
            }
            position = end;
        }
    }

    #[inline]
    fn kind(&self, part: u64) -> OpKind {
        let drawn = self.kinds.iter().find(|(threshold, _)| part < *threshold);
        drawn.map_or(OpKind::Get, |(_, kind)| *kind)
    }

    /// The key that the op at `at` repeats, or `fresh` if it repeats none. A chunk remembers only
    /// itself, so its first ops repeat a little less.
    #[inline]
    fn repeated(&self, out: &[u32], at: usize, fresh: u32, part: u64, random: &mut Random) -> u32 {
        let Some((threshold, ages)) = &self.repeat else { return fresh };
        // Drawn whether it is needed or not, because a branch would be taken at random.
        let again = at.wrapping_sub(ages.pick(random.bits()) as usize + 1);
        let recent = out.get(again).map_or(fresh, |&word| OpWord(word).key());
        select_unpredictable(part < *threshold, recent, fresh)
    }
}

/// A share, 0 to 1, in parts of 2^-32.
fn in_parts(share: f64) -> u64 {
    (share * (1_u64 << 32) as f64).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ground(keys: u32, ops: u64) -> Ground {
        Ground { map: 0, first: 0, keys, preload: keys, ops, actor: 0 }
    }

    fn gets(popularity: Popularity) -> Draws {
        Draws {
            ops: vec![(OpKind::Get, 100.0)],
            range_keys: None,
            popularity,
            drift: None,
            repeat: None,
            misses: None,
        }
    }

    fn keys(words: &[u32]) -> Vec<u32> {
        words.iter().map(|&word| OpWord(word).key()).collect()
    }

    #[test]
    fn a_window_moves_on_by_its_step_and_comes_round() {
        let draws = gets(Popularity::Window { width: 3, step: 2 });
        let drawn = keys(&draws.draw(&ground(6, 12), 1));
        assert_eq!(drawn, [0, 1, 2, 2, 3, 4, 4, 5, 0, 0, 1, 2]);
    }

    #[test]
    fn namespaces_are_as_popular_as_their_law_says_whoever_draws() {
        use crate::key::NAMESPACES;
        let draws = gets(Popularity::Namespaces { s: 1.5 });
        for actor in [0, 1] {
            let words = draws.draw(&Ground { actor, ..ground(10_000, 100_000) }, 3);
            let mut counts = [0.0; NAMESPACES as usize];
            for key in keys(&words) {
                counts[(key % NAMESPACES) as usize] += 1.0;
            }
            let whole: f64 = (1..=NAMESPACES).map(|rank| f64::from(rank).powf(-1.5)).sum();
            for (namespace, count) in counts.iter().enumerate().take(5) {
                let share = (namespace as f64 + 1.0).powf(-1.5) / whole;
                assert!((count / 100_000.0 - share).abs() < 0.01, "{namespace}: {count}");
            }
        }
        let drift = Some(Drift { top: 10, swap: 5, every_ops: 100 });
        let error = Draws { drift, ..draws }.check(&ground(10_000, 1_000)).unwrap_err().to_string();
        assert!(error.contains("does not go with `namespaces`"), "{error}");
    }

    #[test]
    fn so_many_reads_ask_for_keys_that_are_elsewhere() {
        let mut draws = gets(Popularity::Uniform);
        draws.ops = vec![(OpKind::Get, 50.0), (OpKind::Overwrite, 50.0)];
        draws.misses = Some(Misses { percent: 5.0, from: 200, count: 50 });
        let words = draws.draw(&ground(100, 200_000), 1);
        let astray: Vec<OpWord> =
            words.iter().map(|&word| OpWord(word)).filter(|op| op.key() >= 100).collect();
        assert!(astray.iter().all(|op| op.kind() == Some(OpKind::Get)));
        assert!(astray.iter().all(|op| (200..250).contains(&op.key())));
        let share = astray.len() as f64 / 100_000.0;
        assert!((share - 0.05).abs() < 0.003, "{share}");
        draws.misses = Some(Misses { percent: 101.0, from: 0, count: 1 });
        assert!(draws.check(&ground(100, 10)).is_err());
    }

    #[test]
    fn a_range_of_a_window_takes_all_of_it() {
        let mut draws = gets(Popularity::Window { width: 500, step: 500 });
        draws.ops = vec![(OpKind::Range, 100.0)];
        let words = draws.with_counts(draws.draw(&ground(1_200, 4), 1));
        let starts: Vec<u32> = words.iter().step_by(2).map(|&word| OpWord(word).key()).collect();
        assert_eq!(starts, [0, 500, 1_000, 300]);
        assert!(words.iter().skip(1).step_by(2).all(|&count| count == 500));
    }

    #[test]
    fn actors_of_one_map_agree_on_what_is_popular() {
        let draws = gets(Popularity::Hottest { share: 0.9, rest: Box::new(Popularity::Uniform) });
        let hottest = |actor| {
            let words = draws.draw(&Ground { actor, ..ground(100, 1_000) }, 7);
            let keys = keys(&words);
            let count = |key: u32| keys.iter().filter(|&&found| found == key).count();
            ((0..100).max_by_key(|&key| count(key)), keys)
        };
        let ((one, one_keys), (other, other_keys)) = (hottest(0), hottest(1));
        assert_eq!(one, other);
        assert_ne!(one_keys, other_keys);
    }

    #[test]
    fn half_of_the_ops_repeat_when_the_scenario_says_so() {
        let mut draws = gets(Popularity::Uniform);
        draws.repeat = Some(Repeat { share: 0.5, window_ops: 1_000 });
        let words = draws.draw(&ground(1_000_000, 50_000), 1);
        // Two fresh draws of a million keys hardly ever meet.
        let again = (1_000..words.len()).filter(|&at| words[at - 1_000..at].contains(&words[at]));
        let share = again.count() as f64 / 49_000.0;
        assert!((share - 0.5).abs() < 0.02, "{share}");
    }

    #[test]
    fn draws_are_the_same_on_every_platform() {
        let zipf = gets(Popularity::Zipf { s: 1.0 });
        assert_eq!(keys(&zipf.draw(&ground(1_000, 8), 1)), PINNED_ZIPF);
        let mut drifting = gets(Popularity::ZipfMandelbrot { s: 1.0, q: 6.0 });
        drifting.drift = Some(Drift { top: 10, swap: 5, every_ops: 2 });
        drifting.repeat = Some(Repeat { share: 0.5, window_ops: 4 });
        assert_eq!(keys(&drifting.draw(&ground(1_000, 8), 1)), PINNED_DRIFTING);
    }

    const PINNED_ZIPF: [u32; 8] = [797, 687, 687, 579, 280, 337, 518, 356];
    const PINNED_DRIFTING: [u32; 8] = [797, 687, 579, 381, 1, 1, 147, 421];
}
