//! Finds where the level of a series changes: a rank statistic of every part of the series that
//! could hold a change, after an AR(1) filter, against what series reach in which nothing changes.
//! Pure and deterministic: the same values give the same changes. How well it does on series whose
//! changes are known is told by `scripts/history-study`.
//!
//! Distribution-free for independent values. Memory between neighbours is filtered out as far as it
//! is a first-order one; what drifts is called a change, or several.

mod critical;
mod critical_table;
mod null;
mod prewhiten;
mod scores;
mod search;
mod seeded;
mod shift;

#[cfg(test)]
mod tests;

use self::scores::Scores;

pub use critical_table::{LENGTHS, LEVELS};
pub use null::null_strengths;
pub use prewhiten::levels;
pub use shift::shift;

/// The least number of values between two changes, and at both ends.
pub const LEAST: usize = 3;
/// The chance of any nomination in a history in which nothing changes.
pub const HISTORY_LEVEL: f64 = 0.01;
/// At this level levels are taken out before the memory of a series is estimated: one too many does
/// less harm there than one too few.
const PILOT_LEVEL: f64 = 0.05;
/// How often levels and memory are estimated in turn.
const PILOT_ROUNDS: usize = 2;

/// A change that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// Position of the first value after it.
    pub at: usize,
    /// The chance of as strong a change anywhere in such a series in which nothing changes.
    pub p: f64,
}

/// The changes of level in a series, in order. `level` is the chance of any change in a series in
/// which nothing changes. Values are positive and finite; a series too short to say anything has no
/// change.
pub fn find(values: &[f64], level: f64) -> Vec<Found> {
    let n = values.len();
    if n < 2 * LEAST {
        return Vec::new();
    }
    // Throughputs differ by factors; the filter adds.
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    let scores = Scores::up_to(n);
    let mut starts = changes(&logs, PILOT_LEVEL, &scores);
    let mut white = logs.clone();
    for _ in 0..PILOT_ROUNDS {
        let pilot: Vec<usize> = starts.iter().map(|found| found.at).collect();
        let memory = prewhiten::memory(&logs, &pilot, &scores);
        white = prewhiten::prewhitened(&logs, memory, &pilot);
        starts = changes(&white, PILOT_LEVEL, &scores);
    }
    changes(&white, level, &scores)
}

fn changes(values: &[f64], level: f64, scores: &Scores) -> Vec<Found> {
    let found = search::changes(values, level, scores);
    found.into_iter().map(|(at, p)| Found { at, p }).collect()
}
