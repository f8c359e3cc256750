//! Statistics over rounds: order statistics, bootstrap intervals, ratios of two cells; of pairs in
//! quads the trimmed t, what disturbed them and what they could detect; when to stop. Pure functions
//! of numbers; the same numbers give the same interval, digit for digit.

mod order;

mod bootstrap;
mod ratio;

mod contamination;
mod detectable;
mod quad;
mod yuen;

mod pelt;
mod steady;

mod holm;
mod looks;
mod proportion;

pub use bootstrap::{CONFIDENCE, Interval, MIN_ROUNDS, median_interval};
pub use contamination::{
    MOST_FLIPPED, MOST_PREEMPTED, MOST_PRESSURE, MOST_STOLEN, NoiseCause, PairedEstimate, Pressure,
    compare_quads,
};
pub use detectable::{LEVEL, POWER, minimum_detectable};
pub use holm::{Adjusted, holm};
pub use looks::{FamilyLevel, Looks, TARGET_HALF_WIDTH, is_narrow};
pub use order::{ODD_MADS, mad, median, odd, quantile, trimmed_mean};
pub use pelt::change_points;
pub use proportion::Proportion;
pub use quad::{Quad, Quads};
pub use ratio::{Ratio, RoundSample, geometric_mean, log_ratios, paired_ratio, unpaired_ratio};
pub use steady::{FEWEST_FOR_STEADY, Steadiness, steadiness};
pub use yuen::{
    Estimate, TRIM, mean_estimate, trimmed_difference, trimmed_estimate, winsorized_deviation,
};
