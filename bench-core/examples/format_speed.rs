//! Prints how fast trace files are written and read, without a disk. Not a test: run it on an idle
//! machine; on a busy one the processor time per record says more than the rate.
//! `cargo run --release -p mapbench-core --example format_speed [SCENARIO…]`

use std::io;

use mapbench_core::driver::clock::monotonic_ns;
use mapbench_core::scenario::find;
use mapbench_core::trace::{read_hashed, write};
use mapbench_core::workload::generate;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

const ROUNDS: usize = 7;

/// Processor time of all threads of this process, the kernel's on their behalf included.
fn cpu_ns() -> nix::Result<i64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok((usage.user_time() + usage.system_time()).num_nanoseconds())
}

/// The best of some rounds: nanoseconds by the wall and of the processor.
fn best(mut work: impl FnMut()) -> nix::Result<(f64, f64)> {
    let mut best = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        let (started, cpu) = (monotonic_ns(), cpu_ns()?);
        work();
        let elapsed = (monotonic_ns() - started) as f64;
        best = (best.0.min(elapsed), best.1.min((cpu_ns()? - cpu) as f64));
    }
    Ok(best)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut asked: Vec<String> = std::env::args().skip(1).collect();
    if asked.is_empty() {
        asked = ["read-heavy", "sched-basic"].map(str::to_owned).to_vec();
    }
    for name in asked {
        let trace = generate(&find(&name)?, 1)?;
        let mut bytes = Vec::new();
        let written = write(&trace, &mut bytes)?;
        let (size, records, ops) =
            (bytes.len() as f64, written.records as f64, trace.header.ops as f64);
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
            let encode = best(|| {
                let _ = pool.install(|| write(&trace, io::sink()));
            })?;
            let decode = best(|| {
                let _ = pool.install(|| read_hashed(bytes.as_slice(), "memory"));
            })?;
            for (what, (wall, cpu)) in [("written", encode), ("read", decode)] {
                println!(
                    "{name}, {threads} thread(s), {what}: {:.0} MB/s, {:.1} M records/s, {:.0} M \
                     ops/s; processor time {:.1} ns per record",
                    size * 1e3 / wall,
                    records * 1e3 / wall,
                    ops * 1e3 / wall,
                    cpu / records
                );
            }
        }
    }
    Ok(())
}
