//! The synthetic corpus: curves whose knees are known, to be measured as a map would be, with the
//! noise that a machine would add. What the algorithms are tuned and judged on. Deterministic by
//! seed; runs nothing.
//!
//! What a case is drawn from, all uniformly: ranges of 10 doublings that start off the grid; breaks
//! in the inner six tenths of the range, where the slope of log throughput over log x changes by
//! 0.4 to 1.2; ratios that cross with a slope of 0.3 to 1.0; N* of 6 to 40 threads, log-uniform, on
//! 1 to 64; SLO loads of 0.5 to 0.95 of the capacity. A harder corpus is another corpus: figures
//! hold for these.

mod meter;
mod noise;
mod shape;

pub use meter::Meter;
pub use noise::Noise;
pub use shape::Shape;

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Allowed, AxisRange, Scale};
use noise::uniform;

/// Steps of position that two points of a case keep.
const RESOLUTION: f64 = 0.05;
/// Doublings of a range.
const DOUBLINGS: f64 = 10.0;

/// A kind of curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// No break: a power of x.
    Straight,
    /// One sharp break.
    Hinge,
    /// One break rounded off over 0.1 to 0.4 doublings; its knee is where its asymptotes cross.
    Smooth,
    /// Two sharp breaks, at least 2.5 doublings apart.
    TwoBreaks,
    /// The Universal Scalability Law, with a peak.
    Usl,
    /// The p99 of an M/M/1 queue by offered load.
    Queue,
    /// A queue whose p99 grows with another power of the idle share than M/M/1's.
    OddQueue,
    /// Two maps, each a power of x, that cross once.
    Crossing,
    /// Two maps of which one has a break 0.5 to 2.5 doublings from the crossing.
    BentCrossing,
    /// Two maps that cross twice, at least 3 doublings apart.
    TwoCrossings,
    /// Two maps of which one is always faster, by a factor of 1.2 to 2.
    Apart,
}

/// A curve, or two that are measured side by side, with what is true of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// What kind it is.
    pub family: Family,
    /// Where it may be measured.
    pub range: AxisRange,
    /// The curves of its subjects.
    pub subjects: Vec<Shape>,
    /// Its knees, ascending: breaks, N*, the SLO load or crossovers.
    pub knees: Vec<f64>,
    /// The limit of an SLO search, in nanoseconds.
    pub limit: Option<f64>,
}

impl Case {
    /// The case of a family that belongs to a seed.
    pub fn new(family: Family, seed: u64) -> Self {
        let mut draw = Draw(Xoshiro256PlusPlus::seed_from_u64(seed ^ ((family as u64) << 56)));
        match family {
            Family::Straight | Family::Hinge | Family::Smooth => draw.one_break(family),
            Family::TwoBreaks => draw.two_breaks(),
            Family::Usl => draw.usl(),
            Family::Queue | Family::OddQueue => draw.queue(family),
            Family::Crossing | Family::BentCrossing | Family::TwoCrossings | Family::Apart => {
                draw.two_maps(family)
            }
        }
    }

    /// Measures it from now on, with a noise of its own.
    pub fn meter(&self, noise: Noise, seed: u64) -> Meter<'_> {
        Meter::new(self, noise, seed)
    }
}

/// Draws the parameters of a case.
struct Draw(Xoshiro256PlusPlus);

impl Draw {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * uniform(&mut self.0)
    }

    fn sign(&mut self) -> f64 {
        if uniform(&mut self.0) < 0.5 { -1.0 } else { 1.0 }
    }

    fn range(&mut self) -> AxisRange {
        let low = self.between(0.0, 4.0).exp2();
        AxisRange {
            scale: Scale::Log,
            low,
            high: low * DOUBLINGS.exp2(),
            allowed: Allowed::Any,
            resolution: RESOLUTION,
        }
    }

    /// A position between two shares of a range.
    fn inside(&mut self, range: &AxisRange, low: f64, high: f64) -> f64 {
        range.low_position() + DOUBLINGS * self.between(low, high)
    }

    /// A line of log throughput through 1 to 20 million ops per second at a position.
    fn line(&mut self, at: f64, slope: f64) -> Shape {
        let level = self.between(1e6_f64.ln(), 2e7_f64.ln());
        Shape::straight(at, level, slope)
    }

    fn one_break(&mut self, family: Family) -> Case {
        let range = self.range();
        let knee = self.inside(&range, 0.2, 0.8);
        let before = self.between(-0.6, 0.6);
        let change = self.sign() * self.between(0.4, 1.2);
        let shape = self.line(knee, before);
        let (shape, knees) = match family {
            Family::Straight => (shape, Vec::new()),
            Family::Smooth => {
                let radius = self.between(0.1, 0.4);
                (shape.with_break(knee, change, radius), vec![knee.exp2()])
            }
            _ => (shape.with_break(knee, change, 0.0), vec![knee.exp2()]),
        };
        Case { family, range, subjects: vec![shape], knees, limit: None }
    }

    fn two_breaks(&mut self) -> Case {
        let range = self.range();
        let first = self.inside(&range, 0.15, 0.4);
        let second = first + self.between(2.5, 4.5);
        let before = self.between(-0.3, 0.3);
        // Caches fill one after another: both breaks lead down, or the second one back.
        let (one, other) = (-self.between(0.4, 1.2), self.sign() * self.between(0.4, 1.2));
        let shape =
            self.line(first, before).with_break(first, one, 0.0).with_break(second, other, 0.0);
        Case {
            family: Family::TwoBreaks,
            range,
            subjects: vec![shape],
            knees: vec![first.exp2(), second.exp2()],
            limit: None,
        }
    }

    fn usl(&mut self) -> Case {
        let peak = self.between(6_f64.ln(), 40_f64.ln()).exp();
        let alpha = self.between(0.01, 0.2);
        let shape = Shape::Usl {
            lambda: self.between(1e6, 2e7),
            alpha,
            beta: (1.0 - alpha) / (peak * peak),
        };
        let range = AxisRange {
            scale: Scale::Log,
            low: 1.0,
            high: 64.0,
            allowed: Allowed::Integers,
            resolution: RESOLUTION,
        };
        Case { family: Family::Usl, range, subjects: vec![shape], knees: vec![peak], limit: None }
    }

    fn queue(&mut self, family: Family) -> Case {
        let capacity = self.between(14.0, 17.0).exp();
        let idle_ns = self.between(1e3, 1e4);
        let share = self.between(0.5, 0.95);
        let exponent = match family {
            Family::Queue => 1.0,
            _ => self.between(0.6, 1.5),
        };
        let shape = Shape::Queue { capacity, idle_ns, exponent };
        let knee = share * capacity;
        let high = capacity * self.between(1.2, 4.0);
        let range = AxisRange {
            scale: Scale::Log,
            low: high / 256.0,
            high,
            allowed: Allowed::Any,
            resolution: RESOLUTION / 10.0,
        };
        let limit = Some(shape.y(Scale::Log, knee));
        Case { family, range, subjects: vec![shape], knees: vec![knee], limit }
    }

    fn two_maps(&mut self, family: Family) -> Case {
        let range = self.range();
        let at = self.inside(&range, 0.2, 0.8);
        let slope = self.between(-0.6, 0.6);
        let sign = self.sign();
        let difference = sign * self.between(0.3, 1.0);
        let first = self.line(at, slope);
        let (second, knees) = match family {
            Family::Apart => {
                let factor = sign * self.between(1.2_f64.ln(), 2_f64.ln());
                (first.clone().raised(factor), Vec::new())
            }
            Family::TwoCrossings => {
                let low = self.inside(&range, 0.15, 0.45);
                let high = low + self.between(3.0, 4.5);
                let middle = f64::midpoint(low, high);
                // Straight up to the middle and mirrored from there on.
                let second = first.clone().with_slope(low, difference).with_break(
                    middle,
                    -2.0 * difference,
                    0.15,
                );
                // So sharp a bend moves the crossings by less than a thousandth of a doubling.
                (second, vec![low.exp2(), high.exp2()])
            }
            Family::BentCrossing => {
                let bend = at + self.sign() * self.between(0.5, 2.5);
                // Beyond the bend the ratio does not turn round, so that it crosses no second time.
                let change = difference * self.between(-0.5, 1.0);
                let second = first.clone().with_slope(at, difference).with_bend(at, bend, change);
                (second, vec![at.exp2()])
            }
            _ => (first.clone().with_slope(at, difference), vec![at.exp2()]),
        };
        Case { family, range, subjects: vec![first, second], knees, limit: None }
    }
}

#[cfg(test)]
mod tests;
