//! Which maps are candidates, and what is left out and why, before anything is measured.

use mapbench_core::adapter::AdapterClass;
use mapbench_core::event::Skipped;
use mapbench_core::registry::Registry;
use mapbench_results::sweep::Sweep;
use serde::Serialize;

use super::need::{self, Need};
use super::promises;
use crate::cli::CliError;
use crate::session::variant;

/// A map that is not among those that are advised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct LeftOut {
    /// What is left out; several failures of one map are one line.
    pub(super) map: String,
    /// Why, as a clause without its subject.
    pub(super) why: String,
}

/// The names of every map that a program could use.
pub(super) fn all(registry: &Registry) -> Vec<String> {
    let usable = registry.entries().iter().filter(|entry| {
        let meta = &entry.meta;
        matches!(meta.class, AdapterClass::Core | AdapterClass::Map)
            && meta.capabilities.keeps_entries
    });
    usable.map(|entry| entry.meta.name.to_owned()).collect()
}

/// Of the maps that were asked for those that have what is needed, and the others.
///
/// # Errors
/// Names that nothing has; exit 4 if no map is left.
pub(super) fn choose(
    registry: &Registry,
    asked: &[String],
    needs: &[Need],
) -> Result<(Vec<String>, Vec<LeftOut>), CliError> {
    let mut kept = Vec::new();
    let mut left_out = Vec::new();
    for variant in variant::variants(registry, asked)? {
        let map = variant.label;
        match refused(registry, &map, needs) {
            None => kept.push(map),
            Some(why) => left_out.push(LeftOut { map, why }),
        }
    }
    if kept.is_empty() { Err(nothing(needs, &left_out)) } else { Ok((kept, left_out)) }
}

/// Takes the subjects out of a sweep that lack what is needed, or that were not asked for.
///
/// # Errors
/// Exit 4 if no map is left.
pub(super) fn narrow(
    sweep: &mut Sweep,
    registry: &Registry,
    asked: &[String],
    needs: &[Need],
) -> Result<Vec<LeftOut>, CliError> {
    let asked: Vec<String> = if asked.is_empty() {
        Vec::new()
    } else {
        let variants = variant::variants(registry, asked)?;
        variants.into_iter().map(|variant| variant.label).collect()
    };
    let why = |subject: &str| {
        let label = subject.split(' ').next().unwrap_or_default();
        if !asked.is_empty() && !asked.iter().any(|asked| asked == label) {
            return Some("was not asked for (-a)".to_owned());
        }
        refused(registry, subject, needs)
    };
    let mut left_out: Vec<LeftOut> = Vec::new();
    let mut kept = 0;
    for group in &mut sweep.groups {
        let series = &mut group.series;
        for subject in &series.subjects {
            match why(subject) {
                None => kept += 1,
                Some(why) => {
                    let one = LeftOut { map: subject.clone(), why };
                    if !left_out.contains(&one) {
                        left_out.push(one);
                    }
                }
            }
        }
        series.subjects.retain(|subject| why(subject).is_none());
        series.points.retain(|point| why(&point.subject).is_none());
        series.gaps.retain(|gap| why(&gap.subject).is_none());
        group.findings.retain(|found| found.subjects.iter().all(|one| why(one).is_none()));
    }
    if kept == 0 && !left_out.is_empty() {
        return Err(nothing(needs, &left_out));
    }
    Ok(left_out)
}

/// What a sweep itself could not measure.
pub(super) fn failed(sweep: &Sweep, skipped: &[Skipped]) -> Vec<LeftOut> {
    let mut left_out: Vec<LeftOut> = Vec::new();
    for skip in skipped {
        let why = skip.reason.strip_prefix(&skip.adapter).unwrap_or(&skip.reason).trim();
        let map = if skip.adapter.is_empty() { &skip.scenario } else { &skip.adapter };
        left_out.push(LeftOut { map: map.clone(), why: why.to_owned() });
    }
    // One line for each way in which a map failed, however many points it failed at.
    let mut failures: Vec<((String, String), Vec<f64>)> = Vec::new();
    for gap in sweep.groups.iter().flat_map(|group| &group.series.gaps) {
        let how = (gap.subject.clone(), format!("{}: {}", gap.kind.name(), gap.message));
        match failures.iter_mut().find(|(known, _)| *known == how) {
            Some((_, points)) => points.push(gap.x),
            None => failures.push((how, vec![gap.x])),
        }
    }
    for ((map, how), mut points) in failures {
        points.sort_by(f64::total_cmp);
        points.dedup();
        let points: Vec<String> = points.iter().map(ToString::to_string).collect();
        let (axis, points) = (&sweep.spec.axis, points.join(", "));
        left_out.push(LeftOut { map, why: format!("failed at {axis} {points}: {how}") });
    }
    left_out.dedup();
    left_out
}

fn refused(registry: &Registry, subject: &str, needs: &[Need]) -> Option<String> {
    let Some(entry) = promises::entry(registry, subject) else {
        let unknown = "is not in this program, so that nobody knows whether it has what is needed";
        return (!needs.is_empty()).then(|| unknown.to_owned());
    };
    let meta = &entry.meta;
    if meta.class == AdapterClass::Control || !meta.capabilities.keeps_entries {
        return Some("is no map: it measures the harness".to_owned());
    }
    need::lacks(needs, meta)
}

fn nothing(needs: &[Need], left_out: &[LeftOut]) -> CliError {
    let needs: Vec<String> = needs.iter().map(ToString::to_string).collect();
    let needed = match needs.as_slice() {
        [] => "no map is left".to_owned(),
        needs => format!("no map has {} (--need)", needs.join(" and ")),
    };
    let each: Vec<String> =
        left_out.iter().map(|LeftOut { map, why }| format!("`{map}` {why}")).collect();
    CliError::nothing(format!("{needed}: {}; `mapbench adapters list` shows all", each.join("; ")))
}
