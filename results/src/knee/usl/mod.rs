//! The Universal Scalability Law: its fit, the interval of its peak, and the finding that comes of
//! them. Knows threads, no other axis.

mod fit;
mod interval;
mod peak;

pub use fit::{Residuals, UniversalScalabilityFit};
pub use peak::usl_peak;

#[cfg(test)]
mod tests;
