//! Where to measure next, so that knees become precise with few visits: first a coarse grid, then
//! pairs of points around the estimate whose interval is widest, half an interval away on either
//! side, with a share of the visits at the ends. A visit measures all subjects at one point, so
//! several knees share the visits; the widest is served first and every other turn goes round. An
//! SLO search brackets first. Decides from curves and findings alone, without a state of its own:
//! a sweep that is resumed goes on where it was. Runs nothing and finds nothing.
#![expect(clippy::float_cmp, reason = "visits are told apart by the very value that was asked for")]

use super::{AxisRange, Curve, Definition, Finding, Location, Side};

/// Points of the first grid.
const SEEDS: u32 = 6;
/// Share of all visits that go to the two ends.
const END_SHARE: f64 = 0.3;
/// The same where a gap between visits may hide another knee and wants some of them.
const END_SHARE_OF_SEVERAL: f64 = 0.2;
/// Part of an SLO load at which a map counts as idle enough to show its latency without load.
const IDLE_SHARE: f64 = 0.5;
/// Times that the points of a pair are below and above the peak of the scalability law at most.
const MOST_MIRRORED: f64 = 4.0;
/// Visits before a search may end, be it with "there is none", "outside the range" or an interval:
/// intervals of fewer that happen to be narrow are those that miss.
const FEWEST_VISITS: u32 = 12;

/// What a sweep looks for on one axis, and how precisely.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// Where it may measure.
    pub range: AxisRange,
    /// What it looks for. [`Definition::Kneedle`] asks for no visit of its own.
    pub definitions: Vec<Definition>,
    /// The SLO's limit, in the unit of the curves' y; needed for [`Definition::SloLoad`] alone.
    pub limit: Option<f64>,
    /// Half-width of an interval that is narrow enough, in positions: doublings on a log scale.
    pub precision: f64,
    /// Most visits, those of the first grid included.
    pub most_visits: u32,
}

impl Design {
    /// The points to visit next, each once, given everything measured so far and the findings
    /// made of it. Empty when all findings are narrow enough, when the visits are used up, or
    /// when no visit would help. All subjects are measured at each.
    pub fn next_visits(&self, curves: &[Curve], findings: &[Finding]) -> Vec<f64> {
        let visits = visits(curves);
        let left = self.most_visits.saturating_sub(visits.len() as u32) as usize;
        let mut next = self.open_seeds(&visits);
        if next.is_empty() {
            next = self.bracket(curves);
        }
        if next.is_empty() {
            next = self.refine(&visits, findings);
        }
        next.truncate(left);
        next
    }

    /// The points of the first grid.
    pub fn seeds(&self) -> Vec<f64> {
        if self.definitions.iter().all(|definition| *definition == Definition::SloLoad) {
            let middle = f64::midpoint(self.range.low_position(), self.range.high_position());
            return vec![self.range.value_at(middle)];
        }
        if self.definitions.contains(&Definition::UslPeak) {
            return self.range.doublings();
        }
        self.range.evenly(SEEDS)
    }

    fn open_seeds(&self, visits: &[f64]) -> Vec<f64> {
        let open: Vec<f64> =
            self.seeds().into_iter().filter(|seed| !visits.contains(seed)).collect();
        // Neighbours on the axis are not measured one after the other: a drift in time would look
        // like a slope.
        let (even, odd): (Vec<_>, Vec<_>) =
            open.into_iter().enumerate().partition(|(place, _)| place.is_multiple_of(2));
        even.into_iter().chain(odd).map(|(_, seed)| seed).collect()
    }

    /// Doubles or halves the load until each subject has met its limit at one and missed it at
    /// another, or the range ends.
    fn bracket(&self, curves: &[Curve]) -> Vec<f64> {
        let Some(limit) = self.limit.filter(|_| self.definitions.contains(&Definition::SloLoad))
        else {
            return Vec::new();
        };
        let mut next = Vec::new();
        for curve in curves {
            let Some((low, high)) = curve.range() else { continue };
            let missed = |seen: &&super::Observation| seen.saturated || seen.y > limit;
            let misses = curve.observations.iter().filter(missed).count();
            let step = |factor: f64, from: f64| {
                self.range.value_at(self.range.scale.position(from * factor))
            };
            let value = if misses == 0 {
                step(2.0, high)
            } else if misses == curve.observations.len() {
                step(0.5, low)
            } else {
                continue;
            };
            if value != low && value != high && !next.contains(&value) {
                next.push(value);
            }
        }
        next
    }

    /// Visits for the finding that needs them most, or whose turn it is.
    fn refine(&self, visits: &[f64], findings: &[Finding]) -> Vec<f64> {
        let mut open: Vec<(f64, &Finding)> = findings
            .iter()
            .filter(|finding| self.definitions.contains(&finding.definition))
            .filter(|finding| finding.definition != Definition::Kneedle)
            .map(|finding| (self.relative_width(finding), finding))
            .filter(|(width, _)| *width > 1.0)
            .collect();
        open.sort_by(|a, b| b.0.total_cmp(&a.0));
        if open.is_empty() {
            return Vec::new();
        }
        // The widest might never narrow, so every other turn goes to the next in line.
        let turn = visits.len() / 2;
        let served = if turn.is_multiple_of(2) { 0 } else { (turn / 2) % open.len() };
        let mut next = self.around(open[served].1, visits);
        // Between the two of a pair, so that what lingers from visit to visit is not the pair's.
        let anchor = self.anchor(open[served].1, visits, visits.len() + next.len());
        if let Some(anchor) = anchor {
            next.insert(next.len().min(1), anchor);
        }
        let mut once: Vec<f64> = Vec::new();
        for x in next {
            if !once.contains(&x) {
                once.push(x);
            }
        }
        once
    }

    /// A visit far from the estimate, which holds the model there: mostly an end.
    fn anchor(&self, finding: &Finding, visits: &[f64], all: usize) -> Option<f64> {
        let is_due = |there: usize, share: f64| (there as f64) < share * all as f64;
        match (finding.definition, finding.location.point()) {
            // Beyond the capacity nothing more is learned; an idle map has the other figure.
            (Definition::SloLoad, Some(point)) => {
                let idle = |x: f64| x <= IDLE_SHARE * point * 1.2;
                let there = visits.iter().filter(|&&x| idle(x)).count();
                let position = self.range.scale.position(IDLE_SHARE * point);
                is_due(there, END_SHARE).then(|| self.range.value_at(position))
            }
            // Its pair is far from the estimate as it is.
            (Definition::UslPeak, Some(_)) => None,
            _ => {
                let gap = self.widest_gap(finding, visits);
                let share = if gap.is_some() { END_SHARE_OF_SEVERAL } else { END_SHARE };
                let due = is_due(self.visits_at_ends(visits), share);
                if due { Some(self.less_visited_end(visits)) } else { gap }
            }
        }
    }

    /// The middle of the widest gap, for what may be there several times: one that was found says
    /// nothing of another.
    fn widest_gap(&self, finding: &Finding, visits: &[f64]) -> Option<f64> {
        matches!(finding.definition, Definition::Crossover | Definition::CacheCliff)
            .then(|| self.emptiest(visits).first().copied())
            .flatten()
    }

    /// Half-width of a finding's interval over the one that is narrow enough; at most 1 when it
    /// needs no more visits.
    fn relative_width(&self, finding: &Finding) -> f64 {
        let span = self.range.high_position() - self.range.low_position();
        let whole = (span / 2.0 / self.precision).max(1.0 + f64::EPSILON);
        match &finding.location {
            Location::Found { low, high, .. } => {
                let position = |value: f64| self.range.scale.position(value);
                let width = (position(*high) - position(*low)) / 2.0 / self.precision;
                if finding.visits < FEWEST_VISITS { width.max(1.0 + f64::EPSILON) } else { width }
            }
            Location::Unresolved { .. } => whole,
            Location::None | Location::BeyondRange { .. } => {
                if finding.visits < FEWEST_VISITS {
                    whole
                } else {
                    0.0
                }
            }
        }
    }

    /// The pair that tells most about a finding.
    fn around(&self, finding: &Finding, visits: &[f64]) -> Vec<f64> {
        match &finding.location {
            Location::Found { point, .. } if finding.definition == Definition::UslPeak => {
                self.mirrored(*point)
            }
            Location::Found { point, low, high } => {
                let position = |value: f64| self.range.scale.position(value);
                let half = (position(*high) - position(*low)) / 2.0;
                let half = half.max(self.range.resolution);
                let middle = position(*point);
                vec![self.range.value_at(middle - half), self.range.value_at(middle + half)]
            }
            Location::BeyondRange { side } => {
                let (low, high) = (self.range.low_position(), self.range.high_position());
                let inward = (high - low) / 10.0;
                match side {
                    Side::Below => vec![self.range.low, self.range.value_at(low + inward)],
                    Side::Above => vec![self.range.high, self.range.value_at(high - inward)],
                }
            }
            Location::None | Location::Unresolved { .. } => self.emptiest(visits),
        }
    }

    /// Two points that are equally far below and above the peak of the scalability law on a log
    /// axis. There N/X = ((1−α)/N + α + βN) / λ is the same below as above whatever α, β and λ
    /// are, so that the two throughputs tell where the peak is: as far apart as the range allows
    /// is the c-optimal design for N*, and [`MOST_MIRRORED`] is what the law is trusted for.
    fn mirrored(&self, peak: f64) -> Vec<f64> {
        let times = (peak / self.range.low).min(self.range.high / peak);
        // Near an end the pair leans towards the middle, and the end itself has one of them.
        let times = times.clamp(2.0, MOST_MIRRORED);
        [peak / times, peak * times]
            .into_iter()
            .map(|x| self.range.value_at(self.range.scale.position(x)))
            .collect()
    }

    /// Two points in the widest gaps between visits.
    fn emptiest(&self, visits: &[f64]) -> Vec<f64> {
        let mut positions: Vec<f64> =
            visits.iter().map(|&x| self.range.scale.position(x)).collect();
        positions.sort_by(f64::total_cmp);
        positions.dedup();
        let mut gaps: Vec<(f64, f64)> = positions
            .windows(2)
            .map(|gap| (gap[1] - gap[0], f64::midpoint(gap[0], gap[1])))
            .collect();
        gaps.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut points: Vec<f64> =
            gaps.iter().take(2).map(|&(_, middle)| self.range.value_at(middle)).collect();
        // On an axis of few values the gaps close; then what was visited least is visited again.
        if points.iter().all(|x| visits.contains(x)) {
            points = least_visited(visits);
        }
        points
    }

    fn visits_at_ends(&self, visits: &[f64]) -> usize {
        visits.iter().filter(|&&x| x == self.range.low || x == self.range.high).count()
    }

    fn less_visited_end(&self, visits: &[f64]) -> f64 {
        let count = |end: f64| visits.iter().filter(|&&x| x == end).count();
        if count(self.range.low) <= count(self.range.high) {
            self.range.low
        } else {
            self.range.high
        }
    }
}

/// The two points with the fewest visits.
fn least_visited(visits: &[f64]) -> Vec<f64> {
    let mut points: Vec<f64> = visits.to_vec();
    points.sort_by(f64::total_cmp);
    points.dedup();
    let count = |x: f64| visits.iter().filter(|&&visited| visited == x).count();
    points.sort_by_key(|&x| count(x));
    points.truncate(2);
    points
}

/// The values that were visited, one entry a visit. Subjects share visits, so those of the curve
/// that was measured most often are all there are.
fn visits(curves: &[Curve]) -> Vec<f64> {
    curves
        .iter()
        .max_by_key(|curve| curve.observations.len())
        .map(|curve| curve.observations.iter().map(|seen| seen.x).collect())
        .unwrap_or_default()
}

#[cfg(test)]
#[path = "design_tests.rs"]
mod tests;
