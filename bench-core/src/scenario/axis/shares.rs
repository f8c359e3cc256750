//! The axes of shares: which part of the ops writes, or scans. A range counts as many ops as it has
//! keys, as everywhere in results. Draws nothing.

use super::error::Refusal;
use super::refusals;
use crate::op::{OpClass, OpKind};
use crate::workload::{Actor, Actors, Draws, MAX_OPS, Mix, Popularity, Task, Workload};

/// Most ops that a lap may grow to so that all keys of `latest` come round: 256 MiB.
const MAX_GROWN_LAP_OPS: u64 = MAX_OPS / 4;

/// Whether an op may change the map.
pub(super) fn writes(kind: OpKind) -> bool {
    matches!(kind.class(), OpClass::Write | OpClass::Bulk)
}

/// Whether an op visits the entries of a map.
pub(super) fn scans(kind: OpKind) -> bool {
    matches!(kind, OpKind::Scan | OpKind::ScanPrefix)
}

/// The write of a mix that has none, on keys of which some are preloaded: one that changes nothing
/// about which of them are present.
pub(super) fn write_for(keys: u32, preload: u32) -> OpKind {
    if preload < keys { OpKind::Update } else { OpKind::Overwrite }
}

/// The share of the ops that are `chosen`, in percent; `None` if no one mix decides.
pub(super) fn percent_in(workload: &Workload, chosen: fn(OpKind) -> bool) -> Option<f64> {
    match workload {
        Workload::Mix(mix) => Some(percent(&mix.draws, chosen)),
        Workload::Actors(actors) => {
            let positions = deciding(actors, chosen).ok()?;
            let Task::Mix { draws, .. } = &actors.actors[*positions.first()?].task else {
                return None;
            };
            Some(percent(draws, chosen))
        }
        Workload::Cluster(_) | Workload::Pods(_) | Workload::Growth(_) => None,
    }
}

/// Gives the ops that are `chosen` a share in percent. A workload that has none of them gets those
/// that `fallback` names for its numbers of keys and of preloaded ones.
pub(super) fn set(
    workload: &mut Workload,
    percent: f64,
    chosen: fn(OpKind) -> bool,
    fallback: fn(u32, u32) -> OpKind,
) -> Result<(), Refusal> {
    match workload {
        Workload::Mix(mix) => {
            set_percent(&mut mix.draws, percent, chosen, fallback(mix.keys, mix.preload));
            lengthen(mix)
        }
        Workload::Actors(actors) => {
            for position in deciding(actors, chosen)? {
                let Task::Mix { map, keys, draws } = &mut actors.actors[position].task else {
                    continue;
                };
                let spec = &actors.maps[*map as usize];
                let end = keys.map_or(spec.keys, |keys| keys.from.saturating_add(keys.count));
                set_percent(draws, percent, chosen, fallback(end, spec.preload));
            }
            Ok(())
        }
        _ => Err(refusals::of_shares(workload)),
    }
}

/// The actors whose mix decides: all those of one role that have no pace.
fn deciding(actors: &Actors, chosen: fn(OpKind) -> bool) -> Result<Vec<usize>, Refusal> {
    let all = || actors.actors.iter().enumerate();
    let paced: Vec<&Actor> = all()
        .map(|(_, actor)| actor)
        .filter(|actor| actor.pacing.is_some() && kinds(actor).into_iter().any(chosen))
        .collect();
    if !paced.is_empty() {
        return Err(Refusal::new(
            format!("{} has a pace, which no share can have", roles(&paced)),
            "use --axis write-rate or scan-rate, or set:actor.NAME.rate_per_s",
        ));
    }
    let free: Vec<usize> = all()
        .filter(|(_, actor)| actor.pacing.is_none() && matches!(actor.task, Task::Mix { .. }))
        .map(|(position, _)| position)
        .collect();
    let named: Vec<&Actor> = free.iter().map(|&position| &actors.actors[position]).collect();
    match named.as_slice() {
        [] => Err(Refusal::new(
            "it has no actor with `ops` and without a pace",
            "take a scenario with [mix], as curated/read-heavy",
        )),
        [first, others @ ..] if others.iter().all(|other| other.name == first.name) => Ok(free),
        _ => Err(Refusal::new(
            format!("{} each have shares of their own", roles(&named)),
            "take a scenario with one actor without a pace, or with [mix]",
        )),
    }
}

/// The names of actors, each once, for a message.
pub(super) fn roles(actors: &[&Actor]) -> String {
    let mut names: Vec<String> = actors.iter().map(|actor| format!("`{}`", actor.name)).collect();
    names.dedup();
    names.join(", ")
}

/// The kinds of op of an actor.
pub(super) fn kinds(actor: &Actor) -> Vec<OpKind> {
    match &actor.task {
        Task::Mix { draws, .. } => {
            draws.ops.iter().filter(|(_, share)| *share > 0.0).map(|(kind, _)| *kind).collect()
        }
        Task::Steps(steps) => steps.iter().map(|step| step.op).collect(),
    }
}

/// Ops that a drawn op counts as.
pub(super) fn ops_of(draws: &Draws, kind: OpKind) -> f64 {
    let keys = match draws.popularity {
        Popularity::Window { width, .. } => Some(width),
        _ => draws.range_keys,
    };
    if kind == OpKind::Range { f64::from(keys.unwrap_or(1)) } else { 1.0 }
}

/// Share of the draws, in percent, and ops.
#[derive(Clone, Copy)]
struct Side {
    draws: f64,
    ops: f64,
}

fn side(draws: &Draws, of: impl Fn(OpKind) -> bool) -> Side {
    let ours = draws.ops.iter().filter(|(kind, _)| of(*kind));
    ours.fold(Side { draws: 0.0, ops: 0.0 }, |sum, &(kind, share)| Side {
        draws: sum.draws + share,
        ops: sum.ops + share * ops_of(draws, kind),
    })
}

fn percent(draws: &Draws, chosen: fn(OpKind) -> bool) -> f64 {
    let (ours, all) = (side(draws, chosen), side(draws, |_| true));
    100.0 * ours.ops / all.ops
}

fn set_percent(draws: &mut Draws, percent: f64, chosen: fn(OpKind) -> bool, fallback: OpKind) {
    for (kind, is_ours) in [(fallback, true), (OpKind::Get, false)] {
        if side(draws, |kind| chosen(kind) == is_ours).draws <= 0.0 {
            draws.ops.push((kind, 1.0));
        }
    }
    let sides = [true, false].map(|is_ours| side(draws, |kind| chosen(kind) == is_ours));
    let [ours, others] = sides.map(|side| side.ops / side.draws);
    // As many draws that each count as fewer ops.
    let (x, y) = (percent * others, (100.0 - percent) * ours);
    let ours = 100.0 * x / (x + y);
    for (kind, share) in &mut draws.ops {
        let (of, whole) = if chosen(*kind) { (sides[0], ours) } else { (sides[1], 100.0 - ours) };
        *share *= whole / of.draws;
    }
    draws.ops.retain(|(_, share)| *share > 0.0);
    let place = |kind: &OpKind| Draws::KINDS.iter().position(|known| known == kind);
    draws.ops.sort_by_key(|(kind, _)| place(kind));
}

/// The keys of `latest` come round within a lap: the fewer writes, the longer it is.
pub(super) fn lengthen(mix: &mut Mix) -> Result<(), Refusal> {
    let turns = side(&mix.draws, |kind| matches!(kind, OpKind::Insert | OpKind::Remove)).draws;
    if !matches!(mix.draws.popularity, Popularity::Latest(_)) || turns <= 0.0 {
        return Ok(());
    }
    let circle = 2.0 * (f64::from(mix.preload) + 1.0);
    let needed = libm::ceil(circle * 200.0 / turns) + 1.0;
    if needed > MAX_GROWN_LAP_OPS as f64 {
        return Err(Refusal::new(
            format!("its {circle} keys of `latest` would come round in {needed} ops only"),
            "use a range further from 0, or fewer `keys` and `preload` in a scenario file",
        ));
    }
    mix.lap_ops = mix.lap_ops.max(needed as u64);
    Ok(())
}
