//! What a reader of a row should know before using its figures. Raised here, spelled where it is
//! shown.

use mapbench_core::event::Cell;

use super::disturbance::Disturbance;
use super::fork::Counts;
use super::row::PlacementShares;
use super::tally::Figures;
use super::{BEHIND_SHARE, NOISY_HALF_WIDTH, SHARE_TOLERANCE};
use crate::stats::Interval;

/// Something that a reader of a row should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// A read answered with another key's value.
    WrongValues,
    /// The hit share is more than a point from the intended one.
    HitShare,
    /// The effective write share is more than a point from the intended one.
    WriteShare,
    /// The share of the most accessed key is more than a point from the intended one.
    TopKeyShare,
    /// The estimated time in maps is more than there was: a thread was interrupted in a timed op.
    MapTimes,
    /// Less than 99 % of what was offered was achieved.
    Saturated,
    /// Events of paced actors were due faster than they were done.
    Behind,
    /// Threads outnumbered processors, and gave way while they waited for something to be due.
    Yielding,
    /// The interval is wide.
    Noisy,
    /// Throughput did not come to rest: it stepped late, or has a slope.
    NoSteadyState,
    /// Rounds ran in more than one placement mode; figures are of the most frequent one.
    MixedPlacement,
    /// Some latencies could not be read.
    UnreadableLatency,
}

impl Flag {
    /// The words in tables and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Flag::WrongValues => "wrong values",
            Flag::HitShare => "hit share off",
            Flag::WriteShare => "write share off",
            Flag::TopKeyShare => "top key off",
            Flag::MapTimes => "map times off",
            Flag::Saturated => "saturated",
            Flag::Yielding => "yielding",
            Flag::Behind => "behind",
            Flag::Noisy => "noisy",
            Flag::NoSteadyState => "no steady state",
            Flag::MixedPlacement => "mixed placement",
            Flag::UnreadableLatency => "latency unreadable",
        }
    }
}

/// The flags of a row.
pub(super) fn raised(
    cell: &Cell,
    counts: &Counts,
    figures: &Figures,
    placement: Option<PlacementShares>,
    verified: Option<bool>,
    disturbance: &Disturbance,
) -> Vec<Flag> {
    // A control that keeps nothing hits nothing: it is not verified, and that says it all.
    let keeps = verified != Some(false);
    // Shares are intended over a whole lap, of all actors: a slow map may have seen only how it
    // begins, and actors without an order have come to another point each.
    let whole_lap = counts.ops >= cell.trace_ops && !cell.free_actors;
    let off = |measured: Option<f64>, intended: f64| {
        whole_lap && measured.is_some_and(|measured| (measured - intended).abs() > SHARE_TOLERANCE)
    };
    let writes = counts.effective_write_share();
    let half_width = figures.ops_per_sec_ci95.map_or(0.0, Interval::half_width);
    let noisy = half_width > NOISY_HALF_WIDTH * figures.ops_per_sec_median.unwrap_or(0.0);
    let threads = cell.threads;
    let is_saturated = figures.pace.is_some_and(|pace| pace.is_saturated(figures.rounds, threads));
    let raised = [
        (counts.wrong_values > 0, Flag::WrongValues),
        (keeps && cell.hit_share.is_some_and(|hits| off(counts.hit_share(), hits)), Flag::HitShare),
        (keeps && off(writes, cell.effective_write_share), Flag::WriteShare),
        (cell.top_key_share.is_some_and(|top| off(counts.top_key_share(), top)), Flag::TopKeyShare),
        (is_too_busy(cell, figures), Flag::MapTimes),
        (is_saturated, Flag::Saturated),
        (!is_saturated && is_behind(cell, figures), Flag::Behind),
        (figures.pace.is_some_and(|pace| pace.yielded), Flag::Yielding),
        (noisy, Flag::Noisy),
        (disturbance.steady == Some(false), Flag::NoSteadyState),
        (placement.is_some_and(|shares| !shares.is_pure()), Flag::MixedPlacement),
        (counts.unreadable_rounds > 0, Flag::UnreadableLatency),
    ];
    raised.into_iter().filter_map(|(raised, flag)| raised.then_some(flag)).collect()
}

/// Whether the threads were longer in maps, and waiting, than they ran: by half, because the time in
/// maps is an estimate, and an op that misses the caches overlaps with its neighbours unless it is
/// timed.
fn is_too_busy(cell: &Cell, figures: &Figures) -> bool {
    let there_was = figures.elapsed_ns as f64 * f64::from(cell.threads);
    let told = figures.busy_ns.unwrap_or(0) as f64 + figures.waiting_ns as f64;
    figures.busy_ns.is_some() && told > there_was * 1.5
}

/// Whether more than [`BEHIND_SHARE`] of the due events were late. The end of a round cuts into an
/// event on each thread without anybody being behind.
fn is_behind(cell: &Cell, figures: &Figures) -> bool {
    let cut = figures.rounds.saturating_mul(u64::from(cell.threads));
    let late = figures.late_events.saturating_sub(cut);
    late as f64 > BEHIND_SHARE * figures.due_events as f64
}
