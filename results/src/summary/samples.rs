//! Numbers of rounds in bounded memory: samples for statistics, and a series for the eye.

/// Rounds kept per fork, placement mode and class.
const MOST_SAMPLES: usize = 512;
/// Points kept per series.
const MOST_POINTS: usize = 1024;

/// One round of [`Samples`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    /// Number of the round in its fork.
    pub(super) n: u32,
    /// Its throughput.
    pub(crate) ops_per_sec: f64,
    /// Whether one of its threads was preempted.
    pub(super) preempted: bool,
}

/// The throughput of rounds, by round number. When there are too many, every second pair of an even
/// round and the next goes: by number, so that two cells keep the same rounds and still form the
/// same quads.
#[derive(Debug, Clone)]
pub(super) struct Samples {
    stride: u32,
    kept: Vec<Sample>,
}

impl Default for Samples {
    fn default() -> Self {
        Samples { stride: 1, kept: Vec::new() }
    }
}

impl Samples {
    pub(super) fn push(&mut self, sample: Sample) {
        let is_kept = |sample: &Sample, stride| (sample.n / 2).is_multiple_of(stride);
        if !is_kept(&sample, self.stride) {
            return;
        }
        while self.kept.len() >= MOST_SAMPLES && self.stride < 1 << 31 {
            self.stride *= 2;
            self.kept.retain(|sample| is_kept(sample, self.stride));
        }
        if is_kept(&sample, self.stride) && self.kept.len() < MOST_SAMPLES {
            self.kept.push(sample);
        }
    }

    /// The rounds in the order of arrival.
    pub(super) fn kept(&self) -> &[Sample] {
        &self.kept
    }
}

/// A stretch of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeriesPoint {
    /// End of its last round, since the start of the run. Nanoseconds.
    pub at_ns: u64,
    /// Mean throughput of its rounds.
    pub ops_per_sec: f64,
    /// Slowest round.
    pub min: f64,
    /// Fastest round.
    pub max: f64,
    /// Rounds in it.
    pub rounds: u32,
}

/// Throughput over time. When it gets long, neighbours merge, so that a soak of hours is still
/// drawn from its beginning, only coarser; extremes stay visible.
#[derive(Debug, Clone)]
pub(super) struct Series {
    rounds_per_point: u32,
    points: Vec<SeriesPoint>,
}

impl Default for Series {
    fn default() -> Self {
        Series { rounds_per_point: 1, points: Vec::new() }
    }
}

impl Series {
    pub(super) fn push(&mut self, at_ns: u64, ops_per_sec: f64) {
        let point =
            SeriesPoint { at_ns, ops_per_sec, min: ops_per_sec, max: ops_per_sec, rounds: 1 };
        match self.points.last_mut() {
            Some(last) if last.rounds < self.rounds_per_point => *last = merged(last, &point),
            _ => self.points.push(point),
        }
        if self.points.len() > MOST_POINTS {
            self.points = self
                .points
                .chunks(2)
                .map(|pair| if let [a, b] = pair { merged(a, b) } else { pair[0] })
                .collect();
            self.rounds_per_point = self.rounds_per_point.saturating_mul(2);
        }
    }

    pub(super) fn points(&self) -> &[SeriesPoint] {
        &self.points
    }
}

fn merged(a: &SeriesPoint, b: &SeriesPoint) -> SeriesPoint {
    let rounds = a.rounds + b.rounds;
    let share = f64::from(b.rounds) / f64::from(rounds);
    SeriesPoint {
        at_ns: b.at_ns,
        ops_per_sec: a.ops_per_sec + (b.ops_per_sec - a.ops_per_sec) * share,
        min: a.min.min(b.min),
        max: a.max.max(b.max),
        rounds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_two_cells_keep_the_same_rounds() {
        let (mut long, mut short) = (Samples::default(), Samples::default());
        let sample = |n| Sample { n, ops_per_sec: f64::from(n), preempted: false };
        for n in 0..100_000 {
            long.push(sample(n));
            if n < 3_000 {
                short.push(sample(n));
            }
        }
        assert!(long.kept().len() <= MOST_SAMPLES && long.kept().len() > MOST_SAMPLES / 4);
        assert!(long.kept().iter().all(|kept| *kept == sample(kept.n)));
        let pairs = |kept: &[Sample]| kept.chunks(2).all(|pair| pair[0].n + 1 == pair[1].n);
        assert!(pairs(long.kept()), "both rounds of a quad stay or go");
        let reach = long.kept().iter().filter(|kept| kept.n < 3_000);
        assert!(reach.clone().count() > 10);
        for sample in reach {
            assert!(short.kept().contains(sample), "{sample:?} has no partner");
        }
    }

    #[test]
    fn a_long_series_keeps_its_span_and_its_extremes() {
        let mut series = Series::default();
        for n in 0..100_000_u64 {
            series.push(n * 10, if n == 777 { 9.0 } else { 5.0 });
        }
        let points = series.points();
        assert!(points.len() <= MOST_POINTS);
        assert_eq!(points.iter().map(|point| point.rounds).sum::<u32>(), 100_000);
        assert_eq!(points.last().expect("points").at_ns, 999_990);
        let highest = points.iter().map(|point| point.max).fold(0.0, f64::max);
        assert!((highest - 9.0).abs() < f64::EPSILON);
    }
}
