//! What a picture of a sweep shows, whatever it is drawn with: the measured points, the line of the
//! model through them, and where the knees are. Chooses scales; draws nothing.

use mapbench_core::event::PlacementMode;

use super::judged::{JudgedGroup, Sweep, modes};
use super::point::Quantity;
use super::ruler::{Round, Ruler};
use super::spell;
use crate::knee::{Curve, Definition, Finding, Location, Scale};
use crate::stats::median;

/// The curves of one setting in one placement mode.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub(super) placement: Option<PlacementMode>,
    pub(super) x: Ruler,
    pub(super) x_round: Round,
    pub(super) y: Ruler,
    pub(super) quantity: Quantity,
    pub(super) series: Vec<Series>,
    /// The knees, without second opinions: those are in the table.
    pub(super) marks: Vec<Mark>,
    /// The latency that the load must keep. Nanoseconds.
    pub(super) limit_ns: Option<f64>,
    /// From here on threads take turns.
    pub(super) oversubscribed_from: Option<f64>,
}

/// One curve.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// Position of its subject in the setting: its shape and colour.
    pub(super) position: usize,
    pub(super) subject: String,
    /// Every visit.
    pub(super) visits: Vec<(f64, f64)>,
    /// The median of the visits of each point, ascending.
    pub(super) medians: Vec<(f64, f64)>,
    /// The model; empty where none was fitted.
    pub(super) model: Vec<(f64, f64)>,
}

/// One knee.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) definition: Definition,
    /// Positions of the subjects that it is of.
    pub(super) positions: Vec<usize>,
    pub(super) point: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    /// Height of the curve there; `None` of a curve without points.
    pub(super) y: Option<f64>,
    /// What it is, whose, and where.
    pub(super) label: String,
}

/// Values spread over more than this on a side are drawn in decades.
const LOG_FROM: f64 = 20.0;

/// One picture per placement mode that is judged and has points.
pub(super) fn pictures(group: &JudgedGroup, sweep: &Sweep) -> Vec<Picture> {
    let modes = modes(&group.series).into_iter();
    modes.filter_map(|mode| picture(group, sweep, mode)).collect()
}

fn picture(group: &JudgedGroup, sweep: &Sweep, mode: Option<PlacementMode>) -> Option<Picture> {
    let findings: Vec<&Finding> =
        group.findings.iter().filter(|finding| finding.placement == mode).collect();
    let curves = group.series.curves(group.quantity, mode);
    let series: Vec<Series> =
        curves.iter().map(|curve| Series::of(curve, group, &findings)).collect();
    let visits = || series.iter().flat_map(|one| one.visits.iter().copied());
    let xs = || visits().map(|(x, _)| x);
    let (low, high) = (xs().reduce(f64::min)?, xs().reduce(f64::max)?);
    let is_log = sweep.spec.scale == Scale::Log && low > 0.0;
    let is_power_of_two = |x: f64| x >= 1.0 && x.log2().fract() == 0.0;
    let limit_ns = super::judged::limit(&sweep.spec).map(|slo| slo.limit_ns as f64);
    let marked = findings.iter().filter(|finding| finding.definition != Definition::Kneedle);
    let marks = marked.filter_map(|finding| Mark::of(finding, group, sweep, &series));
    let processors = sweep.processors.map(f64::from);
    Some(Picture {
        placement: mode,
        x: Ruler::new(is_log, low, high).padded(0.03),
        x_round: if is_log && xs().all(is_power_of_two) { Round::Twos } else { Round::Tens },
        y: heights(visits().map(|(_, y)| y).chain(limit_ns), group.quantity),
        quantity: group.quantity,
        marks: marks.collect(),
        limit_ns,
        oversubscribed_from: processors.filter(|_| sweep.is_oversubscribed(high)),
        series,
    })
}

/// The scale of heights: from zero, or in decades where they spread far and of latencies.
fn heights(ys: impl Iterator<Item = f64>, quantity: Quantity) -> Ruler {
    let ys: Vec<f64> = ys.filter(|y| y.is_finite() && *y > 0.0).collect();
    let low = ys.iter().copied().reduce(f64::min).unwrap_or(1.0);
    let high = ys.iter().copied().reduce(f64::max).unwrap_or(1.0);
    if quantity == Quantity::Latency || high / low > LOG_FROM {
        Ruler::new(true, low, high).padded(0.06)
    } else {
        Ruler::new(false, 0.0, high * 1.06)
    }
}

impl Series {
    fn of(curve: &Curve, group: &JudgedGroup, findings: &[&Finding]) -> Self {
        let position = group.series.subjects.iter().position(|known| *known == curve.subject);
        let at = |x: f64| {
            let here = curve.observations.iter().filter(|seen| seen.x.total_cmp(&x).is_eq());
            median(&here.map(|seen| seen.y).collect::<Vec<f64>>()).map(|y| (x, y))
        };
        Series {
            position: position.unwrap_or(0),
            subject: curve.subject.clone(),
            visits: curve.observations.iter().map(|seen| (seen.x, seen.y)).collect(),
            medians: curve.points().into_iter().filter_map(at).collect(),
            model: model(&curve.subject, findings),
        }
    }

    /// What is drawn as its line: the model or, without one, the medians.
    pub(super) fn line(&self) -> &[(f64, f64)] {
        if self.model.is_empty() { &self.medians } else { &self.model }
    }

    /// The height of its line; `None` beyond its ends.
    pub(super) fn height(&self, x: f64, is_log: bool) -> Option<f64> {
        let scale = |value: f64| if is_log { value.max(f64::MIN_POSITIVE).ln() } else { value };
        let pair = self.line().windows(2).find(|pair| (pair[0].0..=pair[1].0).contains(&x));
        let Some(&[from, to]) = pair.and_then(|pair| pair.first_chunk()) else {
            let at = self.line().iter().find(|(at, _)| at.total_cmp(&x).is_eq());
            return at.map(|(_, y)| *y);
        };
        let width = scale(to.0) - scale(from.0);
        let share = if width > 0.0 { (scale(x) - scale(from.0)) / width } else { 0.0 };
        Some(from.1 + (to.1 - from.1) * share)
    }
}

/// The line of a subject's model: of the first definition that has one. A crossover's is of a
/// ratio, and Kneedle has none.
fn model(subject: &str, findings: &[&Finding]) -> Vec<(f64, f64)> {
    let lines = findings.iter().filter(|finding| {
        finding.definition != Definition::Crossover && finding.subjects == [subject]
    });
    let mut lines = lines.filter_map(|finding| finding.model.as_ref()).map(|model| &model.line);
    let line = lines.find(|line| line.len() > 1);
    let is_drawable = |point: &&(f64, f64)| point.0.is_finite() && point.1.is_finite();
    line.map_or_else(Vec::new, |line| line.iter().filter(is_drawable).copied().collect())
}

impl Mark {
    fn of(
        finding: &Finding,
        group: &JudgedGroup,
        sweep: &Sweep,
        series: &[Series],
    ) -> Option<Mark> {
        let Location::Found { point, low, high } = finding.location else { return None };
        let known = |subject: &String| group.series.subjects.iter().position(|at| at == subject);
        let positions: Vec<usize> = finding.subjects.iter().filter_map(known).collect();
        let first = series.iter().find(|one| finding.subjects.first() == Some(&one.subject));
        Some(Mark {
            definition: finding.definition,
            positions,
            point,
            low,
            high,
            y: first.and_then(|one| one.height(point, sweep.spec.scale == Scale::Log)),
            label: format!(
                "{} {}",
                spell::definition_title(finding.definition),
                spell::on_axis(point, &sweep.spec)
            ),
        })
    }
}
