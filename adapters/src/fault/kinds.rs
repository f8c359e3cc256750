//! The faults, one type each. A fault decides by the call's number alone; it must not touch the
//! map.

use std::hint::black_box;
use std::sync::{Mutex, PoisonError};

use mapbench_core::key::scramble;

use super::{Call, Misbehaviour, Moment};

/// `fault/hang`.
#[derive(Debug, Default)]
pub struct Hang;

impl Misbehaviour for Hang {
    const NAME: &'static str = "fault/hang";
    const SUMMARY: &'static str = "one call never returns";

    fn before(&self, _call: Call, moment: Moment) {
        if moment.is_due() {
            hang();
        }
    }
}

/// `fault/hang-in-scan`.
#[derive(Debug, Default)]
pub struct HangInScan;

impl Misbehaviour for HangInScan {
    const NAME: &'static str = "fault/hang-in-scan";
    const SUMMARY: &'static str = "scans and len stop returning";

    fn before(&self, call: Call, moment: Moment) {
        if moment.overdue.is_some() && call == Call::Scan {
            hang();
        }
    }
}

fn hang() -> ! {
    loop {
        // Returns for no reason now and then.
        std::thread::park();
    }
}

/// `fault/panic`.
#[derive(Debug, Default)]
pub struct Panic;

impl Misbehaviour for Panic {
    const NAME: &'static str = "fault/panic";
    const SUMMARY: &'static str = "one call panics";

    fn before(&self, _call: Call, moment: Moment) {
        assert!(!moment.is_due(), "fault/panic panics on purpose");
    }
}

/// `fault/abort`.
#[derive(Debug, Default)]
pub struct Abort;

impl Misbehaviour for Abort {
    const NAME: &'static str = "fault/abort";
    const SUMMARY: &'static str = "one call aborts the process";

    fn before(&self, _call: Call, moment: Moment) {
        if moment.is_due() {
            std::process::abort();
        }
    }
}

/// `fault/wrong-value`.
#[derive(Debug, Default)]
pub struct WrongValue;

impl Misbehaviour for WrongValue {
    const NAME: &'static str = "fault/wrong-value";
    const SUMMARY: &'static str = "one read in eight answers with another key's value";

    fn answers_wrongly(moment: Moment) -> bool {
        moment.is_one_in(8)
    }
}

/// `fault/lost-update`.
#[derive(Debug, Default)]
pub struct LostUpdate;

impl Misbehaviour for LostUpdate {
    const NAME: &'static str = "fault/lost-update";
    const SUMMARY: &'static str = "some inserts and updates are answered and not done";

    fn loses_write(moment: Moment) -> bool {
        moment.is_one_in(8)
    }
}

/// `fault/eat-memory`.
#[derive(Debug, Default)]
pub struct EatMemory {
    eaten: Mutex<Vec<Vec<u8>>>,
}

impl EatMemory {
    /// Calls from one bite to the next.
    const CALLS_PER_BITE: u64 = 1_024;
    const BITE_BYTES: usize = 16 << 20;

    #[cfg(test)]
    pub(super) fn eaten_bytes(&self) -> usize {
        let eaten = self.eaten.lock().unwrap_or_else(PoisonError::into_inner);
        eaten.iter().map(Vec::len).sum()
    }
}

impl Misbehaviour for EatMemory {
    const NAME: &'static str = "fault/eat-memory";
    const SUMMARY: &'static str = "takes 16 MiB every 1,024 calls and gives nothing back";

    fn before(&self, _call: Call, moment: Moment) {
        if moment.is_one_in(Self::CALLS_PER_BITE) {
            // Zeroed and never written to, so that it is address space, which is what a worker's
            // limit is on, and the machine that runs the tests keeps its memory.
            let bite = vec![0; Self::BITE_BYTES];
            self.eaten.lock().unwrap_or_else(PoisonError::into_inner).push(bite);
        }
    }
}

/// `fault/bimodal`. Nothing is wrong with it but its latency, from the first call on.
#[derive(Debug, Default)]
pub struct Bimodal;

impl Bimodal {
    /// About 100 ns and 5 µs at some 4 GHz, optimised.
    const SPINS_FAST: u64 = 70;
    const SPINS_SLOW: u64 = 4_700;

    /// One read in eight, scattered.
    pub(super) fn is_slow(call: u64) -> bool {
        scramble(call).is_multiple_of(8)
    }
}

impl Misbehaviour for Bimodal {
    const NAME: &'static str = "fault/bimodal";
    const SUMMARY: &'static str = "correct; one read in eight takes 5 µs, the others 100 ns";

    fn before(&self, call: Call, moment: Moment) {
        if call == Call::Read {
            let slow = Self::is_slow(moment.call);
            work(if slow { Self::SPINS_SLOW } else { Self::SPINS_FAST });
        }
    }
}

/// A chain of multiplications that no compiler shortens.
fn work(spins: u64) {
    let mut state = spins;
    for step in 0..spins {
        state = (state ^ step).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    black_box(state);
}
