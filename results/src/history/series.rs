//! One cell over commits: plain data, in the order of the commits. Finds nothing in it.

use std::fmt;

use mapbench_core::event::PlacementMode;

use super::ChangePoint;
use crate::fingerprint::Difference;
use crate::stats::Interval;
use crate::summary::mode_name;

/// What a series is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesName {
    /// Everything but the adapter, as [`crate::label::setting`] calls it; empty for series from
    /// elsewhere, whose whole name is the adapter.
    pub setting: String,
    /// The adapter, as [`crate::label::adapter`] calls it.
    pub adapter: String,
    /// `near` or `far`; `None` where rounds have no placement, as at one thread.
    pub mode: Option<&'static str>,
}

impl SeriesName {
    /// The series of a cell in a placement mode.
    pub fn new(setting: String, adapter: String, mode: Option<PlacementMode>) -> SeriesName {
        SeriesName { setting, adapter, mode: mode.map(mode_name) }
    }
}

impl fmt::Display for SeriesName {
    /// `sharded, curated/read-heavy · 2 threads · u64 keys · 8 B values · foldhash, near`: what
    /// `--cell` globs are matched against.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.adapter)?;
        if !self.setting.is_empty() {
            write!(f, ", {}", self.setting)?;
        }
        self.mode.map_or(Ok(()), |mode| write!(f, ", {mode}"))
    }
}

/// A cell's figures over commits.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What it is of.
    pub name: SeriesName,
    /// The figures, in the order of the commits.
    pub points: Vec<Point>,
    /// The machines that they are of, in the order of their first points.
    pub segments: Vec<Segment>,
    /// Where the level changes, in the order of the commits.
    pub changes: Vec<ChangePoint>,
}

/// One commit on one machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Full hash of the commit; whatever names it in series from elsewhere.
    pub commit: String,
    /// First line of its message.
    pub subject: String,
    /// When it was made, RFC 3339.
    pub time: String,
    /// Its place among the commits of the history, from 0. Commits without a run count.
    pub position: usize,
    /// Position in [`Series::segments`].
    pub segment: usize,
    /// Median over its runs. Ops per second.
    pub ops_per_sec: f64,
    /// 95 % interval of its only run; from the least to the greatest of several runs.
    pub interval: Option<Interval>,
    /// The runs, oldest first.
    pub runs: Vec<PointRun>,
    /// Whether the work tree had changes: shown, but nothing is concluded from it.
    pub dirty: bool,
}

/// One run of a commit.
#[derive(Debug, Clone, PartialEq)]
pub struct PointRun {
    /// The run's id.
    pub id: String,
    /// Its median. Ops per second.
    pub ops_per_sec: f64,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
}

/// The part of a series that was measured on one machine and in one way.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// The machine, in a few words.
    pub machine: String,
    /// In what it differs from the segment before; empty for the first.
    pub differs: Vec<Difference>,
}

impl Series {
    /// Positions of the points of a segment from which something may be concluded, in the order of
    /// the commits.
    pub fn clean_points(&self, segment: usize) -> Vec<usize> {
        let is_clean = |at: &usize| self.points[*at].segment == segment && !self.points[*at].dirty;
        (0..self.points.len()).filter(is_clean).collect()
    }

    /// Positions of all points of a segment, in the order of the commits.
    pub fn points_of(&self, segment: usize) -> Vec<usize> {
        (0..self.points.len()).filter(|at| self.points[*at].segment == segment).collect()
    }

    /// The change points that nobody has confirmed, refuted or accepted.
    pub fn nominations(&self) -> impl Iterator<Item = &ChangePoint> {
        self.changes.iter().filter(|change| change.state.is_open())
    }
}
