//! Notes on odd rounds and odd memory, in sentences that say what was seen and how to look. What
//! is odd is decided in the results.

use std::collections::VecDeque;

use mapbench_core::event::{Cell, Done, RoundReport};
use mapbench_results::oddness::{Seen, odd_memory, odd_rounds};
use mapbench_results::units::rate;

/// Rounds of a fork that are kept to compare: a soak goes on for hours.
const KEPT: usize = 4_096;

/// Keeps what tells whether a round is odd; forgets the oldest.
pub(super) fn remember(seen: &mut VecDeque<Seen>, report: &RoundReport) {
    if seen.len() == KEPT {
        seen.pop_front();
    }
    seen.push_back(Seen {
        n: report.n,
        ops_per_sec: report.ops as f64 * 1e9 / report.elapsed_ns.max(1) as f64,
        mode: report.placement.map(|placement| placement.mode),
        involuntary_switches: report.involuntary_switches,
    });
}

/// A note on the odd rounds of a fork; `None` if it has none.
pub(super) fn rounds_note(cell: &Cell, fork: u32, seen: &[Seen], sampling: bool) -> Option<String> {
    let odd = odd_rounds(seen)?;
    let worst = odd.worst;
    let next = if sampling {
        "its stacks are sampled at the end of this fork"
    } else {
        "to see where the time goes, run it again with --stacks DIR"
    };
    Some(format!(
        "{} of {} rounds are odd in fork {fork} of {}: round {} did {} ops/s where {} are usual, \
         {:.1} MAD off, with {} involuntary switches; its histogram is in the run log; {next}",
        odd.rounds,
        odd.of,
        name(cell),
        worst.n,
        rate(worst.ops_per_sec),
        rate(odd.median),
        odd.deviations,
        worst.involuntary_switches,
    ))
}

/// A note on memory that a map did not give back; `None` if it is as expected.
pub(super) fn memory_note(
    cell: &Cell,
    fork: u32,
    prefilled: Option<f64>,
    done: &Done,
) -> Option<String> {
    let times = odd_memory(prefilled, done.bytes_per_entry)?;
    Some(format!(
        "{} retains {times:.1} times the memory per entry at the end of fork {fork} that it took \
         after the prefill; --measure memory shows when",
        name(cell)
    ))
}

fn name(cell: &Cell) -> String {
    format!("{} {} at {} threads", cell.scenario, cell.adapter, cell.threads)
}
