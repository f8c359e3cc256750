//! The axis of keys: the key space with its preloaded part, key ranges and laps in proportion. What
//! is a number of neighbouring keys (a window, a range) stays, as long as there are as many.

use super::error::Refusal;
use super::{refusals, shares};
use crate::workload::{
    Actors, Draws, Drift, Growth, KeyRange, Misses, Mix, Popularity, Task, Workload,
};

/// Most keys by rank that the epochs of a drift take together: 256 MiB. Beyond it the drift becomes
/// rarer.
const MAX_DRIFTED: u64 = 1 << 26;

/// The keys of the only map.
pub(super) fn keys_in(workload: &Workload) -> Option<f64> {
    match workload {
        Workload::Mix(mix) => Some(f64::from(mix.keys)),
        Workload::Growth(growth) => Some(f64::from(growth.keys)),
        Workload::Actors(actors) => match actors.maps.as_slice() {
            [map] => Some(f64::from(map.keys)),
            _ => None,
        },
        Workload::Cluster(_) | Workload::Pods(_) => None,
    }
}

/// Gives the only map so many keys.
pub(super) fn set(workload: &mut Workload, keys: u32) -> Result<(), Refusal> {
    match workload {
        Workload::Mix(mix) => set_mix(mix, keys),
        Workload::Growth(growth) => {
            let Growth { keys: own, preload, .. } = *growth;
            growth.preload = Factor { own, keys }.of(preload).max(u32::from(preload > 0));
            growth.keys = keys;
            Ok(())
        }
        Workload::Actors(actors) => set_actors(actors, keys),
        Workload::Cluster(_) | Workload::Pods(_) => Err(refusals::of_keys(workload)),
    }
}

/// From one number of keys to another.
#[derive(Clone, Copy)]
struct Factor {
    own: u32,
    keys: u32,
}

impl Factor {
    /// Rounded down, so that what ended where something else began still does.
    fn of(self, count: u32) -> u32 {
        (u64::from(count) * u64::from(self.keys) / u64::from(self.own.max(1))) as u32
    }

    /// The lap of as many ops of `ops_each`, long enough that every key is accessed about once if
    /// it was before, and not longer. A shorter one would leave keys out that are to be in the way
    /// of others in a cache; fewer keys keep their lap, so that reading the ops costs the same.
    fn lap_ops(self, lap_ops: u64, ops_each: f64) -> u64 {
        let in_proportion =
            lap_ops.saturating_mul(u64::from(self.keys)) / u64::from(self.own.max(1));
        let every_key = libm::ceil(f64::from(self.keys) / ops_each) as u64;
        lap_ops.max(in_proportion.min(every_key))
    }
}

fn set_mix(mix: &mut Mix, keys: u32) -> Result<(), Refusal> {
    let factor = Factor { own: mix.keys, keys };
    mix.keys = keys;
    mix.preload = factor.of(mix.preload).max(u32::from(mix.preload > 0));
    if matches!(mix.draws.popularity, Popularity::Latest(_)) {
        // The circle of `latest` has two keys more than twice the preloaded ones.
        mix.preload = mix.preload.min((keys / 2).saturating_sub(1));
    }
    mix.lap_ops = factor.lap_ops(mix.lap_ops, ops_each(&mix.draws));
    shares::lengthen(mix)?;
    fit(&mut mix.draws, keys, mix.lap_ops);
    Ok(())
}

fn set_actors(actors: &mut Actors, keys: u32) -> Result<(), Refusal> {
    let [map] = actors.maps.as_mut_slice() else {
        let ids: Vec<&str> = actors.maps.iter().map(|map| map.id.as_str()).collect();
        return Err(Refusal::new(
            format!("it has the maps {}", ids.join(", ")),
            format!("sweep set:map.{}.keys, or that of another", ids.first().unwrap_or(&"ID")),
        ));
    };
    let factor = Factor { own: map.keys, keys };
    map.keys = keys;
    map.preload = factor.of(map.preload);
    for actor in &mut actors.actors {
        match &mut actor.task {
            Task::Mix { keys: range, draws, .. } => {
                if let Some(KeyRange { from, count }) = range {
                    let (first, end) = (factor.of(*from), factor.of(*from + *count));
                    (*from, *count) = (first, end - first);
                }
                if let Some(Misses { from, count, .. }) = &mut draws.misses {
                    let (first, end) = (factor.of(*from), factor.of(*from + *count));
                    (*from, *count) = (first, end - first);
                }
                let drawn = range.map_or(keys, |range| range.count);
                if actor.pacing.is_none() {
                    actor.lap_events = factor.lap_ops(actor.lap_events, ops_each(draws));
                }
                fit(draws, drawn, actor.lap_events);
            }
            Task::Steps(steps) => {
                for step in steps {
                    fit_window(&mut step.popularity, keys);
                }
            }
        }
    }
    Ok(())
}

/// Ops that a draw counts as, on average.
fn ops_each(draws: &Draws) -> f64 {
    let ops = draws.ops.iter().map(|&(kind, share)| share * shares::ops_of(draws, kind));
    (ops.sum::<f64>() / 100.0).max(1.0)
}

/// Takes what asks for more keys than there are down to them, and a drift to the memory it may have.
fn fit(draws: &mut Draws, keys: u32, lap_ops: u64) {
    fit_window(&mut draws.popularity, keys);
    draws.range_keys = draws.range_keys.map(|count| count.min(keys));
    if let Some(drift) = &mut draws.drift {
        let Drift { top, swap, every_ops } = drift;
        let needed = top.saturating_add(*swap);
        if needed > keys {
            let fewer = Factor { own: needed, keys };
            (*top, *swap) = (fewer.of(*top), fewer.of(*swap));
        }
        let epochs = (MAX_DRIFTED / u64::from(keys.max(1))).max(1);
        *every_ops = (*every_ops).max(lap_ops.div_ceil(epochs));
    }
}

fn fit_window(law: &mut Popularity, keys: u32) {
    if let Popularity::Window { width, step } = law {
        (*width, *step) = ((*width).min(keys), (*step).min(keys));
    }
}
