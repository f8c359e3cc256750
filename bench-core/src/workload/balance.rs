//! Makes drawn inserts and removes fit together: every insert finds its key absent and every remove
//! finds it present, and a lap ends with the keys with which it began. Draws nothing.

use super::draws::Ground;
use crate::op::{OpKind, OpWord};
use crate::trace::{KeySet, MapSpec, Shape};

/// No position.
const NEVER: u32 = u32::MAX;

/// Turns inserts and removes into one another where needed, so that each changes its key. In a
/// steady lap every key is inserted as often as it is removed: of two keys for which that does not
/// hold, the last such op of the later one is given to the other. Returns the ops that must follow
/// to restore the first keys where other ops brought some in.
pub(super) fn balance(words: &mut [u32], maps: &[MapSpec], shape: Shape) -> Vec<u32> {
    if shape == Shape::Steady {
        for (map, spec) in maps.iter().enumerate() {
            pair(words, map, spec.keys);
        }
    }
    let mut present: Vec<KeySet> =
        maps.iter().map(|spec| KeySet::filled(spec.keys, spec.preload)).collect();
    for word in words.iter_mut() {
        let op = OpWord(*word);
        let set = &mut present[op.map()];
        match op.kind() {
            Some(OpKind::Insert | OpKind::Remove) => {
                let kind = if set.toggle(op.key()) { OpKind::Insert } else { OpKind::Remove };
                *word = OpWord::new(kind, op.map() as u8, op.key()).0;
            }
            Some(OpKind::InsertIfAbsent | OpKind::Overwrite) => {
                set.insert(op.key());
            }
            Some(OpKind::ReplaceAll) => {
                let spec = &maps[op.map()];
                *set = KeySet::filled(spec.keys, spec.preload);
            }
            _ => {}
        }
    }
    if shape == Shape::Steady { strays(&present, maps) } else { Vec::new() }
}

/// Gives every key of a map an even number of inserts and removes. With an odd number of them in
/// all, the last one becomes a get.
fn pair(words: &mut [u32], map: usize, keys: u32) {
    let mut odd = vec![false; keys as usize];
    let mut last = vec![NEVER; keys as usize];
    for (position, &word) in words.iter().enumerate() {
        let op = OpWord(word);
        match op.kind() {
            Some(OpKind::Insert | OpKind::Remove) if op.map() == map => {
                odd[op.key() as usize] ^= true;
                last[op.key() as usize] = position as u32;
            }
            // What happened before makes no difference afterwards.
            Some(OpKind::ReplaceAll) if op.map() == map => odd.fill(false),
            _ => {}
        }
    }
    let mut lasts: Vec<u32> =
        odd.into_iter().zip(last).filter_map(|(odd, last)| odd.then_some(last)).collect();
    lasts.sort_unstable();
    for pair in lasts.chunks(2) {
        let one = OpWord(words[pair[0] as usize]);
        match pair.get(1) {
            Some(&other) => {
                let word = &mut words[other as usize];
                *word =
                    OpWord::new(OpWord(*word).kind().unwrap_or(OpKind::Get), map as u8, one.key())
                        .0;
            }
            None => words[pair[0] as usize] = OpWord::new(OpKind::Get, map as u8, one.key()).0,
        }
    }
}

fn strays(present: &[KeySet], maps: &[MapSpec]) -> Vec<u32> {
    let mut restoring = Vec::new();
    for (map, (spec, set)) in maps.iter().zip(present).enumerate() {
        let strays = (0..spec.keys).filter(|&key| set.contains(key) != (key < spec.preload));
        restoring.extend(strays.map(|key| {
            let kind = if key < spec.preload { OpKind::Insert } else { OpKind::Remove };
            OpWord::new(kind, map as u8, key).0
        }));
    }
    restoring
}

/// Gives ops by recency their keys. Inserts and removes take turns, whatever was drawn: an insert
/// the next key of a circle, a remove the oldest key; other ops have a rank for a key, 0 for the
/// key that was inserted last. In a steady lap the keys come round a whole number of times.
pub(super) fn by_recency(words: &mut [u32], ground: &Ground, shape: Shape) {
    let turns: u64 = words.iter().filter(|&&word| takes_turns(OpWord(word))).count() as u64;
    let inserts = turns / 2;
    let circle = match shape {
        Shape::Steady if inserts > 0 => inserts / inserts.div_ceil(u64::from(ground.keys)),
        _ => u64::from(ground.keys),
    };
    // What is left over when the keys have come round becomes accesses.
    let turns = match shape {
        Shape::Steady if circle <= u64::from(ground.preload) => 0,
        Shape::Steady => 2 * (inserts - inserts % circle),
        Shape::OneShot => turns,
    };
    let (mut inserted, mut removed, mut turn) = (u64::from(ground.preload), 0_u64, 0_u64);
    for word in words.iter_mut() {
        let op = OpWord(*word);
        let (kind, number) = if !takes_turns(op) {
            let live = (inserted - removed).max(1);
            let newest = inserted + circle - 1;
            (op.kind().unwrap_or(OpKind::Get), newest - u64::from(op.key() - ground.first) % live)
        } else if turn >= turns {
            (OpKind::Get, inserted + circle - 1)
        } else if turn % 2 == 0 {
            inserted += 1;
            (OpKind::Insert, inserted - 1)
        } else {
            removed += 1;
            (OpKind::Remove, removed - 1)
        };
        turn += u64::from(takes_turns(op));
        *word = OpWord::new(kind, ground.map, ground.first + (number % circle) as u32).0;
    }
}

fn takes_turns(op: OpWord) -> bool {
    matches!(op.kind(), Some(OpKind::Insert | OpKind::Remove))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::KeyRule;

    fn map(keys: u32, preload: u32) -> MapSpec {
        let (id, name) = ("M".to_owned(), "map".to_owned());
        MapSpec { id, name, key_rule: KeyRule::NsName, keys, preload, peak: 0 }
    }

    fn words(ops: &[(OpKind, u32)]) -> Vec<u32> {
        ops.iter().map(|&(kind, key)| OpWord::new(kind, 0, key).0).collect()
    }

    fn ops(words: &[u32]) -> Vec<(OpKind, u32)> {
        words.iter().filter_map(|&word| Some((OpWord(word).kind()?, OpWord(word).key()))).collect()
    }

    #[test]
    fn a_key_that_would_stray_gives_its_last_change_to_another_that_would() {
        use OpKind::{Get, Insert, Remove};
        let mut drawn = words(&[(Insert, 0), (Insert, 7), (Insert, 8), (Get, 3), (Insert, 9)]);
        // Of 0, 7, 8 and 9, each changed once: 7 takes back 0's change, 9 takes back 8's.
        assert_eq!(balance(&mut drawn, &[map(10, 1)], Shape::Steady), [] as [u32; 0]);
        assert_eq!(ops(&drawn), [(Remove, 0), (Insert, 0), (Insert, 8), (Get, 3), (Remove, 8)]);
    }

    #[test]
    fn the_last_of_an_odd_number_of_changes_becomes_a_get() {
        let mut drawn = words(&[(OpKind::Remove, 4)]);
        assert_eq!(balance(&mut drawn, &[map(10, 10)], Shape::Steady), [] as [u32; 0]);
        assert_eq!(ops(&drawn), [(OpKind::Get, 4)]);
        let mut drawn = words(&[(OpKind::Insert, 4)]);
        balance(&mut drawn, &[map(10, 10)], Shape::OneShot);
        assert_eq!(ops(&drawn), [(OpKind::Remove, 4)]);
    }

    #[test]
    fn keys_that_other_ops_bring_in_are_taken_out_at_the_end() {
        let mut drawn = words(&[(OpKind::Overwrite, 5), (OpKind::InsertIfAbsent, 6)]);
        let restoring = balance(&mut drawn, &[map(10, 5)], Shape::Steady);
        assert_eq!(ops(&restoring), [(OpKind::Remove, 5), (OpKind::Remove, 6)]);
        let mut drawn = words(&[(OpKind::Overwrite, 5), (OpKind::ReplaceAll, 0)]);
        assert_eq!(balance(&mut drawn, &[map(10, 5)], Shape::Steady), [] as [u32; 0]);
    }

    #[test]
    fn by_recency_the_newest_key_has_rank_0_and_the_oldest_goes() {
        use OpKind::{Get, Insert, Remove};
        let ground = Ground { map: 0, first: 0, keys: 10, preload: 2, ops: 8, actor: 0 };
        let kinds = [Get, Insert, Get, Remove, Get, Insert, Remove, Get];
        let mut drawn = words(&kinds.map(|kind| (kind, 0)));
        by_recency(&mut drawn, &ground, Shape::OneShot);
        assert_eq!(
            ops(&drawn),
            [
                (Get, 1),
                (Insert, 2),
                (Get, 2),
                (Remove, 0),
                (Get, 2),
                (Insert, 3),
                (Remove, 1),
                (Get, 3)
            ]
        );
    }
}
