//! Prints what the points of an axis cost before anything is measured: time to generate the trace,
//! figures of the header included, its size, and the memory that it took at most so far. Not a test:
//! run it on an idle machine.
//! `cargo run --release -p mapbench-core --example axis_points SCENARIO AXIS X…`

use mapbench_core::driver::clock::monotonic_ns;
use mapbench_core::scenario::{Axis, find};
use mapbench_core::trace::{Stream, hash};
use mapbench_core::workload::generate;
use nix::sys::resource::{UsageWho, getrusage};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let [scenario, axis, xs @ ..] = asked.as_slice() else {
        return Err("name a scenario, an axis and points, as: read-heavy keys 1000 1000000".into());
    };
    let (scenario, axis) = (find(scenario)?, axis.parse::<Axis>()?);
    for x in xs {
        let point = axis.scenario_at(&scenario, x.parse()?)?;
        let started = monotonic_ns();
        let trace = generate(&point, 1)?;
        let seconds = (monotonic_ns() - started) as f64 / 1e9;
        let words: usize = trace.streams.iter().map(|stream: &Stream| stream.words.len()).sum();
        let events: usize = trace.streams.iter().map(|stream| stream.times_ns.len()).sum();
        println!(
            "{} {axis} = {x}: {seconds:.2} s, {} ops, {words} words, {events} timed events, at most \
             {} MiB, trace {}",
            point.name,
            trace.header.ops,
            getrusage(UsageWho::RUSAGE_SELF)?.max_rss() / 1024,
            hash(&trace),
        );
    }
    Ok(())
}
