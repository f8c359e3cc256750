//! The map against its rivals, interleaved: `dashmap` with 256 and with its default number of
//! shards, and `std`'s `RwLock<HashMap>`.
//!
//! ```text
//! cargo run --release -p mapbench-sharded --example rivals [ROUNDS [CELL [SHARDS]]]
//! ```
//!
//! `CELL` picks the cells whose name contains it. It is a quick look for whoever works on this
//! crate; it must not be quoted against `mapbench`, which forks, checks every row and knows the
//! machine.
//!
//! All contestants have the same hasher, keys, values and operations. In each round each runs
//! the same piece of the trace, in random order; the first third of the piece warms up and is
//! not timed; turns in which a thread lost its processor for long do
//! not count. A ratio is formed inside a round, between neighbours in time, because the cost of
//! moving a cache line between two cores may double from one second to the next. What is
//! printed is the median over rounds, with a 95 % bootstrap interval.

#![expect(clippy::disallowed_methods, reason = "a program that only measures reads the clock")]

mod contestants;
mod race;
mod rng;
mod trace;

use std::sync::Arc;

use contestants::{Payload, StringKey};
use race::{Outcome, race};
use rng::Rng;
use trace::Trace;

fn main() {
    let mut args = std::env::args().skip(1);
    let rounds = args.next().map_or(96, |n| n.parse().expect("ROUNDS is a number"));
    let wanted = args.next().unwrap_or_default();
    let shards = args.next().map(|n| n.parse().expect("SHARDS is a number"));

    let mut outcomes = Vec::new();
    for (workload, make) in trace::WORKLOADS {
        for threads in [1, 2] {
            for kind in ["u64", "str"] {
                let cell = format!("{workload}/{kind}/{threads}");
                if !cell.contains(&wanted) {
                    continue;
                }
                let trace = make(threads);
                let outcome = match kind {
                    "u64" => race::<u64, u64>(&trace, &u64_keys(&trace), rounds, shards),
                    _ => race::<StringKey, Payload>(&trace, &string_keys(&trace), rounds, shards),
                };
                print_cell(&cell, &outcome);
                outcomes.push(outcome);
            }
        }
    }
    print_means(&outcomes);
}

fn u64_keys(trace: &Trace) -> Vec<(u64, u64)> {
    let mut rng = Rng::new(1);
    (0..trace.keys as u64).map(|n| (rng.next(), n)).collect()
}

fn string_keys(trace: &Trace) -> Vec<(StringKey, Payload)> {
    let mut rng = Rng::new(1);
    let key = |n: u64| {
        let mut key = [b'-'; 40];
        key[..10].copy_from_slice(b"default/po");
        key[20..36].copy_from_slice(format!("{n:016x}").as_bytes());
        key
    };
    (0..trace.keys as u64).map(|n| (key(rng.next()), Arc::new([n; 28]))).collect()
}

fn print_cell(cell: &str, outcome: &Outcome) {
    print!("{cell:<20} ours {:6.1} Mops/s", outcome.mops_per_sec[0]);
    let rivals = outcome.names.iter().zip(&outcome.ratios).skip(1);
    for (name, ratio) in rivals {
        print!("   {name} {ratio}");
    }
    println!();
}

fn print_means(outcomes: &[Outcome]) {
    let Some(first) = outcomes.first() else { return };
    for (index, name) in first.names.iter().enumerate().skip(1) {
        let of_rival: Vec<&[f64]> =
            outcomes.iter().map(|o| &*o.samples[index]).filter(|s| !s.is_empty()).collect();
        let mean = race::geometric_mean(&of_rival);
        println!("geometric mean over {name}: {mean} ({} cells)", of_rival.len());
    }
}
