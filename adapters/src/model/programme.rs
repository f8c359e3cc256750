//! What the settings of a `model` come to in ticks and steps, and what its handles tell each other:
//! how many threads there are, and what was last seen of the map. Spends no time itself.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use mapbench_core::adapter::Tuning;
use mapbench_core::driver::clock::Clock;

use super::bend::{Bends, Sight};

/// Length of a call where nothing is set. Nanoseconds.
const CALL_NS: f64 = 100.0;
/// Work between two pauses where it is not set. Nanoseconds.
const EVERY_NS: u64 = 1_000_000_000;
/// Calls that follow the one before by less than this are charged from its end: a look at the
/// counter and the caller's own work fit in, a wait for the next arrival hardly does. Nanoseconds.
const BACK_TO_BACK_NS: u64 = 40;
/// The same for lengths that are drawn, in parts of the mean: a caller with a queue before it is at
/// once with the next call, but looks at its clock and its histograms meanwhile.
const BACK_TO_BACK_DRAWN: f64 = 0.05;
/// The same for calls that are slept through: the processor may be somebody else's meanwhile.
/// Nanoseconds.
const BACK_TO_BACK_ASLEEP_NS: u64 = 5_000_000;
/// What a call overshoots is taken off the next, up to this; more is a disturbance of the machine,
/// which nobody makes good. Nanoseconds.
const CARRIED_NS: u64 = 1_000;
/// The same for calls that are slept through. Nanoseconds.
const CARRIED_ASLEEP_NS: u64 = 20_000_000;
/// Bits behind the point in lengths of calls.
pub(super) const FRACTION: u32 = 16;

/// Whether a call reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Read = 0,
    Write = 1,
}

/// What the settings of a map come to.
#[derive(Debug)]
pub(super) struct Programme {
    pub(super) clock: Clock,
    /// Ticks when the map was built.
    pub(super) built: u64,
    /// Lengths of a read and of a write by one thread, at the point of every bend. Ticks.
    call_ticks: [f64; 2],
    steps: f64,
    slow: f64,
    /// Ticks from which `slow` holds.
    pub(super) slow_from: u64,
    alpha: f64,
    beta: f64,
    pub(super) bends: Bends,
    shards: f64,
    /// Seed of drawn lengths; `None` if every call takes the mean.
    pub(super) drawn: Option<u64>,
    /// Time from which on a thread sleeps; 0 if it spins. Ticks.
    pub(super) nap: u64,
    /// Work and pause in turn; no pause is none. Ticks.
    pub(super) every: u64,
    pub(super) pause: u64,
    pub(super) back_to_back: u64,
    pub(super) carried: i64,
    threads: AtomicU32,
    handles: AtomicU64,
    /// What a handle saw last, for those that have seen nothing yet.
    entries: AtomicU64,
    write_ppm: AtomicU32,
}

/// Length of a call, with [`FRACTION`] bits behind the point.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Length {
    pub(super) ticks: i64,
    pub(super) steps: u64,
}

impl Programme {
    pub(super) fn new(tuning: &Tuning) -> Self {
        let clock = Clock::new();
        let number = |key| tuning.number(key);
        let steps = number("steps");
        let call_ns = number("ns").unwrap_or(if steps.is_some() { 0.0 } else { CALL_NS });
        let [read_ns, write_ns] = ["read-ns", "write-ns"].map(|key| number(key).unwrap_or(call_ns));
        // A second's worth, because a nanosecond is only a few ticks.
        let ticks_per_ns = clock.ticks_in(1_000_000_000) as f64 / 1e9;
        let built = clock.ticks();
        let ticks = |ns| clock.ticks_in(ns);
        let drawn = number("exponential").is_some_and(|drawn| drawn > 0.0);
        let nap = tuning.duration_ns("sleep").map_or(0, ticks);
        let back_to_back_ns = match (nap > 0, drawn) {
            (true, _) => BACK_TO_BACK_ASLEEP_NS,
            (false, true) => {
                BACK_TO_BACK_NS.max((read_ns.min(write_ns) * BACK_TO_BACK_DRAWN) as u64)
            }
            (false, false) => BACK_TO_BACK_NS,
        };
        Programme {
            built,
            call_ticks: [read_ns * ticks_per_ns, write_ns * ticks_per_ns],
            steps: steps.unwrap_or(0.0),
            slow: number("slow").unwrap_or(1.0),
            slow_from: tuning.duration_ns("after").map_or(0, |after| built + ticks(after)),
            alpha: number("alpha").unwrap_or(0.0),
            beta: number("beta").unwrap_or(0.0),
            bends: Bends::new(tuning),
            shards: f64::from(tuning.shards.unwrap_or(1)),
            drawn: drawn.then(|| number("seed").unwrap_or(1.0) as u64),
            nap,
            every: ticks(tuning.duration_ns("every").unwrap_or(EVERY_NS)),
            pause: tuning.duration_ns("pause").map_or(0, ticks),
            back_to_back: ticks(back_to_back_ns),
            carried: ticks(if nap > 0 { CARRIED_ASLEEP_NS } else { CARRIED_NS }).cast_signed(),
            threads: AtomicU32::new(0),
            handles: AtomicU64::new(0),
            entries: AtomicU64::new(0),
            write_ppm: AtomicU32::new(0),
            clock,
        }
    }

    pub(super) fn set_threads(&self, threads: u32) {
        self.threads.store(threads, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn threads(&self) -> u32 {
        self.threads.load(Ordering::Relaxed)
    }

    /// The number of a new handle, from 0.
    pub(super) fn number_handle(&self) -> u64 {
        self.handles.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether the counter must be looked at.
    pub(super) fn is_timed(&self) -> bool {
        self.call_ticks.iter().any(|&ticks| ticks > 0.0) || self.pause > 0 || self.slow_from > 0
    }

    /// Notes what a handle has seen. Percent.
    pub(super) fn note(&self, entries: u64, write_percent: f64) {
        self.entries.store(entries, Ordering::Relaxed);
        self.write_ppm.store((write_percent * 1e4) as u32, Ordering::Relaxed);
    }

    /// Reads and writes, before `slow_from` and after it, with so many threads and what was seen
    /// last.
    pub(super) fn lengths(&self, threads: u32) -> [[Length; 2]; 2] {
        let sight = Sight {
            entries: self.entries.load(Ordering::Relaxed) as f64,
            write_percent: f64::from(self.write_ppm.load(Ordering::Relaxed)) / 1e4,
            shards: self.shards,
        };
        let factor = self.law(threads) * self.bends.factor(sight);
        [1.0, self.slow].map(|slow| self.call_ticks.map(|ticks| self.length(ticks, factor * slow)))
    }

    fn length(&self, ticks: f64, factor: f64) -> Length {
        let one = f64::from(1_u32 << FRACTION);
        Length { ticks: (ticks * factor * one) as i64, steps: (self.steps * factor * one) as u64 }
    }

    /// By how much the law makes a call longer.
    fn law(&self, threads: u32) -> f64 {
        let n = f64::from(threads.max(1));
        1.0 + self.alpha * (n - 1.0) + self.beta * n * (n - 1.0)
    }
}
