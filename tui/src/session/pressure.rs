//! What else the processors did while a worker ran: time that the hypervisor took from them, and
//! time in which some task waited for one. Reads `/proc` between rounds, never in one; judges
//! nothing.

use std::fs;

/// A tick of `/proc/stat`: `USER_HZ` is 100 on every Linux that this runs on. Milliseconds.
const TICK_MS: u64 = 10;

/// Counters that only grow; `None` where the system does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reading {
    /// Time stolen from the processors in use, since boot. Milliseconds.
    pub steal_ms: Option<u64>,
    /// Time in which some task waited for a processor, since boot. Microseconds.
    pub psi_some_us: Option<u64>,
}

/// Reads the counters.
pub trait Gauge {
    /// The counters now.
    fn read(&self) -> Reading;
}

/// The counters of this machine.
#[derive(Debug)]
pub struct Proc {
    /// Processors that workers use; empty is all of them.
    cpus: Vec<u32>,
}

impl Proc {
    /// Of the processors that workers use; empty is all of them.
    pub fn new(cpus: Vec<u32>) -> Self {
        Proc { cpus }
    }
}

impl Gauge for Proc {
    fn read(&self) -> Reading {
        let file = |path: &str| fs::read_to_string(path).ok();
        Reading {
            steal_ms: file("/proc/stat").and_then(|text| steal_ms(&text, &self.cpus)),
            psi_some_us: file("/proc/pressure/cpu").and_then(|text| some_us(&text)),
        }
    }
}

/// The sum over processors of the eighth column of `/proc/stat` (`proc_stat(5)`).
fn steal_ms(text: &str, cpus: &[u32]) -> Option<u64> {
    let stolen = |line: &str| -> Option<u64> {
        let (name, columns) = line.strip_prefix("cpu")?.split_once(' ')?;
        let cpu: u32 = name.parse().ok()?;
        let ticks = columns.split_whitespace().nth(7)?.parse::<u64>().ok()?;
        (cpus.is_empty() || cpus.contains(&cpu)).then_some(ticks * TICK_MS)
    };
    text.lines().filter_map(stolen).reduce(u64::saturating_add)
}

/// The total of the line `some` of `/proc/pressure/cpu`.
fn some_us(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("some "))?;
    line.split_whitespace().find_map(|field| field.strip_prefix("total="))?.parse().ok()
}

impl Reading {
    /// What was added since an earlier reading.
    pub(super) fn since(self, before: Reading) -> Reading {
        let added = |now: Option<u64>, then: Option<u64>| Some(now?.saturating_sub(then?));
        Reading {
            steal_ms: added(self.steal_ms, before.steal_ms),
            psi_some_us: added(self.psi_some_us, before.psi_some_us),
        }
    }

    /// The sum of two; unknown if one is.
    pub(super) fn plus(self, other: Reading) -> Reading {
        Reading {
            steal_ms: self.steal_ms.zip(other.steal_ms).map(|(one, two)| one + two),
            psi_some_us: self.psi_some_us.zip(other.psi_some_us).map(|(one, two)| one + two),
        }
    }

    /// Nothing lost.
    pub(super) const ZERO: Reading = Reading { steal_ms: Some(0), psi_some_us: Some(0) };
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "cpu  10 0 10 100 0 0 0 60 0 0\ncpu0 5 0 5 50 0 0 0 20 0 0\n\
                        cpu1 5 0 5 50 0 0 0 40 0 0\nintr 1 2 3\n";

    #[test]
    fn steal_is_of_the_processors_in_use() {
        assert_eq!(steal_ms(STAT, &[]), Some(600));
        assert_eq!(steal_ms(STAT, &[1]), Some(400));
        assert_eq!(steal_ms(STAT, &[7]), None);
        assert_eq!(steal_ms("cpu0 1 2 3\n", &[]), None, "a kernel that does not count it");
    }

    #[test]
    fn pressure_is_the_total_of_some() {
        let text = "some avg10=0.00 avg60=0.12 avg300=0.05 total=81234\n\
                    full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
        assert_eq!(some_us(text), Some(81_234));
        assert_eq!(some_us(""), None);
    }
}
