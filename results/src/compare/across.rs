//! Two runs of two machines: how many times as fast each map is as one reference map beside it, on
//! each machine. Ratios only; nothing is judged, because what a machine does to one map it does not
//! do to another.

use super::filter::Filter;
use super::pairing;
use super::stored::NamedRun;
use super::{CompareError, LeftOut};
use crate::fingerprint::{self, Difference, Part};
use crate::label;
use crate::stats::{Ratio, paired_ratio};
use crate::summary::{CellSummary, RunSummary};
use crate::units::Charset;

/// The protocol's field that is the machine's business.
const PINNING: &str = "processors of the threads";

/// Two runs related to a reference map.
#[derive(Debug, Clone, PartialEq)]
pub struct AcrossMachines {
    /// The first run.
    pub a: String,
    /// The second run.
    pub b: String,
    /// The map that the others are related to.
    pub reference: String,
    /// Machine and program: what differs between the two.
    pub differences: Vec<Difference>,
    /// The settings that both runs have, in the order of the second.
    pub settings: Vec<AcrossSetting>,
    /// Cells that have no ratio in both.
    pub left_out: Vec<LeftOut>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq)]
pub struct AcrossSetting {
    /// The setting.
    pub setting: String,
    /// Adapter, its ratio to the reference in the first run, and in the second; above 1 it is
    /// faster than the reference.
    pub ratios: Vec<(String, Ratio, Ratio)>,
}

/// Relates two runs to a reference map.
///
/// # Errors
/// [`CompareError::Differs`] if they were not measured in the same way,
/// [`CompareError::NoReference`] if no setting has the reference in both.
pub fn across(
    a: NamedRun<'_>,
    b: NamedRun<'_>,
    reference: &str,
    filter: Filter<'_>,
) -> Result<AcrossMachines, CompareError> {
    let differences = fingerprint::differences(a.summary.begin(), b.summary.begin());
    let is_protocol = |of: &Difference| of.part == Part::Protocol && of.field != PINNING;
    let forbidding: Vec<Difference> =
        differences.iter().filter(|of| of.forbids() && is_protocol(of)).cloned().collect();
    if !forbidding.is_empty() {
        let (a, b) = (a.name.to_owned(), b.name.to_owned());
        return Err(CompareError::Differs { a, b, differences: forbidding });
    }
    let mut settings: Vec<AcrossSetting> = Vec::new();
    let mut left_out = Vec::new();
    let mut known: Vec<String> = Vec::new();
    for cell in b.summary.cells().iter().filter(|cell| filter.takes(cell.cell())) {
        let setting = label::setting(cell.cell(), Charset::Ascii);
        let adapter = label::adapter(cell.cell());
        let other = find(a.summary, &setting, &adapter);
        if other.is_some() && !known.contains(&adapter) {
            known.push(adapter.clone());
        }
        if adapter == reference {
            continue;
        }
        let ratio = |run: &RunSummary, cell: Option<&CellSummary>| {
            let reference = find(run, &setting, reference)?;
            paired_ratio(&cell?.samples(), &reference.samples())
        };
        let ratios = ratio(a.summary, other).zip(ratio(b.summary, Some(cell)));
        let Some((in_a, in_b)) = ratios else {
            let reason = format!("has no rounds beside {reference} in both runs");
            left_out.push(LeftOut { cell: pairing::spelled(cell.cell()), reason });
            continue;
        };
        match settings.iter_mut().find(|known| known.setting == setting) {
            Some(known) => known.ratios.push((adapter, in_a, in_b)),
            None => {
                settings.push(AcrossSetting { setting, ratios: vec![(adapter, in_a, in_b)] });
            }
        }
    }
    if settings.is_empty() {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(CompareError::NoReference { reference: reference.to_owned(), known });
    }
    Ok(AcrossMachines {
        a: a.name.to_owned(),
        b: b.name.to_owned(),
        reference: reference.to_owned(),
        differences,
        settings,
        left_out,
    })
}

fn find<'r>(summary: &'r RunSummary, setting: &str, adapter: &str) -> Option<&'r CellSummary> {
    summary.cells().iter().find(|cell| {
        label::setting(cell.cell(), Charset::Ascii) == setting
            && label::adapter(cell.cell()) == adapter
    })
}
