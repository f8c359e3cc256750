//! Where two maps are equally fast: zero crossings of the log ratio of their paired observations,
//! smoothed by local lines. Measured side by side, the two share the drift of a visit, which
//! cancels in the ratio; what is left between visits is the noise of a pair, and the interval
//! comes from it alone. The interval is Fieller's on the line around the crossing: Fieller, *Some
//! problems in interval estimation*, J. R. Stat. Soc. B 16 (1954), for the point where a line
//! with two uncertain figures is zero. Judges no single curve, and never an unpaired observation.
#![expect(clippy::float_cmp, reason = "a pair was measured at the very same value")]

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::local_line::{Line, LocalLines};
use super::{Curve, Definition, Finding, Location, ModelLine, Scale, Side};
use crate::units::rate;

/// Positions over the range at which the ratio is looked at.
const LOOKS: usize = 257;
/// Every how many of them the drawn line has a point.
const DRAWN_EVERY: usize = 4;
/// Chance that an interval leaves out the true point.
const ALPHA: f64 = 0.05;
/// Level at which a map must be the faster one on each side of a crossing. Stricter than the
/// interval's, since a side is looked for all over the range.
const SIDE_ALPHA: f64 = 0.01;
/// Pairs without which nothing is said.
const FEWEST_PAIRS: usize = 5;

/// The crossovers of two curves, ascending; or one finding that says why there is none.
pub fn crossovers(a: &Curve, b: &Curve, scale: Scale) -> Vec<Finding> {
    let pairs = Pairs::of(a, b, scale);
    let Some(ratio) = RatioCurve::fit(&pairs) else {
        let why = format!("{} pairs at {} points are too few", pairs.visits(), pairs.points());
        return vec![pairs.finding(true, Location::Unresolved { why }, None)];
    };
    let changes = ratio.changes();
    if changes.is_empty() {
        let (location, a_first) = ratio.without_crossing(scale);
        return vec![pairs.finding(a_first, location, Some(ratio.model(a_first, scale, None)))];
    }
    changes
        .into_iter()
        .map(|change| {
            let (location, at) = ratio.locate(&change, scale);
            let model = ratio.model(change.a_first, scale, at);
            pairs.finding(change.a_first, location, Some(model))
        })
        .collect()
}

/// The observations of two curves that were measured side by side.
struct Pairs<'a> {
    a: &'a str,
    b: &'a str,
    /// Position, and log of a's over b's.
    ratios: Vec<(f64, f64)>,
}

impl<'a> Pairs<'a> {
    fn of(a: &'a Curve, b: &'a Curve, scale: Scale) -> Self {
        let ratios = a
            .observations
            .iter()
            .filter_map(|seen| {
                let other = b
                    .observations
                    .iter()
                    .find(|other| other.x == seen.x && other.visit == seen.visit)?;
                let pair = (scale.position(seen.x), (seen.y / other.y).ln());
                (pair.0.is_finite() && pair.1.is_finite()).then_some(pair)
            })
            .collect();
        Pairs { a: &a.subject, b: &b.subject, ratios }
    }

    fn visits(&self) -> u32 {
        self.ratios.len() as u32
    }

    fn points(&self) -> u32 {
        let mut positions: Vec<f64> = self.ratios.iter().map(|pair| pair.0).collect();
        positions.sort_by(f64::total_cmp);
        positions.dedup();
        positions.len() as u32
    }

    fn finding(&self, a_first: bool, location: Location, model: Option<ModelLine>) -> Finding {
        let (first, second) = if a_first { (self.a, self.b) } else { (self.b, self.a) };
        Finding {
            definition: Definition::Crossover,
            subjects: vec![first.to_string(), second.to_string()],
            placement: None,
            location,
            visits: self.visits(),
            points: self.points(),
            model,
        }
    }
}

/// The log ratio over the range, smoothed.
struct RatioCurve {
    lines: LocalLines,
    looks: Vec<(f64, Line)>,
}

/// Between two looks the faster map is another one.
struct Change {
    /// Last look at which the one is faster beyond doubt, and first at which the other is.
    from: usize,
    to: usize,
    /// Whether the first curve is the faster one below.
    a_first: bool,
}

impl RatioCurve {
    fn fit(pairs: &Pairs) -> Option<Self> {
        if pairs.ratios.len() < FEWEST_PAIRS {
            return None;
        }
        let lines = LocalLines::fit(&pairs.ratios)?;
        let positions = pairs.ratios.iter().map(|pair| pair.0);
        let low = positions.clone().fold(f64::INFINITY, f64::min);
        let high = positions.fold(f64::NEG_INFINITY, f64::max);
        let looks = (0..LOOKS)
            .map(|look| low + (high - low) * look as f64 / (LOOKS - 1) as f64)
            .map(|position| lines.at(position).map(|line| (position, line)))
            .collect::<Option<Vec<_>>>()?;
        Some(RatioCurve { lines, looks })
    }

    /// Which map is faster at a look beyond doubt: 1 the first, -1 the second, 0 neither.
    fn side(&self, look: usize, alpha: f64) -> i8 {
        let line = &self.looks[look].1;
        let margin = self.quantile(alpha) * line.value_variance.sqrt();
        if line.value > margin {
            1
        } else if line.value < -margin {
            -1
        } else {
            0
        }
    }

    fn quantile(&self, alpha: f64) -> f64 {
        // A distribution with at least one degree of freedom always exists.
        StudentsT::new(0.0, 1.0, self.lines.df.max(1.0))
            .map_or(f64::INFINITY, |student| student.inverse_cdf(1.0 - alpha / 2.0))
    }

    fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut last: Option<(usize, i8)> = None;
        for look in 0..self.looks.len() {
            let side = self.side(look, SIDE_ALPHA);
            if side == 0 {
                continue;
            }
            if let Some((from, before)) = last
                && before != side
            {
                changes.push(Change { from, to: look, a_first: before > 0 });
            }
            last = Some((look, side));
        }
        changes
    }

    /// Where the ratio is one between two looks on different sides, with its interval.
    fn locate(&self, change: &Change, scale: Scale) -> (Location, Option<Line>) {
        let Some((position, line)) = self.zero(change) else {
            let why = "the ratio has no value near its crossing".to_string();
            return (Location::Unresolved { why }, None);
        };
        let (lowest, highest) = (self.looks[0].0, self.looks[self.looks.len() - 1].0);
        let (below, above) = fieller(&line, self.quantile(ALPHA)).map_or_else(
            // The slope there is not known to have a sign; the sides are, though.
            || (self.looks[change.from].0, self.looks[change.to].0),
            |(below, above)| (position + below, position + above),
        );
        let found = Location::Found {
            point: scale.value(position),
            low: scale.value(below.max(lowest).min(position)),
            high: scale.value(above.min(highest).max(position)),
        };
        (found, Some(line))
    }

    /// The position where the ratio is one, by bisection; the middle one if there are several.
    fn zero(&self, change: &Change) -> Option<(f64, Line)> {
        let crossings: Vec<usize> = (change.from..change.to)
            .filter(|&look| {
                let before = self.looks[look].1.value > 0.0;
                let after = self.looks[look + 1].1.value > 0.0;
                before != after && before == change.a_first
            })
            .collect();
        let look = *crossings.get(crossings.len() / 2)?;
        let (mut low, mut high) = (self.looks[look].0, self.looks[look + 1].0);
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            if (self.lines.at(middle)?.value > 0.0) == change.a_first {
                low = middle;
            } else {
                high = middle;
            }
        }
        let position = f64::midpoint(low, high);
        Some((position, self.lines.at(position)?))
    }

    /// What the range says where the same map is never replaced by the other as the faster one,
    /// and whether the faster one is the first.
    fn without_crossing(&self, scale: Scale) -> (Location, bool) {
        let last = self.looks.len() - 1;
        let sides: Vec<i8> = (0..=last).map(|look| self.side(look, ALPHA)).collect();
        let sum: f64 = self.looks.iter().map(|(_, line)| line.value).sum();
        let a_first = sum >= 0.0;
        let sign = if a_first { 1 } else { -1 };
        if sides.iter().all(|&side| side == sign) {
            return (Location::None, a_first);
        }
        if !sides.contains(&sign) {
            let why = "neither map is faster beyond the noise anywhere".to_string();
            return (Location::Unresolved { why }, a_first);
        }
        for (end, side) in [(0, Side::Below), (last, Side::Above)] {
            if sides[end] == 0 && sides[last - end] == sign {
                return (self.touched_end(end, side, scale), a_first);
            }
        }
        let why = "the faster map's lead falls into the noise within the range".to_string();
        (Location::Unresolved { why }, a_first)
    }

    /// The ratio comes close to one at an end only: the crossing is outside if the line there
    /// heads for it surely and meets it outside.
    fn touched_end(&self, end: usize, side: Side, scale: Scale) -> Location {
        let (position, line) = &self.looks[end];
        let meets = -line.value / line.slope;
        let outside = match side {
            Side::Below => meets < 0.0,
            Side::Above => meets > 0.0,
        };
        let sure = line.slope.abs() > self.quantile(ALPHA) * line.slope_variance.sqrt();
        if outside && sure {
            return Location::BeyondRange { side };
        }
        let place = rate(scale.value(*position));
        let why = format!("near {place} neither map is faster beyond the noise");
        Location::Unresolved { why }
    }

    fn model(&self, a_first: bool, scale: Scale, crossing: Option<Line>) -> ModelLine {
        let sign = if a_first { 1.0 } else { -1.0 };
        let mut parameters = vec![
            ("deviation".to_string(), self.lines.deviation),
            ("df".to_string(), self.lines.df),
            ("span".to_string(), self.lines.span.min(f64::from(u16::MAX))),
        ];
        parameters.extend(crossing.map(|line| ("slope".to_string(), sign * line.slope)));
        let line = self
            .looks
            .iter()
            .step_by(DRAWN_EVERY)
            .map(|(position, line)| (scale.value(*position), (sign * line.value).exp()))
            .collect();
        ModelLine { parameters, line }
    }
}

/// How far from the position where a line is zero its true zero may be, below and above: the
/// steps d at which (value + slope d)² ≤ t² times the variance of value + slope d. `None` if that
/// is not an interval, because the slope might be zero.
fn fieller(line: &Line, t: f64) -> Option<(f64, f64)> {
    let t2 = t * t;
    let square = line.slope * line.slope - t2 * line.slope_variance;
    let half = line.value * line.slope - t2 * line.covariance;
    let constant = line.value * line.value - t2 * line.value_variance;
    if square <= 0.0 {
        return None;
    }
    let root = (half * half - square * constant).max(0.0).sqrt();
    Some(((-half - root) / square, (-half + root) / square))
}

#[cfg(test)]
#[path = "crossover_tests.rs"]
mod tests;
