//! The session: plans a run, starts workers, passes the baton, and fans every event out. It
//! measures nothing itself and draws nothing.

pub mod arms;
pub mod calibrate;
pub mod callgrind;
pub mod clock;
pub mod command;
pub mod comparison;
pub mod conduct;
pub mod control;
mod cost;
pub mod crew;
pub mod extent;
pub mod launch;
mod odd;
pub mod plan;
pub mod prepare;
pub mod pressure;
pub mod process;
mod quads;
pub mod request;
mod sampling_link;
pub mod schedule;
pub mod select;
pub mod signals;
pub mod sink;
pub mod stopping;
pub mod subject;
pub mod sweep;
pub mod variant;
pub mod worker;
pub mod worker_link;

pub use conduct::{Conducted, conduct};
pub use control::{Control, Requests};
pub use plan::{Plan, Settings};
pub use prepare::{Prepared, prepare};
pub use request::RunRequest;
pub use sink::{Fanout, Sink};

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;
