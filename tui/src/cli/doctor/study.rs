//! `mapbench doctor --placement RUN`: what the tags of a run's rounds are worth, read from its log.

use std::fmt::Write;

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use mapbench_core::event::PlacementMode;
use mapbench_results::placement::{self, CellStudy, Spread};

use crate::cli::{CliError, output, run_name};

/// Prints the study of a run.
pub(super) fn run(name: &str, json: bool) -> Result<u8, CliError> {
    let log = run_name::log(&run_name::folder(None)?, name)?;
    let cells = placement::study(&log);
    if cells.is_empty() {
        return Err(CliError::nothing(format!(
            "{}: no round carries a placement; measure with two threads or more on as many \
             processors, as `mapbench run -s read-heavy -a dashmap/v6 -t 2 -d 10m --forks 1`",
            log.path.display()
        )));
    }
    let text = if json {
        let object =
            serde_json::json!({ "schema_version": 1, "run": log.begin.run_id, "cells": cells });
        format!("{object:#}\n")
    } else {
        cells.iter().map(page).collect::<Vec<_>>().join("\n")
    };
    output::print(text.as_bytes())?;
    Ok(0)
}

fn page(cell: &CellStudy) -> String {
    let timeline = &cell.timeline;
    let mut text = format!(
        "{} {} {} threads: {} rounds in {:.0} s, {} flips, {} rounds straddle one\n",
        cell.scenario,
        cell.adapter,
        cell.threads,
        timeline.looks,
        timeline.span_ns as f64 / 1e9,
        timeline.flips,
        timeline.mixed
    );
    let mut table = Table::new();
    let header = [
        "",
        "rounds",
        "share",
        "trip ns",
        "stays",
        "median s",
        "longest s",
        "Mops/s",
        "MAD %",
        "±95 %",
    ];
    table.load_style(NOTHING).set_header(header);
    let figures = |spread: &Spread| {
        let half = spread.half_width_share;
        [
            format!("{:.2}", spread.ops_per_sec_median / 1e6),
            format!("{:.2}", spread.mad_share * 100.0),
            half.map_or_else(|| "–".to_owned(), |half| format!("{:.2}", half * 100.0)),
        ]
    };
    let none = || "–".to_owned();
    let mut row =
        vec!["without tags".to_owned(), cell.untagged.rounds.to_string(), "100".to_owned()];
    row.extend([none(), none(), none(), none()]);
    row.extend(figures(&cell.untagged));
    table.add_row(row);
    for (mode, spread) in &cell.tagged {
        let Some(of_mode) = timeline.modes.iter().find(|known| known.mode == *mode) else {
            continue;
        };
        let share = spread.rounds as f64 / timeline.looks.max(1) as f64 * 100.0;
        let mut row = vec![
            if *mode == PlacementMode::Far { "far" } else { "near" }.to_owned(),
            spread.rounds.to_string(),
            format!("{share:.1}"),
            format!("{:.0}", of_mode.round_trip_ns),
            of_mode.stays.to_string(),
            format!("{:.1}", of_mode.stay_ns_median / 1e9),
            format!("{:.1}", of_mode.stay_ns_longest as f64 / 1e9),
        ];
        row.extend(figures(spread));
        table.add_row(row);
    }
    let _ = writeln!(text, "{}", table.trim_fmt());
    text
}
