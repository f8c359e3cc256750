//! Axes: a logarithmic one for latencies and a linear one for throughput and time, with ticks at
//! round numbers. Positions only; nothing is drawn here.

/// A logarithmic axis over whole columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogAxis {
    low: f64,
    high: f64,
    columns: u16,
}

impl LogAxis {
    /// An axis over `columns` columns that holds `low..=high`. Bounds that are not positive or
    /// not ordered are repaired, so that every input makes an axis.
    pub fn new(low: f64, high: f64, columns: u16) -> Self {
        let low = if low.is_finite() && low > 0.0 { low } else { 1.0 };
        let high = if high.is_finite() && high > low * 1.001 { high } else { low * 10.0 };
        LogAxis { low, high, columns: columns.max(1) }
    }

    /// Number of columns.
    pub fn columns(&self) -> u16 {
        self.columns
    }

    /// The position of a value in columns, possibly outside `0..columns`.
    pub fn position(&self, value: f64) -> f64 {
        let share = (value.max(f64::MIN_POSITIVE) / self.low).ln() / (self.high / self.low).ln();
        share * f64::from(self.columns)
    }

    /// The column of a value, clamped to the axis.
    pub fn column(&self, value: f64) -> u16 {
        self.position(value).floor().clamp(0.0, f64::from(self.columns - 1)) as u16
    }

    /// The value at the left edge of a column.
    pub fn left_edge(&self, column: u16) -> f64 {
        let share = f64::from(column) / f64::from(self.columns);
        self.low * (self.high / self.low).powf(share)
    }

    /// Ticks at 1, 2 and 5 times powers of ten, thinned so that labels of `label_columns` columns
    /// do not touch.
    pub fn ticks(&self, label_columns: u16) -> Vec<f64> {
        let per_decade = f64::from(self.columns) / (self.high / self.low).log10();
        let room = f64::from(label_columns + 1);
        let steps: &[f64] = if per_decade * 0.3 >= room {
            &[1.0, 2.0, 5.0]
        } else if per_decade * 0.47 >= room {
            &[1.0, 3.0]
        } else {
            &[1.0]
        };
        let every = (room / per_decade).ceil().max(1.0) as i32;
        let first = self.low.log10().floor() as i32;
        let last = self.high.log10().ceil() as i32;
        (first..=last)
            .filter(|decade| (decade - first) % every == 0)
            .flat_map(|decade| steps.iter().map(move |step| step * 10_f64.powi(decade)))
            .filter(|tick| (self.low * 0.999..=self.high * 1.001).contains(tick))
            .collect()
    }
}

/// The smallest round number (1, 2, 2.5 or 5 times a power of ten) that is not below `value`.
pub fn round_up(value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let scaled = value / power;
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|step| *step >= scaled * 0.999_999);
    step.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_between_the_bounds_have_a_column_and_others_are_clamped() {
        let axis = LogAxis::new(10.0, 1e6, 50);
        assert_eq!(axis.column(10.0), 0);
        assert_eq!(axis.column(1.0), 0);
        assert_eq!(axis.column(1e9), 49);
        assert_eq!(axis.column(1e3 * 1.01), 20);
        assert!((axis.left_edge(20) - 1e3).abs() < 1.0);
    }

    #[test]
    fn labels_of_ticks_do_not_touch() {
        for columns in 1..200 {
            let axis = LogAxis::new(12.0, 3.3e7, columns);
            let ticks = axis.ticks(5);
            for pair in ticks.windows(2) {
                assert!(axis.position(pair[1]) - axis.position(pair[0]) >= 5.0, "{columns}");
            }
        }
    }

    #[test]
    fn round_up_gives_axis_ends() {
        for (value, expected) in [(17.9, 20.0), (0.31, 0.5), (2.0, 2.0), (0.0, 1.0), (6.0, 10.0)] {
            assert!((round_up(value) - expected).abs() < 1e-9, "{value}");
        }
    }

    #[test]
    fn nonsense_bounds_make_an_axis() {
        for (low, high) in [(0.0, 0.0), (-1.0, 5.0), (f64::NAN, f64::INFINITY), (7.0, 7.0)] {
            let axis = LogAxis::new(low, high, 0);
            assert_eq!(axis.column(7.0), 0);
            assert!(!axis.left_edge(1).is_nan());
        }
    }
}
