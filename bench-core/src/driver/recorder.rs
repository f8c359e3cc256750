//! A latency recorder that fits the first-level cache: log-linear buckets of raw ticks, one per
//! thread and class of op. It converts to an `HdrHistogram` after the round, never inside it.

use base64::Engine;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2Serializer};

use super::clock::Clock;
use crate::op::OpClass;

/// Values below 2^7 ticks have a bucket each; above, every octave has 64: a value is off by at
/// most 1/128 from the middle of its bucket.
const LINEAR_BITS: u32 = 7;
const PER_OCTAVE: usize = 1 << (LINEAR_BITS - 1);
/// Longest recordable value: 2^42 ticks, some twenty minutes. Longer ones count as this.
const MAX_BITS: u32 = 42;
const BUCKETS: usize = (MAX_BITS - LINEAR_BITS) as usize * PER_OCTAVE + (1 << LINEAR_BITS);
/// Longest value of the merged histogram: one hour. Nanoseconds.
const MAX_NS: u64 = 3_600_000_000_000;

/// The bucket of a number of ticks.
#[inline(always)]
const fn bucket_of(ticks: u64) -> usize {
    let ticks = if ticks < 1 << MAX_BITS { ticks } else { (1 << MAX_BITS) - 1 };
    let bits = u64::BITS - (ticks | 1).leading_zeros();
    let shift = bits.saturating_sub(LINEAR_BITS);
    shift as usize * PER_OCTAVE + (ticks >> shift) as usize
}

/// The middle of a bucket. Ticks.
const fn middle_of(bucket: usize) -> u64 {
    if bucket < 1 << LINEAR_BITS {
        return bucket as u64;
    }
    let shift = bucket / PER_OCTAVE - 1;
    let low = ((bucket - shift * PER_OCTAVE) as u64) << shift;
    low + (1 << shift) / 2
}

/// Counts of one class.
#[derive(Debug, Clone)]
struct Counts {
    buckets: Box<[u32; BUCKETS]>,
    timed: u64,
    longest: u64,
}

/// Latencies of one thread in one round, per class of op.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    classes: [Counts; OpClass::ALL.len()],
}

impl Recorder {
    /// An empty recorder. Allocates; made before the first round.
    pub(super) fn new() -> Self {
        let empty = Counts { buckets: Box::new([0; BUCKETS]), timed: 0, longest: 0 };
        Recorder { classes: OpClass::ALL.map(|_| empty.clone()) }
    }

    /// Takes one latency. Ticks.
    #[inline(always)]
    pub(super) fn record(&mut self, class: OpClass, ticks: u64) {
        let counts = &mut self.classes[class as usize];
        counts.buckets[bucket_of(ticks)] += 1;
        counts.timed += 1;
        counts.longest = counts.longest.max(ticks);
    }

    /// Forgets everything. Does not allocate.
    pub(super) fn clear(&mut self) {
        for counts in &mut self.classes {
            if counts.timed > 0 {
                counts.buckets.fill(0);
                counts.timed = 0;
                counts.longest = 0;
            }
        }
    }

    /// Adds the latencies of one class to a histogram of nanoseconds.
    pub(super) fn add_to(&self, class: OpClass, clock: &Clock, histogram: &mut Histogram<u64>) {
        let counts = &self.classes[class as usize];
        if counts.timed == 0 {
            return;
        }
        let last = bucket_of(counts.longest);
        for (bucket, &count) in counts.buckets.iter().enumerate() {
            // The longest value is known exactly, and so no other is reported above it.
            let exact = u64::from(bucket == last);
            let ticks = middle_of(bucket).min(counts.longest);
            saturating_record(
                histogram,
                clock.nanos_between(0, ticks),
                u64::from(count) - exact.min(u64::from(count)),
            );
            saturating_record(histogram, clock.nanos_between(0, counts.longest), exact);
        }
    }
}

fn saturating_record(histogram: &mut Histogram<u64>, nanos: u64, count: u64) {
    if count > 0 {
        histogram.saturating_record_n(nanos.max(1), count);
    }
}

/// The histogram that rounds are merged into: 1 ns to one hour, three significant digits.
pub fn nanosecond_histogram() -> Histogram<u64> {
    // The bounds and digits are constants within the limits that the crate documents.
    Histogram::new_with_bounds(1, MAX_NS, 3).expect("constant bounds are valid")
}

/// The wire form of a histogram: `HdrHistogram` V2, base64. Empty for an empty histogram.
pub(super) fn encode(histogram: &Histogram<u64>) -> String {
    if histogram.is_empty() {
        return String::new();
    }
    let mut bytes = Vec::new();
    match V2Serializer::new().serialize(histogram, &mut bytes) {
        Ok(_) => base64::engine::general_purpose::STANDARD.encode(bytes),
        // A `Vec` takes every byte and the bounds are constant, so nothing can fail here; and a
        // histogram that could not be written reads as one in which nothing was timed.
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::Deserializer;

    use super::*;

    #[test]
    fn every_value_is_within_one_percent_of_its_bucket() {
        for exponent in 0..MAX_BITS {
            for step in 0..37 {
                let ticks = (1_u64 << exponent) + step * (1_u64 << exponent) / 37;
                let middle = middle_of(bucket_of(ticks));
                assert!(
                    middle.abs_diff(ticks) as f64 <= ticks as f64 / 100.0,
                    "{ticks} ticks fell into a bucket around {middle}"
                );
            }
        }
    }

    #[test]
    fn buckets_are_in_order_and_the_longest_value_fits() {
        let mut previous = 0;
        for ticks in (0..40).map(|bit| 3_u64 << bit).chain([u64::MAX]) {
            let bucket = bucket_of(ticks);
            assert!(bucket >= previous && bucket < BUCKETS);
            previous = bucket;
        }
    }

    #[test]
    fn the_maximum_is_exact_and_the_wire_form_reads_back() {
        let clock = Clock::new();
        let mut recorder = Recorder::new();
        for ticks in [100, 100, 5_000, 1_234_567] {
            recorder.record(OpClass::Write, ticks);
        }
        let mut histogram = nanosecond_histogram();
        recorder.add_to(OpClass::Read, &clock, &mut histogram);
        assert!(histogram.is_empty());
        assert_eq!(encode(&histogram), "");
        recorder.add_to(OpClass::Write, &clock, &mut histogram);
        assert_eq!(histogram.len(), 4);
        let longest = clock.nanos_between(0, 1_234_567);
        assert!(histogram.equivalent(histogram.max(), longest));
        let bytes =
            base64::engine::general_purpose::STANDARD.decode(encode(&histogram)).expect("base64");
        let back: Histogram<u64> = hdrhistogram::serialization::Deserializer::new()
            .deserialize(&mut bytes.as_slice())
            .expect("V2");
        assert_eq!(back, histogram);
        let _: Deserializer = Deserializer::new();
        recorder.clear();
        let mut cleared = nanosecond_histogram();
        recorder.add_to(OpClass::Write, &clock, &mut cleared);
        assert!(cleared.is_empty());
    }
}
