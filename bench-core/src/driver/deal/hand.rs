//! The ops of one thread, unpacked as far as the hot loop needs them, with the places where it must
//! stop: to wait for another thread or for an arrival, to tell others how far it is, or because an
//! event is due.

use crate::op::{OpKind, OpWord};

/// The ops of one thread from one actor, or from all actors of an ordered trace: a lap runs them all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::driver) struct Hand {
    /// Packed ops. An escape word's low 28 bits are an index into `extended`.
    pub(in crate::driver) words: Vec<u32>,
    /// Ops that are timed one by one, that need a count, or that run on a renewed map.
    pub(in crate::driver) extended: Vec<Extended>,
    /// Where the thread stops, by ascending position; only in ordered traces of several threads.
    pub(in crate::driver) stops: Vec<Stop>,
    /// Which event the words up to an end belong to; only in ordered traces.
    pub(in crate::driver) parts: Vec<Part>,
    /// When the events are due; only of a paced actor, or of a trace that is offered at a rate.
    pub(in crate::driver) pace: Option<PacedEvents>,
    /// The actor that it is of; only of independent actors.
    pub(in crate::driver) actor: Option<u16>,
}

/// An op that did not fit the hot loop's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::driver) struct Extended {
    pub(in crate::driver) kind: OpKind,
    pub(in crate::driver) word: OpWord,
    /// Length of a range, else 1.
    pub(in crate::driver) count: u32,
    /// Ops that the escape word of this one stands for, this one and those after it.
    pub(in crate::driver) together: u32,
}

/// A place before an op, or at the end of the lap, where the thread does something else first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::driver) struct Stop {
    pub(in crate::driver) position: u32,
    pub(in crate::driver) action: Action,
}

/// What a thread does at a stop. Doing it twice is the same as doing it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::driver) enum Action {
    /// Tell the others that so many events of this lap are done.
    Publish(u32),
    /// Wait until another thread has done so many events of this lap.
    Wait { thread: u16, events: u32 },
    /// Wait until an arrival of this lap is due, which what follows is measured from.
    Await(u32),
}

/// The words from the end of the part before to `end` belong to the event of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::driver) struct Part {
    pub(in crate::driver) end: u32,
    pub(in crate::driver) number: u32,
}

/// When the events of a hand are due.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::driver) struct PacedEvents {
    /// Start positions of the events; empty if every word is one. In ordered traces, the positions
    /// of the [`Action::Await`] stops.
    pub(in crate::driver) starts: Vec<u32>,
    /// In ordered traces, the arrival that each stop waits for, ascending.
    pub(in crate::driver) arrivals: Vec<u32>,
    /// In ordered traces, arrivals of a lap of all threads; else 0.
    pub(in crate::driver) arrivals_per_lap: u32,
    /// When one after the other is due, from the start on. Nanoseconds.
    pub(in crate::driver) times_ns: Vec<u64>,
    /// From the start to where the times repeat. Nanoseconds.
    pub(in crate::driver) cycle_ns: u64,
}

impl Hand {
    /// Words of one lap: ops, but that a word may stand for several.
    pub(in crate::driver) fn len(&self) -> usize {
        self.words.len()
    }

    /// Events of a lap that are due one by one: words, if it has no list of events.
    pub(super) fn events_per_lap(&self) -> u64 {
        let listed = self.pace.as_ref().map_or(0, |pace| pace.starts.len());
        if listed > 0 { listed as u64 } else { self.words.len() as u64 }
    }

    /// Whether its ops run one after the other, whatever the time and the other threads.
    pub(in crate::driver) fn runs_freely(&self) -> bool {
        self.pace.is_none() && self.stops.is_empty() && !self.words.is_empty()
    }

    /// Calls `f` on the ops of the word at a position.
    #[inline]
    pub(in crate::driver) fn each_at(&self, position: usize, mut f: impl FnMut(Extended)) {
        let word = OpWord(self.words[position]);
        match word.kind() {
            Some(kind) => f(Extended::one(kind, word)),
            None => self.escaped(word).iter().copied().for_each(f),
        }
    }

    /// The first op of the word at a position.
    pub(in crate::driver) fn first_at(&self, position: usize) -> Extended {
        let word = OpWord(self.words[position]);
        word.kind().map_or_else(|| self.escaped(word)[0], |kind| Extended::one(kind, word))
    }

    /// The ops that an escape word stands for.
    #[inline]
    pub(in crate::driver) fn escaped(&self, word: OpWord) -> &[Extended] {
        let first = (word.0 & 0x0FFF_FFFF) as usize;
        &self.extended[first..first + self.extended[first].together as usize]
    }

    pub(super) fn push(&mut self, op: Extended, one_by_one: bool) {
        if one_by_one || op.count != 1 {
            self.words.push((OpWord::ESCAPE << 28) | self.extended.len() as u32);
            self.extended.push(op);
        } else {
            self.words.push(op.word.0);
        }
    }

    /// Lets the last word stand for one more op, which must be on the same map as its others.
    pub(super) fn push_together(&mut self, op: Extended) {
        let first = self.words.last().map_or(0, |word| (word & 0x0FFF_FFFF) as usize);
        self.extended[first].together += 1;
        self.extended.push(op);
    }
}

impl Extended {
    /// An op that stands for itself.
    #[inline]
    pub(in crate::driver) const fn one(kind: OpKind, word: OpWord) -> Self {
        Extended { kind, word, count: 1, together: 1 }
    }
}
