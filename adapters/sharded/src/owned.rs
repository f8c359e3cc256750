//! What an owner may do, whom `&mut` or ownership shows to be alone: no locks are taken here.

use std::hash::{BuildHasher, Hash};
use std::iter::FusedIterator;
use std::{fmt, slice, vec};

use hashbrown::{Equivalent, hash_table};

use crate::ShardedMap;
use crate::shard::Shard;

impl<K, V, S> ShardedMap<K, V, S> {
    /// The value of `key`, to change in place. Takes no lock: `&mut self` is one already.
    pub fn get_mut<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
        S: BuildHasher,
    {
        let hash = self.hash(key);
        let index = self.index_of(hash);
        let entry = self.shard_slice_mut()[index].find_mut(hash, |(k, _)| key.equivalent(k));
        entry.map(|(_, value)| value)
    }

    /// All entries, in no order, with values to change in place. Takes no lock.
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V> {
        let left = self.len();
        IterMut { shards: self.shard_slice_mut().iter_mut(), current: None, left }
    }
}

/// The entries of a map nobody else uses, from [`ShardedMap::iter_mut`].
pub struct IterMut<'a, K, V> {
    shards: slice::IterMut<'a, Shard<(K, V)>>,
    current: Option<hash_table::IterMut<'a, (K, V)>>,
    left: usize,
}

impl<'a, K, V> Iterator for IterMut<'a, K, V> {
    type Item = (&'a K, &'a mut V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.current.as_mut().and_then(Iterator::next) {
                self.left -= 1;
                return Some((key, value));
            }
            self.current = Some(self.shards.next()?.iter_mut());
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

/// The entries of a map that was taken apart, from [`ShardedMap::into_iter`].
pub struct IntoIter<K, V> {
    shards: vec::IntoIter<Shard<(K, V)>>,
    current: Option<hash_table::IntoIter<(K, V)>>,
    left: usize,
}

impl<K, V> Iterator for IntoIter<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.current.as_mut().and_then(Iterator::next) {
                self.left -= 1;
                return Some(entry);
            }
            self.current = Some(self.shards.next()?.into_table().into_iter());
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K, V, S> IntoIterator for ShardedMap<K, V, S> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(self) -> Self::IntoIter {
        let left = self.len();
        IntoIter { shards: self.into_shards().into_vec().into_iter(), current: None, left }
    }
}

impl<'a, K, V, S> IntoIterator for &'a mut ShardedMap<K, V, S> {
    type Item = (&'a K, &'a mut V);
    type IntoIter = IterMut<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<K, V> ExactSizeIterator for IntoIter<K, V> {}
impl<K, V> ExactSizeIterator for IterMut<'_, K, V> {}
impl<K, V> FusedIterator for IntoIter<K, V> {}
impl<K, V> FusedIterator for IterMut<'_, K, V> {}

impl<K, V> fmt::Debug for IntoIter<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter").field("left", &self.left).finish_non_exhaustive()
    }
}

impl<K, V> fmt::Debug for IterMut<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IterMut").field("left", &self.left).finish_non_exhaustive()
    }
}
