//! What maps counted of themselves, a line for each that does: promotions, copies, retries.

use std::fmt::Write as _;

use crate::label;
use crate::summary::{CellSummary, CounterRate};
use crate::units::{self, Charset};

/// The two counters that are one figure: how many walks had a view of one moment, and the sum of
/// the ages of those views when the walks ended.
const VIEWS: &str = "views";
const VIEW_AGES: &str = "view-age-ns";

/// Writes the lines of a group; nothing where no map counts.
pub(super) fn write(text: &mut String, group: &[&CellSummary], charset: Charset) {
    let lines: Vec<String> = group
        .iter()
        .filter(|cell| !cell.row().counters.is_empty())
        .map(|cell| {
            let said = describe(&cell.row().counters, charset);
            format!("  {}: {said}", label::adapter(cell.cell()))
        })
        .collect();
    if !lines.is_empty() {
        let title = "what maps counted of themselves, median per second of rounds:";
        let _ = writeln!(text, "{title}\n{}\n", lines.join("\n"));
    }
}

fn describe(counters: &[CounterRate], charset: Charset) -> String {
    let count = |name| counters.iter().find(|counter| counter.name == name).map(|c| c.count);
    let mut said: Vec<String> = counters
        .iter()
        .filter(|counter| counter.name != VIEW_AGES)
        .map(|counter| format!("{} {}", counter.name, units::rate(counter.per_sec_median)))
        .collect();
    if let (Some(ages_ns), Some(views @ 1..)) = (count(VIEW_AGES), count(VIEWS)) {
        said.push(format!("mean age of a view {}", units::time(ages_ns / views, charset)));
    }
    said.join(", ")
}
