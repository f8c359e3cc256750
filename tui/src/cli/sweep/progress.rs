//! What a person sees of a sweep while it measures, on standard error: one line per visit, and what
//! could not be measured. Judges nothing.

use std::collections::BTreeMap;

use mapbench_core::event::{Cell, PlacementMode, RunEvent};
use mapbench_results::stats::median;
use mapbench_results::units::rate;

use crate::session::Sink;

/// Shows the visits of a sweep.
#[derive(Debug, Default)]
pub(super) struct Visits {
    unit: String,
    cells: Vec<Cell>,
    made: usize,
    /// The visit that is under way: its fork, and rounds by cell.
    now: Option<(u32, BTreeMap<u32, Vec<f64>>)>,
    modes: Vec<PlacementMode>,
}

impl Visits {
    fn cell(&self, id: u32) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.id == id)
    }

    /// Whether a trial belongs to the visit that is under way.
    fn goes_on(&self, cell: u32, fork: u32) -> bool {
        let place = |id: u32| {
            let cell = self.cell(id)?;
            Some((cell.scenario.as_str(), cell.threads, cell.axis_value.as_deref()))
        };
        self.now.as_ref().is_some_and(|(now, rounds)| {
            let same = |known: &u32| place(*known) == place(cell);
            *now == fork && rounds.keys().all(same)
        })
    }

    fn finish(&mut self) {
        let Some((_, rounds)) = self.now.take() else { return };
        self.made += 1;
        let Some(first) = rounds.keys().next().and_then(|id| self.cell(*id)) else { return };
        let modes: Vec<&str> = [(PlacementMode::Near, "near"), (PlacementMode::Far, "far")]
            .into_iter()
            .filter(|(mode, _)| self.modes.contains(mode))
            .map(|(_, name)| name)
            .collect();
        let placed = if modes.is_empty() { String::new() } else { format!(" {}", modes.join("+")) };
        let figures: Vec<String> = rounds
            .iter()
            .filter_map(|(id, rounds)| {
                Some(format!("{} {}", self.cell(*id)?.adapter, rate(median(rounds)?)))
            })
            .collect();
        let gap = if self.unit.is_empty() { "" } else { " " };
        anstream::eprintln!(
            "[{}] {} t{} {} = {}{gap}{}{placed}: {} ops/s",
            self.made,
            first.scenario,
            first.threads,
            first.axis.as_deref().unwrap_or_default(),
            short(first.axis_value.as_deref().unwrap_or_default()),
            self.unit,
            figures.join(" · "),
        );
    }
}

/// Four digits of a number tell where a point is.
fn short(value: &str) -> String {
    match value.parse::<f64>() {
        Ok(x) if x.fract() != 0.0 && x < 1e4 => {
            let digits = (3 - x.abs().max(1e-3).log10().floor() as i32).clamp(0, 6) as usize;
            format!("{x:.digits$}")
        }
        Ok(x) => format!("{x:.0}"),
        Err(_) => value.to_owned(),
    }
}

impl Sink for Visits {
    fn event(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Begin(begin) => {
                self.unit = begin.sweep.as_ref().map_or(String::new(), |sweep| sweep.unit.clone());
            }
            RunEvent::CellAdded(cell) => self.cells.push((**cell).clone()),
            RunEvent::TrialStarted { cell, fork } => {
                if !self.goes_on(*cell, *fork) {
                    self.finish();
                    self.modes.clear();
                    self.now = Some((*fork, BTreeMap::new()));
                }
                if let Some((_, rounds)) = &mut self.now {
                    rounds.entry(*cell).or_default();
                }
            }
            RunEvent::Round { cell, report, .. } if !report.sampled => {
                if let Some((_, rounds)) = &mut self.now {
                    let per_sec = report.ops as f64 * 1e9 / report.elapsed_ns.max(1) as f64;
                    rounds.entry(*cell).or_default().push(per_sec);
                }
                self.modes.extend(report.placement.map(|placement| placement.mode));
            }
            RunEvent::TrialFailed { cell, failure, .. } => {
                let adapter = self.cell(*cell).map_or("", |cell| cell.adapter.as_str());
                let (kind, message) = (failure.kind.name(), &failure.message);
                anstream::eprintln!("{adapter}: {kind}: {message}");
            }
            RunEvent::Note { text } => {
                self.finish();
                anstream::eprintln!("note: {text}");
            }
            RunEvent::End(_) => self.finish(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_point_is_told_with_four_digits() {
        let cases = [("12.345678", "12.35"), ("0.0123456", "0.01235"), ("16000000", "16000000")];
        for (value, shown) in cases {
            assert_eq!(short(value), shown);
        }
        assert_eq!(short("many"), "many");
    }
}
