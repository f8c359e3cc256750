//! How values on each axis are measured: unit, bounds, spacing, and the part of a cell that a value
//! changes. One row per axis; knows no scenario.

use super::{Axis, AxisError};
use crate::op::MAX_KEYS;
use crate::value::MAX_BOXED_BYTES;

/// Which part of a cell an axis changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The scenario: every point has a trace of its own.
    Scenario,
    /// The thread count; the trace is the same.
    Threads,
    /// The rate at which the same trace is offered.
    Offered,
    /// The type of the values; the trace is the same.
    Value,
    /// The settings of the map; the trace is the same.
    Tuning,
}

/// How points are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Evenly by ratio. No point is 0.
    Log,
    /// Evenly by difference.
    Linear,
}

/// How values on an axis are measured. Bounds and ranges are inclusive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ruler {
    /// The unit, as it stands behind a number; empty if there is none.
    pub unit: &'static str,
    /// How points are spaced.
    pub scale: Scale,
    /// Whether points are whole numbers.
    pub whole: bool,
    /// The points that the axis has.
    pub bounds: (f64, f64),
    /// What is swept when nobody says; `None` where nobody can know.
    pub default_range: Option<(f64, f64)>,
}

impl Ruler {
    /// The nearest point that the axis has.
    pub fn nearest(&self, x: f64) -> f64 {
        let x = if self.whole { x.round() } else { x };
        x.clamp(self.bounds.0, self.bounds.1)
    }

    /// What points there are, to go after "use".
    pub fn described(&self) -> String {
        let number = if self.whole { "a whole number" } else { "a number" };
        let (low, high) = self.bounds;
        let unit = if self.unit.is_empty() { "" } else { " " };
        if high.is_finite() {
            format!("{number} from {low} to {high}{unit}{}", self.unit)
        } else {
            number.to_owned()
        }
    }

    pub(super) fn check(&self, axis: &Axis, x: f64) -> Result<(), AxisError> {
        let inside = x.is_finite() && (self.bounds.0..=self.bounds.1).contains(&x);
        if inside && (!self.whole || x.fract() == 0.0) {
            return Ok(());
        }
        Err(AxisError::Point { axis: axis.clone(), x, ruler: *self })
    }
}

/// One row of the table of axes.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) axis: Axis,
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) part: Part,
    pub(super) ruler: Ruler,
}

const fn log(unit: &'static str, bounds: (f64, f64), range: (f64, f64)) -> Ruler {
    Ruler { unit, scale: Scale::Log, whole: false, bounds, default_range: Some(range) }
}

const fn log_whole(unit: &'static str, bounds: (f64, f64), range: (f64, f64)) -> Ruler {
    Ruler { whole: true, ..log(unit, bounds, range) }
}

const fn linear(unit: &'static str, bounds: (f64, f64), range: (f64, f64)) -> Ruler {
    Ruler { scale: Scale::Linear, ..log(unit, bounds, range) }
}

/// Scans of a scenario without a paced scanner.
pub(super) const SCAN_SHARE: Ruler = linear("% of the ops", (0.0, 100.0), (0.0, 5.0));

/// A setting of which nothing is known.
pub(super) const ANY: Ruler = Ruler {
    unit: "",
    scale: Scale::Log,
    whole: false,
    bounds: (f64::NEG_INFINITY, f64::INFINITY),
    default_range: None,
};

/// Most threads of a worker, and most ops per second that a trace is offered at.
const MOST: (f64, f64) = (1_024.0, 1e9);

/// Every axis with a name of its own, in the order of [`Axis::ALL`].
///
/// The default range of keys ends where 4 M entries of 8 B are beyond every cache, not at the 16 M
/// that the trace format can hold: the largest of them need GBs for each map that is compared.
pub(super) static TABLE: [Row; 9] = [
    Row {
        axis: Axis::Threads,
        name: "threads",
        summary: "threads that run ops",
        part: Part::Threads,
        ruler: log_whole("threads", (1.0, MOST.0), (1.0, 64.0)),
    },
    Row {
        axis: Axis::Rate,
        name: "rate",
        summary: "rate at which the trace is offered, in pods or else ops per second",
        part: Part::Offered,
        ruler: log("/s", (1e-3, MOST.1), (1e4, 1e7)),
    },
    Row {
        axis: Axis::WriteShare,
        name: "write-share",
        summary: "share of the ops that write, in percent",
        part: Part::Scenario,
        ruler: linear("%", (0.0, 100.0), (0.0, 100.0)),
    },
    Row {
        axis: Axis::WriteRate,
        name: "write-rate",
        summary: "writes per second of the paced actor that writes",
        part: Part::Scenario,
        ruler: log("writes/s", (1e-3, 1e8), (1.0, 1e5)),
    },
    Row {
        axis: Axis::Skew,
        name: "skew",
        summary: "exponent of the law by which keys are popular",
        part: Part::Scenario,
        ruler: linear("", (0.0, 10.0), (0.0, 1.5)),
    },
    Row {
        axis: Axis::Keys,
        name: "keys",
        summary: "keys of the map, with the preloaded ones in proportion",
        part: Part::Scenario,
        ruler: log_whole("keys", (1.0, MAX_KEYS as f64), (1_024.0, 4_194_304.0)),
    },
    Row {
        axis: Axis::ValueSize,
        name: "value-size",
        summary: "bytes of a value, each in a box of its own; keys are u64",
        part: Part::Value,
        ruler: log_whole("B", (8.0, MAX_BOXED_BYTES as f64), (8.0, 16_384.0)),
    },
    Row {
        axis: Axis::ScanRate,
        name: "scan-rate",
        summary: "scans per second of the paced scanners, else the percentage of ops that scan",
        part: Part::Scenario,
        ruler: log("scans/s", (1e-3, 1e7), (1.0, 1_000.0)),
    },
    Row {
        axis: Axis::Shards,
        name: "shards",
        summary: "shards, for maps that have shards",
        part: Part::Tuning,
        ruler: log_whole("shards", (1.0, 1_048_576.0), (1.0, 1_024.0)),
    },
];

/// A number as it is read back.
pub(super) fn round_trip(x: f64) -> String {
    format!("{x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_axis_once_and_its_range_inside_its_bounds() {
        assert!(TABLE.iter().map(|row| &row.axis).eq(Axis::ALL.iter()));
        for row in &TABLE {
            let (low, high) = row.ruler.bounds;
            let (from, to) = row.ruler.default_range.unwrap();
            assert!(low <= from && from < to && to <= high, "{}", row.name);
            assert!(row.ruler.scale == Scale::Linear || from > 0.0, "{}", row.name);
        }
    }

    #[test]
    fn the_nearest_point_is_one_that_the_axis_has() {
        let ruler = Axis::Keys.ruler();
        for x in [-3.0, 0.4, 1.5, 1e12] {
            assert_eq!(ruler.check(&Axis::Keys, ruler.nearest(x)), Ok(()));
        }
        assert!(ruler.check(&Axis::Keys, 1.5).is_err());
        assert!(ruler.check(&Axis::Keys, f64::NAN).is_err());
    }
}
