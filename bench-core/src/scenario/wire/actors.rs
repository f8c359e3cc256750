//! The TOML shape of `[[map]]` and `[[actor]]`: independent actors over shared maps. Here names of
//! maps become their positions; ranges are checked where the parameters live.

use serde::Deserialize;

use super::mix::{WireShares, default_lap_ops, uniform};
use super::{default_key_rule, duration_ns};
use crate::key::KeyRule;
use crate::op::{OpKind, TABLE};
use crate::trace::{Deal, MAX_ACTORS};
use crate::workload::{
    Actor, ActorMap, Actors, Draws, Drift, KeyRange, Misses, Pacing, Popularity, Repeat, Schedule,
    Step, Task, WorkloadError,
};

/// Time of a paced actor's lap where the scenario does not say. Nanoseconds.
const DEFAULT_LAP_NS: u64 = 10_000_000_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireMap {
    id: String,
    name: String,
    keys: u32,
    preload: Option<u32>,
    #[serde(default = "default_key_rule")]
    key_rule: KeyRule,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireActor {
    name: String,
    /// Actors of this kind, each with random numbers of its own.
    #[serde(default = "once")]
    count: u32,
    map: Option<String>,
    ops: Option<WireShares>,
    steps: Option<Vec<WireStep>>,
    keys: Option<WireKeyRange>,
    range_keys: Option<u32>,
    #[serde(default = "uniform")]
    popularity: Popularity,
    drift: Option<Drift>,
    repeat: Option<Repeat>,
    misses: Option<Misses>,
    deal: Option<Deal>,
    lap_ops: Option<u64>,
    lap_events: Option<u64>,
    rate_per_s: Option<f64>,
    schedule: Option<Schedule>,
    lap: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireKeyRange {
    #[serde(default)]
    from: u32,
    count: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireStep {
    op: String,
    map: String,
    #[serde(default = "once")]
    times: u32,
    #[serde(default = "uniform")]
    popularity: Popularity,
}

fn once() -> u32 {
    1
}

/// The actors, with their maps' names resolved.
pub(super) fn actors(maps: Vec<WireMap>, actors: Vec<WireActor>) -> Result<Actors, WorkloadError> {
    let maps: Vec<ActorMap> = maps.into_iter().map(ActorMap::from).collect();
    let actors = actors.into_iter().map(|wire| {
        let (name, count) = (wire.name.clone(), wire.count as usize);
        let wrong =
            |key: &str, message| WorkloadError::parameter(&format!("{name}.{key}"), message);
        if count == 0 || count > MAX_ACTORS {
            return Err(wrong("count", format!("is {count}; use 1 to {MAX_ACTORS}")));
        }
        let actor = wire.resolve(&maps).map_err(|(key, message)| wrong(key, message))?;
        Ok(vec![actor; count])
    });
    let actors: Vec<Vec<Actor>> = actors.collect::<Result<_, _>>()?;
    Ok(Actors { maps, actors: actors.concat() })
}

/// The key that is wrong, and what is wrong with it.
type Wrong = (&'static str, String);

impl WireActor {
    fn resolve(self, maps: &[ActorMap]) -> Result<Actor, Wrong> {
        let pacing = self.pacing()?;
        let is_mix = self.ops.is_some();
        if self.steps.is_some() == is_mix {
            return Err(("ops", "needs one of `ops` and `steps`".to_owned()));
        }
        for (key, set, fits) in [
            ("lap_ops", self.lap_ops.is_some(), is_mix && pacing.is_none()),
            ("lap_events", self.lap_events.is_some(), !is_mix && pacing.is_none()),
            ("map", self.map.is_some(), is_mix),
            ("keys", self.keys.is_some(), is_mix),
            ("range_keys", self.range_keys.is_some(), is_mix),
            ("drift", self.drift.is_some(), is_mix),
            ("repeat", self.repeat.is_some(), is_mix),
            ("misses", self.misses.is_some(), is_mix),
        ] {
            if set && !fits {
                let message = "does not go with the rest: `lap_ops` is of actors with `ops`, \
                               `lap_events` of those with `steps`, a paced actor's lap follows from \
                               `rate_per_s` and `lap`, and steps name their own maps and popularity";
                return Err((key, message.to_owned()));
            }
        }
        let default_deal = if is_mix && pacing.is_none() { Deal::Op } else { Deal::Whole };
        let lap_events = self.lap_ops.or(self.lap_events).unwrap_or(default_lap_ops());
        let task = match (self.ops, self.steps) {
            (Some(ops), _) => Task::Mix {
                map: position(maps, self.map.as_deref())?,
                keys: self.keys.map(|keys| KeyRange { from: keys.from, count: keys.count }),
                draws: Draws {
                    ops: ops.in_table_order(),
                    range_keys: self.range_keys,
                    popularity: self.popularity,
                    drift: self.drift,
                    repeat: self.repeat,
                    misses: self.misses,
                },
            },
            (None, steps) => Task::Steps(
                steps
                    .into_iter()
                    .flatten()
                    .map(|step| step.resolve(maps))
                    .collect::<Result<_, _>>()?,
            ),
        };
        let deal = self.deal.unwrap_or(default_deal);
        Ok(Actor { name: self.name, task, deal, pacing, lap_events })
    }

    fn pacing(&self) -> Result<Option<Pacing>, Wrong> {
        let Some(rate_per_s) = self.rate_per_s else {
            return match (&self.schedule, &self.lap) {
                (None, None) => Ok(None),
                _ => Err(("rate_per_s", "is missing; `schedule` and `lap` go with it".to_owned())),
            };
        };
        let lap_ns = match &self.lap {
            None => DEFAULT_LAP_NS,
            Some(lap) => duration_ns(lap)
                .ok_or_else(|| ("lap", format!("`{lap}` is not a duration; use e.g. \"10s\"")))?,
        };
        let schedule = self.schedule.unwrap_or(Schedule::Poisson);
        Ok(Some(Pacing { rate_per_s, schedule, lap_ns }))
    }
}

impl WireStep {
    fn resolve(self, maps: &[ActorMap]) -> Result<Step, Wrong> {
        let op = OpKind::from_name(&self.op).ok_or_else(|| {
            let names: Vec<&str> = TABLE.iter().map(|info| info.name).collect();
            ("steps", format!("`{}` is not an op; use one of {}", self.op, names.join(", ")))
        })?;
        let map = position(maps, Some(&self.map))?;
        Ok(Step { op, map, times: self.times, popularity: self.popularity })
    }
}

/// The position of the map of an id; without an id, that of the only map.
fn position(maps: &[ActorMap], id: Option<&str>) -> Result<u32, Wrong> {
    let ids = || maps.iter().map(|map| map.id.as_str()).collect::<Vec<_>>().join(", ");
    match id {
        None if maps.len() == 1 => Ok(0),
        None => Err(("map", format!("is missing; use one of {}", ids()))),
        Some(id) => match maps.iter().position(|map| map.id == id) {
            Some(position) => Ok(position as u32),
            None => Err(("map", format!("there is no [[map]] `{id}`; use one of {}", ids()))),
        },
    }
}

impl From<WireMap> for ActorMap {
    fn from(wire: WireMap) -> Self {
        ActorMap {
            id: wire.id,
            name: wire.name,
            keys: wire.keys,
            preload: wire.preload.unwrap_or(wire.keys),
            key_rule: wire.key_rule,
        }
    }
}
