//! The place of a key, as [`ShardedMap::entry_with`](crate::ShardedMap::entry_with) shows it to
//! its closure: taken or free.
//!
//! Both kinds borrow from a locked shard and cannot leave the closure, so no entry can be kept
//! while the map is used for something else.

use std::fmt;
use std::mem;

use hashbrown::hash_table;

/// A key's place in the map, inside [`entry_with`](crate::ShardedMap::entry_with).
#[derive(Debug)]
pub enum Entry<'a, K, V> {
    /// The key is there.
    Occupied(OccupiedEntry<'a, K, V>),
    /// The key is not there.
    Vacant(VacantEntry<'a, K, V>),
}

/// A key that is there, and its value.
pub struct OccupiedEntry<'a, K, V> {
    inner: hash_table::OccupiedEntry<'a, (K, V)>,
    given_key: K,
}

/// A key that is not there.
pub struct VacantEntry<'a, K, V> {
    inner: hash_table::VacantEntry<'a, (K, V)>,
    key: K,
}

impl<'a, K, V> Entry<'a, K, V> {
    #[inline]
    pub(crate) fn occupied(inner: hash_table::OccupiedEntry<'a, (K, V)>, given_key: K) -> Self {
        Self::Occupied(OccupiedEntry { inner, given_key })
    }

    #[inline]
    pub(crate) fn vacant(inner: hash_table::VacantEntry<'a, (K, V)>, key: K) -> Self {
        Self::Vacant(VacantEntry { inner, key })
    }

    /// The key that was asked for.
    pub fn key(&self) -> &K {
        match self {
            Self::Occupied(entry) => entry.key(),
            Self::Vacant(entry) => entry.key(),
        }
    }

    /// Changes the value, if there is one, and returns the entry for a method like
    /// [`or_insert_with`](Self::or_insert_with) to go on with.
    #[must_use = "an entry that is neither changed nor filled does nothing more"]
    pub fn and_modify(mut self, f: impl FnOnce(&mut V)) -> Self {
        if let Self::Occupied(entry) = &mut self {
            f(entry.get_mut());
        }
        self
    }

    /// The value, after putting `default` there if the place was free.
    pub fn or_insert(self, default: V) -> &'a mut V {
        self.or_insert_with(|| default)
    }

    /// The value, after putting what `default` makes there if the place was free.
    pub fn or_insert_with(self, default: impl FnOnce() -> V) -> &'a mut V {
        match self {
            Self::Occupied(entry) => entry.into_mut(),
            Self::Vacant(entry) => entry.insert(default()),
        }
    }

    /// The value, after putting `V::default()` there if the place was free.
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }
}

impl<'a, K, V> OccupiedEntry<'a, K, V> {
    /// The key as the map holds it.
    pub fn key(&self) -> &K {
        &self.inner.get().0
    }

    /// The key that was given, which is equal but may not be the same.
    pub fn given_key(&self) -> &K {
        &self.given_key
    }

    /// The value.
    pub fn get(&self) -> &V {
        &self.inner.get().1
    }

    /// The value, to change in place.
    pub fn get_mut(&mut self) -> &mut V {
        &mut self.inner.get_mut().1
    }

    /// The value, for the rest of the closure.
    pub fn into_mut(self) -> &'a mut V {
        &mut self.inner.into_mut().1
    }

    /// Puts `value` in place of the one that is there, and returns that.
    pub fn insert(&mut self, value: V) -> V {
        mem::replace(self.get_mut(), value)
    }

    /// Takes the entry out of the map and returns the value. Return it from the closure if its
    /// `Drop` is long: then it runs after the shard is unlocked.
    pub fn remove(self) -> V {
        self.remove_entry().1
    }

    /// Takes the entry out of the map and returns it.
    pub fn remove_entry(self) -> (K, V) {
        self.inner.remove().0
    }
}

impl<'a, K, V> VacantEntry<'a, K, V> {
    /// The key that was asked for.
    pub fn key(&self) -> &K {
        &self.key
    }

    /// The key, back.
    pub fn into_key(self) -> K {
        self.key
    }

    /// Puts `value` under the key.
    pub fn insert(self, value: V) -> &'a mut V {
        &mut self.inner.insert((self.key, value)).into_mut().1
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for OccupiedEntry<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OccupiedEntry")
            .field("key", self.key())
            .field("value", self.get())
            .finish_non_exhaustive()
    }
}

impl<K: fmt::Debug, V> fmt::Debug for VacantEntry<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VacantEntry").field(self.key()).finish()
    }
}
