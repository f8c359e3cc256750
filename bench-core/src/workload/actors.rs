//! Independent actors over shared maps: each is a role with its own ops, keys, deal and pace, and
//! none waits for another. So that the final state is known for every interleaving, a key that one
//! actor writes is written by no other, unless both only `update` it, which commutes.

mod check;
mod generate;

use std::collections::BTreeSet;

use serde::Serialize;

use super::draws::{Draws, Ground};
use super::popularity::Popularity;
use super::schedule::Schedule;
use crate::key::KeyRule;
use crate::op::{OpClass, OpKind};
use crate::trace::Deal;

/// Independent actors over shared maps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Actors {
    /// The maps.
    pub maps: Vec<ActorMap>,
    /// The actors.
    pub actors: Vec<Actor>,
}

/// A map that actors share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActorMap {
    /// Short id, e.g. `M7`.
    pub id: String,
    /// What it is.
    pub name: String,
    /// Size of the key space.
    pub keys: u32,
    /// Keys that are present before the first op.
    pub preload: u32,
    /// How string keys are spelled.
    pub key_rule: KeyRule,
}

/// A role whose threads share one stream of ops.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Actor {
    /// The role.
    pub name: String,
    /// What it does.
    pub task: Task,
    /// How its ops are dealt to threads.
    pub deal: Deal,
    /// When its events are due; `None` runs them one after the other.
    pub pacing: Option<Pacing>,
    /// Events of a lap; those of a paced actor follow from its rate.
    pub lap_events: u64,
}

/// What an actor does in each event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One op that is drawn, on one map.
    Mix {
        /// Position of the map.
        map: u32,
        /// The keys that it draws from; `None` is all.
        keys: Option<KeyRange>,
        /// What each op is drawn from.
        #[serde(flatten)]
        draws: Draws,
    },
    /// The same steps, one after the other.
    Steps(Vec<Step>),
}

/// Keys of a map from one on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct KeyRange {
    /// The first.
    pub from: u32,
    /// How many.
    pub count: u32,
}

/// A run of ops of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// The op.
    pub op: OpKind,
    /// Position of the map.
    pub map: u32,
    /// How often.
    pub times: u32,
    /// How popular the keys are.
    pub popularity: Popularity,
}

/// Open loop: events are due at their times, whether the one before has ended or not.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pacing {
    /// Events per second.
    pub rate_per_s: f64,
    /// How they are spread.
    pub schedule: Schedule,
    /// Time of a lap. Nanoseconds.
    pub lap_ns: u64,
}

impl KeyRange {
    /// Whether a key is in both.
    fn meets(self, other: KeyRange) -> bool {
        let end = |range: KeyRange| u64::from(range.from) + u64::from(range.count);
        u64::from(self.from) < end(other) && u64::from(other.from) < end(self)
    }
}

impl Pacing {
    /// Events of a lap, at least one.
    pub fn events(&self) -> u64 {
        (self.rate_per_s * self.lap_ns as f64 / 1e9).round().max(1.0) as u64
    }
}

impl Actor {
    /// Events of a lap.
    fn events(&self) -> u64 {
        self.pacing.map_or(self.lap_events, |pacing| pacing.events())
    }

    fn kinds(&self) -> Vec<(u32, OpKind)> {
        match &self.task {
            Task::Mix { map, draws, .. } => draws.kinds().map(|kind| (*map, kind)).collect(),
            Task::Steps(steps) => steps.iter().map(|step| (step.map, step.op)).collect(),
        }
    }

    /// The keys of a map that the actor may write, and whether by anything but updates.
    fn written(&self, map: u32, spec: &ActorMap) -> Option<(KeyRange, bool)> {
        let kinds = self.kinds().into_iter().filter(|(of, _)| *of == map).map(|(_, kind)| kind);
        let mut writes =
            kinds.filter(|kind| matches!(kind.class(), OpClass::Write | OpClass::Bulk)).peekable();
        writes.peek()?;
        let ordered = writes.any(|kind| kind != OpKind::Update);
        let all = KeyRange { from: 0, count: spec.keys };
        let range = match self.task {
            // A replacement is of the whole map.
            Task::Mix { ref draws, .. } if draws.has(OpKind::ReplaceAll) => all,
            Task::Mix { keys, .. } => keys.unwrap_or(all),
            Task::Steps(_) => all,
        };
        Some((range, ordered))
    }

    fn ground(&self, position: usize, maps: &[ActorMap]) -> Option<(Ground, &Draws)> {
        let Task::Mix { map, keys, draws } = &self.task else { return None };
        let spec = maps.get(*map as usize)?;
        let KeyRange { from, count } = keys.unwrap_or(KeyRange { from: 0, count: spec.keys });
        let ground = Ground {
            map: *map as u8,
            first: from,
            keys: count,
            preload: spec.preload.saturating_sub(from).min(count),
            ops: self.events(),
            actor: position as u64,
        };
        Some((ground, draws))
    }
}

impl Actors {
    pub(super) fn op_kinds(&self) -> BTreeSet<OpKind> {
        self.actors.iter().flat_map(Actor::kinds).map(|(_, kind)| kind).collect()
    }

    pub(crate) fn popularities(&self) -> Vec<&Popularity> {
        let laws = self.actors.iter().flat_map(|actor| match &actor.task {
            Task::Mix { draws, .. } => vec![&draws.popularity],
            Task::Steps(steps) => steps.iter().map(|step| &step.popularity).collect(),
        });
        laws.collect()
    }

    pub(super) fn popularities_mut(&mut self) -> Vec<&mut Popularity> {
        let laws = self.actors.iter_mut().flat_map(|actor| match &mut actor.task {
            Task::Mix { draws, .. } => vec![&mut draws.popularity],
            Task::Steps(steps) => steps.iter_mut().map(|step| &mut step.popularity).collect(),
        });
        laws.collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn map(keys: u32, preload: u32) -> ActorMap {
        let (id, name) = (format!("K{keys}"), "map".to_owned());
        ActorMap { id, name, keys, preload, key_rule: KeyRule::NsName }
    }

    fn mix_actor(name: &str, ops: Vec<(OpKind, f64)>, keys: Option<KeyRange>) -> Actor {
        let draws = Draws {
            ops,
            range_keys: Some(3),
            popularity: Popularity::Uniform,
            drift: None,
            repeat: None,
            misses: None,
        };
        Actor {
            name: name.to_owned(),
            task: Task::Mix { map: 0, keys, draws },
            deal: Deal::Op,
            pacing: None,
            lap_events: 500,
        }
    }

    fn churn() -> Vec<(OpKind, f64)> {
        vec![(OpKind::Insert, 50.0), (OpKind::Remove, 50.0)]
    }

    fn paced(actor: Actor, rate_per_s: f64, lap_ns: u64) -> Actor {
        let pacing = Some(Pacing { rate_per_s, schedule: Schedule::Poisson, lap_ns });
        Actor { deal: Deal::Whole, pacing, ..actor }
    }

    #[test]
    fn two_writers_need_keys_of_their_own() {
        let half = |from| Some(KeyRange { from, count: 50 });
        let of = |one, other| Actors {
            maps: vec![map(100, 50)],
            actors: vec![mix_actor("one", churn(), one), mix_actor("other", churn(), other)],
        };
        assert_eq!(of(half(0), half(50)).check(), Ok(()));
        assert!(of(half(0), half(50)).draft("two", 1).finish().is_ok());
        let error = of(half(0), half(49)).check().unwrap_err().to_string();
        assert!(error.contains("one and other both write keys of K100"), "{error}");
        assert!(of(None, half(0)).check().is_err());
    }

    #[test]
    fn a_paced_actor_has_as_many_events_as_its_rate_gives_and_restores_the_keys_among_them() {
        let writer = paced(mix_actor("writer", churn(), None), 5.0, 20_000_000_000);
        let actors = Actors { maps: vec![map(5_000, 100)], actors: vec![writer] };
        let trace = actors.draft("paced", 1).finish().unwrap();
        let stream = &trace.streams[0];
        assert_eq!((stream.events.len(), stream.words.len()), (100, 100));
        assert_eq!(stream.times_ns.len(), 100);
        // As many live all the time: a nomination comes, the next event takes it back.
        assert!(trace.header.maps[0].peak <= 102, "{}", trace.header.maps[0].peak);
        assert!((trace.header.effective_write_share - 1.0).abs() < f64::EPSILON);
    }

    fn any_actor() -> impl Strategy<Value = Actor> {
        let parts = prop::collection::vec(0_u32..10, Draws::KINDS.len());
        let steps = prop::collection::vec((0..Draws::KINDS.len(), 0_u32..2, 1_u32..5), 1..4);
        let pacing = prop::option::of((1.0..500.0, any::<bool>(), 1_u64..400_000_000));
        (parts, steps, any::<bool>(), pacing, 1_u64..500).prop_map(
            |(parts, steps, is_mix, pacing, lap_events)| {
                let total = f64::from(parts.iter().sum::<u32>().max(1));
                let shares = parts.iter().map(|&part| f64::from(part) * 100.0 / total);
                let ops = Draws::KINDS.into_iter().zip(shares).collect();
                let steps = steps.into_iter().map(|(kind, map, times)| Step {
                    op: Draws::KINDS[kind],
                    map,
                    times,
                    popularity: Popularity::Uniform,
                });
                let mixed = mix_actor("any", ops, None);
                let task = if is_mix { mixed.task.clone() } else { Task::Steps(steps.collect()) };
                let deal = if is_mix && pacing.is_none() { Deal::Op } else { Deal::Whole };
                let pacing = pacing.map(|(rate_per_s, poisson, lap_ns)| {
                    let schedule = if poisson { Schedule::Poisson } else { Schedule::Uniform };
                    Pacing { rate_per_s, schedule, lap_ns }
                });
                Actor { task, deal, pacing, lap_events, ..mixed }
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn any_actors_that_are_accepted_are_steady(
            actors in prop::collection::vec(any_actor(), 1..4),
            keys in 5_u32..150,
            preloaded in 0.0..=1.0,
            seed: u64,
        ) {
            let maps = vec![map(keys, (f64::from(keys) * preloaded) as u32), map(7, 3)];
            let actors = Actors { maps, actors };
            prop_assume!(actors.check().is_ok());
            let trace = actors.draft("any", seed).finish();
            prop_assert!(trace.is_ok(), "{:?}", trace.err());
        }
    }
}
