//! How often a series in which nothing changes looks as strong: from a table of simulated critical
//! values, which `cargo run --release -p mapbench-results --example history_critical` makes.
//! Between its lengths the strength is read linear in the logarithm of the length, between its
//! levels the logarithm of the level is read linear in the square of the strength, as the tail of a
//! normal deviate is; beyond its last level that line goes on.

use super::critical_table::{LENGTHS, LEVELS, STRENGTHS};

/// The chance that the strongest candidate of `n` independent values of one distribution has this
/// `strength` at least. 1 below what half of all series reach.
pub(super) fn p_value(n: usize, strength: f64) -> f64 {
    let column = column(n);
    // Short series have few strengths: the first level that reaches this one is its chance.
    let at = column.iter().position(|critical| strength <= *critical);
    let at = at.unwrap_or(LEVELS.len() - 1);
    if at == 0 {
        return 1.0;
    }
    let (low, high) = (column[at - 1].powi(2), column[at].powi(2));
    if high - low < 1e-9 {
        return LEVELS[at];
    }
    let share = (strength.powi(2) - low) / (high - low);
    (LEVELS[at - 1].ln() + share * (LEVELS[at].ln() - LEVELS[at - 1].ln())).exp()
}

/// The strength that `n` independent values reach with this chance.
pub(super) fn limit(n: usize, level: f64) -> f64 {
    let column = column(n);
    let last = LEVELS.len() - 2;
    let at = (0..last).find(|at| level > LEVELS[at + 1]).unwrap_or(last);
    let (from, to) = (LEVELS[at].ln(), LEVELS[at + 1].ln());
    let share = (level.max(f64::MIN_POSITIVE).ln() - from) / (to - from);
    let (low, high) = (column[at].powi(2), column[at + 1].powi(2));
    (low + share * (high - low)).max(0.0).sqrt()
}

/// The strengths of a length, by level.
fn column(n: usize) -> [f64; LEVELS.len()] {
    let last = LENGTHS.len() - 2;
    let at = (0..last).find(|at| n < LENGTHS[at + 1]).unwrap_or(last);
    let (from, to) = ((LENGTHS[at] as f64).ln(), (LENGTHS[at + 1] as f64).ln());
    let share = (((n.max(1)) as f64).ln() - from) / (to - from);
    let share = share.max(0.0);
    std::array::from_fn(|level| {
        STRENGTHS[at][level] + share * (STRENGTHS[at + 1][level] - STRENGTHS[at][level])
    })
}
