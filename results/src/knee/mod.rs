//! Where a curve bends: definitions, algorithms with intervals, and where to look next. Pure
//! functions of measured points; nothing here runs a map or draws a picture.

mod axis_range;
mod bisection;
pub mod corpus;
mod crossover;
mod curve;
mod design;
mod finding;
mod local_line;
mod queue_fit;
mod slo;

mod segmented;
mod sup_f;

mod cliffs;
mod kneedle;
mod usl;

pub use cliffs::cache_cliffs;
pub use kneedle::kneedle;
pub use segmented::{SMALLEST_CHANGE, slope_break};
pub use usl::{Residuals, UniversalScalabilityFit, usl_peak};

pub use axis_range::{Allowed, AxisRange};
pub use crossover::crossovers;
pub use curve::{Curve, Observation, Scale};
pub use design::Design;
pub use finding::{Definition, Finding, Location, ModelLine, Side};
pub use slo::slo_load;
