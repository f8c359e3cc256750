//! Replays a trace in event order on plain key sets: the state that every run must end in, and the
//! intended figures that measured ones are compared with. No map, no time, no values.

use std::collections::BTreeSet;

use super::rules::check;
use super::{Event, KeySet, MapSpec, Stream, Trace, TraceError, ops_in, order};
use crate::adapter::Requirement;
use crate::op::{OpKind, OpWord};

/// What a replay found, over all maps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Ops.
    pub ops: u64,
    /// Reads (gets, range gets, presence checks).
    pub reads: u64,
    /// Reads that found their key.
    pub hits: u64,
    /// Writes.
    pub writes: u64,
    /// Writes that changed something.
    pub effective_writes: u64,
    /// Keys present at the end, per map.
    pub present: Vec<KeySet>,
    /// Most keys present at once, per map.
    pub peaks: Vec<u32>,
}

impl Replay {
    /// Hit share of the reads, `None` if there are none.
    pub fn hit_share(&self) -> Option<f64> {
        (self.reads > 0).then(|| self.hits as f64 / self.reads as f64)
    }

    /// Share of all ops that are writes which change something; 0 without ops.
    pub fn effective_write_share(&self) -> f64 {
        self.effective_writes as f64 / self.ops.max(1) as f64
    }
}

impl Trace {
    /// Replays the trace in event order.
    pub fn replay(&self) -> Result<Replay, TraceError> {
        self.replay_watched(|_, _| {})
    }

    /// Replays the trace in event order and shows the state after every event, with the event's
    /// position in that order.
    pub fn replay_watched(&self, watch: impl FnMut(usize, &Replay)) -> Result<Replay, TraceError> {
        check(&self.header.maps, &self.header.actors, &self.streams)?;
        Ok(replay(&self.header.maps, &self.streams, watch))
    }

    /// What an adapter must be able to do to run it.
    pub fn requirements(&self) -> BTreeSet<Requirement> {
        let words = self.streams.iter().flat_map(Stream::ops);
        let codes = words.fold(0_u32, |codes, (op, _)| codes | 1 << op.code());
        let kinds = (0..16).filter(|code| codes >> code & 1 == 1).filter_map(OpKind::from_code);
        kinds.filter_map(|kind| kind.info().requires).collect()
    }
}

/// Replays checked streams in the order of their events.
pub(super) fn replay(
    maps: &[MapSpec],
    streams: &[Stream],
    mut watch: impl FnMut(usize, &Replay),
) -> Replay {
    let mut replay = Replay::new(maps);
    for (position, event) in order::in_order(streams).enumerate() {
        for (op, count) in ops_in(event.words) {
            replay.step(maps, op, count);
        }
        watch(position, &replay);
    }
    replay
}

/// Replays a trace in event order and shows the state after every op.
pub(super) fn replay_ops(
    trace: &Trace,
    watch: &mut impl FnMut(&Event<'_>, OpWord, u32, &Replay),
) -> Result<(), TraceError> {
    let maps = &trace.header.maps;
    check(maps, &trace.header.actors, &trace.streams)?;
    let mut replay = Replay::new(maps);
    for event in order::in_order(&trace.streams) {
        for (op, count) in ops_in(event.words) {
            replay.step(maps, op, count);
            watch(&event, op, count, &replay);
        }
    }
    Ok(())
}

impl Replay {
    /// Before the first op.
    fn new(maps: &[MapSpec]) -> Self {
        let present = maps.iter().map(|spec| KeySet::filled(spec.keys, spec.preload)).collect();
        let peaks = maps.iter().map(|spec| spec.preload).collect();
        Replay { ops: 0, reads: 0, hits: 0, writes: 0, effective_writes: 0, present, peaks }
    }

    /// Runs one op.
    #[inline]
    fn step(&mut self, maps: &[MapSpec], op: OpWord, count: u32) {
        let Some(kind) = op.kind() else { return };
        let (map, key) = (op.map(), op.key());
        let set = &mut self.present[map];
        self.ops += u64::from(count);
        let effective = match kind {
            OpKind::Get | OpKind::Has | OpKind::GetCloned => {
                self.reads += 1;
                self.hits += u64::from(set.contains(key));
                return;
            }
            OpKind::Range => {
                self.reads += u64::from(count);
                self.hits += set.count_in_range(key, count, maps[map].keys);
                return;
            }
            // An insert of a present key replaces it, as an overwrite does.
            OpKind::Insert | OpKind::Overwrite => {
                set.insert(key);
                true
            }
            OpKind::InsertIfAbsent => set.insert(key),
            OpKind::Update => set.contains(key),
            OpKind::Remove => set.remove(key),
            OpKind::NewMap => {
                *set = KeySet::filled(maps[map].keys, 0);
                return;
            }
            OpKind::ReplaceAll => {
                *set = KeySet::filled(maps[map].keys, maps[map].preload);
                return;
            }
            OpKind::Scan | OpKind::ScanPrefix | OpKind::Len => return,
        };
        self.writes += 1;
        self.effective_writes += u64::from(effective);
        self.peaks[map] = self.peaks[map].max(self.present[map].len());
    }
}
