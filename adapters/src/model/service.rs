//! How a call of `model` spends its time: one handle's way through what its programme says. Knows no
//! map.

use std::hint::{black_box, spin_loop};
use std::time::Duration;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use super::programme::{Call, FRACTION, Length, Programme};

/// Calls between two looks at the map. The first looks come sooner, after 64 calls and then twice as
/// many each time.
const LOOK_CALLS: u64 = 4_096;

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
    /// Times that a thread slept.
    pub naps: u64,
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
        self.naps += other.naps;
    }
}

/// One handle's spending.
#[derive(Debug)]
pub(super) struct Service<'m> {
    programme: &'m Programme,
    /// Whether the counter must be looked at.
    timed: bool,
    /// The number of threads that the lengths were worked out for; `None` if they must be anew.
    threads: Option<u32>,
    /// Reads and writes, before `slow_from` and after it.
    lengths: [[Length; 2]; 2],
    /// What lengths are drawn with.
    random: Option<Xoshiro256PlusPlus>,
    /// Calls until the map must be looked at, calls between the last look and that, and the writes
    /// among those since.
    until_look: u64,
    look_calls: u64,
    writes: u64,
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
        let number = programme.number_handle();
        let seeded = |seed: u64| Xoshiro256PlusPlus::seed_from_u64(seed << 32 | number);
        Service {
            programme,
            timed: programme.is_timed(),
            threads: None,
            lengths: [[Length::default(); 2]; 2],
            random: programme.drawn.map(seeded),
            until_look: if programme.bends.need_looks() { 64 } else { u64::MAX },
            look_calls: 64,
            writes: 0,
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

    /// Counts a call; answers whether it is time to [`look`](Self::look) at the map.
    #[inline]
    pub(super) fn must_look(&mut self, call: Call) -> bool {
        self.writes += call as u64;
        self.until_look -= 1;
        self.until_look == 0
    }

    /// Takes in what the map has come to, and how many of the calls since the last look were writes.
    #[cold]
    pub(super) fn look(&mut self, entries: usize) {
        let write_percent = 100.0 * self.writes as f64 / self.look_calls as f64;
        self.programme.note(entries as u64, write_percent);
        self.look_calls = (self.look_calls * 2).min(LOOK_CALLS);
        (self.until_look, self.writes) = (self.look_calls, 0);
        self.threads = None;
    }

    /// Spends what is left of a call.
    #[inline(never)]
    pub(super) fn end(&mut self, start: u64, call: Call) {
        let Length { ticks, steps } = self.length(start, call);
        self.account.calls += 1;
        self.step(steps);
        if ticks > 0 {
            self.told += ticks as u64;
            self.owed += ticks;
            self.spend(start);
        }
    }

    /// The length of a call.
    #[inline]
    pub(super) fn length(&mut self, start: u64, call: Call) -> Length {
        let programme = self.programme;
        let threads = programme.threads();
        if self.threads != Some(threads) {
            self.threads = Some(threads);
            self.lengths = programme.lengths(threads);
        }
        let length = self.lengths[usize::from(start >= programme.slow_from)][call as usize];
        match &mut self.random {
            None => length,
            Some(random) => {
                // Uniform over (0, 1], so that the logarithm is finite.
                let uniform = ((random.next_u64() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
                let factor = -uniform.ln();
                Length {
                    ticks: (length.ticks as f64 * factor) as i64,
                    steps: (length.steps as f64 * factor) as u64,
                }
            }
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

    /// Spins or sleeps until what is owed is spent, and carries over what that took too long.
    #[inline]
    fn spend(&mut self, start: u64) {
        let programme = self.programme;
        let due = (self.owed >> FRACTION).max(0) as u64;
        let mut now = programme.clock.ticks();
        if programme.nap > 0 {
            let left = due.saturating_sub(now.wrapping_sub(start));
            if left >= programme.nap {
                now = self.nap(now, left);
            }
        } else {
            while now.wrapping_sub(start) < due {
                now = programme.clock.ticks();
            }
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

    /// Sleeps for so many ticks, and answers when it woke.
    #[cold]
    #[expect(clippy::disallowed_methods, reason = "sleeping is what the map is told to do")]
    fn nap(&mut self, now: u64, ticks: u64) -> u64 {
        let clock = &self.programme.clock;
        std::thread::sleep(Duration::from_nanos(clock.nanos_between(now, now + ticks)));
        self.account.naps += 1;
        clock.ticks()
    }
}
