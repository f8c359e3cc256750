//! A scale from values to shares of a picture's side, with ticks at round values. Draws nothing.

/// A scale from `low` to `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ruler {
    is_log: bool,
    low: f64,
    high: f64,
}

/// Farther from one than this nothing is told apart.
const FARTHEST: f64 = 1e100;

/// Which values are round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Round {
    /// Powers of two: counts that double.
    Twos,
    /// 1, 2 and 5 times powers of ten.
    Tens,
}

impl Ruler {
    /// A scale that holds both ends. Ends that are none (not finite, not ordered, not above zero
    /// on a log scale) are repaired, so that every input makes a scale.
    pub(crate) fn new(is_log: bool, low: f64, high: f64) -> Self {
        // What lies beyond is drawn at the ends: nothing that is measured does, and sums of what
        // does would overflow.
        let least = if is_log { 1.0 / FARTHEST } else { -FARTHEST };
        let fits = |value: f64| (least..=FARTHEST).contains(&value);
        let (low, high) = match (fits(low), fits(high)) {
            (true, true) => (low.min(high), low.max(high)),
            (true, false) => (low, low),
            (false, true) => (high, high),
            (false, false) => (1.0, 1.0),
        };
        // Ends that are nearly one have no ticks between them.
        let is_wide = if is_log { high / low > 1.0 + 1e-6 } else { high - low > high.abs() * 1e-6 };
        let (low, high) = match (is_log, is_wide) {
            (_, true) => (low, high),
            (true, false) => (low / 2.0, high * 2.0),
            (false, false) => (low - low.abs().max(1.0), high + high.abs().max(1.0)),
        };
        Ruler { is_log, low, high }
    }

    /// Whether it is in decades.
    pub(crate) fn is_log(self) -> bool {
        self.is_log
    }

    /// The same with this share more at both ends, so that nothing lies on the frame.
    #[must_use]
    pub(crate) fn padded(self, share: f64) -> Self {
        let Ruler { is_log, low, high } = self;
        if is_log {
            let pad = (high / low).powf(share);
            Ruler { is_log, low: low / pad, high: high * pad }
        } else {
            let pad = (high - low) * share;
            Ruler { is_log, low: low - pad, high: high + pad }
        }
    }

    /// Where a value lies: 0 at the low end, 1 at the high one.
    pub(crate) fn share(self, value: f64) -> f64 {
        if self.is_log {
            (value.max(f64::MIN_POSITIVE) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    /// Round values on the scale, ascending, as many as fit: `room` is the share of the side that
    /// one label takes.
    pub(crate) fn ticks(self, round: Round, room: f64) -> Vec<f64> {
        let fits = |ticks: &[f64]| {
            ticks.windows(2).all(|pair| self.share(pair[1]) - self.share(pair[0]) >= room)
        };
        let candidates = (0_u8..64).map(|coarseness| self.candidate(round, coarseness));
        candidates.into_iter().find(|ticks| fits(ticks)).unwrap_or_default()
    }

    /// All round values of one coarseness; the higher it is, the fewer.
    fn candidate(self, round: Round, coarseness: u8) -> Vec<f64> {
        let on_scale = |tick: &f64| (-1e-9..=1.0 + 1e-9).contains(&self.share(*tick));
        if !self.is_log {
            return self.multiples(coarseness);
        }
        let (base, steps, every): (f64, &[f64], i32) = match (round, coarseness) {
            (Round::Twos, _) => (2.0, &[1.0], i32::from(coarseness) + 1),
            (Round::Tens, 0) => (10.0, &[1.0, 2.0, 5.0], 1),
            (Round::Tens, 1) => (10.0, &[1.0, 3.0], 1),
            (Round::Tens, _) => (10.0, &[1.0], i32::from(coarseness) - 1),
        };
        let first = (self.low.ln() / base.ln()).floor() as i32;
        let last = (self.high.ln() / base.ln()).ceil() as i32;
        (first..=last)
            .filter(|power| power.rem_euclid(every) == 0)
            .flat_map(|power| steps.iter().map(move |step| step * base.powi(power)))
            .filter(on_scale)
            .collect()
    }

    /// Multiples of a round step on a linear scale.
    fn multiples(self, coarseness: u8) -> Vec<f64> {
        let span = self.high - self.low;
        let finest = 10_f64.powf((span / 50.0).log10().floor());
        let step = finest
            * [1.0, 2.0, 5.0][usize::from(coarseness % 3)]
            * 10_f64.powi(i32::from(coarseness / 3));
        let first = (self.low / step - 1e-9).ceil();
        let count = ((span / step) as usize + 2).min(600);
        let ticks = (0..count).map(|at| (first + at as f64) * step);
        // So that 3 steps of 0.1 are 0.3, and minus nothing is nothing.
        let tidy = |tick: f64| (tick / step).round() * step + 0.0;
        ticks.map(tidy).filter(|tick| *tick <= self.high + span * 1e-9).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_have_room() {
        let threads = Ruler::new(true, 1.0, 64.0);
        assert_eq!(threads.ticks(Round::Twos, 0.1), [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]);
        assert_eq!(threads.ticks(Round::Twos, 0.3), [1.0, 4.0, 16.0, 64.0]);
        let percent = Ruler::new(false, 0.0, 100.0);
        assert_eq!(percent.ticks(Round::Tens, 0.15), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        let keys = Ruler::new(true, 1e3, 1.6e7);
        assert_eq!(keys.ticks(Round::Tens, 0.2), [1e3, 1e4, 1e5, 1e6, 1e7]);
    }

    #[test]
    fn nonsense_makes_a_scale() {
        for is_log in [false, true] {
            for (low, high) in
                [(0.0, 0.0), (f64::NAN, 5.0), (5.0, f64::INFINITY), (-3.0, -7.0), (7.0, 7.0)]
            {
                let ruler = Ruler::new(is_log, low, high);
                assert!(ruler.share(7.0).is_finite(), "{low} {high}");
                for room in [0.0, 0.1, 2.0] {
                    assert!(ruler.ticks(Round::Tens, room).len() < 700);
                }
            }
        }
    }
}
