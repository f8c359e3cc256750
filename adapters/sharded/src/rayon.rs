//! Walks and fills that spread over the threads of a `rayon` pool, shard by shard.

use std::hash::{BuildHasher, Hash};

use rayon::iter::{
    FromParallelIterator, IntoParallelIterator, IntoParallelRefIterator, ParallelExtend,
    ParallelIterator,
};

use crate::ShardedMap;

impl<K: Send + Sync, V: Send + Sync, S: Sync> ShardedMap<K, V, S> {
    /// [`for_each`](Self::for_each) with the shards spread over rayon's threads. `f` runs on
    /// several shards at a time, each locked for reading.
    ///
    /// `f` must not start rayon work of its own: a thread that waits for it may pick up another
    /// shard while it holds the first.
    pub fn par_for_each(&self, f: impl Fn(&K, &V) + Send + Sync) {
        self.shard_slice().par_iter().for_each(|shard| {
            shard.read_long(|table| table.iter().for_each(|(key, value)| f(key, value)));
        });
    }

    /// [`for_each_mut`](Self::for_each_mut) with the shards spread over rayon's threads. The
    /// caution of [`par_for_each`](Self::par_for_each) holds here too.
    pub fn par_for_each_mut(&self, f: impl Fn(&K, &mut V) + Send + Sync) {
        (0..self.shard_count()).into_par_iter().for_each(|index| {
            self.write_shard(index, |table| {
                table.iter_mut().for_each(|(key, value)| f(key, value));
            });
        });
    }

    /// [`retain`](Self::retain) with the shards spread over rayon's threads.
    pub fn par_retain(&self, keep: impl Fn(&K, &mut V) -> bool + Send + Sync) {
        (0..self.shard_count()).into_par_iter().for_each(|index| {
            self.write_shard(index, |table| table.retain(|(key, value)| keep(key, value)));
        });
    }
}

/// Inserts from many threads at once; of equal keys any one may win.
impl<K, V, S> ParallelExtend<(K, V)> for ShardedMap<K, V, S>
where
    K: Eq + Hash + Send + Sync,
    V: Send + Sync,
    S: BuildHasher + Sync,
{
    fn par_extend<I: IntoParallelIterator<Item = (K, V)>>(&mut self, entries: I) {
        let map = &*self;
        entries.into_par_iter().for_each(|(key, value)| {
            map.insert(key, value);
        });
    }
}

/// Of equal keys any one may win.
impl<K, V, S> FromParallelIterator<(K, V)> for ShardedMap<K, V, S>
where
    K: Eq + Hash + Send + Sync,
    V: Send + Sync,
    S: BuildHasher + Default + Sync,
{
    fn from_par_iter<I: IntoParallelIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        map.par_extend(entries);
        map
    }
}
