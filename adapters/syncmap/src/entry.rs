//! An entry: the value of one key, shared by the read map and the dirty map, that changes by atomic
//! replacement. Knows neither map; which entry is in which is the map's to keep.
//!
//! | slot | the key | the dirty map |
//! |---|---|---|
//! | a value | is there | has the entry, if there is one |
//! | empty | is not there | has the entry, if there is one |
//! | expunged | is not there | is there and lacks the entry |
//!
//! Only a holder of the map's mutex expunges or takes that back. So a call without the mutex may
//! change any entry but an expunged one, to which the dirty map would have to be told of first.

use crate::reclaim::{Guard, Slot, Unpublished};

#[derive(Debug)]
pub(crate) struct Entry<V>(Slot<V>);

/// A store without the mutex found the entry expunged: nothing was changed.
pub(crate) struct Expunged<T>(pub(crate) T);

impl<V: Send + Sync + 'static> Entry<V> {
    pub(crate) fn new(value: Unpublished<V>) -> Self {
        Entry(Slot::new(value))
    }

    #[inline]
    pub(crate) fn load<'g>(&self, guard: &'g Guard) -> Option<&'g V> {
        self.0.load(guard).value()
    }

    /// Stores a value unless the entry is expunged; answers whether there was one.
    ///
    /// # Errors
    /// The value, if the entry is expunged.
    #[inline]
    pub(crate) fn try_swap(
        &self,
        mut value: Unpublished<V>,
        guard: &Guard,
    ) -> Result<bool, Expunged<Unpublished<V>>> {
        let mut seen = self.0.load(guard);
        while !seen.is_expunged() {
            match self.0.replace(seen, value, guard) {
                Ok(()) => return Ok(seen.is_value()),
                Err((back, now)) => (value, seen) = (back, now),
            }
        }
        Err(Expunged(value))
    }

    /// Stores a value in an entry that is known not to be expunged; answers whether there was one.
    #[inline]
    pub(crate) fn swap(&self, value: Unpublished<V>, guard: &Guard) -> bool {
        self.0.swap(value, guard).is_value()
    }

    /// Stores a value if there is none and the entry is not expunged; answers whether there was
    /// one.
    ///
    /// # Errors
    /// The value, if the entry is expunged.
    #[inline]
    pub(crate) fn try_store_if_absent(&self, value: V, guard: &Guard) -> Result<bool, Expunged<V>> {
        let mut seen = self.0.load(guard);
        if seen.is_expunged() {
            return Err(Expunged(value));
        }
        if seen.is_value() {
            return Ok(true);
        }
        let mut value = Unpublished::new(value);
        loop {
            match self.0.replace(seen, value, guard) {
                Ok(()) => return Ok(false),
                Err((back, now)) => (value, seen) = (back, now),
            }
            if seen.is_expunged() {
                return Err(Expunged(value.into_inner()));
            }
            if seen.is_value() {
                return Ok(true);
            }
        }
    }

    /// Replaces the value by `f` of it, as often as another thread is faster; answers whether there
    /// was one.
    #[inline]
    pub(crate) fn update(&self, f: impl Fn(&V) -> Option<V>, guard: &Guard) -> bool {
        let mut seen = self.0.load(guard);
        while let Some(new) = seen.value().and_then(&f) {
            match self.0.replace(seen, Unpublished::new(new), guard) {
                Ok(()) => return true,
                Err((_, now)) => seen = now,
            }
        }
        false
    }

    /// Removes the value; answers whether there was one.
    #[inline]
    pub(crate) fn delete(&self, guard: &Guard) -> bool {
        let mut seen = self.0.load(guard);
        while seen.is_value() {
            match self.0.clear(seen, guard) {
                Ok(()) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }

    /// Marks the entry as missing from the dirty map if it has no value; answers whether it is
    /// marked now. For holders of the mutex.
    #[inline]
    pub(crate) fn expunge_if_absent(&self, guard: &Guard) -> bool {
        let mut seen = self.0.load(guard);
        while !seen.is_value() {
            if seen.is_expunged() || self.0.expunge() {
                return true;
            }
            seen = self.0.load(guard);
        }
        false
    }

    /// Takes the mark away; answers whether it was there. For holders of the mutex, who put the
    /// entry into the dirty map before they give the mutex up.
    #[inline]
    pub(crate) fn unexpunge(&self) -> bool {
        self.0.unexpunge()
    }
}
