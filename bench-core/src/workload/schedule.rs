//! When the events of a paced actor are due. The number of events of a lap is fixed by the rate, so
//! that every lap has the same work; only their times are drawn. Integer arithmetic throughout.

use serde::{Deserialize, Serialize};

use super::random::{Purpose, Random};

/// How the events of a lap are spread over its time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Each at a random time: the gaps have a coefficient of variation of 1, as those of
    /// independent arrivals have.
    #[default]
    Poisson,
    /// One after the other at equal distances.
    Uniform,
}

impl Schedule {
    /// The name on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Schedule::Poisson => "poisson",
            Schedule::Uniform => "uniform",
        }
    }

    /// The times of `events` events of an actor within a lap, ascending. Nanoseconds.
    pub(crate) fn times_ns(self, events: u64, lap_ns: u64, seed: u64, actor: u64) -> Vec<u64> {
        match self {
            // Given their number, the times of a Poisson process are uniform and independent.
            Schedule::Poisson => {
                let mut random = Random::stream(seed, Purpose::Pace, actor);
                let draw = |_| (u128::from(random.bits()) * u128::from(lap_ns)) >> 64;
                let mut times: Vec<u64> = (0..events).map(draw).map(|time| time as u64).collect();
                times.sort_unstable();
                times
            }
            Schedule::Uniform => (0..events)
                .map(|event| u128::from(event) * u128::from(lap_ns) / u128::from(events))
                .map(|time| time as u64)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAP_NS: u64 = 10_000_000_000;

    fn gaps(schedule: Schedule) -> Vec<f64> {
        let times = schedule.times_ns(9_100, LAP_NS, 1, 0);
        assert!(times.is_sorted() && times.iter().all(|&time| time < LAP_NS));
        times.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect()
    }

    fn variation(gaps: &[f64]) -> f64 {
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let square = |gap: &f64| (gap - mean) * (gap - mean);
        (gaps.iter().map(square).sum::<f64>() / gaps.len() as f64).sqrt() / mean
    }

    #[test]
    fn poisson_gaps_vary_as_much_as_their_mean_and_uniform_ones_not_at_all() {
        let poisson = gaps(Schedule::Poisson);
        assert!((variation(&poisson) - 1.0).abs() < 0.03, "{}", variation(&poisson));
        // Half of the gaps of a Poisson process are below ln 2 of their mean.
        let short = poisson.iter().filter(|&&gap| gap < 1e10 / 9_100.0 * 2_f64.ln()).count();
        assert!((short as f64 / 9_099.0 - 0.5).abs() < 0.02, "{short}");
        assert!(variation(&gaps(Schedule::Uniform)) < 1e-5);
    }
}
