//! Where threads sleep while a shard is locked: a small table of queues, shared by all maps of
//! the process and keyed by the address of the lock.
//!
//! A lock word has no room for a queue, and a queue per shard would double a shard. The table
//! must not know what a lock word means: the lock passes closures that read or change its word
//! while the queue is held still, and that is what makes "go to sleep" and "wake" agree.
//!
//! Each sleeper waits on a signal of its own (a `Mutex<bool>` and a `Condvar`) and not on
//! `std::thread::park`, whose one token belongs to the user of the thread: taking it here would
//! swallow an `unpark` meant for them.

use std::collections::VecDeque;
use std::sync::PoisonError;

use crate::sync::{Arc, Condvar, Mutex};

/// What a sleeper wants to do with the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wants {
    /// To read beside other readers.
    Shared,
    /// To have the shard to itself.
    Exclusive,
}

#[derive(Debug)]
struct Sleeper {
    lock_address: usize,
    wants: Wants,
    signal: Arc<Signal>,
}

#[derive(Debug)]
struct Signal {
    woken: Mutex<bool>,
    changed: Condvar,
}

type Queue = Mutex<VecDeque<Sleeper>>;

/// A power of two. Two locks that meet in one queue cost each other a longer walk, nothing else.
#[cfg(not(loom))]
const QUEUES: usize = 64;

/// The queue of the lock at `lock_address`.
#[cfg(not(loom))]
fn queue_of(lock_address: usize) -> &'static Queue {
    static TABLE: [Queue; QUEUES] = [const { Mutex::new(VecDeque::new()) }; QUEUES];
    // Locks lie 64 bytes apart: the bits above those six tell them apart.
    &TABLE[(lock_address >> 6) % QUEUES]
}

#[cfg(loom)]
fn queue_of(_lock_address: usize) -> &'static Queue {
    loom::lazy_static! {
        static ref QUEUE: Queue = Mutex::new(VecDeque::new());
    }
    &QUEUE
}

/// Sleeps until [`wake`] is called for this lock, unless `must_sleep` says no.
///
/// `must_sleep` runs while the queue is held, so no [`wake`] of the same lock runs between its
/// answer and the moment this thread can be found. It must leave a mark in the lock word that
/// makes the holder call [`wake`].
#[cold]
pub(crate) fn sleep(lock_address: usize, wants: Wants, must_sleep: impl FnOnce() -> bool) {
    let signal = {
        let mut queue = queue_of(lock_address).lock().unwrap_or_else(PoisonError::into_inner);
        if !must_sleep() {
            return;
        }
        let signal = Arc::new(Signal { woken: Mutex::new(false), changed: Condvar::new() });
        queue.push_back(Sleeper { lock_address, wants, signal: Arc::clone(&signal) });
        signal
    };
    let mut woken = signal.woken.lock().unwrap_or_else(PoisonError::into_inner);
    while !*woken {
        woken = signal.changed.wait(woken).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Wakes the longest sleeper of this lock; if that one only reads, also every reader up to the
/// next writer. `queue_is_empty` runs, while the queue is held, when nobody is left in it.
#[cold]
pub(crate) fn wake(lock_address: usize, queue_is_empty: impl FnOnce()) {
    let mut chosen = Vec::new();
    {
        let mut queue = queue_of(lock_address).lock().unwrap_or_else(PoisonError::into_inner);
        let mut at = 0;
        while at < queue.len() {
            if queue[at].lock_address != lock_address {
                at += 1;
                continue;
            }
            let only_readers = chosen.is_empty() || queue[at].wants == Wants::Shared;
            if !only_readers {
                break;
            }
            let sleeper = queue.remove(at).expect("the index was just read");
            let alone = sleeper.wants == Wants::Exclusive;
            chosen.push(sleeper.signal);
            if alone {
                break;
            }
        }
        if queue.iter().all(|sleeper| sleeper.lock_address != lock_address) {
            queue_is_empty();
        }
    }
    for signal in chosen {
        *signal.woken.lock().unwrap_or_else(PoisonError::into_inner) = true;
        signal.changed.notify_one();
    }
}
