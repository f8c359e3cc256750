//! The measured points of one setting, and the curves that they make. Judges nothing.

use mapbench_core::event::{FailureKind, PlacementMode};
use serde::{Deserialize, Serialize};

use super::setting::Setting;
use crate::knee::{Curve, Observation};

/// What a visit to a point measured of one subject in one placement mode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredPoint {
    /// The adapter with its settings.
    pub subject: String,
    /// Value on the axis.
    pub x: f64,
    /// Number of the visit to this point, from 0.
    pub visit: u32,
    /// Placement of the rounds; `None` of one thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<PlacementMode>,
    /// Rounds.
    pub rounds: u64,
    /// Median throughput of the rounds. Ops per second.
    pub ops_per_sec: f64,
    /// Latency from when something was due to its end; `None` in a closed loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<LatencyNs>,
    /// Achieved ÷ offered; `None` in a closed loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub achieved_share: Option<f64>,
    /// Whether less was achieved than offered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub saturated: bool,
    /// What the maps counted of themselves, by name. Per second.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<(String, f64)>,
}

/// Percentiles of latency over all rounds of a visit together. Nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencyNs {
    /// Median.
    pub p50: u64,
    /// 99th percentile.
    pub p99: u64,
    /// 99.9th percentile.
    pub p999: u64,
    /// The percentile that the sweep asks for: the median of its rounds'.
    pub asked: u64,
}

/// A visit that ended in a failure: nothing of it is a point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// The adapter with its settings.
    pub subject: String,
    /// Value on the axis.
    pub x: f64,
    /// Number of the visit.
    pub visit: u32,
    /// What happened.
    pub kind: FailureKind,
    /// In a sentence.
    pub message: String,
}

/// What the y of a curve is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// Ops per second.
    Throughput,
    /// The percentile of latency that the sweep asks for. Nanoseconds.
    Latency,
}

/// All points of one setting: what one picture shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesGroup {
    /// What they have in common.
    pub setting: Setting,
    /// The subjects, in the order of the plan.
    pub subjects: Vec<String>,
    /// The points, by subject in that order, then by x, visit and placement.
    pub points: Vec<MeasuredPoint>,
    /// The visits that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
}

impl SeriesGroup {
    /// One curve per subject that has points in a placement mode. Points of one thread have no
    /// mode and count in every one: on the axis of threads they begin every curve.
    pub fn curves(&self, quantity: Quantity, mode: Option<PlacementMode>) -> Vec<Curve> {
        let curve = |subject: &String| Curve {
            subject: subject.clone(),
            observations: self
                .points
                .iter()
                .filter(|point| point.subject == *subject && point.is_in(mode))
                .filter_map(|point| point.observation(quantity))
                .collect(),
        };
        let curves = self.subjects.iter().map(curve);
        curves.filter(|curve| !curve.observations.is_empty()).collect()
    }
}

impl MeasuredPoint {
    /// Whether it may stand beside points of this mode.
    pub fn is_in(&self, mode: Option<PlacementMode>) -> bool {
        self.placement == mode || self.placement.is_none()
    }

    /// As the algorithms take it; `None` if it does not have what is asked for.
    fn observation(&self, quantity: Quantity) -> Option<Observation> {
        let y = match quantity {
            Quantity::Throughput => self.ops_per_sec,
            Quantity::Latency => self.latency?.asked as f64,
        };
        (self.x.is_finite() && y > 0.0 && y.is_finite()).then_some(Observation {
            x: self.x,
            visit: self.visit,
            y,
            saturated: self.saturated,
        })
    }
}
