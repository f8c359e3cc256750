//! Which values of an axis may be measured: its range, whether only whole numbers or only given
//! values count, and how near two points may be. Chooses nothing.

use super::Scale;

/// The part of an axis that a sweep covers.
#[derive(Debug, Clone, PartialEq)]
pub struct AxisRange {
    /// How distances are measured on it.
    pub scale: Scale,
    /// Its smallest value.
    pub low: f64,
    /// Its largest.
    pub high: f64,
    /// Which values between count.
    pub allowed: Allowed,
    /// Distance of position (doublings on a log scale) that two different points keep at least;
    /// points are snapped to steps of it, so that a place that is visited again is the same point.
    pub resolution: f64,
}

/// Which values of a range can be measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Allowed {
    /// All.
    Any,
    /// Whole numbers, as of threads or keys.
    Integers,
    /// These, ascending, as powers of two for shards.
    Values(Vec<f64>),
}

impl AxisRange {
    /// The position of its smallest value.
    pub fn low_position(&self) -> f64 {
        self.scale.position(self.low)
    }

    /// The position of its largest.
    pub fn high_position(&self) -> f64 {
        self.scale.position(self.high)
    }

    /// The measurable value nearest to a position, within the range.
    pub fn value_at(&self, position: f64) -> f64 {
        let (low, high) = (self.low_position(), self.high_position());
        let clamped = position.clamp(low, high);
        match &self.allowed {
            Allowed::Values(values) => self.nearest(values, clamped),
            Allowed::Integers => {
                self.scale.value(self.snapped(clamped)).round().clamp(self.low, self.high)
            }
            Allowed::Any => {
                let snapped = self.snapped(clamped);
                // The ends are the values themselves, not what rounding makes of their positions.
                if snapped <= low {
                    self.low
                } else if snapped >= high {
                    self.high
                } else {
                    self.scale.value(snapped)
                }
            }
        }
    }

    /// Evenly spaced values, ends included, at most `count` and each once.
    pub fn evenly(&self, count: u32) -> Vec<f64> {
        let (low, high) = (self.low_position(), self.high_position());
        let last = count.saturating_sub(1).max(1);
        let mut values: Vec<f64> = (0..count)
            .map(|step| self.value_at(low + (high - low) * f64::from(step) / f64::from(last)))
            .collect();
        values.dedup();
        values
    }

    /// The powers of two within the range, and its ends.
    pub fn doublings(&self) -> Vec<f64> {
        let mut values = vec![self.low];
        let mut power = self.low.max(1.0).log2().ceil().exp2();
        while power < self.high {
            values.push(self.value_at(self.scale.position(power)));
            power *= 2.0;
        }
        values.push(self.high);
        values.sort_by(f64::total_cmp);
        values.dedup();
        values
    }

    fn nearest(&self, values: &[f64], position: f64) -> f64 {
        let distance = |value: f64| (self.scale.position(value) - position).abs();
        values
            .iter()
            .copied()
            .filter(|value| (self.low..=self.high).contains(value))
            .min_by(|a, b| distance(*a).total_cmp(&distance(*b)))
            .unwrap_or(self.low)
    }

    /// The nearest step of the resolution, counted from the lower end.
    fn snapped(&self, position: f64) -> f64 {
        if self.resolution <= 0.0 {
            return position;
        }
        let low = self.low_position();
        let snapped = low + ((position - low) / self.resolution).round() * self.resolution;
        let high = self.high_position();
        if high - snapped < self.resolution / 2.0 { high } else { snapped }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "points are told apart by their very value")]
mod tests {
    use super::*;

    fn range(low: f64, high: f64, allowed: Allowed) -> AxisRange {
        AxisRange { scale: Scale::Log, low, high, allowed, resolution: 0.05 }
    }

    #[test]
    fn evenly_spaced_values_hold_the_ends_themselves() {
        let values = range(3.0, 700.0, Allowed::Any).evenly(6);
        assert_eq!(values.len(), 6);
        assert_eq!((values[0], values[5]), (3.0, 700.0));
        let step = (values[3] / values[2]).log2() - (values[2] / values[1]).log2();
        assert!(step.abs() <= 0.1, "{values:?}");
    }

    #[test]
    fn whole_numbers_come_once() {
        assert_eq!(range(1.0, 3.0, Allowed::Integers).evenly(6), [1.0, 2.0, 3.0]);
        assert_eq!(
            range(1.0, 48.0, Allowed::Integers).doublings(),
            [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 48.0]
        );
    }

    #[test]
    fn only_given_values_are_chosen() {
        let shards: Vec<f64> = (0..=10).map(|power| f64::from(power).exp2()).collect();
        let range = range(1.0, 256.0, Allowed::Values(shards));
        assert_eq!(range.value_at(3.4), 8.0);
        assert_eq!(range.value_at(9.0), 256.0);
    }

    #[test]
    fn near_positions_are_one_point() {
        let range = range(1.0, 1000.0, Allowed::Any);
        assert_eq!(range.value_at(4.001), range.value_at(3.99));
        assert_ne!(range.value_at(4.0), range.value_at(4.06));
    }

    #[test]
    fn a_linear_scale_may_start_at_zero() {
        let share = AxisRange {
            scale: Scale::Linear,
            low: 0.0,
            high: 1.0,
            allowed: Allowed::Any,
            resolution: 0.01,
        };
        let values = share.evenly(6);
        assert_eq!((values[0], values[5]), (0.0, 1.0));
        assert!((values[1] - 0.2).abs() < 1e-12);
    }
}
