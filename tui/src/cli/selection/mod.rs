//! The flags that say what to measure and how, and their resolved form, a `RunRequest`. Here those of
//! runs at fixed points, which `run` and `tui` share; beside it those that other verbs take too.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mapbench_core::event::{Measure, Sequence};
use mapbench_results::stats::Looks;

use super::quantity::duration_ns;
use crate::session::calibrate::Effort;
use crate::session::request::{Length, RunRequest};

mod conditions;
mod subjects;

pub(crate) use conditions::Conditions;
pub(crate) use subjects::Subjects;

/// What to measure and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunSelection {
    #[command(flatten)]
    subjects: Subjects,

    /// Measured time per cell, over all its forks [default: 2s]
    #[arg(short, long, value_name = "TIME", value_parser = duration_ns, help_heading = "How long")]
    #[arg(conflicts_with = "rounds")]
    duration: Option<u64>,
    /// Rounds per fork
    #[arg(long, value_name = "N", help_heading = "How long")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rounds: Option<u32>,
    /// Worker processes per cell, one after the other
    #[arg(long, value_name = "N", default_value_t = 2, help_heading = "How long")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    forks: u32,
    /// Length of a round [default: 200ms]
    #[arg(long = "round", value_name = "TIME", value_parser = duration_ns)]
    #[arg(help_heading = "How long")]
    round_ns: Option<u64>,

    /// In what order the rounds of one setting run
    #[arg(long, value_enum, default_value = "interleaved", help_heading = "How")]
    order: OrderChoice,
    /// One trial per cell that nothing interrupts, in slices of a second [default: 60s per cell]
    #[arg(long, help_heading = "How long", conflicts_with_all = ["order", "forks"])]
    soak: bool,
    /// End a setting's rounds once half of each interval, or of the pair's ratio, is within this
    /// part of it; -d or --rounds are the most
    #[arg(long, value_name = "PERCENT", value_parser = percent, help_heading = "How long")]
    until: Option<f64>,
    /// End a pair's rounds if it differs at one of so many looks, 2 or 4, settled now and each at
    /// Pocock's level
    #[arg(long, value_name = "N", value_parser = looks, help_heading = "How long")]
    #[arg(conflicts_with = "until")]
    looks: Option<Looks>,
    /// End with 5 if a cell is noisy, came to no steady state or has too few rounds
    #[arg(long, help_heading = "How")]
    strict: bool,
    /// What the run measures of itself, before its cells: the harness without a map, and one map
    /// against itself
    #[arg(long, value_enum, default_value = "quick", help_heading = "How")]
    calibration: CalibrationChoice,
    /// What is measured. `memory`: what maps hold after the prefill, after five laps (which replace
    /// every entry of the default scenarios ten times), and once they are quiesced
    #[arg(long, value_enum, default_value = "time", help_heading = "How")]
    measure: MeasureChoice,
    /// After the measured rounds, sample each map's stacks for a second and write them into this
    /// folder: SCENARIO-ADAPTER-THREADS.folded for flame graphs, .pb.gz for `go tool pprof`
    #[arg(long, value_name = "DIR", help_heading = "How")]
    stacks: Option<PathBuf>,
    #[command(flatten)]
    conditions: Conditions,
}

/// In what order rounds run.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum OrderChoice {
    /// Shuffled blocks of one round of each map; of two maps, quads ABBA or BAAB
    Interleaved,
    /// All rounds of a map, then all of the next: drift of the machine looks like a difference
    Block,
}

/// What a run measures of itself.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum CalibrationChoice {
    /// A second or two for each number of threads
    Quick,
    /// Nothing: the results do not say what they could not tell apart
    None,
}

/// What is measured.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum MeasureChoice {
    /// Throughput and latency, and the memory that goes with them
    Time,
    /// What maps hold, at the same places of the same trace
    Memory,
    /// Instructions per op of one thread, to the digit, under valgrind; nothing of contention
    Instructions,
}

/// A share in percent, with or without its sign.
pub(crate) fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim().parse::<f64>().ok();
    let known = number.filter(|percent| (0.01..=50.0).contains(percent));
    known.ok_or_else(|| "write a percentage from 0.01% to 50%, as `1%`".to_owned())
}

/// Looks that levels are known for.
pub(crate) fn looks(text: &str) -> Result<Looks, String> {
    match text {
        "2" => Ok(Looks::Two),
        "4" => Ok(Looks::Four),
        _ => Err("write 2 or 4".to_owned()),
    }
}

impl RunSelection {
    /// The request that these flags make.
    pub(crate) fn request(&self) -> RunRequest {
        self.conditions.over(RunRequest {
            length: match (self.duration, self.rounds) {
                (Some(ns), _) => Length::PerCellNs(ns),
                (None, Some(rounds)) => Length::Rounds(rounds),
                (None, None) => Length::Default,
            },
            forks: self.forks,
            round_ns: self.round_ns,
            strict: self.strict,
            until_percent: self.until,
            looks: self.looks.unwrap_or(Looks::One),
            order: match self.order {
                _ if self.soak => Sequence::Soak,
                OrderChoice::Interleaved => Sequence::Interleaved,
                OrderChoice::Block => Sequence::Block,
            },
            calibration: match self.calibration {
                CalibrationChoice::Quick => Effort::Quick,
                CalibrationChoice::None => Effort::None,
            },
            measure: match self.measure {
                MeasureChoice::Time => Measure::Time,
                MeasureChoice::Memory => Measure::Memory,
                MeasureChoice::Instructions => Measure::Instructions,
            },
            stacks: self.stacks.clone(),
            ..self.subjects.request()
        })
    }
}

#[cfg(test)]
mod tests;
