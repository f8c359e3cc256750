//! How many ops of which kind lie before each place of a hand, so that what a round executed is
//! known from where it began and ended, without a counter in the loop.

use super::deal::{Extended, Hand};
use super::round::Place;
use crate::op::{OpClass, OpKind};
use crate::trace::{MapSpec, TopKey};

/// Counted per map: one column for each class, and one for the gets of ranges.
pub(super) const COLUMNS: usize = OpClass::ALL.len() + 1;
/// The column of the gets of ranges.
pub(super) const RANGED: usize = OpClass::ALL.len();

/// Counts of executed ops.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct OpCounts {
    /// By map, then by column.
    pub(super) maps: Vec<[u64; COLUMNS]>,
    /// Updates.
    pub(super) updates: u64,
    /// Accesses to the trace's most accessed key.
    pub(super) top_key: u64,
}

impl OpCounts {
    pub(super) fn new(maps: usize) -> Self {
        OpCounts { maps: vec![[0; COLUMNS]; maps], ..OpCounts::default() }
    }

    /// Ops of a class on all maps; gets of ranges are reads.
    pub(super) fn of_class(&self, class: OpClass) -> u64 {
        let ranged = class == OpClass::Read;
        let of_map =
            |map: &[u64; COLUMNS]| map[class as usize] + if ranged { map[RANGED] } else { 0 };
        self.maps.iter().map(of_map).sum()
    }

    /// All ops.
    pub(super) fn all(&self) -> u64 {
        self.maps.iter().flatten().sum()
    }

    /// Adds other counts so many times.
    pub(super) fn add(&mut self, other: &OpCounts, times: u64) {
        self.combine(other, |count, other| *count += other * times);
    }

    /// Takes other counts away.
    pub(super) fn subtract(&mut self, other: &OpCounts) {
        self.combine(other, |count, other| *count -= other);
    }

    fn combine(&mut self, other: &OpCounts, mut change: impl FnMut(&mut u64, u64)) {
        for (count, &other) in self.maps.iter_mut().flatten().zip(other.maps.iter().flatten()) {
            change(count, other);
        }
        change(&mut self.updates, other.updates);
        change(&mut self.top_key, other.top_key);
    }

    fn count(&mut self, op: Extended, specs: &[MapSpec], top: Option<TopKey>) {
        let map = op.word.map();
        let column = if op.kind == OpKind::Range { RANGED } else { op.kind.class() as usize };
        self.maps[map][column] += u64::from(op.count);
        self.updates += u64::from(op.kind == OpKind::Update);
        if let Some(top) = top
            && top.map as usize == map
            && op.kind.accesses_a_key()
        {
            self.top_key += accesses(op, top.key, specs[map].keys);
        }
    }
}

/// How often an op accesses a key.
fn accesses(op: Extended, key: u32, keys: u32) -> u64 {
    if op.kind != OpKind::Range {
        return u64::from(op.word.key() == key);
    }
    // How far the key lies behind the range's first one, coming round at the end.
    let behind = (u64::from(key) + u64::from(keys) - u64::from(op.word.key())) % u64::from(keys);
    u64::from(op.count / keys) + u64::from(behind < u64::from(op.count % keys))
}

/// The counts before every place of one hand.
#[derive(Debug)]
pub(super) struct OpIndex {
    /// Counts before position `n * STEP`.
    checkpoints: Vec<OpCounts>,
    lap: OpCounts,
    specs: Vec<MapSpec>,
    top: Option<TopKey>,
}

impl OpIndex {
    const STEP: usize = 1 << 14;

    pub(super) fn of(hand: &Hand, specs: &[MapSpec], top: Option<TopKey>) -> Self {
        let mut counts = OpCounts::new(specs.len());
        let mut checkpoints = Vec::with_capacity(hand.len() / Self::STEP + 1);
        for position in 0..hand.len() {
            if position % Self::STEP == 0 {
                checkpoints.push(counts.clone());
            }
            hand.each_at(position, |op| counts.count(op, specs, top));
        }
        OpIndex { checkpoints, lap: counts, specs: specs.to_vec(), top }
    }

    /// Counts from the start of the trial to a place.
    pub(super) fn before(&self, hand: &Hand, place: Place) -> OpCounts {
        let checkpoint = place.position / Self::STEP;
        let mut counts = self.checkpoints.get(checkpoint).unwrap_or(&self.lap).clone();
        if checkpoint < self.checkpoints.len() {
            for position in (checkpoint * Self::STEP)..place.position {
                hand.each_at(position, |op| counts.count(op, &self.specs, self.top));
            }
        }
        counts.add(&self.lap, place.laps);
        counts
    }
}
