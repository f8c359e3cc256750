//! Prints what traces cost: ops, popularity, bytes per record, and the speed of generating, writing
//! and reading. `cargo run --release -p mapbench-core --example trace_figures [SCENARIO…]`

use mapbench_core::driver::clock::monotonic_ns;
use mapbench_core::scenario::{ScenarioError, catalog, find};
use mapbench_core::trace::{read, write};
use mapbench_core::workload::generate;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let scenarios = if asked.is_empty() {
        let curated = catalog().iter().filter(|scenario| scenario.name.starts_with("curated/"));
        curated.cloned().collect()
    } else {
        asked.iter().map(|name| find(name)).collect::<Result<Vec<_>, ScenarioError>>()?
    };
    for scenario in scenarios {
        let started = monotonic_ns();
        let trace = generate(&scenario, 1)?;
        let generated = monotonic_ns();
        let mut file = Vec::new();
        let written = write(&trace, &mut file)?;
        let encoded = monotonic_ns();
        let again = read(file.as_slice(), &scenario.name)?;
        let decoded = monotonic_ns();
        assert!(again == trace, "{} does not come back as it was written", scenario.name);
        let rate = |start: u64, end: u64| trace.header.ops as f64 * 1e3 / (end - start) as f64;
        println!(
            "{}: {} ops, hash {}, {:.3} B per record; M ops/s: generate {:.1}, write {:.1}, read {:.1}",
            scenario.name,
            trace.header.ops,
            written.hash,
            written.bytes_per_record(),
            rate(started, generated),
            rate(generated, encoded),
            rate(encoded, decoded),
        );
        for (position, map) in trace.header.maps.iter().enumerate() {
            let Some(shares) = trace.key_shares(position) else { continue };
            println!(
                "  {} {}: {} of {} keys; top key {:.2} %, top 10 {:.2} %, top 1 % of keys {:.1} %",
                map.id,
                map.name,
                shares.distinct,
                map.keys,
                shares.top * 100.0,
                shares.top_10 * 100.0,
                shares.top_percent * 100.0,
            );
        }
    }
    Ok(())
}
