//! Series whose changes are known. What is drawn from what is fixed here, and so are the seeds; the
//! detector was built on other seeds than those that are reported.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use statrs::distribution::{ContinuousCDF, Normal};

/// Series with changes, and as many without.
pub(crate) const SERIES: usize = 300;
/// Changes keep this far from each other and from both ends.
const APART: usize = 8;
/// The level that series begin at. Ops per second.
const LEVEL: f64 = 1e7;
/// Scale of the lognormal noise before it is standardised.
const LOG_SCALE: f64 = 0.75;

/// What noise is like. A quarter of the series each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noise {
    /// Independent and normal.
    Normal,
    /// Normal, each value remembering .3 of the one before.
    Remembering,
    /// Independent and skewed: most values near the top, a long tail of slow ones.
    Lognormal,
    /// Independent and normal, with one value in 20 slower by 4 to 8 deviations.
    Outliers,
}

impl Noise {
    pub(crate) const ALL: [Noise; 4] =
        [Noise::Normal, Noise::Remembering, Noise::Lognormal, Noise::Outliers];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Noise::Normal => "iid normal",
            Noise::Remembering => "AR(.3)",
            Noise::Lognormal => "lognormal",
            Noise::Outliers => "outliers",
        }
    }
}

/// A change that was put in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    /// The first value after it.
    pub(crate) at: usize,
    /// The level after it, divided by that before.
    pub(crate) ratio: f64,
}

/// A series and what was put in.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) noise: Noise,
    pub(crate) changes: Vec<Change>,
    pub(crate) values: Vec<f64>,
}

/// All series of a seed: those with changes first.
pub(crate) fn corpus(seed: u64) -> Vec<Known> {
    let mut random = Draws(Xoshiro256PlusPlus::seed_from_u64(seed));
    (0..2 * SERIES).map(|at| random.series(Noise::ALL[at % 4], at < SERIES)).collect()
}

struct Draws(Xoshiro256PlusPlus);

impl Draws {
    fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    fn deviate(&mut self) -> f64 {
        Normal::standard().inverse_cdf(self.uniform())
    }

    /// 30 to 200 values, noise of 2 to 3 %; one or two changes of 1 to 10 %, up or down.
    fn series(&mut self, noise: Noise, has_changes: bool) -> Known {
        let n = self.between(30.0, 201.0) as usize;
        let deviation = self.between(0.02, 0.03);
        let mut changes = Vec::new();
        if has_changes {
            let count = if self.uniform() < 0.5 { 1 } else { 2 };
            for at in self.places(n, count) {
                let share = self.between(0.01, 0.1);
                let ratio = if self.uniform() < 0.5 { 1.0 - share } else { 1.0 + share };
                changes.push(Change { at, ratio });
            }
        }
        let mut last = self.deviate();
        let values = (0..n).map(|at| {
            let before = changes.iter().filter(|change| change.at <= at);
            let level: f64 = before.map(|change| change.ratio).product();
            LEVEL * level * (1.0 + deviation * self.noise(noise, &mut last))
        });
        let values = values.collect();
        Known { noise, changes, values }
    }

    fn places(&mut self, n: usize, count: usize) -> Vec<usize> {
        loop {
            let place =
                |draws: &mut Draws| draws.between(APART as f64, (n - APART + 1) as f64) as usize;
            let mut places: Vec<usize> = (0..count).map(|_| place(self)).collect();
            places.sort_unstable();
            if places.windows(2).all(|pair| pair[1] - pair[0] >= APART) {
                return places;
            }
        }
    }

    /// Mean about 0 and deviation about 1; outliers come on top.
    fn noise(&mut self, noise: Noise, last: &mut f64) -> f64 {
        match noise {
            Noise::Normal => self.deviate(),
            Noise::Remembering => {
                *last = 0.3 * *last + (1.0_f64 - 0.09).sqrt() * self.deviate();
                *last
            }
            Noise::Lognormal => {
                let variance = LOG_SCALE * LOG_SCALE;
                let mean = (variance / 2.0).exp();
                let deviation = (variance.exp() - 1.0).sqrt() * mean;
                (mean - (LOG_SCALE * self.deviate()).exp()) / deviation
            }
            Noise::Outliers => {
                let slow = if self.uniform() < 0.05 { self.between(4.0, 8.0) } else { 0.0 };
                self.deviate() - slow
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_series_with_their_changes_inside() {
        let (corpus, again) = (corpus(5), super::corpus(5));
        assert_eq!(corpus.len(), 2 * SERIES);
        for (at, (known, again)) in corpus.iter().zip(&again).enumerate() {
            assert_eq!(known.values, again.values);
            assert!((30..=200).contains(&known.values.len()));
            assert!(known.values.iter().all(|value| *value > 0.0));
            assert_eq!(known.changes.is_empty(), at >= SERIES);
            let inside =
                |change: &Change| change.at >= APART && change.at + APART <= known.values.len();
            assert!(
                known.changes.iter().all(inside),
                "{:?} of {}",
                known.changes,
                known.values.len()
            );
        }
    }
}
