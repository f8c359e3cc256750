//! One adapter against another over every setting of a run: paired ratios with intervals, and their
//! geometric mean. Says how much, not whether it matters.

use std::fmt::Write as _;

use crate::label;
use crate::stats::{Ratio, geometric_mean, log_ratios, paired_ratio};
use crate::summary::RunSummary;
use crate::units::Charset;

/// One adapter against another.
#[derive(Debug, Clone, PartialEq)]
pub struct Versus {
    /// The adapter, as [`label::adapter`] calls it; ratios above 1 say that it is faster.
    pub subject: String,
    /// What it is compared with.
    pub reference: String,
    /// The ratio in each setting that both were measured in, in the order of the plan; `None`
    /// where the two have no round of one placement mode in common.
    pub settings: Vec<(String, Option<Ratio>)>,
    /// Over all settings that have a ratio.
    pub geometric_mean: Option<Ratio>,
}

/// Compares two adapters of a run, called as [`label::adapter`] does. Pairs rounds of the same fork
/// and number, which the session ran as neighbours.
pub fn versus(summary: &RunSummary, subject: &str, reference: &str) -> Versus {
    let mut settings = Vec::new();
    let mut logs = Vec::new();
    for cell in summary.cells().iter().filter(|cell| label::adapter(cell.cell()) == subject) {
        let setting = label::setting(cell.cell(), Charset::Utf8);
        let other = summary.cells().iter().find(|other| {
            label::adapter(other.cell()) == reference
                && label::setting(other.cell(), Charset::Utf8) == setting
        });
        let Some(other) = other else { continue };
        let (a, b) = (cell.samples(), other.samples());
        let ratio = paired_ratio(&a, &b);
        if ratio.is_some() {
            logs.push(log_ratios(&a, &b));
        }
        settings.push((setting, ratio));
    }
    Versus {
        subject: subject.to_owned(),
        reference: reference.to_owned(),
        settings,
        geometric_mean: geometric_mean(&logs),
    }
}

impl Versus {
    /// Spells it for people: one line per setting, then the mean.
    pub fn describe(&self) -> String {
        let mut text = format!("{} against {}:\n", self.subject, self.reference);
        for (setting, ratio) in &self.settings {
            let _ = writeln!(text, "  {}  {setting}", spelled(ratio.as_ref()));
        }
        let mean = spelled(self.geometric_mean.as_ref());
        let _ = writeln!(text, "  {mean}  geometric mean of {} settings", self.settings.len());
        text
    }
}

fn spelled(ratio: Option<&Ratio>) -> String {
    let Some(Ratio { ratio, interval, rounds }) = ratio else {
        return "no rounds to pair".to_owned();
    };
    let interval = interval.map_or_else(
        || "no interval".to_owned(),
        |interval| format!("{:.3} to {:.3}", interval.low, interval.high),
    );
    format!("{ratio:.3}x [{interval}] of {rounds} pairs")
}
