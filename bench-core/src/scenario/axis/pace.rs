//! The axes of paces: how many writes or scans per second paced actors make, and whether all ops can
//! be offered at a rate.

use super::error::Refusal;
use super::refusals;
use super::shares::{kinds, ops_of, roles, scans, writes};
use crate::op::OpKind;
use crate::workload::{Actor, Actors, Pacing, Task, Workload};

/// Events of a lap between which it keeps its length: fewer would not be at the rate that is asked
/// for once they are whole events, and more need memory that nobody needs.
const LAP_EVENTS: (u64, u64) = (20, 1 << 21);

/// Whether a paced actor scans.
pub(super) fn has_scanner(workload: &Workload) -> bool {
    scans_per_s(workload).is_some()
}

/// Scans per second of all paced actors; `None` if none scans.
pub(super) fn scans_per_s(workload: &Workload) -> Option<f64> {
    let Workload::Actors(actors) = workload else { return None };
    let per_s: f64 = actors.actors.iter().filter_map(|actor| rate(actor, scans)).sum();
    (per_s > 0.0).then_some(per_s)
}

/// Writes per second of the paced actors of the only role that writes; `None` if none or several do.
pub(super) fn writes_per_s(workload: &Workload) -> Option<f64> {
    let Workload::Actors(actors) = workload else { return None };
    writers(actors).ok().flatten().map(|(_, per_s)| per_s)
}

/// Makes all paced scanners scan so often together.
pub(super) fn set_scans(workload: &mut Workload, per_s: f64) -> Result<(), Refusal> {
    let own = scans_per_s(workload);
    let (Workload::Actors(actors), Some(own)) = (&mut *workload, own) else {
        return Err(refusals::of_shares(workload));
    };
    for actor in actors.actors.iter_mut().filter(|actor| rate(actor, scans).is_some()) {
        quicken(actor, per_s / own);
    }
    Ok(())
}

/// Makes the paced writer write so often.
pub(super) fn set_writes(workload: &mut Workload, per_s: f64) -> Result<(), Refusal> {
    let Workload::Actors(actors) = &mut *workload else {
        return Err(refusals::of_paces(workload));
    };
    let Some((role, own)) = writers(actors)? else { return Err(refusals::of_paces(workload)) };
    let of_role = |actor: &&mut Actor| actor.name == role && rate(actor, writes).is_some();
    for actor in actors.actors.iter_mut().filter(of_role) {
        quicken(actor, per_s / own);
    }
    Ok(())
}

/// Whether all ops can be offered at a rate: some actor has no pace.
pub(super) fn can_be_offered(workload: &Workload) -> Result<(), Refusal> {
    let Workload::Actors(actors) = workload else { return Ok(()) };
    if actors.actors.iter().any(|actor| actor.pacing.is_none()) {
        return Ok(());
    }
    let all: Vec<&Actor> = actors.actors.iter().collect();
    let one = actors.actors.first().map_or("NAME", |actor| &actor.name);
    Err(Refusal::new(
        format!("{} have paces of their own", roles(&all)),
        format!("sweep set:actor.{one}.rate_per_s, or --axis write-rate or scan-rate"),
    ))
}

/// The only role with paced actors that write, and what they write together; `None` if there is none.
fn writers(actors: &Actors) -> Result<Option<(String, f64)>, Refusal> {
    let paced: Vec<&Actor> =
        actors.actors.iter().filter(|actor| rate(actor, writes).is_some()).collect();
    let Some(first) = paced.first() else { return Ok(None) };
    if paced.iter().any(|actor| actor.name != first.name) {
        return Err(Refusal::new(
            format!("{} all write at paces of their own", roles(&paced)),
            format!("name one: sweep set:actor.{}.rate_per_s, or that of another", first.name),
        ));
    }
    let per_s = paced.iter().filter_map(|actor| rate(actor, writes)).sum();
    Ok(Some((first.name.clone(), per_s)))
}

/// Ops per second of a paced actor that are `chosen`; `None` if it has no pace, or none of them.
fn rate(actor: &Actor, chosen: fn(OpKind) -> bool) -> Option<f64> {
    let pacing = actor.pacing?;
    if !kinds(actor).into_iter().any(chosen) {
        return None;
    }
    let per_event: f64 = match &actor.task {
        Task::Mix { draws, .. } => {
            let ours = draws.ops.iter().filter(|(kind, _)| chosen(*kind));
            ours.map(|&(kind, share)| share / 100.0 * ops_of(draws, kind)).sum()
        }
        Task::Steps(steps) => {
            let ours = steps.iter().filter(|step| chosen(step.op));
            ours.map(|step| f64::from(step.times)).sum()
        }
    };
    Some(pacing.rate_per_s * per_event)
}

/// Makes the events of a paced actor so much more frequent. Its lap keeps its length, but for what
/// makes a whole, even number of events of it: an insert has its remove, and the rate is exact.
fn quicken(actor: &mut Actor, factor: f64) {
    let words_per_event = match &actor.task {
        Task::Mix { .. } => 1,
        Task::Steps(steps) => steps.iter().map(|step| u64::from(step.times)).sum::<u64>().max(1),
    };
    let Some(pacing) = &mut actor.pacing else { return };
    let own_events = pacing.events();
    let rate_per_s = pacing.rate_per_s * factor;
    let (fewest, most) = LAP_EVENTS;
    let drawn = rate_per_s * pacing.lap_ns as f64 / 1e9;
    let events = (drawn.min(1e18) as u64)
        .clamp(own_events.min(fewest), own_events.max(most / words_per_event));
    let events = if events > 1 { events - events % 2 } else { 1 };
    let lap_ns = (events as f64 / rate_per_s * 1e9).round().max(1.0) as u64;
    *pacing = Pacing { rate_per_s, lap_ns, ..*pacing };
}
