//! When to stop. Either as soon as an interval is narrow enough, whatever it says; or at looks that
//! were settled beforehand, each at a level that keeps the chance of a false alarm over all of
//! them. Looking again until something shows is neither: four looks at .05 raise 13 % false alarms.
//!
//! Pocock, *Group sequential methods in the design and analysis of clinical trials*, Biometrika 64
//! (1977); the levels are those of Jennison and Turnbull, *Group Sequential Methods* (2000), table
//! 2.1, and were checked by integrating the sum of normal steps numerically; a test below simulates
//! them.

use super::bootstrap::Interval;

/// The half width, relative to the centre, at which measuring may stop.
pub const TARGET_HALF_WIDTH: f64 = 0.01;

/// Looks that were settled before the first round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// At the end only.
    One,
    /// At half of the rounds, and at the end.
    Two,
    /// After each quarter.
    Four,
}

/// The chance of any false alarm over all looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyLevel {
    /// .05.
    FivePercent,
    /// .01: the gate's.
    OnePercent,
}

impl FamilyLevel {
    /// The level.
    pub const fn alpha(self) -> f64 {
        match self {
            FamilyLevel::FivePercent => 0.05,
            FamilyLevel::OnePercent => 0.01,
        }
    }
}

impl Looks {
    /// How many there are.
    pub const fn count(self) -> u32 {
        match self {
            Looks::One => 1,
            Looks::Two => 2,
            Looks::Four => 4,
        }
    }

    /// The level of each look.
    pub const fn nominal_alpha(self, family: FamilyLevel) -> f64 {
        match (self, family) {
            (Looks::One, family) => family.alpha(),
            (Looks::Two, FamilyLevel::FivePercent) => 0.0294,
            (Looks::Four, FamilyLevel::FivePercent) => 0.0182,
            (Looks::Two, FamilyLevel::OnePercent) => 0.00557,
            (Looks::Four, FamilyLevel::OnePercent) => 0.00330,
        }
    }

    /// Whether there is a look after `done` of `planned` quads: at the first quad count that
    /// reaches each equal part.
    pub fn is_due(self, done: usize, planned: usize) -> bool {
        let count = self.count() as usize;
        done > 0 && (1..=count).any(|look| (look * planned).div_ceil(count) == done)
    }
}

/// Whether an interval is narrow enough to stop: its half, relative to its centre.
pub fn is_narrow(interval: Interval, target: f64) -> bool {
    let center = f64::midpoint(interval.low, interval.high).abs();
    center.is_finite() && interval.half_width() <= target * center
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;
    use statrs::distribution::{ContinuousCDF, Normal};

    use super::*;

    #[test]
    fn there_is_a_look_after_each_part() {
        let due = |looks: Looks, planned| -> Vec<usize> {
            (0..=planned + 5).filter(|done| looks.is_due(*done, planned)).collect()
        };
        assert_eq!(due(Looks::One, 40), [40]);
        assert_eq!(due(Looks::Two, 41), [21, 41]);
        assert_eq!(due(Looks::Four, 40), [10, 20, 30, 40]);
    }

    #[test]
    fn narrow_is_relative_to_the_centre() {
        assert!(is_narrow(Interval { low: 99.0, high: 101.0 }, 0.01));
        assert!(!is_narrow(Interval { low: 98.9, high: 101.1 }, 0.01));
        assert!(!is_narrow(Interval { low: f64::NEG_INFINITY, high: 1.0 }, 0.01));
    }

    /// How often equal things look different at one of the looks, in `trials` runs.
    fn false_alarms(looks: Looks, alpha: f64, trials: u32) -> f64 {
        let critical = Normal::standard().inverse_cdf(1.0 - alpha / 2.0);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(u64::from(looks.count()));
        let alarmed = (0..trials).filter(|_| {
            let mut sum = 0.0;
            (1..=looks.count()).any(|look| {
                sum += Normal::standard().inverse_cdf(random.random_range(1e-12..1.0));
                (sum / f64::from(look).sqrt()).abs() > critical
            })
        });
        alarmed.count() as f64 / f64::from(trials)
    }

    #[test]
    #[ignore = "a million simulated runs; cargo test --release -p mapbench-results looks -- --ignored"]
    fn the_levels_keep_the_family_level() {
        for family in [FamilyLevel::FivePercent, FamilyLevel::OnePercent] {
            for looks in [Looks::Two, Looks::Four] {
                let share = false_alarms(looks, looks.nominal_alpha(family), 1_000_000);
                println!("{looks:?} {family:?}: {share}");
                let error = (share - family.alpha()).abs() / family.alpha();
                assert!(error < 0.04, "{looks:?} {family:?}: {share}");
            }
        }
    }

    #[test]
    fn looking_four_times_without_a_price_is_wrong_one_time_in_eight() {
        // Armitage, McPherson and Rowe (1969): .126.
        let share = false_alarms(Looks::Four, 0.05, 20_000);
        assert!((0.116..0.136).contains(&share), "{share}");
        let kept = false_alarms(Looks::Four, 0.0182, 20_000);
        assert!((0.043..0.057).contains(&kept), "{kept}");
    }
}
