//! A sweep: one run whose points along an axis are chosen while it measures. Which subjects take
//! rounds when within a point is the schedule's business; where knees are, `mapbench-results`'.

pub mod request;

mod agenda;
mod points;
mod prepare;
mod resume;
mod run;

#[cfg(test)]
mod tests;

pub use prepare::{SweepError, SweepPlan, prepare};
pub use resume::{ResumeError, resume};
pub use run::{Swept, sweep};
