//! What a sweep came to: from the events of its run, or from points that somebody else measured,
//! to curves, to findings, to a page. It runs nothing, and finds no knee itself: the algorithms
//! are [`knee`](crate::knee)'s.

mod evidence;
pub mod export;
pub mod from_points;
mod judged;
pub mod page;
mod picture;
pub mod plot;
mod point;
pub(crate) mod ruler;
mod setting;
mod spec;
pub(crate) mod spell;
mod visit;

pub use evidence::{Evidence, LEAST_ROUNDS};
pub use judged::{JudgedGroup, POINTS_SCHEMA_VERSION, Sweep, judge, judge_group, modes};
pub use point::{Gap, LatencyNs, MeasuredPoint, Quantity, SeriesGroup};
pub use setting::Setting;
pub use spec::SweepSpec;
