//! What a search for a knee comes to: its definition, the point with its interval or why there is
//! none, and what it cost. Finds nothing itself.

use mapbench_core::event::PlacementMode;
use serde::{Deserialize, Serialize};

/// What a knee is, on the axis where it was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Definition {
    /// N* = √((1−α)/β) of the Universal Scalability Law: the threads of the highest throughput.
    UslPeak,
    /// The highest offered load that keeps a percentile of latency within its limit.
    SloLoad,
    /// Where the slope of log throughput changes.
    SlopeBreak,
    /// Where one of up to three slope breaks over the number of keys lies: a cache that is full.
    CacheCliff,
    /// Where two maps are equally fast.
    Crossover,
    /// Kneedle's point of maximum curvature: a second opinion, which moves with the range.
    Kneedle,
}

/// A search for a knee, ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What was looked for.
    pub definition: Definition,
    /// Whose knee it is: one subject, or the two that cross, the faster one below the point first.
    pub subjects: Vec<String>,
    /// The placement mode that all evidence comes from; `None` where it does not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<PlacementMode>,
    /// Where it is.
    pub location: Location,
    /// Visits that it rests on: observations of one curve, or pairs of two.
    pub visits: u32,
    /// Distinct values of the axis among them.
    pub points: u32,
    /// The model that was fitted; `None` where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelLine>,
}

/// Where a knee is, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Location {
    /// At a point, with its 95 % interval. On the axis's own unit.
    Found {
        /// The estimate.
        point: f64,
        /// Lower end of the interval.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// There is none within the range: the evidence speaks against it.
    None,
    /// There is one, outside the range.
    BeyondRange {
        /// On which side.
        side: Side,
    },
    /// The evidence does not tell.
    Unresolved {
        /// Why, as a clause: "the interval spans the whole range".
        why: String,
    },
}

/// A side of the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Below its smallest value.
    Below,
    /// Above its largest.
    Above,
}

/// A fitted model, to be drawn and to be checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelLine {
    /// Its parameters by name, as `alpha`.
    pub parameters: Vec<(String, f64)>,
    /// Points (x, y) of the model over the measured range, ascending in x; y as observed, of a
    /// crossover the ratio of the first subject's to the second's.
    pub line: Vec<(f64, f64)>,
}

impl Location {
    /// The estimate; `None` unless found.
    pub fn point(&self) -> Option<f64> {
        match self {
            Location::Found { point, .. } => Some(*point),
            _ => None,
        }
    }
}
