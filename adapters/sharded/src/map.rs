//! The map itself: how it is built, how a key finds its shard, and the questions that concern
//! the map as a whole.
//!
//! It must not hold operations on single keys (`read.rs`, `write.rs`) or walks over entries
//! (`walk.rs`).

use std::hash::{BuildHasher, Hash};
use std::sync::OnceLock;
use std::thread::available_parallelism;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::shard::Shard;
use crate::stripe::Stripes;

pub(crate) type Table<K, V> = HashTable<(K, V)>;

/// A concurrent hash map of 2ⁿ shards. The [crate documentation](crate) says what it is good
/// at and what it is not; this page has the operations.
///
/// All operations take `&self` and may be called from any thread that has a reference. Share it
/// as `&ShardedMap`, as `Arc<ShardedMap>`, or in a `static` behind a `LazyLock`.
///
/// Every method says what it locks. Three rules hold for all:
///
/// - An operation on one key is **atomic**: it happens at one moment between its call and its
///   return, and all threads agree on the order of such moments.
/// - A closure given to an operation runs **while a shard is locked**. It must not use the same
///   map, except for [`len`](Self::len), [`is_empty`](Self::is_empty),
///   [`hasher`](Self::hasher) and [`shard_count`](Self::shard_count), which take no lock: any
///   other key may live in the same shard, and then the thread waits for itself for ever. The
///   same goes for `Hash`, `Eq` and `Clone` of keys and values. `Drop` of a value that a method
///   returns or replaces runs after the lock is given up, and is free.
/// - A closure that **panics** gives the lock up on the way, and the map stays usable; see
///   [the crate documentation](crate#panics).
pub struct ShardedMap<K, V, S = RandomState> {
    shards: Box<[Shard<(K, V)>]>,
    stripes: Stripes,
    hasher: S,
}

/// More shards than this are not made: they would take hash bits that the tables need.
const MAX_SHARDS: usize = 1 << 16;

/// The shard's number starts at this bit of the hash. hashbrown keeps the top 7 bits as the tag
/// of an entry and the low bits as its place; the 16 bits just below the tag are left to choose
/// the shard. Were a bit used twice, all entries of a shard would agree in it, and it would tell
/// none of them apart.
const SHARD_BITS_AT: u32 = u64::BITS - 7 - MAX_SHARDS.ilog2();

const SHARDS_PER_CORE: usize = 64;

/// Threads beyond this number of them per core read without a slot of their own.
const STRIPES_PER_CORE: usize = 2;
const MAX_STRIPES: usize = 64;

impl<K, V> ShardedMap<K, V> {
    /// An empty map with the default number of shards and a randomly seeded [`foldhash`].
    ///
    /// Allocates the shards (64 bytes each) and no tables. The number of shards is 64 for every
    /// core the process may use, rounded up to a power of two.
    pub fn new() -> Self {
        Self::with_capacity(0)
    }

    /// An empty map in which about `capacity` entries fit before any table grows.
    ///
    /// The capacity is shared out evenly, and hashes are not quite even: near the limit some
    /// shards grow before others. A capacity below the number of shards allocates nothing yet.
    pub fn with_capacity(capacity: usize) -> Self {
        Self::with_capacity_and_hasher(capacity, RandomState::default())
    }

    /// An empty map with `shards` shards, rounded up to a power of two and kept between 1 and
    /// 65,536.
    ///
    /// Fewer shards suit many small maps (each shard costs 64 bytes, and a table of its own
    /// once an entry is in it); more suit many writers.
    pub fn with_shards(shards: usize) -> Self {
        Self::with_shards_and_hasher(shards, RandomState::default())
    }

    /// [`with_capacity`](Self::with_capacity) and [`with_shards`](Self::with_shards) in one.
    pub fn with_capacity_and_shards(capacity: usize, shards: usize) -> Self {
        Self::with_capacity_shards_and_hasher(capacity, shards, RandomState::default())
    }
}

impl<K, V, S> ShardedMap<K, V, S> {
    /// An empty map with the default number of shards that hashes keys with `hasher`.
    ///
    /// The hasher must spread over all 64 bits: the high ones choose the shard. An identity
    /// hash of small integers puts everything into one shard.
    pub fn with_hasher(hasher: S) -> Self {
        Self::with_capacity_and_hasher(0, hasher)
    }

    /// [`with_capacity`](ShardedMap::with_capacity) with a hasher of your own.
    pub fn with_capacity_and_hasher(capacity: usize, hasher: S) -> Self {
        Self::with_capacity_shards_and_hasher(capacity, default_shards(), hasher)
    }

    /// [`with_shards`](ShardedMap::with_shards) with a hasher of your own.
    pub fn with_shards_and_hasher(shards: usize, hasher: S) -> Self {
        Self::with_capacity_shards_and_hasher(0, shards, hasher)
    }

    /// Everything there is to choose: see [`with_capacity`](ShardedMap::with_capacity),
    /// [`with_shards`](ShardedMap::with_shards) and [`with_hasher`](Self::with_hasher).
    pub fn with_capacity_shards_and_hasher(capacity: usize, shards: usize, hasher: S) -> Self {
        let shards = shards.clamp(1, MAX_SHARDS).next_power_of_two();
        // Where most shards stay empty, each table is made when it gets its first entry.
        let each = if capacity < shards { 0 } else { capacity.div_ceil(shards) };
        Self::from_shards((0..shards).map(|_| Shard::with_capacity(each)).collect(), hasher)
    }

    /// The hasher of the keys.
    pub fn hasher(&self) -> &S {
        &self.hasher
    }

    /// How many shards there are: a power of two, fixed when the map is made.
    pub fn shard_count(&self) -> usize {
        self.shards.len()
    }

    /// The number of entries.
    ///
    /// Takes no lock, never waits, and may be called from inside any closure. It adds up one
    /// counter for each shard; each counter is right as of the last finished write to its shard,
    /// but they are read one after the other. While others write, the sum may therefore be one
    /// that the map never had; it is exact when nobody writes.
    pub fn len(&self) -> usize {
        self.shards.iter().map(Shard::len).sum()
    }

    /// Whether [`len`](Self::len) is zero, with the same caveat.
    pub fn is_empty(&self) -> bool {
        self.shards.iter().all(|shard| shard.len() == 0)
    }

    /// How many entries the tables have room for, over all shards. Locks each shard for reading,
    /// one after the other.
    pub fn capacity(&self) -> usize {
        self.shards.iter().map(|shard| shard.read_long(HashTable::capacity)).sum()
    }

    /// Removes everything and gives the memory of the tables back.
    ///
    /// Empties one shard after the other, each at one moment. It is not atomic as a whole: an
    /// entry put into an emptied shard in the meantime stays. Keys and values are dropped after
    /// their shard has been unlocked.
    pub fn clear(&self) {
        for index in 0..self.shards.len() {
            drop(self.write_shard(index, std::mem::take));
        }
    }

    pub(crate) fn shard_slice(&self) -> &[Shard<(K, V)>] {
        &self.shards
    }

    pub(crate) fn shard_slice_mut(&mut self) -> &mut [Shard<(K, V)>] {
        &mut self.shards
    }

    pub(crate) fn into_shards(self) -> Box<[Shard<(K, V)>]> {
        self.shards
    }

    pub(crate) fn from_shards(shards: Box<[Shard<(K, V)>]>, hasher: S) -> Self {
        debug_assert!(shards.len().is_power_of_two());
        let stripes = Stripes::new(default_stripes(), shards.len());
        Self { shards, stripes, hasher }
    }

    #[inline]
    pub(crate) fn index_of(&self, hash: u64) -> usize {
        (hash >> SHARD_BITS_AT) as usize & (self.shards.len() - 1)
    }

    /// Runs `f` on the table of the shard for `hash`, beside other readers.
    #[inline]
    pub(crate) fn read<R>(&self, hash: u64, f: impl FnOnce(&Table<K, V>) -> R) -> R {
        let index = self.index_of(hash);
        self.shards[index].read(self.stripes.slots_of(index), f)
    }

    /// Runs `f` on the table of the shard for `hash`, alone.
    #[inline]
    pub(crate) fn write<R>(&self, hash: u64, f: impl FnOnce(&mut Table<K, V>) -> R) -> R {
        self.write_shard(self.index_of(hash), f)
    }

    /// Runs `f` on the table of the shard with this number, alone.
    #[inline]
    pub(crate) fn write_shard<R>(&self, index: usize, f: impl FnOnce(&mut Table<K, V>) -> R) -> R {
        self.shards[index].write(self.stripes.slots_of(index), f)
    }
}

impl<K, V, S: BuildHasher> ShardedMap<K, V, S> {
    #[inline]
    pub(crate) fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        self.hasher.hash_one(key)
    }
}

impl<K: Eq + Hash, V, S: BuildHasher> ShardedMap<K, V, S> {
    /// Gives back the memory that the tables do not need. Locks each shard for writing, one
    /// after the other, for as long as its entries take to move.
    pub fn shrink_to_fit(&self) {
        for index in 0..self.shards.len() {
            self.write_shard(index, |table| table.shrink_to_fit(|(key, _)| self.hash(key)));
        }
    }

    /// Makes room for `additional` more entries, shared out evenly over the shards. Locks each
    /// shard for writing, one after the other.
    pub fn reserve(&self, additional: usize) {
        let each = additional.div_ceil(self.shards.len());
        for index in 0..self.shards.len() {
            self.write_shard(index, |table| table.reserve(each, |(key, _)| self.hash(key)));
        }
    }
}

fn default_shards() -> usize {
    cores().saturating_mul(SHARDS_PER_CORE)
}

fn default_stripes() -> usize {
    cores().saturating_mul(STRIPES_PER_CORE).min(MAX_STRIPES)
}

/// Cores that the process may use, as the first map of it found. Asking the system reads files, and
/// takes longer than all the rest of making a map.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| available_parallelism().map_or(1, usize::from))
}
