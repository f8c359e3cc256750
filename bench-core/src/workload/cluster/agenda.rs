//! What is due when, in simulated time. The times decide the order of events; nothing waits.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Things that are due, the earliest first; of one moment, in the order in which they were put
/// down.
#[derive(Debug)]
pub(super) struct Agenda<T> {
    due: BinaryHeap<Reverse<Due<T>>>,
    written: u64,
}

#[derive(Debug)]
struct Due<T> {
    at_ns: u64,
    order: u64,
    what: T,
}

impl<T> Agenda<T> {
    pub(super) fn new() -> Self {
        Agenda { due: BinaryHeap::new(), written: 0 }
    }

    pub(super) fn put(&mut self, at_ns: u64, what: T) {
        self.due.push(Reverse(Due { at_ns, order: self.written, what }));
        self.written += 1;
    }

    pub(super) fn next(&mut self) -> Option<(u64, T)> {
        self.due.pop().map(|Reverse(due)| (due.at_ns, due.what))
    }
}

impl<T> PartialEq for Due<T> {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl<T> Eq for Due<T> {}

impl<T> PartialOrd for Due<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Due<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at_ns, self.order).cmp(&(other.at_ns, other.order))
    }
}
