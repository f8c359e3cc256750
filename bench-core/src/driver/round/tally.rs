//! What the ops of a thread found, and where it stands in its laps. Plain numbers.

use crate::adapter::Was;
use crate::value::ValueWord;

/// What ops found. Kept in registers by the loop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::driver) struct Tally {
    /// Reads that found their key.
    pub(in crate::driver) hits: u64,
    /// Writes that changed something.
    pub(in crate::driver) effective_writes: u64,
    /// Writes of which the map does not say what they changed.
    pub(in crate::driver) unanswered_writes: u64,
    /// Updates of a value that another thread wrote last.
    pub(in crate::driver) contended_updates: u64,
    /// Reads whose value belonged to another key or was torn.
    pub(in crate::driver) wrong_values: u64,
}

impl Tally {
    /// Adds what other ops found.
    #[inline(always)]
    pub(in crate::driver) fn add(&mut self, other: Tally) {
        self.hits += other.hits;
        self.effective_writes += other.effective_writes;
        self.unanswered_writes += other.unanswered_writes;
        self.contended_updates += other.contended_updates;
        self.wrong_values += other.wrong_values;
    }

    #[inline(always)]
    pub(super) fn write(&mut self, was: Was, effective_if: Was) {
        self.effective_writes += u64::from(was == effective_if);
        self.unanswered_writes += u64::from(was == Was::Unknown);
    }

    #[inline(always)]
    pub(super) fn read(&mut self, found: Option<ValueWord>, key: u32) {
        if let Some(word) = found {
            self.hits += 1;
            self.wrong_values += u64::from(word.key() != key);
        }
    }
}

/// Where a thread stands in the laps of one of its hands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::driver) struct Place {
    /// Finished laps.
    pub(in crate::driver) laps: u64,
    /// Words executed in the lap under way; all of them where the lap waits for other threads.
    pub(in crate::driver) position: usize,
}

/// What ends a run of the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::driver) enum Until {
    /// The tick counter, looked at once a batch.
    Ticks(u64),
    /// The end of the lap under way.
    LapEnd,
    /// So many words of the only hand.
    Words(u64),
}

impl Until {
    /// Words that may be run.
    pub(super) fn words(self) -> u64 {
        match self {
            Until::Words(words) => words,
            Until::Ticks(_) | Until::LapEnd => u64::MAX,
        }
    }

    /// The tick at which it ends, if one is set.
    pub(super) fn deadline(self) -> Option<u64> {
        match self {
            Until::Ticks(end) => Some(end),
            Until::LapEnd | Until::Words(_) => None,
        }
    }
}
