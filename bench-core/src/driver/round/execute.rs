//! One op against one handle: the ops of plain words, which the hot loop runs untimed but for one
//! in some, and those that are timed by themselves, have a count or ask for the map as a whole.

use std::borrow::Borrow;
use std::cell::Cell;
use std::ops::ControlFlow;

use super::{Sampler, Tally};
use crate::adapter::{MapHandle, Was};
use crate::driver::clock::Clock;
use crate::driver::deal::{Extended, Hand};
use crate::driver::recorder::Recorder;
use crate::key::{BenchKey, KeyTable, NAMESPACES};
use crate::op::{MAX_MAPS, OpClass, OpKind, OpWord};
use crate::trace::MapSpec;
use crate::value::{BenchValue, ValueWord};

/// What a thread needs to run ops, besides the handles.
pub(in crate::driver) struct Means<'m, K: BenchKey, V> {
    /// The hand that is played.
    pub(in crate::driver) hand: &'m Hand,
    /// One key table per map; the rest repeat the first ones, so that a map number is an index.
    pub(in crate::driver) tables: [&'m K::Table; MAX_MAPS],
    pub(in crate::driver) specs: &'m [MapSpec],
    pub(in crate::driver) clock: &'m Clock,
    pub(in crate::driver) recorder: &'m mut Recorder,
    pub(in crate::driver) sampler: Sampler,
    /// The thread, as values name their writer.
    pub(in crate::driver) writer: u8,
    /// When the event under way was due, if it is one of a paced actor. Ticks.
    pub(in crate::driver) due: Option<u64>,
    pub(in crate::driver) values: std::marker::PhantomData<fn() -> V>,
}

const GET: u32 = OpKind::Get as u32;
const HAS: u32 = OpKind::Has as u32;
const INSERT: u32 = OpKind::Insert as u32;
const INSERT_IF_ABSENT: u32 = OpKind::InsertIfAbsent as u32;
const OVERWRITE: u32 = OpKind::Overwrite as u32;
const UPDATE: u32 = OpKind::Update as u32;
const REMOVE: u32 = OpKind::Remove as u32;
const GET_CLONED: u32 = OpKind::GetCloned as u32;

impl<K: BenchKey, V: BenchValue> Means<'_, K, V> {
    /// Gets a key's value.
    #[inline(always)]
    pub(super) fn get<H: MapHandle<K, V>>(&self, handle: &mut H, word: OpWord, tally: &mut Tally) {
        let key = self.tables[word.map()].key(word.key());
        tally.read(handle.read(key.borrow(), V::word), word.key());
    }

    /// Runs the op of a plain word. `position` is the version that an insert or overwrite writes.
    #[inline(always)]
    pub(super) fn run<H: MapHandle<K, V>>(
        &self,
        handle: &mut H,
        word: OpWord,
        position: u32,
        tally: &mut Tally,
    ) {
        let index = word.key();
        let key = self.tables[word.map()].key(index);
        let key: &K = key.borrow();
        let value = || V::new(ValueWord::new(index, self.writer, position));
        match word.code() {
            GET => tally.read(handle.read(key, V::word), index),
            UPDATE => {
                let previous = Cell::new(ValueWord::NOBODY);
                let was = handle.update(key, |value| {
                    let word = value.word();
                    previous.set(word.writer());
                    V::new(word.bumped(self.writer))
                });
                let other = previous.get() != self.writer && previous.get() != ValueWord::NOBODY;
                tally.contended_updates += u64::from(other);
                tally.write(was, Was::Present);
            }
            OVERWRITE => tally.write(handle.upsert(*key, value()), Was::Present),
            INSERT => tally.write(handle.upsert(*key, value()), Was::Absent),
            REMOVE => tally.write(handle.remove(key), Was::Present),
            HAS => tally.hits += u64::from(handle.contains(key)),
            GET_CLONED => {
                let value = handle.get_cloned(key);
                tally.read(value.as_ref().map(V::word), index);
            }
            INSERT_IF_ABSENT => {
                tally.write(handle.insert_if_absent(*key, value()), Was::Absent);
            }
            // Everything else was dealt as an extended op.
            _ => {}
        }
    }

    /// Runs the op of a plain word between two readings of the clock.
    #[inline(always)]
    pub(super) fn run_timed<H: MapHandle<K, V>>(
        &mut self,
        handle: &mut H,
        word: OpWord,
        position: u32,
        tally: &mut Tally,
    ) {
        let start = self.clock.ticks();
        self.run(handle, word, position, tally);
        let end = self.clock.ticks();
        let kind = word.kind().unwrap_or(OpKind::Get);
        self.recorder.spend(word.map(), kind.class(), end.saturating_sub(start));
        self.record(kind.class(), start, end);
        if self.sampler.checks_whole() && kind == OpKind::Get {
            let key = self.tables[word.map()].key(word.key());
            let whole = handle.read(key.borrow(), V::is_whole);
            tally.wrong_values += u64::from(whole == Some(false));
        }
    }

    /// Takes a latency, and for paced actors how long after it was due the op ended.
    #[inline(always)]
    pub(super) fn record(&mut self, class: OpClass, start: u64, end: u64) {
        self.recorder.record(class, end.saturating_sub(start));
        if let Some(due) = self.due {
            self.recorder.record_intended(class, end.saturating_sub(due));
        }
    }

    /// Runs an op that was dealt to be timed by itself, or that has a count.
    pub(super) fn run_extended<H: MapHandle<K, V>>(
        &mut self,
        handle: &mut H,
        op: Extended,
        position: u32,
        tally: &mut Tally,
    ) {
        let map = op.word.map();
        let start = self.clock.ticks();
        match op.kind {
            OpKind::Range => self.range(handle, op, tally),
            OpKind::Scan => scan(handle, |word| word.0),
            OpKind::ScanPrefix => {
                let namespace = op.word.key() % NAMESPACES;
                scan(handle, |word| u64::from(word.key() % NAMESPACES == namespace));
            }
            OpKind::Len => {
                std::hint::black_box(handle.len());
            }
            OpKind::ReplaceAll => self.replace_all(handle, map, position),
            _ => self.run(handle, op.word, position, tally),
        }
        let end = self.clock.ticks();
        if !self.sampler.times() {
            return;
        }
        // A range is many gets; its time is no op's.
        if op.kind == OpKind::Range {
            self.recorder.spend_on_ranges(map, end.saturating_sub(start));
        } else {
            self.recorder.spend(map, op.kind.class(), end.saturating_sub(start));
            self.record(op.kind.class(), start, end);
        }
    }

    /// Gets the keys of a range, coming round at the end of the map's keys, and times one in some.
    fn range<H: MapHandle<K, V>>(&mut self, handle: &mut H, op: Extended, tally: &mut Tally) {
        let map = op.word.map();
        let keys = self.specs[map].keys;
        let (mut index, mut left) = (op.word.key(), op.count);
        while left > 0 {
            let gap = u32::try_from(self.sampler.range_gap).unwrap_or(u32::MAX);
            let run = left.min(keys - index).min(gap);
            for index in index..index + run {
                self.get(handle, OpWord::new(OpKind::Get, map as u8, index), tally);
            }
            left -= run;
            index = if index + run == keys { 0 } else { index + run };
            self.sampler.range_gap -= run as usize;
            if left > 0 && self.sampler.range_gap == 0 {
                let start = self.clock.ticks();
                self.get(handle, OpWord::new(OpKind::Get, map as u8, index), tally);
                let end = self.clock.ticks();
                self.record(OpClass::Read, start, end);
                left -= 1;
                index = if index + 1 == keys { 0 } else { index + 1 };
                self.sampler.range_gap = self.sampler.gap();
            }
        }
    }

    fn replace_all<H: MapHandle<K, V>>(&self, handle: &mut H, map: usize, position: u32) {
        let (table, spec) = (self.tables[map], &self.specs[map]);
        let key = |index: u32| -> K { *Borrow::<K>::borrow(&table.key(index)) };
        let entry = |index| (key(index), V::new(ValueWord::new(index, self.writer, position)));
        handle.replace_all((0..spec.preload).map(entry), (spec.preload..spec.keys).map(key));
    }
}

/// Visits every entry and adds up what `look` makes of its value, so that a map which counted its
/// entries without touching them would not do.
fn scan<K: BenchKey, V: BenchValue, H: MapHandle<K, V>>(
    handle: &mut H,
    look: impl Fn(ValueWord) -> u64,
) {
    let mut seen = 0_u64;
    handle.scan(|_, value| {
        seen = seen.wrapping_add(look(value.word()));
        ControlFlow::Continue(())
    });
    std::hint::black_box(seen);
}
