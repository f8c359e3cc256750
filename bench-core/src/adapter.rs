//! The trait that every map under test implements, and what it declares about itself. Nothing
//! here runs a workload, and nothing here names a concrete map.

mod settings;

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

pub use settings::{AdapterSetting, SettingValue, Tuning};

use crate::key::BenchKey;
use crate::value::BenchValue;

/// What an op found under its key before it took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Was {
    /// There was no entry.
    Absent,
    /// There was an entry.
    Present,
    /// The map does not say.
    Unknown,
}

impl Was {
    /// `Present` for `true`, `Absent` for `false`.
    #[inline(always)]
    pub const fn present(present: bool) -> Self {
        if present { Was::Present } else { Was::Absent }
    }
}

/// A map under test, shared by all threads of a trial.
pub trait MapAdapter<K: BenchKey, V: BenchValue, S: MapHasher>:
    Sized + Send + Sync + 'static
{
    /// One thread's access to the map. Made on the thread that uses it; it need not be `Send`.
    type Handle<'m>: MapHandle<K, V>
    where
        Self: 'm;

    /// Builds an empty map with room for `setup.capacity` entries where the map can reserve.
    fn build(setup: &BuildSetup<'_, S>) -> Self;

    /// Makes a handle for the calling thread.
    fn handle(&self) -> Self::Handle<'_>;

    /// Publishes and collects whatever is pending, so that every earlier write is visible to
    /// every handle. Called while no op runs; charged to the adapter and reported.
    fn quiesce(&self) {}

    /// What the map counts of itself since it was built, by names of its own that never change
    /// their order: promotions, copies, retries. Any thread may ask at any time, and the driver asks
    /// twice per round; the default counts nothing. A name says its unit where it is not events.
    fn counters(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
}

/// One thread's access to a map.
pub trait MapHandle<K: BenchKey, V: BenchValue> {
    /// Calls `f` on the value of `key` in place and returns its answer, or `None` if the key is
    /// absent. Any guard dies before this returns.
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R>;

    /// Whether `key` is present.
    #[inline]
    fn contains(&mut self, key: &K) -> bool {
        self.read(key, |_| ()).is_some()
    }

    /// Returns a clone of the value of `key`, or `None` if the key is absent.
    #[inline]
    fn get_cloned(&mut self, key: &K) -> Option<V> {
        self.read(key, V::clone)
    }

    /// Stores `value` under `key`, replacing any previous value in one step. Returns what was
    /// there before.
    fn upsert(&mut self, key: K, value: V) -> Was;

    /// Stores `value` under `key` only if the key is absent. Returns what was there before; the
    /// value was stored exactly if that is [`Was::Absent`].
    fn insert_if_absent(&mut self, key: K, value: V) -> Was;

    /// Removes `key`. Returns what was there before.
    fn remove(&mut self, key: &K) -> Was;

    /// Replaces the value of `key` by `f` of it as one atomic step; does nothing if the key is
    /// absent. `f` may be called again if another thread interferes. Returns what was there.
    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was;

    /// Visits entries until `f` breaks. What concurrent writers may do to the visit is declared as
    /// [`Capabilities::scan`].
    fn scan(&mut self, f: impl FnMut(&K, &V) -> ControlFlow<()>);

    /// Makes the map hold exactly `entries`; `stale` yields every other key that may be present.
    /// Unless a map does better, the entries are stored and the stale keys removed one by one, and
    /// other threads see any part of that.
    fn replace_all(
        &mut self,
        entries: impl Iterator<Item = (K, V)>,
        stale: impl Iterator<Item = K>,
    ) {
        for (key, value) in entries {
            self.upsert(key, value);
        }
        for key in stale {
            self.remove(&key);
        }
    }

    /// The number of entries; its price is declared as [`Capabilities::len`].
    fn len(&mut self) -> usize;

    /// Whether the map has no entry.
    fn is_empty(&mut self) -> bool {
        self.len() == 0
    }

    /// Called before a batch of some hundred ops: pin, or run pending tasks.
    #[inline(always)]
    fn begin_batch(&mut self) {}

    /// Called after a batch: unpin, or publish.
    #[inline(always)]
    fn end_batch(&mut self) {}
}

/// What a map is built with.
#[derive(Debug, Clone)]
pub struct BuildSetup<'a, S> {
    /// Entries to reserve room for; `None` starts small and lets the map grow.
    pub capacity: Option<usize>,
    /// The hasher that all adapters of a run share.
    pub hasher: S,
    /// Settings that only some maps have.
    pub tuning: &'a Tuning,
}

/// A map under test as a family over key, value and hasher types.
///
/// ```ignore
/// impl MapFamily for MyMap {
///     const META: Meta = Meta { name: "mine/v1", ..Meta::NEW };
///     type Map<K: BenchKey, V: BenchValue, S: MapHasher> = MyAdapter<K, V, S>;
/// }
/// ```
pub trait MapFamily: 'static {
    /// What the family declares about itself.
    const META: Meta;
    /// The adapter for a key, value and hasher type.
    type Map<K: BenchKey, V: BenchValue, S: MapHasher>: MapAdapter<K, V, S>;
}

/// What an adapter declares about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// `family/variant`.
    pub name: &'static str,
    /// Crate and version of the map, e.g. `dashmap 6.2.1`.
    pub version: &'static str,
    /// One line for lists.
    pub summary: &'static str,
    /// What one pays and gets: several sentences.
    pub trade_offs: &'static str,
    /// What concurrent callers see: several sentences.
    pub semantics: &'static str,
    /// Which group the adapter belongs to.
    pub class: AdapterClass,
    /// The hasher that the crate uses when none is given.
    pub default_hasher: &'static str,
    /// What the map can do.
    pub capabilities: Capabilities,
    /// The settings that it takes.
    pub settings: &'static [AdapterSetting],
}

impl Meta {
    /// A meta to take the rest from: a real map, all capabilities of a locked `HashMap`.
    pub const NEW: Meta = Meta {
        name: "unnamed/unnamed",
        version: "unversioned",
        summary: "",
        trade_offs: "",
        semantics: "",
        class: AdapterClass::Map,
        default_hasher: "siphash",
        capabilities: Capabilities::LOCKED,
        settings: &[],
    };
}

/// Which group an adapter belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdapterClass {
    /// A map that a program could use; `-a core` names these.
    Core,
    /// A map that a program could use, outside the core group.
    Map,
    /// Not a map: measures the harness.
    Control,
    /// A map that takes the time it is told to, to test the program itself with.
    Simulated,
    /// Misbehaves on purpose, for tests.
    Fault,
}

/// What an adapter can do. Scenarios `require`; the match is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "independent abilities, each named where used")]
pub struct Capabilities {
    /// What a scan shows while others write.
    pub scan: ScanConsistency,
    /// Whether `update` is one atomic step.
    pub read_modify_write: bool,
    /// Whether every write is visible to all handles when its call returns.
    pub immediate_visibility: bool,
    /// Whether writes say what was there before.
    pub returns_previous: bool,
    /// Whether reads lend the value in place, without a clone.
    pub borrowed_reads: bool,
    /// Whether the map takes the run's hasher.
    pub pluggable_hasher: bool,
    /// What `len` costs and promises.
    pub len: LenCost,
    /// Whether a reader of a key that is overwritten always finds it, with its old value or its new
    /// one.
    pub atomic_replace: bool,
    /// Whether a scan visits entries in the order of their keys.
    pub ordered: bool,
    /// Which writes a read may have to wait for.
    pub reads_wait: Waits,
    /// How much of a scan a write may have to wait for.
    pub writes_wait_for_scans: Waits,
    /// Whether the final state can be verified; false only for controls that keep nothing.
    pub keeps_entries: bool,
}

/// Those of a `HashMap` behind one lock: what a program that does not say is taken to offer.
impl Default for Capabilities {
    fn default() -> Self {
        Capabilities::LOCKED
    }
}

impl Capabilities {
    /// The capabilities of a `HashMap` behind one lock.
    pub const LOCKED: Capabilities = Capabilities {
        scan: ScanConsistency::Snapshot,
        read_modify_write: true,
        immediate_visibility: true,
        returns_previous: true,
        borrowed_reads: true,
        pluggable_hasher: true,
        len: LenCost::Constant,
        atomic_replace: true,
        ordered: false,
        reads_wait: Waits::Map,
        writes_wait_for_scans: Waits::Map,
        keeps_entries: true,
    };

    /// Whether a requirement is met.
    pub fn meets(&self, requirement: Requirement) -> bool {
        match requirement {
            Requirement::ReadModifyWrite => self.read_modify_write,
            Requirement::Scan => self.scan != ScanConsistency::None,
            Requirement::SnapshotScan => self.scan == ScanConsistency::Snapshot,
            Requirement::ImmediateVisibility => self.immediate_visibility,
            Requirement::ReturnsPrevious => self.returns_previous,
            Requirement::AtomicReplace => self.atomic_replace,
        }
    }
}

/// For how much of what others do a call may have to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Waits {
    /// For nobody's.
    Never,
    /// On a slow path only, which most calls do not take.
    SlowPath,
    /// For what goes on in the same shard or bucket.
    Shard,
    /// For what goes on anywhere in the map.
    Map,
}

/// What a scan shows while others write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScanConsistency {
    /// The map cannot be scanned.
    None,
    /// Each entry was there at some moment of the scan.
    Weak,
    /// Each shard as it was at one moment.
    PerShard,
    /// The whole map as it was at one moment.
    Snapshot,
}

impl ScanConsistency {
    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            ScanConsistency::None => "none",
            ScanConsistency::Weak => "weak",
            ScanConsistency::PerShard => "shard",
            ScanConsistency::Snapshot => "snapshot",
        }
    }
}

/// What `len` costs and promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LenCost {
    /// One lock or load.
    Constant,
    /// A visit to every shard.
    PerShard,
    /// A visit to every bucket or entry, as dear as a scan.
    Scan,
    /// A counter that may lag behind.
    Approximate,
}

/// What a scenario can require of an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// `update` is one atomic step.
    ReadModifyWrite,
    /// The map can be scanned.
    Scan,
    /// A scan shows the whole map at one moment.
    SnapshotScan,
    /// A write is visible to all when its call returns.
    ImmediateVisibility,
    /// Writes say what was there before.
    ReturnsPrevious,
    /// A key that is overwritten is never hidden from readers.
    AtomicReplace,
}

impl Requirement {
    /// Every requirement.
    pub const ALL: [Requirement; 6] = [
        Requirement::ReadModifyWrite,
        Requirement::Scan,
        Requirement::SnapshotScan,
        Requirement::ImmediateVisibility,
        Requirement::ReturnsPrevious,
        Requirement::AtomicReplace,
    ];

    /// The name in scenario files.
    pub const fn name(self) -> &'static str {
        match self {
            Requirement::ReadModifyWrite => "read-modify-write",
            Requirement::Scan => "scan",
            Requirement::SnapshotScan => "snapshot-scan",
            Requirement::ImmediateVisibility => "immediate-visibility",
            Requirement::ReturnsPrevious => "returns-previous",
            Requirement::AtomicReplace => "atomic-replace",
        }
    }

    /// Why an adapter that lacks this is skipped, as a sentence without its subject.
    pub const fn reason(self) -> &'static str {
        match self {
            Requirement::ReadModifyWrite => {
                "has no atomic read-modify-write, and the scenario updates values in place"
            }
            Requirement::Scan => "cannot be scanned, and the scenario scans",
            Requirement::SnapshotScan => "has no snapshot scan, and the scenario needs one",
            Requirement::ImmediateVisibility => {
                "makes writes visible later, and the scenario reads its own writes"
            }
            Requirement::ReturnsPrevious => {
                "does not say what was there before, and the scenario needs to know"
            }
            Requirement::AtomicReplace => {
                "hides a key from readers while it is overwritten, and the scenario relies on it"
            }
        }
    }
}

/// Which hasher a trial uses, the same for every adapter of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HasherKind {
    /// `foldhash` (fast), seeded from the run's seed and the fork.
    #[default]
    Foldhash,
    /// The standard library's SipHash-1-3 with fixed keys.
    Siphash,
}

impl HasherKind {
    /// The name on the command line and in CSV.
    pub const fn name(self) -> &'static str {
        match self {
            HasherKind::Foldhash => "foldhash",
            HasherKind::Siphash => "siphash",
        }
    }
}

/// A hasher that a trial can hand to every map.
pub trait MapHasher: BuildHasher + Clone + Default + Send + Sync + 'static {
    /// The kind that this type stands for.
    const KIND: HasherKind;
    /// A hasher for a seed.
    fn seeded(seed: u64) -> Self;
}

impl MapHasher for foldhash::fast::FixedState {
    const KIND: HasherKind = HasherKind::Foldhash;

    fn seeded(seed: u64) -> Self {
        foldhash::fast::FixedState::with_seed(seed)
    }
}

impl MapHasher for BuildHasherDefault<DefaultHasher> {
    const KIND: HasherKind = HasherKind::Siphash;

    fn seeded(_seed: u64) -> Self {
        BuildHasherDefault::new()
    }
}
