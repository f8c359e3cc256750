//! Curves in closed form, without noise.

use std::f64::consts::LN_2;

use crate::knee::Scale;

/// A curve.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Log throughput in straight pieces over position.
    Pieces {
        /// A position that the first piece passes.
        at: f64,
        /// Natural log of y there.
        level: f64,
        /// Slope of the first piece, in doublings of y per unit of position.
        slope: f64,
        /// Where the slope changes, by how much and over which radius, ascending.
        breaks: Vec<Break>,
    },
    /// λN / (1 + α(N−1) + βN(N−1)): Gunther, *Guerrilla Capacity Planning* (2007), chapter 4.
    Usl {
        /// Throughput at 1.
        lambda: f64,
        /// Contention.
        alpha: f64,
        /// Coherency.
        beta: f64,
    },
    /// A percentile of the time in a queue, idle / (1 − r/c)^exponent; M/M/1 has exponent 1.
    Queue {
        /// The load c at which it grows without bound.
        capacity: f64,
        /// The percentile without load.
        idle_ns: f64,
        /// How steeply it grows.
        exponent: f64,
    },
}

/// A change of slope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Break {
    /// Its position: where the asymptotes cross.
    pub position: f64,
    /// By how much the slope changes.
    pub change: f64,
    /// Over what distance it is rounded off; 0 is sharp.
    pub radius: f64,
}

/// Latency of a queue beyond its capacity, over its idle latency: what has piled up by the end.
const PILED_UP: f64 = 1_000.0;

impl Shape {
    /// One straight piece through (position, log of y).
    pub(super) fn straight(at: f64, level: f64, slope: f64) -> Self {
        Shape::Pieces { at, level, slope, breaks: Vec::new() }
    }

    /// With one more break, above the others.
    pub(super) fn with_break(mut self, position: f64, change: f64, radius: f64) -> Self {
        if let Shape::Pieces { breaks, .. } = &mut self {
            breaks.push(Break { position, change, radius });
        }
        self
    }

    /// Steeper by so much around a position where it keeps its value.
    pub(super) fn with_slope(mut self, position: f64, more: f64) -> Self {
        if let Shape::Pieces { at, level, slope, .. } = &mut self {
            *level += (position - *at) * *slope * LN_2;
            *at = position;
            *slope += more;
        }
        self
    }

    /// With a sharp break on either side of a position where value and slope stay as they are.
    pub(super) fn with_bend(self, kept: f64, position: f64, change: f64) -> Self {
        if position >= kept {
            return self.with_break(position, change, 0.0);
        }
        // Below the break the slope is the changed one, so that it is the old one at `kept`.
        let bent = self.with_slope(kept, -change).with_break(position, change, 0.0);
        bent.raised(-change * (kept - position) * LN_2)
    }

    /// Higher by a natural log everywhere.
    pub(super) fn raised(mut self, by: f64) -> Self {
        if let Shape::Pieces { level, .. } = &mut self {
            *level += by;
        }
        self
    }

    /// Its value.
    pub fn y(&self, scale: Scale, x: f64) -> f64 {
        match self {
            Shape::Pieces { at, level, slope, breaks } => {
                let position = scale.position(x);
                let bent: f64 = breaks.iter().map(|bend| bend.effect(position)).sum();
                (level + (slope * (position - at) + bent) * LN_2).exp()
            }
            Shape::Usl { lambda, alpha, beta } => {
                lambda * x / (1.0 + alpha * (x - 1.0) + beta * x * (x - 1.0))
            }
            Shape::Queue { capacity, idle_ns, exponent } => {
                let idle_share = 1.0 - x / capacity;
                let growth = if idle_share > 0.0 { idle_share.powf(-exponent) } else { PILED_UP };
                idle_ns * growth.min(PILED_UP)
            }
        }
    }

    /// Whether a map of this shape would fall behind an offered load: it achieves less than 0.99
    /// of it.
    pub fn is_saturated(&self, x: f64) -> bool {
        match self {
            Shape::Queue { capacity, .. } => x * 0.99 > *capacity,
            _ => false,
        }
    }
}

impl Break {
    /// What it adds to doublings of y at a position: nothing well below, a line well above.
    fn effect(self, position: f64) -> f64 {
        let above = position - self.position;
        if self.radius <= 0.0 {
            return self.change * above.max(0.0);
        }
        // Softplus, written so that it does not overflow.
        let scaled = above / self.radius;
        self.change * self.radius * (scaled.max(0.0) + (-scaled.abs()).exp().ln_1p())
    }
}
