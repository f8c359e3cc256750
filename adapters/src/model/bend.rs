//! Bends: how the length of a call follows a number that the map can see of itself, by a power law
//! of one exponent up to a point and of another beyond it. Straight lines in a plot of logarithms,
//! with a slope break at the point. Knows no map and no clock.

use mapbench_core::adapter::Tuning;

/// Shares below this are taken for it: a logarithm has no zero. Percent.
const LEAST_SHARE: f64 = 0.01;

/// What the map sees of itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sight {
    /// Entries in the map.
    pub(super) entries: f64,
    /// Share of the calls that write. Percent.
    pub(super) write_percent: f64,
    /// Shards that were asked for.
    pub(super) shards: f64,
}

/// The bends of a programme.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bends {
    keys_at: Option<f64>,
    writes_at: Option<f64>,
    shards_at: Option<f64>,
    below: f64,
    above: f64,
}

impl Bends {
    pub(super) fn new(tuning: &Tuning) -> Self {
        Bends {
            keys_at: tuning.number("break-keys"),
            writes_at: tuning.number("break-writes"),
            shards_at: tuning.number("break-shards"),
            below: tuning.number("below").unwrap_or(0.0),
            above: tuning.number("above").unwrap_or(1.0),
        }
    }

    /// Whether a length can change while the map is used.
    pub(super) fn need_looks(&self) -> bool {
        self.keys_at.is_some() || self.writes_at.is_some()
    }

    /// By how much a call is longer than at the point.
    pub(super) fn factor(&self, sight: Sight) -> f64 {
        let Bends { below, above, .. } = *self;
        let longer = |at: Option<f64>, x: f64| at.map_or(1.0, |at| power(x / at, below, above));
        // Shards make calls shorter.
        let shorter = |at: Option<f64>, x: f64| at.map_or(1.0, |at| power(x / at, -below, -above));
        longer(self.keys_at, sight.entries.max(1.0))
            * longer(self.writes_at, sight.write_percent.max(LEAST_SHARE))
            * shorter(self.shards_at, sight.shards)
    }
}

fn power(ratio: f64, below: f64, above: f64) -> f64 {
    ratio.powf(if ratio < 1.0 { below } else { above })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Bends =
        Bends { keys_at: None, writes_at: None, shards_at: None, below: 0.0, above: 1.0 };
    const SIGHT: Sight = Sight { entries: 0.0, write_percent: 0.0, shards: 1.0 };

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn without_a_break_everything_is_as_long_as_it_is() {
        assert!(close(NONE.factor(Sight { entries: 1e6, write_percent: 50.0, ..SIGHT }), 1.0));
        assert!(!NONE.need_looks());
    }

    #[test]
    fn lines_of_two_slopes_meet_at_the_break() {
        let bends = Bends { keys_at: Some(1_000.0), below: 0.25, above: 0.5, ..NONE };
        let at = |entries| bends.factor(Sight { entries, ..SIGHT });
        assert!(close(at(1_000.0), 1.0));
        assert!(close(at(999.999_999), at(1_000.000_001)) || at(999.9) < 1.0);
        assert!(close(at(4_000.0), 2.0), "two doublings of half a doubling");
        assert!(close(at(62.5), 0.5), "four doublings of a quarter");
        assert!(at(0.0) > 0.0);
    }

    #[test]
    fn shards_make_calls_shorter_up_to_the_break() {
        let bends = Bends { shards_at: Some(64.0), below: 1.0, above: 0.0, ..NONE };
        let at = |shards| bends.factor(Sight { shards, ..SIGHT });
        assert!(close(at(1.0), 64.0) && close(at(64.0), 1.0) && close(at(1_024.0), 1.0));
        assert!(!bends.need_looks(), "shards are what they are");
    }
}
