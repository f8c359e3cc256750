//! Writes a trace as lines of JSON, one event or op at a time, in the order of its events.

use std::borrow::Cow;
use std::io::{self, Write};

use super::MAX_LINE_BYTES;
use super::wire::{Name, WireActor, WireHeader, WireLine, WireMap, WireOp};
use crate::op::OpWord;
use crate::trace::format::FORMAT_VERSION;
use crate::trace::{Event, Stream, Trace, TraceHeader, ops_in};

/// Writes a trace as lines of JSON; returns how many. Give it a buffered writer.
///
/// # Errors
/// Those of the writer, and an event of so many ops that its line could not be read again.
pub fn write(trace: &Trace, mut out: impl Write) -> io::Result<u64> {
    let header = &trace.header;
    let actors = Names::new(header.actors.iter().map(|actor| actor.name.as_str()));
    let maps = Names::new(header.maps.iter().map(|map| map.id.as_str()));
    let mut line = Vec::new();
    put(&wire(header), &mut line, &mut out)?;
    let mut lines = 1;
    for event in trace.in_order() {
        let (actor, stream) = (actors.name(event.actor), &trace.streams[event.actor]);
        if stream.events.is_empty() {
            for (op, count) in ops_in(event.words) {
                let op = maps.op(op, count);
                let actor = actors.name(event.actor);
                let plain = WireLine {
                    actor,
                    event: None,
                    follows: None,
                    at_ns: None,
                    ops: None,
                    op: Some(op),
                };
                put(&plain, &mut line, &mut out)?;
                lines += 1;
            }
            continue;
        }
        put(&of_event(actor, &event, stream, &maps), &mut line, &mut out)?;
        lines += 1;
    }
    out.flush()?;
    Ok(lines)
}

fn of_event<'a>(
    actor: Name<'a>,
    event: &Event<'_>,
    stream: &Stream,
    maps: &Names<'a>,
) -> WireLine<'a> {
    WireLine {
        actor,
        event: stream.numbers.get(event.index).copied(),
        follows: event.follows,
        at_ns: event.time_ns,
        ops: Some(ops_in(event.words).map(|(op, count)| maps.op(op, count)).collect()),
        op: None,
    }
}

fn put(value: &impl serde::Serialize, line: &mut Vec<u8>, out: &mut impl Write) -> io::Result<()> {
    line.clear();
    serde_json::to_writer(&mut *line, value)?;
    if line.len() > MAX_LINE_BYTES {
        let what = format!(
            "an event of {} MiB as a line; lines have at most {}",
            line.len() >> 20,
            MAX_LINE_BYTES >> 20
        );
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    line.push(b'\n');
    out.write_all(line)
}

fn wire(header: &TraceHeader) -> WireHeader {
    let maps = header.maps.iter().map(|map| WireMap {
        id: map.id.clone(),
        name: Some(map.name.clone()),
        key_rule: map.key_rule,
        keys: map.keys,
        preload: map.preload,
        peak: Some(map.peak),
    });
    let actors = header.actors.iter().map(|actor| WireActor {
        name: actor.name.clone(),
        deal: actor.deal,
        pace: actor.pace,
    });
    let mut parameters = header.parameters.clone();
    parameters.sort_all_objects();
    WireHeader {
        mapbench_trace: FORMAT_VERSION,
        name: header.name.clone(),
        generator: header.generator.clone(),
        seed: header.seed,
        parameters,
        shape: header.shape,
        maps: maps.collect(),
        actors: actors.collect(),
        unit: header.unit.clone(),
        ops: Some(header.ops),
        expected: Some(header.expected.clone()),
        hit_share: header.hit_share,
        effective_write_share: Some(header.effective_write_share),
        top_key: header.top_key,
    }
}

/// Names that may repeat; those that do are told apart by their position.
struct Names<'a>(Vec<&'a str>);

impl<'a> Names<'a> {
    fn new(names: impl Iterator<Item = &'a str>) -> Self {
        Names(names.collect())
    }

    fn name(&self, at: usize) -> Name<'a> {
        let name = self.0[at];
        let is_unique = self.0.iter().filter(|other| **other == name).count() == 1;
        if is_unique { Name::Called(Cow::Borrowed(name)) } else { Name::At(at as u32) }
    }

    fn op(&self, op: OpWord, count: u32) -> WireOp<'a> {
        // A trace in memory has no other words.
        let kind = op.kind().unwrap_or(crate::op::OpKind::Len);
        WireOp { kind, map: self.name(op.map()), key: op.key(), count }
    }
}
