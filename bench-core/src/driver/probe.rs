//! What the worker's own instruments say of a machine without a map: how a fixed loop is disturbed,
//! what a clock reading costs, whether the processors agree on the time, what moving a cache line
//! costs over time. Returns what was measured and judges nothing.

use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

use super::affinity::{involuntary_switches, pin_to};
use super::clock::Clock;
use super::placement::Probe;

/// Whether this process may pin a thread to a processor. The calling thread is left as it was.
pub fn pins_to(cpu: u32) -> bool {
    on_thread_of(cpu, |pinned| pinned)
}

/// What reading the clock costs and how fine it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockCost {
    /// One reading after another. Nanoseconds.
    pub reading_ns: f64,
    /// The least step that two readings in a row showed, which no shorter time can be told from.
    /// Nanoseconds.
    pub step_ns: f64,
    /// Pairs of readings of which the second was before the first.
    pub backwards: u64,
}

/// Reads the clock often on one processor.
pub fn clock_cost(clock: &Clock, cpu: u32) -> ClockCost {
    const READINGS: u64 = 200_000;
    on_thread_of(cpu, |_| {
        let (mut step, mut backwards) = (u64::MAX, 0);
        let start = clock.ticks();
        let mut last = start;
        for _ in 0..READINGS {
            let now = clock.ticks();
            match now.checked_sub(last) {
                None => backwards += 1,
                Some(0) => {}
                Some(passed) => step = step.min(passed),
            }
            last = now;
        }
        let per_tick = clock.nanos_between(0, 1 << 30) as f64 / f64::from(1 << 30);
        let step = if step == u64::MAX { 0 } else { step };
        ClockCost {
            reading_ns: last.saturating_sub(start) as f64 * per_tick / READINGS as f64,
            step_ns: step as f64 * per_tick,
            backwards,
        }
    })
}

/// How a fixed piece of work was disturbed on one processor.
#[derive(Debug, Clone, PartialEq)]
pub struct SpinNoise {
    /// Each piece. Nanoseconds.
    pub pieces_ns: Vec<u32>,
    /// All of them. Nanoseconds.
    pub elapsed_ns: u64,
    /// Involuntary context switches meanwhile.
    pub switches: u64,
}

/// Repeats a fixed loop without memory accesses for so long.
pub fn spin_noise(clock: &Clock, cpu: u32, for_ns: u64) -> SpinNoise {
    /// About 20 µs: long against a clock reading, short against a time slice.
    const STEPS: u64 = 20_000;
    on_thread_of(cpu, |_| {
        let mut pieces_ns = Vec::with_capacity((for_ns / 10_000) as usize + 1);
        let switches = involuntary_switches();
        let start = clock.ticks();
        let end = start + clock.ticks_in(for_ns);
        let mut last = start;
        while last < end {
            let mut state = last;
            for _ in 0..STEPS {
                // Each step needs the one before, so that the loop takes a fixed time per step.
                state = black_box(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
            }
            let now = clock.ticks();
            pieces_ns.push(u32::try_from(clock.nanos_between(last, now)).unwrap_or(u32::MAX));
            last = now;
        }
        SpinNoise {
            pieces_ns,
            elapsed_ns: clock.nanos_between(start, last),
            switches: involuntary_switches().saturating_sub(switches),
        }
    })
}

/// One probe of what moving a cache line between two processors costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trip {
    /// Since the first probe. Nanoseconds.
    pub at_ns: u64,
    /// Median round trip. Nanoseconds.
    pub round_trip_ns: f64,
}

/// Probes the cost of moving a cache line between two processors, once every so often for so long,
/// with the probe that stands around each round. Both processors spin meanwhile, as they do in a
/// round. Where others take the processors there are fewer probes, not a longer time.
pub fn round_trips(clock: &Clock, cpus: (u32, u32), for_ns: u64, every_ns: u64) -> Vec<Trip> {
    let probe = Probe::default();
    let over = AtomicBool::new(false);
    let turn = CachePadded::new(AtomicU32::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            pin_to(cpus.1);
            for number in 1.. {
                while turn.load(Ordering::Acquire) < number {
                    if over.load(Ordering::Acquire) {
                        return;
                    }
                    spin_loop();
                }
                probe.answer();
            }
        });
        let server = scope.spawn(|| {
            pin_to(cpus.0);
            let start = clock.ticks();
            let every = clock.ticks_in(every_ns).max(1);
            let probes = (for_ns / every_ns.max(1)).max(1);
            let end = start + clock.ticks_in(for_ns);
            let mut trips = Vec::new();
            for number in 0..probes {
                if number > 0 && clock.ticks() >= end {
                    break;
                }
                while clock.ticks() < start + number * every {
                    spin_loop();
                }
                turn.store(number as u32 + 1, Ordering::Release);
                let at_ns = clock.nanos_between(start, clock.ticks());
                trips.push(Trip { at_ns, round_trip_ns: probe.serve(clock) });
            }
            over.store(true, Ordering::Release);
            trips
        });
        server.join().unwrap_or_default()
    })
}

/// By how much the tick counters of two processors may differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockOffset {
    /// The second processor's counter is ahead by at least this. Nanoseconds.
    pub least_ns: f64,
    /// And by at most this. Nanoseconds.
    pub most_ns: f64,
}

/// Bounds the difference of two processors' tick counters: a reading of the second that lies
/// between two of the first bounds it from both sides, and the tightest bounds of many such
/// exchanges hold together (Cristian, *Probabilistic clock synchronization*, Distributed Computing
/// 3, 1989). `least_ns` above `most_ns` means that the counters drifted or jumped meanwhile.
pub fn clock_offset(clock: &Clock, cpus: (u32, u32)) -> ClockOffset {
    const EXCHANGES: u64 = 20_000;
    /// An exchange needs both processors at once, which on a busy machine is rare. Nanoseconds.
    const LONGEST_NS: u64 = 300_000_000;
    const NO_MORE: u64 = u64::MAX;
    let asked = CachePadded::new(AtomicU64::new(0));
    let answered = CachePadded::new(AtomicU64::new(0));
    let reading = CachePadded::new(AtomicU64::new(0));
    let bounds = std::thread::scope(|scope| {
        scope.spawn(|| {
            pin_to(cpus.1);
            for number in 1..=EXCHANGES {
                while asked.load(Ordering::Acquire) < number {
                    spin_loop();
                }
                if asked.load(Ordering::Acquire) == NO_MORE {
                    return;
                }
                reading.store(clock.ticks(), Ordering::Relaxed);
                answered.store(number, Ordering::Release);
            }
        });
        let asker = scope.spawn(|| {
            pin_to(cpus.0);
            let end = clock.ticks() + clock.ticks_in(LONGEST_NS);
            let (mut least, mut most) = (i64::MIN, i64::MAX);
            for number in 1..=EXCHANGES {
                let before = clock.ticks();
                asked.store(number, Ordering::Release);
                while answered.load(Ordering::Acquire) < number {
                    spin_loop();
                }
                let after = clock.ticks();
                let theirs = reading.load(Ordering::Relaxed);
                least = least.max(theirs.wrapping_sub(after).cast_signed());
                most = most.min(theirs.wrapping_sub(before).cast_signed());
                if after >= end {
                    break;
                }
            }
            asked.store(NO_MORE, Ordering::Release);
            (least, most)
        });
        asker.join().unwrap_or((0, 0))
    });
    let per_tick = clock.nanos_between(0, 1 << 30) as f64 / f64::from(1 << 30);
    ClockOffset { least_ns: bounds.0 as f64 * per_tick, most_ns: bounds.1 as f64 * per_tick }
}

/// Runs something on a thread of its own that is pinned, so that the caller is not; says whether
/// it could be.
fn on_thread_of<R: Send>(cpu: u32, work: impl FnOnce(bool) -> R + Send) -> R {
    let joined = std::thread::scope(|scope| scope.spawn(|| work(pin_to(cpu))).join());
    joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use super::super::affinity::allowed_cpus;
    use super::*;

    #[test]
    fn a_processor_of_this_process_can_be_pinned_to_and_one_that_is_not_there_cannot() {
        let cpus = allowed_cpus();
        assert!(pins_to(cpus[0]));
        assert!(!pins_to(u32::MAX));
        assert_eq!(allowed_cpus(), cpus, "the caller is not pinned");
    }

    #[test]
    fn the_clock_costs_something_and_does_not_run_backwards() {
        let cost = clock_cost(&Clock::new(), allowed_cpus()[0]);
        assert!(cost.reading_ns > 0.0 && cost.step_ns > 0.0, "{cost:?}");
        assert_eq!(cost.backwards, 0);
    }

    #[test]
    fn the_pieces_of_a_spin_add_up() {
        let noise = spin_noise(&Clock::new(), allowed_cpus()[0], 1_000_000);
        let sum: u64 = noise.pieces_ns.iter().map(|&ns| u64::from(ns)).sum();
        assert!(noise.elapsed_ns >= 1_000_000);
        assert!(sum.abs_diff(noise.elapsed_ns) <= noise.pieces_ns.len() as u64);
    }

    #[test]
    fn two_processors_exchange_lines_and_readings() {
        let &[a, b, ..] = allowed_cpus().as_slice() else { return };
        let clock = Clock::new();
        let trips = round_trips(&clock, (a, b), 3_000_000, 1_000_000);
        // Three fit into the time, but where others have the processors.
        assert!((1..=3).contains(&trips.len()), "{trips:?}");
        assert!(trips.iter().all(|trip| trip.round_trip_ns > 0.0));
        assert!(trips.is_sorted_by_key(|trip| trip.at_ns));
        let offset = clock_offset(&clock, (a, b));
        assert!(offset.least_ns <= offset.most_ns, "{offset:?}");
    }
}
