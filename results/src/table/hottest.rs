//! The hottest functions of each cell whose stacks were sampled.

use std::fmt::Write as _;

use crate::label;
use crate::stacks::{hottest, samples};
use crate::summary::RunSummary;
use crate::units::Charset;

/// Functions shown of a cell.
const SHOWN: usize = 5;
/// Longest part of a function's name that is shown: its end, which tells most.
const NAME_CHARS: usize = 88;

/// Spells the hottest functions of every sampled cell; empty if there is none.
///
/// ```text
/// hottest functions, curated/read-heavy dashmap/v6 ×2, 498 samples of processor time
///   self  total
///  41.2%  63.0%  dashmap::DashMap<K,V,S>::get
/// ```
pub fn render_stacks(summary: &RunSummary, charset: Charset) -> String {
    let mut text = String::new();
    for cell in summary.cells() {
        let Some(stacks) = cell.stacks() else { continue };
        let all = samples(stacks);
        let setting = label::setting(cell.cell(), charset);
        let _ = writeln!(
            text,
            "hottest functions of {}: {setting}, {all} samples of processor time",
            cell.cell().adapter
        );
        let _ = writeln!(text, "   self   total");
        for hot in hottest(stacks).iter().take(SHOWN) {
            let (own, total) = (percent(hot.own, all), percent(hot.total, all));
            let _ = writeln!(text, "{own:>6.1}%{total:>7.1}%  {}", end_of(&hot.function));
        }
        for (count, what) in [
            (stacks.cut, "with callers that could not be found"),
            (stacks.lost, "lost for want of room"),
        ] {
            if count > 0 {
                let _ = writeln!(text, "  {count} samples {what}");
            }
        }
    }
    text
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

fn end_of(function: &str) -> String {
    let length = function.chars().count();
    if length <= NAME_CHARS {
        return function.to_owned();
    }
    let end: String = function.chars().skip(length - NAME_CHARS + 1).collect();
    format!("…{end}")
}
