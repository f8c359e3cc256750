//! Which rule ended the rounds of which cells, and how many it took: of runs that have such a rule.

use std::fmt::Write as _;

use mapbench_core::event::StopRule;

use crate::label;
use crate::summary::{CellSummary, RunSummary};
use crate::units;

/// The line of a group, if one of its cells has a rule.
pub(super) fn write(text: &mut String, summary: &RunSummary, group: &[&CellSummary]) {
    let mut told: Vec<(u32, StopRule)> = Vec::new();
    for cell in group {
        let Some((rounds, rule)) = summary.stop(cell.cell().id) else { continue };
        if told.contains(&(rounds, rule)) {
            continue;
        }
        told.push((rounds, rule));
        let names: Vec<String> = group
            .iter()
            .filter(|other| summary.stop(other.cell().id) == Some((rounds, rule)))
            .map(|other| label::adapter(other.cell()))
            .collect();
        let planned = summary.planned_rounds(cell);
        let _ = writeln!(
            text,
            "{}: {rounds} of at most {planned} rounds, {}",
            names.join(", "),
            spelled(rule)
        );
    }
}

fn spelled(rule: StopRule) -> String {
    match rule {
        StopRule::Planned => "no rule ended them sooner".to_owned(),
        StopRule::Width(width) => {
            format!("ended by a half interval within {} %", units::percent(width))
        }
        StopRule::Look { look, of, alpha } => {
            format!("ended by what look {look} of {of} found, at {alpha} each")
        }
    }
}
