//! Operations on one key that may change it. Each has its shard to itself while it runs.

use std::hash::{BuildHasher, Hash};
use std::mem;

use hashbrown::{Equivalent, hash_table};

use crate::{Entry, ShardedMap};

impl<K: Eq + Hash, V, S: BuildHasher> ShardedMap<K, V, S> {
    /// Puts `value` under `key` and returns the value that was there.
    ///
    /// Locks the key's shard for writing. A reader sees the old value or the new one, never
    /// neither. If the key was there it stays, and the `key` given is dropped.
    ///
    /// ```
    /// let map = mapbench_sharded::ShardedMap::new();
    /// assert_eq!(map.insert(1, "a"), None);
    /// assert_eq!(map.insert(1, "b"), Some("a"));
    /// ```
    #[inline]
    pub fn insert(&self, key: K, value: V) -> Option<V> {
        let hash = self.hash(&key);
        // The rejected key leaves the closure too, so that its `Drop` runs unlocked.
        let (_key, old) = self.write(hash, |table| {
            match table.entry(hash, |(k, _)| *k == key, |(k, _)| self.hash(k)) {
                hash_table::Entry::Occupied(mut entry) => {
                    (Some(key), Some(mem::replace(&mut entry.get_mut().1, value)))
                }
                hash_table::Entry::Vacant(entry) => {
                    entry.insert((key, value));
                    (None, None)
                }
            }
        });
        old
    }

    /// Puts `value` under `key` only if the key is not there.
    ///
    /// Locks the key's shard for writing; of several threads that try the same key, one
    /// succeeds.
    ///
    /// # Errors
    /// The `value` given, if the key was there; the map is as it was.
    ///
    /// ```
    /// let map = mapbench_sharded::ShardedMap::new();
    /// assert_eq!(map.insert_if_absent(1, "a"), Ok(()));
    /// assert_eq!(map.insert_if_absent(1, "b"), Err("b"));
    /// ```
    #[inline]
    pub fn insert_if_absent(&self, key: K, value: V) -> Result<(), V> {
        let hash = self.hash(&key);
        let rejected = self.write(hash, |table| {
            match table.entry(hash, |(k, _)| *k == key, |(k, _)| self.hash(k)) {
                hash_table::Entry::Occupied(_) => Some((key, value)),
                hash_table::Entry::Vacant(entry) => {
                    entry.insert((key, value));
                    None
                }
            }
        });
        rejected.map_or(Ok(()), |(_key, value)| Err(value))
    }

    /// Removes `key` and returns its value. Locks the key's shard for writing.
    #[inline]
    pub fn remove<Q>(&self, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.remove_entry(key).map(|(_key, value)| value)
    }

    /// [`remove`](Self::remove), with the key as the map held it.
    #[inline]
    pub fn remove_entry<Q>(&self, key: &Q) -> Option<(K, V)>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hash(key);
        self.write(hash, |table| {
            let entry = table.find_entry(hash, |(k, _)| key.equivalent(k)).ok()?;
            Some(entry.remove().0)
        })
    }

    /// Removes `key` if `condition` says yes to its value, and returns the value.
    ///
    /// The question and the removal are one step: the shard is locked for writing over both.
    ///
    /// ```
    /// let stock = mapbench_sharded::ShardedMap::from([("bolt", 0), ("nut", 3)]);
    /// assert_eq!(stock.remove_if("bolt", |left| *left == 0), Some(0));
    /// assert_eq!(stock.remove_if("nut", |left| *left == 0), None);
    /// assert_eq!(stock.len(), 1);
    /// ```
    #[inline]
    pub fn remove_if<Q>(&self, key: &Q, condition: impl FnOnce(&V) -> bool) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hash(key);
        let removed = self.write(hash, |table| {
            let entry = table.find_entry(hash, |(k, _)| key.equivalent(k)).ok()?;
            condition(&entry.get().1).then(|| entry.remove().0)
        });
        removed.map(|(_key, value)| value)
    }

    /// Runs `f` on the value of `key`, which it may change in place, and returns what it
    /// returns; `None` if there is no such key.
    ///
    /// Locks the key's shard for writing while `f` runs, so no update is lost. If `f` panics,
    /// the value stays as `f` left it.
    ///
    /// ```
    /// let hits = mapbench_sharded::ShardedMap::from([("home", 1)]);
    /// assert_eq!(hits.update("home", |n| { *n += 1; *n }), Some(2));
    /// assert_eq!(hits.update("away", |n| { *n += 1; *n }), None);
    /// ```
    #[inline]
    pub fn update<Q, R>(&self, key: &Q, f: impl FnOnce(&mut V) -> R) -> Option<R>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hash(key);
        self.write(hash, |table| {
            table.find_mut(hash, |(k, _)| key.equivalent(k)).map(|(_, value)| f(value))
        })
    }

    /// Runs `update` on the value of `key` if the key is there, else puts what `insert` makes
    /// under it. Returns what `update` returned, or `None` if the key is new.
    ///
    /// One step: the shard is locked for writing over the look-up and whichever closure runs,
    /// so of several threads exactly one inserts and all others update.
    ///
    /// ```
    /// let hits = mapbench_sharded::ShardedMap::new();
    /// for page in ["home", "away", "home"] {
    ///     hits.update_or_insert_with(page, |n| *n += 1, || 1);
    /// }
    /// assert_eq!(hits.get_cloned("home"), Some(2));
    /// ```
    #[inline]
    pub fn update_or_insert_with<R>(
        &self,
        key: K,
        update: impl FnOnce(&mut V) -> R,
        insert: impl FnOnce() -> V,
    ) -> Option<R> {
        self.entry_with(key, |entry| match entry {
            Entry::Occupied(mut entry) => Some(update(entry.get_mut())),
            Entry::Vacant(entry) => {
                entry.insert(insert());
                None
            }
        })
    }

    /// Runs `read` on the value of `key`, after putting what `make` returns under it if the key
    /// was not there.
    ///
    /// A key that is there is found under the lock for reading, so a map used as a cache does
    /// not serialise its readers. Only if it is missing is the shard locked for writing, and the
    /// key looked for once more: `make` runs at most once, and of several threads with the same
    /// missing key only one runs it, under the lock. `read` runs under one of the two locks.
    ///
    /// ```
    /// let squares = mapbench_sharded::ShardedMap::new();
    /// assert_eq!(squares.get_or_insert_with(7, || 49, |n| *n), 49);
    /// assert_eq!(squares.get_or_insert_with(7, || unreachable!(), |n| *n), 49);
    /// ```
    #[inline]
    pub fn get_or_insert_with<R>(
        &self,
        key: K,
        make: impl FnOnce() -> V,
        read: impl FnOnce(&V) -> R,
    ) -> R {
        let mut read = Some(read);
        let mut read_once = |value: &V| (read.take().expect("read runs once"))(value);
        if let Some(result) = self.get_with(&key, &mut read_once) {
            return result;
        }
        self.entry_with(key, |entry| match entry {
            Entry::Occupied(entry) => read_once(entry.get()),
            Entry::Vacant(entry) => read_once(entry.insert(make())),
        })
    }

    /// Runs `f` on the place of `key` in the map, which it may read, fill, change or empty.
    ///
    /// The general form of all operations of this kind, in one look-up and one step: the key's
    /// shard is locked for writing while `f` runs. If `f` does nothing the map stays as it was.
    ///
    /// ```
    /// use mapbench_sharded::{Entry, ShardedMap};
    ///
    /// let members = ShardedMap::from([("group", 1)]);
    /// // One member fewer, and no group without members.
    /// members.entry_with("group", |entry| {
    ///     if let Entry::Occupied(mut entry) = entry {
    ///         *entry.get_mut() -= 1;
    ///         if *entry.get() == 0 {
    ///             entry.remove();
    ///         }
    ///     }
    /// });
    /// assert!(members.is_empty());
    /// ```
    #[inline]
    pub fn entry_with<R>(&self, key: K, f: impl FnOnce(Entry<'_, K, V>) -> R) -> R {
        let hash = self.hash(&key);
        self.write(hash, |table| {
            f(match table.entry(hash, |(k, _)| *k == key, |(k, _)| self.hash(k)) {
                hash_table::Entry::Occupied(entry) => Entry::occupied(entry, key),
                hash_table::Entry::Vacant(entry) => Entry::vacant(entry, key),
            })
        })
    }
}
