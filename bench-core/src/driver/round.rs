//! The hot loop: one thread's ops against one map family, monomorphised. Inside it the harness
//! shares nothing, allocates nothing, locks nothing and prints nothing; it reads the tick counter
//! once a batch, and twice more around each timed op.

use std::borrow::Borrow;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

use super::clock::Clock;
use super::deal::{Extended, Hand};
use super::recorder::Recorder;
use crate::adapter::{MapHandle, Was};
use crate::event::Timing;
use crate::key::{BenchKey, KeyTable, NAMESPACES};
use crate::op::{MAX_MAPS, OpClass, OpKind, OpWord};
use crate::value::{BenchValue, ValueWord};

/// Ops between two looks at the clock.
const BATCH: usize = 256;
/// One op in this many is timed, on average.
const SAMPLE_INTERVAL: usize = 64;
/// One timed read in this many is followed by an untimed one that checks the whole value.
const WHOLE_CHECK_INTERVAL: u64 = 16;

/// What ops found. Kept in registers by the loop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Reads that found their key.
    pub(super) hits: u64,
    /// Writes that changed something.
    pub(super) effective_writes: u64,
    /// Writes of which the map does not say what they changed.
    pub(super) unanswered_writes: u64,
    /// Reads whose value belonged to another key or was torn.
    pub(super) wrong_values: u64,
}

impl Tally {
    /// Adds what other ops found.
    #[inline(always)]
    pub(super) fn add(&mut self, other: Tally) {
        self.hits += other.hits;
        self.effective_writes += other.effective_writes;
        self.unanswered_writes += other.unanswered_writes;
        self.wrong_values += other.wrong_values;
    }

    #[inline(always)]
    fn write(&mut self, was: Was, effective_if: Was) {
        self.effective_writes += u64::from(was == effective_if);
        self.unanswered_writes += u64::from(was == Was::Unknown);
    }

    #[inline(always)]
    fn read(&mut self, found: Option<ValueWord>, key: u32) {
        if let Some(word) = found {
            self.hits += 1;
            self.wrong_values += u64::from(word.key() != key);
        }
    }
}

/// Where a thread stands in its lap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Finished laps.
    pub(super) laps: u64,
    /// Ops executed in the lap under way.
    pub(super) position: usize,
}

/// What ends a run of the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// The tick counter, looked at once a batch.
    Ticks(u64),
    /// The end of the lap under way.
    LapEnd,
}

/// One thread's ops and its means to run them.
pub(super) struct Lane<'m, K: BenchKey, V, H> {
    pub(super) hand: &'m Hand,
    /// One handle per map; the rest repeat the first ones, so that a map number is an index.
    pub(super) handles: [H; MAX_MAPS],
    /// One key table per map, repeated likewise.
    pub(super) tables: [&'m K::Table; MAX_MAPS],
    pub(super) maps: usize,
    pub(super) clock: &'m Clock,
    pub(super) recorder: &'m mut Recorder,
    pub(super) place: Place,
    /// Executed ops, published after each batch for the watchdog.
    pub(super) progress: &'m CachePadded<AtomicU64>,
    pub(super) sampler: Sampler,
    pub(super) values: std::marker::PhantomData<fn() -> V>,
}

/// Chooses the ops that are timed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampler {
    timing: Timing,
    random: u64,
    timed: u64,
}

impl Sampler {
    pub(super) fn new(timing: Timing, seed: u64) -> Self {
        Sampler { timing, random: seed | 1, timed: 0 }
    }

    /// Untimed ops before the next timed one.
    #[inline(always)]
    fn gap(&mut self) -> usize {
        match self.timing {
            Timing::None => usize::MAX,
            Timing::Every => 0,
            Timing::Sampled => {
                // Marsaglia's xorshift64; uniform over 0 to 126, so one op in 64 on average.
                self.random ^= self.random << 13;
                self.random ^= self.random >> 7;
                self.random ^= self.random << 17;
                (self.random >> 32) as usize % (2 * SAMPLE_INTERVAL - 1)
            }
        }
    }
}

impl<K: BenchKey, V: BenchValue, H: MapHandle<K, V>> Lane<'_, K, V, H> {
    /// Runs ops until `until`, and returns what they found.
    #[inline(never)]
    pub(super) fn run(&mut self, until: Until) -> Tally {
        let mut tally = Tally::default();
        let hand = self.hand;
        let words = hand.words.as_slice();
        let mut position = self.place.position;
        let mut gap = self.sampler.gap();
        loop {
            let batch_end = words.len().min(position + BATCH);
            for handle in &mut self.handles[..self.maps] {
                handle.begin_batch();
            }
            while position < batch_end {
                let stop = batch_end.min(position.saturating_add(gap));
                gap -= stop - position;
                for (offset, &word) in words[position..stop].iter().enumerate() {
                    self.execute(OpWord(word), (position + offset) as u32, &mut tally);
                }
                position = stop;
                if position < batch_end {
                    let found = self.execute_timed(OpWord(words[position]), position as u32);
                    tally.add(found);
                    position += 1;
                    gap = self.sampler.gap();
                }
            }
            for handle in &mut self.handles[..self.maps] {
                handle.end_batch();
            }
            let lap_ended = position == words.len();
            if lap_ended {
                position = 0;
                self.place.laps += 1;
            }
            self.place.position = position;
            let executed = self.place.laps * words.len() as u64 + position as u64;
            self.progress.store(executed, Ordering::Relaxed);
            let done = match until {
                Until::Ticks(end) => self.clock.ticks() >= end,
                Until::LapEnd => lap_ended,
            };
            if done {
                return tally;
            }
        }
    }

    /// Runs one op. `position` is the version that an insert or overwrite writes.
    #[inline(always)]
    fn execute(&mut self, word: OpWord, position: u32, tally: &mut Tally) {
        const GET: u32 = OpKind::Get as u32;
        const HAS: u32 = OpKind::Has as u32;
        const INSERT: u32 = OpKind::Insert as u32;
        const INSERT_IF_ABSENT: u32 = OpKind::InsertIfAbsent as u32;
        const OVERWRITE: u32 = OpKind::Overwrite as u32;
        const UPDATE: u32 = OpKind::Update as u32;
        const REMOVE: u32 = OpKind::Remove as u32;
        const GET_CLONED: u32 = OpKind::GetCloned as u32;
        let (map, index) = (word.map(), word.key());
        let code = word.code();
        // Gets outnumber everything else in most workloads: a branch of their own predicts better
        // and costs less than the jump table behind it.
        if code == GET {
            let key = self.tables[map].key(index);
            tally.read(self.handles[map].read(key.borrow(), V::word), index);
            return;
        }
        if code == OpWord::ESCAPE {
            let found = self.execute_extended(word, position);
            tally.add(found);
            return;
        }
        let key = self.tables[map].key(index);
        let key: &K = key.borrow();
        let handle = &mut self.handles[map];
        match code {
            UPDATE => {
                let was = handle.update(key, |value| V::new(value.word().bumped(0)));
                tally.write(was, Was::Present);
            }
            OVERWRITE => {
                let was = handle.upsert(*key, V::new(ValueWord::new(index, 0, position)));
                tally.write(was, Was::Present);
            }
            INSERT => {
                let was = handle.upsert(*key, V::new(ValueWord::new(index, 0, position)));
                tally.write(was, Was::Absent);
            }
            REMOVE => tally.write(handle.remove(key), Was::Present),
            HAS => tally.hits += u64::from(handle.contains(key)),
            GET_CLONED => {
                let value = handle.get_cloned(key);
                tally.read(value.as_ref().map(V::word), index);
            }
            INSERT_IF_ABSENT => {
                let was = handle.insert_if_absent(*key, V::new(ValueWord::new(index, 0, position)));
                tally.write(was, Was::Absent);
            }
            // Everything else was dealt as an extended op.
            _ => {}
        }
    }

    /// Runs one op between two readings of the clock.
    #[inline(never)]
    fn execute_timed(&mut self, word: OpWord, position: u32) -> Tally {
        let mut tally = Tally::default();
        if word.code() == OpWord::ESCAPE {
            return self.execute_extended(word, position);
        }
        let start = self.clock.ticks();
        self.execute(word, position, &mut tally);
        let end = self.clock.ticks();
        let kind = word.kind().unwrap_or(OpKind::Get);
        self.recorder.record(kind.class(), end.saturating_sub(start));
        self.sampler.timed += 1;
        if kind == OpKind::Get && self.sampler.timed.is_multiple_of(WHOLE_CHECK_INTERVAL) {
            let key = self.tables[word.map()].key(word.key());
            let whole = self.handles[word.map()].read(key.borrow(), V::is_whole);
            tally.wrong_values += u64::from(whole == Some(false));
        }
        tally
    }

    /// Runs an op that was dealt to be timed by itself, or that has a count.
    #[cold]
    #[inline(never)]
    fn execute_extended(&mut self, word: OpWord, position: u32) -> Tally {
        let op = self.hand.extended[(word.0 & 0x0FFF_FFFF) as usize];
        let mut tally = Tally::default();
        let start = self.clock.ticks();
        match op.kind {
            OpKind::Range => self.range(op, &mut tally),
            OpKind::Scan => self.scan(op, |_| true),
            OpKind::ScanPrefix => {
                let namespace = op.word.key() % NAMESPACES;
                self.scan(op, |key| key % NAMESPACES == namespace);
            }
            OpKind::Len => {
                std::hint::black_box(self.handles[op.word.map()].len());
            }
            _ => self.execute(op.word, position, &mut tally),
        }
        let end = self.clock.ticks();
        // A range is many gets; its time is no op's.
        if self.sampler.timing != Timing::None && op.kind != OpKind::Range {
            self.recorder.record(op.kind.class(), end.saturating_sub(start));
        }
        tally
    }

    fn range(&mut self, op: Extended, tally: &mut Tally) {
        let map = op.word.map();
        for index in op.word.key()..op.word.key() + op.count {
            let key = self.tables[map].key(index);
            tally.read(self.handles[map].read(key.borrow(), V::word), index);
        }
    }

    fn scan(&mut self, op: Extended, wanted: impl Fn(u32) -> bool) {
        let mut visited = 0_u64;
        self.handles[op.word.map()].scan(|_, value| {
            visited += u64::from(wanted(value.word().key()));
            ControlFlow::Continue(())
        });
        std::hint::black_box(visited);
    }
}

/// Ops per class that lie before each checkpoint of a hand, so that what a round executed is known
/// from where it began and ended, without a counter in the loop.
#[derive(Debug)]
pub(super) struct ClassIndex {
    /// Counts before position `n * STEP`; the last entry counts the whole lap.
    checkpoints: Vec<[u64; OpClass::ALL.len()]>,
    lap: [u64; OpClass::ALL.len()],
}

impl ClassIndex {
    const STEP: usize = 4096;

    pub(super) fn of(hand: &Hand) -> Self {
        let mut counts = [0; OpClass::ALL.len()];
        let mut checkpoints = Vec::with_capacity(hand.len() / Self::STEP + 1);
        for position in 0..hand.len() {
            if position % Self::STEP == 0 {
                checkpoints.push(counts);
            }
            count(hand, position, &mut counts);
        }
        ClassIndex { checkpoints, lap: counts }
    }

    /// Ops per class from the start of the trial to a place.
    pub(super) fn before(&self, hand: &Hand, place: Place) -> [u64; OpClass::ALL.len()] {
        let checkpoint = place.position / Self::STEP;
        let mut counts = self.checkpoints.get(checkpoint).copied().unwrap_or(self.lap);
        for position in (checkpoint * Self::STEP)..place.position {
            count(hand, position, &mut counts);
        }
        let mut class = 0;
        counts.map(|before| {
            let total = before + place.laps * self.lap[class];
            class += 1;
            total
        })
    }
}

fn count(hand: &Hand, position: usize, counts: &mut [u64; OpClass::ALL.len()]) {
    let op = hand.op(position);
    counts[op.kind.class() as usize] += u64::from(op.count);
}
