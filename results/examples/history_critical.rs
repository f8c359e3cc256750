//! Simulates the critical values of the change point detector and prints the table that is checked
//! in: `results/src/history/detector/critical_table.rs`. Minutes; needed only when the statistic
//! changes.
//!
//! `cargo run --release -p mapbench-results --example history_critical [DRAWS]`

use mapbench_results::history::detector::{LENGTHS, LEVELS, null_strengths};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let draws: usize = std::env::args().nth(1).map_or(Ok(40_000), |word| word.parse())?;
    println!("pub(super) const STRENGTHS: [[f64; LEVELS.len()]; LENGTHS.len()] = [");
    for n in LENGTHS {
        let strengths = null_strengths(n, draws, n as u64);
        let rows = LEVELS.map(|level| {
            let above = (level * draws as f64).round() as usize;
            let strength = strengths[draws - above.clamp(1, draws)];
            // Rounded up: short series have few strengths, and equal is not above.
            format!("{:.4}", (strength * 1e4).ceil() / 1e4)
        });
        println!("    // {n}\n    [{}],", rows.join(", "));
    }
    println!("];");
    Ok(())
}
