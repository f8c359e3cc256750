//! Reads a trace from lines of JSON. A line is held at a time, and no longer one than its limit, so
//! that memory grows with the ops that were really read. Nothing in the lines can make this panic.

use std::io::{BufRead, Read};

use super::wire::{Name, WireHeader, WireLine, WireOp};
use super::{JsonLinesError, MAX_LINE_BYTES};
use crate::op::{MAX_KEYS, OpKind, OpWord};
use crate::scenario::nearest;
use crate::trace::audit::Figures;
use crate::trace::format::FORMAT_VERSION;
use crate::trace::rules::check_maps;
use crate::trace::{ActorSpec, Draft, MAX_ACTORS, MapSpec, Stream, Trace};

/// Reads a trace from lines of JSON; `label` names them in errors.
pub fn read(input: impl BufRead, label: &str) -> Result<Trace, JsonLinesError> {
    let mut lines = Lines { input, label, bytes: Vec::new(), number: 0 };
    if !lines.next()? {
        return Err(lines.wrong("has no header; write it as its first line".to_owned()));
    }
    let wire: WireHeader = lines.parse()?;
    let (draft, said) = draft(wire).map_err(|what| lines.wrong(what))?;
    let mut builder = Builder::new(draft);
    while lines.next()? {
        if lines.bytes.trim_ascii().is_empty() {
            continue;
        }
        let line: WireLine<'_> = lines.parse()?;
        builder.add(&line).map_err(|what| lines.wrong(what))?;
    }
    let wrong = |what| JsonLinesError::Trace { label: label.to_owned(), what };
    let trace = builder.draft.finish().map_err(|error| wrong(error.to_string()))?;
    match said.differences(&trace.header).first() {
        None => Ok(trace),
        Some(difference) => Err(JsonLinesError::Line {
            label: label.to_owned(),
            line: 1,
            column: None,
            what: format!("{difference}; correct it or leave it out"),
        }),
    }
}

/// What a header says, apart from the figures that the records give.
fn draft(wire: WireHeader) -> Result<(Draft, Figures), String> {
    if wire.mapbench_trace != FORMAT_VERSION {
        return Err(format!(
            "is of trace format {}, this program reads {FORMAT_VERSION}; convert the trace again",
            wire.mapbench_trace
        ));
    }
    if wire.actors.is_empty() || wire.actors.len() > MAX_ACTORS {
        return Err(format!("has {} actors; use 1 to {MAX_ACTORS}", wire.actors.len()));
    }
    let said = Figures {
        ops: wire.ops,
        peaks: wire.maps.iter().map(|map| map.peak).collect(),
        expected: wire.expected,
        hit_share: wire.hit_share,
        effective_write_share: wire.effective_write_share,
        top_key: wire.top_key,
    };
    let maps = wire.maps.into_iter().map(|map| MapSpec {
        name: map.name.unwrap_or_else(|| map.id.clone()),
        id: map.id,
        key_rule: map.key_rule,
        keys: map.keys,
        preload: map.preload,
        peak: 0,
    });
    let maps: Vec<MapSpec> = maps.collect();
    check_maps(&maps).map_err(|error| error.to_string())?;
    if said.expected.as_ref().is_some_and(|expected| expected.len() != maps.len()) {
        return Err("expects other than one final state for each map".to_owned());
    }
    let actors = wire.actors.into_iter().map(|actor| ActorSpec {
        name: actor.name,
        deal: actor.deal,
        pace: actor.pace,
    });
    let actors: Vec<ActorSpec> = actors.collect();
    let draft = Draft {
        name: wire.name,
        generator: wire.generator,
        seed: wire.seed,
        parameters: wire.parameters,
        shape: wire.shape,
        unit: wire.unit,
        maps,
        streams: vec![Stream::default(); actors.len()],
        actors,
    };
    Ok((draft, said))
}

/// Puts lines into streams.
struct Builder {
    draft: Draft,
    /// The numbers of the events so far, as the lines say them: ascending, with or without gaps.
    numbers: Vec<u32>,
}

impl Builder {
    fn new(draft: Draft) -> Self {
        Builder { draft, numbers: Vec::new() }
    }

    fn add(&mut self, line: &WireLine<'_>) -> Result<(), String> {
        let names = self.draft.actors.iter().map(|actor| actor.name.as_str());
        let actor = position(&line.actor, names, "actor")?;
        match (&line.ops, &line.op) {
            (Some(ops), None) => {
                let order = self.order(line)?;
                self.begin(actor, line, order)?;
                if ops.is_empty() {
                    return Err("is an event without ops; leave it out".to_owned());
                }
                ops.iter().try_for_each(|op| self.push(actor, op))
            }
            (None, Some(op)) => {
                if line.event.is_some() || line.follows.is_some() || line.at_ns.is_some() {
                    return Err("is an op; only events, with `ops`, have a number or a time".into());
                }
                if !self.draft.streams[actor].events.is_empty() {
                    return Err("is an op of an actor with events; write `ops`".to_owned());
                }
                self.push(actor, op)
            }
            _ => Err("needs `ops`, those of an event, or `op`, one outside of events".to_owned()),
        }
    }

    /// The number of an event without the gaps that the lines have, and of the one that it follows.
    fn order(&mut self, line: &WireLine<'_>) -> Result<Option<(u32, u32)>, String> {
        let numbers = &mut self.numbers;
        let Some(label) = line.event else {
            if line.follows.is_some() {
                return Err("follows an event but has no number; write `event`".to_owned());
            }
            if !numbers.is_empty() {
                return Err("is an event without `event`, its number, as others have".to_owned());
            }
            return Ok(None);
        };
        let begun = |stream: &Stream| !stream.events.is_empty();
        if numbers.is_empty() && self.draft.streams.iter().any(begun) {
            return Err(format!("is event {label}, and earlier ones have no number"));
        }
        if let Some(last) = numbers.last().filter(|&&last| last >= label) {
            return Err(format!("is event {label} after event {last}; numbers ascend"));
        }
        let follows = match line.follows {
            None => Stream::FREE,
            Some(other) => numbers
                .binary_search(&other)
                .map_err(|_| format!("follows event {other}, which does not stand before it"))?
                as u32,
        };
        let number = numbers.len() as u32;
        numbers.push(label);
        Ok(Some((number, follows)))
    }

    fn begin(
        &mut self,
        actor: usize,
        line: &WireLine<'_>,
        order: Option<(u32, u32)>,
    ) -> Result<(), String> {
        let stream = &mut self.draft.streams[actor];
        if stream.events.is_empty() && !stream.words.is_empty() {
            return Err("is an event of an actor whose earlier ops have none".to_owned());
        }
        let timed = stream.times_ns.len() == stream.events.len();
        match (line.at_ns, stream.times_ns.last()) {
            (Some(_), _) if !timed => {
                return Err("has `at_ns`, and earlier events of its actor have none".to_owned());
            }
            (None, Some(_)) => {
                return Err("lacks `at_ns`, which earlier events of its actor have".to_owned());
            }
            (Some(at_ns), Some(last)) if at_ns < *last => {
                return Err(format!(
                    "is due at {at_ns} ns, before the {last} ns of the one before"
                ));
            }
            (at_ns, _) => stream.times_ns.extend(at_ns),
        }
        stream.events.push(u32::try_from(stream.words.len()).map_err(|_| "has too many ops")?);
        if let Some((number, follows)) = order {
            stream.numbers.push(number);
            stream.follows.push(follows);
        }
        Ok(())
    }

    fn push(&mut self, actor: usize, op: &WireOp<'_>) -> Result<(), String> {
        let maps = &self.draft.maps;
        let map = position(&op.map, maps.iter().map(|map| map.id.as_str()), "map")?;
        let (spec, name) = (&maps[map], op.kind.name());
        if op.key >= spec.keys {
            return Err(format!(
                "{name}: key {} is not below the {} keys of {}",
                op.key, spec.keys, spec.id
            ));
        }
        if op.count == 0 || op.count > MAX_KEYS {
            return Err(format!("{name} of {} keys; use 1 to {MAX_KEYS}", op.count));
        }
        let words = &mut self.draft.streams[actor].words;
        words.push(OpWord::new(op.kind, map as u8, op.key).0);
        words.extend((op.kind == OpKind::Range).then_some(op.count));
        Ok(())
    }
}

/// The position of what has a name, or the position that stands for it.
fn position<'n>(
    name: &Name<'_>,
    names: impl Iterator<Item = &'n str> + Clone,
    what: &str,
) -> Result<usize, String> {
    match name {
        Name::At(at) => {
            let at = *at as usize;
            let count = names.count();
            if at < count { Ok(at) } else { Err(format!("there is no {what} {at} of {count}")) }
        }
        Name::Called(name) => {
            let mut found = names.clone().enumerate().filter(|(_, other)| other == name);
            match (found.next(), found.next()) {
                (Some((at, _)), None) => Ok(at),
                (Some(_), Some(_)) => {
                    Err(format!("{what} `{name}` is the name of several; write its position"))
                }
                (None, _) => {
                    let shown: String = name.chars().take(40).collect();
                    let near = nearest(&shown, names);
                    let hint = near.map(|near| format!("; did you mean `{near}`?"));
                    Err(format!("there is no {what} `{shown}`{}", hint.unwrap_or_default()))
                }
            }
        }
    }
}

/// Lines of bounded length.
struct Lines<'a, R> {
    input: R,
    label: &'a str,
    bytes: Vec<u8>,
    number: usize,
}

impl<R: BufRead> Lines<'_, R> {
    /// Reads the next line, if there is one.
    fn next(&mut self) -> Result<bool, JsonLinesError> {
        self.bytes.clear();
        self.number += 1;
        let most = MAX_LINE_BYTES as u64 + 1;
        let read = self.input.by_ref().take(most).read_until(b'\n', &mut self.bytes);
        match read {
            Ok(0) => Ok(false),
            Ok(bytes) if bytes as u64 == most && !self.bytes.ends_with(b"\n") => {
                Err(self.wrong(format!("is longer than {} MiB", MAX_LINE_BYTES >> 20)))
            }
            Ok(_) => Ok(true),
            Err(source) => {
                Err(JsonLinesError::Io { label: self.label.to_owned(), line: self.number, source })
            }
        }
    }

    fn parse<'l, T: serde::Deserialize<'l>>(&'l self) -> Result<T, JsonLinesError> {
        serde_json::from_slice(self.bytes.trim_ascii_end()).map_err(|error| {
            let what = error.to_string();
            let what = what.rsplit_once(" at line ").map_or(what.as_str(), |(what, _)| what);
            JsonLinesError::Line {
                label: self.label.to_owned(),
                line: self.number,
                column: Some(error.column()).filter(|&column| column > 0),
                what: what.to_owned(),
            }
        })
    }

    fn wrong(&self, what: String) -> JsonLinesError {
        let (label, line) = (self.label.to_owned(), self.number);
        JsonLinesError::Line { label, line, column: None, what }
    }
}
