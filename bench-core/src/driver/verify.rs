//! What a map must hold after the ops that each thread executed, and the comparison with what it
//! holds. Computed from the hands on plain vectors, outside every measured part.

use std::borrow::Borrow;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU64, Ordering};

use super::deal::{Extended, Hand, Hands};
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
    /// Keys that each map begins with.
    preloads: Vec<u32>,
}

impl Model {
    /// The state before the first op.
    pub(super) fn preloaded(specs: &[MapSpec]) -> Self {
        let maps = specs
            .iter()
            .map(|spec| (0..spec.keys).map(|key| (key < spec.preload).then_some(0)).collect())
            .collect();
        Model { maps, preloads: specs.iter().map(|spec| spec.preload).collect() }
    }

    /// Applies what all threads executed: whole laps, then a part of one.
    ///
    /// A lap that sets a key (insert, overwrite, remove) leaves it the same each time; a lap that
    /// only updates it adds the same each time. So two laps tell what any number of them does.
    pub(super) fn apply(&mut self, hands: &Hands, places: &[Vec<Place>]) {
        if hands.iter().flatten().any(|hand| !hand.parts.is_empty()) {
            let hands: Vec<&Hand> = hands.iter().flatten().collect();
            let places: Vec<Place> = places.iter().flatten().copied().collect();
            self.apply_ordered(&hands, &places);
        } else {
            for (hand, &place) in hands.iter().flatten().zip(places.iter().flatten()) {
                self.apply_laps(place.laps, |model| model.apply_part(hand, 0..hand.len()));
                self.apply_part(hand, 0..place.position);
            }
        }
    }

    /// Applies the events of several threads in the order of their numbers. Every thread is in the
    /// same lap, as none begins one before the others have ended the last.
    fn apply_ordered(&mut self, hands: &[&Hand], places: &[Place]) {
        let whole = |hand: &Hand, place: &Place| place.position == hand.len() && hand.len() > 0;
        let in_play = || hands.iter().zip(places).filter(|(hand, _)| hand.len() > 0);
        let laps = in_play()
            .map(|(hand, place)| place.laps + u64::from(whole(hand, place)))
            .min()
            .unwrap_or(0);
        let ends: Vec<usize> = hands.iter().map(|hand| hand.len()).collect();
        self.apply_laps(laps, |model| model.apply_merged(hands, &ends));
        let part = |(hand, place): (&&Hand, &Place)| {
            // A thread at the end of a lap has it behind it once the others have.
            if place.laps < laps || hand.len() == 0 { 0 } else { place.position }
        };
        let ends: Vec<usize> = hands.iter().zip(places).map(part).collect();
        self.apply_merged(hands, &ends);
    }

    /// Applies so many laps of whatever `lap` applies.
    fn apply_laps(&mut self, laps: u64, lap: impl Fn(&mut Model)) {
        if laps > 0 {
            lap(self);
        }
        if laps > 1 {
            let first = self.maps.clone();
            lap(self);
            self.extrapolate(&first, laps - 2);
        }
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

    /// Applies each hand up to its end, event by event in the order of their numbers.
    fn apply_merged(&mut self, hands: &[&Hand], ends: &[usize]) {
        let mut at = vec![(0_usize, 0_usize); hands.len()];
        loop {
            let open = (0..hands.len()).filter(|&hand| at[hand].1 < ends[hand]);
            let first = open.min_by_key(|&hand| hands[hand].parts[at[hand].0].number);
            let Some(hand) = first else { return };
            let (part, start) = at[hand];
            let end = (hands[hand].parts[part].end as usize).min(ends[hand]);
            self.apply_part(hands[hand], start..end);
            at[hand] = (part + 1, end);
        }
    }

    fn apply_part(&mut self, hand: &Hand, positions: Range<usize>) {
        for position in positions {
            hand.each_at(position, |op| self.apply_op(op, position as u32));
        }
    }

    #[inline]
    fn apply_op(&mut self, op: Extended, position: u32) {
        let map = &mut self.maps[op.word.map()];
        let key = op.word.key() as usize;
        match op.kind {
            OpKind::Insert | OpKind::Overwrite => map[key] = Some(position),
            OpKind::InsertIfAbsent => map[key] = map[key].or(Some(position)),
            OpKind::Update => map[key] = map[key].map(|version| version.wrapping_add(1)),
            OpKind::Remove => map[key] = None,
            OpKind::NewMap => map.fill(None),
            OpKind::ReplaceAll => {
                let preload = self.preloads[op.word.map()] as usize;
                map[..preload].fill(Some(position));
                map[preload..].fill(None);
            }
            _ => {}
        }
    }

    /// Reads that hit, and writes that change something, if one thread alone plays one hand.
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
            hand.each_at(position, |op| {
                let map = &self.maps[op.word.map()];
                let key = op.word.key() as usize;
                let present = map[key].is_some();
                match op.kind {
                    OpKind::Get | OpKind::Has | OpKind::GetCloned => hits += u64::from(present),
                    OpKind::Range => hits += present_in(map, key, op.count as usize),
                    OpKind::Insert | OpKind::InsertIfAbsent => effective += u64::from(!present),
                    OpKind::Overwrite | OpKind::Update | OpKind::Remove => {
                        effective += u64::from(present);
                    }
                    _ => {}
                }
                self.apply_op(op, 0);
            });
        }
        (hits, effective)
    }

    /// Entries of all maps.
    pub(super) fn entries(&self) -> u64 {
        self.maps.iter().flatten().flatten().count() as u64
    }
}

/// How many of so many keys from `first` on are present, coming round at the end.
fn present_in(map: &Contents, first: usize, count: usize) -> u64 {
    let rest = count % map.len();
    let present = |keys: &[Option<u32>]| keys.iter().flatten().count() as u64;
    let rounds = if count >= map.len() { (count / map.len()) as u64 * present(map) } else { 0 };
    let end = first + rest;
    let wrapped = end.saturating_sub(map.len());
    rounds + present(&map[first..end.min(map.len())]) + present(&map[..wrapped])
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
        let hand = deal(&trace, 1, None, 1).expect("dealt").remove(0).remove(0);
        (vec![map_spec(6, 2)], hand)
    }

    #[test]
    fn any_number_of_laps_equals_applying_them_one_by_one() {
        let (specs, hand) = lap();
        for laps in 0..6 {
            for position in 0..hand.len() {
                let mut stepwise = Model::preloaded(&specs);
                for _ in 0..laps {
                    stepwise.apply_part(&hand, 0..hand.len());
                }
                stepwise.apply_part(&hand, 0..position);
                let mut at_once = Model::preloaded(&specs);
                let place = Place { laps, position };
                at_once.apply(&vec![vec![hand.clone()]], &[vec![place]]);
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
        model.apply(&vec![vec![hand]], &[vec![Place { laps: 4, position: 0 }]]);
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
