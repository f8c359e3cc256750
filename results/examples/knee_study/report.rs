//! The study's tables, in Markdown. Judges against the goals.

use std::time::{Duration, Instant};

use mapbench_results::knee::corpus::Noise;
use mapbench_results::stats::quantile;

use crate::arguments::Arguments;
use crate::question::Question;
use crate::trial::{Setting, Tally, run};

/// Between which shares an interval of 95 % ought to hold the true knee.
const COVERAGE: (f64, f64) = (0.93, 0.97);
/// Share of straight lines on which a knee may be found.
const FALSE_KNEES: f64 = 0.05;

/// Runs all cells and prints a table an algorithm.
pub(crate) fn print(arguments: &Arguments) {
    let cells: usize = arguments
        .questions
        .iter()
        .map(|question| question.families.len() * arguments.noise_percents.len())
        .sum();
    let share = Duration::from_secs_f64(arguments.seconds / cells.max(1) as f64);
    for question in &arguments.questions {
        heading(question, arguments);
        for &family in question.families {
            for &percent in &arguments.noise_percents {
                let deviation = percent / 100.0;
                let noise = if arguments.has_memory {
                    Noise::remembering(deviation)
                } else {
                    Noise::independent(deviation)
                };
                let setting = Setting {
                    family,
                    noise,
                    precision: arguments.precision,
                    most_visits: arguments.most_visits.unwrap_or(question.most_visits),
                };
                for (tally, choice) in
                    cell(question, setting, arguments, share).iter().zip(["adaptive", "grid"])
                {
                    let first = format!("| {family:?} | {percent} % | {choice} ");
                    println!("{first}{}", row(question, tally, percent));
                }
            }
        }
        println!();
    }
}

fn cell(
    question: &Question,
    setting: Setting,
    arguments: &Arguments,
    share: Duration,
) -> [Tally; 2] {
    let mut tallies = [Tally::default(), Tally::default()];
    #[expect(clippy::disallowed_methods, reason = "bounds the study; no figure depends on it")]
    let start = Instant::now();
    for seed in 0..arguments.repeats {
        run(question, setting, seed, &mut tallies);
        if start.elapsed() >= share {
            break;
        }
    }
    tallies
}

fn heading(question: &Question, arguments: &Arguments) {
    let unit = if question.in_percent { "%" } else { "doublings" };
    println!(
        "### {}: p95 error ≤ {} {unit} at noise up to {} % in ≤ {} visits{}\n",
        question.name,
        question.goal,
        question.goal_noise_percent,
        arguments.most_visits.unwrap_or(question.most_visits),
        if arguments.has_memory { ", noise with AR(.3) memory" } else { "" },
    );
    println!(
        "| curve | noise | design | cases | visits, median | error, median | p95 | half-width, \
         median | interval holds | not found | false knees | goals |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
}

fn row(question: &Question, tally: &Tally, percent: f64) -> String {
    let of = |values: &[f64], share: f64| {
        quantile(values, share).map_or_else(|| "–".to_string(), |figure| format!("{figure:.3}"))
    };
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
        tally.visits.len(),
        quantile(&tally.visits, 0.5).unwrap_or_default(),
        of(&tally.errors, 0.5),
        of(&tally.errors, 0.95),
        of(&tally.half_widths, 0.5),
        tally.held,
        tally.missed,
        tally.false_knees,
        goals(question, tally, percent),
    )
}

/// Which goals this cell reaches: "error", "coverage", "false knees", each with yes or no.
fn goals(question: &Question, tally: &Tally, percent: f64) -> String {
    let mut said = Vec::new();
    if let Some(p95) = quantile(&tally.errors, 0.95)
        && percent <= question.goal_noise_percent
    {
        said.push(format!("error {}", yes(p95 <= question.goal)));
    }
    if let Some(share) = tally.held.share() {
        let verdict = match share {
            low if low < COVERAGE.0 => "low",
            high if high > COVERAGE.1 => "high",
            _ => "yes",
        };
        said.push(format!("coverage {verdict}"));
    }
    if tally.errors.is_empty()
        && let Some(share) = tally.false_knees.share()
    {
        said.push(format!("false knees {}", yes(share <= FALSE_KNEES)));
    }
    said.join(", ")
}

fn yes(is_reached: bool) -> &'static str {
    if is_reached { "yes" } else { "no" }
}
