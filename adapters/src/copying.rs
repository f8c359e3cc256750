//! What a map that copies counts of itself: copies, what was in them, and how old the views are that
//! they give. Counts are of rare events, one store each on lines that no call reads.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crossbeam_utils::CachePadded;
use mapbench_core::driver::clock::Clock;
use mapbench_core::value::BenchValue;

/// The counter of entries that were copied.
pub const ENTRIES_COPIED: &str = "entries-copied";

/// Copies of a table and what was in them.
#[derive(Debug, Default)]
pub struct Copies(CachePadded<[AtomicU64; 3]>);

impl Copies {
    /// One more copy of a table, every value of which is like the first.
    pub fn add_table<K, V: BenchValue, S>(&self, table: &HashMap<K, V, S>) {
        self.add(table.len(), table_bytes(table));
    }

    /// One more copy of so many entries and bytes.
    pub fn add(&self, entries: usize, bytes: usize) {
        for (sum, more) in self.0.iter().zip([1, entries, bytes]) {
            sum.fetch_add(more as u64, Relaxed);
        }
    }

    /// `copies`, `entries-copied`, `bytes-copied`.
    pub fn counters(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let sums = self.0.each_ref().map(|sum| sum.load(Relaxed));
        ["copies", ENTRIES_COPIED, "bytes-copied"].into_iter().zip(sums)
    }
}

/// What a clone of a table copies of its entries, every value of which is like the first. Bytes.
pub fn table_bytes<K, V: BenchValue, S>(table: &HashMap<K, V, S>) -> usize {
    let value_bytes = table.values().next().map_or(0, BenchValue::cloned_bytes);
    table.len() * (size_of::<K>() + value_bytes)
}

/// Walks through views that are true of one moment, and how old the views were when the walks
/// ended.
#[derive(Debug)]
pub struct Views {
    clock: Clock,
    sums: CachePadded<[AtomicU64; 2]>,
}

impl Views {
    /// No view yet.
    pub fn new() -> Self {
        Views { clock: Clock::new(), sums: CachePadded::default() }
    }

    /// Walks through a view that is true of now.
    pub fn walk(&self, walk: impl FnOnce()) {
        let taken = self.clock.ticks();
        walk();
        let age_ns = self.clock.nanos_between(taken, self.clock.ticks());
        for (sum, more) in self.sums.iter().zip([1, age_ns]) {
            sum.fetch_add(more, Relaxed);
        }
    }

    /// `views`, and `view-age-ns`: the sum of their ages when the walks ended.
    pub fn counters(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let sums = self.sums.each_ref().map(|sum| sum.load(Relaxed));
        ["views", "view-age-ns"].into_iter().zip(sums)
    }
}

impl Default for Views {
    fn default() -> Self {
        Views::new()
    }
}
