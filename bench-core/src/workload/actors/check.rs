//! The rules that actors must keep: parameters in their ranges, and no key with two writers that do
//! not wait for each other. Draws nothing.

use super::{Actor, Actors, KeyRange, Pacing, Step, Task};
use crate::op::{MAX_MAPS, OpKind};
use crate::trace::{Deal, MAX_ACTORS};
use crate::workload::draws::Misses;
use crate::workload::popularity::Popularity;
use crate::workload::{WorkloadError, check_keys, check_ops};

/// Most events of a paced actor per second.
const MAX_RATE_PER_S: f64 = 1e7;

impl Actors {
    pub(in crate::workload) fn check(&self) -> Result<(), WorkloadError> {
        self.check_maps()?;
        for (position, actor) in self.actors.iter().enumerate() {
            self.check_actor(position, actor).map_err(|error| match error {
                WorkloadError::Parameter { key, message } => {
                    WorkloadError::parameter(&format!("{}.{key}", actor.name), message)
                }
                trace @ WorkloadError::Trace(_) => trace,
            })?;
        }
        self.check_writers()
    }

    fn check_maps(&self) -> Result<(), WorkloadError> {
        let wrong = |message: String| Err(WorkloadError::parameter("map", message));
        if self.maps.is_empty() || self.maps.len() > MAX_MAPS {
            return wrong(format!("there are {} maps; use 1 to {MAX_MAPS}", self.maps.len()));
        }
        if self.actors.len() > MAX_ACTORS {
            return wrong(format!("there are {} actors; use 1 to {MAX_ACTORS}", self.actors.len()));
        }
        for spec in &self.maps {
            check_keys("map", spec.keys)?;
            if spec.preload > spec.keys {
                return wrong(format!(
                    "{} preloads {} of {} keys; use fewer",
                    spec.id, spec.preload, spec.keys
                ));
            }
        }
        Ok(())
    }

    fn check_actor(&self, position: usize, actor: &Actor) -> Result<(), WorkloadError> {
        let wrong = |key: &str, message: String| Err(WorkloadError::parameter(key, message));
        if let Some((map, _)) =
            actor.kinds().iter().find(|(map, _)| *map as usize >= self.maps.len())
        {
            return wrong("map", format!("is number {map}; there are {} maps", self.maps.len()));
        }
        if let Some(Pacing { rate_per_s, lap_ns, .. }) = actor.pacing {
            if !(rate_per_s > 0.0 && rate_per_s <= MAX_RATE_PER_S) {
                return wrong("rate_per_s", format!("is {rate_per_s}; use over 0, up to 1e7"));
            }
            if lap_ns == 0 || actor.events() > lap_ns {
                return wrong("lap", "is too short; use e.g. \"10s\"".to_owned());
            }
        }
        let events_in_one = matches!(actor.task, Task::Mix { .. }) && actor.pacing.is_none();
        match actor.deal {
            Deal::Op if !events_in_one => {
                return wrong(
                    "deal",
                    "is op, but the actor has events; use \"event\" or \"whole\"".to_owned(),
                );
            }
            Deal::Event if events_in_one => {
                return wrong("deal", "is event, but its ops are single; use \"op\"".to_owned());
            }
            Deal::Turns | Deal::Shares => {
                return wrong(
                    "deal",
                    "needs an order of all actors' events; use op, event or whole".to_owned(),
                );
            }
            _ => {}
        }
        check_ops(if events_in_one { "lap_ops" } else { "lap_events" }, actor.events())?;
        match &actor.task {
            Task::Mix { map, keys, draws } => {
                let spec = &self.maps[*map as usize];
                if let Some(KeyRange { from, count }) = *keys
                    && (count == 0 || u64::from(from) + u64::from(count) > u64::from(spec.keys))
                {
                    return wrong(
                        "keys",
                        format!(
                            "are {count} from {from}; use at least 1, inside the {} keys of {}",
                            spec.keys, spec.id
                        ),
                    );
                }
                if let Some(Misses { from, count, .. }) = draws.misses
                    && u64::from(from) + u64::from(count) > u64::from(spec.keys)
                {
                    return wrong(
                        "misses",
                        format!(
                            "are of {count} keys from {from}; use some inside the {} keys of {}",
                            spec.keys, spec.id
                        ),
                    );
                }
                let ground = actor.ground(position, &self.maps);
                ground.map_or(Ok(()), |(ground, draws)| draws.check(&ground))
            }
            Task::Steps(steps) => self.check_steps(actor, steps),
        }
    }

    fn check_steps(&self, actor: &Actor, steps: &[Step]) -> Result<(), WorkloadError> {
        let wrong = |message: &str| Err(WorkloadError::parameter("steps", message));
        if steps.is_empty() || steps.iter().any(|step| step.times == 0) {
            return wrong("are none, or happen 0 times; use at least one of each");
        }
        for step in steps {
            step.popularity.check(self.maps[step.map as usize].keys)?;
            if matches!(step.popularity, Popularity::Latest(_)) {
                return wrong("cannot know what was inserted lately; use `ops` with `latest`");
            }
            if matches!(step.op, OpKind::Range | OpKind::NewMap) {
                return wrong("cannot be `range` or `new_map`; use another op");
            }
        }
        let times: u64 = steps.iter().map(|step| u64::from(step.times)).sum();
        check_ops("steps", actor.events().saturating_mul(times))
    }

    /// No two actors may write the same key, unless both only update it.
    fn check_writers(&self) -> Result<(), WorkloadError> {
        for (map, spec) in (0..).zip(&self.maps) {
            let mut earlier: Vec<(&Actor, KeyRange, bool)> = Vec::new();
            for actor in &self.actors {
                let Some((range, ordered)) = actor.written(map, spec) else { continue };
                let clash = earlier
                    .iter()
                    .find(|(_, other, in_order)| (ordered || *in_order) && range.meets(*other));
                if let Some((other, ..)) = clash {
                    return Err(WorkloadError::parameter(
                        &format!("{}.keys", actor.name),
                        format!(
                            "{} and {} both write keys of {}, and neither waits for the other; give \
                             each `keys` of its own, or let both only `update`",
                            other.name, actor.name, spec.id
                        ),
                    ));
                }
                earlier.push((actor, range, ordered));
            }
        }
        Ok(())
    }
}
