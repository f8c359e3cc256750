//! What advice consists of, as it is exported. Plain data.

use mapbench_core::event::PlacementMode;
use serde::Serialize;

use crate::sweep::{Quantity, Setting, SweepSpec};

/// Version of the export of advice: fields are added, never renamed.
pub const ADVICE_SCHEMA_VERSION: u32 = 1;

/// What a sweep advises.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Advice {
    /// [`ADVICE_SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What was asked of the sweep.
    pub spec: SweepSpec,
    /// Processors of the machine that measured; `None` if nobody said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processors: Option<u32>,
    /// [`MARGIN`](super::MARGIN). A share.
    pub margin: f64,
    /// By setting.
    pub groups: Vec<GroupAdvice>,
}

/// The advice for one setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupAdvice {
    /// The setting.
    pub setting: Setting,
    /// What better means: more throughput, or less latency.
    pub quantity: Quantity,
    /// By placement mode, near first.
    pub modes: Vec<ModeAdvice>,
}

/// The advice within one placement mode.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModeAdvice {
    /// The mode; `None` where no round had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placement: Option<PlacementMode>,
    /// Ascending, from the first measured point to the last. None without a point.
    pub segments: Vec<Segment>,
}

/// A stretch of the axis with one best map, or none that is known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Segment {
    /// Where it begins. On the axis's own unit.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// What is known of its beginning.
    pub begin: Edge,
    /// What is known of its end.
    pub end: Edge,
    /// The measured values in it, ascending.
    pub points: Vec<f64>,
    /// Visits to them.
    pub visits: usize,
    /// The map to use.
    #[serde(flatten)]
    pub choice: Choice,
}

/// What is known of an end of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Edge {
    /// What was measured ends here.
    Range,
    /// Two maps cross here; the 95 % interval of where.
    Crossover {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// The border lies somewhere between two measured values.
    Between {
        /// The one below.
        low: f64,
        /// The one above.
        high: f64,
    },
}

/// The map to use in a segment, or why none is named.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Choice {
    /// One map is at least as good as the others.
    Use {
        /// The map.
        best: String,
        /// The others, those that come closest first.
        others: Vec<Compared>,
        /// Those that were not measured at each point of the segment, or too seldom.
        unknown: Vec<String>,
    },
    /// The evidence does not tell.
    Unresolved {
        /// Why, as a clause.
        why: String,
    },
}

/// How the best map of a segment compares with another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// The other map.
    pub subject: String,
    /// How many times as good the best one is, as the geometric mean over the segment's points.
    pub ratio: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// What that comes to.
    pub standing: Standing,
    /// Visits that both were measured in.
    pub visits: usize,
}

/// Where a map stands against the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Behind by surely less than the margin, if at all.
    AsGood,
    /// It may be as good, or be behind by more than the margin: the visits do not tell.
    NotToldApart,
    /// Behind, beyond the noise.
    Slower,
}

impl Choice {
    /// The map to use; `None` if unresolved.
    pub fn best(&self) -> Option<&str> {
        match self {
            Choice::Use { best, .. } => Some(best),
            Choice::Unresolved { .. } => None,
        }
    }

    /// The others of one standing, the closest first.
    pub fn standing(&self, standing: Standing) -> impl Iterator<Item = &Compared> {
        let others = match self {
            Choice::Use { others, .. } => others.as_slice(),
            Choice::Unresolved { .. } => &[],
        };
        others.iter().filter(move |other| other.standing == standing)
    }

    /// The closest map that is surely behind; `None` if none is.
    pub fn runner_up(&self) -> Option<&Compared> {
        self.standing(Standing::Slower).next()
    }
}

impl Segment {
    pub(super) fn first_point(&self) -> f64 {
        self.points.first().copied().unwrap_or(self.from)
    }

    pub(super) fn last_point(&self) -> f64 {
        self.points.last().copied().unwrap_or(self.to)
    }
}

impl ModeAdvice {
    /// The best maps in the order of the segments; `None` for unresolved ones.
    pub fn choices(&self) -> Vec<Option<&str>> {
        self.segments.iter().map(|segment| segment.choice.best()).collect()
    }
}

impl GroupAdvice {
    /// Whether every placement mode names the same maps in the same order.
    pub fn modes_agree(&self) -> bool {
        self.modes.windows(2).all(|two| two[0].choices() == two[1].choices())
    }
}

impl Advice {
    /// Every map that is to be used somewhere, or is as good or not told apart from one that is;
    /// each once, in the order of the advice.
    pub fn named(&self) -> Vec<&str> {
        let mut named: Vec<&str> = Vec::new();
        let modes = self.groups.iter().flat_map(|group| &group.modes);
        for segment in modes.flat_map(|mode| &mode.segments) {
            let choice = &segment.choice;
            let close = [Standing::AsGood, Standing::NotToldApart]
                .into_iter()
                .flat_map(|standing| choice.standing(standing))
                .map(|other| other.subject.as_str());
            for subject in choice.best().into_iter().chain(close) {
                if !named.contains(&subject) {
                    named.push(subject);
                }
            }
        }
        named
    }

    /// Whether no segment names a map.
    pub fn is_unresolved(&self) -> bool {
        self.named().is_empty()
    }
}
