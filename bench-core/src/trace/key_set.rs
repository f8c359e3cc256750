//! A set of dense key indices: the plainest model of which keys a map holds.

use crate::key::scramble;
use crate::trace::FinalState;

/// A set of key indices below a fixed bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    bits: Vec<u64>,
    len: u32,
}

impl KeySet {
    /// The set `0..present` with room for `0..keys`.
    pub fn filled(keys: u32, present: u32) -> Self {
        let mut set = KeySet { bits: vec![0; (keys as usize).div_ceil(64)], len: 0 };
        for key in 0..present.min(keys) {
            set.insert(key);
        }
        set
    }

    /// How many keys are present.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether no key is present.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether a key is present. Keys beyond the bound are absent.
    #[inline]
    pub fn contains(&self, key: u32) -> bool {
        self.bits.get(key as usize / 64).is_some_and(|word| word >> (key % 64) & 1 == 1)
    }

    /// How many of `count` keys from `first` on are present, going on with key 0 after `keys`, the
    /// bound of the set.
    pub fn count_in_range(&self, first: u32, count: u32, keys: u32) -> u64 {
        let rounds = u64::from(count / keys) * u64::from(self.len);
        let end = first + count % keys;
        let wrapped = self.count_between(0, end.saturating_sub(keys));
        rounds + self.count_between(first, end.min(keys)) + wrapped
    }

    fn count_between(&self, first: u32, end: u32) -> u64 {
        let ones = |word: usize| u64::from(self.bits.get(word).map_or(0, |bits| bits.count_ones()));
        let below = |key: u32| {
            let bits = self.bits.get(key as usize / 64).copied().unwrap_or(0);
            u64::from((bits & ((1 << (key % 64)) - 1)).count_ones())
        };
        if first >= end {
            return 0;
        }
        let words = (first as usize / 64)..(end as usize / 64);
        words.map(ones).sum::<u64>() + below(end) - below(first)
    }

    /// Adds a key below the bound; returns whether it was absent.
    #[inline]
    pub fn insert(&mut self, key: u32) -> bool {
        let word = &mut self.bits[key as usize / 64];
        let absent = *word >> (key % 64) & 1 == 0;
        *word |= 1 << (key % 64);
        self.len += u32::from(absent);
        absent
    }

    /// Takes a key below the bound out; returns whether it was present.
    #[inline]
    pub fn remove(&mut self, key: u32) -> bool {
        let word = &mut self.bits[key as usize / 64];
        let present = *word >> (key % 64) & 1 == 1;
        *word &= !(1 << (key % 64));
        self.len -= u32::from(present);
        present
    }

    /// Adds an absent key or takes a present one out; returns whether it is present now.
    #[inline]
    pub fn toggle(&mut self, key: u32) -> bool {
        self.insert(key) || !self.remove(key)
    }

    /// The present keys in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.bits.iter().enumerate().flat_map(|(word_index, &word)| {
            let first = word_index as u32 * 64;
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| first + bit)
        })
    }

    /// Length and key checksum.
    pub fn state(&self) -> FinalState {
        let key_checksum =
            self.iter().fold(0_u64, |sum, key| sum.wrapping_add(scramble(u64::from(key))));
        FinalState { len: self.len, key_checksum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_counted_as_key_by_key() {
        let mut set = KeySet::filled(200, 0);
        for key in (0..200).filter(|key| key % 3 == 0 || key % 64 == 63) {
            set.insert(key);
        }
        for first in (0..200).step_by(7) {
            for count in [1, 2, 63, 64, 65, 130, 199, 200, 201, 777] {
                let each = (0..count).filter(|step| set.contains((first + step) % 200)).count();
                assert_eq!(
                    set.count_in_range(first, count, 200),
                    each as u64,
                    "{count} at {first}"
                );
            }
        }
    }
}
