//! How well knees are found on the synthetic corpus: error, coverage of the interval, false knees
//! and visits spent, by algorithm, noise and design, beside METHOD.md's goals. Measures no map. Says
//! how many cases each figure rests on, and a goal as reached only for figures it has.
//!
//! `cargo run --release -p mapbench-results --example knee_study -- [OPTIONS]`
//!
//! - `--only NAME[,NAME]`: slope-break, crossover, n-star, slo-load, cache-cliff; default all.
//! - `--noise PERCENT[,PERCENT]`: default 1,2,5,10.
//! - `--memory`: noise with AR(.3) memory.
//! - `--repeats N`: most cases of a cell; default 1000.
//! - `--seconds S`: for all of it, shared equally among cells; default 100.
//! - `--precision P`: half-width in doublings at which a sweep stops; default 0, which spends all
//!   visits, as the goals are about a number of visits.
//! - `--visits N`: most visits instead of the goal's.

mod arguments;
mod question;
mod report;
mod trial;

use arguments::Arguments;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    report::print(&arguments);
    Ok(())
}
