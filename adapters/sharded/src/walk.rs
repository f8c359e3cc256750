//! Walks over entries: one shard at a time, each shard at one moment.
//!
//! There is no iterator that borrows from the map. It would have to hold a lock between calls of
//! `next`, and a loop that touches the map in its body would wait for itself. Walks take
//! closures instead, or copy a shard and let go of it.

use std::fmt;
use std::ops::ControlFlow;

use hashbrown::HashTable;

use crate::ShardedMap;
use crate::shard::Shard;

impl<K, V, S> ShardedMap<K, V, S> {
    /// Runs `f` on every entry, in no order.
    ///
    /// Locks each shard for reading while its entries are visited, one shard after the other: a
    /// writer waits for one shard at most. What a walk sees is therefore right **for each shard
    /// by itself**: its entries all belong to one moment, and no entry is seen twice or missed
    /// that is there all along. Across shards the moments differ: of two keys always written one
    /// after the other, a walk may see the second and not the first.
    pub fn for_each(&self, mut f: impl FnMut(&K, &V)) {
        for shard in self.shards() {
            shard.for_each(&mut f);
        }
    }

    /// [`for_each`](Self::for_each) that can stop early, and says what it stopped with.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use mapbench_sharded::ShardedMap;
    ///
    /// let map = ShardedMap::from([(1, "one"), (2, "two"), (3, "three")]);
    /// let long = map.try_for_each(|key, name| match name.len() {
    ///     0..=3 => ControlFlow::Continue(()),
    ///     _ => ControlFlow::Break(*key),
    /// });
    /// assert_eq!(long, ControlFlow::Break(3));
    /// ```
    pub fn try_for_each<B>(&self, mut f: impl FnMut(&K, &V) -> ControlFlow<B>) -> ControlFlow<B> {
        self.shards().try_for_each(|shard| shard.try_for_each(&mut f))
    }

    /// Runs `f` on every entry, whose value it may change. Locks each shard for writing, one
    /// after the other.
    pub fn for_each_mut(&self, mut f: impl FnMut(&K, &mut V)) {
        for index in 0..self.shard_count() {
            self.write_shard(index, |table| {
                table.iter_mut().for_each(|(key, value)| f(key, value));
            });
        }
    }

    /// Keeps the entries to which `keep` says yes, and drops the others.
    ///
    /// Locks each shard for writing, one after the other. Unlike with the other methods, keys
    /// and values are dropped under the lock: their `Drop` must not use the map.
    pub fn retain(&self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        for index in 0..self.shard_count() {
            self.write_shard(index, |table| table.retain(|(key, value)| keep(key, value)));
        }
    }

    /// A copy of all entries, in no order; each shard as of one moment, as for
    /// [`for_each`](Self::for_each). Nothing is locked once it returns.
    pub fn to_vec(&self) -> Vec<(K, V)>
    where
        K: Clone,
        V: Clone,
    {
        let mut entries = Vec::with_capacity(self.len());
        self.for_each(|key, value| entries.push((key.clone(), value.clone())));
        entries
    }

    /// The shards, to be walked one by one: for a walk that pauses, that is split among threads,
    /// or that wants to use the map in between.
    ///
    /// The iterator holds no lock.
    ///
    /// ```
    /// let map: mapbench_sharded::ShardedMap<_, _> = (0..1000).map(|n| (n, n)).collect();
    /// // `retain` would lock while it asks; this asks unlocked, and removes one by one.
    /// for shard in map.shards() {
    ///     for (key, _) in shard.to_vec() {
    ///         map.remove_if(&key, |value| value % 2 == 1);
    ///     }
    /// }
    /// assert_eq!(map.len(), 500);
    /// ```
    pub fn shards(&self) -> Shards<'_, K, V> {
        Shards { rest: self.shard_slice().iter() }
    }
}

/// The shards of a map, from [`ShardedMap::shards`].
pub struct Shards<'a, K, V> {
    rest: std::slice::Iter<'a, Shard<(K, V)>>,
}

impl<'a, K, V> Iterator for Shards<'a, K, V> {
    type Item = ShardRef<'a, K, V>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rest.next().map(|shard| ShardRef { shard })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}

impl<K, V> ExactSizeIterator for Shards<'_, K, V> {}
impl<K, V> std::iter::FusedIterator for Shards<'_, K, V> {}

impl<K, V> Clone for Shards<'_, K, V> {
    fn clone(&self) -> Self {
        Self { rest: self.rest.clone() }
    }
}

impl<K, V> fmt::Debug for Shards<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shards").field("rest", &self.rest.len()).finish()
    }
}

/// One shard of a map. It holds no lock; its methods take one while they run.
pub struct ShardRef<'a, K, V> {
    shard: &'a Shard<(K, V)>,
}

impl<K, V> ShardRef<'_, K, V> {
    /// The number of entries as of the last finished write to this shard. Takes no lock.
    pub fn len(&self) -> usize {
        self.shard.len()
    }

    /// Whether [`len`](Self::len) is zero.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Runs `f` on every entry of the shard, all as of one moment. Locks it for reading.
    pub fn for_each(&self, mut f: impl FnMut(&K, &V)) {
        self.shard.read_long(|table| table.iter().for_each(|(key, value)| f(key, value)));
    }

    /// [`for_each`](Self::for_each) that can stop early.
    pub fn try_for_each<B>(&self, mut f: impl FnMut(&K, &V) -> ControlFlow<B>) -> ControlFlow<B> {
        self.shard.read_long(|table| table.iter().try_for_each(|(key, value)| f(key, value)))
    }

    /// A copy of the shard as of one moment. Locks it for reading while it is copied.
    pub fn to_vec(&self) -> Vec<(K, V)>
    where
        K: Clone,
        V: Clone,
    {
        self.shard.read_long(|table: &HashTable<(K, V)>| table.iter().cloned().collect())
    }
}

impl<K, V> fmt::Debug for ShardRef<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShardRef").field("len", &self.len()).finish()
    }
}
