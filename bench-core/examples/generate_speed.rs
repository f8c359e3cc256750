//! Prints how fast traces are generated, figures of the header included, with one thread and with
//! two. Not a test: look at the spread, and run it on an idle machine.
//! `cargo run --release -p mapbench-core --example generate_speed [SCENARIO…]`

use mapbench_core::driver::clock::monotonic_ns;
use mapbench_core::scenario::find;
use mapbench_core::workload::generate;

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
                let started = monotonic_ns();
                let trace = pool.install(|| generate(&scenario, 1))?;
                rates.push(trace.header.ops as f64 * 1e3 / (monotonic_ns() - started) as f64);
            }
        }
        for ((threads, _), rates) in pools.iter().zip(&mut rates) {
            rates.sort_by(f64::total_cmp);
            println!(
                "{}, {threads} thread(s): median {:.1} M ops/s of {ROUNDS} ({:.1} to {:.1})",
                scenario.name,
                rates[ROUNDS / 2],
                rates[0],
                rates[ROUNDS - 1],
            );
        }
    }
    Ok(())
}
