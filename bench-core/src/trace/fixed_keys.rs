//! The figures of a trace whose maps keep their keys throughout, without replaying it: then no op's
//! answer depends on another, and the words can be counted in any order, in chunks, on all threads.
//! The same figures as `replay` and `key_counts` give, which do the rest.

use rayon::prelude::*;

use super::{KeySet, MapSpec, Replay, Stream, TopKey, key_counts};
use crate::op::{MAX_MAPS, OpClass, OpKind, OpWord, TABLE};

/// Fewest words that are worth a thread.
const LEAST_WORDS: usize = 1 << 16;
/// Codes of a word.
const CODES: usize = 16;

/// Which codes stand in words, as bits, if each of them is an op by itself, on a key that exists;
/// `None` if there are ranges or mistakes, which must be looked at one by one.
pub(super) fn plain_codes(maps: &[MapSpec], words: &[u32]) -> Option<u32> {
    let mut limits = [0; MAX_MAPS];
    for (limit, spec) in limits.iter_mut().zip(maps) {
        *limit = spec.keys;
    }
    let of_chunk = |chunk: &[u32]| {
        chunk.iter().fold((0_u32, true), |(codes, exist), &word| {
            let op = OpWord(word);
            (codes | 1 << op.code(), exist & (op.key() < limits[op.map()]))
        })
    };
    let both = |one: (u32, bool), other: (u32, bool)| (one.0 | other.0, one.1 & other.1);
    let chunks = words.par_chunks(chunk_of(words.len()));
    let (codes, exist) = chunks.map(of_chunk).reduce(|| (0, true), both);
    let known = TABLE.iter().filter(|info| info.kind != OpKind::Range);
    let known = known.fold(0, |known, info| known | 1 << info.kind as u32);
    (exist && codes & !known == 0).then_some(codes)
}

/// The replay and the most accessed key of checked streams; `None` if keys may come or go.
pub(super) fn figures(maps: &[MapSpec], streams: &[Stream]) -> Option<(Replay, Option<TopKey>)> {
    let mut codes = 0;
    for stream in streams {
        codes |= plain_codes(maps, &stream.words)?;
    }
    let full = maps.iter().all(|spec| spec.preload == spec.keys);
    let mut kinds =
        TABLE.iter().map(|info| info.kind).filter(|&kind| codes >> kind as u32 & 1 == 1);
    if !kinds.all(|kind| keeps_keys(kind, full)) {
        return None;
    }
    let mut counts = Counts::new(maps);
    for stream in streams {
        let chunks = stream.words.par_chunks(chunk_of(stream.words.len()));
        let of_chunk = |chunk: &[u32]| {
            let mut counts = Counts::new(maps);
            counts.count(chunk);
            counts
        };
        counts.add(chunks.map(of_chunk).reduce_with(Counts::and));
    }
    let replay = counts.replay(maps);
    let per_key: Vec<Vec<u64>> =
        counts.per_key.iter().map(|keys| keys.iter().map(|&n| u64::from(n)).collect()).collect();
    let top_key = key_counts::top_of(&per_key, replay.ops);
    Some((replay, top_key))
}

/// As many words as give each thread one chunk, which has counts of its own.
fn chunk_of(words: usize) -> usize {
    words.div_ceil(rayon::current_num_threads()).max(LEAST_WORDS)
}

/// Whether an op leaves the keys of a map as they are: any map's, or one's that holds all its keys.
fn keeps_keys(kind: OpKind, full: bool) -> bool {
    match kind {
        OpKind::Insert | OpKind::InsertIfAbsent | OpKind::Overwrite => full,
        OpKind::Update => true,
        _ => matches!(kind.class(), OpClass::Read | OpClass::Scan),
    }
}

/// What was counted in some words.
struct Counts {
    /// Words per code.
    ops: [u64; CODES],
    /// Of those, the ones whose key is present.
    present: [u64; CODES],
    /// Accesses per map and key.
    per_key: Vec<Vec<u32>>,
    preload: [u32; MAX_MAPS],
}

impl Counts {
    fn new(maps: &[MapSpec]) -> Self {
        let mut preload = [0; MAX_MAPS];
        for (preload, spec) in preload.iter_mut().zip(maps) {
            *preload = spec.preload;
        }
        let per_key = maps.iter().map(|spec| vec![0; spec.keys as usize]).collect();
        Counts { ops: [0; CODES], present: [0; CODES], per_key, preload }
    }

    fn count(&mut self, words: &[u32]) {
        let names_key = TABLE.iter().filter(|info| info.kind.accesses_a_key());
        let names_key = names_key.fold(0_u32, |codes, info| codes | 1 << info.kind as u32);
        for &word in words {
            let op = OpWord(word);
            let (code, map, key) = (op.code() as usize, op.map(), op.key());
            self.ops[code] += 1;
            self.present[code] += u64::from(key < self.preload[map]);
            self.per_key[map][key as usize] += names_key >> code & 1;
        }
    }

    fn and(mut self, other: Counts) -> Counts {
        self.add(Some(other));
        self
    }

    fn add(&mut self, other: Option<Counts>) {
        let Some(other) = other else { return };
        for code in 0..CODES {
            self.ops[code] += other.ops[code];
            self.present[code] += other.present[code];
        }
        for (keys, others) in self.per_key.iter_mut().zip(&other.per_key) {
            for (count, other) in keys.iter_mut().zip(others) {
                *count += other;
            }
        }
    }

    fn replay(&self, maps: &[MapSpec]) -> Replay {
        let of_class = |counts: &[u64; CODES], class: OpClass| -> u64 {
            let kinds = TABLE.iter().filter(|info| info.class == class);
            kinds.map(|info| counts[info.kind as usize]).sum()
        };
        // All keys are present where an insert only if absent keeps them: it changes nothing.
        let refused = self.present[OpKind::InsertIfAbsent as usize];
        Replay {
            ops: self.ops.iter().sum(),
            reads: of_class(&self.ops, OpClass::Read),
            hits: of_class(&self.present, OpClass::Read),
            writes: of_class(&self.ops, OpClass::Write),
            effective_writes: of_class(&self.present, OpClass::Write) - refused,
            present: maps.iter().map(|spec| KeySet::filled(spec.keys, spec.preload)).collect(),
            peaks: maps.iter().map(|spec| spec.preload).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::KeyRule;
    use crate::trace::replay;

    fn map(keys: u32, preload: u32) -> MapSpec {
        let (id, name) = ("M".to_owned(), "map".to_owned());
        MapSpec { id, name, key_rule: KeyRule::NsName, keys, preload, peak: 0 }
    }

    proptest! {
        #[test]
        fn counting_gives_what_replaying_gives(
            words in prop::collection::vec((0_usize..14, 0_u8..2, 0_u32..20), 0..300),
            full: bool,
        ) {
            let maps = [map(20, if full { 20 } else { 11 }), map(30, if full { 30 } else { 0 })];
            let words = words.into_iter().filter_map(|(code, map, key)| {
                let kind = TABLE[code].kind;
                keeps_keys(kind, full).then(|| OpWord::new(kind, map, key).0)
            });
            // Range is a read, but not a word by itself.
            let words = words.filter(|&word| OpWord(word).kind() != Some(OpKind::Range));
            let streams = [Stream::of(words.collect())];
            let counted = figures(&maps, &streams);
            let replayed = replay::replay(&maps, &streams, |_, _| {});
            let top_key = key_counts::top_key(&maps, &streams);
            prop_assert_eq!(counted, Some((replayed, top_key)));
        }
    }

    #[test]
    fn what_must_be_looked_at_one_by_one_is_not_counted() {
        let maps = [map(20, 20)];
        let codes = |words: &[OpWord]| {
            plain_codes(&maps, &words.iter().map(|word| word.0).collect::<Vec<_>>())
        };
        let get = OpWord::new(OpKind::Get, 0, 19);
        assert_eq!(codes(&[get, OpWord::new(OpKind::Len, 0, 0)]), Some(1 | 1 << 10));
        for bad in [
            OpWord::new(OpKind::Get, 0, 20),
            OpWord::new(OpKind::Get, 1, 0),
            OpWord::new(OpKind::Range, 0, 0),
            OpWord(14 << 28),
            OpWord(15 << 28),
        ] {
            assert_eq!(codes(&[get, bad]), None, "{bad:?}");
        }
        let removes = [Stream::of(vec![OpWord::new(OpKind::Remove, 0, 0).0])];
        assert_eq!(figures(&maps, &removes), None);
    }
}
