//! Which map to use up to where: from a judged sweep to segments of its axis, each with its best map,
//! those that are as good or not told apart from it, and the next one with how far it is behind.
//! Where the evidence is thin it says so and names no map. It runs nothing, finds no crossover
//! itself, and knows nothing of what a map promises.
//!
//! **How.** Within a placement mode the points of the axis begin as segments of their own, each led
//! by the map whose pairings with the others come out best. Two neighbours become one unless each
//! leader beats the other in its own segment beyond chance ([`BORDER_LEVEL`]), the least certain
//! border first. What is left are the borders that
//! evidence from both sides holds up; one lies where the two leaders cross, if that was found,
//! else between two measured points. All comparisons are of pairs: two maps in the same visit to
//! the same point.
//!
//! **What the intervals do not say.** Each is of one pair of maps. The best one is chosen by the
//! same visits that it is then compared in, so that of many equal maps some will be called slower a
//! little more often than one in twenty times; [`MARGIN`] keeps small ones of these from mattering.

mod page;
mod pairs;
mod parts;
mod segment;
mod words;

#[cfg(test)]
mod tests;

use mapbench_core::event::PlacementMode;

use crate::knee::{Definition, Finding, Location};
use crate::sweep::{JudgedGroup, Sweep, modes};

pub use page::table;
pub use parts::BORDER_LEVEL;
pub use segment::{
    ADVICE_SCHEMA_VERSION, Advice, Choice, Compared, Edge, GroupAdvice, ModeAdvice, Segment,
    Standing,
};
pub use words::{oversubscribed, sentences};

use pairs::Pairs;

/// A loss that nobody minds: a map that is behind by surely less than this is as good.
pub const MARGIN: f64 = 0.03;
/// Fewer visits than this are no evidence.
pub const LEAST_VISITS: usize = 3;

/// What a sweep advises.
pub fn advise(sweep: &Sweep) -> Advice {
    Advice {
        schema_version: ADVICE_SCHEMA_VERSION,
        spec: sweep.spec.clone(),
        processors: sweep.processors,
        margin: MARGIN,
        groups: sweep.groups.iter().map(of_group).collect(),
    }
}

fn of_group(group: &JudgedGroup) -> GroupAdvice {
    let modes = modes(&group.series).into_iter().map(|mode| of_mode(group, mode));
    GroupAdvice {
        setting: group.series.setting.clone(),
        quantity: group.quantity,
        modes: modes.collect(),
    }
}

fn of_mode(group: &JudgedGroup, placement: Option<PlacementMode>) -> ModeAdvice {
    let pairs = Pairs::of(&group.series.curves(group.quantity, placement), group.quantity);
    let mut segments = parts::segments(&pairs);
    let found: Vec<&Finding> = group
        .findings
        .iter()
        .filter(|finding| {
            finding.definition == Definition::Crossover && finding.placement == placement
        })
        .collect();
    settle_borders(&mut segments, &found);
    ModeAdvice { placement, segments }
}

/// Moves borders between two maps to where they cross, if that was found between the points of the
/// two segments.
fn settle_borders(segments: &mut [Segment], crossovers: &[&Finding]) {
    let mut last_border = f64::NEG_INFINITY;
    for at in 1..segments.len() {
        let (left, right) = (&segments[at - 1], &segments[at]);
        let (Some(a), Some(b)) = (left.choice.best(), right.choice.best()) else { continue };
        let (lowest, highest) = (left.first_point().max(last_border), right.last_point());
        let gap = (left.to, right.from);
        let outside = |point: f64| (gap.0 - point).max(point - gap.1).max(0.0);
        let nearest = crossovers
            .iter()
            .filter(|finding| finding.subjects == [a, b])
            .filter_map(|finding| match finding.location {
                Location::Found { point, low, high } => Some((point, low, high)),
                _ => None,
            })
            .filter(|(point, ..)| lowest < *point && *point < highest)
            .min_by(|a, b| outside(a.0).total_cmp(&outside(b.0)));
        if let Some((point, low, high)) = nearest {
            last_border = point;
            let edge = Edge::Crossover { low, high };
            (segments[at - 1].to, segments[at - 1].end) = (point, edge);
            (segments[at].from, segments[at].begin) = (point, edge);
        }
    }
}
