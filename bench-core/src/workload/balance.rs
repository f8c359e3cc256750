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
