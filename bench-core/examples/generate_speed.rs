//! Prints how fast traces are generated, figures of the header included, with one thread and with
//! two. Not a test: look at the spread, and run it on an idle machine. On a busy one the processor
//! time per op says more than the rate.
//! `cargo run --release -p mapbench-core --example generate_speed [SCENARIO…]`

use mapbench_core::driver::clock::monotonic_ns;
use mapbench_core::scenario::find;
use mapbench_core::workload::generate;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// Processor time of all threads of this process, the kernel's on their behalf included.
fn cpu_ns() -> nix::Result<i64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok((usage.user_time() + usage.system_time()).num_nanoseconds())
}

const ROUNDS: usize = 9;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut asked: Vec<String> = std::env::args().skip(1).collect();
    if asked.is_empty() {
        asked = ["read-heavy", "hot-key"].map(str::to_owned).to_vec();
    }
    let pools = [1, 2].map(|threads| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().map(|pool| (threads, pool))
    });
    let pools = pools.into_iter().collect::<Result<Vec<_>, _>>()?;
    for name in asked {
        let scenario = find(&name)?;
        let mut rates = vec![Vec::new(); pools.len()];
        // Rounds of both pools alternate, so that both meet the same machine.
        for _ in 0..ROUNDS {
            for ((_, pool), rates) in pools.iter().zip(&mut rates) {
                let (started, cpu) = (monotonic_ns(), cpu_ns()?);
                let ops = pool.install(|| generate(&scenario, 1))?.header.ops as f64;
                let elapsed = (monotonic_ns() - started) as f64;
                rates.push((ops * 1e3 / elapsed, (cpu_ns()? - cpu) as f64 / ops));
            }
        }
        for ((threads, _), rates) in pools.iter().zip(&mut rates) {
            rates.sort_by(|one, other| one.0.total_cmp(&other.0));
            let mut cpu: Vec<f64> = rates.iter().map(|rate| rate.1).collect();
            cpu.sort_by(f64::total_cmp);
            println!(
                "{}, {threads} thread(s): median {:.1} M ops/s of {ROUNDS} ({:.1} to {:.1}); \
                 processor time {:.1} ns per op ({:.1} to {:.1})",
                scenario.name,
                rates[ROUNDS / 2].0,
                rates[0].0,
                rates[ROUNDS - 1].0,
                cpu[ROUNDS / 2],
                cpu[0],
                cpu[ROUNDS - 1],
            );
        }
    }
    Ok(())
}
