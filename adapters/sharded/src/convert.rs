//! The traits of the standard library that build, fill, copy and print a map.

use std::fmt;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;

use crate::ShardedMap;
use crate::shard::Shard;

impl<K, V, S: Default> Default for ShardedMap<K, V, S> {
    /// An empty map with the default number of shards.
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

/// Of equal keys the last one wins.
impl<K: Eq + Hash, V, S: BuildHasher + Default> FromIterator<(K, V)> for ShardedMap<K, V, S> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        map.extend(entries);
        map
    }
}

/// Of equal keys the last one wins.
impl<K: Eq + Hash, V, const N: usize> From<[(K, V); N]> for ShardedMap<K, V, RandomState> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

/// One insert after the other.
impl<K: Eq + Hash, V, S: BuildHasher> Extend<(K, V)> for ShardedMap<K, V, S> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        (&*self).extend(entries);
    }
}

/// One insert after the other, each atomic by itself, on a map that is shared.
impl<K: Eq + Hash, V, S: BuildHasher> Extend<(K, V)> for &ShardedMap<K, V, S> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        let entries = entries.into_iter();
        // Half, as the standard library does for a map that has entries: some may be there.
        let expected = entries.size_hint().0;
        self.reserve(if self.is_empty() { expected } else { expected.div_ceil(2) });
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

/// **Not atomic**: shards are copied one after the other, each as of one moment, as in
/// [`for_each`](ShardedMap::for_each). The copy has as many shards and the same hasher.
impl<K: Clone, V: Clone, S: Clone> Clone for ShardedMap<K, V, S> {
    fn clone(&self) -> Self {
        let copy = |shard: &Shard<_>| Shard::from_table(shard.read_long(Clone::clone));
        Self::from_shards(self.shard_slice().iter().map(copy).collect(), self.hasher().clone())
    }
}

/// Prints the entries as a map. Locks each shard for reading while it is printed.
impl<K: fmt::Debug, V: fmt::Debug, S> fmt::Debug for ShardedMap<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printed = f.debug_map();
        self.for_each(|key, value| {
            printed.entry(key, value);
        });
        printed.finish()
    }
}
