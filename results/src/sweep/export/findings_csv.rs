//! CSV of the findings of a sweep: one row per knee that was looked for, found or not. A figure
//! that does not exist is an empty field. Columns are added at the end, never renamed, moved or
//! taken away.

use std::io::{self, Write};

use super::super::judged::Sweep;
use super::super::spec::SweepSpec;
use super::super::spell;
use super::csv::{SETTING_COLUMNS, optional, setting_fields};
use crate::knee::{Finding, Location};
use crate::summary::mode_name;

const FINDING_COLUMNS: [&str; 15] = [
    "definition",
    "adapter",
    "other_adapter",
    "placement",
    "state",
    "point",
    "ci95_low",
    "ci95_high",
    "side",
    "why",
    "visits",
    "points",
    "parameters",
    "slo_percentile",
    "slo_limit_ns",
];

/// Writes the header and every row.
///
/// # Errors
/// What `out` says.
pub fn write(sweep: &Sweep, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(SETTING_COLUMNS.iter().chain(&FINDING_COLUMNS))?;
    for group in &sweep.groups {
        let setting = setting_fields(&group.series.setting, sweep);
        for finding in &group.findings {
            rows.write_record(setting.iter().chain(&fields(finding, &sweep.spec)))?;
        }
    }
    rows.flush()
}

fn fields(finding: &Finding, spec: &SweepSpec) -> [String; FINDING_COLUMNS.len()] {
    let subject = |at: usize| finding.subjects.get(at).cloned().unwrap_or_default();
    let (mut side, mut reason) = (String::new(), String::new());
    let mut interval = (None, None);
    match &finding.location {
        Location::Found { low, high, .. } => interval = (Some(*low), Some(*high)),
        Location::BeyondRange { side: beyond } => spell::side_name(*beyond).clone_into(&mut side),
        Location::Unresolved { why } => reason.clone_from(why),
        Location::None => {}
    }
    let parameters = finding.model.iter().flat_map(|model| &model.parameters);
    let parameters = parameters.map(|(name, value)| format!("{name}={value}"));
    [
        spell::definition_name(finding.definition).to_owned(),
        subject(0),
        subject(1),
        finding.placement.map_or("", mode_name).to_owned(),
        spell::state_name(&finding.location).to_owned(),
        optional(finding.location.point()),
        optional(interval.0),
        optional(interval.1),
        side,
        reason,
        finding.visits.to_string(),
        finding.points.to_string(),
        parameters.collect::<Vec<_>>().join(";"),
        optional(spec.slo.map(|slo| slo.percentile)),
        optional(spec.slo.map(|slo| slo.limit_ns)),
    ]
}
