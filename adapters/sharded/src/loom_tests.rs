//! The lock and a tiny map under loom, which tries the orders in which threads can meet: run by
//! `scripts/loom`. Spins are cut to nothing here, so that whoever has to wait sleeps, and one
//! read is enough to make a shard biased.
//!
//! A lost wake-up shows as a deadlock, a missing exclusion as two accesses of the table's cell
//! that loom does not let pass.

use std::sync::atomic::{AtomicUsize as CountAcrossRuns, Ordering as Std};

use loom::sync::Arc;
use loom::thread;

use crate::ShardedMap;
use crate::shard::Shard;
use crate::stripe::Stripes;
use crate::thread_number;

/// How many switches away from a thread that could go on, at most; more finds little more and
/// takes for ever.
const PREEMPTIONS: usize = 3;

fn check(preemptions: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = model.preemption_bound.or(Some(preemptions));
    model.check(test);
}

/// One shard and the slots of its readers.
struct Subject {
    shard: Shard<u32>,
    stripes: Stripes,
}

impl Subject {
    fn new() -> Arc<Self> {
        let subject = Self { shard: Shard::with_capacity(4), stripes: Stripes::new(2, 1) };
        subject.add();
        Arc::new(subject)
    }

    /// Adds one entry to the table, in two steps that must not be torn apart.
    fn add(&self) {
        self.shard.write(self.stripes.slots_of(0), |table| {
            let next = table.len() as u32;
            table.insert_unique(0, next, |_| 0);
        });
    }

    fn count(&self) -> usize {
        self.shard.read(self.stripes.slots_of(0), |table| table.len())
    }

    fn count_long(&self) -> usize {
        self.shard.read_long(|table| table.len())
    }
}

#[test]
fn writers_lose_no_update_and_no_wakeup() {
    check(PREEMPTIONS, || {
        let subject = Subject::new();
        let others: Vec<_> = (0..2)
            .map(|_| {
                let subject = Arc::clone(&subject);
                thread::spawn(move || subject.add())
            })
            .collect();
        subject.add();
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(subject.count(), 4);
        assert_eq!(subject.shard.len(), 4);
    });
}

#[test]
fn counted_readers_and_a_writer_exclude_each_other() {
    check(PREEMPTIONS, || {
        let subject = Subject::new();
        let reader = {
            let subject = Arc::clone(&subject);
            thread::spawn(move || {
                let first = subject.count_long();
                assert!(subject.count_long() >= first);
            })
        };
        let writer = {
            let subject = Arc::clone(&subject);
            thread::spawn(move || subject.add())
        };
        subject.count_long();
        reader.join().unwrap();
        writer.join().unwrap();
        assert_eq!(subject.count(), 2);
    });
}

#[test]
fn readers_share() {
    static MOST_INSIDE: CountAcrossRuns = CountAcrossRuns::new(0);
    check(PREEMPTIONS, || {
        let subject = Subject::new();
        let inside = Arc::new(loom::sync::atomic::AtomicUsize::new(0));
        let read = |subject: &Subject, inside: &loom::sync::atomic::AtomicUsize| {
            subject.shard.read_long(|_| {
                let now = 1 + inside.fetch_add(1, loom::sync::atomic::Ordering::SeqCst);
                MOST_INSIDE.fetch_max(now, Std::Relaxed);
                inside.fetch_sub(1, loom::sync::atomic::Ordering::SeqCst);
            });
        };
        let other = {
            let (subject, inside) = (Arc::clone(&subject), Arc::clone(&inside));
            thread::spawn(move || read(&subject, &inside))
        };
        read(&subject, &inside);
        other.join().unwrap();
    });
    assert_eq!(MOST_INSIDE.load(Std::Relaxed), 2, "in some order both are inside");
}

#[test]
fn a_biased_reader_and_a_writer_exclude_each_other() {
    check(PREEMPTIONS, || {
        let subject = Subject::new();
        thread_number::set(0);
        // The second read goes by the slot.
        assert_eq!((subject.count(), subject.count()), (1, 1));
        let writer = {
            let subject = Arc::clone(&subject);
            thread::spawn(move || {
                subject.add();
                subject.add();
            })
        };
        let first = subject.count();
        assert!(subject.count() >= first);
        writer.join().unwrap();
        assert_eq!(subject.count(), 3);
    });
}

#[test]
fn biased_readers_meet_a_writer_that_also_reads() {
    check(2, || {
        let subject = Subject::new();
        thread_number::set(0);
        subject.count();
        let reader = {
            let subject = Arc::clone(&subject);
            thread::spawn(move || {
                thread_number::set(1);
                subject.count();
                subject.count();
            })
        };
        subject.count();
        subject.add();
        subject.count();
        reader.join().unwrap();
        assert_eq!(subject.count(), 2);
    });
}

#[test]
fn a_biased_and_a_counted_reader_meet_a_writer() {
    check(2, || {
        let subject = Subject::new();
        thread_number::set(0);
        subject.count();
        let counted = {
            let subject = Arc::clone(&subject);
            thread::spawn(move || {
                // One more than there are stripes: no slot.
                thread_number::set(2);
                subject.count()
            })
        };
        let writer = {
            let subject = Arc::clone(&subject);
            thread::spawn(move || subject.add())
        };
        subject.count();
        counted.join().unwrap();
        writer.join().unwrap();
        assert_eq!(subject.count(), 2);
    });
}

#[test]
fn a_tiny_map_keeps_every_update() {
    check(2, || {
        let map: Arc<ShardedMap<u8, u32>> = Arc::new(ShardedMap::with_shards(1));
        let other = {
            let map = Arc::clone(&map);
            thread::spawn(move || {
                thread_number::set(1);
                map.update_or_insert_with(1, |n| *n += 1, || 1);
                map.get_cloned(&1).expect("nobody removes it")
            })
        };
        thread_number::set(0);
        map.update_or_insert_with(1, |n| *n += 1, || 1);
        let mine = map.get_cloned(&1).expect("nobody removes it");
        let theirs = other.join().unwrap();
        assert_eq!(mine.max(theirs), 2, "who reads last sees both");
        assert_eq!((map.get_cloned(&1), map.len()), (Some(2), 1));
    });
}
