//! Where a curve bends: definitions, algorithms with intervals, and where to look next. Pure
//! functions of measured points; nothing here runs a map or draws a picture.

mod crossover;
mod curve;
mod finding;
mod local_line;

pub use crossover::crossovers;
pub use curve::{Curve, Observation, Scale};
pub use finding::{Definition, Finding, Location, ModelLine, Side};
