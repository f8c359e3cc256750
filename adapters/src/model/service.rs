//! How a call of `model` spends its time: what the settings come to in ticks and steps, and one
//! handle's way through them. Knows no map.

use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicU32, Ordering};

use mapbench_core::adapter::Tuning;
use mapbench_core::driver::clock::Clock;

/// Length of a call where nothing is set. Nanoseconds.
const CALL_NS: f64 = 100.0;
/// Work between two pauses where it is not set. Nanoseconds.
const EVERY_NS: u64 = 1_000_000_000;
/// Calls that follow the one before by less than this are charged from its end: a look at the
/// counter and the caller's own work fit in, a wait for the next arrival hardly does. Nanoseconds.
const BACK_TO_BACK_NS: u64 = 40;
/// What a call overshoots is taken off the next, up to this; more is a disturbance of the machine,
/// which nobody makes good. Nanoseconds.
const CARRIED_NS: u64 = 1_000;
/// Bits behind the point in lengths of calls.
const FRACTION: u32 = 16;

/// What the settings of a map come to.
#[derive(Debug)]
pub(super) struct Programme {
    clock: Clock,
    /// Ticks when the map was built.
    pub(super) built: u64,
    /// Length of a call by one thread. Ticks.
    call_ticks: f64,
    steps: f64,
    slow: f64,
    /// Ticks from which `slow` holds.
    slow_from: u64,
    alpha: f64,
    beta: f64,
    /// Work and pause in turn; no pause is none. Ticks.
    every: u64,
    pause: u64,
    back_to_back: u64,
    carried: i64,
    threads: AtomicU32,
}

/// What calls were told to spend, and what they spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// Calls.
    pub calls: u64,
    /// Time that `ns`, `slow` and the law say. Ticks.
    pub told_ticks: u64,
    /// Time from where each call is charged to its end, pauses left out. Ticks.
    pub spent_ticks: u64,
    /// What disturbances made of it beyond what the next call could make good. Ticks.
    pub disturbed_ticks: u64,
    /// Time waited for the end of pauses. Ticks.
    pub paused_ticks: u64,
    /// Calls that waited.
    pub paused_calls: u64,
    /// Multiplications.
    pub steps: u64,
}

impl Account {
    pub(super) fn add(&mut self, other: &Account) {
        self.calls += other.calls;
        self.told_ticks += other.told_ticks;
        self.spent_ticks += other.spent_ticks;
        self.disturbed_ticks += other.disturbed_ticks;
        self.paused_ticks += other.paused_ticks;
        self.paused_calls += other.paused_calls;
        self.steps += other.steps;
    }
}

impl Programme {
    pub(super) fn new(tuning: &Tuning) -> Self {
        let clock = Clock::new();
        let steps = tuning.number("steps");
        let call_ns = tuning.number("ns").unwrap_or(if steps.is_some() { 0.0 } else { CALL_NS });
        // A millisecond's worth, because a nanosecond is only a few ticks.
        let ticks_per_ns = clock.ticks_in(1_000_000_000) as f64 / 1e9;
        let built = clock.ticks();
        let ticks = |ns| clock.ticks_in(ns);
        Programme {
            built,
            call_ticks: call_ns * ticks_per_ns,
            steps: steps.unwrap_or(0.0),
            slow: tuning.number("slow").unwrap_or(1.0),
            slow_from: tuning.duration_ns("after").map_or(0, |after| built + ticks(after)),
            alpha: tuning.number("alpha").unwrap_or(0.0),
            beta: tuning.number("beta").unwrap_or(0.0),
            every: ticks(tuning.duration_ns("every").unwrap_or(EVERY_NS)),
            pause: tuning.duration_ns("pause").map_or(0, ticks),
            back_to_back: ticks(BACK_TO_BACK_NS),
            carried: ticks(CARRIED_NS).cast_signed(),
            threads: AtomicU32::new(0),
            clock,
        }
    }

    pub(super) fn set_threads(&self, threads: u32) {
        self.threads.store(threads, Ordering::Relaxed);
    }

    /// By how much the law makes a call longer.
    fn law(&self, threads: u32) -> f64 {
        let n = f64::from(threads.max(1));
        1.0 + self.alpha * (n - 1.0) + self.beta * n * (n - 1.0)
    }
}

/// Length of a call, with [`FRACTION`] bits behind the point.
#[derive(Debug, Clone, Copy, Default)]
struct Length {
    ticks: i64,
    steps: u64,
}

impl Length {
    fn of(programme: &Programme, factor: f64) -> Self {
        let one = f64::from(1_u32 << FRACTION);
        Length {
            ticks: (programme.call_ticks * factor * one) as i64,
            steps: (programme.steps * factor * one) as u64,
        }
    }
}

/// One handle's spending.
#[derive(Debug)]
pub(super) struct Service<'m> {
    programme: &'m Programme,
    /// Whether the counter must be looked at.
    timed: bool,
    /// The number of threads that the lengths were worked out for.
    threads: u32,
    /// A call before `slow_from` and one after it.
    lengths: [Length; 2],
    /// What the next call has to spend before its own length: mostly negative.
    owed: i64,
    /// Fraction of a step that is still to be made.
    owed_steps: u64,
    last_end: u64,
    /// When calls must look whether there is a pause. Ticks.
    next_pause: u64,
    /// End of the chain of multiplications.
    chain: u64,
    told: u64,
    account: Account,
}

impl<'m> Service<'m> {
    pub(super) fn new(programme: &'m Programme) -> Self {
        Service {
            programme,
            timed: programme.call_ticks > 0.0 || programme.pause > 0 || programme.slow_from > 0,
            threads: 0,
            lengths: [Length::default(); 2],
            owed: 0,
            owed_steps: 0,
            last_end: 0,
            next_pause: if programme.pause > 0 { 0 } else { u64::MAX },
            chain: 1,
            told: 0,
            account: Account::default(),
        }
    }

    pub(super) fn account(&self) -> Account {
        Account { told_ticks: self.told >> FRACTION, ..self.account }
    }

    /// Begins a call; answers from when it is charged. Ticks.
    #[inline]
    pub(super) fn begin(&mut self) -> u64 {
        if !self.timed {
            return 0;
        }
        let mut now = self.programme.clock.ticks();
        if now >= self.next_pause {
            now = self.wait_out(now);
        }
        if now.wrapping_sub(self.last_end) < self.programme.back_to_back {
            self.last_end
        } else {
            now
        }
    }

    /// Waits for the end of a pause, if there is one, and notes when the next begins.
    #[cold]
    #[inline(never)]
    fn wait_out(&mut self, now: u64) -> u64 {
        let Programme { built, every, pause, ref clock, .. } = *self.programme;
        let turn = every + pause;
        let begun = built + now.saturating_sub(built) / turn * turn;
        self.next_pause = begun + every;
        if now < self.next_pause {
            return now;
        }
        let end = begun + turn;
        let mut after = now;
        while after < end {
            spin_loop();
            after = clock.ticks();
        }
        self.next_pause = end + every;
        self.account.paused_ticks += after - now;
        self.account.paused_calls += 1;
        after
    }

    /// Spends what is left of a call.
    #[inline(never)]
    pub(super) fn end(&mut self, start: u64) {
        let programme = self.programme;
        let threads = programme.threads.load(Ordering::Relaxed);
        if threads != self.threads {
            self.threads = threads;
            let law = programme.law(threads);
            self.lengths =
                [Length::of(programme, law), Length::of(programme, law * programme.slow)];
        }
        let length = self.lengths[usize::from(start >= programme.slow_from)];
        self.account.calls += 1;
        self.step(length.steps);
        if length.ticks > 0 {
            self.spin(start, length.ticks);
        }
    }

    #[inline]
    fn step(&mut self, length: u64) {
        self.owed_steps += length;
        let steps = self.owed_steps >> FRACTION;
        self.owed_steps &= (1 << FRACTION) - 1;
        self.account.steps += steps;
        let mut chain = self.chain;
        for _ in 0..steps {
            // Each needs the one before. Without the rotation the compiler makes one multiplication
            // of eight in an unrolled loop, and a slowdown is then a step of eight.
            chain = chain.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        }
        self.chain = black_box(chain);
    }

    #[inline]
    fn spin(&mut self, start: u64, length: i64) {
        let programme = self.programme;
        self.told += length as u64;
        self.owed += length;
        let due = (self.owed >> FRACTION).max(0) as u64;
        let mut now = programme.clock.ticks();
        while now.wrapping_sub(start) < due {
            now = programme.clock.ticks();
        }
        let spent = now.wrapping_sub(start);
        self.account.spent_ticks += spent;
        self.owed -= (spent << FRACTION).cast_signed();
        if self.owed < -(programme.carried << FRACTION) {
            self.account.disturbed_ticks += (-self.owed >> FRACTION) as u64;
            self.owed = 0;
        }
        self.last_end = now;
    }
}
