//! Compares the figures that a trace says of itself with those that its records give.

use std::fmt;

use super::{Draft, FinalState, TopKey, Trace, TraceError, TraceHeader};

/// Shares that are written with fewer digits than they have still fit.
const TOLERANCE: f64 = 1e-6;

/// A figure of a header that is not what the records give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which figure.
    pub figure: String,
    /// What the header says.
    pub said: String,
    /// What the records give.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is said to be {}, the records give {}", self.figure, self.said, self.found)
    }
}

impl Trace {
    /// The trace without the figures that its records give.
    pub fn into_draft(self) -> Draft {
        let TraceHeader { name, generator, seed, parameters, shape, unit, maps, actors, .. } =
            self.header;
        let streams = self.streams;
        Draft { name, generator, seed, parameters, shape, unit, maps, actors, streams }
    }

    /// Computes every figure of the header anew; returns the trace with them, and where they differ
    /// from what it said.
    pub fn audit(self) -> Result<(Trace, Vec<Difference>), TraceError> {
        let said = Figures::of(&self.header);
        let trace = self.into_draft().finish()?;
        let differences = said.differences(&trace.header);
        Ok((trace, differences))
    }
}

/// The figures of a header that its records give, as far as somebody says them.
#[derive(Debug, Clone, Default)]
pub(super) struct Figures {
    pub(super) ops: Option<u64>,
    pub(super) peaks: Vec<Option<u32>>,
    pub(super) expected: Option<Vec<FinalState>>,
    pub(super) hit_share: Option<f64>,
    pub(super) effective_write_share: Option<f64>,
    pub(super) top_key: Option<TopKey>,
}

impl Figures {
    fn of(header: &TraceHeader) -> Self {
        Figures {
            ops: Some(header.ops),
            peaks: header.maps.iter().map(|map| Some(map.peak)).collect(),
            expected: Some(header.expected.clone()),
            hit_share: header.hit_share,
            effective_write_share: Some(header.effective_write_share),
            top_key: header.top_key,
        }
    }

    /// Where they differ from those of a header that was computed.
    pub(super) fn differences(&self, header: &TraceHeader) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut differ = |figure: String, said: String, found: String| {
            differences.push(Difference { figure, said, found });
        };
        if let Some(ops) = self.ops.filter(|&ops| ops != header.ops) {
            differ("the number of ops".to_owned(), ops.to_string(), header.ops.to_string());
        }
        for (map, said) in header.maps.iter().zip(&self.peaks) {
            if let Some(peak) = said.filter(|&peak| peak != map.peak) {
                let figure = format!("the peak of {}", map.id);
                differ(figure, peak.to_string(), map.peak.to_string());
            }
        }
        let expected = self.expected.iter().flatten().zip(&header.expected);
        for (map, (said, found)) in header.maps.iter().zip(expected) {
            if said != found {
                let spelled = |state: &FinalState| {
                    format!("{} with checksum {}", state.len, state.key_checksum)
                };
                differ(format!("the final state of {}", map.id), spelled(said), spelled(found));
            }
        }
        let shares = [
            ("the hit share", self.hit_share, header.hit_share),
            (
                "the share of effective writes",
                self.effective_write_share,
                Some(header.effective_write_share),
            ),
            (
                "the share of the top key",
                self.top_key.map(|top| top.share),
                header.top_key.map(|top| top.share),
            ),
        ];
        for (figure, said, found) in shares {
            let Some(said) = said else { continue };
            if found.is_none_or(|found| (said - found).abs() > TOLERANCE) {
                let found = found.map_or_else(|| "none".to_owned(), |found| found.to_string());
                differ(figure.to_owned(), said.to_string(), found);
            }
        }
        if let (Some(said), Some(found)) = (self.top_key, header.top_key)
            && (said.map, said.key) != (found.map, found.key)
        {
            let spelled = |top: TopKey| format!("key {} of map {}", top.key, top.map);
            differ("the top key".to_owned(), spelled(said), spelled(found));
        }
        differences
    }
}
