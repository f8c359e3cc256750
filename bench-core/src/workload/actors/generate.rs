//! Turns actors into the streams of a trace: draws their ops, marks their events and gives paced
//! ones their times. Checked parameters only.

use super::{Actor, ActorMap, Actors, Pacing, Step, Task};
use crate::op::{OpKind, OpWord};
use crate::trace::{ActorSpec, Draft, MapSpec, Pace, Shape, Stream};
use crate::workload::balance::balance;
use crate::workload::draws::{Draws, Ground};
use crate::workload::mix;

impl Actors {
    pub(in crate::workload) fn draft(&self, name: &str, seed: u64) -> Draft {
        let maps: Vec<MapSpec> = self.maps.iter().map(ActorMap::spec).collect();
        let streams = self
            .actors
            .iter()
            .enumerate()
            .map(|(position, actor)| self.stream(position, actor, &maps, seed))
            .collect();
        let actors = self.actors.iter().map(|actor| ActorSpec {
            name: actor.name.clone(),
            deal: actor.deal,
            pace: actor.pacing.map(|pacing| Pace { lap_ns: pacing.lap_ns }),
        });
        Draft {
            name: name.to_owned(),
            generator: "mapbench actors 1".to_owned(),
            seed,
            parameters: serde_json::json!({ "actors": self }),
            shape: Shape::Steady,
            unit: None,
            actors: actors.collect(),
            maps,
            streams,
        }
    }

    fn stream(&self, position: usize, actor: &Actor, maps: &[MapSpec], seed: u64) -> Stream {
        let mut stream = match &actor.task {
            Task::Mix { .. } => {
                let ground = actor.ground(position, &self.maps);
                let words = ground.map_or_else(Vec::new, |(ground, draws)| {
                    mix::words(draws, &ground, maps, Shape::Steady, seed)
                });
                let paced = actor.pacing.is_some();
                let events = if paced { starts(&words, actor.events()) } else { Vec::new() };
                Stream::of_events(words, events)
            }
            Task::Steps(steps) => steps_stream(steps, actor.events(), position, maps, seed),
        };
        if let Some(Pacing { schedule, lap_ns, .. }) = actor.pacing {
            stream.times_ns = schedule.times_ns(actor.events(), lap_ns, seed, position as u64);
        }
        stream
    }
}

impl ActorMap {
    fn spec(&self) -> MapSpec {
        MapSpec {
            id: self.id.clone(),
            name: self.name.clone(),
            key_rule: self.key_rule,
            keys: self.keys,
            preload: self.preload,
            peak: 0,
        }
    }
}

/// Where each of `events` ops starts; what follows the last one belongs to it.
fn starts(words: &[u32], events: u64) -> Vec<u32> {
    let mut starts = Vec::with_capacity(events as usize);
    let mut position = 0;
    while starts.len() < events as usize {
        starts.push(position);
        let range = OpWord(words[position as usize]).kind() == Some(OpKind::Range);
        position += if range { 2 } else { 1 };
    }
    starts
}

/// Every event runs all steps; the ops of one step are drawn together over all events.
fn steps_stream(
    steps: &[Step],
    events: u64,
    position: usize,
    maps: &[MapSpec],
    seed: u64,
) -> Stream {
    let drawn: Vec<Vec<u32>> = (1..)
        .zip(steps)
        .map(|(number, step)| step.draws().draw(&step.ground(events, position, number, maps), seed))
        .collect();
    let mut stream = Stream::default();
    for event in 0..events as usize {
        stream.events.push(stream.words.len() as u32);
        for (step, words) in steps.iter().zip(&drawn) {
            let times = step.times as usize;
            stream.words.extend(&words[event * times..(event + 1) * times]);
        }
    }
    let restoring = balance(&mut stream.words, maps, Shape::Steady);
    stream.words.extend(restoring);
    stream
}

impl Step {
    fn draws(&self) -> Draws {
        Draws {
            ops: vec![(self.op, 100.0)],
            range_keys: None,
            popularity: self.popularity.clone(),
            drift: None,
            repeat: None,
            misses: None,
        }
    }

    fn ground(&self, events: u64, position: usize, number: u64, maps: &[MapSpec]) -> Ground {
        let spec = &maps[self.map as usize];
        Ground {
            map: self.map as u8,
            first: 0,
            keys: spec.keys,
            preload: spec.preload,
            ops: events * u64::from(self.times),
            // Each step has random numbers of its own, and no other actor has them.
            actor: if position < 256 { number << 8 } else { number << 32 } | position as u64,
        }
    }
}
