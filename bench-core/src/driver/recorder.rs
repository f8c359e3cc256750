//! A latency recorder that fits the first-level cache: log-linear buckets of raw ticks, one per
//! thread and class of op. It converts to an `HdrHistogram` after the round, never inside it.

use base64::Engine;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2Serializer};

use super::clock::Clock;
use super::counts::{COLUMNS, OpCounts};
use crate::op::{MAX_MAPS, OpClass};

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

/// Timed ops of one map and class.
#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    /// Ops that stand for the untimed ones, and their time.
    timed: u64,
    ticks: u64,
    /// Ops that were too long to stand for others, and their time.
    long: u64,
    long_ticks: u64,
}

/// Latencies of one thread in one round, per class of op, and where its time went, per map.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    classes: [Counts; OpClass::ALL.len()],
    /// From when ops of paced actors were due to their end; empty without such actors.
    intended: Vec<Counts>,
    /// How late sleepers woke up; likewise.
    wakes: Option<Counts>,
    spent: [[Spent; OpClass::ALL.len()]; MAX_MAPS],
    /// Time of whole ranges, and of whole events on renewed maps. Ticks.
    ranges: [u64; MAX_MAPS],
    renewed: [Option<u64>; MAX_MAPS],
    /// From here on an op is too long to stand for others. Ticks.
    long: u64,
}

/// A timed op that takes longer stands for itself only: it is a scan, a resize, or one during which
/// the thread lost its processor, and not what the untimed ones around it were like. Nanoseconds.
pub(super) const LONG_NS: u64 = 20_000;

impl Recorder {
    /// An empty recorder; `long` is [`LONG_NS`] in ticks. Allocates; made before the first round.
    pub(super) fn new(paced: bool, long: u64) -> Self {
        let empty = Counts { buckets: Box::new([0; BUCKETS]), timed: 0, longest: 0 };
        Recorder {
            classes: OpClass::ALL.map(|_| empty.clone()),
            intended: if paced { vec![empty.clone(); OpClass::ALL.len()] } else { Vec::new() },
            wakes: paced.then_some(empty),
            spent: [[Spent::default(); OpClass::ALL.len()]; MAX_MAPS],
            ranges: [0; MAX_MAPS],
            renewed: [None; MAX_MAPS],
            long,
        }
    }

    /// Takes one latency. Ticks.
    #[inline(always)]
    pub(super) fn record(&mut self, class: OpClass, ticks: u64) {
        self.classes[class as usize].record(ticks);
    }

    /// Takes how long after its event was due an op ended. Ticks.
    pub(super) fn record_intended(&mut self, class: OpClass, ticks: u64) {
        if let Some(counts) = self.intended.get_mut(class as usize) {
            counts.record(ticks);
        }
    }

    /// Takes how late a thread woke up that slept until an event was due. Ticks.
    pub(super) fn record_wake(&mut self, ticks: u64) {
        if let Some(counts) = &mut self.wakes {
            counts.record(ticks);
        }
    }

    /// Takes the time of one op on a map. Ticks.
    #[inline(always)]
    pub(super) fn spend(&mut self, map: usize, class: OpClass, ticks: u64) {
        let spent = &mut self.spent[map][class as usize];
        if ticks < self.long {
            spent.timed += 1;
            spent.ticks += ticks;
        } else {
            spent.long += 1;
            spent.long_ticks += ticks;
        }
    }

    /// Takes the time of one whole range. Ticks.
    pub(super) fn spend_on_ranges(&mut self, map: usize, ticks: u64) {
        self.ranges[map] += ticks;
    }

    /// Takes the time of all ops of an event on a renewed map. Ticks.
    pub(super) fn spend_on_renewed(&mut self, map: usize, ticks: u64) {
        *self.renewed[map].get_or_insert(0) += ticks;
    }

    /// The time that a thread spent on each map: whole ranges, long ops, and of the other ops as
    /// many as there were times what the timed ones took beyond a reading of the clock. Ticks.
    pub(super) fn busy(&self, counts: &OpCounts, reading: f64) -> Vec<u64> {
        let of_map = |(map, counts): (usize, &[u64; COLUMNS])| {
            if let Some(ticks) = self.renewed[map] {
                return ticks;
            }
            let single = OpClass::ALL.map(|class| {
                let spent = self.spent[map][class as usize];
                let others = counts[class as usize].saturating_sub(spent.long);
                spent.long_ticks as f64 + others as f64 * self.mean_ticks(map, class, reading)
            });
            self.ranges[map] + single.iter().sum::<f64>() as u64
        };
        counts.maps.iter().enumerate().map(of_map).collect()
    }

    /// Mean of the timed ops of a class on a map; on all maps, if none was timed there. Ticks.
    fn mean_ticks(&self, map: usize, class: OpClass, reading: f64) -> f64 {
        let on_all = || {
            self.spent.iter().map(|map| map[class as usize]).fold(Spent::default(), |sum, spent| {
                let (timed, ticks) = (sum.timed + spent.timed, sum.ticks + spent.ticks);
                Spent { timed, ticks, ..sum }
            })
        };
        let own = self.spent[map][class as usize];
        let spent = if own.timed > 0 { own } else { on_all() };
        if spent.timed == 0 {
            return 0.0;
        }
        (spent.ticks as f64 / spent.timed as f64 - reading).max(0.0)
    }

    /// Forgets everything. Does not allocate.
    pub(super) fn clear(&mut self) {
        for counts in self.classes.iter_mut().chain(&mut self.intended).chain(&mut self.wakes) {
            if counts.timed > 0 {
                counts.buckets.fill(0);
                counts.timed = 0;
                counts.longest = 0;
            }
        }
        self.spent = [[Spent::default(); OpClass::ALL.len()]; MAX_MAPS];
        self.ranges = [0; MAX_MAPS];
        self.renewed = [None; MAX_MAPS];
    }

    /// Whether ops of paced actors are timed against when they were due.
    pub(super) fn is_paced(&self) -> bool {
        !self.intended.is_empty()
    }

    /// Adds the latencies of one class to a histogram of nanoseconds.
    pub(super) fn add_to(&self, class: OpClass, clock: &Clock, histogram: &mut Histogram<u64>) {
        self.classes[class as usize].add_to(clock, histogram);
    }

    /// Adds how late sleepers woke up to a histogram of nanoseconds.
    pub(super) fn add_wakes_to(&self, clock: &Clock, histogram: &mut Histogram<u64>) {
        if let Some(counts) = &self.wakes {
            counts.add_to(clock, histogram);
        }
    }

    /// Adds how late the ops of one class ended to a histogram of nanoseconds.
    pub(super) fn add_intended_to(
        &self,
        class: OpClass,
        clock: &Clock,
        histogram: &mut Histogram<u64>,
    ) {
        if let Some(counts) = self.intended.get(class as usize) {
            counts.add_to(clock, histogram);
        }
    }
}

impl Counts {
    #[inline(always)]
    fn record(&mut self, ticks: u64) {
        self.buckets[bucket_of(ticks)] += 1;
        self.timed += 1;
        self.longest = self.longest.max(ticks);
    }

    fn add_to(&self, clock: &Clock, histogram: &mut Histogram<u64>) {
        if self.timed == 0 {
            return;
        }
        let last = bucket_of(self.longest);
        for (bucket, &count) in self.buckets.iter().enumerate() {
            // The longest value is known exactly, and so no other is reported above it.
            let exact = u64::from(bucket == last);
            let ticks = middle_of(bucket).min(self.longest);
            saturating_record(
                histogram,
                clock.nanos_between(0, ticks),
                u64::from(count) - exact.min(u64::from(count)),
            );
            saturating_record(histogram, clock.nanos_between(0, self.longest), exact);
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
        let mut recorder = Recorder::new(false, 1_000);
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

    #[test]
    fn time_per_map_scales_the_usual_ops_and_adds_the_long_ones() {
        let mut recorder = Recorder::new(false, 1_000);
        for ticks in [30, 50, 5_000] {
            recorder.spend(0, OpClass::Read, ticks);
        }
        recorder.spend_on_ranges(1, 700);
        recorder.spend_on_renewed(2, 9_000);
        let mut counts = OpCounts::new(4);
        counts.maps[0][OpClass::Read as usize] = 101;
        counts.maps[1][COLUMNS - 1] = 10;
        counts.maps[2][OpClass::Read as usize] = 10;
        // Nothing was timed on the last map: its ops cost what they cost elsewhere.
        counts.maps[3][OpClass::Read as usize] = 10;
        assert_eq!(recorder.busy(&counts, 10.0), [5_000 + 100 * 30, 700, 9_000, 300]);
    }
}
