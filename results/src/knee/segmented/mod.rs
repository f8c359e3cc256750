//! Continuous segmented regression of log₂ y: pooled points, the exact fit of one break, its
//! interval, and the slope break that comes of them. No test of significance: that is the sup-F
//! test's.

mod interval;
mod noise;
mod pooled;
mod profile;
mod rivals;
mod rounded;
mod slope_break;

pub(in crate::knee) use interval::noise_around;
pub(in crate::knee) use noise::{Noise, weighted_basis};
pub(in crate::knee) use pooled::PooledPoints;
pub(in crate::knee) use profile::{Hinge, Profile};
pub(in crate::knee) use rivals::excludes_change;
pub(in crate::knee) use slope_break::smallest_change;
pub use slope_break::{SMALLEST_CHANGE, slope_break};

#[cfg(test)]
mod tests;
