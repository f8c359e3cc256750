//! The page of two runs of two machines: ratios to a reference, and that nothing is judged.

use std::fmt::Write as _;

use super::super::AcrossMachines;
use crate::stats::Ratio;
use crate::table::grid;
use crate::units::Charset;

/// Spells two runs that were related to a reference.
pub fn render(across: &AcrossMachines, columns: usize, charset: Charset) -> String {
    let mut text = format!("A  {}\nB  {}\n", across.a, across.b);
    let _ = writeln!(
        text,
        "\nacross machines: how many times as fast as {} on its own machine each map is.\nNothing \
         is judged: what a machine does to one map it does not do to another.",
        across.reference
    );
    if !across.differences.is_empty() {
        text.push_str("\nwhat differs:\n");
        for of in &across.differences {
            let _ = writeln!(text, "  {}: {}: {} -> {}", of.part.name(), of.field, of.a, of.b);
        }
    }
    let mut text = super::wrapped(&text, columns);
    for setting in &across.settings {
        let rows = setting
            .ratios
            .iter()
            .map(|(adapter, a, b)| vec![adapter.clone(), spelled(a, charset), spelled(b, charset)]);
        let table = grid(&["adapter", "A", "B"], rows.collect(), charset);
        let _ = writeln!(text, "\n{}\n{}", setting.setting, table.trim_end());
    }
    if !across.left_out.is_empty() {
        text.push_str("\nleft out:\n");
        for left in &across.left_out {
            let _ = writeln!(text, "  {}: {}", left.cell, left.reason);
        }
    }
    text
}

fn spelled(ratio: &Ratio, charset: Charset) -> String {
    let times = if charset == Charset::Ascii { "x" } else { "×" };
    match ratio.interval {
        Some(interval) => {
            format!("{:.2}{times} [{:.2} to {:.2}]", ratio.ratio, interval.low, interval.high)
        }
        None => format!("{:.2}{times}", ratio.ratio),
    }
}
