//! What the points of a sweep say: which knees are looked for on which axis, in which placement
//! mode. The searches are [`knee`](crate::knee)'s; nothing is drawn or spelled here.
//!
//! | axis | looked for |
//! |---|---|
//! | threads | N* of the Universal Scalability Law, slope break, crossovers |
//! | rate, with a limit on latency | the highest load within it |
//! | rate, without | slope break of what was achieved: along what was offered it rises with slope 1 until the map is full |
//! | keys | cache cliffs, crossovers |
//! | any other | slope break, crossovers |
//!
//! Kneedle gives its second opinion wherever throughput is judged.

use mapbench_core::event::{PlacementMode, Slo};
use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::point::{Quantity, SeriesGroup};
use super::spec::SweepSpec;
use crate::knee::{self, Curve, Finding, Scale};

/// Version of the exports of a sweep: columns and fields are added, never renamed.
pub const POINTS_SCHEMA_VERSION: u32 = 1;

/// A placement mode with fewer values of the axis than this is judged only if no mode has more.
const LEAST_POINTS: usize = 5;

/// A sweep and what it came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// [`POINTS_SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What was asked.
    pub spec: SweepSpec,
    /// Processors of the machine that measured: more threads than these are oversubscribed.
    /// `None` if nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processors: Option<u32>,
    /// By setting.
    pub groups: Vec<JudgedGroup>,
}

/// The points of one setting and what they say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedGroup {
    /// The points.
    pub series: SeriesGroup,
    /// What the y of its curves is.
    pub quantity: Quantity,
    /// The findings, by placement mode, then by definition, then by subject.
    pub findings: Vec<Finding>,
}

impl Sweep {
    /// Whether a value of the axis is a number of threads that the machine does not have
    /// processors for.
    pub fn is_oversubscribed(&self, x: f64) -> bool {
        let processors = self.processors.filter(|_| self.spec.axis == "threads");
        processors.is_some_and(|processors| x > f64::from(processors))
    }
}

/// Judges all evidence.
pub fn judge(evidence: &Evidence, spec: &SweepSpec) -> Sweep {
    Sweep {
        schema_version: POINTS_SCHEMA_VERSION,
        spec: spec.clone(),
        processors: evidence.processors(),
        groups: evidence.groups().into_iter().map(|series| judge_group(series, spec)).collect(),
    }
}

/// Judges the points of one setting.
pub fn judge_group(series: SeriesGroup, spec: &SweepSpec) -> JudgedGroup {
    let quantity = if limit(spec).is_some() { Quantity::Latency } else { Quantity::Throughput };
    let findings = modes(&series).into_iter().flat_map(|mode| {
        let curves = series.curves(quantity, mode);
        let findings = findings(&curves, spec);
        findings.into_iter().map(move |finding| Finding { placement: mode, ..finding })
    });
    let findings = findings.collect();
    JudgedGroup { series, quantity, findings }
}

/// The limit on latency that is searched for: only an offered load has one.
pub(super) fn limit(spec: &SweepSpec) -> Option<Slo> {
    spec.slo.filter(|_| spec.axis == "rate")
}

/// The placement modes that are judged, near first: those that some subject has enough points in;
/// if there is none, the one with the most; `None` where no round had a mode.
pub fn modes(series: &SeriesGroup) -> Vec<Option<PlacementMode>> {
    let most = |mode| {
        let curves = series.curves(Quantity::Throughput, Some(mode));
        curves.iter().map(|curve| curve.points().len()).max().unwrap_or(0)
    };
    let seen: Vec<(PlacementMode, usize)> = [PlacementMode::Near, PlacementMode::Far]
        .into_iter()
        .filter(|mode| series.points.iter().any(|point| point.placement == Some(*mode)))
        .map(|mode| (mode, most(mode)))
        .collect();
    let enough = seen.iter().filter(|(_, points)| *points >= LEAST_POINTS);
    let enough: Vec<_> = enough.map(|(mode, _)| Some(*mode)).collect();
    if !enough.is_empty() {
        return enough;
    }
    // The first of equals: `max_by_key` would take the last.
    vec![seen.iter().rev().max_by_key(|(_, points)| *points).map(|(mode, _)| *mode)]
}

/// All that is looked for on the axis, in curves of one placement mode.
fn findings(curves: &[Curve], spec: &SweepSpec) -> Vec<Finding> {
    let (scale, seed) = (spec.scale, spec.seed);
    let each = |search: &dyn Fn(&Curve) -> Finding| curves.iter().map(search).collect::<Vec<_>>();
    let breaks = || each(&|curve| knee::slope_break(curve, scale, seed));
    let second_opinions = || each(&|curve| knee::kneedle(curve, scale));
    let crossovers = || crossovers(curves, scale);
    let parts = match (spec.axis.as_str(), limit(spec)) {
        ("rate", Some(slo)) => {
            vec![each(&|curve| knee::slo_load(curve, slo.limit_ns as f64, scale))]
        }
        ("rate", None) => vec![breaks(), second_opinions()],
        ("threads", _) => vec![
            each(&|curve| knee::usl_peak(curve, seed)),
            breaks(),
            crossovers(),
            second_opinions(),
        ],
        ("keys", _) => {
            let cliffs = curves.iter().flat_map(|curve| knee::cache_cliffs(curve, scale, seed));
            vec![cliffs.collect(), crossovers(), second_opinions()]
        }
        _ => vec![breaks(), crossovers(), second_opinions()],
    };
    parts.concat()
}

/// Of each pair of curves, in their order.
fn crossovers(curves: &[Curve], scale: Scale) -> Vec<Finding> {
    let pairs = (0..curves.len()).flat_map(|a| (a + 1..curves.len()).map(move |b| (a, b)));
    pairs.flat_map(|(a, b)| knee::crossovers(&curves[a], &curves[b], scale)).collect()
}
