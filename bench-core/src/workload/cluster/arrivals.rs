//! When pods arrive, in what batches, and how long they live.

use serde::Serialize;

use crate::workload::WorkloadError;
use crate::workload::random::Random;

/// Nanoseconds in a second.
pub(super) const SECOND_NS: f64 = 1e9;

/// A distribution given by its quantiles: between two of them the logarithm of the value goes
/// straight from one to the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Quantiles(pub Vec<(f64, f64)>);

/// A number from 0 to below 1, in steps of 2^-53.
pub(super) fn share(random: &mut Random) -> f64 {
    (random.bits() >> 11) as f64 / (1_u64 << 53) as f64
}

/// A time from the exponential distribution of mean 1.
pub(super) fn exponential(random: &mut Random) -> f64 {
    -libm::log(1.0 - share(random))
}

/// When pods arrive.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrivals {
    /// One after the other, at equal distances.
    Steady {
        /// Pods per second.
        per_s: f64,
    },
    /// One after the other, each without regard to the last.
    Poisson {
        /// Pods per second.
        per_s: f64,
    },
    /// Poisson at one of two rates; each state lasts for an exponentially distributed time.
    Bursty {
        /// Pods per second outside of bursts.
        calm_per_s: f64,
        /// Pods per second in a burst.
        burst_per_s: f64,
        /// Mean time between bursts. Seconds.
        calm_s: f64,
        /// Mean length of a burst. Seconds.
        burst_s: f64,
    },
    /// Batches of pods, all of a batch at once; batches arrive as in `Poisson`.
    Batches {
        /// Pods per second, over all batches.
        per_s: f64,
        /// Pods of a batch.
        sizes: Quantiles,
    },
}

/// How long pods live.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifetimes {
    /// Each arrival deletes the oldest pod.
    Oldest,
    /// From the binding of a pod to its deletion, in seconds.
    Seconds(Quantiles),
}

impl Quantiles {
    pub(super) fn check(&self, key: &str) -> Result<(), WorkloadError> {
        let wrong = |what: &str| Err(WorkloadError::parameter(key, what));
        let points = &self.0;
        let ascend = |(one, next): (&(f64, f64), &(f64, f64))| one.0 < next.0 && one.1 <= next.1;
        if points.len() < 2 || !points.iter().zip(&points[1..]).all(ascend) {
            return wrong("needs two or more [percent, value] in ascending order");
        }
        let (first, last) = (points[0].0, points[points.len() - 1].0);
        if first.abs() > 1e-9 || (last - 100.0).abs() > 1e-9 {
            return wrong("needs a value at 0 and at 100 percent");
        }
        if !points.iter().all(|&(_, value)| value > 0.0 && value <= 1e9) {
            return wrong("has a value outside of 0 to 1e9");
        }
        Ok(())
    }

    /// The value at a share, 0 to 1.
    pub(super) fn at(&self, share: f64) -> f64 {
        let percent = share * 100.0;
        let above = self.0.iter().position(|&(at, _)| at > percent).unwrap_or(self.0.len() - 1);
        let ((from, low), (to, high)) = (self.0[above.max(1) - 1], self.0[above.max(1)]);
        let part = ((percent - from) / (to - from)).clamp(0.0, 1.0);
        low * libm::pow(high / low, part)
    }

    pub(super) fn draw(&self, random: &mut Random) -> f64 {
        self.at(share(random))
    }

    /// The mean, by the integral of each piece.
    pub(super) fn mean(&self) -> f64 {
        let pieces = self.0.iter().zip(&self.0[1..]).map(|(&(from, low), &(to, high))| {
            let ratio = libm::log(high / low);
            let mean = if ratio < 1e-9 { low } else { (high - low) / ratio };
            mean * (to - from) / 100.0
        });
        pieces.sum()
    }
}

impl Arrivals {
    pub(super) fn check(&self) -> Result<(), WorkloadError> {
        let (rates, times): (Vec<f64>, Vec<f64>) = match self {
            Arrivals::Steady { per_s } | Arrivals::Poisson { per_s } => (vec![*per_s], vec![]),
            Arrivals::Bursty { calm_per_s, burst_per_s, calm_s, burst_s } => {
                (vec![*calm_per_s, *burst_per_s], vec![*calm_s, *burst_s])
            }
            Arrivals::Batches { per_s, sizes } => {
                sizes.check("arrivals")?;
                (vec![*per_s], vec![])
            }
        };
        let fits = |value: &f64| (1e-3..=1e6).contains(value);
        if rates.iter().chain(&times).all(fits) {
            Ok(())
        } else {
            Err(WorkloadError::parameter("arrivals", "has a rate or time outside of 0.001 to 1e6"))
        }
    }
}

impl Arrivals {
    /// The least rate of arrivals that lasts. Pods per second.
    pub(super) fn least_per_s(&self) -> f64 {
        match self {
            Arrivals::Steady { per_s }
            | Arrivals::Poisson { per_s }
            | Arrivals::Batches { per_s, .. } => *per_s,
            Arrivals::Bursty { calm_per_s, burst_per_s, .. } => calm_per_s.min(*burst_per_s),
        }
    }
}

/// Arrivals as they go on.
#[derive(Debug)]
pub(super) struct ArrivalClock<'m> {
    arrivals: &'m Arrivals,
    random: Random,
    now_s: f64,
    count: u64,
    /// In a bursty process: whether it bursts, and until when.
    bursts: bool,
    until_s: f64,
    mean_size: f64,
}

impl<'m> ArrivalClock<'m> {
    pub(super) fn new(arrivals: &'m Arrivals, random: Random) -> Self {
        let mean_size = match arrivals {
            Arrivals::Batches { sizes, .. } => sizes.mean(),
            _ => 1.0,
        };
        ArrivalClock {
            arrivals,
            random,
            now_s: 0.0,
            count: 0,
            bursts: true,
            until_s: 0.0,
            mean_size,
        }
    }

    /// When the next pods arrive, in nanoseconds, and how many.
    pub(super) fn next(&mut self) -> (u64, u32) {
        let mut size = 1;
        match self.arrivals {
            Arrivals::Steady { per_s } => {
                self.count += 1;
                self.now_s = self.count as f64 / per_s;
            }
            Arrivals::Poisson { per_s } => self.now_s += exponential(&mut self.random) / per_s,
            Arrivals::Bursty { .. } => self.next_bursty(),
            Arrivals::Batches { per_s, sizes } => {
                self.now_s += exponential(&mut self.random) * self.mean_size / per_s;
                size = libm::round(sizes.draw(&mut self.random)).max(1.0) as u32;
            }
        }
        ((self.now_s * SECOND_NS) as u64, size)
    }

    fn next_bursty(&mut self) {
        let Arrivals::Bursty { calm_per_s, burst_per_s, calm_s, burst_s } = self.arrivals else {
            return;
        };
        loop {
            let per_s = if self.bursts { burst_per_s } else { calm_per_s };
            let next_s = self.now_s + exponential(&mut self.random) / per_s;
            if next_s < self.until_s {
                self.now_s = next_s;
                return;
            }
            // Neither process remembers: both are drawn anew from the change of state on.
            self.now_s = self.until_s;
            self.bursts = !self.bursts;
            let mean_s = if self.bursts { burst_s } else { calm_s };
            self.until_s += exponential(&mut self.random) * mean_s;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::random::Purpose;

    fn storm_sizes() -> Quantiles {
        let points =
            [(0.0, 1.0), (50.0, 2.0), (75.0, 29.0), (90.0, 158.0), (99.0, 998.0), (100.0, 3_000.0)];
        Quantiles(points.to_vec())
    }

    /// Arrivals as times in seconds and sizes.
    fn first(arrivals: &Arrivals, count: usize) -> Vec<(f64, u32)> {
        assert_eq!(arrivals.check(), Ok(()));
        let mut clock = ArrivalClock::new(arrivals, Random::stream(1, Purpose::Times, 1));
        let next = std::iter::repeat_with(|| clock.next());
        next.take(count).map(|(at_ns, size)| (at_ns as f64 / SECOND_NS, size)).collect()
    }

    fn near(found: f64, wanted: f64, tolerance: f64) -> bool {
        (found / wanted - 1.0).abs() <= tolerance
    }

    /// Mean gap, and its standard deviation as a share of it.
    fn gaps(arrivals: &[(f64, u32)]) -> (f64, f64) {
        let gaps: Vec<f64> = arrivals.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let spread: f64 = gaps.iter().map(|gap| (gap - mean) * (gap - mean)).sum();
        (mean, (spread / gaps.len() as f64).sqrt() / mean)
    }

    #[test]
    fn batches_have_the_sizes_and_the_rate_that_they_are_given() {
        let arrivals = Arrivals::Batches { per_s: 1_500.0, sizes: storm_sizes() };
        let batches = first(&arrivals, 100_000);
        let mut sizes: Vec<u32> = batches.iter().map(|batch| batch.1).collect();
        sizes.sort_unstable();
        let quantile = |share: f64| f64::from(sizes[(sizes.len() as f64 * share) as usize]);
        for (share, wanted) in [(0.5, 2.0), (0.75, 29.0), (0.9, 158.0), (0.99, 998.0)] {
            println!("p{}: {} for {wanted}", share * 100.0, quantile(share));
            assert!(near(quantile(share), wanted, 0.05), "p{share}: {}", quantile(share));
        }
        let pods: u64 = sizes.iter().map(|&size| u64::from(size)).sum();
        assert!(near(pods as f64 / batches[batches.len() - 1].0, 1_500.0, 0.03));
        let mean = pods as f64 / sizes.len() as f64;
        assert!(near(storm_sizes().mean(), mean, 0.03), "{mean} {}", storm_sizes().mean());
    }

    #[test]
    fn lifetimes_have_the_quantiles_that_they_are_given() {
        let lifetimes = Quantiles(vec![(0.0, 1.0), (50.0, 33.0), (99.0, 511.0), (100.0, 1_200.0)]);
        let mut random = Random::stream(1, Purpose::Times, 2);
        let mut drawn: Vec<f64> = (0..100_000).map(|_| lifetimes.draw(&mut random)).collect();
        drawn.sort_unstable_by(f64::total_cmp);
        assert!(near(drawn[50_000], 33.0, 0.03), "{}", drawn[50_000]);
        assert!(near(drawn[99_000], 511.0, 0.05), "{}", drawn[99_000]);
        assert!(drawn[0] >= 1.0 && drawn[99_999] <= 1_200.0);
    }

    #[test]
    fn arrivals_are_as_even_or_as_bursty_as_they_say() {
        let (mean, spread) = gaps(&first(&Arrivals::Steady { per_s: 810.0 }, 10_000));
        assert!(near(mean, 1.0 / 810.0, 1e-4) && spread < 1e-4, "{mean}, {spread}");
        let (mean, spread) = gaps(&first(&Arrivals::Poisson { per_s: 810.0 }, 100_000));
        assert!(near(mean, 1.0 / 810.0, 0.02) && near(spread, 1.0, 0.02), "{mean}, {spread}");
        let bursty =
            Arrivals::Bursty { calm_per_s: 120.0, burst_per_s: 600.0, calm_s: 8.0, burst_s: 2.0 };
        let (mean, spread) = gaps(&first(&bursty, 300_000));
        // Four fifths of the time at 120, one fifth at 600.
        assert!(near(mean, 1.0 / 216.0, 0.1) && spread > 1.1, "{mean}, {spread}");
    }

    #[test]
    fn quantiles_out_of_order_are_refused() {
        for points in [
            vec![(0.0, 1.0)],
            vec![(0.0, 1.0), (50.0, 2.0)],
            vec![(0.0, 1.0), (50.0, 9.0), (100.0, 2.0)],
            vec![(0.0, 0.0), (100.0, 2.0)],
            vec![(0.0, 1.0), (f64::NAN, 2.0), (100.0, 3.0)],
        ] {
            assert!(Quantiles(points.clone()).check("sizes").is_err(), "{points:?}");
        }
    }
}
