//! A history as pages of text: the series, the change points, and one series with all its points.
//! Nothing is computed here.

mod changes;
mod list;
mod show;

pub use changes::{changes, open};
pub use list::list;
pub use show::show;

use comfy_table::Table;
use comfy_table::presets::NOTHING;

/// A table without lines.
fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(header.iter().copied());
    table
}

/// What was left out, a line each, at most so many; the rest is counted.
pub fn left_out(reasons: &[String], most: usize) -> String {
    let mut lines: Vec<String> =
        reasons.iter().take(most).map(|at| format!("left out: {at}\n")).collect();
    if reasons.len() > most {
        lines.push(format!("left out: {} more\n", reasons.len() - most));
    }
    lines.concat()
}
