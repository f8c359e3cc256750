//! The events of all actors as they happen: gives each its number in the global order and the
//! number of the event that it must wait for, and leaves out events that have no ops.

use crate::trace::{ActorSpec, Deal, Stream};

/// Who runs an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Actor {
    /// The scheduling cycle, one pod after the other.
    Scheduler,
    /// The event handlers, one event after the other.
    Informer,
    /// The workers that check and score nodes: all threads share each event.
    Filter,
    /// Binding, one goroutine per pod: one event on one thread, many at a time.
    Binder,
}

impl Actor {
    const ALL: [Actor; 4] = [Actor::Scheduler, Actor::Informer, Actor::Filter, Actor::Binder];

    fn spec(self) -> ActorSpec {
        let (name, deal) = match self {
            Actor::Scheduler => ("scheduler", Deal::Whole),
            Actor::Informer => ("informer", Deal::Whole),
            Actor::Filter => ("filter", Deal::Shares),
            Actor::Binder => ("binder", Deal::Turns),
        };
        ActorSpec::new(name, deal)
    }

    /// Whether its events follow each other without being told to.
    const fn is_whole(self) -> bool {
        matches!(self, Actor::Scheduler | Actor::Informer)
    }
}

/// The last event of a chain of events that follow each other, such as those of one pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link(Option<(u32, Actor)>);

impl Link {
    /// A chain without events.
    pub(super) const NONE: Link = Link(None);

    /// Whether the last event is one of `actor`.
    pub(super) fn is_of(self, actor: Actor) -> bool {
        self.0.is_some_and(|(_, last)| last == actor)
    }
}

/// The events of all actors so far.
#[derive(Debug)]
pub(super) struct Journal {
    streams: [Stream; 4],
    next: u32,
    /// The last event of each actor.
    last: [Link; 4],
    /// What an event without ops would have made the scheduler wait for. Its next event waits.
    owed: Link,
}

impl Journal {
    pub(super) fn new() -> Self {
        Journal { streams: Default::default(), next: 0, last: [Link::NONE; 4], owed: Link::NONE }
    }

    /// Records the event that `write` appends the ops of, after the last one of its chain. Without
    /// ops it is no event, and the chain stays as it is.
    pub(super) fn record(
        &mut self,
        actor: Actor,
        chain: &mut Link,
        write: impl FnOnce(&mut Vec<u32>),
    ) {
        let stream = &mut self.streams[actor as usize];
        let start = stream.words.len();
        write(&mut stream.words);
        let awaited = chain.0.filter(|(_, last)| *last != actor || !actor.is_whole());
        if stream.words.len() == start {
            if actor == Actor::Scheduler && awaited.is_some() {
                self.owed = Link(awaited);
            }
            return;
        }
        let awaited = match awaited {
            None if actor == Actor::Scheduler => std::mem::replace(&mut self.owed, Link::NONE).0,
            awaited => awaited,
        };
        stream.events.push(start as u32);
        stream.numbers.push(self.next);
        stream.follows.push(awaited.map_or(Stream::FREE, |(number, _)| number));
        *chain = Link(Some((self.next, actor)));
        self.last[actor as usize] = *chain;
        self.next += 1;
    }

    /// The last event of an actor, to wait for.
    pub(super) fn last_of(&self, actor: Actor) -> Link {
        self.last[actor as usize]
    }

    /// The actors that have events, and their streams.
    pub(super) fn finish(self) -> (Vec<ActorSpec>, Vec<Stream>) {
        let actors = Actor::ALL.into_iter().map(Actor::spec).zip(self.streams);
        actors.filter(|(_, stream)| !stream.events.is_empty()).unzip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(words: &mut Vec<u32>) {
        words.push(0);
    }

    #[test]
    fn events_wait_for_the_last_of_their_chain_unless_they_follow_it_anyway() {
        let mut journal = Journal::new();
        let mut pod = Link::NONE;
        journal.record(Actor::Informer, &mut pod, one);
        journal.record(Actor::Scheduler, &mut pod, one);
        journal.record(Actor::Scheduler, &mut pod, one);
        journal.record(Actor::Binder, &mut pod, one);
        journal.record(Actor::Binder, &mut pod, one);
        let (actors, streams) = journal.finish();
        let names: Vec<_> = actors.iter().map(|actor| actor.name.as_str()).collect();
        assert_eq!(names, ["scheduler", "informer", "binder"]);
        assert_eq!(streams[0].numbers, [1, 2]);
        assert_eq!(streams[0].follows, [0, Stream::FREE]);
        assert_eq!(streams[1].follows, [Stream::FREE]);
        assert_eq!(streams[2].follows, [2, 3]);
    }

    #[test]
    fn what_an_event_without_ops_waited_for_is_waited_for_by_the_next() {
        let mut journal = Journal::new();
        let (mut first, mut second) = (Link::NONE, Link::NONE);
        journal.record(Actor::Filter, &mut first, one);
        journal.record(Actor::Scheduler, &mut first, |_| {});
        journal.record(Actor::Scheduler, &mut second, one);
        let (actors, streams) = journal.finish();
        assert_eq!(actors.len(), 2);
        assert_eq!(streams[0].follows, [0]);
        assert_eq!(streams[1].numbers, [0]);
    }
}
