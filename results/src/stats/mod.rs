//! Statistics over rounds: order statistics, bootstrap intervals and ratios of two cells. Pure
//! functions of numbers; the same numbers give the same interval, digit for digit.

mod bootstrap;
mod order;
mod ratio;

pub use bootstrap::{CONFIDENCE, Interval, MIN_ROUNDS, median_interval};
pub use order::{mad, median, quantile, trimmed_mean};
pub use ratio::{Ratio, RoundSample, geometric_mean, log_ratios, paired_ratio, unpaired_ratio};
