//! Operations on one key that change nothing. They run beside each other in the same shard.

use std::hash::{BuildHasher, Hash};

use hashbrown::Equivalent;

use crate::ShardedMap;

impl<K: Eq + Hash, V, S: BuildHasher> ShardedMap<K, V, S> {
    /// Runs `f` on the value of `key`, in place, and returns what it returns; `None` if there is
    /// no such key.
    ///
    /// Locks the key's shard for reading while `f` runs: other readers go on, writers of the
    /// shard wait. Keep `f` short, and do not use the map in it.
    ///
    /// ```
    /// let words = mapbench_sharded::ShardedMap::new();
    /// words.insert("pod", String::from("a group of containers"));
    /// assert_eq!(words.get_with("pod", String::len), Some(21));
    /// assert_eq!(words.get_with("node", String::len), None);
    /// ```
    #[inline]
    pub fn get_with<Q, R>(&self, key: &Q, f: impl FnOnce(&V) -> R) -> Option<R>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.get_key_value_with(key, |_, value| f(value))
    }

    /// [`get_with`](Self::get_with), with the key as the map holds it.
    #[inline]
    pub fn get_key_value_with<Q, R>(&self, key: &Q, f: impl FnOnce(&K, &V) -> R) -> Option<R>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hash(key);
        self.read(hash, |table| {
            table.find(hash, |(k, _)| key.equivalent(k)).map(|(key, value)| f(key, value))
        })
    }

    /// A clone of the value of `key`. Locks the key's shard for reading while it is cloned; for
    /// values that are long to clone, keep them in an `Arc`.
    #[inline]
    pub fn get_cloned<Q>(&self, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
        V: Clone,
    {
        self.get_with(key, V::clone)
    }

    /// Whether the map holds `key`. Locks the key's shard for reading.
    #[inline]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.get_with(key, |_| ()).is_some()
    }
}
