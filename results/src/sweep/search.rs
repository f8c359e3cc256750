//! The searches as this page calls them, until the algorithms stand beside their words: each says
//! that nothing was looked for.

use crate::knee::{self, Curve, Definition, Finding, Location, Scale};

pub(super) fn slope_break(curve: &Curve, _: Scale, _: u64) -> Finding {
    unsearched(Definition::SlopeBreak, &[curve])
}

pub(super) fn usl_peak(curve: &Curve, _: u64) -> Finding {
    unsearched(Definition::UslPeak, &[curve])
}

pub(super) fn kneedle(curve: &Curve, _: Scale) -> Finding {
    unsearched(Definition::Kneedle, &[curve])
}

pub(super) fn cache_cliffs(curve: &Curve, _: Scale, _: u64) -> Vec<Finding> {
    vec![unsearched(Definition::CacheCliff, &[curve])]
}

/// Of each pair of curves, in their order.
pub(super) fn crossovers(curves: &[Curve], scale: Scale) -> Vec<Finding> {
    let pairs = (0..curves.len()).flat_map(|a| (a + 1..curves.len()).map(move |b| (a, b)));
    pairs.flat_map(|(a, b)| knee::crossovers(&curves[a], &curves[b], scale)).collect()
}

fn unsearched(definition: Definition, curves: &[&Curve]) -> Finding {
    Finding {
        definition,
        subjects: curves.iter().map(|curve| curve.subject.clone()).collect(),
        placement: None,
        location: Location::Unresolved { why: "nothing was looked for".to_owned() },
        visits: curves.iter().map(|curve| curve.observations.len() as u32).min().unwrap_or(0),
        points: curves.iter().map(|curve| curve.points().len() as u32).min().unwrap_or(0),
        model: None,
    }
}
