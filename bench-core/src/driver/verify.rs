//! What a map must hold after the ops that each thread executed, and the comparison with what it
//! holds. Computed from the hands on plain vectors, outside every measured part.

use std::borrow::Borrow;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use super::deal::Hand;
use super::round::Place;
use crate::adapter::{MapHandle, ScanConsistency};
use crate::event::{Failure, FailureKind};
use crate::key::{BenchKey, KeyTable};
use crate::op::OpKind;
use crate::trace::MapSpec;
use crate::value::{BenchValue, ValueWord};

/// The versions of one map's keys; `None` where a key is absent.
pub(super) type Contents = Vec<Option<u32>>;

/// What the maps hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Model {
    pub(super) maps: Vec<Contents>,
}

impl Model {
    /// The state before the first op.
    pub(super) fn preloaded(specs: &[MapSpec]) -> Self {
        let maps = specs
            .iter()
            .map(|spec| (0..spec.keys).map(|key| (key < spec.preload).then_some(0)).collect())
            .collect();
        Model { maps }
    }

    /// Applies what one thread executed: whole laps, then a part of one.
    ///
    /// A lap that sets a key (insert, overwrite, remove) leaves it the same each time; a lap that
    /// only updates it adds the same each time. So two laps tell what any number of them does.
    pub(super) fn apply(&mut self, hand: &Hand, place: Place) {
        if place.laps > 0 {
            self.apply_part(hand, hand.len());
            if place.laps > 1 {
                let first = self.maps.clone();
                self.apply_part(hand, hand.len());
                self.extrapolate(&first, place.laps - 2);
            }
        }
        self.apply_part(hand, place.position);
    }

    /// Adds `laps` more laps to the state after two.
    fn extrapolate(&mut self, first: &[Contents], laps: u64) {
        for (map, first) in self.maps.iter_mut().zip(first) {
            for (version, first) in map.iter_mut().zip(first) {
                if let (Some(version), Some(first)) = (version.as_mut(), first) {
                    let per_lap = version.wrapping_sub(*first);
                    *version = version.wrapping_add(per_lap.wrapping_mul(laps as u32));
                }
            }
        }
    }

    fn apply_part(&mut self, hand: &Hand, end: usize) {
        for position in 0..end {
            let op = hand.op(position);
            let entry = &mut self.maps[op.word.map()][op.word.key() as usize];
            match op.kind {
                OpKind::Insert | OpKind::Overwrite => *entry = Some(position as u32),
                OpKind::InsertIfAbsent => *entry = entry.or(Some(position as u32)),
                OpKind::Update => *entry = entry.map(|version| version.wrapping_add(1)),
                OpKind::Remove => *entry = None,
                _ => {}
            }
        }
    }

    /// Reads that hit, and writes that change something, if one thread alone executes `place`.
    pub(super) fn found_by_one(specs: &[MapSpec], hand: &Hand, place: Place) -> (u64, u64) {
        let mut model = Model::preloaded(specs);
        let lap = if place.laps > 0 { model.found_in_part(hand, hand.len()) } else { (0, 0) };
        // A steady lap ends with the keys with which it began, so every lap finds the same.
        let part = model.found_in_part(hand, place.position);
        (lap.0 * place.laps + part.0, lap.1 * place.laps + part.1)
    }

    fn found_in_part(&mut self, hand: &Hand, end: usize) -> (u64, u64) {
        let (mut hits, mut effective) = (0, 0);
        for position in 0..end {
            let op = hand.op(position);
            let map = &mut self.maps[op.word.map()];
            let key = op.word.key() as usize;
            match op.kind {
                OpKind::Get | OpKind::Has | OpKind::GetCloned | OpKind::Range => {
                    let keys = &map[key..key + op.count as usize];
                    hits += keys.iter().filter(|version| version.is_some()).count() as u64;
                }
                OpKind::Insert | OpKind::InsertIfAbsent => {
                    effective += u64::from(map[key].is_none());
                    map[key] = Some(0);
                }
                OpKind::Overwrite => {
                    effective += u64::from(map[key].is_some());
                    map[key] = Some(0);
                }
                OpKind::Update => effective += u64::from(map[key].is_some()),
                OpKind::Remove => effective += u64::from(map[key].take().is_some()),
                _ => {}
            }
        }
        (hits, effective)
    }

    /// Entries of all maps.
    pub(super) fn entries(&self) -> u64 {
        self.maps.iter().flatten().flatten().count() as u64
    }
}

/// Reads what a map holds: by a scan, or key by key where it cannot be scanned. Every visited
/// entry counts as progress.
pub(super) fn contents<K: BenchKey, V: BenchValue, H: MapHandle<K, V>>(
    handle: &mut H,
    table: &K::Table,
    spec: &MapSpec,
    scan: ScanConsistency,
    progress: &AtomicU64,
) -> Result<Contents, Failure> {
    let mut found: Contents = vec![None; spec.keys as usize];
    let mut wrong = None;
    let mut take = |key: &K, value: &V| {
        progress.fetch_add(1, Ordering::Relaxed);
        let word: ValueWord = value.word();
        let index = word.key();
        if index >= spec.keys || table.key(index).borrow() != key || !value.is_whole() {
            wrong = Some(format!("{key:?} holds a value that was written for another key"));
            return ControlFlow::Break(());
        }
        if found[index as usize].replace(word.version()).is_some() {
            wrong = Some(format!("{key:?} is shown twice by a scan without writers"));
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    };
    if scan == ScanConsistency::None {
        for index in 0..spec.keys {
            let key = table.key(index);
            let value = handle.get_cloned(key.borrow());
            if value.is_some_and(|value| take(key.borrow(), &value).is_break()) {
                break;
            }
        }
    } else {
        handle.scan(take);
    }
    match wrong {
        Some(message) => {
            let message = format!("map {}: key {message}", spec.id);
            Err(Failure { kind: FailureKind::WrongValue, message })
        }
        None => Ok(found),
    }
}

/// Compares what a map holds with what it must hold.
pub(super) fn compare(
    spec: &MapSpec,
    expected: &Contents,
    found: &Contents,
    len: usize,
) -> Result<(), Failure> {
    let fail = |message| Err(Failure { kind: FailureKind::Verification, message });
    let must = expected.iter().flatten().count();
    let has = found.iter().flatten().count();
    let differing = expected.iter().zip(found).filter(|(must, has)| must != has).count();
    let first = expected.iter().zip(found).position(|(must, has)| must != has);
    if let Some(key) = first {
        let version = |entry: &Option<u32>| {
            entry.map_or_else(|| "absent".to_owned(), |version| format!("version {version}"))
        };
        return fail(format!(
            "map {}: {differing} of {} keys differ from the model ({must} entries expected, {has} \
             found); first key index {key}: expected {}, found {}",
            spec.id,
            expected.len(),
            version(&expected[key]),
            version(&found[key]),
        ));
    }
    if len != must {
        return fail(format!("map {}: len() says {len}, the map holds {must} entries", spec.id));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::deal::deal;
    use crate::driver::testing::{map_spec, trace_of, word};
    use crate::op::OpKind::{Get, Insert, Overwrite, Remove, Update};

    fn lap() -> (Vec<MapSpec>, Hand) {
        let words = vec![
            word(Update, 0, 0),
            word(Overwrite, 0, 1),
            word(Insert, 0, 5),
            word(Update, 0, 5),
            word(Get, 0, 5),
            word(Update, 0, 0),
            word(Remove, 0, 5),
            word(Get, 0, 5),
        ];
        let trace = trace_of(words, 6, 2);
        let hand = deal(&trace, 1).expect("dealt").remove(0);
        (vec![map_spec(6, 2)], hand)
    }

    #[test]
    fn any_number_of_laps_equals_applying_them_one_by_one() {
        let (specs, hand) = lap();
        for laps in 0..6 {
            for position in 0..hand.len() {
                let mut stepwise = Model::preloaded(&specs);
                for _ in 0..laps {
                    stepwise.apply_part(&hand, hand.len());
                }
                stepwise.apply_part(&hand, position);
                let mut at_once = Model::preloaded(&specs);
                at_once.apply(&hand, Place { laps, position });
                assert_eq!(at_once, stepwise, "{laps} laps and {position} ops");
            }
        }
    }

    #[test]
    fn one_thread_finds_what_the_model_says() {
        let (specs, hand) = lap();
        assert_eq!(Model::found_by_one(&specs, &hand, Place { laps: 3, position: 5 }), (4, 22));
    }

    #[test]
    fn a_lost_update_is_named_with_its_key() {
        let (specs, hand) = lap();
        let mut model = Model::preloaded(&specs);
        model.apply(&hand, Place { laps: 4, position: 0 });
        let expected = &model.maps[0];
        assert_eq!(compare(&specs[0], expected, expected, 2), Ok(()));
        let mut found = expected.clone();
        found[0] = Some(7);
        let failure = compare(&specs[0], expected, &found, 2).expect_err("differs");
        assert_eq!(failure.kind, FailureKind::Verification);
        assert!(failure.message.contains("key index 0: expected version 8, found version 7"));
        assert!(compare(&specs[0], expected, expected, 3).is_err());
    }
}
