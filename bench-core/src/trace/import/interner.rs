//! Numbers keys in the order of their first appearance. A name is kept as its 64-bit hash only, so
//! that memory is bounded by the number of different keys and no name can reach a trace.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use crate::key::scramble;
use crate::op::MAX_KEYS;

/// Numbers for hashes, from 0.
#[derive(Debug, Default)]
pub(super) struct Interner {
    numbers: HashTable<u32>,
    hashes: Vec<u64>,
}

impl Interner {
    /// The number of a hash, and whether it is new; `None` when there are 2^24 others already.
    #[inline]
    pub(super) fn number(&mut self, hash: u64) -> Option<(u32, bool)> {
        let found =
            self.numbers.find(scramble(hash), |&number| self.hashes[number as usize] == hash);
        if let Some(&number) = found {
            return Some((number, false));
        }
        let number = self.len();
        if number == MAX_KEYS {
            return None;
        }
        self.hashes.push(hash);
        let hashes = &self.hashes;
        self.numbers
            .insert_unique(scramble(hash), number, |&number| scramble(hashes[number as usize]));
        Some((number, true))
    }

    /// The hash of a number.
    pub(super) fn hash(&self, number: u32) -> u64 {
        self.hashes[number as usize]
    }

    /// How many there are.
    pub(super) fn len(&self) -> u32 {
        self.hashes.len() as u32
    }
}

/// What is kept of a name.
pub(super) fn hash_of(name: &[u8]) -> u64 {
    xxh3_64(name)
}
