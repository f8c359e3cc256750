//! The axis of skew: the exponent of the laws of popularity.

use super::error::Refusal;
use super::refusals;
use crate::op::OpKind;
use crate::workload::{Actors, Popularity, Task, Workload};

/// The exponent that all laws which would move have now; `None` if they differ.
pub(super) fn exponent_in(workload: &Workload) -> Option<f64> {
    // Laws are few and small, but for those of trace files, which share what they hold.
    let mut workload = workload.clone();
    let laws = moving(&mut workload).ok()?;
    let first = exponent(laws.first()?)?;
    laws.iter().all(|law| exponent(law) == Some(first)).then_some(first)
}

/// Gives the laws an exponent.
pub(super) fn set(workload: &mut Workload, s: f64) -> Result<(), Refusal> {
    for law in moving(workload)? {
        bend(law, s);
    }
    Ok(())
}

/// The laws that move: those that have an exponent; if none has one, the uniform ones.
fn moving(workload: &mut Workload) -> Result<Vec<&mut Popularity>, Refusal> {
    let laws = match workload {
        Workload::Mix(mix) => {
            let ops = &mix.draws.ops;
            let accesses = ops.iter().any(|(kind, share)| *share > 0.0 && kind.accesses_a_key());
            accesses.then_some(&mut mix.draws.popularity).into_iter().collect()
        }
        Workload::Actors(actors) => of_actors(actors),
        Workload::Cluster(_) | Workload::Pods(_) | Workload::Growth(_) => {
            return Err(refusals::of_laws(workload));
        }
    };
    let others: Vec<&str> = laws.iter().filter_map(|law| without_exponent(law)).collect();
    let reason = match others.first() {
        Some(name) => format!("`{name}` is a popularity without an exponent"),
        None => "its ops are of whole maps, not of keys".to_owned(),
    };
    let next = match others.first() {
        Some(&"hotspot") => "sweep set:mix.popularity.hotspot.accesses, or take one with `zipf`",
        _ => "take a scenario with `zipf` or `uniform`, as curated/read-heavy",
    };
    let (bent, flat): (Vec<_>, Vec<_>) = laws
        .into_iter()
        .filter(|law| without_exponent(law).is_none())
        .partition(|law| !is_uniform(law));
    let moving = if bent.is_empty() { flat } else { bent };
    if moving.is_empty() { Err(Refusal::new(reason, next)) } else { Ok(moving) }
}

/// The laws of actors by which keys are accessed.
fn of_actors(actors: &mut Actors) -> Vec<&mut Popularity> {
    let accesses = |kind: &OpKind| kind.accesses_a_key();
    let laws = actors.actors.iter_mut().flat_map(|actor| match &mut actor.task {
        Task::Mix { draws, .. } => {
            let is_accessed = draws.ops.iter().any(|(kind, share)| *share > 0.0 && accesses(kind));
            is_accessed.then_some(&mut draws.popularity).into_iter().collect::<Vec<_>>()
        }
        Task::Steps(steps) => {
            let accessing = steps.iter_mut().filter(|step| accesses(&step.op));
            accessing.map(|step| &mut step.popularity).collect()
        }
    });
    laws.collect()
}

fn exponent(law: &Popularity) -> Option<f64> {
    match law {
        Popularity::Uniform => Some(0.0),
        Popularity::Zipf { s }
        | Popularity::ZipfMandelbrot { s, .. }
        | Popularity::Namespaces { s } => Some(*s),
        Popularity::Hottest { rest: law, .. } | Popularity::Latest(law) => exponent(law),
        Popularity::Hotspot { .. } | Popularity::Window { .. } | Popularity::Replay(_) => None,
    }
}

/// The name of a law that has no exponent, and none inside it.
fn without_exponent(law: &Popularity) -> Option<&'static str> {
    match law {
        Popularity::Hottest { rest: law, .. } | Popularity::Latest(law) => without_exponent(law),
        Popularity::Hotspot { .. } => Some("hotspot"),
        Popularity::Window { .. } => Some("window"),
        Popularity::Replay(_) => Some("replay"),
        Popularity::Uniform
        | Popularity::Zipf { .. }
        | Popularity::ZipfMandelbrot { .. }
        | Popularity::Namespaces { .. } => None,
    }
}

fn is_uniform(law: &Popularity) -> bool {
    match law {
        Popularity::Hottest { rest: law, .. } | Popularity::Latest(law) => is_uniform(law),
        law => *law == Popularity::Uniform,
    }
}

fn bend(law: &mut Popularity, to: f64) {
    match law {
        Popularity::Uniform if to > 0.0 => *law = Popularity::Zipf { s: to },
        Popularity::Zipf { s }
        | Popularity::ZipfMandelbrot { s, .. }
        | Popularity::Namespaces { s } => *s = to,
        Popularity::Hottest { rest: law, .. } | Popularity::Latest(law) => bend(law, to),
        Popularity::Uniform
        | Popularity::Hotspot { .. }
        | Popularity::Window { .. }
        | Popularity::Replay(_) => {}
    }
}
