//! How a recording's accesses are spread over its keys and over time. Counts while the recording is
//! read; memory is eight bytes per different key.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How accesses are spread over keys and over time. Shares are of all accesses unless said, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KeyFigures {
    /// Accesses.
    pub accesses: u64,
    /// Different keys.
    pub distinct: u32,
    /// Share of the most accessed key.
    pub top_share: f64,
    /// Share of the ten most accessed keys.
    pub top_10_share: f64,
    /// Share of the most accessed hundredth of the keys, their number rounded up.
    pub top_percent_share: f64,
    /// Share of the keys that are accessed once only.
    pub seen_once_share: f64,
    /// Share of accesses to a key that one of the 1,000 accesses before it was to.
    pub reaccess_1000_share: f64,
    /// The same over the first million accesses.
    pub reaccess_1000_share_of_first_million: f64,
}

/// An access counts as a re-access when its key was accessed at most so many accesses before.
const REACCESS_WINDOW: u64 = 1_000;
const FIRST: u64 = 1_000_000;

/// Counts accesses.
#[derive(Debug, Default)]
pub(super) struct KeyTally {
    /// Accesses per key, and the number of the last one, counted from 1.
    keys: Vec<(u32, u32)>,
    accesses: u64,
    reaccesses: u64,
    reaccesses_of_first: u64,
}

impl KeyTally {
    /// Counts an access to a key, by its number.
    #[inline]
    pub(super) fn access(&mut self, key: u32) {
        let key = key as usize;
        if key >= self.keys.len() {
            self.keys.resize(key + 1, (0, 0));
        }
        self.accesses += 1;
        let (count, last) = &mut self.keys[key];
        if *count > 0 && self.accesses - u64::from(*last) <= REACCESS_WINDOW {
            self.reaccesses += 1;
        }
        *count += 1;
        // There are fewer accesses than a trace may have ops, 2^28.
        *last = self.accesses as u32;
        if self.accesses == FIRST {
            self.reaccesses_of_first = self.reaccesses;
        }
    }

    /// The figures; `None` without accesses.
    pub(super) fn figures(&self) -> Option<KeyFigures> {
        let counted = self.keys.iter().map(|&(count, _)| count);
        let mut counts: Vec<u32> = counted.filter(|&count| count > 0).collect();
        counts.sort_unstable_by(|one, other| other.cmp(one));
        let all = self.accesses as f64;
        let share = |keys: usize| {
            counts.iter().take(keys).map(|&count| u64::from(count)).sum::<u64>() as f64 / all
        };
        let once = counts.iter().rev().take_while(|&&count| count == 1).count();
        let reaccesses_of_first =
            if self.accesses < FIRST { self.reaccesses } else { self.reaccesses_of_first };
        (self.accesses > 0).then(|| KeyFigures {
            accesses: self.accesses,
            distinct: counts.len() as u32,
            top_share: share(1),
            top_10_share: share(10),
            top_percent_share: share(counts.len().div_ceil(100)),
            seen_once_share: once as f64 / counts.len() as f64,
            reaccess_1000_share: self.reaccesses as f64 / all,
            reaccess_1000_share_of_first_million: reaccesses_of_first as f64
                / self.accesses.min(FIRST) as f64,
        })
    }
}

impl fmt::Display for KeyFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| share * 100.0;
        writeln!(
            f,
            "  keys         {} accesses to {} keys, {:.1} % of them seen once",
            self.accesses,
            self.distinct,
            percent(self.seen_once_share)
        )?;
        writeln!(
            f,
            "  popularity   top key {:.2} %, top 10 {:.2} %, top 1 % of keys {:.1} %",
            percent(self.top_share),
            percent(self.top_10_share),
            percent(self.top_percent_share)
        )?;
        writeln!(
            f,
            "  re-access    {:.1} % within 1,000 accesses ({:.1} % in the first million)",
            percent(self.reaccess_1000_share),
            percent(self.reaccess_1000_share_of_first_million)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_counted_by_key_and_by_distance() {
        let mut tally = KeyTally::default();
        assert_eq!(tally.figures(), None);
        // Key 0 twice at distance 1,000, key 1 twice at distance 1,001, the rest once.
        tally.access(0);
        tally.access(1);
        (2..1_000).for_each(|key| tally.access(key));
        tally.access(0);
        tally.access(1_000);
        tally.access(1);
        let figures = tally.figures().unwrap();
        assert_eq!((figures.accesses, figures.distinct), (1_003, 1_001));
        assert!((figures.reaccess_1000_share - 1.0 / 1_003.0).abs() < 1e-9);
        assert!((figures.top_share - 2.0 / 1_003.0).abs() < 1e-9);
        assert!((figures.seen_once_share - 999.0 / 1_001.0).abs() < 1e-9);
    }
}
