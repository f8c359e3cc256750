//! The order of a trace's events across its actors, and the rules that it must keep. It runs no op.

use super::{ActorSpec, Deal, Stream, Trace, TraceError};

/// One event of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'t> {
    /// Position of its actor.
    pub actor: usize,
    /// Position in its stream.
    pub index: usize,
    /// Position of its first word in its stream.
    pub start: usize,
    /// Its words.
    pub words: &'t [u32],
    /// The number of the event that must have ended before it begins.
    pub follows: Option<u32>,
    /// When it is due, from the start of the lap. Nanoseconds.
    pub time_ns: Option<u64>,
}

impl Trace {
    /// Whether its events have an order across actors.
    pub fn is_ordered(&self) -> bool {
        is_ordered(&self.streams)
    }

    /// The events in their order: by number in an ordered trace, else stream after stream. A stream
    /// without events counts as one event.
    pub fn in_order(&self) -> impl Iterator<Item = Event<'_>> {
        in_order(&self.streams)
    }
}

fn is_ordered(streams: &[Stream]) -> bool {
    streams.iter().any(|stream| !stream.numbers.is_empty())
}

/// The events of checked streams in their order.
pub(super) fn in_order(streams: &[Stream]) -> impl Iterator<Item = Event<'_>> {
    let mut actors = if is_ordered(streams) {
        actors_by_number(streams)
    } else {
        let parts = |stream: &Stream| stream.events.len().max(1);
        let of = |(actor, stream)| std::iter::repeat_n(actor as u16, parts(stream));
        streams.iter().enumerate().flat_map(of).collect()
    }
    .into_iter();
    let mut next = vec![0_usize; streams.len()];
    std::iter::from_fn(move || {
        let actor = usize::from(actors.next()?);
        let (stream, index) = (&streams[actor], next[actor]);
        next[actor] += 1;
        let start = stream.events.get(index).map_or(0, |&start| start as usize);
        let end = stream.events.get(index + 1).map_or(stream.words.len(), |&end| end as usize);
        let follows = stream.follows.get(index).copied().filter(|&number| number != Stream::FREE);
        let (words, time_ns) = (&stream.words[start..end], stream.times_ns.get(index).copied());
        Some(Event { actor, index, start, words, follows, time_ns })
    })
}

/// The actor of every number. Numbers beyond the events, which checked streams do not have, are
/// left out.
fn actors_by_number(streams: &[Stream]) -> Vec<u16> {
    let events = streams.iter().map(|stream| stream.numbers.len()).sum();
    let mut actors = vec![0; events];
    for (actor, stream) in streams.iter().enumerate() {
        for &number in &stream.numbers {
            if let Some(place) = actors.get_mut(number as usize) {
                *place = actor as u16;
            }
        }
    }
    actors
}

/// Checks what the streams say of their events.
pub(super) fn check(actors: &[ActorSpec], streams: &[Stream]) -> Result<(), TraceError> {
    let ordered = is_ordered(streams);
    for (actor, (spec, stream)) in actors.iter().zip(streams).enumerate() {
        check_events(actor, stream)?;
        let events = stream.events.len();
        let wrong = |what: &str| Err(TraceError::Order { actor, what: what.to_owned() });
        let numbered = if ordered { events } else { 0 };
        if stream.numbers.len() != numbered || stream.follows.len() != numbered {
            return wrong("has not a number and a predecessor for each of its events");
        }
        if ordered && events == 0 && !stream.words.is_empty() {
            return wrong("has ops outside its events");
        }
        if !stream.numbers.is_sorted_by(|one, next| one < next) {
            return wrong("numbers its events out of their order");
        }
        let precedes =
            |(&number, &follows): (&u32, &u32)| follows == Stream::FREE || follows < number;
        if !stream.numbers.iter().zip(&stream.follows).all(precedes) {
            return wrong("has an event that follows a later one");
        }
        if matches!(spec.deal, Deal::Turns | Deal::Shares) && !ordered {
            return wrong("is dealt in turns or shares, which needs an order of its events");
        }
        check_pace(actor, spec, stream)?;
    }
    if ordered && !is_permutation(streams) {
        return Err(TraceError::Order {
            actor: 0,
            what: "shares a number with another".to_owned(),
        });
    }
    Ok(())
}

fn check_pace(actor: usize, spec: &ActorSpec, stream: &Stream) -> Result<(), TraceError> {
    let wrong = |what: &str| Err(TraceError::Order { actor, what: what.to_owned() });
    let timed = if spec.pace.is_some() { stream.events.len() } else { stream.times_ns.len() };
    if stream.times_ns.len() != timed || (timed != 0 && timed != stream.events.len()) {
        return wrong("has not a time for each of its events");
    }
    if !stream.times_ns.is_sorted() {
        return wrong("has times out of their order");
    }
    let last = stream.times_ns.last().copied();
    match (spec.pace, last) {
        (Some(pace), last) if last.is_some_and(|last| last >= pace.lap_ns) || pace.lap_ns == 0 => {
            wrong("has an event that is due after the end of its lap")
        }
        (Some(_), _) if stream.events.is_empty() => wrong("has a pace and no event"),
        _ => Ok(()),
    }
}

fn check_events(actor: usize, stream: &Stream) -> Result<(), TraceError> {
    let ascending = stream.events.is_sorted_by(|one, next| one < next);
    let inside = stream.events.last().is_none_or(|&last| (last as usize) < stream.words.len());
    let from_start = stream.events.first().is_none_or(|&first| first == 0);
    if ascending && inside && from_start { Ok(()) } else { Err(TraceError::Events { actor }) }
}

fn is_permutation(streams: &[Stream]) -> bool {
    let events = streams.iter().map(|stream| stream.numbers.len()).sum();
    let mut seen = vec![false; events];
    streams.iter().flat_map(|stream| &stream.numbers).all(|&number| {
        seen.get_mut(number as usize).is_some_and(|seen| !std::mem::replace(seen, true))
    })
}
