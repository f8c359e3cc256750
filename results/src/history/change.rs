//! Where the level of a series changes, and what people made of it. Plain data.

use serde::{Deserialize, Serialize};

use super::Accepted;
use crate::stats::Interval;

/// A change of level between two points of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangePoint {
    /// The last point before it, by position in the series.
    pub before: usize,
    /// The first point after it, by position in the series.
    pub after: usize,
    /// By how much the level changes; `None` of a level that was accepted before there were enough
    /// points on both sides.
    pub shift: Option<Shift>,
    /// The chance of as strong a change anywhere in a history in which nothing changes; `None` of a
    /// change that the detector did not find.
    pub p: Option<f64>,
    /// What people made of it.
    pub state: State,
}

/// By how much a level changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// Throughput after, divided by throughput before.
    pub ratio: f64,
    /// Its 95 % interval, as if the place of the change were known.
    pub interval: Option<Interval>,
}

impl Shift {
    /// Whether it is slower after.
    pub fn is_slowdown(self) -> bool {
        self.ratio < 1.0
    }

    /// What changes, as a share of the level before: -.05 is 5 % fewer ops per second.
    pub fn share(self) -> f64 {
        self.ratio - 1.0
    }
}

/// What people made of a change point.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum State {
    /// Nominated by the detector, and nothing more.
    #[default]
    Open,
    /// Somebody said that it is as it should be.
    Accepted(Accepted),
    /// A paired re-run detected it: B is slower, or faster, as nominated.
    Confirmed(Confirmation),
    /// A paired re-run found no such difference, or one below its δ at the most.
    Refuted(Confirmation),
}

impl State {
    /// Whether it waits for somebody.
    pub fn is_open(&self) -> bool {
        matches!(self, State::Open)
    }

    /// The word in tables.
    pub const fn name(&self) -> &'static str {
        match self {
            State::Open => "open",
            State::Accepted(_) => "accepted",
            State::Confirmed(_) => "confirmed",
            State::Refuted(_) => "refuted",
        }
    }
}

/// What a paired re-run of two commits found in one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The series, as [`super::SeriesName`] spells it.
    pub series: String,
    /// Full hash of the last commit before the change.
    pub before: String,
    /// Full hash of the first commit after it.
    pub after: String,
    /// Id of the run that compared them.
    pub run: String,
    /// The gate's word on it.
    pub verdict: String,
    /// Whether the change is there.
    pub confirmed: bool,
    /// The slowdown as the gate has it: .02 is a throughput before that is 1.02 times that after.
    pub slowdown: f64,
    /// When, RFC 3339.
    pub at: String,
}

impl Confirmation {
    /// What changes, as a share of the level before: -.05 is 5 % fewer ops per second.
    pub fn share(&self) -> f64 {
        1.0 / (1.0 + self.slowdown) - 1.0
    }
}

/// The change points that come with one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Full hash of the first commit after the change.
    pub commit: String,
    /// First line of its message.
    pub subject: String,
    /// When it was made, RFC 3339.
    pub time: String,
    /// Its place among the commits of the history, from 0.
    pub position: usize,
    /// Position of the series, and of the change point in it.
    pub changes: Vec<(usize, usize)>,
}
